"""The verb `compare`, which compares two result folders layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saturation_lab.checks import InputError, Words
from saturation_lab.cli.options import Json, Output
from saturation_lab.cli.options import names as names_between_commas
from saturation_lab.cli.places import refuse_page
from saturation_lab.cli.printing import command, print_blocks, print_json, write_and_print

if TYPE_CHECKING:
    from saturation_lab.sampling.result import Result


def run(
    a: Path,
    b: Path,
    /,
    *,
    margin: float | None = None,
    share_margin: float | None = None,
    quantities: str | None = None,
    layers: str | None = None,
    names: str | None = None,
    output: Output = None,
    force: bool = False,
    json_output: Json = False,
) -> None:
    """Compare two result folders, layer by layer.

    Reports which quantities differ and which are alike. Networks are compared
    in pairs if the two results share their seed.

    Parameters
    ----------
    a : Path
        A result folder (saturation-lab sample --output).
    b : Path
        A result folder with the same inputs, examples, loss and depth.
    margin : float or None
        Sizes count as alike if their log ratio is within ± this. Default: ln 2 / depth.
    share_margin : float or None
        Shares and cosines count as alike if they differ by less than this. Default: 0.01.
    quantities : str or None
        Names separated by commas. Default: all.
    layers : str or None
        Numbers of hidden layers, or output, separated by commas. Default: all.
    names : str or None
        Names for the two results, such as Old,New. Default: the names of the folders.
    output : Path or None
        Write a page, index.html and report.json, to this folder.
    force : bool
        Replace an existing page.
    json_output : bool
        Print JSON instead of text.
    """
    from saturation_lab.compare.layer_by_layer import compare

    refuse_page(output, force=force)
    typed = {
        "margin": margin,
        "share_margin": share_margin,
        "quantities": quantities,
        "layers": layers,
        "names": names,
    }
    given = {key: value for key, value in typed.items() if value is not None}
    read = {key: _READERS[key](value) for key, value in given.items() if key in _READERS}
    found = compare(*map(_loaded, (a, b)), **{"names": _names(a, b), **given, **read})
    if json_output:
        print_json(found.to_json())
    else:
        from saturation_lab.pages.comparison_table import comparison_blocks

        print_blocks(comparison_blocks(found, asked=read.get("quantities")))
    if output is not None:
        from saturation_lab.pages.comparison_page import comparison_page

        again = command("compare", a, b, **typed)
        write_and_print(comparison_page(found, command=again), output, quiet=json_output)


def _names(a: Path, b: Path) -> tuple[str, str]:
    one, other = (folder.resolve().name for folder in (a, b))
    return (one, other) if one != other else (f"{one} (A)", f"{other} (B)")


def _two_names(text: str) -> tuple[str, str]:
    listed = names_between_commas("names", text)
    if len(listed) != 2 or listed[0] == listed[1]:
        raise InputError("names", expected="two different names, such as Old,New", got=text)
    return listed[0], listed[1]


def _layers(text: str) -> list[int | str]:
    from saturation_lab.measured import OUTPUT

    parts = names_between_commas("layers", text)
    if not all(part == OUTPUT or (part.isdecimal() and len(part) < 18) for part in parts):
        expected = "numbers of hidden layers, or output, separated by commas"
        raise InputError("layers", expected=expected, got=text)
    return [part if part == OUTPUT else int(part) for part in parts]


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "quantities": partial(names_between_commas, "quantities"),
    "layers": _layers,
    "names": _two_names,
}
"""The options that are lists separated by commas, and how each is converted."""


def _loaded(folder: Path) -> Result:
    from saturation_lab.sampling.result import Result

    if (folder / "grid.toml").is_file():
        got, hint = Words(f"the grid folder {folder}"), "name one of the result folders in it"
        raise InputError("result", expected="a result folder", got=got, hint=hint)
    return Result.load(folder)
