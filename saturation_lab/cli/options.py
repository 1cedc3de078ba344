"""The options that several verbs share, and their strict conversion.

`StudyOptions` has one option for each key of a `Study` that can be given on the command line. It
repeats their names because importing `Study` would make ``--help`` slow; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

from saturation_lab.checks import NOTHING, InputError
from saturation_lab.data.own_choice import split_names

if TYPE_CHECKING:
    from saturation_lab.figures.theme import Canvas
    from saturation_lab.sampling.result import Result
    from saturation_lab.study import Study


def _whole(kind: object, tokens: Sequence[Token]) -> int:
    """Convert a whole number strictly: 64.5 is refused, not rounded."""
    (token,) = tokens
    if not re.fullmatch(r"[+-]?[0-9]{1,30}", token.value):
        key = (token.keyword or "number").lstrip("-").replace("-", "_")
        raise InputError(key, expected="a whole number", got=token.value)
    return int(token.value)


Whole = Annotated[int, Parameter(converter=_whole)]
Workers = Annotated[
    int | None, Parameter(converter=_whole, help="Number of processes. Default: one per core.")
]
Networks = Annotated[
    int | None,
    Parameter(converter=_whole, help="Number of networks in every study. Default: its own."),
]
LayerGains = Annotated[tuple[str, ...], Parameter(name="--layer-gain", negative=())]
Report = Annotated[
    str,
    Parameter(help="Name of a report (saturation-lab list reports), or your own TOML file."),
]
Output = Annotated[Path | None, Parameter(name=["--output", "-o"])]
Json = Annotated[bool, Parameter(name="--json", help="Print JSON instead of text.")]
DryRun = Annotated[bool, Parameter(help="Only estimate time and memory.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class StudyOptions:
    """The keys of a study except its activation and initializer; None for an option not given.

    Attributes
    ----------
    depth : int or None
        Number of hidden layers. Default: 5.
    width : int or None
        Units in each hidden layer. Default: 1000.
    widths : str or None
        Widths of the hidden layers only, from bottom to top, such as 784,512,256; replaces
        --depth and --width.
    gain : float or None
        Standard deviation of the weights, relative to that at gain 1.
        Default: the gain of the initializer.
    layer_gains : tuple of str or None
        Gain of a single layer, in place of --gain, as LAYER=GAIN: 1=1.05 or output=0.01. LAYER is
        a number, first, output, or last (the output layer if there is one). May be repeated.
    sigma_w : float or None
        σ_w, instead of --gain: Var w = σ_w²/fan-in. The weights are normal unless --init names
        another law (recommend requires --init; grid does not take it).
    bias : str or None
        zero, constant, normal, uniform, fan_in_normal, fan_in_uniform or pytorch_default.
        Default: that of the initializer.
    bias_scale : float or None
        Value of constant, standard deviation of normal, or bound of uniform biases; fan_in_normal
        and fan_in_uniform divide it by √fan-in.
    sigma_b : float or None
        σ_b instead of --bias and --bias-scale: standard deviation of normal biases.
    inputs : str or None
        Name of inputs (saturation-lab list inputs), or your own .npy, .npz, .csv, .tsv, .txt,
        .data or .parquet file. Default: shapeset (recommend: gaussian).
    labels : str or None
        Column (or array of an npz file) of your file that holds the labels. Columns without names
        are numbered from 1.
    columns : str or None
        Columns of your file that are inputs, such as age,height; or an array of an npz file.
        Default: all except the labels and --drop.
    drop : str or None
        Columns of your file that are left out, such as id,price; or arrays of an npz file.
    missing : str or None
        drop leaves out rows with missing values; mean replaces a missing value by the mean of its
        column. Default: they are refused.
    features : int or None
        Input width of gaussian and uniform inputs. Default: the width of the first hidden layer.
    scaling : str or None
        standardized (each column to mean 0 and variance 1), standardized_overall (all values
        together), unit (the range of the values onto [0, 1]), signed (onto [-1, 1]) or none.
        Default: that of the inputs; standardized for tables, standardized_overall for images.
    examples : int or None
        Inputs per network. Default: 50, or all of a file that has fewer.
    fresh_inputs : bool or None
        Show every network inputs of its own. Default: all networks are shown the same inputs.
    loss : str or None
        softmax_nll or random_cotangent.
        Default: softmax_nll if the inputs have labels, otherwise random_cotangent.
    singular_values : int or None
        Examples per network whose layer Jacobians are decomposed. Default: 0.
        Each takes 0.1 s at width 1000.
    saturation_beyond : float or None
        Count a unit as saturated beyond this |z|.
        Default: in the tails where |φ'| stays below 5 % of its maximum.
    networks : int or None
        Number of networks to draw. Default: 30.
    seed : int or None
        Seed of the random numbers, 0 or more. Default: 0.
    dtype : str or None
        float32 or float64. Default: auto, which is float32 unless signals or gradients are expected
        to leave its range (grid: float64).
    sampler : str or None
        dense draws every weight; weight-free draws none (exact, normal and orthogonal laws only).
        Default: auto, the one that draws fewer numbers.
    """

    depth: Whole | None = None
    width: Whole | None = None
    widths: str | None = None
    gain: float | None = None
    layer_gains: LayerGains | None = None
    sigma_w: float | None = None
    bias: str | None = None
    bias_scale: float | None = None
    sigma_b: float | None = None
    inputs: str | None = None
    labels: str | None = None
    columns: str | None = None
    drop: str | None = None
    missing: str | None = None
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
        """Return the keys of the study that were given on the command line."""
        values = {key.name: getattr(self, key.name) for key in fields(self)}
        if self.widths is not None:
            values["widths"] = _widths(self.widths)
        for key in ("columns", "drop"):
            if values[key] is not None:
                values[key] = split_names(values[key])
        if self.layer_gains is not None:
            values["layer_gains"] = _gains(self.layer_gains)
        return {key: value for key, value in values.items() if value is not None}


NO_OPTIONS = StudyOptions()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asked:
    """A study as given on the command line.

    Attributes
    ----------
    activation : str or None
        Name of an activation (saturation-lab list activations), also as in PyTorch, Keras or JAX,
        or your own module:attribute. Default: tanh.
    init : str or None
        Name of an initializer (saturation-lab list initializers), also as in PyTorch, Keras or JAX,
        or your own module:attribute. Default: glorot_uniform.
    options : StudyOptions
        All other keys of the study.
    study : Path or None
        Read the study from this TOML file; other options override its keys.
    """

    activation: str | None = None
    init: str | None = None
    options: StudyOptions = NO_OPTIONS
    study: Path | None = None

    def given(self) -> dict[str, Any]:
        """Return the keys of the study that were given on the command line."""
        pair = {"activation": self.activation, "initializer": self.init}
        chosen = {key: name for key, name in pair.items() if name is not None}
        return {**chosen, **self.options.given()}


DEFAULT = Asked()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Where and in which form figures are written.

    Attributes
    ----------
    output : Path
        Folder for the files.
    formats : str
        svg, png or pdf, or several separated by commas.
    context : str
        talk (16:9, readable on a slide), page (16:9) or phone (portrait).
    dark : bool
        Draw for a dark background.
    force : bool
        Write into a folder that is not empty, and replace files in it.
    """

    output: Annotated[Path, Parameter(name=["--output", "-o"])]
    formats: str = "svg"
    context: str = "talk"
    dark: bool = False
    force: bool = False

    def canvas(self) -> tuple[Canvas, tuple[str, ...]]:
        """Return the canvas and the formats.

        Raises
        ------
        InputError
            If the context or a format is unknown, or the folder is not empty and ``force`` is
            false.
        """
        from saturation_lab.figures.theme import canvas_and_kinds
        from saturation_lab.files import refuse_filled

        found = canvas_and_kinds(self.context, self.formats, dark=self.dark)
        refuse_filled(self.output, force=self.force)
        return found


