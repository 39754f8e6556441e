#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""strict.py SCRATCH SHELF PART... - every disk that a power cut may leave of a job

Records the calls of a job (see there) with strace(1), and at every point of it
makes every disk that POSIX allows to be found then (see model.py), reads it as
belay does, compares it with what was told until then, begins the next attempt
on it, and reads and compares again.  Prints what is broken, and at last one
line of numbers.  The job runs in SCRATCH; the disks are made in SHELF, which
is best a tmpfs.  ROUNDS are jobs that run before it in the same place: "whole",
or one of which processes are killed, and not the machine: "sync=N" each before
its Nth sync, "begin=N" and "end=N" only that moment.
"""
import os
import shutil
import subprocess
import sys
import time

import promises
import replay
import trace
from model import all_states

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('BUILD') or os.path.join(HERE, '../../build')
HELPERS = os.path.join(BUILD, 'tests/power')
READER = os.path.join(HELPERS, 'reader')
NOT_OURS = ('/state',)		# the files that the job saves
# Where chunks work, and copies that are never synced.
TOGETHER = ('/.belay-tmp', '/jobs', '/snapshots')


class Recording:
    def __init__(self, scratch):
        self.place = os.path.join(scratch, 'place')
        self.told = os.path.join(scratch, 'told')
        self.file = os.path.join(scratch, 'trace')
        os.mkdir(self.place)
        open(self.file, 'w', encoding='ascii').close()

    def run(self, parts, inject=(), **more):
        # with SAN=1: leaks cannot be looked for under strace
        env = dict(os.environ, IN_TURN='1', ASAN_OPTIONS='detect_leaks=0',
                   **more)
        with open(self.told + '.err', 'a', encoding='utf-8') as err:
            done = subprocess.run(
                ['strace', '-f', '-y', '-xx', '-s', '2000000', '-A', '-o',
                 self.file, '-e', 'trace=' + trace.CALLS, *inject,
                 os.path.join(HERE, 'job'), self.place, self.told, *parts],
                env=env, stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                check=False)
        if done.returncode and not inject and not more:
            with open(self.told + '.err', encoding='utf-8') as err:
                raise SystemExit(f'the job failed: {err.read()[-500:]}')

    def hint(self):
        with open(self.told + '.hint', encoding='ascii') as file:
            return file.read().strip()


class Disks:
    """Each disk once, with the most that was told when it could be found."""
    def __init__(self):
        self.found = {}
        self.points = 0

    def add(self, player):
        self.points += 1
        told = len(player.told)
        for files in all_states(player.root, NOT_OURS, TOGETHER):
            key = frozenset((path, data if data is None else hash(data))
                            for path, data in files.items())
            self.found[key] = files, told


def play(recording, disks):
    player = replay.Replay(recording.place, recording.told)
    with open(recording.file, encoding='ascii') as file:
        for what, pid, call in trace.read(file, recording.place):
            if what == 'began':
                player.begin(pid, call)
                continue
            for _ in player.apply(pid, call):
                disks.add(player)
        disks.add(player)	# the last thing told
    return player


class Workshop:
    """Makes a disk of a description; the same bytes are one file."""
    def __init__(self, shelf):
        self.shelf = os.path.join(shelf, 'bytes')
        self.place = os.path.join(shelf, 'found')
        os.mkdir(self.shelf)

    def stored(self, data):
        path = os.path.join(self.shelf, f'{hash(data):x}.{len(data)}')
        if not os.path.exists(path):
            with open(path, 'wb', opener=lambda p, f: os.open(p, f, 0o600)) \
                    as file:
                file.write(data)
        return path

    def make(self, files):
        shutil.rmtree(self.place, ignore_errors=True)
        os.mkdir(self.place, 0o700)
        for path, data in sorted(files.items()):
            if data is None:
                os.mkdir(self.place + path, 0o700)
            else:
                os.link(self.stored(data), self.place + path)
        return self.place


def go_on(place, hint, told):
    """The next attempt begins on what was found: what is broken then."""
    env = dict(os.environ, BELAY_ROOT=os.path.join(place, 'root'),
               BELAY_HINT=hint, SLURM_JOB_ID='7', SLURM_JOB_NODELIST='n1',
               SLURM_CLUSTER_NAME='local', SLURMD_NODENAME='n1')
    begun = subprocess.run([os.path.join(HELPERS, 'moments'), 'begin'],
                           env=env, capture_output=True, text=True,
                           check=False)
    if begun.returncode:
        return [f'no attempt begins: {begun.stderr.strip()}']
    told = told + [['begin', line.split('=')[1]] for line in
                   begun.stdout.splitlines()
                   if line.startswith('BELAY_ATTEMPT=')]
    return ['after begin: ' + line
            for line in promises.broken(READER, place, told)]


def look_at_all(disks, player, hint, workshop):
    bad = 0
    for files, n in disks.found.values():
        told = player.told[:n]
        place = workshop.make(files)
        found = promises.broken(READER, place, told)
        if not found and ['hint'] in told:
            found = go_on(place, hint, told)
        for line in found[:3]:
            print(f'# told {n}: {line}', flush=True)
        bad += bool(found)
        if bad == int(os.environ.get('ENOUGH', '5')):
            break
    return bad


def written_directly(player):
    """Journals, so that their writers can be killed whatever hangs."""
    for node, path in replay.files(player.root):
        if path.endswith('.log') and not node.direct:
            print(f'# not written with O_DIRECT: {path}')
            return False
    return True


def record(scratch, parts):
    recording = Recording(scratch)
    for word in os.environ.get('ROUNDS', '').split():
        what, _, n = word.partition('=')
        if what == 'sync':
            recording.run(parts, [
                '-e', f'inject=fsync,fdatasync:signal=KILL:when={n}'])
        elif what == 'whole':
            recording.run(parts)
        else:
            recording.run(parts, **{f'DIE_{what.upper()}': n})
    recording.run(parts)
    return recording


def main(scratch, shelf, parts):
    started = time.monotonic()
    recording = record(scratch, parts)
    disks = Disks()
    player = play(recording, disks)
    bad = look_at_all(disks, player, recording.hint(), Workshop(shelf))
    print(f'# {" ".join(parts) or "alone"}: {disks.points} points, {len(disks.found)} '
          f'disks, {len(player.told)} promises told, {bad} disks broke one, '
          f'{time.monotonic() - started:.0f} s')
    return 0 if not bad and written_directly(player) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
