"""What verbs print: JSON, what a run would cost, where a page lies."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from saturation_lab.pages.blocks import Block, Page
    from saturation_lab.study import Study


class _Found(Protocol):
    def to_json(self) -> dict[str, Any]: ...


def print_json(data: Mapping[str, Any]) -> None:
    """Print plain data as JSON; what is no number must have become None."""
    print(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False))


def print_cost(*orders: Study, workers: int | None, as_json: bool, times: int = 1) -> None:
    """Print what studies cost that are run one after the other, each of them ``times``."""
    from saturation_lab.sampling.forecast import forecast
    from saturation_lab.sampling.run import checked_workers

    show(forecast(orders, workers=checked_workers(workers), times=times), as_json=as_json)


def show(found: _Found, *, as_json: bool) -> None:
    """Print what a verb found, as JSON or as text."""
    if as_json:
        print_json(found.to_json())
        return
    from saturation_lab.pages.terminal import blocks_of

    print_blocks(blocks_of(found))


def print_blocks(blocks: Sequence[Block]) -> None:
    """Print blocks of a page as text."""
    from saturation_lab.pages.as_text import as_text

    print(as_text(blocks))


def write_and_print(page: Page, folder: Path, *, quiet: bool = False) -> Path:
    """Write a page and its data, say where they lie unless ``quiet``; return the data's path."""
    from saturation_lab.pages.writing import write_page

    html, data = write_page(page, folder)
    if not quiet:
        print(f"\nPage: {html}  ({html.stat().st_size / 1e6:.1f} MB)\nData: {data}")
    return data


def command(*words: object, **options: object) -> str:
    """Return the command line of a verb with the options that are not None.

    >>> command("compare", "a b", "c", share_margin=0.1, names=None)
    "saturation-lab compare 'a b' c --share-margin 0.1"
    """
    given = {key: value for key, value in options.items() if value is not None}
    flags = [x for key, value in given.items() for x in (f"--{key.replace('_', '-')}", value)]
    return shlex.join(["saturation-lab", *map(str, [*words, *flags])])
