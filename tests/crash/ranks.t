#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ranks.t - ranks that write checkpoints together, killed at any moment

One to four processes save step after step and are killed one by one; then
others start, in the same attempt or in the next, and go on from the newest
checkpoint, whatever number of them wrote it.  After each round every checkpoint
that counts is of one step and of processes that were started together, every
byte; and what was told to be saved is there, or something newer.  KILLS= is how
many rounds, SEED= begins with those dice.
"""
import os
import random
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
BUILD = os.environ.get('BUILD') or os.path.join(HERE, '../../build')
WORKER = os.path.join(BUILD, 'tests/crash/rank_worker')
ROUNDS = int(os.environ.get('KILLS', '12'))
SEED = int(os.environ.get('SEED', random.randrange(1 << 31)))


def ask(*words, env=None):
    done = subprocess.run([WORKER, *words], capture_output=True, text=True,
                          env=env, check=False)
    if done.returncode:
        raise AssertionError(f'{words}: {done.stdout[-200:]} {done.stderr}')
    return done.stdout.splitlines()


def environment(root, attempt):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(('BELAY_', 'SLURM'))}
    env.update(BELAY_RUN_DIR=f'{root}/mc/12', BELAY_ATTEMPT=attempt)
    return env


def play(ranks, nonce, env, dice):
    """What they said before they were killed: lines of saved and part."""
    procs = [subprocess.Popen([WORKER, 'work', str(i), str(ranks), str(nonce)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, env=env) for i in range(ranks)]
    try:
        for proc in procs:
            if proc.stdout.readline() != 'open\n':
                raise AssertionError('a rank did not open')
        for proc in procs:
            proc.stdin.write('go\n')
            proc.stdin.flush()
        time.sleep(dice.random() * 0.4)
        for proc in dice.sample(procs, ranks):
            if proc.poll() is not None:
                raise AssertionError(f'a rank ended: {proc.returncode}')
            proc.kill()
            time.sleep(dice.choice((0, 0, dice.random() * 0.05)))
        return [line.split() for proc in procs
                for line in proc.communicate()[0].splitlines()]
    finally:
        for proc in procs:
            proc.kill()
            proc.wait()
            proc.stdout.close()



def one_round(n, root, env, told, dice):
    """How many were saved; raises what is wrong."""
    ranks = dice.randint(1, 4)
    said = play(ranks, n, env, dice)
    saved = [int(words[1]) for words in said if words[0] == 'saved']
    told.update(saved)
    found = [line.split() for line in ask('check', env=env)]
    wrong = [' '.join(words) for words in found if words[0] != 'good']
    if wrong:
        raise AssertionError(wrong[0])
    newest = max((int(words[1]) for words in found), default=0)
    if newest < max(told, default=0):
        raise AssertionError(f'{max(told)} was told, {newest} is there')
    return ranks, len(saved), len(said)


def main():
    dice = random.Random(SEED)
    told, bad, total = set(), 0, 0
    print(f'1..{ROUNDS}\n# SEED={SEED}')
    with tempfile.TemporaryDirectory(prefix='belay-ranks-') as root:
        attempt = ask('begin', root)[0]
        for n in range(1, ROUNDS + 1):
            if n > 1 and dice.random() < 0.5:
                attempt = ask('begin', root)[0]
            env = environment(root, attempt)
            try:
                ranks, saved, said = one_round(n, root, env, told, dice)
                total += saved
                print(f'ok {n} - attempt {attempt}, {ranks} ranks: {saved} '
                      f'told to be saved, {said} promises', flush=True)
            except AssertionError as wrong:
                bad += 1
                print(f'not ok {n} - attempt {attempt}\n# {wrong}', flush=True)
    print(f'# {total} checkpoints told, {bad} rounds went wrong')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
