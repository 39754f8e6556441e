# SPDX-License-Identifier: Apache-2.0
"""Remember how far a job got, so that the next attempt starts there.

    import slurm_belay

    with slurm_belay.open() as run:
        for chunk in run.chunks(1000):
            chunk.result(energy=compute(chunk))

The package is pure Python over libbelay.so; NumPy is used where it is there.
"""

from __future__ import annotations

from typing import Optional

from ._checkpoints import Statistics
from ._library import library
from ._version import __version__
from .checkpoint import Checkpoint, CheckpointInfo, Entry, Restore
from .chunks import Chunk, ChunkCounts
from .errors import (EXIT_AGAIN, EXIT_QUARANTINED, BelayError, BusyError,
                     ConfigError, CorruptError, FencedError, InvalidError,
                     LibraryError, NotFoundError)
from .results import Result, Results
from .run import Info, Progress, Run


def open(run: Optional[str] = None, rank: int = 0, ranks: int = 1, *,
         root: Optional[str] = None, batch: int = 1, threads: int = 0,
         memory_max: int = 0) -> Run:
    """Open a run, for a ``with`` statement.

    run         None: the run of the job, as belay began it.  Else a run of that
                name, of which the call itself begins an attempt.
    rank, ranks which of the processes that write one checkpoint together
    root        where runs are; default: $BELAY_ROOT, ~/.belay
    batch       completions that share a sync: 1, each is durable at once
    threads     that write or read a checkpoint; 0: one per processor, up to 4
    memory_max  most memory for copies of asynchronous checkpoints; 0: 1 GiB

    NotFoundError: not below belay, and no name given.  BusyError: a live
    process, this one included, has the run of that name.  FencedError: a newer
    attempt has begun.
    """
    return Run(run, rank, ranks, root=root, batch=batch, threads=threads,
               memory_max=memory_max)


def library_version() -> str:
    """The version of libbelay.so; LibraryError: there is none."""
    return library().version


__all__ = [
    "BelayError", "BusyError", "Checkpoint", "CheckpointInfo", "Chunk",
    "ChunkCounts", "ConfigError", "CorruptError", "EXIT_AGAIN",
    "EXIT_QUARANTINED", "Entry", "FencedError", "Info", "InvalidError",
    "LibraryError", "NotFoundError", "Progress", "Restore", "Result",
    "Results", "Run", "Statistics", "__version__", "library_version", "open",
]
