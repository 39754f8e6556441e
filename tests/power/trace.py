# SPDX-License-Identifier: Apache-2.0
"""trace.py - what a program asked of the file system, from strace(1)

    strace -f -y -xx -s 2000000 -e trace=CALLS

Strings are in hex there, so that nothing in a line is ambiguous.  A call that
others interrupted is two lines; of a sync both count, because it covers only
what was there when it began.
"""
import os
import re

CALLS = ('open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,'
         'copy_file_range,sendfile,fsync,fdatasync,sync,syncfs,rename,'
         'renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,'
         'mkdir,mkdirat,rmdir,ftruncate,truncate,fallocate,chdir')
SYNCS = ('fsync', 'fdatasync')

LINE = re.compile(r'^(\d+) +(.*)$')
CALL = re.compile(r'^(\w+)\((.*)\) += (-?\d+|\?)(.*)$')
RESUMED = re.compile(r'^<\.\.\. (\w+) resumed>(.*)$')
PLACE = re.compile(r'^(-?\d+|AT_FDCWD)<((?:\\x..)*)>(\(deleted\))?$')
UNFINISHED = ' <unfinished ...>'


def unhex(text):
    return bytes.fromhex(text.replace('\\x', ''))


class Call:
    """A call that has returned: its name, its arguments, and what it gave."""
    def __init__(self, name, args, result, cwd):
        self.name, self.result, self.cwd = name, int(result), cwd
        self.args = args.split(', ')

    def text(self, i):
        return unhex(self.args[i].strip('"'))

    def number(self, i):
        return int(self.args[i], 0)

    def place(self, i):
        """The path of a descriptor; None if it has none any more."""
        found = PLACE.match(self.args[i])
        if not found or found.group(3):
            return None
        return os.fsdecode(unhex(found.group(2)))

    def path(self, at, i):
        """Argument i, below the descriptor in argument at (None: cwd)."""
        base = self.cwd if at is None else self.place(at)
        return os.path.normpath(os.path.join(base or '/gone',
                                             os.fsdecode(self.text(i))))


def read(file, cwd):
    """('began', pid, Call) for a sync that was interrupted, ('done', pid,
    Call) for every call that succeeded, in order."""
    waiting = {}
    for line in file:
        found = LINE.match(line)
        if not found:
            continue
        pid, text = found.groups()
        if text.endswith(UNFINISHED):
            waiting[pid] = text[:-len(UNFINISHED)]
            name, args = waiting[pid].split('(', 1)
            if name in SYNCS:
                yield 'began', pid, Call(name, args.rstrip(') '), 0, cwd)
            continue
        resumed = RESUMED.match(text)
        if resumed:
            text = waiting.pop(pid) + resumed.group(2)
        call = CALL.match(text)
        if call and call.group(3) != '?' and int(call.group(3)) >= 0:
            yield 'done', pid, Call(*call.groups()[:3], cwd)
