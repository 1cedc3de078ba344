"""Comparison of two sets of networks, quantity by quantity and layer by layer.

Networks with the same seed share random numbers as far as their distributions allow. They are not
independent samples, so they are compared in pairs, network by network. Networks with different
seeds are independent and are compared by Welch's t-test. Sizes are compared by the ratio of typical
networks, all other quantities by a difference. Every comparison answers two questions: whether a
difference is shown, given the number of comparisons (Benjamini-Hochberg), and whether the two are
alike within a margin that was fixed beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from saturation_lab.checks import InputError, choice, real, whole
from saturation_lab.compare.comparable import (
    Sides,
    refuse_unlike,
    rounding,
    shown_other_examples,
)
from saturation_lab.compare.contrast import Contrast
from saturation_lab.compare.row import SCALES, Place, Row
from saturation_lab.inference.comparison import Comparison, compare_paired, compare_unpaired
from saturation_lab.inference.equivalence import decide, default_margin
from saturation_lab.inference.multiplicity import benjamini_hochberg
from saturation_lab.measured import OUTPUT, Measured, paired
from saturation_lab.statistics.quantities import QUANTITIES, Kind
from saturation_lab.study import Study
from saturation_lab.theory.expected import symmetric_units

_ALPHA = 0.05
"""The expected share of false positives among the differences found."""
SHARE_MARGIN = 0.01
"""The default margin within which two shares or cosines are alike."""
_PEAKS = "_peak_share"
_ROUNDING = 128
"""Values closer than this are the same up to rounding, in machine epsilons of the weights. Doubling
the weights of a ReLU network leaves shapes and shares unchanged; after 20 layers they still agree
within 35 such units."""


def compare(
    one: Measured,
    other: Measured,
    *,
    names: tuple[str, str] = ("A", "B"),
    margin: float | None = None,
    share_margin: float = SHARE_MARGIN,
    quantities: Sequence[str] | None = None,
    layers: Sequence[int | str] | None = None,
) -> Contrast:
    """Compare two sets of networks, quantity by quantity and layer by layer.

    Parameters
    ----------
    one, other : Measured
        Networks of any origin. If one of them does not come from a `Study`, only the depth and the
        number of examples are checked for agreement.
    names : (str, str)
        The names of the two, for texts.
    margin : float, optional
        Two sizes are alike if the natural logarithm of their ratio lies within ± this margin. The
        default is ln 2/L, which amounts to less than a factor of 2 over all L layers.
    share_margin : float
        Two shares are alike if they differ by less than this.
    quantities : sequence of str, optional
        Keys of `QUANTITIES`; by default all but unit_correlation where its mean is 0 in both.
    layers : sequence of int or str, optional
        Numbers of hidden layers, and "output"; by default all layers that both have.

    Returns
    -------
    Contrast
        All comparisons, what was left out and why, and a summary.

    Raises
    ------
    InputError
        If the two differ in their kind of examples, loss or depth, or if one of them has fewer than
        two networks; if a quantity or layer is unknown; if a margin is not above 0.

    References
    ----------
    .. [1] B. L. Welch, "The generalization of 'Student's' problem when several different population
       variances are involved", Biometrika 34 (1947).
    .. [2] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", Journal of the
       Royal Statistical Society B 57 (1995).

    Examples
    --------
    >>> from saturation_lab import Study, sample
    >>> study = Study(activation="tanh", initializer="glorot_normal", widths=(16,), networks=4)
    >>> result = sample(study, workers=1)
    >>> compare(result, result, layers=[1], quantities=["gradient_mean_square"]).sentence
    'A and B are identical in every network (1 comparison)'
    """
    sides = (one, other)
    refuse_unlike(sides, names=names)
    margins = {
        Kind.SIZE: default_margin(one.depth) if margin is None else real("margin", margin, above=0),
        Kind.SHARE: real("share_margin", share_margin, above=0),
    }
    left_out: dict[str, list[Place]] = {}
    found: list[tuple[str, int, Comparison, bool]] = []
    numbers = _numbers(sides, layers)
    zero = quantities is None and all(map(_has_symmetric_units, sides))
    for name in _quantities(quantities):
        for layer in numbers:
            known = zero and name == "unit_correlation"
            why = "by symmetry" if known else _why_not(sides, name, layer)
            if why:
                left_out.setdefault(why, []).append((name, one.layer_name(layer)))
            else:
                comparison = _compared(sides, name, layer)
                found.append((name, layer, comparison, _same(comparison, sides, name, layer)))
    return Contrast(
        names=names,
        sides=sides,
        rows=tuple(_screened(found, margins, one)),
        left_out={why: tuple(places) for why, places in left_out.items()},
        margins=margins,
        alpha=_ALPHA,
        other_examples=shown_other_examples(one.origin, other.origin),
    )


def _has_symmetric_units(side: Measured) -> bool:
    return isinstance(side.origin, Study) and symmetric_units(side.origin.architecture)


def _quantities(given: Sequence[str] | None) -> Iterable[str]:
    if given is None:
        return QUANTITIES
    return dict.fromkeys(choice("quantities", name, QUANTITIES) for name in given)


def _numbers(sides: Sides, given: Sequence[int | str] | None) -> list[int]:
    """Return the numbers of the layers to compare, from 1; the output layer is the last."""
    last = min(side.summary.values.shape[1] for side in sides)
    if given is None:
        return list(range(1, last + 1))
    depth = sides[0].depth
    if OUTPUT in given and last == depth:
        raise InputError(
            "layers",
            expected=f"whole numbers from 1 to {depth}, since there is no output layer",
            got=OUTPUT,
        )
    return sorted(
        {depth + 1 if x == OUTPUT else whole("layers", x, low=1, high=depth) for x in given}
    )


def _why_not(sides: Sides, name: str, layer: int) -> str:
    """Return why a quantity cannot be compared in a layer (a key of `_LEFT_OUT`), or ""."""
    one, other = (side.origin.ranges.get(name.removesuffix(_PEAKS)) for side in sides)
    if name.endswith(_PEAKS) and one != other:
        return "other axis"
    lost = False
    for side in sides:
        values, bad = side.values(name, layer), side.summary.first_bad_layer > 0
        if np.isnan(values[~bad]).any():
            return "undefined"
        lost |= not np.isfinite(values).all()
    return "overflowed" if lost else ""


def _compared(sides: Sides, name: str, layer: int) -> Comparison:
    compared = compare_paired if paired(*sides) else compare_unpaired
    one, other = (side.replicates(name, layer) for side in sides)
    scale = SCALES[QUANTITIES[name].kind]
    if scale == "ratio" and not (one.values.min() > 0 and other.values.min() > 0):
        scale = "difference"
    return compared(one, other, scale=scale)


def _same(comparison: Comparison, sides: Sides, name: str, layer: int) -> bool:
    """Return whether two arrays are equal up to rounding errors relative to their values."""
    allowed = _ROUNDING * rounding(sides)
    if comparison.scale == "difference":
        allowed *= max(float(np.abs(side.values(name, layer)).max()) for side in sides)
    return max(abs(comparison.shift.low), abs(comparison.shift.high)) <= allowed


def _screened(
    found: Sequence[tuple[str, int, Comparison, bool]],
    margins: Mapping[Kind, float],
    one: Measured,
) -> Iterator[Row]:
    if not found:
        return
    p_values = [1.0 if same else comparison.p_value for *_, comparison, same in found]
    screen = benjamini_hochberg(p_values, alpha=_ALPHA)
    for (name, layer, comparison, same), p, differs in zip(
        found, screen.adjusted, screen.rejected, strict=True
    ):
        kind = QUANTITIES[name].kind
        margin = margins.get(kind) if comparison.scale == SCALES[kind] else None
        yield Row(
            quantity=name,
            layer=one.layer_name(layer),
            comparison=comparison,
            same=same,
            p_adjusted=float(p),
            differs=bool(differs),
            alike=None if margin is None else decide(comparison.shift, margin=margin),
        )
