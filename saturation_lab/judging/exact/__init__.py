"""Numbers that decide a claim without sampling a network, each computed by one function.

To add a number, write the function and add a row to ``NUMBERS`` in the module of its topic.
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
"""All of these numbers by name."""


def exactly(of: str, args: Sequence[float | str]) -> float:
    """Compute a number of `EXACT`.

    Parameters
    ----------
    of : str
        A key of `EXACT`.
    args : sequence of float or str
        The positional arguments of its function.

    Returns
    -------
    float
        The number.

    Raises
    ------
    InputError
        If ``of`` is not a key of `EXACT`.

    Examples
    --------
    >>> round(exactly("share_outside", (4.0, 4.0)), 4)
    0.3173
    """
    return EXACT[choice("exact", of, EXACT)].compute(*args)


def exact_words(of: str, args: Sequence[float | str]) -> str:
    """Describe a number of `EXACT` in words.

    Parameters
    ----------
    of : str
        A key of `EXACT`.
    args : sequence of float or str
        The arguments that are inserted into the description.

    Returns
    -------
    str
        The description, without the value.

    Examples
    --------
    >>> exact_words("share_outside", (4.0, 2.0))
    'share of N(0, 2²) beyond ±4'
    """
    return EXACT[of].words.format(*args).replace("= -", f"= {MINUS}")
