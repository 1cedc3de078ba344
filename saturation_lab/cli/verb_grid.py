"""The verb `grid`: every pair of some activations and initializers."""

from __future__ import annotations

from pathlib import Path

from saturation_lab.checks import InputError
from saturation_lab.cli.options import (
    NO_OPTIONS,
    DryRun,
    Json,
    Output,
    StudyOptions,
    Workers,
    names,
    study_from,
)
from saturation_lab.cli.places import grid_places
from saturation_lab.cli.printing import print_cost, print_json, show
from saturation_lab.cli.progress import progress


def run(
    *,
    activations: str = "sigmoid,tanh,relu,silu",
    inits: str = "lecture_normal,glorot_normal,he_normal,standard_uniform",
    options: StudyOptions = NO_OPTIONS,
    study: Path | None = None,
    output: Output = None,
    figure: Path | None = None,
    force: bool = False,
    workers: Workers = None,
    json_output: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Draw networks of every pair and say which initialization keeps signal and gradient.

    In float64 unless --dtype or --study says otherwise: a signal may shrink to what would be
    float32's rounding.

    Parameters
    ----------
    activations
        names between commas; see: saturation-lab list activations
    inits
        names between commas; see: saturation-lab list initializers. --gain holds for all of them
    study
        take everything but the pairs from this TOML file; options beside it change it
    output
        write one folder with a result folder for each pair
    figure
        draw the heat maps of all pairs and layers into this .svg, .png or .pdf
    force
        replace an existing folder or figure
    """
    from saturation_lab.sampling.grid import Grid, sample_grid

    places = grid_places(output, figure, force=force)
    rows, columns = names("activations", activations), names("inits", inits)
    first = {"activation": rows[0], "initializer": columns[0]}
    precise = {} if study else {"dtype": "float64"}
    base = study_from({**precise, **first, **options.given()}, study, None)
    if len(base.widths) < 2:
        raise InputError("depth", expected="two hidden layers to compare", got=len(base.widths))
    order = Grid(study=base, activations=rows, initializers=columns)
    if dry_run:
        some = [order.studies[row, columns[0]] for row in rows]
        print_cost(*some, times=len(columns), workers=workers, as_json=json_output)
        return
    with progress(base.networks * len(order.studies)) as tick:
        result = sample_grid(order, workers=workers, tick=tick)
    if output is not None:
        result.save(output, force=force)
    if figure is not None:
        from saturation_lab.exhibits.pair_maps import draw_grid
        from saturation_lab.files import write_atomically

        write_atomically(figure, draw_grid(result, kind=figure.suffix[1:]))
    if json_output:
        from saturation_lab.judging.keeping import keeping

        keeps = {name: keeping(result.of(name)).to_json() for name in result.activations}
        print_json({**result.to_json(), "keeps": keeps})
        return
    show(result, as_json=False)
    print("\n".join(["", *places]).rstrip())
