"""What can be typed? Thin verbs; whatever is heavy is imported inside the command.

Exit codes: 0 fine, 1 a check failed, 2 wrong use (one line on stderr says what, expected, got).
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter

from saturation_lab import __version__
from saturation_lab.checks import InputError
from saturation_lab.cli.options import NO_OPTIONS, StudyOptions, Whole, names, study_from
from saturation_lab.cli.places import earlier, grid_places, refuse_page
from saturation_lab.cli.progress import progress

if TYPE_CHECKING:
    from saturation_lab.pages.spec import Spec
    from saturation_lab.study import Study


app = App(
    name="saturation-lab",
    help="What does this initialization do to my network, and how do you know?",
    version=__version__,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
app.command("saturation_lab.cli.recommend:recommend", help="Say which initialization suits.")
app.command("saturation_lab.cli.claims:claims", help="Predict, measure and judge statements.")
app.command("saturation_lab.cli.index:index", help="Write a page that leads to all pages.")
app.command("saturation_lab.cli.calibrate:calibrate", help="Count how often verdicts err.")
app.command("saturation_lab.cli.compare:compare", help="Say in what two result folders differ.")


@app.command
def sample(
    *,
    activation: str | None = None,
    init: str | None = None,
    options: StudyOptions = NO_OPTIONS,
    study: Path | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    force: Annotated[bool, Parameter(negative=())] = False,
    resume: Annotated[bool, Parameter(negative=())] = False,
    workers: Whole | None = None,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Draw networks and show what each layer does to signal and gradient.

    Parameters
    ----------
    activation
        see: saturation-lab list activations; or module:attribute of your own; default: tanh
    init
        see: saturation-lab list initializers; default: glorot_uniform
    study
        take the study from this TOML file; options beside it change it
    output
        write a result folder
    force
        replace an existing result folder
    resume
        add networks to the result folder, up to --networks
    workers
        processes; default: one a core
    json_output
        print JSON instead of a table
    dry_run
        say what it would cost and stop
    """
    from saturation_lab.sampling.run import checked_workers
    from saturation_lab.sampling.run import sample as draw

    start = earlier(output, force=force, resume=resume)
    pair = {"activation": activation, "initializer": init}
    chosen = {key: name for key, name in pair.items() if name is not None}
    order = study_from({**chosen, **options.given()}, study, start)
    if dry_run:
        _print_cost(order, workers=checked_workers(workers), as_json=json_output)
        return
    done = 0 if start is None else start.study.networks
    with progress(order.networks - done) as tick:
        result = draw(order, workers=workers, start=start, tick=tick)
    if output is not None:
        result.save(output, force=force or resume)
    if json_output:
        print(json.dumps(result.to_json(), indent=1, ensure_ascii=False))
    else:
        from saturation_lab.pages.terminal import result_table

        print(result_table(result))
        if output is not None:
            print(f"\nResult folder: {output}")


