# SPDX-License-Identifier: Apache-2.0
"""A checkpoint that is being written, and one that is read."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from . import _abi, _arrays, _tree
from ._given import whole
from ._library import library
from .errors import BelayError, ConfigError, InvalidError, NotFoundError

if TYPE_CHECKING:
    from .run import Run

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Checkpoint:
    """All or nothing: an exception in its ``with`` statement abandons it.

    ``c[name] = value`` stores an array, a number, text, bytes, None, or a
    container of them.  Blocks that the checkpoint before holds already are not
    written again.
    """

    #: Its number, once it is there; None while other ranks are at work on it,
    #: or threads of this process (asynchronous=True).
    id: Optional[int] = None

    def __init__(self, run: "Run", label: Optional[str], step: int,
                 asynchronous: bool) -> None:
        self._handle = None
        options = options_of(label, step, asynchronous)
        self._handle = run.call("belay_checkpoint_begin",
                                ctypes.byref(options))
        self._writer = _tree.Writer(False)
        self._items: List[Any] = []
        self._error: Optional[BelayError] = None
        run.owns(self)

    def __setitem__(self, name: Any, value: Any) -> None:
        if any(key == name for key, _ in self._items):
            raise InvalidError("'%s' is in this checkpoint already" % name)
        node = self._writer.mapping({name: value}, ())
        self._items += node["d"]
        self._put_all()

    def update(self, state: Any) -> None:
        """Each item of a mapping."""
        if not hasattr(state, "items"):
            raise TypeError("a state is a mapping of names to values, not %s" %
                            type(state).__name__)
        for name, value in state.items():
            self[name] = value

    def file(self, name: str, path: Any) -> None:
        """The bytes of a file, as they are now."""
        self._call("belay_checkpoint_put_file", name.encode(),
                   os.fsencode(path))
        self._writer.names.add(name)
        self._items.append([name, {"a": name}])

    def _put_all(self) -> None:
        entries, self._writer.entries = self._writer.entries, []
        for name, view in entries:
            array = _abi.belay_array()
            view.put(array, name.encode())
            self._call("belay_checkpoint_put", ctypes.byref(array))

    def _call(self, function: str, *arguments: Any) -> Any:
        """After a failure only abandon is possible."""
        if self._handle is None:
            raise InvalidError("the checkpoint is closed")
        if self._error is not None:
            raise self._error
        try:
            return library().call(function, self._handle, *arguments)
        except BelayError as error:
            self._error = error
            raise

    def commit(self) -> None:
        """What the end of the ``with`` statement does."""
        self._writer.describe({"d": self._items})
        try:
            self._put_all()
            number, handle = ctypes.c_uint64(), self._handle
        except BelayError:
            self.close()
            raise
        self._handle = None             # commit frees it in any case
        if library().call("belay_checkpoint_commit", handle,
                          ctypes.byref(number)):
            self.id = number.value

    def close(self) -> None:
        """Abandon it, if it is not committed."""
        handle, self._handle = self._handle, None
        if handle is not None:
            library().plain("belay_checkpoint_abandon")(handle)

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> "Checkpoint":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if error is None and self._handle is not None:
            self.commit()
        self.close()


def options_of(label: Optional[str], step: int,
               asynchronous: bool) -> _abi.belay_checkpoint_options:
    """As belay.h has them."""
    return _abi.belay_checkpoint_options(
        ctypes.sizeof(_abi.belay_checkpoint_options),
        label.encode() if label is not None else None, whole(step, "step"),
        int(asynchronous))


@dataclass(frozen=True)
class CheckpointInfo:
    """What is known of a checkpoint without reading it."""

    id: int
    attempt: int
    #: how many processes wrote it; 0: it holds plain files
    ranks: int
    created: datetime
    bytes: int
    #: written for it: less where blocks were shared
    stored: int
    #: False: damaged, or of a fenced attempt
    good: bool
    iteration: int
    current_time: float
    error_estimate: float
    label: str


def info_of(told: _abi.belay_checkpoint_info) -> CheckpointInfo:
    """Of what belay.h says."""
    return CheckpointInfo(
        told.id, told.attempt, told.ranks,
        _EPOCH + timedelta(microseconds=told.created_us), told.bytes,
        told.stored, bool(told.good), told.progress.iteration,
        told.progress.current_time, told.progress.error_estimate,
        told.label.decode(errors="replace"))


@dataclass(frozen=True)
class Entry:
    """Something that a rank has stored."""

    rank: int
    name: str
    type: int
    shape: Tuple[int, ...]
    bytes: int


class Restore:
    """A checkpoint to be read; a context manager, which closes it."""

    def __init__(self, run: "Run", number: Optional[int]) -> None:
        self._handle = None
        self._rank = run.info.rank
        self._handle = run.call(
            "belay_restore_open", whole(number or 0, "a checkpoint's id"))
        run.owns(self)
        #: A :class:`CheckpointInfo`.
        self.info = info_of(self._plain("belay_restore_info").contents)
        self._at: Dict[Tuple[int, str], Tuple[Entry, Any]] = {}
        for i in range(self._plain("belay_restore_count")):
            at = self._plain("belay_restore_entry", i)
            told = at.contents
            entry = Entry(told.rank, told.name.decode(), told.type,
                          tuple(told.shape[i] for i in range(told.dims)),
                          told.bytes)
            self._at[entry.rank, entry.name] = entry, at

    def _plain(self, name: str, *arguments: Any) -> Any:
        if self._handle is None:
            raise InvalidError("the checkpoint is closed")
        return library().plain(name)(self._handle, *arguments)

    def close(self) -> None:
        """At once, not when the run is."""
        handle, self._handle = self._handle, None
        if handle is not None:
            library().plain("belay_restore_close")(handle)

    def __del__(self) -> None:
        self.close()

    def __enter__(self) -> "Restore":
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.close()

    def entries(self, rank: Optional[int] = None) -> List[Entry]:
        """By rank, and then in the order in which they were stored."""
        return [entry for entry, _ in self._at.values()
                if rank in (None, entry.rank)]

    def _find(self, name: str, rank: Optional[int]) -> Tuple[Entry, Any]:
        rank = self._rank if rank is None else rank
        try:
            return self._at[rank, name]
        except KeyError:
            raise NotFoundError("checkpoint %d holds no '%s' of rank %d" %
                                (self.info.id, name, rank)) from None

    def _read(self, at: Any, offset: int, view: _arrays.View) -> None:
        self._plain("belay_restore_info")       # that it is open
        library().call("belay_restore_read", self._handle, at, offset,
                       view.address, view.bytes)

    def read(self, name: str, rank: Optional[int] = None, into: Any = None,
             rows: Optional[slice] = None) -> Any:
        """What a rank (by default this one) has stored by a name, verified.

        into  an array that is filled and returned; else a new one is made
        rows  only those along the first dimension
        """
        entry, at = self._find(name, rank)
        shape, offset = entry.shape, 0
        if rows is not None:
            if not shape:
                raise InvalidError("'%s' has no rows" % name)
            first, end, step = rows.indices(shape[0])
            if step != 1:
                raise InvalidError("'%s': rows are read one by one" % name)
            if shape[0]:
                offset = first * (entry.bytes // shape[0])
            shape = (max(end - first, 0),) + shape[1:]
        if into is not None:
            self._read(at, offset, self._fits(entry, shape, into))
            return into
        if not shape:
            room = bytearray(entry.bytes)
            self._read(at, 0, _arrays.View(room, name, True))
            return _arrays.scalar(entry.type, bytes(room))
        value = _arrays.empty(entry.type, shape)
        self._read(at, offset, _arrays.View(value, name, True))
        return bytes(value) if isinstance(value, bytearray) else value

    def _fits(self, entry: Entry, shape: Tuple[int, ...],
              into: Any) -> _arrays.View:
        view = _arrays.View(into, "'%s'" % entry.name, True)
        if (view.type, view.shape) != (entry.type, shape):
            raise ConfigError(
                "'%s' of checkpoint %d is %s of shape %s; the array it is to "
                "be read into is %s of %s" % (
                    entry.name, self.info.id, _arrays.word(entry.type), shape,
                    _arrays.word(view.type), view.shape))
        return view

    def _refuse(self, strangers: List[str]) -> None:
        if strangers:
            raise ConfigError("checkpoint %d holds nothing to be read into %s" %
                              (self.info.id, ", ".join(strangers)))

    def file(self, name: str, path: Any, rank: Optional[int] = None) -> None:
        """Into a new file, put in place when it is verified."""
        _, at = self._find(name, rank)
        self._plain("belay_restore_info")
        library().call("belay_restore_file", self._handle, at,
                       os.fsencode(path))

    def state(self, rank: Optional[int] = None, into: Any = None) -> Dict:
        """All that a rank (by default this one) has stored, as it was; arrays
        of ``into`` that stand at the same place are filled and used."""
        rank = self._rank if rank is None else rank
        names = [entry.name for entry in self.entries(rank)]
        if not names and rank >= self.info.ranks:
            raise NotFoundError("checkpoint %d was written by %d ranks; there "
                                "is no rank %d" % (self.info.id,
                                                   self.info.ranks, rank))

        def check(name: str, there: Any) -> Any:
            entry, _ = self._find(name, rank)
            if name == _tree.TREE:
                return self.read(name, rank)
            if _is_room(there):
                self._fits(entry, entry.shape, there)
            return _STORED

        def read(name: str, there: Any) -> Any:
            return self.read(name, rank, there if _is_room(there) else None)

        if into is not None:    # before anything is touched
            self._refuse(_strangers(_tree.unflatten(names, check, into), into))
        return _tree.unflatten(names, read, into)


def _is_room(value: Any) -> bool:
    """Arrays are filled; numbers, text and bytes are made anew."""
    if value is None or isinstance(value, (bool, int, float, complex, str,
                                           bytes, bytearray, list, tuple)):
        return False
    return not isinstance(value, _tree.Mapping)


_STORED = object()      # stands where there is an array, bytes or a number


def _strangers(found: Any, into: Any, path: Tuple[Any, ...] = ()) -> List[str]:
    """What into has, and what was found has not, at the same place."""
    if isinstance(into, _tree.Mapping):
        inside, there = into.items(), found
        if not isinstance(found, _tree.Mapping):
            there = {}
    elif isinstance(into, (list, tuple)) and isinstance(found, (list, tuple)):
        inside, there = enumerate(into), dict(enumerate(found))
    elif _is_room(into) and found is not _STORED:
        return [_tree.quoted(path)]
    else:
        return []
    return [stranger for key, item in inside for stranger in (
        _strangers(there[key], item, path + (key,)) if key in there
        else [_tree.quoted(path + (key,))])]
