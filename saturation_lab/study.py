"""The specification of a sample of networks: their layers, inputs, number and seed.

A `Study` is plain data, checked once; two equal studies give the same numbers. Everything that the
package knows about a key of a study is stored in the metadata of its field, as a `Key`, so there is
no second list of keys.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, ClassVar, Literal

from saturation_lab.checks import (
    NOTHING,
    InputError,
    Words,
    choice,
    did_you_mean,
    real,
    truth,
    whole,
)
from saturation_lab.data.input_notes import input_notes
from saturation_lab.data.own_choice import (
    MISSING,
    checked_column,
    checked_columns,
    checked_path,
)
from saturation_lab.data.own_inputs import file_sha256, find_inputs, is_file_name
from saturation_lab.data.sources import SCALINGS, InputSource
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.architecture import (
    Architecture,
    checked_layer_gains,
    checked_widths,
    numbered_gains,
    widths_from,
)
from saturation_lab.nets.biases import BIASES, checked_bias, refuse_other_scale
from saturation_lab.nets.initializer_names import names_gain
from saturation_lab.nets.initializers import Initializer
from saturation_lab.nets.losses import LOSSES
from saturation_lab.nets.magnitudes import leaves_float32
from saturation_lab.nets.own import (
    checked_activation,
    checked_initializer,
    find_activation,
    find_initializer,
    name_of,
    written_name,
)
from saturation_lab.nets.sigmas import SIGMAS, without_sigmas
from saturation_lab.nets.undrawn import UNDRAWN, reason_to_draw
from saturation_lab.statistics.axes import checked_ranges
from saturation_lab.statistics.trace import COUNTED, SIGNALS

SCHEMA = 1
EXAMPLES = 50
"""The number of examples that each network is shown unless it is given, or a file has fewer."""

_Check = Callable[[str, Any], object]
_Role = Literal["matched", "page", "group", "younger", "untyped", "named", "file"]
"""Further properties of a key.

``matched``: two studies that are compared must agree on it. ``page``: it is the same in all studies
of a page. ``group``: it is the same in all studies of one group on a page. ``younger``: it was
added later and is omitted at its default value, so that existing digests do not change.
``untyped``: the command line has no option for it. ``named``: its value may be an object, which is
written as the name under which it can be found. ``file``: it is about the file of the inputs, and
None if they are not a file.
"""


@dataclass(frozen=True)
class Key:
    """A key of a study: the function that checks and converts its value, and the key's roles."""

    check: _Check
    roles: frozenset[_Role]


def _key(check: _Check, *roles: _Role) -> dict[str, Key]:
    return {"key": Key(check, frozenset(roles))}


def _given(default: Any, check: _Check, *roles: _Role) -> Any:
    """Return a dataclass field with a default; a default of None is not checked."""
    return field(default=default, metadata=_key(check, *roles))


