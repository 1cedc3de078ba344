"""Initializers by the names that people type: parameters, and the names of frameworks and papers.

``NAME:NUMBER`` sets the parameter of a rule (`PARAMETERS`), such as ``normal:0.02``, and
``variance_scaling:SCALE,MODE,LAW`` is the general rule of Keras and JAX. Names of PyTorch, Keras
and JAX are aliases of the rule with the same law (`ALIASES`). A bare name such as ``he_normal``
means the plain normal law, as in the paper and in PyTorch. Keras and JAX truncate it, so their
names, in CamelCase or with a prefix, are aliases of ``he_truncated_normal``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from importlib.util import find_spec

from saturation_lab.checks import InputError, choice, real
from saturation_lab.nets.initializers import (
    FANS,
    INITIALIZERS,
    TRUNCATED_STD,
    Initializer,
    scaled_rule,
)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What the number after the colon of a name sets.

    Attributes
    ----------
    symbol : str
        The parameter in plain text.
    meaning : str
        What it is, in words.
    gain : callable
        Maps the parameter to the gain.
    signed : bool
        Whether it may be 0 or negative.
    """

    symbol: str
    meaning: str
    gain: Callable[[float], float] = float
    signed: bool = False


_STD = Parameter(symbol="σ", meaning="the standard deviation")
_GAIN = Parameter(symbol="g", meaning="the gain")
_SLOPE = Parameter(
    symbol="a",
    meaning="the slope of a leaky ReLU below 0, g = √(2/(1 + a²))",
    gain=lambda a: math.sqrt(2 / (1 + a * a)),
    signed=True,
)
_LAWS = ("normal", "uniform", "truncated_normal")

PARAMETERS: dict[str, Parameter] = {
    "normal": _STD,
    "truncated_normal": _STD,
    "uniform": Parameter(symbol="b", meaning="the bound", gain=lambda b: b / math.sqrt(3)),
    "positive_uniform": Parameter(symbol="s", meaning="the upper end"),
    "constant": Parameter(symbol="c", meaning="the value"),
    "orthogonal": _GAIN,
    "identity": _GAIN,
    **{f"{paper}_{law}": _GAIN for paper in ("glorot", "lecun") for law in _LAWS},
    **{f"{paper}_{law}": _SLOPE for paper in ("he", "he_fan_out") for law in _LAWS},
}
"""The parameter of each rule that takes one in its name."""


@dataclass(frozen=True, kw_only=True)
class Alias:
    """A rule under the name of a framework.

    Attributes
    ----------
    rule : str
        A key of `INITIALIZERS`.
    default : float or None
        The parameter without a number after the name; None for that of the rule.
    factor : float
        The rule's parameter in units of the framework's.
    """

    rule: str
    default: float | None = None
    factor: float = 1.0


def _renamed(names: Iterable[tuple[str, str]], ending: str) -> dict[str, Alias]:
    return {
        f"{theirs}_{law}": Alias(rule=f"{ours}_{ending if law == 'normal' else law}")
        for theirs, ours in names
        for law in ("normal", "uniform")
    }


_PAPERS = [
    ("xavier", "glorot"),
    ("kaiming", "he"),
    ("msra", "he"),
    ("kaiming_fan_out", "he_fan_out"),
]
_OWN = [("he", "he"), ("glorot", "glorot"), ("lecun", "lecun")]
_PLAIN: dict[str, Alias] = {
    **_renamed(_PAPERS, "normal"),
    "msra": Alias(rule="he_normal"),
    "zero": Alias(rule="zeros"),
    "ones": Alias(rule="constant", default=1.0),
    "eye": Alias(rule="identity"),
    "random_normal": Alias(rule="normal", default=0.05),
    "random_uniform": Alias(rule="uniform", default=0.05),
}
_CUT: dict[str, Alias] = {**_PLAIN, **_renamed([*_PAPERS[:2], *_OWN], "truncated_normal")}

ALIASES: dict[str, dict[str, Alias]] = {
    "": _PLAIN,
    "torch": {**_PLAIN, "uniform": Alias(rule="positive_uniform", default=1.0)},
    "keras": {
        **_CUT,
        "truncated_normal": Alias(rule="truncated_normal", default=0.05, factor=TRUNCATED_STD),
    },
    "jax": {
        **_CUT,
        "normal": Alias(rule="normal", default=0.01),
        "truncated_normal": Alias(rule="truncated_normal", default=0.01, factor=TRUNCATED_STD),
        "uniform": Alias(rule="positive_uniform", default=0.01),
    },
}
"""The rules under the names of PyTorch, Keras and JAX, and without a prefix ("")."""