def study_from(options: dict[str, Any], path: Path | None, start: Result | None) -> Study:
    """Return a study with the keys of the command line.

    The other keys come from a file, from the result to be extended, or from the defaults (tanh,
    glorot_uniform, 5 hidden layers of 1000 units).

    Parameters
    ----------
    options : dict
        The keys that were given, with their values.
    path : Path or None
        A TOML file with a study.
    start : Result or None
        The earlier result to which ``--resume`` adds networks.

    Returns
    -------
    Study
        The study, with defaults not yet resolved.

    Raises
    ------
    InputError
        If the file or a key is unusable, or ``start`` is given without a number of networks.

    Examples
    --------
    >>> study_from({"activation": "relu", "depth": 2, "width": 8}, None, None).widths
    (8, 8)
    """
    from saturation_lab.data.own_inputs import is_file_name
    from saturation_lab.study import Study, keys_of

    base: dict[str, Any] = {"activation": "tanh", "initializer": "glorot_uniform"}
    if path is not None:
        base = Study.read(path).to_dict()
    elif start is not None:
        base = start.study.to_dict()
        if "networks" not in options:
            expected = f"more than the {start.study.networks} already sampled"
            hint = "give the new total with --networks"
            raise InputError("resume: networks", expected=expected, got=NOTHING, hint=hint)
    if {"depth", "width", "widths"} & set(options):
        base.pop("widths", None)
    for sigma, others in (
        ("sigma_w", ("initializer", "gain")),
        ("sigma_b", ("bias", "bias_scale")),
    ):
        if sigma in options:
            base = {key: value for key, value in base.items() if key not in others}
    if "inputs" in options:  # the keys of the file that the study used before
        for key in ("inputs_sha256",) if is_file_name(options["inputs"]) else keys_of("file"):
            base.pop(key, None)
    if "widths" not in base and "widths" not in options:
        options = {"depth": 5, "width": 1000, **options}
    return Study.from_dict({**base, **options})


def _widths(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"-?[0-9]{1,18}", part) for part in parts):
        raise InputError(
            "widths", expected="whole numbers separated by commas, such as 784,512", got=text
        )
    return [int(part) for part in parts]


def _gains(given: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in given:
        layer, equals, gain = one.partition("=")
        try:
            number = float(gain)
        except ValueError:
            equals = ""
        if not equals or layer in found:
            expected = "a layer and its gain, such as 1=1.05 or output=.01, each layer once"
            raise InputError("layer_gain", expected=expected, got=one)
        found[layer] = number
    return found


def names(key: str, text: str) -> list[str]:
    """Split a list of names at its commas.

    Parameters
    ----------
    key : str
        The option, for the error message.
    text : str
        The text as typed.

    Returns
    -------
    list of str
        The names, without surrounding blanks.

    Raises
    ------
    InputError
        If a name is empty.

    Examples
    --------
    >>> names("activations", "tanh, relu")
    ['tanh', 'relu']
    >>> names("inits", "variance_scaling:2,fan_in,normal,orthogonal")
    ['variance_scaling:2,fan_in,normal', 'orthogonal']
    """
    found, parts = [], [part.strip() for part in text.split(",")]
    while parts:
        # variance_scaling:scale,mode,law is one name
        count = 3 if re.search("variance_?scaling:", parts[0], re.IGNORECASE) else 1
        found.append(",".join(parts[:count]))
        del parts[:count]
    if not all(found):
        raise InputError(key, expected="names separated by commas, such as tanh,relu", got=text)
    return found
