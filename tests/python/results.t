#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""results.t - results come back as what they were, of whichever attempt"""
import array
import glob
import sys

import numpy
from support import tap
from support.job import JobTest

import slurm_belay

TYPES = "i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16 ?".split()


def one(run, value=None, set="main", **named):
    """Chunk 0 of a set of one is done with this: what is read back."""
    for chunk in run.chunks(1, set=set):
        chunk.done(value, **named)
    return next(run.results(set))


class Results(JobTest):
    def test_arrays_of_each_type_come_back(self):
        rng = numpy.random.default_rng(4)
        with slurm_belay.open() as run:
            for number, name in enumerate(TYPES):
                a = rng.integers(0, 100, (3, 4, 5)).astype(name)
                b = one(run, a, "s%d" % number).value
                self.assertEqual((b.dtype, b.shape), (a.dtype, a.shape))
                self.assertEqual(b.tobytes(), a.tobytes())

    def test_arrays_out_of_order_are_copied(self):
        a = numpy.arange(60.0).reshape(3, 4, 5)
        cases = [a.T, a[::2, ::-1], numpy.asfortranarray(a), a[:, 1],
                 a.astype(">f8"), a[:0], a.astype(">i2")[1:, ::2]]
        with slurm_belay.open() as run:
            for number, case in enumerate(cases):
                b = one(run, case, "s%d" % number).value
                self.assertEqual(b.shape, case.shape)
                self.assertTrue((b == case).all())

    def test_values_of_python_come_back_as_what_they_were(self):
        values = {"i": 7, "neg": -3, "huge": 1 << 90, "u": (1 << 64) - 1,
                  "f": 0.1, "inf": float("inf"), "c": 1 - 2j, "t": True,
                  "s": "Größe\n", "none": None, "b": b"\0\1", "empty": b"",
                  "l": [1, 2.5, "x", None, [True]], "tup": (1, (2,)), 5: "k",
                  "d": {"a": {"b": 1}, "a/b": 2}, "a/b": 3, "": 4}
        with slurm_belay.open() as run:
            got = one(run, values).values
            self.assertEqual(got, values)
            self.assertEqual([type(v) for v in got.values()],
                             [type(v) for v in values.values()])

    def test_one_value_has_no_name(self):
        with slurm_belay.open() as run:
            for number, value in enumerate((0.5, "text", 3, b"bytes")):
                self.assertEqual(one(run, value, "s%d" % number).value, value)
            self.assertIsNone(one(run, set="none").value)
            named = one(run, x=1, y=2.0, set="named")
            self.assertEqual(named["y"], 2.0)
            with self.assertRaisesRegex(ValueError, "2 values: x, y"):
                named.value

    def test_who_did_it_and_when_is_known(self):
        with slurm_belay.open() as run:
            told = one(run, 1)
        self.assertEqual((told.node, told.attempt), ("n1", 1))
        self.assertGreater(told.done.year, 2000)
        self.assertGreaterEqual(told.duration.total_seconds(), 0)

    def test_what_cannot_be_stored_is_named(self):
        cases = [(object(), "bytes-like"),
                 (numpy.array([object()]), "'v' cannot be used|'v' has"),
                 (numpy.zeros(3, "M8[s]"), "'v' cannot be used"),
                 (numpy.zeros(3, "f16"), "'v' cannot be used"),
                 (array.array("u", "x"), "'v' has elements of a type"),
                 ({1j: 2}, "'v': a key is text"), ({1, 2}, "'v'")]
        loop = []
        loop.append(loop)
        cases.append((loop, "too deeply"))
        with slurm_belay.open() as run:
            for chunk in run.chunks(1):
                for value, words in cases:
                    with self.assertRaisesRegex(ValueError, words):
                        chunk.done(v=value)
                    self.assertFalse(chunk.ended)
                with self.assertRaises(ValueError):
                    chunk.done()        # not without what was to be stored
                chunk.done(v=1)

    def test_the_chunk_of_a_result_that_cannot_be_stored_is_named(self):
        with slurm_belay.open() as run:
            for chunk in run.chunks(2):
                with self.assertRaisesRegex(ValueError, "^the result of chunk "
                                            "%d: 'v' cannot be" % chunk):
                    chunk.done(v=object())
                with self.assertRaisesRegex(ValueError, "^the result of chunk "
                                            "%d: the value cannot" % chunk):
                    chunk.done(object())
                chunk.done(1)

    def test_buffers_need_no_numpy(self):
        with slurm_belay.open() as run:
            a = array.array("d", [1, 2, 3])
            got = one(run, a=a, m=memoryview(a)[::2], b=bytearray(b"xy"))
        self.assertEqual(list(got["a"]), [1, 2, 3])
        self.assertEqual(list(got["m"]), [1, 3])
        self.assertEqual(got["b"], b"xy")

    def test_without_numpy_they_are_memoryviews(self):
        with slurm_belay.open() as run:
            one(run, a=numpy.arange(6, dtype="i4").reshape(2, 3),
                c=numpy.array([1j]), n=3)
        self.assertEqual(self.job.run(
            "import sys\n"
            "sys.modules['numpy'] = None\n"
            "import slurm_belay\n"
            "with slurm_belay.open() as run:\n"
            "    r = next(run.results())\n"
            "    print(r['a'].tolist(), len(r['c']), r['n'])\n"),
            "[[0, 1, 2], [3, 4, 5]] 16 3\n")

    def test_long_results_of_all_attempts_are_found(self):
        for attempt in range(3):
            with slurm_belay.open(batch=7) as run:
                for chunk in run.chunks(30):
                    chunk.done(numpy.full(2000, int(chunk)))
                    if chunk % 10 == 9 and attempt < 2:
                        break
            self.next_attempt()
        with slurm_belay.open() as run:
            got = {r.chunk: r for r in run.results()}
            self.assertEqual(sorted(got), list(range(30)))
            for number, result in got.items():
                self.assertTrue((result.value == number).all())
                self.assertEqual(result.attempt, number // 10 + 1)

    def test_one_that_is_damaged_is_told_and_the_others_are_read(self):
        with slurm_belay.open() as run:
            for chunk in run.chunks(3):
                chunk.done(numpy.full(2000, int(chunk)))
            name, = glob.glob(run.info.run_dir + "/attempts/*/results/*")
        with open(name, "r+b") as file:
            file.seek(20000)
            file.write(b"x")
        good = []
        with slurm_belay.open() as run:
            results = run.results()
            while True:
                try:
                    good.append(next(results).chunk)
                except slurm_belay.CorruptError as error:
                    self.assertRegex(str(error), "1")
                except StopIteration:
                    break
        self.assertEqual(sorted(good), [0, 2])

    def test_references_are_kept_no_longer_than_needed(self):
        a = numpy.zeros(10)
        before = sys.getrefcount(a)
        with slurm_belay.open() as run:
            for chunk in run.chunks(50, set="r"):
                chunk.result(a)
            list(run.results("r"))
        del chunk
        self.assertEqual(sys.getrefcount(a), before)


class Reports(JobTest):
    def test_progress_is_that_of_the_newest_attempt(self):
        with slurm_belay.open() as run:
            self.assertIsNone(run.progress)
            run.progress = slurm_belay.Progress(7, 0.5, 1e-3)
            self.assertEqual(run.progress[:3], (7, 0.5, 1e-3))
        self.next_attempt()
        with slurm_belay.open() as run:
            self.assertEqual(run.progress.iteration, 7)
            for _ in run.chunks(4):
                break
            run.progress = 8
            self.assertEqual(run.progress[3:], (0, 4))

    def test_nodes_fail_and_recover(self):
        with slurm_belay.open() as run:
            self.assertEqual(run.failed_nodes, "")
            run.node_fail("n3", "its link is down")
            run.node_fail("n4", "too")
            self.assertEqual(run.failed_nodes, "n[3-4]")
            run.node_recovered("n4")
            self.assertEqual(run.failed_nodes, "n3")
            self.assertTrue(run.node_is_failed("n3"))
            self.assertFalse(run.node_is_failed("n4"))
            with self.assertRaises(slurm_belay.InvalidError):
                run.node_fail("n 3", "no name")


if __name__ == "__main__":
    tap.main()
