# SPDX-License-Identifier: Apache-2.0
"""Results of chunks, from whichever attempt has recorded them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Dict

from . import _abi, _arrays, _tree
from ._library import library
from .errors import InvalidError

if TYPE_CHECKING:
    from .run import Run

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Result:
    """What a chunk has computed; ``result["name"]`` is one of its values."""

    chunk: int
    #: by name; that of a single value is ""
    values: Dict[Any, Any]
    attempt: int
    node: str
    duration: timedelta
    done: datetime

    @property
    def value(self) -> Any:
        """The only value; None: it was done without a result."""
        if len(self.values) > 1:
            raise InvalidError("chunk %d has %d values: %s" % (
                self.chunk, len(self.values), ", ".join(map(str, self.values))))
        return next(iter(self.values.values()), None)

    def __getitem__(self, key: Any) -> Any:
        return self.values[key]


def _copy(a: _abi.belay_array) -> Any:
    """Out of memory that is belay's until the next call."""
    size = _arrays.size_of(a.type)
    if not a.dims:
        return _arrays.scalar(a.type, ctypes.string_at(a.data, size))
    value = _arrays.empty(a.type, tuple(a.shape[:a.dims]))
    view = _arrays.View(value, "a result", writable=True)
    ctypes.memmove(view.address, a.data, view.bytes)
    return bytes(value) if a.type == _arrays.BYTES and a.dims == 1 else value


class Results:
    """An iterator.  With :class:`CorruptError` a chunk's bytes are wrong, and
    the next call goes on behind it."""

    def __init__(self, run: "Run", name: str) -> None:
        self._iterator = None
        self._run = run
        run.owns(self)
        self._iterator = run.call("belay_results_open", name.encode())

    def close(self) -> None:
        """At once, not when nobody needs it any more."""
        iterator, self._iterator = self._iterator, None
        if iterator is not None:
            library().plain("belay_results_close")(iterator)

    def __del__(self) -> None:
        self.close()

    def __iter__(self) -> "Results":
        return self

    def __next__(self) -> Result:
        told = _abi.belay_result()
        if self._iterator is None or not library().call(
                "belay_results_next", self._iterator, ctypes.byref(told)):
            self.close()
            raise StopIteration
        arrays = {told.arrays[i].name.decode(): told.arrays[i]
                  for i in range(told.n_arrays)}
        return Result(
            told.chunk,
            _tree.unflatten(list(arrays), lambda name, _: _copy(arrays[name])),
            told.attempt, told.node.decode(errors="replace"),
            timedelta(microseconds=told.duration_us),
            _EPOCH + timedelta(microseconds=told.done_us))
