#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""checkpoint.t - a state comes back whole, or the one before it does"""
import glob
import os
import random
import signal

import numpy
from support import tap
from support.job import FOREVER, JobTest

import slurm_belay

STATE = {
    "epoch": 7, "lr": 0.1, "name": "résumé", "best": None, "flags": [True, 2],
    "model": {"layer.0/w": numpy.arange(12.0).reshape(3, 4),
              "layer.0": {"w": numpy.ones(3, "f4")}},
    "optimizer": {"state": {0: {"step": 3, "m": numpy.zeros((2, 2), "f2")}},
                  "param_groups": [{"params": [0, 1], "betas": (0.9, 0.999)}]},
    "nothing": {}, "blob": b"\0" * 1000,
}


def plain(value):
    """To compare with ==."""
    if isinstance(value, numpy.ndarray):
        return ("array", str(value.dtype), value.shape, value.tobytes())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


class State(JobTest):
    def test_a_nested_state_comes_back_in_the_next_attempt(self):
        with slurm_belay.open() as run:
            self.assertIsNone(run.restore())
            self.assertEqual(run.save(STATE, label="seven"), 1)
        self.next_attempt()
        with slurm_belay.open() as run:
            self.assertEqual(plain(run.restore()), plain(STATE))
            self.assertEqual(run.checkpoints()[0].label, "seven")

    def test_a_flat_one_is_stored_under_the_names_it_has(self):
        with slurm_belay.open() as run:
            run.save({"x": numpy.zeros(3), "n": 4})
            with run.open_checkpoint() as c:
                self.assertEqual([(e.name, e.shape) for e in c.entries()],
                                 [("x", (3,)), ("n", ())])

    def test_an_exception_abandons_it(self):
        with slurm_belay.open() as run:
            run.save({"x": 1})
            with self.assertRaises(KeyError):
                with run.checkpoint() as c:
                    c["x"] = 2
                    c["y"] = {}["no"]
            self.assertIsNone(c.id)
            self.assertEqual(run.restore(), {"x": 1})
            self.assertEqual(os.listdir(run.info.run_dir + "/checkpoints"),
                             ["000001"])

    def test_what_cannot_be_stored_leaves_none(self):
        with slurm_belay.open() as run:
            with self.assertRaisesRegex(ValueError, "'x/y'"):
                run.save({"x": {"y": object()}})
            with self.assertRaisesRegex(ValueError, "already"):
                with run.checkpoint() as c:
                    c["x"] = 1
                    c["x"] = 2
            self.assertIsNone(run.restore())

    def test_a_state_is_a_mapping(self):
        with slurm_belay.open() as run:
            with self.assertRaisesRegex(TypeError, "a mapping .*not list"):
                run.save([1])
            self.assertIsNone(run.restore())

    def test_types_are_told_by_their_names(self):
        with slurm_belay.open() as run:
            run.save({"x": numpy.zeros(3)})
            with self.assertRaises(slurm_belay.ConfigError) as told:
                run.restore(into={"x": numpy.zeros(4, "i4")})
            self.assertEqual(str(told.exception), "'x' of checkpoint 1 is f64 "
                             "of shape (3,); the array it is to be read into "
                             "is i32 of (4,)")

    def test_names_that_collide_are_told_apart(self):
        state = {"a": {"b": 1}, "a/b": 2, "\n": 3, "?": 4, "n" * 300: 5,
                 "n" * 301: 6, "slurm_belay.tree": 7}
        with slurm_belay.open() as run:
            run.save(state)
            self.assertEqual(run.restore(), state)

    def test_arrays_are_filled_where_they_are(self):
        into = {"model": {"layer.0/w": numpy.zeros((3, 4))}, "epoch": 1}
        with slurm_belay.open() as run:
            run.save(STATE)
            got = run.restore(into=into)
            self.assertIs(got["model"]["layer.0/w"],
                          into["model"]["layer.0/w"])
            self.assertEqual(plain(got), plain(STATE))
            for wrong in (numpy.zeros((4, 3)), numpy.zeros((3, 4), "f4"),
                          numpy.zeros((4, 3)).T):
                with self.assertRaises(slurm_belay.BelayError):
                    run.restore(into={"model": {"layer.0/w": wrong}})
                self.assertFalse(wrong.any())

    def test_what_cannot_be_filled_is_not_called_damage(self):
        model = {"w": numpy.ones(3)}
        fixed = numpy.zeros(3)
        fixed.flags.writeable = False
        with slurm_belay.open() as run:
            for state in ({"w": numpy.ones(3)}, {"m": model, "name": "x"}):
                run.save(state)
                into = {"w": fixed} if "w" in state else {"m": {"w": fixed}}
                with self.assertRaisesRegex(slurm_belay.InvalidError,
                                            "w' cannot be used in place"):
                    run.restore(into=into)
            self.assertEqual(run.statistics().damaged, 0)
            self.assertTrue(all(c.good for c in run.checkpoints()))

    def test_names_that_are_not_there_are_refused(self):
        spare = numpy.zeros(3)
        with slurm_belay.open() as run:
            run.save({"m": {"w": numpy.ones(3)}, "name": "x",
                      "l": [numpy.ones(3), 2]})
            filled = numpy.zeros(3)
            for wrong, names in (
                    ({"v": spare}, "'v'"), ({"m": {"v": spare}}, "'m/v'"),
                    ({"m": {"v": 1}, "n": 2}, "'m/v', 'n'"),
                    ({"l": [filled, 1, spare]}, "'l/2'"),
                    ({"name": spare}, "'name'"), ({"m": spare}, "'m'"),
                    ({"name": {"a": 1}}, "'name/a'")):
                with self.assertRaises(slurm_belay.ConfigError) as told:
                    run.restore(into={"m": {"w": filled}, **wrong})
                self.assertEqual(str(told.exception), "checkpoint 1 holds "
                                 "nothing to be read into " + names)
                self.assertFalse(filled.any() or spare.any())
            run.restore(into={"m": {"w": filled}, "l": [filled], "name": "y"})
            self.assertTrue(filled.all())
            with self.assertRaisesRegex(TypeError, "a mapping, not list"):
                run.restore(into=[filled])

    def test_nothing_is_copied_on_the_way(self):
        told = self.job.run(
            "import numpy, resource, slurm_belay\n"
            "def peak():\n"
            "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "a = numpy.arange(16 << 20, dtype='f8')\n"
            "with slurm_belay.open(threads=1) as run:\n"
            "    run.save({'s': 1})\n"
            "    before = peak()\n"
            "    run.save({'a': a})\n"
            "    run.restore(into={'a': a})\n"
            "    print((peak() - before) // 1024, a[-1])\n").split()
        self.assertLess(int(told[0]), 64)       # MiB, of 128
        self.assertEqual(float(told[1]), (16 << 20) - 1)
        print("# %s MiB more for an array of 128" % told[0], flush=True)

    def test_files_go_in_and_out(self):
        with open("in", "wb") as file:
            file.write(b"abc" * 1000)
        self.addCleanup(os.unlink, "in")
        with slurm_belay.open() as run:
            with run.checkpoint() as c:
                c.file("data", "in")
                c["n"] = 1
            self.assertEqual(run.restore(), {"data": b"abc" * 1000, "n": 1})
            with run.open_checkpoint(c.id) as c:
                c.file("data", self.job.path + "/out")
        with open(self.job.path + "/out", "rb") as file:
            self.assertEqual(file.read(), b"abc" * 1000)

    def test_a_damaged_one_is_stepped_over(self):
        saved = [random.randbytes(8000) for _ in range(3)]
        with slurm_belay.open() as run:
            for data in saved:
                run.save({"x": data})
            while saved:
                self.assertEqual(run.restore(), {"x": saved[-1]})
                self.damage(run, len(saved), saved.pop())
            with self.assertRaises(slurm_belay.CorruptError):
                run.restore()

    def damage(self, run, number, data):
        """What is random is not compressed, and found in the file."""
        name, = glob.glob("%s/checkpoints/%06d/part.0" %
                          (run.info.run_dir, number))
        os.chmod(name, 0o600)
        with open(name, "r+b") as file:
            file.seek(file.read().index(data[4000:4032]))
            file.write(bytes([data[4000] ^ 1]))

    def test_ids_that_are_not_there_are_an_error(self):
        with slurm_belay.open() as run:
            with self.assertRaises(slurm_belay.NotFoundError):
                run.restore(12)
            for state in ({}, {"nothing": {}}):
                run.save(state)
                self.assertEqual(run.restore(), state)
            with self.assertRaisesRegex(LookupError, "no rank 3"):
                run.restore(rank=3)


