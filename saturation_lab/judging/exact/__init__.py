"""Which numbers decide a claim without any network? Each one function, computed when it is asked.

A new number is one function and one row of ``NUMBERS`` in the file of its topic.
"""

from __future__ import annotations

from collections.abc import Sequence

from saturation_lab.checks import choice
from saturation_lab.inference.digits import MINUS
from saturation_lab.judging.exact import (
    activation_identities,
    confinement,
    paper_equations,
    saturated_neurons,
    variance_terms,
    weight_bounds,
)
from saturation_lab.judging.exact.number import Number

EXACT: dict[str, Number] = {
    **confinement.NUMBERS,
    **saturated_neurons.NUMBERS,
    **variance_terms.NUMBERS,
    **activation_identities.NUMBERS,
    **weight_bounds.NUMBERS,
    **paper_equations.NUMBERS,
}
"""The numbers by name."""


def exactly(of: str, args: Sequence[float | str]) -> float:
    """Return an exact number.

    >>> round(exactly("share_outside", (4.0, 4.0)), 4)
    0.3173
    """
    return EXACT[choice("exact", of, EXACT)].compute(*args)


def exact_words(of: str, args: Sequence[float | str]) -> str:
    """Return what an exact number is.

    >>> exact_words("share_outside", (4.0, 2.0))
    'share of N(0, 2²) beyond ±4'
    """
    return EXACT[of].words.format(*args).replace("= -", f"= {MINUS}")
