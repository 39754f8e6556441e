#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cut.py KIND CUTS SCRATCH - cut the power of a working job again and again

A job (see there) works on a disk of its own.  At a moment of chance nothing
more reaches the disk; the job is killed, the disk mounted again, and what was
told outside compared with what is there.  Then the job goes on in the same
directory.  SCRATCH is a tmpfs.  Prints what is broken, and at last one line of
numbers.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import disk
import promises

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('BUILD') or os.path.join(HERE, '../../build')
READER = os.path.join(BUILD, 'tests/power/reader')
CHAIN = 25		# cuts on one directory
PR_SET_CHILD_SUBREAPER = 36


def children():
    for entry in os.listdir('/proc'):
        try:
            with open(f'/proc/{entry}/stat', encoding='ascii') as file:
                if file.read().rsplit(')', 1)[1].split()[1] == str(os.getpid()):
                    yield int(entry)
        except (OSError, ValueError):
            pass		# not a process, or none any more


def kill_all():
    """The job is alone in its pid namespace, so all of it goes with the first;
    whose parent died before it could say so is our child."""
    while True:
        for pid in children():
            os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def lines_told(prefix):
    return sum(1 for _ in promises.read_told(prefix))


class Chain:
    """One directory on the disk, and what its jobs were told."""
    def __init__(self, scratch, where, number):
        self.place = os.path.join(where, 'place')
        self.told = os.path.join(scratch, f'told-{number}')
        shutil.rmtree(self.place, ignore_errors=True)
        os.mkdir(self.place)
        fd = os.open(where, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)

    def start(self, log):
        env = dict(os.environ, CHUNKS='400', SAVES='40')
        # what syncs much hides what another one forgets to sync
        parts = random.sample(['map', 'loop', 'api', 'save', 'pack',
                               'restore'],
                              random.randrange(7))
        return subprocess.Popen(
            ['unshare', '--pid', '--fork', '--kill-child',
             os.path.join(HERE, 'job'), self.place, self.told, *parts],
            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def wait_a_while(chain, job):
    """Until it was told something more, or has only just begun."""
    enough = lines_told(chain.told) + random.choice((0, 0, 1, 3, 10, 30))
    until = time.monotonic() + 60
    while lines_told(chain.told) < enough and job.poll() is None:
        if time.monotonic() > until:
            raise SystemExit('not ok - a job hangs')
        time.sleep(0.001)
    time.sleep(random.random() * random.choice((0, 0.003, 0.03)))


def one_cut(the_disk, chain, log):
    wait_a_while(chain, chain.start(log))
    the_disk.cut(random.choice((disk.NOTHING_MORE, disk.LOG_ONLY)))
    kill_all()
    the_disk.power_again()
    return promises.broken(READER, chain.place,
                           promises.read_told(chain.told))


def main(kind, cuts, scratch):
    disk.call(disk.libc.prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    seed = int(os.environ.get('SEED') or random.randrange(1 << 30))
    random.seed(seed)
    print(f'# {kind}: SEED={seed} CUTS={cuts}', flush=True)
    the_disk = disk.Disk(kind, os.path.join(scratch, kind))
    told = bad = 0
    chain = None
    started = time.monotonic()
    with open(os.path.join(scratch, f'{kind}.log'), 'w+b') as log:
        for i in range(cuts):
            if i % CHAIN == 0:
                told += lines_told(chain.told) if chain else 0
                chain = Chain(scratch, the_disk.where, f'{kind}-{i}')
            found = one_cut(the_disk, chain, log)
            for line in found[:5]:
                print(f'# cut {i}: {line}', flush=True)
            bad += bool(found)
    told += lines_told(chain.told)
    print(f'# {kind}: {cuts} cuts, {told} promises told, {bad} cuts broke '
          f'one, {time.monotonic() - started:.0f} s')
    return 1 if bad or not told else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
