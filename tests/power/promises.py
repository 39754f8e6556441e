#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""promises.py READER PLACE TOLD - what a job was told, against what is there

Prints each promise that is broken; exit status 1 if there is one.  See job for
the lines of TOLD.* and reader.c for those of the reader.
"""
import glob
import os
import subprocess
import sys

FEW = 1		# the first chunk is in block 0, however large the set


def seq(first, last):
    return ''.join(f'{i}\n' for i in range(first, last + 1))


def read_told(prefix):
    lines = []
    for part in 'job', 'map', 'own', 'loop', 'api', 'save', 'pack', \
            'restore', 'mark':
        if os.path.exists(f'{prefix}.{part}'):
            with open(f'{prefix}.{part}', encoding='ascii') as file:
                lines += [line.split() for line in file.read().splitlines()]
    return lines


def read_there(reader, place):
    root = os.path.join(place, 'root')
    if not os.path.isdir(root):
        return [], []
    out = subprocess.run([reader, root], capture_output=True, text=True,
                         check=False)
    bad = [f'cannot be read: {out.stderr.strip()}'] if out.returncode else []
    return [line.split(None, 3) for line in out.stdout.splitlines()], bad


class There:
    """What the reader prints, by kind."""
    def __init__(self, lines):
        self.lines = {tuple(line) for line in lines}
        self.attempts = {}	# run: {number: how it stands}
        for w in lines:
            if w[0] == 'attempt':
                how, run = w[3].rsplit(None, 1)
                self.attempts.setdefault(run, {})[int(w[1])] = w[2] + ' ' + how
        self.job = self.attempts.get('7', {})
        self.checkpoints = {int(w[1]): w[2:]
                            for w in lines if w[0] == 'checkpoint'}

    def is_whole(self, spoilt):
        """Nothing is half there, told or not, but what the job spoilt."""
        for line in self.lines:
            if line[0] == 'corrupt' or line[2:] == ('bad',):
                yield ' '.join(line)
        for number, how in self.checkpoints.items():
            if how[0] == 'damaged' and str(number) not in spoilt:
                yield f'checkpoint {number}: {how[1]}'


    def is_in_order(self):
        """Every attempt that began found the one before ended and decided."""
        for run, attempts in self.attempts.items():
            begun = [n for n, how in sorted(attempts.items())
                     if how.startswith('begin')]
            for n in begun[:-1]:
                if attempts[n] != 'begin end decision':
                    yield f'{run}: attempt {n} had ended: {attempts[n]}'


def spoilt(told):
    return [w[1] for w in told if w[0] == 'spoilt']


def check_saved(there, told):
    """The newest that was told of is there, and says what it said."""
    newest = max(((int(w[1]), w[2]) for w in told if w[0] == 'saved'),
                 default=None)
    if newest and str(newest[0]) not in spoilt(told) and \
            there.checkpoints.get(newest[0]) != ['good', newest[1]]:
        yield f'checkpoint {newest[0]} was saved'


def check_told(there, told):
    for words in told:
        kind = words[0]
        if kind in ('done', 'begun', 'failed', 'result'):
            if tuple(words) not in there.lines:
                yield ' '.join(words)
            if kind == 'begun' and int(words[2]) < FEW and \
                    ('claim', f'{words[1]}.{words[2]}') not in there.lines:
                yield ' '.join(words) + ', and the claim of it'
        elif kind == 'begin':
            if not there.job.get(int(words[1]), '').startswith('begin'):
                yield f'attempt {words[1]} was begun'
        elif kind == 'end':
            if there.job.get(int(words[1])) != 'begin end decision':
                yield f'attempt {words[1]} had ended'
        elif kind == 'marked':
            how = there.checkpoints.get(int(words[1]), ['marked'])
            if how[0] != 'marked':
                yield f'checkpoint {words[1]} was marked: {how[0]}'
    yield from check_saved(there, told)


def content(path):
    with open(path, encoding='ascii', errors='replace') as file:
        return file.read()


def check_results(place, told):
    """A chunk's files are there when it is done, and never by halves."""
    results = os.path.join(place, 'results')
    for path in glob.glob(f'{results}/a.*'):
        k = int(path.rsplit('.', 1)[1])
        if content(path) != seq(k, k + 400):
            yield f'half of {path}'
    for path in glob.glob(f'{results}/b/*'):
        k = int(os.path.basename(path))
        if content(path) != seq(k, k + 3):
            yield f'half of {path}'
    for words in told:
        if words[:2] == ['done', 'map']:
            for name in f'a.{words[2]}', f'b/{words[2]}':
                if not os.path.exists(os.path.join(results, name)):
                    yield f'chunk {words[2]} was done: {name} is missing'


def check_restored(place):
    for name, more in ('one', 2000), ('deep/two', 10):
        path = os.path.join(place, 'back/state', name)
        if os.path.exists(path):
            text = content(path)
            if not text or text != seq(int(text.split()[0]),
                                       int(text.split()[0]) + more):
                yield f'half of {path}'


def broken(reader, place, told):
    lines, bad = read_there(reader, place)
    there = There(lines)
    return bad + [*there.is_whole(spoilt(told)),
                  *there.is_in_order(), *check_told(there, told),
                  *check_results(place, told), *check_restored(place)]


if __name__ == '__main__':
    found = broken(*sys.argv[1:3], read_told(sys.argv[3]))
    print('\n'.join(found))
    sys.exit(1 if found else 0)
