"""What can be typed? Thin verbs; whatever is heavy is imported inside the command.

Exit codes: 0 fine, 1 a check failed, 2 wrong use (one line on stderr says what, expected, got).
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Parameter, Token

from saturation_lab.checks import NOTHING, InputError, Words
from saturation_lab.version import __version__

if TYPE_CHECKING:
    from saturation_lab.report.spec import Spec
    from saturation_lab.sampling.result import Result
    from saturation_lab.study import Study


def _whole(kind: object, tokens: Sequence[Token]) -> int:
    """Read a whole number strictly: 64.5 is none."""
    (token,) = tokens
    if not re.fullmatch(r"[+-]?[0-9]{1,30}", token.value):
        key = (token.keyword or "number").lstrip("-").replace("-", "_")
        raise InputError(key, expected="a whole number", got=token.value)
    return int(token.value)


Whole = Annotated[int, Parameter(converter=_whole)]

app = App(
    name="saturation-lab",
    help="What does this initialization do to my network, and how do you know?",
    version=__version__,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)


@app.command
def sample(
    *,
    activation: str | None = None,
    init: str | None = None,
    depth: Whole | None = None,
    width: Whole | None = None,
    widths: str | None = None,
    gain: float | None = None,
    bias: str | None = None,
    bias_scale: float | None = None,
    inputs: str | None = None,
    labels: str | None = None,
    features: Whole | None = None,
    scaling: str | None = None,
    examples: Whole | None = None,
    fresh_inputs: Annotated[bool | None, Parameter(negative=())] = None,
    loss: str | None = None,
    singular_values: Whole | None = None,
    saturation_beyond: float | None = None,
    networks: Whole | None = None,
    seed: Whole | None = None,
    dtype: str | None = None,
    sampler: str | None = None,
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
    depth
        number of hidden layers; default: 5
    width
        units in each of them; default: 1000
    widths
        hidden widths from the bottom up instead, e.g. 784,512,256
    gain
        multiplies the standard deviation of the weights at gain 1; default: the rule's own
    bias
        zero, normal, uniform or pytorch_default; default: the initializer's own
    bias_scale
        standard deviation (normal) or bound (uniform) of the biases
    inputs
        see: saturation-lab list inputs; or a .npy, .npz, .csv or .parquet file of your own,
        examples × features; default: shapeset
    labels
        the column (csv, parquet) or array (npz) of your file that holds the labels
    features
        input width of gaussian and uniform inputs; default: as wide as the first hidden layer
    scaling
        signed [-1, 1], unit [0, 1], standardized or none; default: the inputs' own
    examples
        inputs that each network is shown; default: 50
    fresh_inputs
        new inputs for every network instead of the same for all
    loss
        softmax_nll or random_cotangent; default: by whether the inputs have labels
    singular_values
        examples per network whose layer Jacobians are decomposed (0.1 s each at width 1000);
        default: 0, none
    saturation_beyond
        count a unit as saturated beyond this |z|; default: in the tails where |φ'| stays below
        5 % of its maximum
    networks
        how many networks are drawn; default: 30
    seed
        from 0; default: 0
    dtype
        float32 or float64; default: float32
    sampler
        dense draws every weight, weight-free leaves them undrawn (exact; normal and orthogonal
        laws); default: auto, whichever is cheaper
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

    start = _earlier(output, force=force, resume=resume)
    options = {
        "activation": activation,
        "initializer": init,
        "depth": depth,
        "width": width,
        "widths": None if widths is None else _numbers("widths", widths),
        "gain": gain,
        "bias": bias,
        "bias_scale": bias_scale,
        "inputs": inputs,
        "labels": labels,
        "features": features,
        "scaling": scaling,
        "examples": examples,
        "fresh_inputs": fresh_inputs,
        "loss": loss,
        "singular_values": singular_values,
        "saturation_beyond": saturation_beyond,
        "networks": networks,
        "seed": seed,
        "dtype": dtype,
        "sampler": sampler,
    }
    order = _study({k: v for k, v in options.items() if v is not None}, study, start)
    if dry_run:
        _print_cost(order, workers=checked_workers(workers), as_json=json_output)
        return
    done = 0 if start is None else start.study.networks
    with _progress(order.networks - done) as tick:
        result = draw(order, workers=workers, start=start, tick=tick)
    if output is not None:
        result.save(output, force=force or resume)
    if json_output:
        print(json.dumps(result.to_json(), indent=1, ensure_ascii=False))
    else:
        from saturation_lab.report.terminal import result_table

        print(result_table(result))
        if output is not None:
            print(f"\nResult folder: {output}")


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
    from saturation_lab.files import refuse_unwritable
    from saturation_lab.report.build import compute, write_page, write_twin

    spec = _spec(name, networks)
    folder = output or Path("reports/build") / spec.name
    refuse_unwritable(folder)
    written = any((folder / name).exists() for name in ("index.html", "report.json"))
    if output is not None and written and not force:
        raise InputError(
            "output", expected="a new folder", got=Words(f"{output}, which has a page"),
            hint="--force replaces it",
        )  # fmt: skip
    with _progress(sum(study.networks for study in spec.studies.values())) as tick:
        made = compute(spec, workers=workers, tick=tick)
    from saturation_lab.report.terminal import verdict_table

    if not json_output:
        print(verdict_table(made))
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
    networks
        another number of networks in every study
    workers
        processes; default: one a core
    force
        replace existing files
    """
    from saturation_lab.figures.theme import canvas_and_kinds
    from saturation_lab.files import refuse_filled
    from saturation_lab.report.build import compute, write_figures

    canvas, kinds = canvas_and_kinds(context, formats)
    spec = _spec(name, networks)
    refuse_filled(output, force=force)
    with _progress(sum(study.networks for study in spec.studies.values())) as tick:
        made = compute(spec, workers=workers, tick=tick)
    for path in write_figures(made, output, formats=kinds, canvas=canvas):
        print(path)


