"""An assertion that all parameters of a model are initialized as stated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import combinations, islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import NOTHING, InputError, Words, did_you_mean, whole, within
from saturation_lab.inference.digits import count_text
from saturation_lab.nets.arrays import as_numpy
from saturation_lab.nets.own_initializers import Layout
from saturation_lab.testing.assurance import FALSE_ALARM, POWER, Assurance, Part, Terms, conclude
from saturation_lab.testing.causes import causes
from saturation_lab.testing.copies import shared_runs
from saturation_lab.testing.draws import as_law
from saturation_lab.testing.laws import Law
from saturation_lab.testing.limits import at_most
from saturation_lab.testing.subjects import children
from saturation_lab.testing.tails import largest_correlation
from saturation_lab.testing.tensors import Tensor, checked_layout, fans, read_tensor
from saturation_lab.testing.weight_evidence import Evidence, Reach, named

Expectation = float | ArrayLike | str | Law | None
"""A constant, an array of constants, an initializer's name, a `Law`, or None for "not tested"."""

_Parameters = Mapping[str, Any]
_Make = Callable[[np.random.Generator], _Parameters]

_LEAST_START = 64
"""The least number of entries of tensors that are compared with others."""

_AXES = 32
"""Constants may have any number of axes that NumPy allows."""


