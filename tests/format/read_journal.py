#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""read_journal.py FILE... - what a segment says, by doc/FORMAT.md alone

Written from the document and not from the code, so that each can be wrong
without the other.  Prints the header, a line per record and how it ends.
"""

import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from xxh3 import xxh3_64  # noqa: E402

BLOCK = 4096


def header_of(data):
    """The fields of the header, or None when it does not verify."""
    if len(data) < BLOCK or data[:8] != b'BELAYJ1\n':
        return None
    identity, = struct.unpack_from('<Q', data, 4088)
    if xxh3_64(data[:4088], 0) != identity:
        return None
    attempt, segment, first, previous = struct.unpack_from('<IIQQ', data, 32)
    return {'identity': identity, 'attempt': attempt, 'segment': segment,
            'first': first, 'previous': previous,
            'writer': data[64:192].split(b'\0')[0].decode()}


def frame_at(data, at, end, seed):
    """(check, type, seq, time, payload, size) if a frame verifies, or None."""
    end = min(end, len(data))
    if at + 32 > end:
        return None
    check, size, kind, _, seq, time = struct.unpack_from('<QIHHQq', data, at)
    whole = 32 + (size + 7) // 8 * 8
    if at + whole > end or xxh3_64(data[at + 8:at + whole], seed) != check:
        return None
    return check, kind, seq, time, data[at + 32:at + 32 + size], whole


def batch_frame_at(data, at, identity):
    """(check, seq, previous, bytes, records) of a type-1 frame, or None."""
    frame = frame_at(data, at, at + 48, identity)
    if not frame or frame[1] != 1 or len(frame[4]) != 16:
        return None
    return (frame[0], frame[2]) + struct.unpack('<QII', frame[4])


def batch_at(data, at, identity, previous, due):
    """(records, check, next position) if a batch counts here, or None."""
    head = batch_frame_at(data, at, identity)
    if not head or head[1:3] != (due, previous):
        return None
    check, _, _, size, n = head
    place, end, records = at + 48, at + size, []
    for i in range(n):
        frame = frame_at(data, place, end, check)
        if not frame or frame[2] != due + i:
            return None
        check, place = frame[0], place + frame[5]
        records.append(frame)
    if place != end or not n:
        return None
    return records, check, (end + BLOCK - 1) // BLOCK * BLOCK


def state_at(data, at, identity, previous, due):
    """How a segment ends whose next batch is expected at `at`."""
    head = batch_frame_at(data, at, identity)
    if head and head[1:3] != (due, previous):
        return 'corrupt'
    for place in range(at + BLOCK, len(data), BLOCK):
        head = batch_frame_at(data, place, identity)
        if head and head[1] >= due:
            return 'corrupt'
    return 'torn' if any(data[at:at + BLOCK]) else 'clean'


def read_segment(data):
    """(header or None, records, state, length, check)"""
    header = header_of(data)
    if not header:
        state = 'clean' if not any(data) else \
                'corrupt' if any(data[BLOCK:]) else 'torn'
        return None, [], state, 0, 0
    identity = header['identity']
    at, check, due, records = BLOCK, identity, header['first'], []
    batch = batch_at(data, at, identity, check, due)
    while batch:
        records += batch[0]
        due += len(batch[0])
        check, at = batch[1:]
        batch = batch_at(data, at, identity, check, due)
    return header, records, state_at(data, at, identity, check, due), at, check


# Of each type its name and its fields: struct's letters, D digest, S string,
# R result.
RECORDS = {
    16: ('set', 'IQDDS'), 17: ('chunk_begin', 'IQIS'),
    18: ('chunk_done', 'IQIQSR'), 19: ('chunk_fail', 'IQIQBiBSS'),
    20: ('chunk_give_up', 'IQS'), 32: ('note', 'S'), 33: ('acted', 'BS'),
    34: ('checkpoint', 'BQQS'), 35: ('beat', ''), 36: ('progress', 'Qdd'),
    37: ('node', 'BSS'), 38: ('restored', 'Q'),
}


def take_result(data):
    """A result as text; behind it is nothing."""
    if data[:1] == b'\1':
        size, = struct.unpack_from('<I', data, 1)
        return 'inline %d %s' % (size, data[5:5 + size].hex())
    if data[:1] == b'\2':
        place = struct.unpack_from('<IQQ', data, 1)
        return 'file %d %d %d %s' % (place + (data[21:37].hex(),))
    return ''


def take(field, data):
    """The value of a field as text, and what is behind it."""
    if field == 'R':
        return take_result(data), b''
    if field == 'S':
        size, = struct.unpack_from('<H', data)
        return "'%s'" % data[2:2 + size].decode(), data[2 + size:]
    if field == 'D':
        return data[:16].hex(), data[16:]
    size = struct.calcsize('<' + field)
    if field == 'd':
        return '%.17g' % struct.unpack('<d', data[:size]), data[size:]
    return str(struct.unpack('<' + field, data[:size])[0]), data[size:]


def line_of(kind, payload):
    words, fields = [RECORDS[kind][0]], RECORDS[kind][1]
    for field in fields:
        word, payload = take(field, payload)
        words += [word] if word else []
    return ' '.join(words)


def show(path):
    with open(path, 'rb') as f:
        header, records, state, length, check = read_segment(f.read())
    if header:
        print('attempt %(attempt)d segment %(segment)d writer %(writer)s '
              'first %(first)d previous %(previous)016x' % header)
    for _, kind, seq, time, payload, _ in records:
        print(seq, time, line_of(kind, payload))
    print(state, length, '%016x' % check)


if __name__ == '__main__':
    for name in sys.argv[1:]:
        show(name)
