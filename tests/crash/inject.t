#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""inject.t - every verb, while each of its system calls fails, kills or is short

ROUNDS=all leaves none out, which takes half an hour; else FAULTS= for each verb, other
ones at each run (SEED).  VERBS= chooses verbs, ONLY= faults such as "fsync" or
"openat 12: EIO", by a part of their names.
"""
import itertools
import multiprocessing.pool
import os
import random
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
os.environ.setdefault("BUILD", os.path.join(HERE, "../../build"))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
from inject import moments, scenarios, scripts  # noqa: E402
from inject.faults import count_calls, faults_of, KILL, text_of  # noqa: E402
from inject.world import BELAY, UNDER_STRACE  # noqa: E402

SHORT = os.path.join(os.environ["BUILD"], "tests/crash/inject/short.so")
ALL = os.environ.get("ROUNDS") == "all"
FAULTS = int(os.environ.get("FAULTS", "8"))
ONLY = os.environ.get("ONLY", "")
SEED = int(os.environ.get("SEED", random.randrange(1 << 31)))
with open(BELAY, "rb") as program:     # whose runtime ends it without memory
    SANITIZED = b"__asan_init" in program.read()
numbers = itertools.count()


def complaint(scenario, fault, done):
    """What is wrong with how the verb itself ended, or None."""
    if fault.how == KILL:
        return None
    if done.returncode < 0 or done.returncode > 100:
        return "it crashed: %d" % done.returncode
    # stdio drops what it could not write; without handlers this cannot be
    if "cannot write the output" in done.stderr:
        return None
    if "Interrupted" in done.stdout + done.stderr:
        return "interruptions are nobody's business: " + done.stderr
    if scenario.was_heard(done) or scenario.is_mute(fault):
        return None
    if fault.how == "EINTR":
        return "an interruption makes it fail: " + done.stderr
    if "belay" not in done.stderr + done.stdout and \
            text_of(fault.how) not in done.stderr + done.stdout:
        return "it says nothing of it: " + done.stdout + done.stderr
    return None


def litter(before, world, fault, tidy):
    """Temporary names that a verb left though it could have removed them."""
    if fault.how == KILL or fault.lasting or fault.call in ("unlinkat", "rmdir"):
        return []
    return [name for name in set(world.files()) - set(before)
            if os.path.basename(name).startswith(".tmp-") or
            re.search(r"\.belay-[0-9a-f]{16}-", name) or
            (tidy and os.path.basename(name).startswith(".staging-"))]


def try_one(scenario, fault, second, template, base):
    """One fault, what holds after it, and the next process: None or why not."""
    world = template.copy("%s/%d" % (base, next(numbers)))
    try:
        before = world.files()
        done = world.start(scenario.words, fault, scenario.program)
        wrong = complaint(scenario, fault, done)
        if wrong:
            return wrong
        left = litter(before, world, fault, scenario.tidy)
        scenarios.check(not left, "left behind: %s" % left)
        if scenario.was_heard(done):
            scenario.promise(world, done.stdout)
        if scenario.reads_only:
            scenarios.check(world.files() == before, "it wrote")
            return None
        heard = done.stdout + done.stderr
        scenario.kept(world, heard)
        if second:
            done = world.start(scenario.words, second, scenario.program)
            heard += done.stdout + done.stderr
            scenario.kept(world, heard)
        scenario.again(world)
        return None
    except Exception as error:  # pylint: disable=broad-except
        return "%s %s" % (type(error).__name__, error)
    finally:
        world.remove()


def try_short(scenario, limits, template, base):
    """No read and no write does more: that is no fault, and not to be seen."""
    world = template.copy("%s/%d" % (base, next(numbers)))
    try:
        done = world.start(scenario.words, None, scenario.program,
                           LD_PRELOAD=SHORT, SHORT_READ=limits[0],
                           SHORT_WRITE=limits[1])
        scenarios.check(scenario.was_heard(done) and
                        "preload" not in done.stderr, done.stderr)
        scenario.promise(world, done.stdout)
        scenario.kept(world, "")
        return None
    except Exception as error:  # pylint: disable=broad-except
        return "%s %s" % (type(error).__name__, error)
    finally:
        world.remove()


def test(scenario, loader, base, pool, dice):
    template = scenario.world("%s/%s" % (base, scenario.name.replace(" ", "-")),
                              scenario.inside).make()
    scenario.prepare(template)
    sample = template.copy("%s/%d" % (base, next(numbers)))
    words = [w.format(W=sample.path) for w in scenario.words]
    counts = count_calls([scenario.program] + words, sample.within(),
                         **sample.how())
    faults = [f for f in faults_of(counts, loader) if ONLY in str(f)
              and not scenario.spares(f) and not (SANITIZED and
                                                  f.how == "ENOMEM")]
    seconds = dice.sample(faults, len(faults))
    chosen = [(f, s if i % 3 == 0 else None)
              for i, (f, s) in enumerate(zip(faults, seconds))]
    if not ALL:
        chosen = dice.sample(chosen, min(FAULTS, len(chosen)))
    wrong = pool.starmap(
        lambda f, s: (f, s, try_one(scenario, f, s, template, base)), chosen,
        chunksize=1)
    wrong += [("at most %s and %s bytes" % limits, None,
               try_short(scenario, limits, template, base))
              for limits in (("1", "0"), ("0", "1"), ("512", "4096"))]
    return len(faults), [w for w in wrong if w[2]], len(chosen)


def memory():
    """Where copies and syncs cost least, but for what TMPDIR says."""
    fits = "TMPDIR" not in os.environ and os.access("/dev/shm", os.W_OK)
    return "/dev/shm" if fits else None


def main():
    verbs = os.environ.get("VERBS", "")
    todo = [s for s in scenarios.SCENARIOS + moments.MOMENTS + scripts.SCRIPTS
            if verbs in s.name]
    dice = random.Random(SEED)
    pool = multiprocessing.pool.ThreadPool(2)
    bad = total = 0
    print("TAP version 13\n1..%d\n# SEED=%d" % (len(todo), SEED))
    with tempfile.TemporaryDirectory(prefix="belay-inject-",
                                     dir=memory()) as base:
        env = dict(os.environ, ASAN_OPTIONS=UNDER_STRACE)
        loader = count_calls([BELAY, "version"], cwd=base, env=env)
        loader["write"] = 0
        for number, scenario in enumerate(todo, 1):
            there, wrong, tried = test(scenario, loader, base, pool, dice)
            total += tried
            bad += bool(wrong)
            print("%s %d - %s: %d of %d faults" % (
                "not ok" if wrong else "ok", number, scenario.name, tried,
                there))
            for fault, second, why in wrong:
                print("# %s%s: %s" % (fault, " and %s" % second if second
                                      else "", why.strip()))
            sys.stdout.flush()
    print("# %d faults" % total)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
