# SPDX-License-Identifier: Apache-2.0
"""Arrays of Python ⇄ struct belay_array, without copies where that can be.

Whatever has the buffer protocol is an array: NumPy's, array.array, memoryview,
ctypes.  NumPy itself is used only where it is installed.
"""

from __future__ import annotations

import array
import ctypes
import struct
from typing import Any, Optional, Tuple

from ._abi import belay_array
from .errors import InvalidError

try:
    import numpy
except ImportError:
    numpy = None

BYTES, BOOL, BF16 = 0, 14, 15

# type: size, character of struct, what NumPy calls it
_TYPES = {
    0: (1, "B", None), 1: (1, "b", "i1"), 2: (2, "h", "i2"), 3: (4, "i", "i4"),
    4: (8, "q", "i8"), 5: (1, "B", "u1"), 6: (2, "H", "u2"), 7: (4, "I", "u4"),
    8: (8, "Q", "u8"), 9: (2, "e", "f2"), 10: (4, "f", "f4"),
    11: (8, "d", "f8"), 12: (8, "ff", "c8"), 13: (16, "dd", "c16"),
    14: (1, "?", "?"), 15: (2, "H", "u2"),
}
_WORDS = ("bytes i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 c64 c128 bool "
          "bf16").split()
_KINDS = {"b": "i", "h": "i", "i": "i", "l": "i", "q": "i", "n": "i",
          "B": "u", "H": "u", "I": "u", "L": "u", "Q": "u", "N": "u",
          "e": "f", "f": "f", "d": "f", "Zf": "c", "Zd": "c", "?": "?",
          "c": "u"}
_BY_KIND = {("?", 1): BOOL}
_BY_KIND.update({(name[0], size): kind for kind, (size, _, name)
                 in _TYPES.items() if name and kind not in (BOOL, BF16)})


class _Buffer(ctypes.Structure):        # Py_buffer
    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p),
                ("len", ctypes.c_ssize_t), ("itemsize", ctypes.c_ssize_t),
                ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
                ("format", ctypes.c_char_p),
                ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
                ("strides", ctypes.c_void_p), ("suboffsets", ctypes.c_void_p),
                ("internal", ctypes.c_void_p)]


_WRITABLE, _FORMAT, _CONTIGUOUS = 0x1, 0x4, 0x38
_get = ctypes.pythonapi.PyObject_GetBuffer
_get.argtypes = [ctypes.py_object, ctypes.POINTER(_Buffer), ctypes.c_int]
_release = ctypes.pythonapi.PyBuffer_Release
_release.argtypes, _release.restype = [ctypes.POINTER(_Buffer)], None


def _type_of(text: str, size: int, what: str) -> int:
    if text[:1] in "><=@!":
        if text[:1] in ">!" and size > 1:
            raise InvalidError("%s is big-endian; only its native byte order "
                               "can be used in place" % what)
        text = text[1:]
    kind = _BY_KIND.get((_KINDS.get(text), size))
    if kind is None:
        raise InvalidError("%s has elements of a type that belay does not "
                           "know: '%s' of %d bytes" % (what, text, size))
    return kind


class View:
    """The memory of an object, held still for as long as the view lives."""

    type: int
    shape: Tuple[int, ...]

    def __init__(self, owner: Any, what: str, writable: bool = False) -> None:
        self._buffer: Optional[_Buffer] = None
        buffer = _Buffer()
        try:
            _get(owner, ctypes.byref(buffer), _CONTIGUOUS | _FORMAT |
                 (_WRITABLE if writable else 0))
        except (BufferError, ValueError, TypeError) as error:
            raise InvalidError("%s cannot be used in place: %s" %
                               (what, error)) from None
        self._buffer = buffer
        self.address = buffer.buf
        self.bytes = buffer.len
        self.shape = tuple(buffer.shape[i] for i in range(buffer.ndim))
        if isinstance(owner, (bytes, bytearray)):
            self.type = BYTES
        else:
            self.type = _type_of((buffer.format or b"B").decode(),
                                 buffer.itemsize, what)

    def __del__(self) -> None:
        if self._buffer is not None:
            _release(ctypes.byref(self._buffer))
            self._buffer = None

    def put(self, into: belay_array, name: bytes) -> None:
        """As belay sees it, borrowed: both must outlive what is filled."""
        into.name, into.type, into.dims = name, self.type, len(self.shape)
        into.shape = (ctypes.c_uint64 * max(len(self.shape), 1))(*self.shape)
        into.data = self.address


def _tensor(value: Any) -> Tuple[Any, bool]:
    """A tensor of PyTorch as an array of NumPy over the same memory, if it is
    in memory; NumPy has no bfloat16, so that goes by its bits."""
    value = value.detach().cpu()
    if str(value.dtype) == "torch.bfloat16":
        import torch  # pylint: disable=import-error,import-outside-toplevel
        return value.contiguous().view(torch.int16).numpy(), True
    return value.numpy(), False


def _in_order(value: Any) -> Any:
    """Contiguous, row-major and little-endian: value itself where it is."""
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        return numpy.asarray(value, value.dtype.newbyteorder("<"), order="C")
    if isinstance(value, memoryview) and not value.c_contiguous:
        plain = memoryview(value.tobytes())
        return plain.cast(value.format, value.shape) if value.ndim else plain
    return value


def view_of(value: Any, what: str) -> View:
    """To be read: in place, or a copy where its memory is not in order."""
    bits = False
    if all(hasattr(value, name) for name in ("detach", "cpu", "numpy")):
        value, bits = _tensor(value)
    view = View(_in_order(value), what)
    if bits:
        view.type = BF16
    return view


def number_view(value: Any, what: str) -> View:
    """An int, float, complex or bool as a scalar of belay's widest type."""
    if isinstance(value, bool):
        return View(ctypes.c_bool(value), what)
    if isinstance(value, int):
        return View((ctypes.c_int64 if value < 1 << 63 else ctypes.c_uint64)
                    (value), what)
    if isinstance(value, float):
        return View(ctypes.c_double(value), what)
    view = View(array.array("d", [value.real, value.imag]), what)
    view.type, view.shape = 13, ()
    return view


def scalar(kind: int, data: bytes) -> Any:
    """What an array without dimensions is for Python."""
    values = struct.unpack("=" + _TYPES[kind][1], data)
    if kind == BF16:
        return struct.unpack("<f", struct.pack("<I", values[0] << 16))[0]
    return complex(*values) if len(values) == 2 else values[0]


def word(kind: int) -> str:
    """What a type is called: "f64"."""
    return _WORDS[kind] if kind < len(_WORDS) else "type %d" % kind


def size_of(kind: int) -> int:
    """The bytes of an element."""
    return _TYPES[kind][0]


def empty(kind: int, shape: Tuple[int, ...]) -> Any:
    """A new array to be filled: NumPy's, or else a memoryview."""
    size, text, name = _TYPES[kind]
    if numpy is not None and name:
        return numpy.empty(shape, name)
    count = 1
    for length in shape:
        count *= length
    if kind == BYTES:
        return bytearray(count)
    plain = memoryview(bytearray(count * size))
    if not count or text not in "bBhHiIqQfd?":
        return plain
    return plain.cast(text, shape)