PREFIXES: dict[str, str] = {
    **dict.fromkeys(("torch.nn.init.", "nn.init.", "init."), "torch"),
    **dict.fromkeys(
        (
            "tensorflow.keras.initializers.",
            "tf.keras.initializers.",
            "keras.initializers.",
            "tf.initializers.",
        ),
        "keras",
    ),
    **dict.fromkeys(
        (
            "jax.nn.initializers.",
            "flax.linen.initializers.",
            "flax.nnx.initializers.",
            "nn.initializers.",
            "nnx.initializers.",
            "initializers.",
        ),
        "jax",
    ),
}
"""The frameworks by the prefixes of their names."""

TYPED: tuple[str, ...] = (
    *_PLAIN,
    "trunc_normal",
    *(
        f"torch.nn.init.{name}_"
        for name in (
            *(f"{paper}_{law}" for paper in ("xavier", "kaiming") for law in ("normal", "uniform")),
            *(
                "normal",
                "uniform",
                "trunc_normal",
                "ones",
                "zeros",
                "eye",
                "orthogonal",
            ),
        )
    ),
    *(f"{paper}{law}" for paper in ("Glorot", "He", "Lecun") for law in ("Normal", "Uniform")),
    *("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling"),
    *("Zeros", "Ones", "Identity", "Orthogonal"),
    *(
        f"jax.nn.initializers.{name}"
        for name in (
            *(
                f"{paper}_{law}"
                for paper in ("glorot", "he", "lecun")
                for law in ("normal", "uniform")
            ),
            *("normal", "uniform", "truncated_normal", "zeros", "ones", "orthogonal"),
        )
    ),
)
"""Names from elsewhere, as listings show them."""

VARIANCE_SCALING = (
    "variance_scaling:scale,mode,law",
    "Var w = scale/n with the mode fan_in, scale/m with fan_out, 2 scale/(n+m) with fan_avg, "
    "scale/√(n m) with fan_geo_avg",
    f"law: {', '.join(_LAWS)}",
    "the general rule of Keras and JAX",
)
"""The row of listings for the general rule."""

_NEVER_CUT = 8.0
"""Truncation at this many standard deviations changes a normal law by less than 1e-14."""
_ALIKE = 0.75
_VARIANCE = "variance_scaling"


def named_initializer(text: str) -> Initializer | None:
    """Return the initializer that a name stands for.

    Parameters
    ----------
    text : str
        A key of `INITIALIZERS`, one of `PARAMETERS` with a colon and a number, a name of a
        framework, with or without its prefix, a trailing ``_`` or ``()``, or
        ``variance_scaling:SCALE,MODE,LAW``.

    Returns
    -------
    Initializer or None
        The initializer, always the same object for the same rule; None for an import path,
        ``module:attribute``.

    Raises
    ------
    InputError
        If there is no such name, or its parameter is out of range.

    Examples
    --------
    >>> for name in ("torch.nn.init.kaiming_normal_", "HeNormal", "normal:0.02"):
    ...     print(named_initializer(name).name)
    he_normal
    he_truncated_normal
    normal:0.02
    >>> named_initializer("variance_scaling:2,fan_in,truncated_normal").name
    'he_truncated_normal'
    """
    framework, name, colon, rest = _parts(text.strip())
    if name == _VARIANCE:
        return _by_variance(rest if colon else "1,fan_in,truncated_normal", framework)
    parameter: float | None = None
    if colon:
        try:
            parameter = float(rest)
        except ValueError:
            if _is_known(name, framework) and find_spec(name) is None:  # no module of the user
                raise _no_number(text, name, framework) from None
            return None
        if not math.isfinite(parameter) and not framework:  # math:inf is an import path
            return None
    if name == "trunc_normal":
        return _torch_truncated(1.0 if parameter is None else parameter)
    alias = ALIASES[framework].get(name) or ALIASES[""].get(name) or Alias(rule=name)
    if alias.rule not in INITIALIZERS:
        raise InputError(
            "initializer",
            expected=f"one of {', '.join(INITIALIZERS)}",
            got=text,
            hint=_without_arguments(text) or _suggestion(name, framework),
        )
    if parameter is None:
        parameter = alias.default
    return _member(alias.rule, None if parameter is None else parameter * alias.factor)


