# SPDX-License-Identifier: Apache-2.0
"""The part of a run that deals with checkpoints."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from . import _abi, _arrays
from ._library import library, release
from .checkpoint import (Checkpoint, CheckpointInfo, Restore, info_of,
                         options_of)
from .errors import CorruptError, NotFoundError


class Statistics(NamedTuple):
    """Times in microseconds.  Of the run: checkpoints, kept; of this process
    all others."""

    checkpoints: int
    kept: int
    bytes: int
    stored: int
    write_us: int
    wait_us: int
    restores: int
    damaged: int
    chunks_done: int
    chunks_failed: int
    results_bytes: int
    #: between checkpoints, now; 0: by chunks
    interval_us: int


class Checkpoints:
    """What :class:`Run` does with checkpoints."""

    call: Callable
    handle: Any

    def __init__(self) -> None:
        self._protected: Dict[str, Tuple[Any, _arrays.View]] = {}
        self._callbacks: List[Any] = []
        self._raised: Optional[BaseException] = None

    # ---- written ----

    def checkpoint(self, label: Optional[str] = None, *, step: int = 0,
                   asynchronous: bool = False) -> Checkpoint:
        """A checkpoint to be filled in a ``with`` statement.

        step          where ranks write one together: the same for all of them,
                      and greater each time; 0: one more than the last
        asynchronous  arrays are copied, and written behind the program's back;
                      :meth:`wait` tells how that went
        """
        return Checkpoint(self, label, step, asynchronous)

    def save(self, state: Any = None, label: Optional[str] = None, *,
             step: int = 0, asynchronous: bool = False) -> Optional[int]:
        """A checkpoint of a mapping, or of all that is protected; its number,
        or None while other ranks or threads are at work on it."""
        if state is not None:
            with self.checkpoint(label, step=step,
                                 asynchronous=asynchronous) as made:
                made.update(state)
            return made.id
        number = ctypes.c_uint64()
        options = options_of(label, step, asynchronous)
        whole = self.call("belay_checkpoint", ctypes.byref(options),
                          ctypes.byref(number))
        return number.value if whole else None

    def wait(self) -> Optional[int]:
        """For every asynchronous checkpoint: the number of the newest, or None
        while other ranks are at work on it.  Errors are told once."""
        number = ctypes.c_uint64()
        whole = self.call("belay_checkpoint_wait", ctypes.byref(number))
        return number.value if whole else None

    # ---- read ----

    def open_checkpoint(self, id: Optional[int] = None) -> Restore:
        """One to be read in detail; None: the newest good one."""
        return Restore(self, id)

    def restore(self, id: Optional[int] = None, *, rank: Optional[int] = None,
                into: Any = None) -> Optional[Dict]:
        """The state that :meth:`save` has stored, or None: there is none.

        id    None: the newest good one; one that turns out to be damaged is
              stepped over to the one before
        rank  whose; by default this process's
        into  a mapping with arrays that are filled where they are; ConfigError:
              one differs, or there is nothing for it, and nothing was touched
        """
        if into is not None and not isinstance(into, Mapping):
            raise TypeError("into is a mapping, not %s" % type(into).__name__)
        damaged: Dict[int, CorruptError] = {}
        while True:
            try:
                opened = self.open_checkpoint(id)
            except NotFoundError:
                if damaged:             # not "there is none": it was lost
                    raise next(iter(damaged.values())) from None
                if id is not None:
                    raise
                return None
            with opened:
                try:
                    return opened.state(rank, into)
                except CorruptError as error:
                    if id is not None or opened.info.id in damaged:
                        raise
                    damaged[opened.info.id] = error

    def checkpoints(self) -> List[CheckpointInfo]:
        """All there are, ascending; those of plain files too."""
        found = ctypes.POINTER(_abi.belay_checkpoint_info)()
        count = self.call("belay_checkpoint_list", ctypes.byref(found))
        try:
            return [info_of(found[i]) for i in range(count)]
        finally:
            release(found)

    # ---- protected memory ----

    def protect(self, name: str, array: Any) -> None:
        """An array that :meth:`save` without a state stores and
        :meth:`recover` fills, until :meth:`unprotect`.  It is used where it is:
        contiguous, writable and in the machine's byte order."""
        view = _arrays.View(array, "'%s'" % name, writable=True)
        told = _abi.belay_array()
        view.put(told, name.encode())
        self.call("belay_protect", name.encode(), ctypes.byref(told))
        self._protected[name] = array, view

    def unprotect(self, name: str) -> None:
        """No longer."""
        self.call("belay_unprotect", name.encode())
        del self._protected[name]

    def recover(self) -> Optional[int]:
        """Read the newest good checkpoint of this rank back into what is
        protected: its number, or None, and nothing was touched.  ConfigError:
        what is protected differs in type or shape from what was saved."""
        number = ctypes.c_uint64()
        found = self.call("belay_recover", ctypes.byref(number))
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised
        return number.value if found else None

    def on_recovery(self, function: Callable[[Optional[int]], Any]) -> None:
        """To be called by :meth:`recover`, with the number of the checkpoint or
        None; in the first attempt only if there was one."""
        def call(_handle, _info, number, _arg):
            try:
                function(number or None)
            except BaseException as error:  # pylint: disable=broad-except
                self._raised = self._raised or error
        callback = _abi.belay_recovery_fn(call)
        self.call("belay_on_recovery", callback, None)
        self._callbacks.append(callback)

    def release(self) -> None:
        """Hold no memory still any more; for this package."""
        self._protected.clear()

    # ---- when ----

    def should_checkpoint(self) -> bool:
        """Whether one is due, by checkpoint.interval of the policy or because
        somebody asked for it.  Costs next to nothing.  Ranks decide each for
        itself: let one decide for all."""
        return bool(library().plain("belay_should_checkpoint")(self.handle))

    def request_checkpoint(self) -> None:
        """Ask for one now; from a signal handler, say."""
        library().plain("belay_request_checkpoint")(self.handle)

    def statistics(self) -> Statistics:
        """What checkpoints and chunks have cost so far."""
        told = _abi.belay_statistics()
        self.call("belay_statistics", ctypes.byref(told))
        return Statistics(*(getattr(told, n) for n in Statistics._fields))
