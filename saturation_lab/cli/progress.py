"""A progress bar on a terminal, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total: int, unit: str = "networks") -> Iterator[Callable[[int], object]]:
    """Show a progress bar; yield a callback that advances it."""
    from tqdm import tqdm

    with tqdm(total=total, unit=f" {unit}", disable=None, file=sys.stderr, smoothing=0.1) as bar:
        yield bar.update
