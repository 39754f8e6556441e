#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""heat.t - the MPI example is killed, goes on with 4 or 3 ranks, and ends with
the same field

ROUNDS=100 kills more often.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE + "/../python")
sys.dont_write_bytecode = True
from support import tap  # noqa: E402
from support.job import BUILD, FOREVER, Job, TREE  # noqa: E402

SIZE, STEPS, EVERY = 120, 600, 5
ROUNDS = int(os.environ.get("ROUNDS", "6"))
PATIENCE = 120                  # seconds, on a busy machine


def parents():
    """Who started whom, of all processes that live."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, encoding="utf-8") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state != "Z":
            found[int(name)] = int(parent)
    return found


def children(pid):
    """Those that it has started itself: mpirun the ranks."""
    return [child for child, parent in parents().items() if parent == pid]


def wait_for(condition, what):
    """Until it is so; it must not take for ever."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("still waiting for " + what)
        time.sleep(0.01)


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Heat(unittest.TestCase):
    def setUp(self):
        self.job = Job(FOREVER)
        self.addCleanup(self.job.remove)
        subprocess.run(["make", "-s", "-C", TREE + "/contrib/examples/heat",
                        "BELAY=" + TREE, "BUILD=" + BUILD,
                        "O=" + self.job.path], check=True)

    def mpirun(self, ranks, name, environment):
        """Nothing of it is left in /tmp or /dev/shm when it is killed."""
        environment = {k: v for k, v in environment.items()
                       if not k.startswith("SLURM")}
        environment.update(
            TMPDIR=self.job.path, OMPI_ALLOW_RUN_AS_ROOT="1",
            OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_plm="isolated",
            OMPI_MCA_btl="tcp,self", OMPI_MCA_btl_tcp_if_include="lo",
            OMPI_MCA_rmaps_base_oversubscribe="1",
            OMPI_MCA_mpi_yield_when_idle="1",
            OMPI_MCA_hwloc_base_binding_policy="none")
        with open(self.job.path + "/said", "w", encoding="utf-8") as said:
            return subprocess.Popen(
                ["mpirun", "-n", str(ranks), "./heat", str(SIZE), str(STEPS),
                 str(EVERY), name], cwd=self.job.path, env=environment,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def said(self):
        with open(self.job.path + "/said", encoding="utf-8") as file:
            return file.read()

    def newest(self):
        """The number of the newest checkpoint, or 0."""
        path = self.job.environment["BELAY_RUN_DIR"] + "/checkpoints"
        if not os.path.isdir(path):
            return 0
        return max([int(name) for name in os.listdir(path)
                    if name.isdigit()], default=0)

    def field(self, name):
        with open(self.job.path + "/" + name, "rb") as file:
            return file.read()

    def interrupt(self, ranks):
        """Kill a rank, some or all of them with mpirun: who was killed."""
        environment = self.job.begin()
        enough = self.newest() + random.randrange(1, 5)
        mpirun = self.mpirun(ranks, "torn", environment)
        wait_for(lambda: self.newest() >= enough or
                 mpirun.poll() is not None, "a checkpoint")
        there = children(mpirun.pid)
        chosen = random.choice([there + [mpirun.pid],
                                random.sample(there, min(1, len(there))),
                                random.sample(there, min(2, len(there)))])
        for pid in chosen:
            kill(pid)
        mpirun.wait(PATIENCE)
        wait_for(lambda: not set(there) & set(parents()),
                 "the end of the others")
        return len(chosen)

    def finish(self, ranks):
        mpirun = self.mpirun(ranks, "torn", self.job.begin())
        self.assertEqual(mpirun.wait(PATIENCE), 0, self.said())

    def test_the_field_is_that_of_an_uninterrupted_run(self):
        calm = self.mpirun(4, "calm", self.job.base)
        self.assertEqual(calm.wait(PATIENCE), 0, self.said())
        killed, starts = 0, []
        for turn in range(ROUNDS):
            killed += self.interrupt(4 if turn % 2 else 3)
            starts += re.findall(r"from step (\d+) on (\d) ranks", self.said())
        self.finish(3)
        starts += re.findall(r"from step (\d+) on (\d) ranks", self.said())
        print("# %d processes killed; from step (on ranks): %s" % (
            killed, ", ".join("%s (%s)" % s for s in starts)), flush=True)
        steps = [int(step) for step, _ in starts]
        self.assertEqual(steps, sorted(steps))
        self.assertGreater(steps[-1], 0)
        self.assertGreater(killed, 0)
        self.assertEqual(self.field("torn"), self.field("calm"))

    def test_a_checkpoint_of_4_ranks_is_read_by_3_and_by_1(self):
        calm = self.mpirun(4, "calm", self.job.base)
        self.assertEqual(calm.wait(PATIENCE), 0, self.said())
        mpirun = self.mpirun(4, "torn", self.job.begin())
        wait_for(lambda: self.newest() >= 3, "a checkpoint")
        for pid in children(mpirun.pid) + [mpirun.pid]:
            kill(pid)
        mpirun.wait(PATIENCE)
        for ranks in (3, 1):
            self.finish(ranks)
            self.assertNotIn("from step 0 ", self.said())
            self.assertEqual(self.field("torn"), self.field("calm"))


if __name__ == "__main__":
    for program in ("mpicc", "mpirun"):
        if not shutil.which(program):
            print("1..0 # SKIP without " + program)
            sys.exit(0)
    tap.main()
