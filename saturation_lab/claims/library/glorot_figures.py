"""Statements of Glorot & Bengio (2010) about Figures 6 to 8 and about singular values.

The claims are those of the report `glorot_2010`, tested on networks that are half as wide and with
a third of the examples.
"""

from __future__ import annotations

from dataclasses import replace

from saturation_lab.claims.claim import Claim, ask
from saturation_lab.claims.experiments import mean_over_layers
from saturation_lab.claims.library.glorot_initial import PARTS
from saturation_lab.claims.margins import FACTOR_2
from saturation_lab.claims.statement import Statement

PAPER = "Glorot & Bengio 2010"


def known(key: str, *, id: str = "") -> Claim:
    """Return a claim of the report `glorot_2010` as a part of a statement.

    Parameters
    ----------
    key : str
        The id of the claim in `PARTS`.
    id : str
        Its id as a part; by default that of the statement.

    Returns
    -------
    Claim
        The claim, with the paper added to its source.

    Examples
    --------
    >>> known("F7-standard").source
    'Glorot & Bengio 2010, Figure 7, top'
    """
    return replace(PARTS[key], id=id, source=f"{PAPER}, {PARTS[key].source}")


def _jacobian(name: str, *, id: str = "") -> Claim:
    """Return a claim of section 4.2.2, on networks whose singular values are recorded."""
    experiment = mean_over_layers(f"{name}, Jacobians", "singular_value_mean")
    return replace(known(f"J-{name}", id=id), experiment=experiment)


FIGURES: tuple[Statement, ...] = (
    Statement(
        id="GBF6",
        kind="rule",
        source=f"{PAPER}, Figure 6",
        sentence="Activations at initialization: “Top: 0-peak increases for higher layers”",
        precise="With the standard initialization, the activations shrink from layer to layer, so "
        "more of them lie within 1 % of the axis around 0; with the normalized one, the effect is "
        "smaller.",
        parts=(known("F6-standard"), known("F6-normalized", id=".normalized")),
        why="The peak at 0 shows that the activations shrink on their way up.",
    ),
    Statement(
        id="GBF7",
        kind="rule",
        source=f"{PAPER}, Figure 7",
        sentence="Back-propagated gradients: “Top: 0-peak decreases for higher layers”",
        precise="With the standard initialization, the gradients shrink on their way down, so more "
        "of them lie within 1 % of the axis around 0 in lower layers; with the normalized one, the "
        "effect is smaller.",
        parts=(known("F7-standard"), known("F7-normalized", id=".normalized")),
        why="The peak at 0 shows that the gradients shrink on their way down.",
    ),
    Statement(
        id="GBF8",
        kind="rule",
        source=f"{PAPER}, Figure 8",
        sentence="“even though with standard initialization the back-propagated gradients get "
        "smaller, the weight gradients do not”",
        precise="The ratio of layer 1 to layer 5 is less than half as large for the mean square of "
        "δ as for that of the weight gradients.",
        parts=(
            Claim(
                source=f"{PAPER}, Figures 7 and 8",
                sentence="gradients get smaller, weight gradients do not",
                precise="Tanh, standard initialization: from layer 5 down to layer 1, the mean "
                "square of δ falls by more than twice the factor by which that of the weight "
                "gradients does.",
                experiment=ask(
                    "ratio",
                    study="standard",
                    of=(("gradient_mean_square", -1), ("weight_gradient_mean_square", 1)),
                    over=(("gradient_mean_square", 1), ("weight_gradient_mean_square", -1)),
                ),
                low=FACTOR_2,
            ),
        ),
        why="The lower the layer, the larger its activations, and the weight gradient is their "
        "product with δ.",
    ),
    Statement(
        id="GBJ",
        kind="rule",
        source=f"{PAPER}, section 4.2.2",
        sentence="The average singular value of a layer's Jacobian is around 0.8 with the "
        "normalized initialization, and “drops down to 0.5” with the standard one",
        precise="This is the mean of the singular values, not their root mean square. For a square "
        "matrix with entries of variance 1/n it is 8/(3π), and the slopes of tanh lower it "
        "further.",
        formula=r"J_i = \frac{\partial a_{i+1}}{\partial a_i}",
        parts=(_jacobian("normalized"), _jacobian("standard", id=".standard")),
        why="Compared with the normalized initialization, the standard one shrinks the weights of "
        "every layer by √3, and its Jacobian with them.",
    ),
)
"""The statements in the order of the figures."""
