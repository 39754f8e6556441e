#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""own.t - a run that the program itself begins, without a Slurm"""
import json
import os
import signal
import subprocess
import sys

from support import tap
from support.job import BUILD, JobTest, LIBRARY, PACKAGE, plain_environment

import slurm_belay

HOLDER = """
import slurm_belay
with slurm_belay.open(run="mine") as run:
    for chunk in run.chunks(10):
        chunk.done()
        print(chunk, flush=True)
        if chunk == 3:
            run.save({"chunk": int(chunk)})
            print("saved", flush=True)
            input()
"""


class Own(JobTest):
    def setUp(self):
        super().setUp()
        outside = dict(plain_environment(), BELAY_LIBRARY=LIBRARY,
                       BELAY_ROOT=self.job.path + "/own", PYTHONPATH=PACKAGE)
        self.job.environment = outside
        self.job.enter()

    def status(self):
        return json.loads(subprocess.run(
            [BUILD + "/belay", "status", "mine", "--json"], check=True,
            stdout=subprocess.PIPE).stdout)

    def test_each_open_is_an_attempt_that_goes_on(self):
        with slurm_belay.open(run="mine") as run:
            self.assertEqual((run.info.attempt, run.info.run), (1, "mine"))
            for chunk in run.chunks(4):
                if chunk == 2:
                    chunk.done()
                    break
        with slurm_belay.open(run="mine") as run:
            self.assertEqual(run.info.attempt, 2)
            self.assertEqual(list(run.chunks(4)), [3])

    def test_how_the_program_ends_is_recorded(self):
        with self.assertRaises(SystemExit):
            with slurm_belay.open(run="mine"):
                sys.exit(3)
        with self.assertRaises(ZeroDivisionError):
            with slurm_belay.open(run="mine"):
                1 // 0
        with slurm_belay.open(run="mine"):
            pass
        self.assertEqual([a["cause"] for a in self.status()["attempts"]],
                         ["failed", "failed", "completed"])

    def test_it_is_held_by_one_that_lives_and_taken_from_one_that_was_killed(
            self):
        holder = self.job.start(HOLDER, stdin=subprocess.PIPE)
        self.addCleanup(holder.stdin.close)
        while holder.stdout.readline() != "saved\n":
            pass
        with self.assertRaisesRegex(slurm_belay.BusyError, str(holder.pid)):
            slurm_belay.open(run="mine")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
        holder.stderr.close()
        with slurm_belay.open(run="mine") as run:
            self.assertEqual(run.info.attempt, 2)
            self.assertEqual(run.restore(), {"chunk": 3})
            self.assertEqual(list(run.chunks(10)), [4, 5, 6, 7, 8, 9])

    def test_this_process_has_it_once_at_a_time(self):
        with slurm_belay.open(run="mine") as run:
            with self.assertRaisesRegex(slurm_belay.BusyError,
                                        "this process works on run 'mine'"):
                slurm_belay.open(run="mine")
            run.beat()
        with slurm_belay.open(run="mine") as run:
            self.assertEqual(run.info.attempt, 2)

    def test_a_name_that_cannot_be_one_is_refused(self):
        for name in ("a/b", "", "..", "a\nb"):
            with self.assertRaises(slurm_belay.BelayError):
                slurm_belay.open(run=name)
        with self.assertRaisesRegex(ValueError, "NUL"):
            slurm_belay.open(run="a\0b")
        self.assertFalse(os.path.exists(self.job.path + "/own/local"))


if __name__ == "__main__":
    tap.main()