class Ways(JobTest):
    def test_memory_is_protected_once_and_saved_whole(self):
        x, n = numpy.zeros((2, 3)), numpy.zeros(1, "i8")
        heard = []
        with slurm_belay.open() as run:
            run.protect("x", x)
            run.protect("n", n)
            self.assertIsNone(run.recover())
            x[:], n[0] = 1.5, 9
            self.assertEqual(run.save(), 1)
        x[:], n[0] = 0, 0
        self.next_attempt()
        with slurm_belay.open() as run:
            run.protect("x", x)
            run.protect("n", n)
            run.on_recovery(heard.append)
            self.assertEqual(run.recover(), 1)
            self.assertTrue((x == 1.5).all() and n[0] == 9)
            run.protect("x", numpy.zeros((3, 2)))
            with self.assertRaises(slurm_belay.ConfigError):
                run.recover()
            run.unprotect("x")
            run.on_recovery(lambda number: 1 // 0)
            with self.assertRaises(ZeroDivisionError):
                run.recover()
        self.assertEqual(heard, [1, 1])

    def test_what_cannot_be_used_in_place_is_refused(self):
        with slurm_belay.open() as run:
            for wrong in (numpy.zeros((4, 4)).T[1:], numpy.zeros(3, ">f8"),
                          b"bytes", [1, 2], numpy.broadcast_to(0, 3)):
                with self.assertRaisesRegex(ValueError, "'w' "):
                    run.protect("w", wrong)

    def test_asynchronous_ones_are_there_after_wait(self):
        a = numpy.zeros(100000)
        with slurm_belay.open() as run:
            for n in range(5):
                a[:] = n
                self.assertIsNone(run.save({"a": a}, asynchronous=True))
                a[:] = -1
            self.assertEqual(run.wait(), 5)
            self.assertTrue((run.restore()["a"] == 4).all())

    def test_statistics_add_up(self):
        with slurm_belay.open() as run:
            run.progress = 5
            for n in range(2):
                run.save({"a": numpy.zeros(1000)})
            run.restore()
            told = run.statistics()
            self.assertEqual((told.checkpoints, told.restores), (2, 1))
            self.assertGreaterEqual(told.bytes, 16000)
            info = run.checkpoints()[-1]
            self.assertEqual((info.id, info.attempt, info.ranks, info.good,
                              info.iteration), (2, 1, 1, True, 5))

    def test_one_that_is_asked_for_is_due(self):
        with slurm_belay.open() as run:
            self.assertFalse(run.should_checkpoint())
            before = signal.signal(signal.SIGUSR1,
                                   lambda *_: run.request_checkpoint())
            self.addCleanup(signal.signal, signal.SIGUSR1, before)
            signal.raise_signal(signal.SIGUSR1)
            self.assertTrue(run.should_checkpoint())
            run.save({"x": 1})
            self.assertFalse(run.should_checkpoint())

    def test_ranks_write_one_together_and_another_number_reads_it(self):
        field = numpy.arange(35.0).reshape(7, 5)
        first = slurm_belay.open(rank=0, ranks=2)
        with slurm_belay.open(rank=1, ranks=2) as second:
            self.assertIsNone(second.save({"f": field[3:]}, step=1))
            self.assertEqual(first.save({"f": field[:3]}, step=1), 1)
        first.close()
        self.next_attempt()
        with slurm_belay.open(rank=2, ranks=3) as run, \
                run.open_checkpoint() as c:
            self.assertEqual(c.info.ranks, 2)
            self.assertTrue((c.read("f", rank=1, rows=slice(1, 3)) ==
                             field[4:6]).all())
            part = numpy.zeros((1, 5))
            c.read("f", rank=0, rows=slice(2, 3), into=part)
            self.assertTrue((part == field[2:3]).all())
            with self.assertRaisesRegex(LookupError, "no rank 2"):
                c.state()


SAVER = """
import numpy, slurm_belay
with slurm_belay.open() as run:
    state = run.restore()
    n = state["n"] if state else 0
    while True:
        n += 1
        run.save({"n": n, "a": numpy.full(40000, n), "b": {"c": "text %d" % n,
                  "d": numpy.arange(n, n + 70000)}})
        print(n, flush=True)
"""


class Killed(JobTest):
    policy = FOREVER

    def test_what_was_saved_is_there_and_whole(self):
        told = 0
        rounds = int(os.environ.get("KILLS", "10"))
        for _ in range(rounds):
            saver = self.job.start(SAVER)
            out = [saver.stdout.readline()
                   for _ in range(random.randrange(1, 4))]
            signal.sigtimedwait([], random.uniform(0, 0.02))
            saver.kill()
            out += saver.communicate()[0].splitlines(keepends=True)
            told = max(int(line) for line in out if line.endswith("\n"))
            self.next_attempt()
            with slurm_belay.open() as run:
                told = self.check(run.restore(), told)
        print("# %d kills, %d checkpoints" % (rounds, told), flush=True)

    def check(self, state, told):
        """It is whole, and as new as what was told: which one it is."""
        n = state["n"]
        self.assertIn(n - told, (0, 1))
        self.assertTrue((state["a"] == n).all())
        self.assertEqual(state["b"]["c"], "text %d" % n)
        self.assertTrue((state["b"]["d"] == numpy.arange(n, n + 70000)).all())
        return n


if __name__ == "__main__":
    tap.main()
