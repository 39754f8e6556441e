# SPDX-License-Identifier: Apache-2.0
"""Values of Python ⇄ named arrays.

belay stores arrays by name.  A dict of arrays, bytes and numbers is stored as
just that, and programs in C can read it.  Whatever does not say by itself what
it was (nested containers, keys that are no text, text, None) is described by
one more entry, TREE, in JSON:

    {"a": NAME}            the array, bytes or number of that name
    {"v": VALUE}           None, text, a number in a list, a very large integer
    {"d": [[KEY, NODE]]}   a dict; {"l": [NODE]} a list, {"t": [NODE]} a tuple
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable, Dict, List, Tuple

from . import _arrays
from .errors import BelayError, CorruptError, InvalidError

TREE = "slurm_belay.tree"
_NAME_MAX = 255
_DEPTH_MAX = 100

Entries = List[Tuple[str, _arrays.View]]


def _is_small(value: Any) -> bool:
    return not isinstance(value, int) or -(1 << 63) <= value < 1 << 64


class Writer:
    """Collects the entries of a dict, an item at a time."""

    def __init__(self, unnamed: bool) -> None:
        self.unnamed = unnamed
        self.entries: Entries = []
        self.names = {TREE}
        self.plain = True       # a dict of what describes itself

    def describe(self, tree: Dict) -> None:
        """That was all: add TREE where it is needed."""
        if not self.plain:
            text = json.dumps(tree, separators=(",", ":")).encode()
            self.entries.append((TREE, _arrays.View(text, TREE)))

    def name_for(self, path: Tuple[Any, ...]) -> str:
        """Readable where that can be, and no other's."""
        text = "/".join(str(key) for key in path)
        text = "".join(c if c.isprintable() else "?" for c in text) or "value"
        while len(text.encode()) > _NAME_MAX - 16:
            text = text[:-1]
        name, number = text, 1
        while name in self.names:
            number += 1
            name = "%s~%d" % (text, number)
        return name

    def leaf(self, view: _arrays.View, path: Tuple[Any, ...]) -> Dict:
        name = "" if path == ("",) and self.unnamed else self.name_for(path)
        if path != (name,):
            self.plain = False
        self.names.add(name)
        self.entries.append((name, view))
        return {"a": name}

    def described(self, value: Any) -> Dict:
        self.plain = False
        return {"v": value}

    def items(self, value: Any, path: Tuple[Any, ...]) -> Dict:
        self.plain = False
        kind = "l" if isinstance(value, list) else "t"
        return {kind: [self.node(item, path + (i,), True)
                       for i, item in enumerate(value)]}

    def mapping(self, value: Mapping, path: Tuple[Any, ...]) -> Dict:
        self.plain = self.plain and not path
        for key in value:
            if key is not None and not isinstance(key, (str, int, float)):
                raise InvalidError("'%s': a key is text, a number or None, "
                                   "not %r" % (_text(path), key))
        return {"d": [[key, self.node(item, path + (key,))]
                      for key, item in value.items()]}

    def node(self, value: Any, path: Tuple[Any, ...],
             in_list: bool = False) -> Dict:
        if len(path) > _DEPTH_MAX:
            raise InvalidError("'%s': nested too deeply, or in itself" %
                               _text(path[:5]))
        if value is None or isinstance(value, str):
            return self.described(value)
        if isinstance(value, (bool, int, float, complex)):
            if not isinstance(value, complex) and \
                    (in_list or not _is_small(value)):
                return self.described(_plain_number(value))
            return self.leaf(_arrays.number_view(value, _text(path)), path)
        if isinstance(value, Mapping):
            return self.mapping(value, path)
        if isinstance(value, (list, tuple)):
            return self.items(value, path)
        return self.leaf(_arrays.view_of(value, quoted(path)), path)


def _plain_number(value: Any) -> Any:
    """Of subclasses, such as numpy.float64, the number."""
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def _text(path: Tuple[Any, ...]) -> str:
    return "/".join(str(key) for key in path)


def quoted(path: Tuple[Any, ...]) -> str:
    """A place, as messages name it."""
    text = _text(path)
    return "'%s'" % text if text else "the value"


def flatten(value: Mapping, unnamed: bool = False) -> Entries:
    """The entries of a dict, TREE among them where it is needed.  Where one may
    be unnamed, that of the key "" is."""
    writer = Writer(unnamed)
    writer.describe(writer.node(value, ()))
    return writer.entries


def unflatten(names: List[str], read: Callable[[str, Any], Any],
              into: Any = None) -> Dict:
    """The dict again; read() gives what is stored by a name, and is told what
    stands at its place in another such dict."""
    if TREE not in names:
        return {name: read(name, _item(into, name)) for name in names}
    try:
        return _build(json.loads(bytes(read(TREE, None)).decode()), read, into)
    except BelayError:      # of read(), and some are ValueErrors
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptError("%s does not describe a dict: %s" %
                           (TREE, error)) from None


def _item(into: Any, key: Any) -> Any:
    if isinstance(into, Mapping):
        return into.get(key)
    if isinstance(into, (list, tuple)) and isinstance(key, int):
        return into[key] if key < len(into) else None
    return None


def _build(node: Dict, read: Callable[[str, Any], Any], into: Any) -> Any:
    (kind, value), = node.items()
    if kind == "a":
        return read(value, into)
    if kind == "d":
        return {key: _build(item, read, _item(into, key))
                for key, item in value}
    if kind in ("l", "t"):
        items = [_build(item, read, _item(into, i))
                 for i, item in enumerate(value)]
        return items if kind == "l" else tuple(items)
    if kind == "v":
        return value
    raise ValueError("unknown kind '%s'" % kind)
