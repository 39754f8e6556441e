# SPDX-License-Identifier: Apache-2.0
"""moments.py - what belay-agent promises at the moments of a job

The job always starts; Slurm is asked only for what was written down before, and
once; nothing acknowledged is lost; the next moment goes on.
"""
import copy
import hashlib
import json
import os
import shutil

from inject.scenarios import admits, check, Scenario
from inject.world import AGENT, BELAY, SUBMISSION, World

FIELDS = ("state", "completing", "restart", "down", "begin_time", "requeued",
          "held", "updated", "cancelled")
PENDING, RUNNING, FAILED = 1, 2, 6      # enum job_state
POLICY = "version: 1\npreset: standard\n"


class JobWorld(World):
    """Job 12 on n1 and n2, a line that is all of Slurm, and a root."""

    def make(self):
        os.makedirs(self.path + "/root", 0o700)
        os.makedirs(self.work, 0o700)
        self.preset, self.policy, self.node = "standard", "-", "n1"
        self.attempt = 1
        self.slurm(state=RUNNING)
        for name in "ab":
            self.write("work/" + name, name * 5000)
        return self

    def copy(self, path):
        shutil.copytree(self.path, path, symlinks=True)
        return copy.copy(self).move(path)

    def slurm(self, **changes):
        """What Slurm knows of the job, changed."""
        known = dict.fromkeys(FIELDS, 0)
        if os.path.exists(self.path + "/slurm"):
            with open(self.path + "/slurm", encoding="utf-8") as line:
                known = dict(zip(FIELDS, map(int, line.read().split())))
        if changes:
            known.update(changes)
            self.write("slurm", " ".join(str(known[f]) for f in FIELDS)
                       .ljust(80))
        return known

    def store(self, policy):
        """What submit stores."""
        self.policy = hashlib.sha256(policy.encode()).hexdigest()
        os.makedirs(self.path + "/root/mc/policies", 0o700)
        os.chmod(self.path + "/root/mc", 0o700)
        self.write("root/mc/policies/%s.yaml" % self.policy, policy)

    def environment(self):
        env = super().environment()
        root = env.pop("BELAY_ROOT")
        env["BELAY_RUN_DIR"] = self.path + "/root/mc/12"
        env["BELAY_ATTEMPT"] = str(self.attempt)
        env.update({
            "STAND_IN": self.path + "/slurm", "SLURM_JOB_ID": "12",
            "SLURM_JOB_NODELIST": "n[1-2]", "SLURMD_NODENAME": self.node,
            "SLURM_CLUSTER_NAME": "mc", "SLURM_JOB_WORK_DIR": "/",
            "SLURM_RESTART_COUNT": str(self.slurm()["restart"]),
            "BELAY_HINT": "1:%s:%s:%s:%s" % (SUBMISSION, self.preset,
                                             self.policy, root)})
        return env

    def moment(self, *words, node="n1"):
        """A moment without a fault: its reply."""
        self.node = node
        done = self.start(words, program=AGENT)
        check(done.returncode == 0, "%s: %s" % (words, done.stdout))
        return reply_of(done.stdout)

    def restart(self):
        """Slurm starts the job again, however it came to that."""
        restart = self.slurm()["restart"]
        if self.slurm()["state"] != PENDING:
            restart += 1
        self.slurm(state=RUNNING, completing=0, restart=restart)

    def begin(self):
        """Attempt N begins, and its script knows that."""
        said = self.moment("begin")
        self.attempt = int(said["BELAY_ATTEMPT"])
        return said

    def record(self, attempt, name):
        path = "%s/root/mc/12/attempts/%06d/%s.json" % (self.path, attempt,
                                                        name)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as text:
            return json.load(text)


def reply_of(text):
    return dict(line.split("=", 1) for line in text.splitlines()
                if line.startswith("BELAY_"))


class Moment(Scenario):
    """A moment of a job whose chunk 0 is done; 1 runs, the others wait."""
    world, program, timeout = JobWorld, AGENT, 15

    def prepare(self, world):
        world.begin()
        super().prepare(world)

    def was_heard(self, done):
        """A reply that ends so is whole."""
        return done.stdout.endswith("BELAY_OK=1\n")

    def is_mute(self, fault):
        """To the plugin it has not finished then."""
        return fault.call == "write"

    def untouched(self, world):
        slurm = world.slurm()
        check(not slurm["requeued"] and not slurm["held"] and
              not slurm["cancelled"], "Slurm was asked: %s" % slurm)

    def goes_on(self, world, attempt):
        """The next start of the job knows what was done."""
        said = world.begin()
        check(said["BELAY_ATTEMPT"] == str(attempt), said)
        check(said["BELAY_CHUNKS_DONE"] == "1", said)
        check(world.chunks()[0] == "done", "it is lost")


class Starting(Moment):
    """A begin that fails lets the script run."""

    def kept(self, world, heard):
        check("BELAY_CALLED_OFF" not in heard and "BELAY_FENCED" not in heard,
              "the script must not run: " + heard)
        self.untouched(world)


