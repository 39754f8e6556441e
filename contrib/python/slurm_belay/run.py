# SPDX-License-Identifier: Apache-2.0
"""A run, from one of its attempts."""

from __future__ import annotations

import ctypes
import os
import weakref
from typing import Any, Iterator, List, NamedTuple, Optional, Union

from . import _abi, chunks
from ._checkpoints import Checkpoints
from ._given import U32, whole
from ._library import library, take_text
from .chunks import Catch, Chunk, ChunkCounts
from .errors import BelayError, InvalidError
from .results import Results


class Info(NamedTuple):
    """What may be known of a run when an attempt begins."""

    run: str
    run_dir: str
    cluster: str
    attempt: int
    #: what started this attempt: start, retry, failover, restore
    action: str
    #: why the attempt before ended, where it ran, whom belay blames
    previous_cause: str
    previous_nodes: str
    suspect_nodes: str
    #: offered to start from; 0: none
    checkpoint: int
    #: before this attempt, in all sets
    chunks_done: int
    #: -1: not bounded, or not known
    attempts_left: int
    rank: int
    ranks: int
    node: str


class Progress(NamedTuple):
    """How far a program says it is."""

    iteration: int
    #: of what is computed
    current_time: float = 0.0
    error_estimate: float = 0.0
    #: filled when it is read
    chunks_completed: int = 0
    chunks_remaining: int = 0


