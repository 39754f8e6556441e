#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mutate.py [list | SCRATCH N/M] - is every sync missed that is left out?

Every call that makes something durable or exclusive has a row in mutants.
`list` only checks that, and that each row is about one line.  Else row after
row is built in a copy of the tree with the call left out, and its test must
fail: of every M rows the Nth.  Prints a table as TAP; a test that passes is a
promise that nobody checks, or a sync that promises nothing.
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.normpath(os.path.join(HERE, '../..'))
BUILD = os.path.abspath(os.environ.get('BUILD') or os.path.join(TREE, 'build'))

SITES = re.compile(
    r'\b(fs_sync|fs_finish|fs_publish(_dir|_first)?|fs_claim|fs_subdir_make'
    r'|fs_segment_create|fs_segment_write|fs_tree_sync(_files)?|fs_tree_move'
    r'|fs_tree_rename|fs_discard|run_settle|fsync|fdatasync|syncfs|sync|link'
    r'|linkat|rename|renameat2?|mkdirat|mkdir)\(|fs_dir_open\(.*true'
    r'|, fs_publish(_first)?,|O_D?SYNC\b|O_EXCL|common \| flags')
# A function's own head, a comment, and a directory that may be there.
NOT_A_SITE = re.compile(r'^(int|static)\b|^\s*(/\*|\*|//)|errno != EEXIST')


def sites():
    """(file, line number, text) of each call."""
    for room in 'lib', 'cmd', 'plugin':
        for where, _, names in os.walk(os.path.join(TREE, room)):
            for name in sorted(names):
                path = os.path.join(where, name)
                if not name.endswith('.c'):
                    continue
                with open(path, encoding='utf-8') as file:
                    for i, line in enumerate(file):
                        if SITES.search(line) and not NOT_A_SITE.search(line):
                            yield os.path.relpath(path, TREE), i, line


class Row:
    def __init__(self, first, second):
        self.file, text, self.after = first.split('\t')
        self.test, self.promise = second.strip().split('\t')
        self.nth, self.before = (int(text[0]), text[2:]) \
            if re.match(r'\d:', text) else (1, text)

    def line(self, known):
        """The line that it is about, or None."""
        found = [i for file, i, line in known
                 if file == self.file and self.before in line]
        return found[self.nth - 1] if self.nth <= len(found) else None


def rows():
    with open(os.path.join(HERE, 'mutants'), encoding='utf-8') as file:
        lines = [line.rstrip('\n') for line in file
                 if line.strip() and not line.startswith('#')]
    return [Row(*pair) for pair in zip(lines[::2], lines[1::2])]


def check_list(table):
    """Every call has a row, and every row a call."""
    known = list(sites())
    covered, bad = set(), 0
    for row in table:
        line = row.line(known)
        if line is None or (row.file, line) in covered:
            print(f'# no line of its own: {row.file}: {row.before}')
            bad += 1
        covered.add((row.file, line))
    for file, i, line in known:
        if (file, i) not in covered:
            print(f'# {file}:{i + 1} has no row in tests/power/mutants: '
                  f'{line.strip()}')
            bad += 1
    return bad


class Copy:
    """A copy of the tree and of what is built, to be spoilt."""
    def __init__(self, scratch):
        self.tree = os.path.join(scratch, 'tree')
        names = subprocess.run(
            ['git', '-C', TREE, 'ls-files', '--cached', '--others',
             '--exclude-standard'], capture_output=True, text=True,
            check=True).stdout.splitlines()
        for name in names:
            if os.path.exists(os.path.join(TREE, name)):
                os.makedirs(os.path.dirname(os.path.join(self.tree, name)),
                            exist_ok=True)
                shutil.copy2(os.path.join(TREE, name),
                             os.path.join(self.tree, name))
        shutil.copytree(BUILD, os.path.join(self.tree, 'build'))
        self.scratch = scratch
        self.tests = 0

    def make(self, targets):
        return subprocess.run(
            ['make', '-C', self.tree, '-j2', 'CPPFLAGS=-include '
             'tests/power/careless.h'] + targets, capture_output=True,
            text=True, check=False)

    def run(self, row):
        """What the row's test says first when it fails, or None."""
        kind, _, rest = row.test.partition(' ')
        env = dict(os.environ, BUILD=os.path.join(self.tree, 'build'),
                   ENOUGH='1', CHUNKS='2', SAVES='3',
                   PYTHONDONTWRITEBYTECODE='1', CMOCKA_MESSAGE_OUTPUT='TAP')
        if kind == 'unit':
            made = self.make([f'build/tests/unit/{rest}'])
            command = [f'build/tests/unit/{rest}']
        else:
            made = self.make(['build/belay', 'build/tests/power/reader',
                              'build/tests/power/moments',
                              'build/tests/power/packer',
                              'build/tests/power/worker'])
            rounds = re.match(r'\[(.*)\] ?(.*)', rest)
            if rounds:
                env['ROUNDS'], rest = rounds.groups()
            if kind == 'preset':
                env['POLICY'] = 'standard'
            self.tests += 1
            place = os.path.join(self.scratch, str(self.tests))
            os.mkdir(place)
            command = [os.path.join(HERE, 'strict.py'), place, place,
                       *rest.split()]
        if made.returncode:
            raise SystemExit(f'a mutant does not build: {made.stderr[-800:]}')
        done = subprocess.run(command, cwd=self.tree, env=env,
                              capture_output=True, text=True, check=False)
        if kind != 'unit':
            shutil.rmtree(place)
        said = [line for line in (done.stdout + done.stderr).splitlines()
                if re.match(r'# (told|not written)|not ok|the job failed',
                            line)]
        return said[0] if done.returncode and said else None

    def mutate(self, row, line):
        path = os.path.join(self.tree, row.file)
        with open(path, encoding='utf-8') as file:
            lines = file.read().split('\n')
        whole = '\n'.join(lines)
        lines[line] = lines[line].replace(row.before, row.after)
        with open(path, 'w', encoding='utf-8') as file:
            file.write('\n'.join(lines))
        try:
            return self.run(row)
        finally:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(whole)


def main(scratch, share):
    table = rows()
    nth, of = (int(n) for n in share.split('/'))
    mine = [row for i, row in enumerate(table) if i % of == nth % of]
    known = list(sites())
    copy = Copy(scratch)
    survivors = 0
    print(f'1..{len(mine)}', flush=True)
    for i, row in enumerate(mine):
        where = f'{row.file}: {row.promise} | {row.test}'
        if row.test == 'none':
            print(f'ok {i + 1} - {where} # SKIP {row.before}', flush=True)
            continue
        said = copy.mutate(row, row.line(known))
        survivors += not said
        print(f'{"ok" if said else "not ok"} {i + 1} - {where}')
        print('#', said.lstrip('# ') if said else 'nothing', flush=True)
    return 1 if survivors else 0


if __name__ == '__main__':
    if sys.argv[1] == 'list':
        sys.exit(1 if check_list(rows()) else 0)
    sys.exit(main(sys.argv[1], sys.argv[2]))