def _parts(text: str) -> tuple[str, str, str, str]:
    """Return the framework, the name in snake case, the colon and what follows it."""
    text = text.strip("'\"")
    prefix = next((one for one in PREFIXES if text.startswith(one)), "")
    name, colon, rest = text[len(prefix) :].partition(":")
    framework, name = PREFIXES.get(prefix, ""), name.removesuffix("()").replace("LeCun", "Lecun")
    if re.fullmatch(r"(?:[A-Z][a-z]+)+", name):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower().removesuffix("_initializer")
        if not name.startswith(("xavier", "kaiming")):  # not names of Keras
            framework = framework or "keras"
    if name.endswith("_"):
        name, framework = name[:-1], framework or "torch"
    return framework, re.sub(r"[-\s]+", "_", name.lower()), colon, rest


def _is_known(name: str, framework: str) -> bool:
    return name in {*INITIALIZERS, *ALIASES[framework], *ALIASES[""], "trunc_normal"}


def _no_number(text: str, name: str, framework: str) -> InputError:
    """Return the error for a known name with anything but a number after its colon."""
    typed, _, rest = text.partition(":")
    rule = (ALIASES[framework].get(name) or ALIASES[""].get(name) or Alias(rule=name)).rule
    expected = f"{name} without a number" if rule not in PARAMETERS else ""
    sets = PARAMETERS.get(rule)
    if sets is not None:
        expected = f"a plain number after the colon: {sets.symbol}, {sets.meaning}"
    modes = {**dict.fromkeys(INITIALIZERS), **ALIASES[""]}
    other = f"{name.rpartition('_')[0]}_{rest}_{name.rpartition('_')[2]}"
    hint = f"write {other}" if other in modes else ""
    return InputError(f"initializer: {typed}", expected=expected, got=rest, hint=hint)


def _without_arguments(text: str) -> str:
    """Return how to write a call, such as normal_(w, std=0.02); "" if the text is no known call."""
    typed, bracket, _ = text.strip("'\"").partition("(")
    framework, name, _, _ = _parts(typed)
    if not bracket:
        return ""
    if name == _VARIANCE:
        return f"write scale, mode and law after a colon: {_VARIANCE}:2,fan_in,truncated_normal"
    if not _is_known(name, framework):
        return ""
    rule = (ALIASES[framework].get(name) or ALIASES[""].get(name) or Alias(rule=name)).rule
    sets = PARAMETERS.get(rule)
    if sets is None:
        return f"write {typed}"
    fan_out = f"kaiming_fan_out_{name.rpartition('_')[2]}"
    if "fan_out" in text and fan_out in ALIASES[""]:
        return f"write {fan_out}"
    return f"write {typed}, or {typed}:NUMBER to set {sets.symbol}, {sets.meaning}"


@cache
def _member(name: str, parameter: float | None) -> Initializer:
    rule = INITIALIZERS[name]
    if parameter is None:
        return rule
    if name not in PARAMETERS:
        expected = f"{name} without a number, or one of {', '.join(PARAMETERS)} with one"
        raise InputError("initializer", expected=expected, got=f"{name}:{_short(parameter)}")
    if name == "constant" and parameter == 0:
        return INITIALIZERS["zeros"]
    sets = PARAMETERS[name]
    least = -math.inf if sets.signed else 0.0
    gain = sets.gain(real(f"initializer: {name}", parameter, above=least))
    if rule.gain is not None and math.isclose(gain, rule.gain, rel_tol=1e-12):
        return rule
    return _with_gain(rule, f"{name}:{_short(parameter)}", gain)


def _short(number: float) -> str:
    return repr(number).removesuffix(".0")


def _with_gain(rule: Initializer, name: str, gain: float) -> Initializer:
    law = rule.formula.partition(", g = ")[0]
    return replace(rule, name=name, gain=gain, formula=f"{law}, g = {gain:.6g}")


def _torch_truncated(std: float) -> Initializer:
    """Return PyTorch's trunc_normal_(std=std), which truncates at ±2, not at ±2 std."""
    if std == 1:
        return _member("truncated_normal", TRUNCATED_STD)
    if 0 < std <= 2 / _NEVER_CUT:
        return _member("normal", std)
    raise InputError(
        "initializer: trunc_normal",
        expected=f"a standard deviation of 1 or of at most {2 / _NEVER_CUT:g}, because PyTorch "
        "truncates at ±2 whatever it is",
        got=std,
        hint="truncated_normal:σ truncates at two standard deviations",
    )


