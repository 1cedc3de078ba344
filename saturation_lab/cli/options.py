"""Options that several verbs share, read strictly.

`StudyOptions` has an option for each key of a `Study` that can be typed. It repeats their names, as
importing the studies takes longer than any help may; a test holds it to them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

from saturation_lab.checks import NOTHING, InputError

if TYPE_CHECKING:
    from saturation_lab.figures.theme import Canvas
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
Workers = Annotated[int | None, Parameter(converter=_whole, help="processes; default: one a core")]
Networks = Annotated[
    int | None, Parameter(converter=_whole, help="another number of networks in every study")
]
Report = Annotated[
    str, Parameter(help="see: saturation-lab list reports; or a TOML file of your own")
]
Output = Annotated[Path | None, Parameter(name=["--output", "-o"])]
Json = Annotated[bool, Parameter(name="--json", help="print JSON instead of text")]
DryRun = Annotated[bool, Parameter(help="say what it would cost and stop")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """Everything of a study but its activation and initializer.

    Parameters
    ----------
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
        dense draws every weight, weight-free leaves them undrawn (exact, for normal and orthogonal
        laws); default: auto, whichever draws fewer numbers
    """

    depth: Whole | None = None
    width: Whole | None = None
    widths: str | None = None
    gain: float | None = None
    bias: str | None = None
    bias_scale: float | None = None
    inputs: str | None = None
    labels: str | None = None
    features: Whole | None = None
    scaling: str | None = None
    examples: Whole | None = None
    fresh_inputs: bool | None = None
    loss: str | None = None
    singular_values: Whole | None = None
    saturation_beyond: float | None = None
    networks: Whole | None = None
    seed: Whole | None = None
    dtype: str | None = None
    sampler: str | None = None

    def given(self) -> dict[str, Any]:
        """Return the keys of a study that were given."""
        values = {key.name: getattr(self, key.name) for key in fields(self)}
        if self.widths is not None:
            values["widths"] = _widths(self.widths)
        return {key: value for key, value in values.items() if value is not None}


NO_OPTIONS = StudyOptions()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asked:
    """A study on the command line.

    Parameters
    ----------
    activation
        see: saturation-lab list activations; or module:attribute of your own; default: tanh
    init
        see: saturation-lab list initializers; default: glorot_uniform
    study
        take the study from this TOML file; options beside it change it
    """

    activation: str | None = None
    init: str | None = None
    options: StudyOptions = NO_OPTIONS
    study: Path | None = None

    def given(self) -> dict[str, Any]:
        """Return the keys of a study that were given."""
        pair = {"activation": self.activation, "initializer": self.init}
        chosen = {key: name for key, name in pair.items() if name is not None}
        return {**chosen, **self.options.given()}


DEFAULT = Asked()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Files of figures.

    Parameters
    ----------
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

    output: Annotated[Path, Parameter(name=["--output", "-o"])]
    formats: str = "svg"
    context: str = "talk"
    dark: bool = False
    force: bool = False

    def canvas(self) -> tuple[Canvas, tuple[str, ...]]:
        """Return the canvas and the formats; refuse a folder that holds something already."""
        from saturation_lab.figures.theme import canvas_and_kinds
        from saturation_lab.files import refuse_filled

        found = canvas_and_kinds(self.context, self.formats, dark=self.dark)
        refuse_filled(self.output, force=self.force)
        return found


def study_from(options: dict[str, Any], path: Path | None, start: Result | None) -> Study:
    """Return the study: that of a file, of a result to add to, or the default, with changes."""
    from saturation_lab.study import Study

    base: dict[str, Any] = {"activation": "tanh", "initializer": "glorot_uniform"}
    if path is not None:
        base = Study.read(path).to_dict()
    elif start is not None:
        base = start.study.to_dict()
        if "networks" not in options:
            expected = f"more than the {start.study.networks} that are done"
            hint = "say how many there shall be (--networks)"
            raise InputError("resume: networks", expected=expected, got=NOTHING, hint=hint)
    if {"depth", "width", "widths"} & set(options):
        base.pop("widths", None)
    if "inputs" in options:
        base.pop("inputs_sha256", None)  # it is of the file that the study had before
    if "widths" not in base and "widths" not in options:
        options = {"depth": 5, "width": 1000, **options}
    return Study.from_dict({**base, **options})


def _widths(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"-?[0-9]{1,18}", part) for part in parts):
        raise InputError("widths", expected="whole numbers between commas: 784,512", got=text)
    return [int(part) for part in parts]


def names(key: str, text: str) -> list[str]:
    """Return the names between commas."""
    found = [part.strip() for part in text.split(",")]
    if not all(found):
        raise InputError(key, expected="names between commas: tanh,relu", got=text)
    return found