def assert_model_follows_laws(
    parameters: _Parameters | _Make,
    expected: Mapping[str, Expectation],
    *,
    layout: Layout | None = None,
    tied: Iterable[tuple[str, ...]] = (),
    models: int = 10,
    seed: int = 0,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that every parameter of a model follows its stated law or has its stated value.

    Parameters
    ----------
    parameters : mapping of str to array_like, or callable
        The parameters by name, such as ``model.state_dict()`` of PyTorch, or a function
        ``make(rng)`` that initializes a model and returns its parameters. Names in nested mappings,
        such as those of Flax, are joined by dots.
    expected : mapping of str to Expectation
        What is stated about the parameters whose names match a pattern such as ``"*.bias"``: a
        number or an array that they equal; a `Law`; the name of an initializer of this package,
        such as ``"he_normal"``; or None if they are not tested. The first pattern that matches
        applies. ``"pytorch_default"`` also covers a bias, whose law depends on the fan-in of the
        ``weight`` beside it.
    layout : {"out_in", "in_out"}, optional
        The order of the axes: ``(fan_out, fan_in, *kernel)`` as in PyTorch, or
        ``(*kernel, fan_in, fan_out)`` as in Keras and JAX. Required where a standard deviation
        depends on it.
    tied : iterable of tuple of str, default ()
        The pairs, or larger groups, of parameters that may share weights.
    models : int, default 10
        The number of models that a callable initializes.
    seed : int, default 0
        Model i gets the generator ``default_rng(SeedSequence(seed, spawn_key=(i,)))``. It is used
        only if ``parameters`` is callable.
    false_alarm : float, default 1e-6
        The largest rate at which a correct model is rejected. All parameters share it equally.
    power : float, default 0.999
        The smallest probability of detecting the errors that the result states.

    Returns
    -------
    Assurance
        What was measured. ``terms.detects`` is the relative error of a standard deviation that is
        detected in every tensor that is tested against a law.

    Raises
    ------
    AssertionError
        If a parameter contradicts what is stated about it, or shares weights with another one.
    InputError
        If a parameter matches no pattern, a pattern matches no parameter, or a name in ``tied`` is
        unknown; if a parameter cannot be read; or if a standard deviation depends on a layout that
        is not given.

    See Also
    --------
    assert_follows_law : The properties that are tested.

    Examples
    --------
    >>> def make(rng):
    ...     return {
    ...         "conv.weight": rng.normal(0, (2 / 27) ** 0.5, (64, 3, 3, 3)),
    ...         "conv.bias": np.zeros(64),
    ...         "norm.weight": np.ones(64),
    ...     }
    >>> stated = {"conv.weight": "he_normal", "*.bias": 0.0, "norm.weight": 1.0}
    >>> assert_model_follows_laws(make, stated, layout="out_in").over
    '3 parameters of 10 models'
    >>> assert_model_follows_laws(make, stated | {"norm.weight": 0.0}, layout="out_in")
    Traceback (most recent call last):
    ...
    AssertionError: contradicted: every parameter is initialized as stated
      norm.weight: entries that differ from 0: 640, expected at most 0
    based on 3 parameters of 10 models; false-alarm rate at most 1 in 1,000,000, ...
    """
    __tracebackhide__ = True
    layout = checked_layout(layout)
    terms = Terms(statement="", false_alarm=false_alarm, detects=0, effect="", power=power)
    seed, models = whole("seed", seed, low=0), whole("models", models, low=1)
    stated: object = expected
    if not isinstance(stated, Mapping) or not all(isinstance(key, str) for key in stated):
        wanted = 'a mapping from patterns to laws or constants, such as {"*.bias": 0.0}'
        raise InputError("expected", expected=wanted, got=expected)
    made = (
        (parameters(rng) for rng in islice(children(seed), models))
        if callable(parameters) and not hasattr(parameters, "state_dict")
        else iter([parameters])
    )
    first = _named("parameters", next(made))
    applied = _applied(list(first), expected)
    pairs = _pairs(tied, first)
    subjects: dict[str, _Subject] = {
        name: _subject(name, first, value, layout)
        for name, value in applied.items()
        if value is not None
    }
    count = 1
    for mapping in (first, *made):
        count += mapping is not first
        model = first if mapping is first else _named("make(rng)", mapping)
        if new := [name for name in model if name not in first]:
            expected_names = "the parameters of the first model in every model"
            raise InputError("make(rng)", expected=expected_names, got=Words(", ".join(new)))
        for name, subject in subjects.items():
            subject.add(_one_of(model, name))
    random = {name: one for name, one in subjects.items() if isinstance(one, _Random)}
    each = false_alarm / (len(random) + 1)  # one share for the comparison of tensors
    parts, hints = [], []
    for name, subject in subjects.items():
        found = subject.parts(each)
        parts += named(name, found)
        hints += [f"{name}: {hint}" for hint in subject.hints(found, layout)]
    shared = _shared(random, pairs)
    parts += [*shared.values(), *_correlated(random, pairs | shared.keys(), each)]
    over = f"{count_text(len(subjects), 'parameter')} of {count_text(count, 'model')}"
    if not subjects:
        raise InputError("expected", expected="a law or a value other than None", got=NOTHING)
    return conclude(_terms(random, each, terms), over=over, parts=parts, hints=hints, leading=4)


class _Constant:
    """A parameter with a stated value."""

    def __init__(self, name: str, tensor: Tensor, value: Any) -> None:
        key = f"expected[{name}]"
        shape = tensor.values.shape
        expected = f"a finite number, or an array of shape {shape} of finite numbers"
        try:
            self._value = np.asarray(as_numpy(value), dtype=np.float64)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(key, expected=expected, got=value) from error
        if not np.isfinite(self._value).all():
            raise InputError(key, expected=expected, got=value)
        try:
            np.broadcast_to(self._value, tensor.values.shape)
        except ValueError as error:
            raise InputError(
                f"expected[{name}]",
                expected=f"a number or an array of shape {tensor.values.shape}",
                got=Words(f"shape {self._value.shape}"),
            ) from error
        self._differ, self._shape = 0, shape

    def add(self, tensor: Tensor) -> None:
        _refuse_other_shape(tensor, self._shape)
        slack = tensor.eps * np.abs(self._value)
        self._differ += int((np.abs(tensor.values - self._value) > slack).sum())

    def parts(self, false_alarm: float) -> list[Part]:
        value = f"{self._value:g}" if self._value.ndim == 0 else "the stated ones"
        return [at_most(f"entries that differ from {value}", self._differ, 0)]

    def hints(self, parts: Sequence[Part], layout: Layout | None) -> list[str]:
        return []


class _Random:
    """A parameter with a stated law."""

    def __init__(self, name: str, tensor: Tensor, law: Law, layout: Layout | None, n: int | None):
        with within(f"expected[{name}]"):
            stated = law.stated(tensor.values.shape, layout=layout, fan_in=n)
        self.evidence = Evidence(stated, tensor, layout=layout)

    def add(self, tensor: Tensor) -> None:
        _refuse_other_shape(tensor, self.evidence.shape)
        self.evidence.add(tensor.values)

    def parts(self, false_alarm: float) -> list[Part]:
        return self.evidence.parts(false_alarm)

    def hints(self, parts: Sequence[Part], layout: Layout | None) -> list[str]:
        return causes(parts, self.evidence.stated, self.evidence.shape, layout)


_Subject = _Constant | _Random

_CONSTANTS = {"zeros": 0.0, "zero": 0.0, "ones": 1.0, "one": 1.0}
"""The names of constants, which suit parameters of any shape."""


def _refuse_other_shape(tensor: Tensor, shape: tuple[int, ...]) -> None:
    if tensor.values.shape != shape:
        raise InputError(
            "make(rng)",
            expected="parameters of the same shapes in all models",
            got=Words(f"{tensor.values.shape} after {shape}"),
        )


def _named(key: str, given: object) -> _Parameters:
    if not isinstance(given, Mapping) or not given:
        expected = "a mapping from names to arrays, such as model.state_dict()"
        got = Words(f"an object of type {type(given).__name__}")
        hint = "pass model.state_dict()" if hasattr(given, "state_dict") else ""
        raise InputError(key, expected=expected, got=got, hint=hint)
    flat: dict[str, Any] = {}
    for name, value in given.items():
        inner = _nested(value)
        found = {f"{name}.{x}": one for x, one in _named(key, inner).items()} if inner else {}
        for one, entries in (found or {str(name): value}).items():
            if one in flat:
                raise InputError(key, expected="unique names", got=Words(f"{one} twice"))
            flat[one] = entries
    return flat


def _nested(value: object) -> _Parameters | None:
    """Return the parameters in a mapping or a list, as Flax nests them; None for an array."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple) and any(
        isinstance(one, Mapping) or hasattr(one, "shape") for one in value
    ):
        return {str(number): one for number, one in enumerate(value)}
    return None


