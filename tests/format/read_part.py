#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""read_part.py FILE... - what a part holds, by doc/FORMAT.md alone

Written from the document and not from the code, so that each can be wrong
without the other.  Prints the header, the parents, a line per entry with the
digest of its bytes or the blocks that are damaged, and the end; or that it is
not good.
"""

import os
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from xxh3 import xxh3_64, xxh3_128  # noqa: E402

BLOCK = 262144
SIZES = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8, 8, 16, 1, 2]
LETTERS = (b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
           b'0123456789._@+=-')


class NotGood(Exception):
    pass


def need(true):
    if not true:
        raise NotGood


def header_of(data):
    need(len(data) >= 4096 + 64 and data[:8] == b'BELAYP1\n')
    identity, = struct.unpack_from('<Q', data, 4088)
    need(xxh3_64(data[:4088], 0) == identity)
    version, size, owner, attempt, rank, ranks, block = \
        struct.unpack_from('<II16sIIII', data, 8)
    need((version, size, block) == (1, 4096, BLOCK) and rank < ranks)
    return identity, owner, attempt, rank, ranks


def footer_of(data, identity):
    foot = data[-64:]
    magic, at, length, digest, size, _, check = \
        struct.unpack('<8sQQ16sQQQ', foot)
    need(magic == b'BELAYPE\n' and xxh3_64(foot[:56], identity) == check)
    need(size == len(data) and at % 4096 == 0 and 4096 <= at)
    need(length <= 2 ** 30 and at + length + 64 == size)
    return at, length, digest


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        size = struct.calcsize('<' + form)
        need(self.at + size <= len(self.data))
        values = struct.unpack_from('<' + form, self.data, self.at)
        self.at += size
        return values

    def string(self):
        length, = self.take('H')
        return self.take(f'{length}s')[0]


def parent_of(c):
    name = c.string()
    size, digest = c.take('Q16s')
    need(1 <= len(name) <= 128 and all(b in LETTERS for b in name))
    need(name[:1] not in (b'.', b'-'))
    return name.decode(), size, digest


def entry_of(c):
    name = c.string()
    kind, dims = c.take('BB')
    shape = c.take(f'{dims}Q')
    need(1 <= len(name) <= 255 and all(b >= 32 and b != 127 for b in name))
    need(kind < len(SIZES) and dims <= 16)
    size = SIZES[kind]
    for length in shape:
        size *= length
    return name, kind, shape, size


def index_of(index, identity):
    """(parents, [(name, type, shape, bytes, blocks)])"""
    c = Cursor(index)
    whose, n_parents, n_entries, n_blocks = c.take('QIIQ')
    need(whose == identity and n_parents <= 8)
    parents = [parent_of(c) for _ in range(n_parents)]
    entries = [entry_of(c) for _ in range(n_entries)]
    need(len({entry[0] for entry in entries}) == len(entries))
    c.take(f'{-c.at % 8}s')
    counts = [-(-entry[3] // BLOCK) for entry in entries]
    need(sum(counts) == n_blocks and
         len(index) - c.at == 32 * n_blocks)
    return parents, [entry + ([c.take('QIHH16s') for _ in range(count)],)
                     for entry, count in zip(entries, counts)]


def check_places(entries, parents, end):
    for _, _, _, size, blocks in entries:
        for n, (at, stored, file, coding, _) in enumerate(blocks):
            here = min(BLOCK, size - n * BLOCK)
            need(file <= len(parents) and coding <= 1 and stored)
            need(at % 4096 == 0 and at >= 4096)
            need(at + stored <= (parents[file - 1][1] if file else end))
            need(stored < here if coding else stored == here)


def open_parents(directory, parents):
    files = []
    for name, size, digest in parents:
        with open(os.path.join(directory, name), 'rb') as f:
            data = f.read()
        identity = header_of(data)[0]
        need(len(data) == size and footer_of(data, identity)[2] == digest)
        files.append(data)
    return files


def block_bytes(data, at, stored, coding):
    raw = data[at:at + stored]
    if not coding:
        return raw
    return subprocess.run(['zstd', '-dcq'], input=raw, capture_output=True,
                          check=False).stdout


def show_entry(entry, files):
    name, kind, shape, size, blocks = entry
    whole, bad = b'', []
    for n, (at, stored, file, coding, digest) in enumerate(blocks):
        got = block_bytes(files[file], at, stored, coding)
        if len(got) != min(BLOCK, size - n * BLOCK) or \
           xxh3_128(got) != digest:
            bad.append(n)
        whole += got
    text = ''.join(f' {length}' for length in shape)
    print(f'entry {name.decode(errors="replace")}: type {kind}, '
          f'shape{text or " of a scalar"}, {size} bytes', end='')
    print(f', damaged blocks {bad}' if bad else f', {xxh3_128(whole).hex()}')


def show(path):
    with open(path, 'rb') as f:
        data = f.read()
    identity, owner, attempt, rank, ranks = header_of(data)
    at, length, digest = footer_of(data, identity)
    need(xxh3_128(data[at:at + length]) == digest)
    parents, entries = index_of(data[at:at + length], identity)
    check_places(entries, parents, at)
    files = [data] + open_parents(os.path.dirname(path) or '.', parents)
    print(f'run {owner.hex()}, attempt {attempt}, rank {rank} of {ranks}')
    for n, (name, size, whose) in enumerate(parents):
        used = sum(block[1] for entry in entries for block in entry[4]
                   if block[2] == n + 1)
        print(f'parent {name}: {size} bytes, {used} used, {whose.hex()}')
    for entry in entries:
        show_entry(entry, files)
    stored = sum(block[1] for entry in entries for block in entry[4]
                 if not block[2])
    print(f'{len(data)} bytes, {stored} stored, {digest.hex()}')


def main(paths):
    for path in paths:
        try:
            show(path)
        except (NotGood, OSError):
            print('not good')


main(sys.argv[1:])
