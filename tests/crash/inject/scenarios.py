# SPDX-License-Identifier: Apache-2.0
"""scenarios.py - what each verb promises, whatever call fails

promise(world, stdout) is asked when the verb said that all went well; kept()
always.  again() is the next process, which meets no fault.
"""
import json
import os

from inject.faults import ERRORS, text_of
from inject.world import BELAY, PACKER, READER, WORKER, World


def check(truth, what):
    if not truth:
        raise AssertionError(what)


class Scenario:
    """Chunk 0 is done, 1 runs, the others wait."""
    name, words = None, None
    reads_only = False
    inside = True           # of an attempt
    pipes = False
    tidy = False            # no staging directory stays behind
    program, world = BELAY, World

    def spares(self, fault):
        """A close that fails under strace leaves the file open, which no kernel
        does: who waits for the end of a pipe then waits for ever.  And no pipe
        ever fails for good."""
        return self.pipes and (fault.call == "close" or
                               (fault.call == "read" and fault.lasting))

    def was_heard(self, done):
        """Has it said that all went well?"""
        return done.returncode == 0

    def is_mute(self, fault):
        """Is what it has to say lost?"""
        return fault.call == "write" and fault.lasting

    def prepare(self, world):
        world.ask("chunk", "claim", "--chunks", "9")
        world.ask("chunk", "done", "0")
        world.ask("chunk", "claim")

    def promise(self, world, said):
        pass

    def kept(self, world, heard):
        """Nothing that was acknowledged before is lost."""
        chunks = world.chunks()
        check(len(chunks) == 9 and chunks[0] == "done", chunks)

    def again(self, world):
        done = world.start(self.words)
        check(done.returncode == 0, "again: " + done.stderr)
        self.promise(world, done.stdout)


class Claim(Scenario):
    name, words = "chunk claim", ["chunk", "claim"]

    def promise(self, world, said):
        check(1 < int(said) < 9, "claimed " + said)
        check(world.chunks()[int(said)] == "running", "it does not run")


class Checkpoint(Scenario):
    """Checkpoints 1 and 2 are good."""

    def prepare(self, world):
        world.ask("checkpoint", "save", "a")
        world.ask("checkpoint", "save", "a", "b")

    def kept(self, world, heard):
        good = world.checkpoints()
        check(good.get(2) == "good" or self.may_condemn(heard, 2),
              "checkpoints: %s" % good)

    def may_condemn(self, heard, number):
        """A disk that could not read it was believed, and that was said."""
        return "checkpoint %d" % number in heard


class Define(Scenario):
    name = "chunk claim --chunks"
    words = ["chunk", "claim", "--set", "other", "--chunks", "9"]

    def promise(self, world, said):
        check(int(said) < 9, "claimed " + said)

    def kept(self, world, heard):
        pass


class Done(Scenario):
    name, words = "chunk done", ["chunk", "done", "1"]

    def promise(self, world, said):
        check(world.chunks()[1] == "done", "it is not done")


class Fail(Scenario):
    name = "chunk fail"
    words = ["chunk", "fail", "1", "--reason", "boom"]

    def promise(self, world, said):
        check(world.chunks()[1] in ("retrying", "quarantined"), "it is not")


class Beat(Scenario):
    name, words = "beat", ["beat"]


def admits(said):
    """Does it tell of an error?"""
    return any(text_of(e) in said for errors in ERRORS.values() for e in errors)


class Reading(Scenario):
    """Says the same as when nothing fails, or that something failed."""
    reads_only = True

    def __init__(self, *words, pipes=False):
        self.name, self.words = " ".join(words), list(words)
        self.pipes = pipes

    def prepare(self, world):
        super().prepare(world)
        Checkpoint.prepare(self, world)
        self.truth = world.ask(*self.words).replace(world.path, "")

    def promise(self, world, said):
        check(said.replace(world.path, "") == self.truth or admits(said),
              "not the truth: " + said)


class Status(Reading):
    """What cannot be read of a checkpoint now is not counted now."""

    def promise(self, world, said):
        said, truth = json.loads(said), json.loads(self.truth)
        for facts in said, truth:
            for key in "bytes", "newest_good":
                facts["checkpoints"].pop(key)
        check(said == truth, "not the truth: %s" % said)


class Save(Checkpoint):
    name, words = "checkpoint save", ["checkpoint", "save", "a", "b"]

    def promise(self, world, said):
        check(world.checkpoints().get(int(said)) == "good", "not good")


class Begin(Checkpoint):
    name, words = "checkpoint begin", ["checkpoint", "begin"]

    def promise(self, world, said):
        check(os.path.isdir(said.strip()), "no directory")


class Commit(Save):
    name = "checkpoint commit"
    words = ["checkpoint", "commit", "{W}/root/mc/demo/checkpoints/"
             ".staging-1-0000000000000000"]

    def prepare(self, world):
        super().prepare(world)
        staged = self.words[2].format(W=world.path)
        os.mkdir(staged, 0o700)
        world.write(staged + "/x", "x" * 3000)

    def again(self, world):
        done = world.start(self.words)
        if done.returncode:     # published without a word, or not to be synced
            check("stage it anew" in done.stderr or
                  "No such file" in done.stderr, "again: " + done.stderr)
            done = world.start(["checkpoint", "save", "a"])
            check(done.returncode == 0, done.stderr)
        self.promise(world, done.stdout)