class FirstBegin(Starting):
    name, words = "agent begin", ["begin"]

    def prepare(self, world):
        pass

    def promise(self, world, said):
        reply = reply_of(said)
        check(reply["BELAY_ATTEMPT"] == "1" and
              os.path.isdir(reply["BELAY_RUN_DIR"]), said)
        check(world.record(1, "begin"), "no begin.json")

    def again(self, world):
        """It ran unprotected, and Slurm starts it again."""
        world.restart()
        said = world.begin()
        check(said["BELAY_ATTEMPT"] in ("1", "2", "3"), said)
        world.ask("chunk", "claim", "--chunks", "9")


class NextBegin(Starting):
    """Attempt 1 has no end: its node died."""
    name, words = "agent begin, restarted", ["begin"]

    def prepare(self, world):
        super().prepare(world)
        world.restart()

    def promise(self, world, said):
        reply = reply_of(said)
        check(reply["BELAY_ATTEMPT"] == "2" and
              reply["BELAY_ACTION"] == "retry", reply)
        check(reply["BELAY_CHUNKS_DONE"] == "1" or admits(said), reply)
        check(world.record(1, "end") and world.record(1, "decision") and
              world.record(2, "begin"), "it is not written down")

    def again(self, world):
        world.restart()
        said = world.begin()
        check(said["BELAY_CHUNKS_DONE"] == "1", said)
        check(world.chunks()[0] == "done", "it is lost")


class Restoring(NextBegin):
    """Checkpoints 1 and 2 are good."""
    name = "agent begin, restoring"

    def prepare(self, world):
        world.preset = "checkpoint-recovery"
        Moment.prepare(self, world)
        world.ask("checkpoint", "save", "a")
        world.ask("checkpoint", "save", "a", "b")
        world.restart()

    def promise(self, world, said):
        reply = reply_of(said)
        check(reply["BELAY_ATTEMPT"] == "2" and
              reply["BELAY_ACTION"] == "restore", reply)
        check(reply["BELAY_CHECKPOINT_ID"] == "2" or "checkpoint 2" in said,
              reply)

    def again(self, world):
        world.restart()
        said = world.begin()
        check(said["BELAY_CHECKPOINT_ID"] == "2", said)
        check(world.checkpoints().get(2) == "good", "it was condemned")


class End(Moment):
    """The script has failed, and is to be run again."""
    name, words = "agent end", ["end", "--status", "256"]
    cause, action, requeues = "failed", "retry", 1

    def decided(self, world):
        end, decision = (world.record(1, n) for n in ("end", "decision"))
        check(end and end["cause"] == self.cause, "end: %s" % end)
        check(decision and decision["action"] == self.action,
              "decision: %s" % decision)

    def promise(self, world, said):
        self.decided(world)
        check(world.slurm()["requeued"] == self.requeues, world.slurm())

    def kept(self, world, heard):
        super().kept(world, heard)
        slurm = world.slurm()
        check(slurm["requeued"] <= self.requeues and not slurm["cancelled"],
              "Slurm was asked: %s" % slurm)
        if slurm["requeued"]:
            self.decided(world)

    def again(self, world):
        """An epilog on the other node, and then the next start."""
        if world.slurm()["state"] == RUNNING:
            world.slurm(state=FAILED, completing=1)
        world.moment("after", node="n2")
        self.kept(world, "")
        check(world.slurm()["requeued"] == self.requeues, world.slurm())
        world.restart()
        self.goes_on(world, 2)


class Completed(End):
    """It has succeeded: there is nothing to do but to write it down."""
    name, words = "agent end, completed", ["end", "--status", "0"]
    cause, action, requeues = "completed", "none", 0

    def again(self, world):
        world.slurm(state=4, completing=1)
        world.moment("after", node="n2")
        self.untouched(world)


class Held(End):
    """The policy, a file, gives up after the first attempt."""
    name, action = "agent end, given up", "hold"

    def decided(self, world):
        """If it cannot be read its preset decides, and that is said."""
        made = world.record(1, "decision")
        self.action = "hold"
        if made and made["reason"].startswith("the policy cannot be read"):
            check(made["policy"] == "standard", made)
            self.action = "retry"
        super().decided(world)

    def prepare(self, world):
        world.store("version: 1\npreset: standard\nattempts: {max: 1}\n")
        super().prepare(world)

    def again(self, world):
        super().again(world)
        held = world.record(1, "decision")["action"] == "hold"
        check(world.slurm()["held"] == held, world.slurm())


class After(End):
    """The batch host died, so the epilog of the other node acts."""
    name, words = "agent after", ["after"]
    cause, requeues = "node_fail", 0

    def prepare(self, world):
        super().prepare(world)
        world.slurm(state=PENDING, completing=1, restart=1, down=1)
        world.node = "n2"

    def promise(self, world, said):
        super().promise(world, said)
        check(world.slurm()["updated"], "StartTime is Slurm's")

    def again(self, world):
        world.restart()
        self.goes_on(world, 2)
        self.decided(world)


MOMENTS = [FirstBegin(), NextBegin(), Restoring(), End(), Completed(), Held(),
           After()]
