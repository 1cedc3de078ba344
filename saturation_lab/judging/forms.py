"""Experiments as plain data: the keys of each kind in a file, and how they are checked.

Each row of `FORMS` has the name of a form, the readers of its keys, and the experiment of `kinds`
that it becomes. In a user's TOML file an experiment looks like
``experiment = {kind = "ratio", study = "mine", of = [["gradient_mean_square", 1]]}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import signature
from typing import Any

from saturation_lab.checks import NOTHING, InputError, Words, choice, did_you_mean, real, whole
from saturation_lab.claims.claim import Asked, Claim
from saturation_lab.claims.claim import Place as WrittenPlace
from saturation_lab.judging.exact import EXACT
from saturation_lab.judging.kinds import (
    Exact,
    Experiment,
    MeanOverLayers,
    NearerToOne,
    Ratio,
    top_over_bottom,
)
from saturation_lab.judging.place import Origins, Place
from saturation_lab.measured import Origin
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.study import Study

_Reader = Callable[[str, Any, Sequence[Origin]], Any]
"""A function of a key, its value and the origins of the experiment; returns the checked value."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A written form of experiments.

    Attributes
    ----------
    made : callable
        Makes the experiment from the checked values of the keys.
    keys : mapping of str to callable
        The reader of each key.
    """

    made: Callable[..., Experiment]
    keys: Mapping[str, _Reader]

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The default values of the optional keys."""
        parameters = signature(self.made).parameters.values()
        return {key.name: key.default for key in parameters if key.default is not key.empty}


def experiment_of(claim: Claim) -> Experiment:
    """Return the experiment that decides a claim.

    Parameters
    ----------
    claim : Claim
        The claim.

    Returns
    -------
    Experiment
        An instance of one of the kinds.

    Raises
    ------
    InputError
        If the kind is not a key of `FORMS`.

    Examples
    --------
    >>> from saturation_lab.claims.claim import ask
    >>> asked = ask("value", study="mine", at=("activation_variance", -1))
    >>> experiment_of(Claim(experiment=asked)).roles
    ('mine',)
    """
    return _experiment(claim.experiment)


@lru_cache(maxsize=4096)
def _experiment(asked: Asked) -> Experiment:
    return FORMS[choice("kind", asked.kind, FORMS)].made(**dict(asked.keys))


def asked_from(data: object, origins: Origins) -> Asked:
    """Read an experiment from plain data and check it against the networks that it names.

    Parameters
    ----------
    data : object
        A mapping with ``kind``, a key of `FORMS`, and the keys of that form.
    origins : mapping of str to Origin
        The networks that it may name.

    Returns
    -------
    Asked
        The checked experiment.

    Raises
    ------
    InputError
        If a key is unknown or missing, or its value cannot be used.

    Examples
    --------
    >>> asked_from({"kind": "exact", "of": "share_outside", "args": [4, 4]}, {}).keys
    (('of', 'share_outside'), ('args', (4.0, 4.0)))
    """
    if not isinstance(data, Mapping):
        raise InputError("experiment", expected="a table with a kind", got=data)
    kind = choice("kind", data.get("kind", NOTHING), FORMS)
    form, given = FORMS[kind], {key: value for key, value in data.items() if key != "kind"}
    for key in given:
        choice("key", key, form.keys)
    for key in form.keys:
        if key not in given and key not in form.defaults:
            raise InputError(key, expected="a value", got=NOTHING)
    named = [_role(key, given[key], origins) for key in _ROLES if key in given]
    read = {key: form.keys[key](key, value, named) for key, value in given.items()}
    asked = Asked(kind, tuple(read.items()))
    made = _experiment(asked)
    if isinstance(made, Exact):
        _refuse_no_number(made)
    return asked


def checked(asked: object, origins: Origins) -> Asked:
    """Check an experiment created in Python in the same way as one read from a file.

    Parameters
    ----------
    asked : object
        The experiment, as returned by `ask`.
    origins : mapping of str to Origin
        The networks that it may name.

    Returns
    -------
    Asked
        The checked experiment.

    Raises
    ------
    InputError
        If ``asked`` was not made by `ask`, or for any reason given in `asked_from`.
    """
    if not isinstance(asked, Asked):
        raise InputError("experiment", expected="ask(kind, ...)", got=asked)
    form = FORMS[choice("kind", asked.kind, FORMS)]
    said = {key: x for key, x in asked.keys if x != form.defaults.get(key, NOTHING)}
    return asked_from({"kind": asked.kind, **said}, origins)


