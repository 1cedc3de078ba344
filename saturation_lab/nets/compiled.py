"""Compilation of Python loops to machine code with Numba.

A loop is compiled when it is first called with a dtype; the result is cached on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Loop = TypeVar("_Loop", bound=Callable[..., Any])

_ANY_ORDER = {"reassoc", "contract", "nsz"}
"""Fast-math flags that let sums be reordered, which makes them several times faster.

The order is the same every time on one machine. NaN and infinities are handled correctly.
"""


def compiled(loop: _Loop) -> _Loop:
    """Decorate a loop so that it is compiled on first use, and cached on disk if possible.

    Parameters
    ----------
    loop : callable
        A function of arrays and scalars in the subset of Python that Numba supports.

    Returns
    -------
    callable
        The compiled function.
    """
    try:
        return cast(_Loop, njit(cache=True, fastmath=_ANY_ORDER)(loop))
    except RuntimeError:  # Numba found no writable folder for its cache
        return cast(_Loop, njit(fastmath=_ANY_ORDER)(loop))