@app.command
def theory(
    *,
    activation: str | None = None,
    init: str | None = None,
    options: StudyOptions = NO_OPTIONS,
    study: Path | None = None,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Show what each layer of wide networks does to signal and gradient, without drawing one.

    Takes the options of sample and gives the same quantities.

    Parameters
    ----------
    activation
        see: saturation-lab list activations; or module:attribute of your own; default: tanh
    init
        see: saturation-lab list initializers; default: glorot_uniform
    study
        take the study from this TOML file; options beside it change it
    json_output
        print JSON instead of a table
    """
    from saturation_lab.theory.propagation import predict

    pair = {"activation": activation, "initializer": init}
    chosen = {key: name for key, name in pair.items() if name is not None}
    found = predict(study_from({**chosen, **options.given()}, study, None))
    if json_output:
        print(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    from saturation_lab.pages.terminal import prediction_table

    print(prediction_table(found))


@app.command
def grid(
    *,
    activations: str = "sigmoid,tanh,relu,silu",
    inits: str = "lecture_normal,glorot_normal,he_normal,standard_uniform",
    options: StudyOptions = NO_OPTIONS,
    study: Path | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    figure: Path | None = None,
    force: Annotated[bool, Parameter(negative=())] = False,
    workers: Whole | None = None,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
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
    workers
        processes; default: one a core
    json_output
        print JSON instead of tables
    dry_run
        say what it would cost and stop
    """
    from saturation_lab.sampling.grid import Grid, sample_grid
    from saturation_lab.sampling.run import checked_workers

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
        count = checked_workers(workers)
        _print_cost(*some, times=len(columns), workers=count, as_json=json_output)
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
        print(json.dumps({**result.to_json(), "keeps": keeps}, indent=1, ensure_ascii=False))
        return
    from saturation_lab.pages.terminal import grid_table

    print("\n".join([grid_table(result), *places]))


@app.command
def report(
    name: str,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    force: Annotated[bool, Parameter(negative=())] = False,
    networks: Whole | None = None,
    workers: Whole | None = None,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Make a report: sample its studies, write its page and the same as JSON.

    Parameters
    ----------
    name
        see: saturation-lab list reports; or a TOML file of your own
    output
        folder for index.html and report.json; default: reports/build/NAME, which is replaced
    force
        replace an existing page
    networks
        another number of networks in every study
    workers
        processes; default: one a core
    json_output
        print what the page says as JSON instead of the verdicts
    """
    from saturation_lab.pages.build import compute, write_page, write_twin

    spec = _spec(name, networks)
    folder = output or Path("reports/build") / spec.name
    refuse_page(folder, force=force or output is None)
    with progress(sum(study.networks for study in spec.studies.values())) as tick:
        made = compute(spec, workers=workers, tick=tick)
    from saturation_lab.pages.statements_text import evidence_table
    from saturation_lab.pages.terminal import time_table, verdict_table
    from saturation_lab.sampling.run import checked_workers

    if not json_output:
        times = time_table(made, workers=checked_workers(workers))
        stated = evidence_table(list(made.evidence.values())) if made.evidence else ""
        parts = [stated, verdict_table(made).rstrip(), times]
        print("\n\n".join(filter(None, parts)))
    path, data = write_page(made, folder), write_twin(made, folder)
    if json_output:
        print(data.read_text(encoding="utf-8"), end="")
        return
    print(f"\nPage: {path}  ({path.stat().st_size / 1e6:.1f} MB)")
    print(f"Data: {data}")


@app.command
def figures(
    name: str,
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    formats: str = "svg",
    context: str = "talk",
    dark: Annotated[bool, Parameter(negative=())] = False,
    builds: Annotated[bool, Parameter(negative=())] = False,
    networks: Whole | None = None,
    workers: Whole | None = None,
    force: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Write every figure of a report by its id.

    Parameters
    ----------
    name
        see: saturation-lab list reports; or a TOML file of your own
    output
        folder for the files
    formats
        svg, png, pdf, separated by commas
    context
        talk (16:9, readable on a slide), page (16:9) or phone (upright)
    dark
        light ink on a dark ground
    builds
        also every step: NAME-1, NAME-2, ..., in which nothing moves
    networks
        another number of networks in every study
    workers
        processes; default: one a core
    force
        replace existing files
    """
    from saturation_lab.figures.theme import canvas_and_kinds
    from saturation_lab.files import refuse_filled
    from saturation_lab.pages.build import compute, write_figures

    canvas, kinds = canvas_and_kinds(context, formats, dark=dark)
    spec = _spec(name, networks)
    refuse_filled(output, force=force)
    with progress(sum(study.networks for study in spec.studies.values())) as tick:
        made = compute(spec, workers=workers, tick=tick)
    for path in write_figures(made, output, formats=kinds, canvas=canvas, builds=builds):
        print(path)


@app.command
def cards(
    *names: str,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    formats: str = "svg",
    context: str = "talk",
    dark: Annotated[bool, Parameter(negative=())] = False,
    force: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Draw a card of each activation: φ and φ', saturated tails, N(0, 1) behind.

    Parameters
    ----------
    names
        see: saturation-lab list activations; or module:attribute of your own; default: all
    output
        folder for the files
    formats
        svg, png, pdf, separated by commas
    context
        talk (16:9, readable on a slide), page (16:9) or phone (upright)
    dark
        light ink on a dark ground
    force
        replace existing files
    """
    from saturation_lab.exhibits.activation_card import write_cards
    from saturation_lab.figures.theme import canvas_and_kinds
    from saturation_lab.files import refuse_filled

    canvas, kinds = canvas_and_kinds(context, formats, dark=dark)
    refuse_filled(output, force=force)
    for path in write_cards(output, names or None, formats=kinds, canvas=canvas):
        print(path)


@app.command
def selfcheck(
    *, json_output: Annotated[bool, Parameter(name="--json", negative=())] = False
) -> int:
    """Check the samplers on this machine: adjoint, whitening, dense against weight-free.

    Exit code 1 says that a check failed.

    Parameters
    ----------
    json_output
        print JSON instead of lines
    """
    from saturation_lab.pages.terminal import check_lines
    from saturation_lab.proof.selfcheck import selfcheck as checks

    done = []
    for check in checks():
        done.append(check)
        if not json_output:
            print("\n".join(check_lines(check)), flush=True)
    if json_output:
        print(json.dumps({"checks": [check.to_json() for check in done]}, indent=1))
    return int(not all(check.passed for check in done))


@app.command(name="list")
def list_members(table: str, /) -> None:
    """Show the members of a table, each with formula and source.

    Parameters
    ----------
    table
        activations, initializers, inputs or reports
    """
    from saturation_lab.checks import choice
    from saturation_lab.pages.terminal import LISTINGS

    print(LISTINGS[choice("list", table, LISTINGS)]())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if "" not in sys.path:
        sys.path.insert(0, "")  # the user's own functions (module:attribute) lie where they work
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without φ shows a question mark
    try:
        code = app(
            sys.argv[1:] if arguments is None else list(arguments),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except (InputError, CycloptsError) as error:
        # the library wraps what our own readers of values raise
        cause = error.__cause__ if isinstance(error.__cause__, InputError) else error
        print(f"saturation-lab: {' '.join(str(cause).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsaturation-lab: stopped before the end", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return code if isinstance(code, int) else 0


def _spec(name: str, networks: int | None) -> Spec:
    from saturation_lab.pages.reading import read_spec

    spec = read_spec(name)
    return spec if networks is None else spec.with_networks(networks)


def _print_cost(*orders: Study, workers: int, as_json: bool, times: int = 1) -> None:
    """Print what studies cost that are run one after the other, each of them ``times``."""
    from saturation_lab.pages.terminal import cost_table
    from saturation_lab.sampling.forecast import forecast

    cost = forecast(orders, workers=workers, times=times)
    print(json.dumps(cost.to_json()) if as_json else cost_table(cost))


if __name__ == "__main__":
    sys.exit(main())