def _role(key: str, name: object, origins: Origins) -> Origin:
    if not isinstance(name, str) or name not in origins:
        known = f"one of {', '.join(origins)}" if origins else "a study, but none is defined"
        raise InputError(key, expected=known, got=name, hint=did_you_mean(name, origins))
    return origins[name]


def _refuse_no_number(made: Exact) -> None:
    try:
        made.number()
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        raise InputError(
            "args",
            expected=f"arguments that {made.of} accepts",
            got=Words(list(made.args)),
            hint=" ".join(f"{type(error).__name__}: {error}".split()),
        ) from None  # the hint contains it


def _one_of(known: Mapping[str, object]) -> _Reader:
    return lambda key, value, studies: choice(key, value, known)


def _study(key: str, value: Any, studies: Sequence[Origin]) -> str:
    return str(value)  # already checked by `_role`


def _positive(key: str, value: Any, studies: Sequence[Origin]) -> float:
    return real(key, value, above=0)


def _place(key: str, value: Any, studies: Sequence[Origin]) -> WrittenPlace:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InputError(key, expected='["quantity", layer]', got=value)
    top = min(map(_layers, studies))
    depth = min(len(study.widths) for study in studies)
    quantity = choice(key, value[0], QUANTITIES)
    layer = whole(key, value[1], low=-depth, high=top)
    if layer == 0:
        said = f"a layer from 1 to {top}, or from -1 to -{depth} counted from the top"
        raise InputError(key, expected=said, got=layer)
    return quantity, layer


def _places(key: str, value: Any, studies: Sequence[Origin]) -> tuple[WrittenPlace, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise InputError(key, expected='a list of ["quantity", layer]', got=value)
    return tuple(_place(key, place, studies) for place in value)


def _arguments(key: str, value: Any, studies: Sequence[Origin]) -> tuple[float | str, ...]:
    if not isinstance(value, list | tuple):
        raise InputError(key, expected="a list of numbers and strings", got=value)
    return tuple(each if isinstance(each, str) else real(key, each) for each in value)


def _layers(origin: Origin) -> int:
    """Return the number of layers, including the output layer if there is one."""
    return len(origin.architecture.layers) if isinstance(origin, Study) else len(origin.widths)


# --- what each form becomes -----------------------------------------------------------------------


def _placed(study: str, places: Sequence[WrittenPlace]) -> tuple[Place, ...]:
    return tuple(Place(quantity, layer, study) for quantity, layer in places)


def _top_over_bottom(*, study: str, quantity: str, times: str = "") -> Ratio:
    return top_over_bottom(study, *((quantity, times) if times else (quantity,)))


def _ratio(
    *,
    study: str,
    of: Sequence[WrittenPlace],
    over: Sequence[WrittenPlace] = (),
    times: float = 1.0,
    logarithmic: bool = True,
) -> Ratio:
    above, below = _placed(study, of), _placed(study, over)
    return Ratio(of=above, over=below, times=times, logarithmic=logarithmic)


def _value(*, study: str, at: WrittenPlace) -> Ratio:
    return Ratio(of=(Place(*at, study),), logarithmic=False)


def _between(*, study: str, than: str, at: WrittenPlace) -> Ratio:
    return Ratio(of=(Place(*at, study),), over=(Place(*at, than),))


def _against_theory(*, study: str, at: WrittenPlace) -> Ratio:
    return Ratio(of=(Place(*at, study),), over=(Place(*at, study, theory=True),))


_ROLES = ("study", "than")
_quantity, _exact = _one_of(QUANTITIES), _one_of(EXACT)
_RATIO: dict[str, _Reader] = {"study": _study, "of": _places, "over": _places, "times": _positive}

FORMS: dict[str, Form] = {
    "top_over_bottom": Form(
        made=_top_over_bottom, keys={"study": _study, "quantity": _quantity, "times": _quantity}
    ),
    "mean_over_layers": Form(made=MeanOverLayers, keys={"study": _study, "quantity": _quantity}),
    "nearer_to_one": Form(
        made=NearerToOne, keys={"study": _study, "than": _study, "quantity": _quantity}
    ),
    "ratio": Form(made=_ratio, keys=_RATIO),
    "mean_ratio": Form(made=partial(_ratio, logarithmic=False), keys=_RATIO),
    "value": Form(made=_value, keys={"study": _study, "at": _place}),
    "between": Form(made=_between, keys={"study": _study, "than": _study, "at": _place}),
    "against_theory": Form(made=_against_theory, keys={"study": _study, "at": _place}),
    "exact": Form(made=Exact, keys={"of": _exact, "args": _arguments}),
}
"""The forms by the name that their kind has in a file."""