def _one_of(mapping: _Parameters, name: str) -> Tensor:
    if name not in mapping:
        raise InputError("make(rng)", expected=f"a parameter {name} in every model", got=NOTHING)
    return read_tensor(name, mapping[name], most_axes=_AXES)


def _applied(names: Sequence[str], expected: Mapping[str, Expectation]) -> dict[str, Expectation]:
    """Return what is stated about each parameter."""
    applied: dict[str, Expectation] = {}
    used = set()
    for name in names:
        pattern = next((p for p in expected if p == name or fnmatchcase(name, p)), None)
        if pattern is not None:
            applied[name] = expected[pattern]
            used.add(pattern)
    missing = [name for name in names if name not in applied]
    if missing:
        raise InputError(
            "expected",
            expected="a pattern for every parameter",
            got=Words(f"none for {', '.join(missing)}"),
            hint="map them to a law, to a constant, or to None if they need no test",
        )
    for pattern in expected:
        if pattern not in used:
            earlier = any(name == pattern or fnmatchcase(name, pattern) for name in names)
            near = did_you_mean(pattern, names)
            raise InputError(
                "expected",
                expected="patterns that match a parameter",
                got=pattern,
                hint="an earlier pattern applies to all that it matches" if earlier else near,
            )
    return applied


def _subject(
    name: str, parameters: _Parameters, value: Expectation, layout: Layout | None
) -> _Subject:
    tensor = read_tensor(name, parameters[name], most_axes=_AXES)
    if isinstance(value, str):
        value = _CONSTANTS.get(value.lower().strip("_"), value)
    if not isinstance(value, str | Law):
        return _Constant(name, tensor, value)
    return _Random(name, tensor, as_law(value), layout, _fan_in(name, parameters, layout))