def _plain(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _text(value: Any, what: str) -> Optional[bytes]:
    if value is None:
        return None
    data = os.fsencode(value)
    if b"\0" in data:
        raise InvalidError("%s contains a NUL byte" % what)
    return data


class Run(Checkpoints):
    """Made by :func:`slurm_belay.open`; a context manager, which closes it."""

    def __init__(self, run: Optional[str] = None, rank: int = 0,
                 ranks: int = 1, *, root: Optional[str] = None, batch: int = 1,
                 threads: int = 0, memory_max: int = 0) -> None:
        super().__init__()
        self._handle = None
        self._left = chunks.Left()
        self._owned: weakref.WeakSet = weakref.WeakSet()
        options = _abi.belay_options(
            ctypes.sizeof(_abi.belay_options), _text(run, "the run's name"),
            _text(root, "the root"), whole(rank, "rank", U32),
            whole(ranks, "ranks", U32), whole(batch, "batch", U32),
            whole(threads, "threads", U32), whole(memory_max, "memory_max"))
        self._handle = library().call("belay_open", ctypes.byref(options))
        told = library().plain("belay_info")(self._handle).contents
        #: What was known when the attempt began: an :class:`Info`.
        self.info = Info(*(_plain(getattr(told, name))
                           for name in Info._fields))

    def call(self, name: str, *arguments: Any) -> Any:
        """A function of belay.h with this run's handle; for this package."""
        return library().call(name, self.handle, *arguments)

    @property
    def handle(self) -> Any:
        """That of belay.h; for this package."""
        if self._handle is None:
            raise InvalidError("the run is closed")
        return self._handle

    def owns(self, got: Any) -> None:
        """What is to be closed before the run is; for this package."""
        self._owned.add(got)

    # ---- open and close ----

    def close(self, exit_status: int = 0) -> None:
        """Write what is pending, wait for asynchronous checkpoints.  Of a run
        that open() began the attempt ends with this exit status."""
        for got in list(self._owned):
            got.close()
        handle, self._handle = self._handle, None
        if handle is not None:
            try:
                library().call("belay_close", handle, exit_status)
            finally:
                self.release()

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind, error, trace) -> None:
        """Exceptions pass on; one of close() itself must not hide them."""
        try:
            try:
                if error is None or chunks.is_failure(error):
                    self.give_back(None, error or chunks.LEFT)
            finally:
                self.close(_exit_status(error))
        except BelayError:
            if error is None:
                raise

    def flush(self) -> None:
        """Make all completions and progress recorded so far durable."""
        self.call("belay_flush")

    def beat(self) -> None:
        """"I am alive and getting on", for programs without chunks and
        checkpoints.  Cheap to call often."""
        self.call("belay_beat")

    # ---- chunks ----

    def chunks(self, count: int, set: str = "main",
               catch: Catch = ()) -> Iterator[Chunk]:
        """The chunks 0 to count - 1 of a set that are this process's to do.

        Processes of the run share them; what is done is not handed out again,
        in whatever attempt.  A chunk is an int, and is done when its turn of
        the loop ends, by ``continue`` too.  It is *not* done when the loop is
        left by ``break``, ``return`` or an exception: it has failed then, and
        is tried again.  With ``with chunk:`` around the work, exceptions of
        the classes in ``catch`` are recorded and the loop goes on; others are
        recorded and go on up.
        """
        self.call("belay_chunks", set.encode(),
                  whole(count, "the number of chunks"))
        return chunks.loop(self, set, catch)

    def counts(self, set: Optional[str] = None) -> ChunkCounts:
        """As the disk says now; without a name the sum of all sets."""
        told = _abi.belay_chunk_counts()
        self.call("belay_chunk_counts", set.encode() if set else None,
                  ctypes.byref(told))
        return ChunkCounts(*(getattr(told, name)
                             for name in ChunkCounts._fields))

    def pending_retries(self, set: str = "main") -> List[int]:
        """The chunks that wait for another try, ascending."""
        room = 64
        while True:
            numbers = (ctypes.c_uint64 * room)()
            there = self.call("belay_pending_retries", set.encode(), numbers,
                              room)
            if there <= room:
                return numbers[:there]
            room = there

    def clear_retries(self, reason: str, set: str = "main") -> int:
        """Give all of those up; how many there were."""
        return self.call("belay_clear_retries", set.encode(), reason.encode())

    def results(self, set: str = "main") -> Results:
        """Iterate over the results of all chunks of a set that are done, of
        every attempt, in no particular order: :class:`Result`."""
        return Results(self, set)

    def left(self, chunk: Chunk) -> None:
        """The loop of this chunk was left; for this package."""
        self._left.add(chunk)

    def give_back(self, set: Optional[str], reason: Any) -> None:
        """Chunks whose loop was left have failed; for this package."""
        for chunk in self._left.take(set):
            chunk.fail(reason)


    # ---- progress ----

    @property
    def progress(self) -> Optional[Progress]:
        """The newest of the run, of whatever attempt; None: none was set.
        To be set to a :class:`Progress`, or to an iteration's number."""
        told = _abi.belay_progress()
        if not self.call("belay_progress_get", ctypes.byref(told)):
            return None
        return Progress(*(getattr(told, n) for n in Progress._fields))

    @progress.setter
    def progress(self, value: Union[Progress, int]) -> None:
        if isinstance(value, int):
            value = Progress(value)
        told = _abi.belay_progress(whole(value.iteration, "the iteration"),
                                   value.current_time,
                                   value.error_estimate)
        self.call("belay_progress_set", ctypes.byref(told))

    # ---- nodes ----

    def node_fail(self, node: str, reason: str) -> None:
        """What the program has noticed itself: recorded, and evidence when the
        cause of this attempt's end is looked for."""
        self.call("belay_node_fail", node.encode(), reason.encode())

    def node_recovered(self, node: str) -> None:
        """It works again."""
        self.call("belay_node_recovered", node.encode())

    def node_is_failed(self, node: str) -> bool:
        """Whether it is one of :attr:`failed_nodes`."""
        return bool(self.call("belay_node_is_failed", node.encode()))

    @property
    def failed_nodes(self) -> str:
        """Suspects of earlier attempts that no time limit has cleared, and
        those reported since, in Slurm's notation: "n[1-3,7]"."""
        text = ctypes.c_char_p()
        self.call("belay_failed_nodes", ctypes.byref(text))
        return take_text(text)


def _exit_status(error: Optional[BaseException]) -> int:
    """What Python will end with if nobody catches this."""
    if error is None:
        return 0
    if isinstance(error, KeyboardInterrupt):
        return 130
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    return 1
