# SPDX-License-Identifier: Apache-2.0
"""world.py - a run that a program is let loose on, and what is left of it"""
import json
import os
import shutil
import subprocess

BELAY = os.path.join(os.environ["BUILD"], "belay")
PACKER = os.path.join(os.environ["BUILD"], "tests/power/packer")
WORKER = os.path.join(os.environ["BUILD"], "tests/power/worker")
READER = os.path.join(os.environ["BUILD"], "tests/power/reader")
AGENT = os.path.join(os.environ["BUILD"], "tests/crash/inject/belay-agent")
BESIDE = os.path.join(os.environ["BUILD"], "tests/crash/inject/belay")
RUN = "root/mc/demo"
# With SAN=1: leaks cannot be looked for there, nor what is preloaded come last.
UNDER_STRACE = "detect_leaks=0:verify_asan_link_order=0"
SUBMISSION = "0123456789abcdef0123456789abcdef"
TIME = "2026-01-02T03:04:05.000000Z"


class World:
    """A directory with a root, a working directory and one run in attempt 1."""

    def __init__(self, path, inside=True):
        self.inside = inside
        self.move(path)

    def move(self, path):
        self.path = path
        self.work = os.path.join(path, "work")
        self.run = os.path.join(path, RUN)
        return self

    def make(self):
        attempt = os.path.join(self.run, "attempts/000001")
        os.makedirs(attempt, 0o700)
        os.makedirs(self.work, 0o700)
        self.write(RUN + "/run.json", json.dumps({
            "format": 1, "run": "demo", "cluster": "mc",
            "owner": {"uid": os.getuid(), "name": ""},
            "submission": SUBMISSION, "created": TIME, "preset": "standard",
            "policy": None, "work_dir": "/", "job": None}))
        self.write(RUN + "/attempts/000001/begin.json", json.dumps({
            "format": 1, "attempt": 1, "job": "12", "job_id": 12, "restart": 0,
            "start_time": 0, "nodes": "n1", "batch_host": "n1", "begin": TIME,
            "action": "start", "checkpoint": None, "chunks_done": 0,
            "process": {"host": "n1", "boot_id": "", "pid": 1, "start": 1},
            "cut": [], "checkpoints": []}))
        for name in "ab":
            self.write("work/" + name, name * 5000)
        return self

    def write(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o600)

    def copy(self, path):
        shutil.copytree(self.path, path, symlinks=True)
        return World(path, self.inside)

    def remove(self):
        shutil.rmtree(self.path)

    def environment(self):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("BELAY_", "SLURM_"))}
        env.update(BELAY_ROOT=os.path.join(self.path, "root"), LC_ALL="C",
                   ASAN_OPTIONS=UNDER_STRACE)
        if self.inside:         # what begin hands to a job
            env.update(BELAY_RUN_DIR=self.run, BELAY_ATTEMPT="1")
        return env

    def how(self):
        return {"cwd": self.work, "env": self.environment()}

    def start(self, words, fault=None, program=BELAY, **variables):
        """Run a verb; words may name {W}, this world's directory."""
        argv = [program] + [w.format(W=self.path) for w in words]
        prefix = self.within() + (fault.strace() if fault else [])
        how = self.how()
        how["env"].update(variables)
        return subprocess.run(prefix + argv, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False,
                              timeout=120, **how)

    def within(self):
        """What starts a program where it finds this world."""
        return []

    def ask(self, *words):
        """What a verb says when nothing is wrong."""
        done = self.start(words)
        if done.returncode:
            raise AssertionError("%s: %s" % (" ".join(words), done.stderr))
        return done.stdout

    def chunks(self):
        """{number: status} of the set main."""
        return {int(c["chunk"]): c["status"]
                for c in json.loads(self.ask("chunk", "list", "--json"))}

    def checkpoints(self):
        """{id: condition}, each byte verified."""
        said = self.start(["checkpoint", "verify", "--json"]).stdout
        return {int(c["id"]): c["condition"] for c in json.loads(said)}

    def files(self):
        """Every name below, directories included."""
        return sorted(os.path.relpath(os.path.join(where, name), self.path)
                      for where, dirs, names in os.walk(self.path)
                      for name in dirs + names)
