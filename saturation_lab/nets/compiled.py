"""How does a loop in Python become one in machine code?

Numba compiles it when it is first called with a dtype, and keeps what it has compiled on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

_ANY_ORDER = {"reassoc", "contract", "nsz"}
"""Sums may be taken in any order, which makes them several times as fast: the same one every time
on one machine. NaN and infinities are respected."""


def compiled(loop: _Loop) -> _Loop:
    """Return a loop that is compiled when it is first called, and cached where that is possible."""
    try:
        return cast(_Loop, njit(cache=True, fastmath=_ANY_ORDER)(loop))
    except RuntimeError:  # there is no place on disk that may be written to
        return cast(_Loop, njit(fastmath=_ANY_ORDER)(loop))
