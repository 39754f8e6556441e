# SPDX-License-Identifier: Apache-2.0
"""A protected job without a Slurm: its attempts, and programs in them."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
TREE = os.path.realpath(HERE + "/../../..")
BUILD = os.path.realpath(os.environ.get("BUILD", TREE + "/build"))
PACKAGE = TREE + "/contrib/python"
FOREVER = TREE + "/tests/power/policy.yaml"     # attempts without end
LIBRARY = BUILD + "/libbelay.so.0"


def plain_environment():
    """Nothing of a job that the tests themselves may run in."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("BELAY_", "SLURM"))}


class Job:
    """moments is belay-agent as far as a job sees it."""

    def __init__(self, policy="standard"):
        self.path = tempfile.mkdtemp(prefix="belay-python-")
        self.attempt = 0
        self.base = dict(
            plain_environment(), BELAY_ROOT=self.path + "/root",
            BELAY_LIBRARY=LIBRARY, PYTHONPATH=PACKAGE,
            PYTHONDONTWRITEBYTECODE="1", SLURM_JOB_ID="7",
            SLURM_CLUSTER_NAME="local", SLURM_JOB_NODELIST="n1",
            SLURMD_NODENAME="n1")
        self.base["BELAY_HINT"] = self._moment("submit", policy).strip()
        self.environment = {}

    def _moment(self, *words):
        return subprocess.run([BUILD + "/tests/power/moments", *words],
                              env=self.base, cwd=self.path, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def begin(self):
        """The next attempt; the one before need not have ended."""
        self.base["SLURM_RESTART_COUNT"] = str(self.attempt)
        self.environment = dict(self.base)
        for line in self._moment("begin").splitlines():
            name, _, value = line.partition("=")
            self.environment[name] = value
        self.attempt += 1
        if self.environment.get("BELAY_ATTEMPT") != str(self.attempt):
            raise RuntimeError("attempt %d did not begin" % self.attempt)
        return self.environment

    def enter(self):
        """Make this process one of the job's."""
        os.environ.clear()
        os.environ.update(self.environment)

    def start(self, script, *words, **more):
        """A program of the job, in the background."""
        return subprocess.Popen(
            [sys.executable, "-c", script, *words], env=self.environment,
            cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, **more)

    def run(self, script, *words):
        """A program of the job, to its end: what it printed."""
        process = self.start(script, *words)
        out, said = process.communicate()
        if process.returncode != 0:
            raise RuntimeError("it ended with %d: %s" %
                               (process.returncode, said))
        return out

    def belay(self, *words):
        """belay(1) in this job."""
        return subprocess.run([BUILD + "/belay", *words], check=True,
                              env=self.environment or self.base,
                              cwd=self.path, stdout=subprocess.PIPE,
                              text=True).stdout

    def remove(self):
        shutil.rmtree(self.path)


class JobTest(unittest.TestCase):
    """Tests in the first attempt of a job of their own."""

    policy = "standard"

    def setUp(self):
        before = dict(os.environ)
        self.addCleanup(os.environ.update, before)
        self.addCleanup(os.environ.clear)
        self.job = Job(self.policy)
        self.addCleanup(self.job.remove)
        self.job.begin()
        self.job.enter()

    def next_attempt(self):
        """The job was requeued, and this process belongs to its new start."""
        self.job.begin()
        self.job.enter()


sys.path.insert(0, PACKAGE)
sys.dont_write_bytecode = True
os.environ.setdefault("BELAY_LIBRARY", LIBRARY)