def _by_variance(rest: str, framework: str) -> Initializer:
    parts = [part.strip() for part in rest.split(",")]
    where = f"initializer: {_VARIANCE}"
    if len(parts) != 3:
        expected = f"{_VARIANCE}:scale,mode,law, such as {_VARIANCE}:2,fan_in,truncated_normal"
        raise InputError("initializer", expected=expected, got=f"{_VARIANCE}:{rest}")
    try:
        number = float(parts[0])
    except ValueError as error:
        raise InputError(f"{where}: scale", expected="a number", got=parts[0]) from error
    scale = real(f"{where}: scale", number, above=0)
    mode = parts[1]
    if mode not in FANS:  # without a suggestion, which could be another variance
        raise InputError(f"{where}: mode", expected=f"one of {', '.join(FANS)}", got=mode)
    said = choice(f"{where}: law", parts[2], [*_LAWS, "untruncated_normal"])
    law = "normal" if said == "untruncated_normal" else said
    if said == "normal" and framework == "keras":  # its older name for the truncated law
        law = "truncated_normal"
    return _scaled(scale, mode, law)


@cache
def _scaled(scale: float, mode: str, law: str) -> Initializer:
    """Return the rule of the table with this variance, or a new one."""
    gain = math.sqrt(scale)
    for rule in INITIALIZERS.values():
        same = rule.scale is FANS[mode] and rule.law == law and rule.bias == "zero"
        if same and rule.gain is not None and math.isclose(rule.gain, gain, rel_tol=1e-12):
            return rule
    return scaled_rule(f"{_VARIANCE}:{_short(scale)},{mode},{law}", law, FANS[mode], gain)


def also_called(name: str) -> Iterator[str]:
    """Yield the names under which a rule of the table is known elsewhere.

    Parameters
    ----------
    name : str
        A key of `INITIALIZERS`.

    Yields
    ------
    str
        The other name, followed by our name in brackets if it sets a parameter.

    Examples
    --------
    >>> list(also_called("he_truncated_normal"))
    ['HeNormal', 'jax.nn.initializers.he_normal']
    """
    for typed in TYPED:
        found = named_initializer(typed)
        if found is not None and found.name.partition(":")[0] == name:
            yield typed if found.name == name else f"{typed} ({found.name})"


def names_gain(rule: Initializer) -> bool:
    """Return whether the name of a rule contains its gain, so that a study must not set another.

    Parameters
    ----------
    rule : Initializer
        The rule.

    Returns
    -------
    bool
        True for ``normal:0.02``, False for ``normal``.

    Examples
    --------
    >>> names_gain(named_initializer("normal:0.02")), names_gain(INITIALIZERS["normal"])
    (True, False)
    """
    name, colon, _ = rule.name.partition(":")
    return bool(colon) and name in {_VARIANCE, *PARAMETERS}


def _suggestion(name: str, framework: str) -> str:
    """Return a hint that names a rule of the same kind, with its law.

    A rule is of the same kind if every word of its name resembles the word that was typed: a
    misspelt name is never taken for one with another law or variance.
    """
    known = {**dict.fromkeys(INITIALIZERS), **dict.fromkeys(ALIASES[framework])}
    if any(one.startswith(f"{name}_") for one in known):
        laws = [one for one in known if one.startswith(f"{name}_") and one.endswith(_LAWS[:2])]
        return f"name the law as well: {' or '.join(laws[:2])}" if laws else ""
    near = max(known, key=lambda one: _likeness(name, one))
    if not _likeness(name, near):
        return "saturation-lab list initializers shows them all, with other names for each"
    alias = ALIASES[framework].get(near, Alias(rule=near))
    rule = INITIALIZERS[alias.rule]
    ours = "" if framework or alias.rule == near else f"{rule.name}: "
    return f'did you mean "{rule.name if framework else near}" ({ours}w ~ {rule.formula})?'


def _likeness(typed: str, name: str) -> float:
    """Return how alike two names are, word by word, between 0 and 1; 0 if a word is another one."""
    if typed.replace("_", "") == name.replace("_", ""):
        return 1.0
    words, others = typed.split("_"), name.split("_")
    if len(words) != len(others):
        return 0.0
    found = [SequenceMatcher(None, *pair).ratio() for pair in zip(words, others, strict=True)]
    return sum(found) / len(found) if min(found) >= _ALIKE else 0.0
