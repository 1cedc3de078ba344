"""What a number is that needs no network: a function, and what it is in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Number(NamedTuple):
    """A function of a few arguments; braces in its words stand for these."""

    compute: Callable[..., float]
    words: str
