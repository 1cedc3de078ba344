"""The output of `saturation-lab list`: the members of a registry with formulas and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from saturation_lab.data.own_inputs import FILES
from saturation_lab.data.sources import INPUTS
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.nets.activations import ACTIVATIONS, Activation
from saturation_lab.nets.families import FAMILIES
from saturation_lab.nets.initializer_names import (
    ALIASES,
    PARAMETERS,
    VARIANCE_SCALING,
    also_called,
)
from saturation_lab.nets.initializers import FIXED, INITIALIZERS
from saturation_lab.pages.blocks import Facts
from saturation_lab.pages.reading import read_spec, shipped_reports

_Listing = Iterable[Sequence[str]]
"""For each member, its name followed by the lines that describe it."""


def listed(table: str) -> Facts:
    """Return the members of a registry with their descriptions.

    Parameters
    ----------
    table : str
        A key of `LISTINGS`.

    Returns
    -------
    Facts
        The lines of each member; only the first line carries the name.

    Examples
    --------
    >>> listed("activations").rows[0]
    ('sigmoid', 'φ(z) = 1 / (1 + e^-z)')
    """
    rows = []
    for name, *lines in LISTINGS[table]():
        rows += [(name if number == 0 else "", line) for number, line in enumerate(lines)]
    return Facts(rows=rows)


def _saturated(one: Activation) -> str:
    ends = [f"below {one.z_low:.4g}"] if one.z_low is not None else []
    ends += [f"above {one.z_high:.4g}"] if one.z_high is not None else []
    return f"saturated {' and '.join(ends) or 'nowhere'}"


def _parameters(one: Activation) -> tuple[str, ...]:
    """Return a line for each family of an activation, with the parameter that it has itself."""
    return tuple(
        f"{name}:{family.symbol} sets {family.symbol}, here {family.default:g}"
        for name, family in FAMILIES.items()
        if family.member == one.name
    )


def _activations() -> _Listing:
    for a in ACTIVATIONS.values():
        slope = f"φ'(z) = {a.derivative_formula}"
        yield a.name, f"φ(z) = {a.formula}", slope, *_parameters(a), _saturated(a), a.source


def _initializers() -> _Listing:
    for one in INITIALIZERS.values():
        lines = [f"w {'=' if one.law in FIXED else '~'} {one.formula}"]
        if one.name in PARAMETERS:
            sets = PARAMETERS[one.name]
            lines.append(f"{one.name}:{sets.symbol} sets {sets.meaning}")
        others = ", ".join(also_called(one.name))
        if others:
            lines.append(f"also {others}")
        theirs = ALIASES["keras"].get(one.name)
        if theirs is not None and theirs.rule != one.name:
            lines.append(f"in Keras and JAX, this name is {theirs.rule}")
        yield one.name, *lines, one.source
    yield VARIANCE_SCALING


def _inputs() -> _Listing:
    yield from ((i.name, f"{i.description}.", i.source) for i in INPUTS.values())
    yield FILES


def _reports() -> _Listing:
    specs = (read_spec(path.stem) for path in shipped_reports())
    return ((spec.name, spec.title, spec.question) for spec in specs)


LISTINGS: Mapping[str, Callable[[], _Listing]] = {
    "activations": _activations,
    "initializers": _initializers,
    "inputs": _inputs,
    "reports": _reports,
    "exhibits": lambda: (
        (x.id, x.title, f"needs: {', '.join(need.words for need in x.needs)}")
        for x in EXHIBITS.values()
    ),
}
"""The registries that can be listed."""
