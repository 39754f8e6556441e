# SPDX-License-Identifier: Apache-2.0
"""What a caller gives, before ctypes cuts it or says it in its own words."""

from __future__ import annotations

import operator
from typing import Any

from .errors import InvalidError

U32, U64 = (1 << 32) - 1, (1 << 64) - 1


def whole(value: Any, what: str, most: int = U64) -> int:
    """A whole number, of NumPy too."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError("%s is a whole number, not %r" %
                        (what, value)) from None
    if not 0 <= number <= most:
        raise InvalidError("%s is from 0 to %d, not %d" %
                           (what, most, number))
    return number
