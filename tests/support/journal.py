#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""journal.py RUN_DIR - print the chunk records of a run, a line each

    ATTEMPT WRITER SEQUENCE TYPE CHUNK TRY

Written from doc/FORMAT.md alone, so that it does not repeat a mistake of the
program.  Checks and cuts are not looked at.
"""
import os
import struct
import sys

NAMES = {16: 'set', 17: 'begin', 18: 'done', 19: 'fail', 20: 'give_up'}
BLOCK = 4096


def frames(data, at, size):
    end = at + size
    while at + 32 <= end:
        length, kind, _, seq, _ = struct.unpack_from('<IHHQQ', data, at + 8)
        yield kind, seq, data[at + 32:at + 32 + length]
        at += 32 + (length + 7) // 8 * 8


def batches(data):
    at = BLOCK
    while at + 48 <= len(data):
        length, kind = struct.unpack_from('<IH', data, at + 8)
        if kind != 1 or length != 16:
            return
        size, _ = struct.unpack_from('<II', data, at + 40)
        yield from list(frames(data, at, size))[1:]
        at += (size + BLOCK - 1) // BLOCK * BLOCK


def main(run):
    attempts = os.path.join(run, 'attempts')
    for attempt in sorted(os.listdir(attempts)):
        journals = os.path.join(attempts, attempt, 'journal')
        seen = set()
        for name in sorted(os.listdir(journals) if os.path.isdir(journals)
                           else []):
            writer = name.rsplit('.', 2)[0]
            with open(os.path.join(journals, name), 'rb') as file:
                data = file.read()
            for kind, seq, payload in batches(data):
                if (writer, seq) in seen or kind not in NAMES:
                    continue
                seen.add((writer, seq))
                chunk, tries = '-', '-'
                if kind != 16:
                    chunk = struct.unpack_from('<Q', payload, 4)[0]
                if 17 <= kind <= 19:
                    tries = struct.unpack_from('<I', payload, 12)[0]
                print(int(attempt), writer, seq, NAMES[kind], chunk, tries)


if __name__ == '__main__':
    main(sys.argv[1])
