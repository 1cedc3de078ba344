"""A study: which networks are drawn, on which inputs, how many, from which seed.

A `Study` is plain data, checked once; two equal studies give the same numbers. Whatever the package
knows of a key of a study stands beside its field, as a `Key`: there is no second list of keys.
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
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.architecture import Architecture, checked_widths, widths_from
from saturation_lab.nets.initializers import BIASES, Initializer
from saturation_lab.nets.inputs import SCALINGS, InputSource
from saturation_lab.nets.losses import LOSSES
from saturation_lab.nets.own import (
    checked_activation,
    checked_initializer,
    find_activation,
    find_initializer,
    name_of,
    written_name,
)
from saturation_lab.nets.own_inputs import file_sha256, find_inputs, is_file_name
from saturation_lab.nets.undrawn import UNDRAWN, reason_to_draw
from saturation_lab.statistics.axes import checked_ranges
from saturation_lab.statistics.trace import COUNTED, SIGNALS

SCHEMA = 1
_Check = Callable[[str, Any], object]
_Role = Literal["matched", "page", "group", "younger", "untyped", "named"]
"""What else holds of a key. ``matched``: two studies that are compared must agree in it; ``page``,
``group``: it is the same in all studies of a page, or of a group of one; ``younger``: it is omitted
at its default, so that the digests of older studies do not change; ``untyped``: the command line
has no option for it; ``named``: it is written down by the name that it is found by."""


@dataclass(frozen=True)
class Key:
    """What is known of a key: how a value is checked and converted, and which roles it has."""

    check: _Check
    roles: frozenset[_Role]


def _key(check: _Check, *roles: _Role) -> dict[str, Key]:
    return {"key": Key(check, frozenset(roles))}


def _given(default: Any, check: _Check, *roles: _Role) -> Any:
    """Return a field with a default; a default of None is not checked."""
    return field(default=default, metadata=_key(check, *roles))


def _any(name: str, value: object) -> object:
    return value


@dataclass(frozen=True, kw_only=True)
class Study:
    """The whole order for a Monte Carlo sample of networks.

    Attributes:
        activation: a key of `ACTIVATIONS`, ``module:attribute``, an `Activation` or a callable.
        initializer: a key of `INITIALIZERS`, ``module:attribute`` or an `Initializer`.
        widths: units of hidden layers 1..L.
        gain: multiplies the initializer's standard deviation at gain 1; None: the rule's own.
        bias: a key of `BIASES`; None: the initializer's own (zero but for pytorch_default).
        bias_scale: standard deviation (normal) or bound (uniform) of the biases.
        inputs: a key of `INPUTS`, or the path of a ``.npy``, ``.npz``, ``.csv`` or ``.parquet``
            file of examples × features; a relative one is looked up from the current folder.
        labels: the column (csv, parquet) or array (npz) of a file that holds its labels.
        inputs_sha256: the SHA-256 of that file, which must be so; None: filled by `resolved`.
        features: input width of gaussian and uniform inputs; None: as the first hidden layer.
        scaling: a key of `SCALINGS`; None: the input source's own.
        examples: B, how many inputs each network is shown.
        fresh_inputs: new inputs for every network instead of the same for all.
        loss: a key of `LOSSES`; None: softmax_nll with labels, random_cotangent without.
        singular_values: K, of how many examples a network the singular values of each layer's
            Jacobian are computed; 0 for none. Network i takes the examples iK, ..., iK + K - 1,
            counted round from B to 0.
        saturation_beyond: moves the activation's saturation thresholds to ± this.
        networks: R, how many networks are drawn.
        seed: from 0 below 2**63.
        dtype: float32 or float64, of weights and passes; statistics are always float64.
        sampler: dense draws every weight; weight-free leaves them undrawn, exact for normal and
            orthogonal laws; auto takes the second where it saves three quarters of the numbers.
        bins: how many bins a linear histogram axis has.
        ranges: (low, high) of the linear axis of each signal; those not named come from pilots.

    Raises:
        InputError: a value cannot be used; the message names the key.

    >>> Study(activation="tanh", initializer="glorot_uniform", widths=(64, 64)).networks
    30
    """

    activation: str | Activation | Callable[..., Any] = field(
        metadata=_key(checked_activation, "named")
    )
    initializer: str | Initializer = field(metadata=_key(checked_initializer, "named"))
    widths: Sequence[int] = field(metadata=_key(checked_widths, "group"))
    gain: float | None = _given(None, partial(real, above=0))
    bias: str | None = _given(None, partial(choice, names=BIASES))
    bias_scale: float | None = _given(None, partial(real, least=0))
    inputs: str = _given("shapeset", _any, "matched", "group")
    labels: str | None = _given(None, _any, "matched", "group")
    inputs_sha256: str | None = _given(None, _any, "matched", "group", "untyped")
    features: int | None = _given(None, partial(whole, low=1), "matched", "group")
    scaling: str | None = _given(None, partial(choice, names=SCALINGS), "matched", "group")
    examples: int = _given(50, partial(whole, low=1), "matched", "page")
    fresh_inputs: bool = _given(False, truth, "matched", "page")
    loss: str | None = _given(None, partial(choice, names=LOSSES), "matched", "page")
    singular_values: int = _given(0, partial(whole, low=0), "group", "younger")
    saturation_beyond: float | None = _given(None, partial(real, above=0), "group")
    networks: int = _given(30, partial(whole, low=1, high=2**32 - 1), "group")
    seed: int = _given(0, partial(whole, low=0, high=2**63 - 1), "page")
    dtype: str = _given("float32", partial(choice, names=("float32", "float64")), "page")
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
        self._check_together()

    def __reduce__(self) -> tuple[Any, ...]:
        # a read-only mapping does not cross process borders: plain data does
        return partial(Study, **{**self._values(), "ranges": dict(self.ranges)}), ()

    def _check_together(self) -> None:
        """Refuse keys that contradict each other, and fill nothing in."""
        source, bias = self.input_source, BIASES[self.resolved_bias]
        whole("examples", self.examples, low=1, high=source.supply)
        if self.features is not None and source.features not in (None, self.features):
            expected = f"{source.features} or nothing, as {self.inputs} inputs have that many"
            raise InputError("features", expected=expected, got=self.features)
        if bias.takes_scale and self.bias_scale is None:
            raise InputError(
                "bias_scale", expected=f"a number, as {bias.name} biases need one", got=NOTHING
            )
        if not bias.takes_scale and self.bias_scale is not None:
            raise InputError(
                "bias_scale",
                expected=f"nothing, as {bias.name} biases take none",
                got=self.bias_scale,
                hint="name a bias law (bias = normal or uniform)",
            )
        if LOSSES[self.resolved_loss].needs_labels and not source.classes:
            raise InputError(
                "loss",
                expected=f"random_cotangent, as {self.inputs} inputs have no labels",
                got=self.resolved_loss,
                hint="name its labels (labels = COLUMN)" if is_file_name(self.inputs) else "",
            )
        if self.singular_values > self.examples:
            expected = f"at most the number of examples ({self.examples})"
            raise InputError("singular_values", expected=expected, got=self.singular_values)
        if "singular_value" in self.ranges and not self.singular_values:
            expected = "singular_values above 0 beside it"
            raise InputError("ranges.singular_value", expected=expected, got=self.singular_values)
        if source.span is None and self.scaling in ("signed", "unit"):
            raise InputError(
                "scaling",
                expected=f"none or standardized, as {self.inputs} inputs have no smallest and "
                "largest value that is known",
                got=self.scaling,
            )
        # a missing gain is named here too
        undrawn = self.architecture.initializer.law in UNDRAWN and not self.singular_values
        if self.sampler == "weight-free" and not undrawn:
            expected = f"dense or auto, as {self.reason_to_draw}"
            raise InputError("sampler", expected=expected, got=self.sampler)

    @property
    def input_source(self) -> InputSource:
        """Return where the examples come from."""
        return find_inputs(self.inputs, self.labels, sha256=self.inputs_sha256)

    @property
    def resolved_bias(self) -> str:
        """Return the bias law in force."""
        return self.bias or find_initializer(self.initializer).bias

    @property
    def resolved_loss(self) -> str:
        """Return the loss in force."""
        labelled = bool(self.input_source.classes)
        return self.loss or ("softmax_nll" if labelled else "random_cotangent")

    def resolved(self) -> Study:
        """Return the same study with every default that depends on other keys written out.

        >>> study = Study(activation="relu", initializer="he_normal", widths=(8,)).resolved()
        >>> study.bias, study.loss, study.features, study.sampler
        ('zero', 'softmax_nll', 1024, 'dense')
        """
        return replace(
            self,
            gain=self._resolved_gain,
            bias=self.resolved_bias,
            inputs_sha256=self.inputs_sha256 or file_sha256(self.inputs),
            features=self._resolved_features,
            scaling=self.scaling or self.input_source.scaling,
            loss=self.resolved_loss,
            sampler=self._resolved_sampler,
        )

    @cached_property
    def architecture(self) -> Architecture:
        """Return the networks that the study draws."""
        source, loss = self.input_source, LOSSES[self.resolved_loss]
        return Architecture(
            input_width=self._resolved_features,
            widths=tuple(self.widths),
            classes=len(source.classes) if loss.needs_labels else None,
            activation=find_activation(self.activation),
            initializer=find_initializer(self.initializer),
            gain=self._resolved_gain,
            bias=BIASES[self.resolved_bias],
            bias_scale=self.bias_scale or 0.0,
        )

    @property
    def _resolved_gain(self) -> float:
        if self.gain is not None:
            return self.gain
        return find_initializer(self.initializer).gain_for(find_activation(self.activation))

    @property
    def _resolved_features(self) -> int:
        return self.features or self.input_source.features or self.widths[0]

    @property
    def reason_to_draw(self) -> str:
        """Return why auto takes the dense sampler; "" where it takes the weight-free one."""
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
        """Return what the hidden layers are called: their numbers."""
        return tuple(str(i) for i in range(1, len(self.widths) + 1))

    @property
    def signals(self) -> tuple[str, ...]:
        """Return what histograms are kept of."""
        return COUNTED if self.singular_values else SIGNALS

    @property
    def thresholds(self) -> tuple[float, float]:
        """Return the saturation thresholds (low, high) in force."""
        return find_activation(self.activation).thresholds(self.saturation_beyond)

    def _values(self) -> dict[str, Any]:
        return {key.name: getattr(self, key.name) for key in fields(self)}

    @property
    def can_be_written(self) -> bool:
        """Return whether the study is plain data: a lambda runs, but has no name to find it by."""
        return None not in (name_of(self.activation), name_of(self.initializer))

    def to_dict(self) -> dict[str, Any]:
        """Return the study as plain data without the keys that say nothing.

        Raises:
            InputError: an activation or initializer cannot be found again by a name.
        """
        data = {
            name: written_name(name, value) if name in keys_of("named") else _plain(value)
            for name, value in self._values().items()
        }
        silent = {one.name: one.default for one in fields(self) if one.name in keys_of("younger")}
        return {name: x for name, x in data.items() if x not in (None, {}, silent.get(name))}

    def to_json(self) -> dict[str, Any] | None:
        """Return `to_dict`, or None where the study cannot be written down."""
        return self.to_dict() if self.can_be_written else None

    def written(self) -> str:
        """Return the study as text: TOML."""
        return self.to_toml()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, where: str = "study") -> Study:
        """Return the study that plain data describes; unknown and missing keys are refused.

        Beside the study's own keys, ``depth`` and ``width`` stand for equal ``widths``.
        """
        if not isinstance(data, Mapping):
            raise InputError(where, expected="a table of keys", got=data)
        data = dict(data)
        known = [*(key.name for key in fields(cls)), "depth", "width"]
        for key in data:
            if key not in known:
                raise InputError(
                    where,
                    expected=f"keys of a study ({', '.join(known)})",
                    got=key,
                    hint=did_you_mean(key, known),
                )
        if "depth" in data or "width" in data:
            data["widths"] = widths_from(
                depth=data.pop("depth", None),
                width=data.pop("width", None),
                widths=data.get("widths"),
            )
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
        """Return the study that TOML text describes."""
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
        """Return the study in a TOML file."""
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
        """Return the SHA-256 of the resolved study: equal orders have equal digests."""
        data = {"schema": SCHEMA, **self.resolved().to_dict()}
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {signal: list(span) for signal, span in value.items()}
    return list(value) if isinstance(value, tuple) else value


@cache
def keys_of(role: _Role) -> tuple[str, ...]:
    """Return the keys of a study that have a role, in the order of its fields.

    >>> keys_of("page")
    ('examples', 'fresh_inputs', 'loss', 'seed', 'dtype')
    """
    return tuple(one.name for one in fields(Study) if role in one.metadata["key"].roles)
