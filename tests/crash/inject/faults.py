# SPDX-License-Identifier: Apache-2.0
"""faults.py - which calls of a program may fail, and how

A call is known by its name and its number, as strace counts them.  Those that
the loader makes before main() are nobody's business.
"""
import errno
import os
import re
import subprocess

WRITING = ("EIO", "ENOSPC", "EDQUOT")
ERRORS = {
    "openat": ("EIO", "ENOSPC", "EDQUOT", "ESTALE", "ENOMEM", "EINTR"),
    "read": ("EIO", "ESTALE", "EINTR"),
    "pread64": ("EIO", "ESTALE", "EINTR"),
    "write": WRITING + ("ESTALE", "EINTR"),
    "pwrite64": WRITING + ("ESTALE", "EINTR"),
    "fsync": WRITING + ("ESTALE",),
    "fdatasync": WRITING + ("ESTALE",),
    "close": WRITING + ("EINTR",),
    "rename": WRITING + ("ESTALE",),
    "renameat": WRITING + ("ESTALE",),
    "linkat": WRITING + ("ESTALE",),
    "mkdir": WRITING + ("ESTALE",),
    "mkdirat": WRITING + ("ESTALE",),
    "unlinkat": ("EIO", "ESTALE"),
    "rmdir": ("EIO", "ESTALE"),
    "getdents64": ("EIO", "ESTALE", "EINTR"),
    "fstat": ("EIO", "ESTALE", "ENOMEM"),
    "newfstatat": ("EIO", "ESTALE", "ENOMEM"),
    "statx": ("EIO", "ESTALE"),
    "readlinkat": ("EIO", "ESTALE"),
    "mmap": ("ENOMEM",),
    "ftruncate": WRITING,
    "fallocate": WRITING,
    "fchmod": ("EIO", "EDQUOT"),
    "copy_file_range": WRITING + ("ESTALE", "EINTR"),
    "sync_file_range": ("EIO",),
    "fcntl": ("EIO",),
    "getrandom": ("EINTR",),
    "socket": ("ENOMEM",),
    "bind": ("ENOMEM",),
    "pipe2": ("ENOMEM",),
    "clone": ("ENOMEM",),
    "clone3": ("ENOMEM",),
    "vfork": ("ENOMEM",),
}
KILL = "KILL"


def text_of(error):
    return os.strerror(getattr(errno, error))


class Fault:
    """The nth call of a name fails, once or from then on; or kills."""

    def __init__(self, call, nth, how, lasting=False):
        self.call, self.nth, self.how = call, nth, how
        self.lasting = lasting

    def __str__(self):
        return "%s %d%s: %s" % (self.call, self.nth,
                                "+" if self.lasting else "", self.how)

    def strace(self):
        what = ("signal=KILL" if self.how == KILL
                else "error=" + self.how)
        return ["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + self.call,
                "-e", "inject=%s:%s:when=%d%s" % (
                    self.call, what, self.nth, "+" if self.lasting else "")]


def count_calls(argv, within=(), **how):
    """How often each call is made, by name."""
    trace = how["cwd"] + "/trace"
    subprocess.run([*within, "strace", "-qq", "-o", trace] + argv, check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    counts = {}
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name = re.match(r"(\w+)\(", line)
            if name:
                counts[name[1]] = counts.get(name[1], 0) + 1
    os.unlink(trace)
    return counts


def faults_of(counts, loader):
    """Every fault that a program with these calls can meet."""
    for call, errors in sorted(ERRORS.items()):
        first = loader.get(call, 0) + 1
        for nth in range(first, counts.get(call, 0) + 1):
            yield Fault(call, nth, KILL)
            for error in errors:
                yield Fault(call, nth, error)
            lasting = [e for e in errors if e != "EINTR"]
            if lasting:
                yield Fault(call, nth, lasting[nth % len(lasting)], True)
