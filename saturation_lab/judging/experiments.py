"""How is an experiment written down as plain data, and what of it cannot be?

A kind of experiment is one row of `EXPERIMENTS`; a user's TOML says
``experiment = {kind = "ratio", study = "mine", of = [["gradient_mean_square", 1]]}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from typing import Any

from saturation_lab.checks import NOTHING, InputError, Words, choice, did_you_mean, real, whole
from saturation_lab.claims.claim import (
    AgainstTheory,
    Between,
    Exact,
    Experiment,
    MeanOverLayers,
    MeanRatio,
    NearerToOne,
    Place,
    Ratio,
    TopOverBottom,
    Value,
)
from saturation_lab.judging.exact import EXACT, exactly
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.study import Study

Studies = Mapping[str, Study]
Reader = Callable[[str, Any, Sequence[Study]], Any]
"""``(key, value, studies of the experiment)`` to a checked value of its field."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A kind of experiment as data: what it becomes, and how each of its keys is read."""

    made: type[Experiment]
    keys: Mapping[str, Reader]

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Return what keys may be left out, and what they are then."""
        parameters = signature(self.made).parameters.values()
        return {key.name: key.default for key in parameters if key.default is not key.empty}


@contextmanager
def within(where: object) -> Iterator[None]:
    """Say where a key stands that is refused inside.

    >>> with within("mine.toml"):
    ...     real("low", "many")
    Traceback (most recent call last):
    ...
    saturation_lab.checks.InputError: mine.toml: low: expected a finite number, got "many"
    """
    try:
        yield
    except InputError as error:
        raise InputError(
            f"{where}: {error.key}", expected=error.expected, got=error.got, hint=error.hint
        ) from error.__cause__  # it takes the place of the error, which says less


def experiment_from(data: object, studies: Studies) -> Experiment:
    """Return the experiment that plain data describes.

    Args:
        data: a table with ``kind``, a key of `EXPERIMENTS`, and the fields of that kind.
        studies: those that it may name.

    Raises:
        InputError: names the key.

    >>> experiment_from({"kind": "exact", "of": "share_outside", "args": [4, 4]}, {})
    Exact(of='share_outside', args=(4.0, 4.0))
    """
    if not isinstance(data, Mapping):
        raise InputError("experiment", expected="a table with a kind", got=data)
    form = EXPERIMENTS[choice("kind", data.get("kind", NOTHING), EXPERIMENTS)]
    return _made(form, {key: value for key, value in data.items() if key != "kind"}, studies)


def checked(experiment: object, studies: Studies) -> Experiment:
    """Return an experiment that somebody made in Python, read as if it were data."""
    for form in EXPERIMENTS.values():
        if isinstance(experiment, form.made):
            given = {key: getattr(experiment, key) for key in form.keys}
            said = {key: x for key, x in given.items() if x != form.defaults.get(key, NOTHING)}
            return _made(form, said, studies)
    raise InputError("experiment", expected="one of " + ", ".join(EXPERIMENTS), got=experiment)


def _made(form: Form, data: Mapping[str, Any], studies: Studies) -> Experiment:
    for key in data:
        choice("key", key, form.keys)
    for key in form.keys:
        if key not in data and key not in form.defaults:
            raise InputError(key, expected="a value", got=NOTHING)
    roles = [_role(key, data[key], studies) for key in _ROLES if key in data]
    made = form.made(**{key: form.keys[key](key, value, roles) for key, value in data.items()})
    if isinstance(made, Exact):
        _refuse_no_number(made)
    return made


def _role(key: str, name: object, studies: Studies) -> Study:
    if not isinstance(name, str) or name not in studies:
        known = ", ".join(studies) or "the studies, of which there is none"
        raise InputError(
            key, expected=f"one of {known}", got=name, hint=did_you_mean(name, studies)
        )
    return studies[name]


def _refuse_no_number(made: Exact) -> None:
    try:
        exactly(made)
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            "args",
            expected=f"arguments that {made.of} takes",
            got=Words(list(made.args)),
            hint=" ".join(f"{type(error).__name__}: {error}".split()),
        ) from None  # the hint says it


def _study(key: str, value: Any, studies: Sequence[Study]) -> str:
    return str(value)  # `_role` has looked it up


def _quantity(key: str, value: Any, studies: Sequence[Study]) -> str:
    return choice(key, value, QUANTITIES)


def _positive(key: str, value: Any, studies: Sequence[Study]) -> float:
    return real(key, value, above=0)


def _place(key: str, value: Any, studies: Sequence[Study]) -> Place:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InputError(key, expected='["quantity", layer]', got=value)
    top = min(len(study.architecture.layers) for study in studies)
    depth = min(len(study.widths) for study in studies)
    quantity = choice(key, value[0], QUANTITIES)
    layer = whole(key, value[1], low=-depth, high=top)
    if layer == 0:
        said = f"a layer from 1 to {top}, or from -1 to -{depth} counted from the top"
        raise InputError(key, expected=said, got=layer)
    return quantity, layer


def _places(key: str, value: Any, studies: Sequence[Study]) -> tuple[Place, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise InputError(key, expected='a list of ["quantity", layer]', got=value)
    return tuple(_place(key, place, studies) for place in value)


def _exact(key: str, value: Any, studies: Sequence[Study]) -> str:
    return choice(key, value, EXACT)


def _arguments(key: str, value: Any, studies: Sequence[Study]) -> tuple[float | str, ...]:
    if not isinstance(value, list | tuple):
        raise InputError(key, expected="a list of numbers and words", got=value)
    return tuple(each if isinstance(each, str) else real(key, each) for each in value)


_ROLES = ("study", "than")

_RATIO: dict[str, Reader] = {"study": _study, "of": _places, "over": _places, "times": _positive}

EXPERIMENTS: dict[str, Form] = {
    "top_over_bottom": Form(
        made=TopOverBottom, keys={"study": _study, "quantity": _quantity, "times": _quantity}
    ),
    "mean_over_layers": Form(made=MeanOverLayers, keys={"study": _study, "quantity": _quantity}),
    "nearer_to_one": Form(
        made=NearerToOne, keys={"study": _study, "than": _study, "quantity": _quantity}
    ),
    "ratio": Form(made=Ratio, keys=_RATIO),
    "mean_ratio": Form(made=MeanRatio, keys=_RATIO),
    "value": Form(made=Value, keys={"study": _study, "at": _place}),
    "between": Form(made=Between, keys={"study": _study, "than": _study, "at": _place}),
    "against_theory": Form(made=AgainstTheory, keys={"study": _study, "at": _place}),
    "exact": Form(made=Exact, keys={"of": _exact, "args": _arguments}),
}
"""Kinds of experiments by the name that they have in a file."""
