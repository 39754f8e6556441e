# SPDX-License-Identifier: Apache-2.0
"""Chunks: numbered pieces of work, each done once over all attempts."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import (TYPE_CHECKING, Any, Iterator, List, NamedTuple, Optional,
                    Tuple, Type, Union)

from . import _abi, _tree
from .errors import BelayError, InvalidError

if TYPE_CHECKING:
    from .run import Run

LEFT = "its loop was left before it was done"
Catch = Union[Type[BaseException], Tuple[Type[BaseException], ...]]


class ChunkCounts(NamedTuple):
    """How many chunks of a set are in which state."""

    total: int
    done: int
    running: int
    pending: int
    retrying: int
    quarantined: int


def entries_of(value: Any, named: dict) -> "_tree.Entries":
    """A result as named arrays: a mapping, names, both, or one value."""
    if value is None:
        return _tree.flatten(named, unnamed=True)
    if isinstance(value, Mapping):
        return _tree.flatten({**value, **named}, unnamed=True)
    if named:
        raise TypeError("either one value or named ones")
    return _tree.flatten({"": value}, unnamed=True)


class Chunk(int):
    """A chunk that this process is to do: its number, from 0.

    Used as a context manager it is ended where its block ends.  Otherwise the
    loop ends it: see :meth:`Run.chunks`.
    """

    _run: "Run"
    _set: str
    _catch: Catch

    def __new__(cls, number: int, run: "Run", name: str,
                catch: Catch) -> "Chunk":
        self = super().__new__(cls, number)
        self._run, self._set, self._catch = run, name, catch
        self._value, self._named = None, {}
        self._ended = False
        return self

    @property
    def ended(self) -> bool:
        """Whether it was recorded as done or failed."""
        return self._ended

    def result(self, value: Any = None, **named: Any) -> None:
        """What is to be stored when this chunk is done: one value, a mapping,
        or named values; each an array, a number, text or bytes.  They are read
        when the chunk ends: do not change them before."""
        self._value, self._named = value, named

    def done(self, value: Any = None, **named: Any) -> None:
        """It is done, now, with this result or with the one given before.
        Durable when the call returns, if the run was opened with batch=1."""
        if value is not None or named:
            self.result(value, **named)
        try:
            entries = entries_of(self._value, self._named)
        except InvalidError as error:
            raise InvalidError("the result of chunk %d: %s" %
                               (self, error)) from None
        arrays = (_abi.belay_array * max(len(entries), 1))()
        for into, (name, view) in zip(arrays, entries):
            view.put(into, name.encode())
        self._run.call("belay_chunk_done_with", self._set.encode(), int(self),
                       arrays, len(entries))
        self._end()

    def fail(self, reason: Union[str, BaseException],
             retry: bool = True) -> bool:
        """It failed.  True: it will be tried again, by whoever has nothing
        else to do; False: it is given up, as it was tried often enough
        (chunks.max_attempts of the policy), or retry is False."""
        if isinstance(reason, BaseException):
            reason = "%s: %s" % (type(reason).__name__, reason)
        if not isinstance(reason, str):
            raise TypeError("a reason is text or an exception, not %r" %
                            (reason,))
        line = " ".join(reason.split()).encode(errors="replace")
        again = self._run.call("belay_chunk_fail", self._set.encode(),
                               int(self), line.replace(b"\0", b" "),
                               int(retry))
        self._end()
        return bool(again)

    def _end(self) -> None:
        self._ended = True
        self._value, self._named = None, {}

    def __enter__(self) -> "Chunk":
        return self

    def __exit__(self, kind, error, trace) -> bool:
        if error is None:
            if not self._ended:
                self.done()
            return False
        if not is_failure(error):
            return False
        if not self._ended:
            self.fail(error)
        return isinstance(error, self._catch)


def is_failure(error: Optional[BaseException]) -> bool:
    """Whether it is to be held against a chunk: not that somebody ended the
    program, nor what belay itself ran into."""
    return isinstance(error, Exception) and not isinstance(error, BelayError)


def loop(run: "Run", name: str, catch: Catch) -> Iterator[Chunk]:
    """Hand out chunks until there are none; see Run.chunks()."""
    number = ctypes.c_uint64()
    while True:
        run.give_back(name, LEFT)
        if not run.call("belay_chunk_next", name.encode(),
                        ctypes.byref(number)):
            return
        chunk = Chunk(number.value, run, name, catch)
        try:
            yield chunk
        except GeneratorExit:   # a break, or an exception passes by
            run.left(chunk)
            raise
        if not chunk.ended:
            chunk.done()


class Left:
    """Chunks whose loops were left: neither done nor, so far, failed."""

    def __init__(self) -> None:
        self._chunks: List[Chunk] = []

    def add(self, chunk: Chunk) -> None:
        if not chunk.ended:
            self._chunks.append(chunk)

    def take(self, name: Optional[str]) -> List[Chunk]:
        """Those of a set, or of all."""
        taken = [c for c in self._chunks if name in (None, c._set)]
        self._chunks = [c for c in self._chunks if c not in taken]
        return [c for c in taken if not c.ended]
