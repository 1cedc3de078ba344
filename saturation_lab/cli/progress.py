"""A progress bar, shown only if stderr is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total: int, unit: str = "networks") -> Iterator[Callable[[int], object]]:
    """Show a progress bar on stderr while the context lasts.

    Parameters
    ----------
    total : int
        The number of units at the end.
    unit : str
        The plural name of a unit.

    Yields
    ------
    callable
        Takes a number of units and advances the bar by them.
    """
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", disable=None, file=sys.stderr, smoothing=0.1) as bar:
        yield bar.update
