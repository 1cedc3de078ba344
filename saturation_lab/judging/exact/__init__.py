"""Which numbers decide a claim without any network? Each one function, computed when it is asked.

A new number is one function and one row of ``NUMBERS`` in the file of its topic.
"""

from __future__ import annotations

from collections.abc import Callable

from saturation_lab.checks import choice
from saturation_lab.claims.claim import Exact
from saturation_lab.judging.exact import (
    activation_identities,
    confinement,
    paper_equations,
    saturated_neurons,
    variance_terms,
    weight_bounds,
)

EXACT: dict[str, Callable[..., float]] = {
    **confinement.NUMBERS,
    **saturated_neurons.NUMBERS,
    **variance_terms.NUMBERS,
    **activation_identities.NUMBERS,
    **weight_bounds.NUMBERS,
    **paper_equations.NUMBERS,
}
"""The numbers by name."""


def exactly(experiment: Exact) -> float:
    """Return the number that an exact experiment is about.

    >>> round(exactly(Exact(of="share_outside", args=(4.0, 4.0))), 4)
    0.3173
    """
    return EXACT[choice("exact", experiment.of, EXACT)](*experiment.args)
