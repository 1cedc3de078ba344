"""What does `saturation-lab compare` take? A thin verb; what is heavy is imported inside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from saturation_lab.checks import NOTHING, InputError, Words
from saturation_lab.cli.options import names as names_between_commas

if TYPE_CHECKING:
    from saturation_lab.sampling.result import Result


def compare(
    a: Path,
    b: Path,
    /,
    *,
    margin: float | None = None,
    share_margin: float | None = None,
    quantities: str | None = None,
    layers: str | None = None,
    names: str | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    force: Annotated[bool, Parameter(negative=())] = False,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Say in what two result folders differ, layer by layer, and where they are alike.

    Network by network where the two share their seed.

    Parameters
    ----------
    a
        a result folder (saturation-lab sample --output)
    b
        another, of the same inputs, examples, loss and depth
    margin
        sizes are alike when their log ratio lies within ± this; default: ln 2 / depth
    share_margin
        shares and cosines are alike when they are less than this apart; default: 0.01
    quantities
        names between commas; default: all
    layers
        numbers of hidden layers, or output, between commas; default: all
    names
        what the two are called: Old,New; default: their folders' names
    output
        folder for a page, index.html and report.json
    force
        replace an existing page
    json_output
        print JSON instead of a table
    """
    from saturation_lab.compare.layer_by_layer import SHARE_MARGIN
    from saturation_lab.compare.layer_by_layer import compare as compared

    _refuse_page(output, force=force)
    called = _names(a, b, names)
    asked = None if quantities is None else names_between_commas("quantities", quantities)
    results = [_loaded(folder) for folder in (a, b)]
    found = compared(
        results[0],
        results[1],
        names=called,
        margin=margin,
        share_margin=SHARE_MARGIN if share_margin is None else share_margin,
        quantities=asked,
        layers=None if layers is None else _layers(layers),
    )
    said = []
    if output is not None:
        from saturation_lab.pages.comparison_page import write_contrast

        options = {
            "--margin": margin,
            "--share-margin": share_margin,
            "--quantities": quantities,
            "--layers": layers,
            "--names": names,
        }
        given = [f"{key} {_quoted(x)}" for key, x in options.items() if x is not None]
        command = " ".join(["saturation-lab compare", _quoted(a), _quoted(b), *given])
        page, data = write_contrast(found, output, command=command)
        said = ["", f"Page: {page}  ({page.stat().st_size / 1e6:.1f} MB)", f"Data: {data}"]
    if json_output:
        print(json.dumps(found.to_json(), indent=1, ensure_ascii=False, allow_nan=False))
        return
    from saturation_lab.pages.comparison_text import contrast_text

    print("\n".join([contrast_text(found, asked=asked), *said]))


def _refuse_page(output: Path | None, *, force: bool) -> None:
    if output is None:
        if force:
            raise InputError("force", expected="--output DIR beside it", got=NOTHING)
        return
    from saturation_lab.cli.places import refuse_page

    refuse_page(output, force=force)


def _names(a: Path, b: Path, given: str | None) -> tuple[str, str]:
    if given is not None:
        listed = names_between_commas("names", given)
        if len(listed) != 2 or listed[0] == listed[1]:
            raise InputError("names", expected="two different names: Old,New", got=given)
        return listed[0], listed[1]
    one, other = (folder.resolve().name for folder in (a, b))
    return (one, other) if one != other else (f"{one} (A)", f"{other} (B)")


def _layers(text: str) -> list[int | str]:
    from saturation_lab.compare.row import OUTPUT

    found: list[int | str] = []
    for part in names_between_commas("layers", text):
        if part != OUTPUT and not (part.isdecimal() and len(part) < 18):
            raise InputError(
                "layers", expected="numbers of hidden layers, or output, between commas", got=text
            )
        found.append(part if part == OUTPUT else int(part))
    return found


def _loaded(folder: Path) -> Result:
    from saturation_lab.sampling.result import Result

    if (folder / "grid.toml").is_file():
        raise InputError(
            "result",
            expected="a result folder",
            got=Words(f"the grid's folder {folder}"),
            hint="each folder inside it is a result folder",
        )
    return Result.load(folder)


def _quoted(word: object) -> str:
    import shlex

    return shlex.quote(str(word))
