# SPDX-License-Identifier: Apache-2.0
"""replay.py - carry the calls of a trace out on the model of a disk

Programs write their files from the beginning on, or with an offset; what they
do otherwise stops the replay rather than being guessed at.
"""
import os

from model import Dir, File, put
from trace import unhex


class Replay:
    """The disk below `place`; a file that is written elsewhere with the prefix
    `told` is what the outside world was told."""
    def __init__(self, place, told):
        self.place, self.prefix = place, told
        self.root = Dir()
        self.told = []
        self.began = {}		# pid: what a sync covers that has begun

    # ---- names ----

    def inside(self, path):
        return path == self.place or (path or '').startswith(self.place + '/')

    def node(self, path):
        node = self.root
        for name in path[len(self.place):].split('/'):
            if name:
                node = node.live.get(name) if isinstance(node, Dir) else None
        return node

    def parent(self, path):
        return self.node(os.path.dirname(path)), os.path.basename(path)

    # ---- calls: each returns whether the disk has changed ----

    def opened(self, path, flags):
        if not self.inside(path):
            return False
        node = self.node(path)
        if isinstance(node, Dir) or not set(flags) & {'O_WRONLY', 'O_RDWR'}:
            return False
        if node is None:
            node = File()
            directory, name = self.parent(path)
            directory.change(None, name, node)
        elif 'O_TRUNC' in flags:
            node.live = b''
        node.durable_writes = bool(set(flags) & {'O_DSYNC', 'O_SYNC'})
        node.direct = 'O_DIRECT' in flags
        return True

    def wrote(self, path, offset, data):
        if path and path.startswith(self.prefix + '.'):
            kind = path[len(self.prefix) + 1:]
            if kind != 'err':
                self.told += [['hint'] if kind == 'hint' else line.split()
                              for line in data.decode().splitlines()]
            return False
        node = self.node(path) if self.inside(path) else None
        if node is None:
            return False
        if node.durable_writes:
            node.write(offset, data)
            return node, offset, data
        node.write(len(node.live) if offset is None else offset, data)
        return True

    def renamed(self, old, new):
        if not self.inside(old) and not self.inside(new):
            return False
        node = self.node(old)
        (source, name), (target, new_name) = self.parent(old), self.parent(new)
        if source is target:
            source.change(name, new_name, node)
        else:
            target.change(None, new_name, node)
            source.change(name, None, None)
        return True

    def linked(self, old, new):
        if not self.inside(new):
            return False
        node = self.node(old)
        directory, name = self.parent(new)
        directory.change(None, name, node)
        return True

    def removed(self, path):
        if not self.inside(path):
            return False
        directory, name = self.parent(path)
        directory.change(name, None, None)
        return True

    def made(self, path):
        if not self.inside(path):
            return False
        directory, name = self.parent(path)
        directory.change(None, name, Dir())
        return True

    def covered(self, path):
        """What a sync that begins now makes durable."""
        node = self.node(path) if self.inside(path) else None
        if isinstance(node, Dir):
            return node, len(node.pending)
        return node, node.live if node else None

    def synced(self, pid, path):
        node, what = self.began.pop(pid, None) or self.covered(path)
        if isinstance(node, Dir):
            node.sync(what)
        elif node:
            node.base = what
        return node is not None

    def copied(self, source, target, n):
        """Both from where they stand, and both from the beginning."""
        old, new = self.node(source), self.node(target)
        at = len(new.live)
        new.write(at, old.live[at:at + n])
        return True

    # ---- one call ----

    def begin(self, pid, call):
        self.began[pid] = self.covered(call.place(0))

    def apply(self, pid, call):
        """Carry it out; yields whenever the power may fail."""
        changed = getattr(self, 'do_' + call.name, self.do_other)(pid, call)
        if isinstance(changed, tuple):	# before it returns, nothing is sure
            yield
            node, offset, data = changed
            node.base = put(node.base, offset, data)
        if changed:
            yield

    def do_other(self, _pid, call):
        touched = [a for a in call.args if self.place.encode().hex() in
                   a.replace('\\x', '')]
        if touched and call.name != 'chdir':
            raise SystemExit(f'the model does not know {call.name}')
        return False

    def do_openat(self, _pid, call):
        return self.opened(call.path(0, 1), call.args[2].split('|'))

    def do_open(self, _pid, call):
        return self.opened(call.path(None, 0), call.args[1].split('|'))

    def do_write(self, _pid, call):
        return self.wrote(call.place(0), None, call.text(1)[:call.result])

    def do_pwrite64(self, _pid, call):
        return self.wrote(call.place(0), call.number(3),
                          call.text(1)[:call.result])

    def do_pwritev(self, _pid, call):
        data = b''.join(unhex(arg.split('"')[1]) for arg in call.args
                        if arg.lstrip('[').startswith('{iov_base="'))
        return self.wrote(call.place(0), int(call.args[-1], 0),
                          data[:call.result])

    def do_copy_file_range(self, _pid, call):
        if not call.result or not self.inside(call.place(2)):
            return False
        return self.copied(call.place(0), call.place(2), call.result)

    def do_fallocate(self, _pid, call):
        """Is there room?  Asked of a file without a name."""
        if call.place(0) and self.node(call.place(0)):
            raise SystemExit('the model does not know fallocate')
        return False

    def do_fsync(self, pid, call):
        return self.synced(pid, call.place(0))

    do_fdatasync = do_fsync

    def do_renameat(self, _pid, call):
        return self.renamed(call.path(0, 1), call.path(2, 3))

    do_renameat2 = do_renameat

    def do_rename(self, _pid, call):
        return self.renamed(call.path(None, 0), call.path(None, 1))

    def do_linkat(self, _pid, call):
        return self.linked(call.path(0, 1), call.path(2, 3))

    def do_unlinkat(self, _pid, call):
        return self.removed(call.path(0, 1))

    def do_unlink(self, _pid, call):
        return self.removed(call.path(None, 0))

    do_rmdir = do_unlink

    def do_mkdirat(self, _pid, call):
        return self.made(call.path(0, 1))

    def do_mkdir(self, _pid, call):
        return self.made(call.path(None, 0))


def files(root):
    """Every file that is there now, and its path."""
    todo = [(root, '')]
    while todo:
        node, path = todo.pop()
        for name, child in node.live.items():
            if isinstance(child, Dir):
                todo.append((child, f'{path}/{name}'))
            else:
                yield child, f'{path}/{name}'
