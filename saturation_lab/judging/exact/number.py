"""A number that needs no network: the function that computes it, and its description."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Number(NamedTuple):
    """A function of a few arguments, and a description of its value.

    Attributes
    ----------
    compute : callable
        Returns the number.
    words : str
        The description as a format string: ``{0}`` is the first argument.
    error : bool
        Whether the number is 0 in exact arithmetic if what it tests is right.
    """

    compute: Callable[..., float]
    words: str
    error: bool = False