def _fan_in(name: str, parameters: _Parameters, layout: Layout | None) -> int | None:
    """Return the fan-in of the weight beside a bias, if there is one."""
    beside = f"{name.removesuffix('bias')}weight"
    if not name.endswith("bias") or beside not in parameters:
        return None
    shape = read_tensor(beside, parameters[beside], most_axes=_AXES).values.shape
    if len(shape) < 2:
        return None
    if layout is None and len(set(shape)) > 1:
        raise InputError(
            "layout",
            expected=f'"out_in" or "in_out", because the law of {name} depends on the fan-in',
            got=NOTHING,
        )
    return fans(shape, layout or "out_in")[0]


def _pairs(tied: object, parameters: _Parameters) -> set[frozenset[str]]:
    """Return all pairs of parameters within the groups that may share weights."""
    pairs: set[frozenset[str]] = set()
    if tied is None:
        return pairs
    expected = "a list of pairs or groups of parameters"
    groups = list(tied) if isinstance(tied, Iterable) and not isinstance(tied, str) else [tied]
    for group in groups:
        if not isinstance(group, list | tuple | set | frozenset) or len(group) < 2:
            hint = 'as in tied=[("encoder.weight", "decoder.weight")]'
            raise InputError("tied", expected=expected, got=group, hint=hint)
        for name in group:
            if name not in parameters:
                hint = did_you_mean(str(name), parameters)
                raise InputError("tied", expected=expected, got=name, hint=hint)
        pairs |= {frozenset(pair) for pair in combinations(group, 2)}
    return pairs


def _shared(random: Mapping[str, _Random], tied: set[frozenset[str]]) -> dict[frozenset[str], Part]:
    """Return the pairs of parameters that share weights."""
    names = list(random)
    found = {}
    for (i, j), count in shared_runs([one.evidence.copies for one in random.values()]).items():
        pair = frozenset((names[i], names[j]))
        if pair not in tied:
            found[pair] = at_most(f"runs of 8 weights in both {names[i]} and {names[j]}", count, 0)
    return found


def _correlated(
    random: Mapping[str, _Random], other_pairs: set[frozenset[str]], false_alarm: float
) -> list[Part]:
    """Return the two parameters whose first entries are the most correlated."""
    starts = {
        name: one.evidence.start
        for name, one in random.items()
        if len(one.evidence.start) >= _LEAST_START
    }
    pairs = [pair for pair in combinations(starts, 2) if frozenset(pair) not in other_pairs]
    worst: tuple[float, Part] | None = None
    for one, other in pairs:
        length = min(len(starts[one]), len(starts[other]))
        a, b = (starts[name][:length] - starts[name][:length].mean() for name in (one, other))
        norm = float(np.linalg.norm(a) * np.linalg.norm(b))
        found = abs(float(a @ b)) / norm if norm > 0 else 0.0
        limit = largest_correlation(false_alarm, len(pairs), length - 1)
        if worst is None or found / limit > worst[0]:
            words = f"correlation of {one} with {other}, entry by entry"
            worst = found / limit, at_most(words, found, limit)
    return [] if worst is None else [worst[1]]


def _terms(random: Mapping[str, _Random], each: float, terms: Terms) -> Terms:
    rates = {"false_alarm": each, "power": terms.power}
    reached: dict[str, Reach] = {
        name: one.evidence.reach(one.evidence.draws, **rates) for name, one in random.items()
    }
    effect, detects = "a wrong constant", 0.0
    if reached:
        name = max(reached, key=lambda name: reached[name].factor)
        detects = reached[name].detects
        others = "; smaller errors elsewhere" if len(reached) > 1 else ""
        effect = f"{reached[name].words} (in {name}{others})"
    return Terms(
        statement="every parameter is initialized as stated",
        false_alarm=terms.false_alarm,
        detects=detects,
        effect=effect,
        power=terms.power,
    )
