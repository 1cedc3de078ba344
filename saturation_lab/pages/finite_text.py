"""What a finite width does to a prediction, in words."""

from __future__ import annotations

from saturation_lab.theory.propagation import Prediction
from saturation_lab.theory.typical_values import Typical

_NAMES = {
    "pre_activation_mean_square": "z² in layer {depth}",
    "gradient_mean_square": "δ² in layer 1",
}


def finite_width_text(found: Prediction) -> str:
    """Return how networks of the study's own width differ from the prediction.

    Parameters
    ----------
    found : Prediction
        The prediction for wide layers.

    Returns
    -------
    str
        The typical factor and the spread of single networks, or that theory does not know them.
    """
    if not found.typical:
        return (
            "At this depth and width, single networks scatter too much for an expansion in L/n, or "
            "their law is not known: sample them."
        )
    said = [
        _NAMES[name].format(depth=found.depth) + _factors(x) for name, x in found.typical.items()
    ]
    exact = all(one.exact for one in found.typical.values())
    how = "exact" if exact else "leading order in L/n"
    return f"At this width ({how}, one example), relative to the values above: {'; '.join(said)}."


def _factors(one: Typical) -> str:
    low, high = one.spread
    return (
        f" is {one.factor:.3g} times as large in the typical network (geometric mean), "
        f"and {low:.3g} to {high:.3g} times in 90 % of the networks"
    )
