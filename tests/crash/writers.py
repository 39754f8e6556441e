#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""writers.py SCRATCH SEED - many writers of a run, killed and fenced, and a model

Eight processes work on a thousand chunks through the C API; some are killed,
and a new attempt begins while those of the old one still write.  At the end
what the library says of each chunk and each result is compared with a model
that was written from doc/FORMAT.md alone, and with all that was promised.
Prints what is wrong, and at last one line of numbers.
"""
import glob
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, '../format'))
import read_journal  # noqa: E402

BUILD = os.environ.get('BUILD') or os.path.join(HERE, '../../build')
WORKER = os.path.join(BUILD, 'tests/crash/api_worker')
COUNT = int(os.environ.get('CHUNKS', '1000'))
WRITERS, ATTEMPTS, DEADLINE = 8, 3, 120


# ---- the model: a run, by the document -------------------------------------

def string_at(data, at):
    size, = struct.unpack_from('<H', data, at)
    return data[at + 2:at + 2 + size].decode(), at + 2 + size


class Model:
    def __init__(self, run):
        self.run = run
        self.status = {}
        self.fails, self.lost, self.result = {}, {}, {}
        self.tries, self.begun = {}, set()
        numbers = sorted(int(os.path.basename(path))
                         for path in glob.glob(run + '/attempts/??????'))
        begins = {n: self.begin_of(n) for n in numbers}
        for n in numbers:
            later = [begins[m] for m in numbers if m > n and begins[m]]
            self.attempt(n, later[0] if later else None)

    def begin_of(self, n):
        try:
            with open(f'{self.run}/attempts/{n:06}/begin.json',
                      encoding='utf-8') as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def attempt(self, n, successor):
        believed = None
        if successor:
            believed = {entry['journal']: entry['length']
                        for entry in successor['cut'] if entry['attempt'] == n}
        self.tries = {}
        place = f'{self.run}/attempts/{n:06}/journal'
        names = sorted(os.listdir(place)) if os.path.isdir(place) else []
        for writer in sorted({name.split('.')[0] for name in names}):
            due = 1
            for name in names:
                if name.split('.')[0] == writer:
                    due = self.segment(place, name, believed, due, n)
        for chunk, tries in self.tries.items():
            if successor and tries > self.troubles(chunk):
                self.lost[chunk] = self.lost.get(chunk, 0) + 1

    def segment(self, place, name, believed, due, n):
        with open(f'{place}/{name}', 'rb') as file:
            data = file.read()
        if believed is not None:
            data = data[:believed.get(name, 0)]
        for _, kind, seq, _, payload, _ in read_journal.read_segment(data)[1]:
            if seq >= due:
                self.record(kind, payload, n)
                due = seq + 1
        return due

    def record(self, kind, payload, n):
        if kind not in (17, 18, 19, 20):
            return
        _, chunk = struct.unpack_from('<IQ', payload)
        if kind == 17:
            tries, = struct.unpack_from('<I', payload, 12)
            self.tries[chunk] = max(tries, self.tries.get(chunk, 0))
            self.begun.add((n, chunk))
        elif kind == 18 and self.status.get(chunk) != 'done':
            self.status[chunk] = 'done'
            self.result[chunk] = n
        elif kind == 19:
            self.fails[chunk] = self.fails.get(chunk, 0) + 1
            if not payload[29]:
                self.status.setdefault(chunk, 'quarantined')
        elif kind == 20:
            self.status.setdefault(chunk, 'quarantined')

    def troubles(self, chunk):
        return self.fails.get(chunk, 0) + self.lost.get(chunk, 0)

    def word(self, chunk):
        if chunk in self.status:
            return self.status[chunk]
        if self.tries.get(chunk, 0) > self.troubles(chunk):
            return 'running'
        return 'retrying' if self.fails.get(chunk) else 'pending'


# ---- the processes ---------------------------------------------------------

class Attempt:
    def __init__(self, scratch):
        begun = subprocess.run([WORKER, 'begin', scratch], check=True,
                               stdout=subprocess.PIPE, text=True)
        self.number = int(begun.stdout)
        self.scratch, self.workers = scratch, []
        self.files = []

    def start(self, chance):
        env = dict(os.environ, BELAY_RUN_DIR=self.scratch + '/mc/12',
                   BELAY_ATTEMPT=str(self.number), SLURMD_NODENAME='n1',
                   SLURM_PROCID=str(len(self.workers) % WRITERS),
                   SLURM_NTASKS=str(WRITERS))
        path = f'{self.scratch}/told.{self.number}.{len(self.workers)}'
        with open(path, 'wb') as out:
            self.workers.append(subprocess.Popen(
                [WORKER, 'work', str(chance.randrange(1 << 30)), str(COUNT),
                 str(chance.choice((1, 1, 4, 100)))],
                env=env, stdout=out))
        self.files.append(path)

    def told(self):
        """(what, chunk) by worker, in its order."""
        for path in self.files:
            with open(path, encoding='ascii') as file:
                yield [(line.split()[0], int(line.split()[1]))
                       for line in file if line.endswith('\n')]

    def wait_for_lines(self, wanted):
        until = time.monotonic() + DEADLINE
        while sum(len(told) for told in self.told()) < wanted and \
                any(w.poll() is None for w in self.workers):
            if time.monotonic() > until:
                raise SystemExit('the workers get nowhere')
            time.sleep(0.002)

    def kill_some(self, chance, n):
        for worker in chance.sample(self.workers, n):
            worker.send_signal(signal.SIGKILL)

    def finish(self):
        return [w.wait(DEADLINE) for w in self.workers]


def run_all(scratch, chance):
    attempts = []
    for last in [False] * (ATTEMPTS - 1) + [True]:
        one = Attempt(scratch)
        attempts.append(one)
        for _ in range(WRITERS):
            one.start(chance)
        one.wait_for_lines(chance.randrange(50, COUNT // 2))
        one.kill_some(chance, chance.randrange(1, 4))
        if last:		# what the killed ones held is left over
            one.finish()
        else:
            one.wait_for_lines(chance.randrange(COUNT // 2, COUNT))
    statuses = [code for one in attempts for code in one.finish()]
    attempts.append(Attempt(scratch))	# nobody is killed in this one
    for _ in range(WRITERS):
        attempts[-1].start(chance)
    statuses += attempts[-1].finish()
    return attempts, statuses


# ---- what is compared ------------------------------------------------------

def check_promises(attempts, words, results, begun):
    """What was told to the workers, against what is there."""
    done_before = {}
    for one in attempts:
        handed = {}
        for i, told in enumerate(one.told()):
            failed = set()
            for what, chunk in told:
                if what == 'begun':
                    if (one.number, chunk) not in begun:
                        yield f'that chunk {chunk} began is not recorded'
                    if done_before.get(chunk, one.number) < one.number:
                        yield f'chunk {chunk} begun again in {one.number}'
                    if chunk in handed and chunk not in failed:
                        yield f'chunk {chunk} handed out twice, {one.number}'
                    handed[chunk] = i
                elif what == 'failed':
                    failed.add(chunk)
                elif what == 'done':
                    done_before.setdefault(chunk, one.number)
                    if words[chunk] != 'done' or \
                            results[chunk][0] > one.number:
                        yield f'chunk {chunk} was done in {one.number}'
                elif words[chunk] not in ('quarantined', 'done'):
                    yield f'chunk {chunk} was given up'


def compare(scratch, attempts):
    dump = subprocess.run([WORKER, 'dump', scratch], text=True, check=False,
                          stdout=subprocess.PIPE)
    if dump.returncode:
        yield f'dump ends with {dump.returncode}'
        return
    lines = [line.split() for line in dump.stdout.splitlines()]
    words = {int(w[1]): w[2] for w in lines if w[0] == 'chunk'}
    results = {int(w[1]): (int(w[2]), int(w[3])) for w in lines
               if w[0] == 'result'}
    model = Model(scratch + '/mc/12')
    for chunk in range(COUNT):
        if words.get(chunk) != model.word(chunk):
            yield f'chunk {chunk} is {words.get(chunk)}, not ' + \
                model.word(chunk)
    if {c: n for c, (n, _) in results.items()} != model.result:
        yield 'the results are of other attempts'
    yield from (f'result {c} is that of {of}' for c, (_, of) in results.items()
                if of != c)
    yield from (f'chunk {c} is {word}' for c, word in words.items()
                if word not in ('done', 'quarantined'))
    yield from check_promises(attempts, words, results, model.begun)


def main(scratch, seed):
    chance = random.Random(seed)
    attempts, statuses = run_all(scratch, chance)
    wrong = list(compare(scratch, attempts))
    wrong += [f'a worker ended with {s}' for s in statuses
              if s not in (0, 75, -signal.SIGKILL)]
    for line in wrong[:5]:
        print('#', line)
    told = [len(t) for one in attempts for t in one.told()]
    print(f'# seed {seed}: {len(told)} writers, {sum(told)} promises told, '
          f'{statuses.count(75)} fenced, {statuses.count(-9)} killed, '
          f'{len(wrong)} wrong')
    return 1 if wrong or not sum(told) else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
