# SPDX-License-Identifier: Apache-2.0
"""model.py - a disk that keeps its word, and not a byte more

Real file systems persist more than POSIX promises, so a sync that is missing
may never be missed on them.  Here the bytes of a file are those of its own last
fsync, fdatasync or O_DSYNC write, and an entry of a directory is there, or
gone, only since the directory's own last fsync.  What came after may have
happened or not, each by itself: all_states() makes every disk that may be found
when the power fails now.
"""
import itertools

EXHAUSTIVE = 5		# so many pending entries: every subset of them


class File:
    def __init__(self):
        self.live = self.base = b''
        self.durable_writes = self.direct = False
        self.variants_of = self.variants = None

    def write(self, offset, data):
        self.live = put(self.live, offset, data)

    def contents(self):
        """What its bytes may be."""
        if self.live == self.base:
            return (self.live,)
        if self.variants_of != (id(self.live), id(self.base)):
            half = (len(self.live) + len(self.base)) // 2
            zeros = self.base + bytes(max(len(self.live) - len(self.base), 0))
            self.variants = (self.base, self.live, zeros,
                             self.live[:half] + self.base[half:])
            self.variants_of = id(self.live), id(self.base)
        return self.variants


class Dir:
    def __init__(self):
        self.live, self.base = {}, {}
        self.pending = []

    def change(self, *op):
        """(name to remove or None, name to add or None, its node)"""
        apply(self.live, op)
        self.pending.append(op)

    def sync(self, upto=None):
        done = self.pending[:upto]
        for op in done:
            apply(self.base, op)
        self.pending = self.pending[len(done):]


def apply(entries, op):
    gone, new, node = op
    if gone is not None:
        entries.pop(gone, None)
    if new is not None:
        entries[new] = node


def put(content, offset, data):
    if offset == len(content):
        return content + data
    content = content.ljust(offset, b'\0')
    return content[:offset] + data + content[offset + len(data):]


def directories(root, skip):
    """Every directory that may be found, and its path; each once."""
    found, todo = {}, [(root, '')]
    while todo:
        node, path = todo.pop()
        if id(node) in found or path in skip:
            continue
        found[id(node)] = node, path
        nodes = dict(node.base)
        for _, name, child in node.pending:
            if name is not None:
                nodes[name] = child
        todo += [(n, f'{path}/{name}') for name, n in nodes.items()
                 if isinstance(n, Dir)]
    return found.values()


def choices(units):
    """Which of the pending units have happened."""
    n = len(units)
    if n <= EXHAUSTIVE:
        for size in range(n + 1):
            yield from itertools.combinations(units, size)
        return
    yield ()
    yield units
    for unit in units:
        yield (unit,)
        yield tuple(u for u in units if u is not unit)


def pending_units(dirs, together):
    """Lists of (directory, position): those where nothing is promised happen
    together or not at all."""
    units, group = [], []
    for node, path in dirs:
        for i in range(len(node.pending)):
            if any(name in path for name in together):
                group.append((id(node), i))
            else:
                units.append([(id(node), i)])
    return tuple(units + ([group] if group else []))


def build(node, path, happened, variant, out):
    entries = dict(node.base)
    for i, op in enumerate(node.pending):
        if (id(node), i) in happened:
            apply(entries, op)
    for name, child in entries.items():
        if isinstance(child, Dir):
            out[f'{path}/{name}'] = None
            build(child, f'{path}/{name}', happened, variant, out)
        else:
            contents = child.contents()
            out[f'{path}/{name}'] = contents[min(variant, len(contents) - 1)]


def all_states(root, skip, together):
    """Every disk that may be found now: {path: bytes, or None: a directory}"""
    units = pending_units(directories(root, skip), together)
    for chosen in choices(units):
        happened = {op for unit in chosen for op in unit}
        for variant in range(4):
            out = {}
            build(root, '', happened, variant, out)
            yield out