@dataclass(frozen=True, kw_only=True)
class Study:
    """The complete specification of a Monte Carlo sample of networks.

    Attributes
    ----------
    activation : str, Activation or callable
        A key of `ACTIVATIONS`, one with a parameter (``leaky_relu:0.2``), ``module:attribute``, an
        `Activation`, or a function of an array.
    initializer : str or Initializer
        A key of `INITIALIZERS`, one with a parameter (``normal:0.02``), a name from PyTorch, Keras,
        JAX or a paper (`named_initializer`), ``module:attribute``, or an `Initializer`. The study
        stores the name from this package, so that equal networks have equal digests.
    widths : sequence of int
        The number of units in hidden layers 1 to L.
    gain : float or None
        The factor on the initializer's standard deviation at gain 1; None for the gain that
        belongs to the rule.
    layer_gains : mapping of str to float
        The gains of layers that have a gain of their own. The keys are the numbers of hidden
        layers, "first", "output", or "last" (the output layer if there is one, otherwise the last
        hidden layer).
    bias : str or None
        A key of `BIASES`; None for the law that belongs to the initializer (zero for all rules but
        pytorch_default).
    bias_scale : float or None
        The value (constant), standard deviation (normal) or bound (uniform) of the biases; for
        fan_in_normal and fan_in_uniform, that times √fan_in. None for laws that take no scale.
    inputs : str
        A key of `INPUTS`, or the path of a file of examples × features (``.npy``, ``.npz``,
        ``.csv``, ``.tsv``, ``.txt``, ``.data`` or ``.parquet``) or of images (``.npy``, ``.npz``).
        A relative path starts from the current folder.
    labels : str or None
        The column, or array of an ``.npz`` file, that contains the labels. If a file does not name
        its columns, they are numbered from 1.
    columns : sequence of str or None
        The columns, or the array of an ``.npz`` file, to use as inputs; None for all columns except
        the labels and those of ``drop``.
    drop : sequence of str or None
        The columns or arrays to leave out; None to leave out none.
    missing : str or None
        How to handle missing values: "drop" leaves out the rows that contain them, "mean" replaces
        them with the mean of their column; None raises an error.
    inputs_sha256 : str or None
        The SHA-256 that the file must have; None to accept any. `resolved` fills it in.
    features : int or None
        The input width of gaussian and uniform inputs; None for the width of the first hidden
        layer.
    scaling : str or None
        A key of `SCALINGS`; None for the default of the inputs.
    examples : int
        B, the number of inputs that each network is shown. By default 50, or all of a file that
        has fewer.
    fresh_inputs : bool
        Whether each network is shown its own inputs, instead of the same inputs for all.
    loss : str or None
        A key of `LOSSES`; None for softmax_nll if the inputs have labels, else random_cotangent.
    singular_values : int
        K, the number of examples per network for which the singular values of each layer's
        Jacobian are computed; 0 for none. Network i takes the examples iK, ..., iK + K - 1,
        modulo B.
    saturation_beyond : float or None
        Moves the saturation thresholds of the activation to ± this value; None to keep them.
    networks : int
        R, the number of networks.
    seed : int
        The seed, from 0 to 2**63 - 1.
    dtype : str
        The precision of weights and passes, float32 or float64; statistics are always float64. auto
        chooses float32, unless signals or gradients are expected to come near its limits
        (`leaves_float32`).
    sampler : str
        dense draws every weight. weight-free draws only what the examples can reveal of the
        weights, which is exact for normal and orthogonal laws. auto chooses weight-free if it
        needs at most a quarter of the random numbers.
    bins : int
        The number of bins in a linear histogram.
    ranges : mapping of str to (float, float)
        The ends (low, high) of the linear histogram axis of each signal; pilot networks set those
        that are omitted.

    Raises
    ------
    InputError
        If a value cannot be used, or two keys contradict each other; the message names the key.

    Examples
    --------
    >>> Study(activation="tanh", initializer="glorot_uniform", widths=(64, 64)).networks
    30
    """

    activation: str | Activation | Callable[..., Any] = field(
        metadata=_key(checked_activation, "named")
    )
    initializer: str | Initializer = field(metadata=_key(checked_initializer, "named"))
    widths: Sequence[int] = field(metadata=_key(checked_widths, "group"))
    gain: float | None = _given(None, partial(real, above=0))
    layer_gains: Mapping[str, float] = field(
        default_factory=dict, hash=False, metadata=_key(checked_layer_gains)
    )
    bias: str | None = _given(None, checked_bias)
    bias_scale: float | None = _given(None, real)
    inputs: str = _given("shapeset", checked_path, "matched", "group")
    labels: str | None = _given(None, checked_column, "matched", "group", "file")
    columns: Sequence[str] | None = _given(None, checked_columns, "matched", "group", "file")
    drop: Sequence[str] | None = _given(None, checked_columns, "matched", "group", "file")
    missing: str | None = _given(None, partial(choice, names=MISSING), "matched", "group", "file")
    inputs_sha256: str | None = _given(None, checked_path, "matched", "group", "untyped", "file")
    features: int | None = _given(None, partial(whole, low=1), "matched", "group")
    scaling: str | None = _given(None, partial(choice, names=SCALINGS), "matched", "group")
    examples: int = _given(None, partial(whole, low=1), "matched", "page")
    fresh_inputs: bool = _given(False, truth, "matched", "page")
    loss: str | None = _given(None, partial(choice, names=LOSSES), "matched", "page")
    singular_values: int = _given(0, partial(whole, low=0), "group", "younger")
    saturation_beyond: float | None = _given(None, partial(real, above=0), "group")
    networks: int = _given(30, partial(whole, low=1, high=2**32 - 1), "group")
    seed: int = _given(0, partial(whole, low=0, high=2**63 - 1), "page")
    dtype: str = _given("auto", partial(choice, names=("auto", "float32", "float64")))
    sampler: str = _given("auto", partial(choice, names=("auto", "dense", "weight-free")))
    bins: int = _given(200, partial(whole, low=2, high=100_000), "untyped")
    ranges: Mapping[str, tuple[float, float]] = field(
        default_factory=dict, hash=False, metadata=_key(checked_ranges, "untyped")
    )

    kind: ClassVar[str] = "study"

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value is not None or one.default is not None:
                object.__setattr__(self, one.name, one.metadata["key"].check(one.name, value))
        if self.examples is None:
            object.__setattr__(self, "examples", self.usual_examples)
        self._check_together()

    def __reduce__(self) -> tuple[Any, ...]:
        # a read-only mapping cannot be pickled; plain data can
        tables = {"layer_gains": dict(self.layer_gains), "ranges": dict(self.ranges)}
        return partial(Study, **{**self._values(), **tables}), ()

    def _check_together(self) -> None:
        """Reject keys that contradict each other, without filling in any default."""
        source, bias = self.input_source, BIASES[self.resolved_bias]
        whole("examples", self.examples, low=1, high=source.supply)
        if self.features is not None and source.features not in (None, self.features):
            expected = (
                f"{source.features} or nothing, because {self.inputs} inputs have "
                f"{source.features} features"
            )
            raise InputError("features", expected=expected, got=self.features)
        refuse_other_scale(bias, self.bias_scale)
        if LOSSES[self.resolved_loss].needs_labels and not source.classes:
            raise InputError(
                "loss",
                expected=f"random_cotangent, because {self.inputs} inputs have no labels",
                got=self.resolved_loss,
                hint="if the file contains labels, name them (labels = COLUMN)"
                if is_file_name(self.inputs)
                else "",
            )
        if self.singular_values > self.examples:
            expected = f"at most the number of examples ({self.examples})"
            raise InputError("singular_values", expected=expected, got=self.singular_values)
        if "singular_value" in self.ranges and not self.singular_values:
            expected = "singular_values above 0 for this range"
            raise InputError("ranges.singular_value", expected=expected, got=self.singular_values)
        if source.span is None and self.scaling in ("signed", "unit"):
            raise InputError(
                "scaling",
                expected=f"standardized, standardized_overall or none, because {self.inputs} "
                "inputs have no known smallest and largest value",
                got=self.scaling,
            )
        # `architecture` also rejects a missing gain
        undrawn = self.architecture.initializer.law in UNDRAWN and not self.singular_values
        if self.sampler == "weight-free" and not undrawn:
            expected = f"dense or auto, because {self.reason_to_draw}"
            raise InputError("sampler", expected=expected, got=self.sampler)

    @property
    def input_source(self) -> InputSource:
        """Return the source of the examples."""
        return find_inputs(
            self.inputs,
            self.labels,
            columns=self.columns,
            drop=self.drop,
            missing=self.missing,
            sha256=self.inputs_sha256,
        )

    @property
    def usual_examples(self) -> int:
        """Return the number of examples if it is not given: 50, or all that there are."""
        return min(EXAMPLES, self.input_source.supply or EXAMPLES)

    @property
    def input_notes(self) -> tuple[str, ...]:
        """Return what was done to the data of the examples; () for built-in inputs as they are."""
        source = self.input_source
        scaling = self.scaling or source.scaling
        return input_notes(source, scaling=scaling, examples=self.examples)

    @property
    def resolved_bias(self) -> str:
        """Return the name of the bias law, with its default filled in."""
        return self.bias or find_initializer(self.initializer).bias

    @property
    def resolved_loss(self) -> str:
        """Return the name of the loss, with its default filled in."""
        labelled = bool(self.input_source.classes)
        return self.loss or ("softmax_nll" if labelled else "random_cotangent")

    @property
    def resolved_dtype(self) -> str:
        """Return the precision of weights and passes, with auto decided."""
        if self.dtype != "auto":
            return self.dtype
        return "float64" if leaves_float32(self.architecture) else "float32"

    def resolved(self) -> Study:
        """Return the same study with every default that depends on other keys filled in.

        Examples
        --------
        >>> study = Study(activation="relu", initializer="he_normal", widths=(8,)).resolved()
        >>> study.bias, study.loss, study.features, study.dtype, study.sampler
        ('zero', 'softmax_nll', 1024, 'float32', 'dense')
        """
        return replace(
            self,
            gain=self._resolved_gain,
            layer_gains={
                str(number) if number <= len(self.widths) else "output": gain
                for number, gain in self.architecture.own_gains
                if gain != self._resolved_gain
            },
            bias=self.resolved_bias,
            inputs_sha256=self.inputs_sha256 or file_sha256(self.inputs),
            features=self._resolved_features,
            scaling=self.scaling or self.input_source.scaling,
            loss=self.resolved_loss,
            dtype=self.resolved_dtype,
            sampler=self._resolved_sampler,
        )

    @cached_property
    def architecture(self) -> Architecture:
        """Return the architecture of the networks that the study draws."""
        source, loss = self.input_source, LOSSES[self.resolved_loss]
        return Architecture(
            input_width=self._resolved_features,
            widths=tuple(self.widths),
            classes=len(source.classes) if loss.needs_labels else None,
            activation=find_activation(self.activation),
            initializer=find_initializer(self.initializer),
            gain=self._resolved_gain,
            own_gains=numbered_gains(
                self.layer_gains, depth=len(self.widths), output=loss.needs_labels
            ),
            bias=BIASES[self.resolved_bias],
            bias_scale=self.bias_scale or 0.0,
        )

    @property
    def _resolved_gain(self) -> float:
        rule = find_initializer(self.initializer)
        if self.gain is None:
            return rule.gain_for(find_activation(self.activation))
        if names_gain(rule) and self.gain != rule.gain:
            expected = f"nothing, because the name {rule.name} sets it"
            raise InputError("gain", expected=expected, got=self.gain)
        return self.gain

    @property
    def _resolved_features(self) -> int:
        return self.features or self.input_source.features or self.widths[0]

    @property
    def reason_to_draw(self) -> str:
        """Return why auto chooses the dense sampler; "" if it chooses the weight-free one."""
        if self.singular_values:
            return "singular values need the weights"
        return reason_to_draw(self.architecture, self.examples)

    @property
    def _resolved_sampler(self) -> str:
        if self.sampler != "auto":
            return self.sampler
        return "dense" if self.reason_to_draw else "weight-free"

    @property
    def layer_labels(self) -> tuple[str, ...]:
        """Return the labels of the hidden layers, which are their numbers."""
        return tuple(str(i) for i in range(1, len(self.widths) + 1))

    @property
    def signals(self) -> tuple[str, ...]:
        """Return the names of the signals of which histograms are kept."""
        return COUNTED if self.singular_values else SIGNALS

    @property
    def thresholds(self) -> tuple[float, float]:
        """Return the saturation thresholds (low, high) of the pre-activation."""
        return find_activation(self.activation).thresholds(self.saturation_beyond)

    def _values(self) -> dict[str, Any]:
        return {key.name: getattr(self, key.name) for key in fields(self)}

    @property
    def can_be_written(self) -> bool:
        """Return whether the study can be written as plain data.

        A study with a lambda can be sampled, but the lambda has no name under which it could be
        found again.
        """
        return None not in (name_of(self.activation), name_of(self.initializer))

    def to_dict(self) -> dict[str, Any]:
        """Return the study as plain data, without keys that are None or empty.

        Raises
        ------
        InputError
            If the activation or initializer has no name under which it can be found again.
        """
        data = {
            name: written_name(name, value) if name in keys_of("named") else _plain(value)
            for name, value in self._values().items()
        }
        silent = {one.name: one.default for one in fields(self) if one.name in keys_of("younger")}
        return {name: x for name, x in data.items() if x not in (None, {}, silent.get(name))}

    def to_json(self) -> dict[str, Any] | None:
        """Return `to_dict`, or None if the study cannot be written as plain data."""
        return self.to_dict() if self.can_be_written else None

    def written(self) -> str:
        """Return the study as TOML, as pages show it."""
        return self.to_toml()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, where: str = "study") -> Study:
        """Return the study that plain data describes.

        Parameters
        ----------
        data : mapping
            The keys of the study. ``depth`` and ``width`` together may replace ``widths`` if all
            hidden layers are equally wide. ``sigma_w`` may replace ``initializer`` and ``gain``,
            and ``sigma_b`` ``bias`` and ``bias_scale``: Var w = σ_w²/fan_in and Var b = σ_b².
        where : str
            The location of the data, as error messages give it.

        Returns
        -------
        Study
            The study.

        Raises
        ------
        InputError
            If a key is unknown or missing, or a value cannot be used.

        Examples
        --------
        >>> data = {"activation": "tanh", "initializer": "he_normal", "depth": 3, "width": 8}
        >>> Study.from_dict(data).widths
        (8, 8, 8)
        """
        if not isinstance(data, Mapping):
            raise InputError(where, expected="a table of keys", got=data)
        data = dict(data)
        known = [*(key.name for key in fields(cls)), "depth", "width", *SIGMAS]
        for key in data:
            if key not in known:
                raise InputError(
                    where,
                    expected=f"only keys of a study ({', '.join(known)})",
                    got=key,
                    hint=did_you_mean(key, known),
                )
        if "depth" in data or "width" in data:
            data["widths"] = widths_from(
                depth=data.pop("depth", None),
                width=data.pop("width", None),
                widths=data.get("widths"),
            )
        data = without_sigmas(data)
        for key in ("activation", "initializer", "widths"):
            if key not in data:
                raise InputError(f"{where}.{key}", expected="a value", got=NOTHING)
        return cls(**data)

    def to_toml(self) -> str:
        """Return the study as TOML."""
        import tomli_w

        return tomli_w.dumps({"schema": SCHEMA, **self.to_dict()})

    @classmethod
    def from_toml(cls, text: str, *, where: str = "study.toml") -> Study:
        """Return the study that a TOML document describes.

        Parameters
        ----------
        text : str
            The document.
        where : str
            The location of the document, as error messages give it.

        Returns
        -------
        Study
            The study.

        Raises
        ------
        InputError
            If the text is not TOML, its schema is unknown, or it does not describe a study.
        """
        try:
            data = tomllib.loads(text)
        except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
            raise InputError(where, expected="TOML", got=Words(error)) from error
        schema = data.pop("schema", SCHEMA)
        if schema != SCHEMA or isinstance(schema, bool):
            raise InputError(f"{where}: schema", expected=str(SCHEMA), got=schema)
        return cls.from_dict(data, where=where)

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """Return the study that a TOML file describes.

        Parameters
        ----------
        path : str or Path
            The file.

        Returns
        -------
        Study
            The study.

        Raises
        ------
        InputError
            If the file cannot be read or does not describe a study.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise InputError(
                "study", expected="a readable file", got=Words(f"{path}: {reason}")
            ) from error
        return cls.from_toml(text, where=str(path))

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the resolved study; equal studies have equal digests."""
        data = {"schema": SCHEMA, **self.resolved().to_dict()}
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return list(value) if isinstance(value, tuple) else value


@cache
def keys_of(role: _Role) -> tuple[str, ...]:
    """Return the keys of a study that have a given role.

    Parameters
    ----------
    role : str
        matched, page, group, younger, untyped, named or file.

    Returns
    -------
    tuple of str
        The names of the keys, in the order of the fields of `Study`.

    Examples
    --------
    >>> keys_of("page")
    ('examples', 'fresh_inputs', 'loss', 'seed')
    """
    return tuple(one.name for one in fields(Study) if role in one.metadata["key"].roles)
