#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""chunks.t - each chunk is done once, and done means what it says"""
import os
import signal

from support import tap
from support.job import FOREVER, JobTest

import slurm_belay


class Loop(JobTest):
    def test_a_chunk_is_done_when_its_turn_ends(self):
        with slurm_belay.open() as run:
            seen = []
            for chunk in run.chunks(5):
                self.assertEqual(run.counts().done, len(seen))
                seen.append(chunk)
                if chunk == 2:
                    continue
            self.assertEqual(seen, [0, 1, 2, 3, 4])
            self.assertEqual(run.counts().done, 5)

    def test_a_chunk_is_an_int(self):
        with slurm_belay.open() as run:
            for chunk in run.chunks(2):
                self.assertEqual([10, 20][chunk], 10 * (chunk + 1))
                self.assertEqual("%03d" % chunk, "00%d" % int(chunk))

    def test_what_is_done_is_not_handed_out_in_the_next_attempt(self):
        with slurm_belay.open() as run:
            for chunk in run.chunks(6):
                if chunk == 3:
                    chunk.done()
                    break
        self.next_attempt()
        with slurm_belay.open() as run:
            self.assertEqual(run.info.attempt, 2)
            self.assertEqual(run.info.chunks_done, 4)
            self.assertEqual(list(run.chunks(6)), [4, 5])

    def test_a_break_does_not_make_it_done(self):
        with slurm_belay.open() as run:
            for chunk in run.chunks(3):
                break
            again = list(run.chunks(3))
            self.assertEqual(sorted(again), [0, 1, 2])
            self.assertEqual(again[-1], 0)      # what failed comes last
        self.assertIn("its loop was left", self.job.belay("events"))

    def test_an_exception_does_not_make_it_done_and_passes_on(self):
        with self.assertRaisesRegex(ZeroDivisionError, "division"):
            with slurm_belay.open() as run:
                for chunk in run.chunks(3):
                    1 // (chunk - 1)
        with slurm_belay.open() as run:
            counts = run.counts()
            self.assertEqual((counts.done, counts.retrying), (1, 1))
        self.assertIn("ZeroDivisionError: integer division",
                      self.job.belay("events"))

    def test_in_a_with_statement_exceptions_of_catch_are_recorded(self):
        tries = []
        with slurm_belay.open() as run:
            for chunk in run.chunks(3, catch=ArithmeticError):
                with chunk:
                    tries.append(chunk)
                    1 // (chunk - 1)
            self.assertEqual(tries, [0, 1, 2, 1, 1])
            counts = run.counts()
            self.assertEqual((counts.done, counts.quarantined), (2, 1))

    def test_others_are_recorded_and_pass_on(self):
        with slurm_belay.open() as run:
            with self.assertRaises(KeyError):
                for chunk in run.chunks(3, catch=ArithmeticError):
                    with chunk:
                        {}[chunk]
            self.assertEqual(run.pending_retries(), [0])
            self.assertEqual(run.clear_retries("not today"), 1)
            self.assertEqual(run.counts().quarantined, 1)

    def test_what_belay_raises_is_not_held_against_a_chunk(self):
        with self.assertRaises(slurm_belay.FencedError):
            with slurm_belay.open() as run:
                for chunk in run.chunks(3, catch=Exception):
                    with chunk:
                        self.job.begin()
                        chunk.done()
        self.job.enter()
        self.assertNotIn("failed", self.job.belay("events"))
        with slurm_belay.open() as run:
            self.assertEqual(list(run.chunks(3)), [0, 1, 2])

    def test_an_end_from_outside_is_not_held_against_a_chunk(self):
        with self.assertRaises(SystemExit):
            with slurm_belay.open() as run:
                for chunk in run.chunks(3, catch=Exception):
                    with chunk:
                        raise SystemExit(3)
        self.assertNotIn("failed", self.job.belay("events"))

    def test_fail_says_whether_it_is_tried_again(self):
        with slurm_belay.open() as run:
            for chunk in run.chunks(2):
                again = chunk.fail("no\nsuch thing", retry=chunk == 0)
                self.assertEqual(again, chunk == 0)
                if run.counts().retrying == 1 and chunk == 1:
                    break
        self.assertIn("no such thing", self.job.belay("events"))

    def test_sets_have_names_of_their_own(self):
        with slurm_belay.open() as run:
            self.assertEqual(list(run.chunks(2, set="a")), [0, 1])
            self.assertEqual(list(run.chunks(3, set="b")), [0, 1, 2])
            self.assertEqual(run.counts().done, 5)
            self.assertEqual(run.counts("a").total, 2)
            with self.assertRaisesRegex(slurm_belay.ConfigError, "a.*2"):
                run.chunks(4, set="a")

    def test_a_batch_is_durable_when_the_run_is_closed(self):
        with slurm_belay.open(batch=100) as run:
            for chunk in run.chunks(50):
                chunk.result(chunk * 0.5)
        self.next_attempt()
        with slurm_belay.open() as run:
            self.assertEqual(run.info.chunks_done, 50)


