# SPDX-License-Identifier: Apache-2.0
"""scripts.py - the moments of a job that says them itself, and its submission

`belay begin` and `belay end` start the agent that lies beside them; what they
meet is hit here, and not the agent.  Records are kept where nothing else is
said, in the owner's home, for a root that is as local as this one is refused.
"""
import hashlib
import os
import shlex
import subprocess

from inject.moments import (End, JobWorld, Moment, POLICY, reply_of,
                            Starting)
from inject.scenarios import check
from inject.world import AGENT, BESIDE

HOME = os.path.expanduser("~root")
MOUNT = ["unshare", "-m", "--propagation", "private", "sh", "-c",
         'mount --bind "$0" %s && exec "$@"' % HOME]


def has_homes():
    """May each world have a home of its own?"""
    return os.getuid() == 0 and subprocess.run(
        MOUNT + ["/", "true"], check=False, capture_output=True).returncode == 0


class HomeWorld(JobWorld):
    """Its root is .belay in the owner's home."""

    def make(self):
        super().make()
        os.makedirs(self.path + "/home", 0o700)
        os.rename(self.path + "/root", self.path + "/home/.belay")
        os.symlink("home/.belay", self.path + "/root")
        self.said = {}
        self.write("policy.yaml", POLICY)
        return self

    def within(self):
        return MOUNT + [self.path + "/home"]

    def environment(self):
        env = super().environment()
        env["BELAY_HINT"] = env["BELAY_HINT"].replace(self.path + "/root", "-")
        if self.said:
            env.update(self.said)
        return env

    def begin(self):
        self.said = {}
        done = self.start(["begin"], program=BESIDE)
        check(done.returncode == 0, done.stderr)
        self.said = said_by(done.stdout)
        self.attempt = int(self.said["BELAY_ATTEMPT"])
        return self.said


def said_by(script):
    """The variables that a script has after eval."""
    lines = [line[7:] for line in script.splitlines()
             if line.startswith("export ")]
    return dict(shlex.split(line)[0].split("=", 1) for line in lines)


class ScriptBegin(Starting):
    """A script that begins by itself, for the first time."""
    name, words = "begin", ["begin", "--policy", "{W}/policy.yaml"]
    world, program, pipes = HomeWorld, BESIDE, True

    def was_heard(self, done):
        return "BELAY_ATTEMPT=" in done.stdout and done.returncode == 0

    def prepare(self, world):
        pass

    def promise(self, world, said):
        check(world.record(1, "begin"), "no begin.json")

    def kept(self, world, heard):
        check("exit 75" not in heard and "BELAY_FENCED=1" not in heard,
              "it must not run: " + heard)
        self.untouched(world)

    def again(self, world):
        world.restart()
        check(world.begin()["BELAY_ATTEMPT"] in ("1", "2", "3"), world.said)
        world.ask("chunk", "claim", "--chunks", "9")


class ScriptEnd(End):
    """Its status is the script's, whatever we can do."""
    name, words = "end", ["end", "1"]
    world, program, pipes = HomeWorld, BESIDE, True

    def was_heard(self, done):
        return done.returncode == 1 and not done.stderr.count("belay end:")

    def promise(self, world, said):
        pass

    def again(self, world):
        world.start(["end", "1"], program=BESIDE)
        check(world.slurm()["requeued"] == 1, world.slurm())
        self.decided(world)
        world.restart()
        self.goes_on(world, 2)


class Submit(Moment):
    """A policy file is stored before the job is there."""
    name, words = "agent submit", ["submit", "--policy", "{W}/policy.yaml"]
    world = HomeWorld

    def prepare(self, world):
        pass

    def promise(self, world, said):
        digest = hashlib.sha256(POLICY.encode()).hexdigest()
        check(":%s:" % digest in reply_of(said)["BELAY_HINT"], said)
        with open("%s/root/mc/policies/%s.yaml" % (world.path, digest),
                  encoding="utf-8") as stored:
            check(stored.read() == POLICY, "it is not stored")

    def kept(self, world, heard):
        check(not world.slurm()["requeued"], "Slurm was asked")

    def again(self, world):
        self.promise(world, world.start(self.words, program=AGENT).stdout)


SCRIPTS = [ScriptBegin(), ScriptEnd(), Submit()] if has_homes() else []
