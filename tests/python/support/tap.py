# SPDX-License-Identifier: Apache-2.0
"""unittest that speaks TAP."""
import sys
import unittest

from .job import LIBRARY


class _Tap(unittest.TestResult):
    def _tell(self, test, how, why=""):
        name = test.id().split(".", 1)[-1].replace("test_", "")
        name = name.replace("_", " ")
        print("%s %d - %s%s" % (how, self.testsRun, name, why), flush=True)

    def addSuccess(self, test):
        self._tell(test, "ok")

    def addSkip(self, test, reason):
        self._tell(test, "ok", " # SKIP " + reason)

    def _complain(self, test, error):
        self._tell(test, "not ok")
        for line in self._exc_info_to_string(error, test).splitlines():
            print("# " + line, flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._complain(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._complain(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            for line in self._exc_info_to_string(err, test).splitlines():
                print("# %s: %s" % (subtest, line), flush=True)


def cannot_run():
    """Sanitizers want to be there before anything else of Python is."""
    with open(LIBRARY, "rb") as file:
        text = file.read()
    for sanitizer in ("libasan", "libtsan", "__asan_init", "__tsan_init"):
        if sanitizer.encode() in text:
            return "libbelay.so is built with " + sanitizer
    return None


def main():
    """Run the tests of the script that calls this."""
    why = cannot_run()
    if why:
        print("1..0 # SKIP " + why)
        return
    suite = unittest.defaultTestLoader.loadTestsFromModule(
        sys.modules["__main__"])
    print("TAP version 13\n1..%d" % suite.countTestCases(), flush=True)
    result = _Tap()
    suite.run(result)
    sys.exit(not result.wasSuccessful())