class Errors(JobTest):
    def test_outside_of_a_job_it_says_what_would_be_right(self):
        os.environ.clear()
        with self.assertRaisesRegex(slurm_belay.NotFoundError, "--belay"):
            slurm_belay.open()

    def test_a_closed_run_is_closed(self):
        run = slurm_belay.open()
        run.close()
        run.close()
        with self.assertRaisesRegex(slurm_belay.InvalidError, "closed"):
            run.beat()

    def test_options_are_checked(self):
        with self.assertRaisesRegex(ValueError, "rank 3 of 2"):
            slurm_belay.open(rank=3, ranks=2)

    def test_what_is_no_number_is_not_cut_to_one(self):
        for wrong in (2.5, "10", None, [3]):
            with slurm_belay.open() as run:
                with self.assertRaises(TypeError) as told:
                    run.chunks(wrong)
                self.assertEqual(str(told.exception), "the number of chunks is "
                                 "a whole number, not %r" % (wrong,))
        with slurm_belay.open() as run:
            with self.assertRaisesRegex(ValueError, "of chunks .*not -1"):
                run.chunks(-1)
            with self.assertRaisesRegex(ValueError, "step .*not -2"):
                run.save({}, step=-2)
            with self.assertRaisesRegex(ValueError, "id .*not -3"):
                run.restore(-3)
            with self.assertRaisesRegex(ValueError, "iteration .*not -4"):
                run.progress = -4
            self.assertEqual(run.counts().total, 0)
        for name in ("rank", "ranks", "batch", "threads", "memory_max"):
            with self.assertRaisesRegex(ValueError, name + " is .*not -1"):
                slurm_belay.open(**{name: -1})
        with self.assertRaisesRegex(ValueError, "not 4294967296"):
            slurm_belay.open(rank=1 << 32)

    def test_a_reason_is_text_or_an_exception(self):
        with slurm_belay.open() as run:
            for chunk in run.chunks(1):
                with self.assertRaisesRegex(TypeError, "reason .*not 5"):
                    chunk.fail(5)
                self.assertFalse(chunk.ended)

    def test_a_child_must_open_its_own(self):
        with slurm_belay.open() as run:
            child = os.fork()
            if not child:
                try:
                    run.beat()
                except slurm_belay.InvalidError:
                    os._exit(7)
                os._exit(0)
            self.assertEqual(os.waitpid(child, 0)[1] >> 8, 7)
            run.beat()

    def test_info_is_of_the_attempt_before(self):
        self.next_attempt()
        with slurm_belay.open() as run:
            self.assertEqual(run.info.run, "7")
            self.assertEqual(run.info.node, "n1")
            self.assertEqual(run.info.previous_nodes, "n1")
            self.assertNotEqual(run.info.previous_cause, "")
            self.assertTrue(os.path.isdir(run.info.run_dir))


WORKER = """
import sys, slurm_belay
with slurm_belay.open(batch=int(sys.argv[1])) as run:
    for chunk in run.chunks(200):
        print("begun", chunk, flush=True)
        chunk.done(chunk * 0.5)
        if sys.argv[1] == "1":
            print("done", chunk, flush=True)
"""


class Killed(JobTest):
    policy = FOREVER

    def kill_workers(self, batch):
        """Two that are killed in the middle: what they were promised."""
        workers = [self.job.start(WORKER, str(batch)) for _ in range(2)]
        told = []
        for number, worker in enumerate(workers):
            for _ in range(9 + 8 * number):
                told.append(worker.stdout.readline())
            worker.send_signal(signal.SIGKILL)
            told += worker.communicate()[0].splitlines(keepends=True)
        return {int(line.split()[1]) for line in told
                if line.startswith("done") and line.endswith("\n")}

    def test_what_was_told_to_be_done_is_not_done_again(self):
        done = set()
        for _ in range(int(os.environ.get("KILLS", "6"))):
            now = self.kill_workers(1)
            self.assertFalse(now & done)
            done |= now
            self.next_attempt()
        print("# %d chunks were told to be done" % len(done), flush=True)
        with slurm_belay.open() as run:
            left = set(run.chunks(200))
            self.assertFalse(left & done)
            self.assertEqual(run.counts().done, 200)


if __name__ == "__main__":
    tap.main()
