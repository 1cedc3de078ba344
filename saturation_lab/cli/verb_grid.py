"""The verb `grid`, which samples every pair of some activations and initializers."""

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
    """Find out which initializations keep signal and gradient, for several activations.

    Samples every pair of an activation and an initializer, in float64 unless
    --dtype or --study says otherwise: in float32 a weak signal could vanish
    in rounding errors.

    Parameters
    ----------
    activations : str
        Names separated by commas (saturation-lab list activations).
    inits : str
        Names separated by commas (saturation-lab list initializers); --gain applies to all.
    options : StudyOptions
        The keys that all studies share.
    study : Path or None
        Read the other keys of the study from this TOML file; options override them.
    output : Path or None
        Write a folder that contains one result folder per pair.
    figure : Path or None
        Draw heat maps of all pairs and layers to this .svg, .png or .pdf file.
    force : bool
        Replace an existing folder or figure.
    workers : int or None
        Number of processes.
    json_output : bool
        Print JSON instead of text.
    dry_run : bool
        Only estimate time and memory.

    Raises
    ------
    InputError
        If the study has fewer than two hidden layers, or an option is unusable.
    """
    from saturation_lab.sampling.grid import Grid, sample_grid

    places = grid_places(output, figure, force=force)
    rows, columns = names("activations", activations), names("inits", inits)
    first = {"activation": rows[0], "initializer": columns[0]}
    if options.sigma_w is not None:
        expected = "nothing in a grid; --gain applies to all initializers"
        raise InputError("sigma_w", expected=expected, got=options.sigma_w)
    precise = {} if study else {"dtype": "float64"}
    base = study_from({**precise, **first, **options.given()}, study, None)
    if len(base.widths) < 2:
        raise InputError(
            "depth", expected="at least two hidden layers to compare", got=len(base.widths)
        )
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