class Restore(Checkpoint):
    name = "checkpoint restore"
    words = ["checkpoint", "restore", "--into", "{W}/back"]

    def promise(self, world, said):
        self.look(world)
        check("a" in os.listdir(world.path + "/back"), "no a")

    def kept(self, world, heard):
        super().kept(world, heard)
        self.look(world)

    def look(self, world):
        for name in "ab":
            path = "%s/back/%s" % (world.path, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as restored:
                    check(restored.read() == name * 5000, "wrong bytes")


class Verify(Checkpoint):
    name, words = "checkpoint verify", ["checkpoint", "verify"]

    def promise(self, world, said):
        check(said == "1 good\n2 good\n", said)

    def may_condemn(self, heard, number):
        return "%d damaged" % number in heard

    def again(self, world):
        world.start(self.words)         # what is marked stays marked


class Prune(Checkpoint):
    name = "checkpoint prune"
    words = ["checkpoint", "prune", "--keep", "1"]

    def promise(self, world, said):
        if "deleted 1" in said:         # else it could not tell that 2 is good
            check(world.checkpoints() == {2: "good"}, "it is not gone")

    def again(self, world):
        super().again(world)
        check(world.checkpoints() == {2: "good"}, "it is not gone")


class Map(Scenario):
    name, pipes, inside = "map", True, False
    words = ["map", "-j", "2", "--root", "{W}/root", "--run", "m", "--chunks",
             "3", "--", "true"]

    def prepare(self, world):
        pass

    def kept(self, world, heard):
        pass

    def promise(self, world, said):
        chunks = world.ask("chunk", "list", "--run", "m", "--status", "done")
        check(chunks.count("\n") == 4, "not all is done: " + chunks)

    def again(self, world):
        done = world.start(self.words)
        if done.returncode != 65:       # what failed too often is given up
            check(done.returncode == 0, "again: " + done.stderr)
            self.promise(world, done.stdout)


class Pack(Checkpoint):
    """Checkpoints 1 and 2 are packed, and the third uses blocks of them."""
    name, words, program = "packed commit", ["0", "1", "3", "third"], PACKER
    tidy = True

    def pack(self, world, *words):
        done = world.start(words, None, PACKER)
        check(done.returncode == 0, done.stderr)
        return done.stdout

    def prepare(self, world):
        self.pack(world, "0", "1", "1", "first")
        self.pack(world, "0", "1", "2", "second")

    def kept(self, world, heard):
        """2, or what has come after it."""
        found = world.checkpoints()
        check(any(found[i] == "good" for i in found if i >= 2),
              "checkpoints: %s" % found)

    def promise(self, world, said):
        check(world.checkpoints().get(int(said)) == "good", "not good: " + said)

    def again(self, world):
        self.promise(world, self.pack(world, "0", "1", "4", "fourth"))


class PackTogether(Pack):
    """Rank 0 has announced its part: this is the last."""
    name, words, tidy = "packed commit of two", ["1", "2", "3", "third"], False

    def prepare(self, world):
        super().prepare(world)
        self.pack(world, "0", "2", "3", "third")

    def again(self, world):
        """What could not be made durable is no checkpoint; the next one is."""
        self.pack(world, "0", "2", "4", "fourth")
        self.promise(world, self.pack(world, "1", "2", "4", "fourth"))


class Program(Scenario):
    """A program does nine chunks by the C API, every second with a long result;
    each of its promises is a line of {W}/told."""
    name, words, program = "chunks of a program", ["9", "{W}/told"], WORKER

    def prepare(self, world):
        super().prepare(world)
        world.write("told", "")

    def there(self, world):
        done = world.start([world.path + "/root"], None, READER)
        check(done.returncode == 0, "reader: " + done.stderr)
        return done.stdout.splitlines()

    def kept(self, world, heard):
        super().kept(world, heard)
        there = self.there(world)
        with open(world.path + "/told", encoding="ascii") as told:
            for line in told.read().splitlines():
                check(line in there, "promised: " + line)

    def promise(self, world, said):
        check(sum("result api" in line for line in self.there(world)) == 9,
              "a result is missing")

    def again(self, world):
        """What a process held that died waits for the next attempt: of two
        faults there are two."""
        done = world.start(self.words, None, WORKER)
        check(done.returncode == 0, "again: " + done.stderr)
        check(sum("result api" in line for line in self.there(world)) >= 7,
              "more is left than what was held")


SCENARIOS = [Claim(), Define(), Done(), Fail(), Beat(), Save(), Begin(),
             Commit(), Pack(), PackTogether(), Program(),
             Restore(), Verify(), Prune(), Map(),
             Reading("chunk", "pending"), Reading("chunk", "list", "--json"),
             Reading("checkpoint", "list", "--json"),
             Status("status", "demo", "--json", pipes=True), Reading("events"),
             Reading("why", "--json", pipes=True)]
