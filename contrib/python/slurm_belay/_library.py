# SPDX-License-Identifier: Apache-2.0
"""Where libbelay.so is, and how its functions are called."""

from __future__ import annotations

import ctypes
import functools
import os

from . import _abi
from .errors import LibraryError, of_code

SONAME = "libbelay.so.0"


def _places() -> list[str]:
    """Where to look, best first: what the user says, beside this package,
    and wherever the linker finds libraries."""
    told = os.environ.get("BELAY_LIBRARY")
    if told:
        return [told]
    here = os.path.dirname(os.path.abspath(__file__))
    return [os.path.join(here, SONAME), SONAME]


def _load() -> ctypes.CDLL:
    told = []
    for place in _places():
        if os.sep in place and not os.path.exists(place):
            told.append("%s: no such file" % place)
            continue
        try:
            return ctypes.CDLL(place, use_errno=False)
        except OSError as error:
            told.append(str(error))
    raise LibraryError(
        "libbelay cannot be loaded (%s); install belay and run ldconfig, or "
        "set BELAY_LIBRARY to the path of %s" % ("; ".join(told), SONAME))


class Library:
    """The functions of belay.h; those that fail raise."""

    def __init__(self) -> None:
        self._dll = _load()
        for name, (result, arguments) in _abi.FUNCTIONS.items():
            try:
                function = getattr(self._dll, name)
            except AttributeError:
                continue
            function.restype, function.argtypes = result, arguments
        self.version = self.plain("belay_version")().decode()

    def plain(self, name: str):
        """A function that cannot fail."""
        try:
            return getattr(self._dll, name)
        except AttributeError:
            raise LibraryError("this libbelay has no %s(); it is older than "
                               "this slurm_belay" % name) from None

    def call(self, name: str, *arguments):
        """A function whose last argument is the error.  While it runs other
        threads of Python run too."""
        error = _abi.belay_error()
        result = self.plain(name)(*arguments, ctypes.byref(error))
        if isinstance(result, int):
            failed = result < 0
        else:
            failed = not result
        if failed:
            raise of_code(error.code, error.text.decode(errors="replace"),
                          error.sys)
        return result


@functools.lru_cache(maxsize=None)
def library() -> Library:
    """The one of this process, loaded when it is first asked for."""
    return Library()


_free = ctypes.CDLL(None).free
_free.argtypes, _free.restype = [ctypes.c_void_p], None


def release(memory) -> None:
    """What the library wants to be freed with free(3)."""
    _free(ctypes.cast(memory, ctypes.c_void_p))


def take_text(text: ctypes.c_char_p) -> str:
    """A text that the library has made for us, which is freed."""
    try:
        return (text.value or b"").decode(errors="replace")
    finally:
        release(text)
