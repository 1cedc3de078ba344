"""Output of the verbs: text or JSON, the cost of a run, and the paths of written files."""

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
    """Print plain data as JSON.

    Parameters
    ----------
    data : mapping
        JSON-serializable data, with None in place of nan and infinities.

    Examples
    --------
    >>> print_json({"depth": 5})
    {
     "depth": 5
    }
    """
    print(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False))


def print_cost(*orders: Study, workers: int | None, as_json: bool, times: int = 1) -> None:
    """Print the time and memory that studies need if they are run one after the other.

    Parameters
    ----------
    *orders : Study
        The studies.
    workers : int or None
        Number of processes; None for one per core.
    as_json : bool
        Whether to print JSON instead of text.
    times : int
        How often each study is run.
    """
    from saturation_lab.sampling.forecast import forecast
    from saturation_lab.sampling.run import checked_workers

    show(forecast(orders, workers=checked_workers(workers), times=times), as_json=as_json)


def show(found: _Found, *, as_json: bool) -> None:
    """Print the result of a verb.

    Parameters
    ----------
    found : object with a ``to_json`` method
        The result, of a type known to `pages.terminal`.
    as_json : bool
        Whether to print JSON instead of text.
    """
    if as_json:
        print_json(found.to_json())
        return
    from saturation_lab.pages.terminal import blocks_of

    print_blocks(blocks_of(found))


def print_blocks(blocks: Sequence[Block]) -> None:
    """Print the blocks of a page as text.

    Parameters
    ----------
    blocks : sequence of Block
        The blocks, from top to bottom.
    """
    from saturation_lab.pages.as_text import as_text

    print(as_text(blocks))


def write_and_print(page: Page, folder: Path, *, quiet: bool = False) -> Path:
    """Write a page and its data, and print their paths.

    Parameters
    ----------
    page : Page
        The page.
    folder : Path
        The folder for ``index.html`` and ``report.json``.
    quiet : bool
        Whether to print nothing.

    Returns
    -------
    Path
        The path of the data.
    """
    from saturation_lab.pages.writing import write_page

    html, data = write_page(page, folder)
    if not quiet:
        print(f"\nPage: {html}  ({html.stat().st_size / 1e6:.1f} MB)\nData: {data}")
    return data


def command(*words: object, **options: object) -> str:
    """Return the command line of a verb.

    Parameters
    ----------
    *words : object
        The verb and its positional arguments.
    **options : object
        The options; those that are None are left out.

    Returns
    -------
    str
        The command, quoted for a shell.

    Examples
    --------
    >>> command("compare", "a b", "c", share_margin=0.1, names=None)
    "saturation-lab compare 'a b' c --share-margin 0.1"
    """
    given = {key: value for key, value in options.items() if value is not None}
    flags = [x for key, value in given.items() for x in (f"--{key.replace('_', '-')}", value)]
    return shlex.join(["saturation-lab", *map(str, [*words, *flags])])
