#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""damage.t - belay(1) on a run whose files are damaged, one after the other

ROUNDS= times for each file, at places that SEED gives.  In process, and for
every place, tests/unit/recording/test_damage does the same.
"""
import os
import random
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
os.environ.setdefault("BUILD", os.path.join(HERE, "../../build"))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
from inject import scenarios  # noqa: E402
from inject.world import World, RUN  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SEED = int(os.environ.get("SEED", random.randrange(1 << 31)))
READERS = (["status", "demo"], ["why", "demo"], ["events", "demo"],
           ["checkpoint", "verify", "--run", "demo"],
           ["checkpoint", "restore", "--run", "demo", "--into", "{W}/back"],
           ["chunk", "list", "--run", "demo", "--json"])


def damaged(data, dice):
    """One bit, a block of zeros, or an end too soon."""
    at = dice.randrange(len(data))
    how = dice.randrange(3)
    if how == 0:
        flipped = bytes([data[at] ^ 1 << dice.randrange(8)])
        return data[:at] + flipped + data[at + 1:]
    if how == 1:
        at -= at % 512
        end = min(at + 512, len(data))
        return data[:at] + bytes(end - at) + data[end:]
    return data[:at]


def check(world):
    """No reader crashes, and nothing is done or restored that was not."""
    for words in READERS:
        done = world.start(words)
        scenarios.check(0 <= done.returncode < 100,
                        "%s: %d" % (words, done.returncode))
        scenarios.check(done.returncode == 0 or
                        done.stdout + done.stderr, "%s is silent" % words)
    listed = world.start(READERS[-1]).stdout
    scenarios.check(listed.count('"done"') <= 1, "done that was not")
    scenarios.Restore().look(world)


def try_one(template, name, path, dice):
    world = template.copy(path)
    try:
        with open(os.path.join(world.path, name), "r+b") as file:
            data = file.read()
            file.seek(0)
            file.truncate()
            file.write(damaged(data, dice) if data else b"x")
        check(world)
        return None
    except AssertionError as error:
        return str(error)
    finally:
        world.remove()


def main():
    dice = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="belay-damage-") as base:
        template = World(base + "/good").make()
        scenarios.Scenario.prepare(scenarios.Done(), template)
        scenarios.Checkpoint.prepare(scenarios.Save(), template)
        names = [n for n in template.files() if n.startswith(RUN) and
                 os.path.isfile(os.path.join(template.path, n))]
        print("TAP version 13\n1..%d\n# SEED=%d" % (len(names), SEED))
        bad = 0
        for number, name in enumerate(names, 1):
            wrong = [why for why in (
                try_one(template, name, "%s/%d.%d" % (base, number, i), dice)
                for i in range(ROUNDS)) if why]
            bad += bool(wrong)
            print("%s %d - %s" % ("not ok" if wrong else "ok", number,
                                  name[len(RUN) + 1:]))
            print("".join("# %s\n" % why for why in wrong), end="")
            sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
