# SPDX-License-Identifier: Apache-2.0
"""What can go wrong: one exception for each thing a program can do about it."""

from __future__ import annotations

#: Exit status of a program that was fenced, or is worth another attempt.
EXIT_AGAIN = 75
#: Exit status when nothing but quarantined chunks is left.
EXIT_QUARANTINED = 65


class BelayError(Exception):
    """A call failed; the text says what, why, and what would be right.

    ``errno`` is that of the system call behind it, or 0: ``errno.ENOSPC``,
    say, where a disk is full.
    """

    code = 1

    def __init__(self, text: str, errno: int = 0) -> None:
        super().__init__(text)
        self.errno = errno


class InvalidError(BelayError, ValueError):
    """The caller broke the contract of a call."""

    code = 2


class ConfigError(BelayError):
    """What is asked for does not fit what the run is."""

    code = 3


class NotFoundError(BelayError, LookupError):
    """There is no such run, attempt, checkpoint or array."""

    code = 4


class CorruptError(BelayError):
    """A checksum did not match: what was read is not to be trusted."""

    code = 5


class FencedError(BelayError):
    """A newer attempt owns the run: nothing that this process still records
    counts.  Stop, with exit status ``EXIT_AGAIN``."""

    code = 6


class BusyError(BelayError):
    """Another live job or process holds the run, or this one does already."""

    code = 7


class LibraryError(BelayError, ImportError):
    """libbelay.so cannot be found, or is too old for what is asked of it."""

    code = 0


_BY_CODE = {kind.code: kind for kind in (
    BelayError, InvalidError, ConfigError, NotFoundError, CorruptError,
    FencedError, BusyError)}


def of_code(code: int, text: str, errno: int) -> BelayError:
    """The exception that a ``struct belay_error`` asks for."""
    return _BY_CODE.get(code, BelayError)(text, errno)