@app.command
def cards(
    *names: str,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    formats: str = "svg",
    context: str = "talk",
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
    force
        replace existing files
    """
    from saturation_lab.figures.theme import canvas_and_kinds
    from saturation_lab.files import refuse_filled
    from saturation_lab.report.cards import write_cards

    canvas, kinds = canvas_and_kinds(context, formats)
    refuse_filled(output, force=force)
    for path in write_cards(output, names or None, formats=kinds, canvas=canvas):
        print(path)


@app.command(name="list")
def list_members(table: str, /) -> None:
    """Show the members of a table, each with formula and source.

    Parameters
    ----------
    table
        activations, initializers, inputs or reports
    """
    from saturation_lab.checks import choice
    from saturation_lab.report.terminal import LISTINGS

    print(LISTINGS[choice("list", table, LISTINGS)]())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if "" not in sys.path:
        sys.path.insert(0, "")  # the user's own functions (module:attribute) lie where they work
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without φ shows a question mark
    try:
        app(
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
    return 0


def _spec(name: str, networks: int | None) -> Spec:
    from saturation_lab.report.spec import read_spec

    spec = read_spec(name)
    return spec if networks is None else spec.with_networks(networks)


def _earlier(output: Path | None, *, force: bool, resume: bool) -> Result | None:
    """Refuse an output that cannot be written; return the result to be added to, if any."""
    from saturation_lab.files import refuse_unwritable
    from saturation_lab.sampling.result import Result, refuse_existing

    if resume and force:
        raise InputError("force", expected="either --force or --resume", got=Words("both"))
    if output is None:
        if resume or force:
            flag = "resume" if resume else "force"
            raise InputError(flag, expected="--output DIR beside it", got=NOTHING)
        return None
    refuse_unwritable(output.resolve().parent)  # the new folder is made beside and renamed
    if resume:
        return Result.load(output)
    refuse_existing(output, force=force)
    return None


def _study(options: dict[str, Any], path: Path | None, start: Result | None) -> Study:
    """Return the study: that of a file, of a result to add to, or the default, with changes."""
    from saturation_lab.study import Study

    base: dict[str, Any] = {"activation": "tanh", "initializer": "glorot_uniform"}
    if path is not None:
        base = Study.read(path).to_dict()
    elif start is not None:
        base = start.study.to_dict()
        if "networks" not in options:
            raise InputError(
                "resume: networks",
                expected=f"more than the {start.study.networks} that are done",
                got=NOTHING,
                hint="say how many there shall be (--networks)",
            )
    if {"depth", "width", "widths"} & set(options):
        base.pop("widths", None)
    if "inputs" in options:
        base.pop("inputs_sha256", None)  # it is of the file that the study had before
    if "widths" not in base and "widths" not in options:
        options = {"depth": 5, "width": 1000, **options}
    return Study.from_dict({**base, **options})


def _numbers(key: str, text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"-?[0-9]{1,18}", part) for part in parts):
        raise InputError(key, expected="whole numbers between commas: 784,512", got=text)
    return [int(part) for part in parts]


def _print_cost(order: Study, *, workers: int, as_json: bool) -> None:
    from saturation_lab.report.terminal import duration
    from saturation_lab.sampling.cost import (
        in_bytes,
        memory_needed,
        memory_of_machine,
        refuse_what_does_not_fit,
    )
    from saturation_lab.sampling.forecast import seconds_needed

    order = order.resolved()
    refuse_what_does_not_fit(order, workers=workers)
    need, have = memory_needed(order, workers=workers), memory_of_machine()
    seconds = seconds_needed(order, workers=workers)
    if as_json:
        cost = {"networks": order.networks, "memory_bytes": need, "seconds": round(seconds, 1)}
        print(json.dumps(cost))
        return
    print(f"networks   {order.networks:,} on {workers} worker{'s' * (workers > 1)}")
    print(f"memory     about {in_bytes(need)} of {in_bytes(have)}")
    print(f"time       about {duration(seconds)}")


@contextmanager
def _progress(networks: int) -> Iterator[Callable[[int], object]]:
    """Show networks done, rate and time left on a terminal; nothing elsewhere."""
    from tqdm import tqdm

    with tqdm(
        total=networks, unit=" networks", disable=None, file=sys.stderr, smoothing=0.1
    ) as bar:
        yield bar.update


if __name__ == "__main__":
    sys.exit(main())
