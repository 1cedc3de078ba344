"""Statements of Glorot & Bengio (2010) about Figures 6 to 8 and about singular values.

The claims are those of the report, on networks half as wide and shown a third of the examples.
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
    """Return a claim of the report `glorot_2010` as a part of a statement."""
    return replace(PARTS[key], id=id, source=f"{PAPER}, {PARTS[key].source}")


def _jacobian(name: str, *, id: str = "") -> Claim:
    """Return the claim of section 4.2.2, about networks whose singular values are taken."""
    experiment = mean_over_layers(f"{name}, Jacobians", "singular_value_mean")
    return replace(known(f"J-{name}", id=id), experiment=experiment)


FIGURES: tuple[Statement, ...] = (
    Statement(
        id="GBF6",
        kind="rule",
        source=f"{PAPER}, Figure 6",
        sentence="Activations at initialization: “Top: 0-peak increases for higher layers”",
        precise="With the standard initialization the activations shrink from layer to layer, so "
        "more of them lie within 1 % of the axis around 0; with the normalized one less so.",
        parts=(known("F6-standard"), known("F6-normalized", id=".normalized")),
        why="The peak at 0 shows that the activations shrink on their way up.",
    ),
    Statement(
        id="GBF7",
        kind="rule",
        source=f"{PAPER}, Figure 7",
        sentence="Back-propagated gradients: “Top: 0-peak decreases for higher layers”",
        precise="With the standard initialization the gradients shrink on their way down, so more "
        "of them lie within 1 % of the axis around 0 in lower layers; with the normalized one less "
        "so.",
        parts=(known("F7-standard"), known("F7-normalized", id=".normalized")),
        why="The peak at 0 shows that the gradients shrink on their way down.",
    ),
    Statement(
        id="GBF8",
        kind="rule",
        source=f"{PAPER}, Figure 8",
        sentence="“even though with standard initialization the back-propagated gradients get "
        "smaller, the weight gradients do not”",
        precise="The mean square of δ in layer 1 over that of layer 5 is less than half the same "
        "ratio of the weight gradients.",
        parts=(
            Claim(
                source=f"{PAPER}, Figures 7 and 8",
                sentence="gradients get smaller, weight gradients do not",
                precise="Tanh, standard initialization: from layer 5 down to layer 1 the mean "
                "square of δ falls by more than twice the factor of the weight gradients.",
                experiment=ask(
                    "ratio",
                    study="standard",
                    of=(("gradient_mean_square", -1), ("weight_gradient_mean_square", 1)),
                    over=(("gradient_mean_square", 1), ("weight_gradient_mean_square", -1)),
                ),
                low=FACTOR_2,
            ),
        ),
        why="The activations are the larger the lower the layer, and the weight gradient is their "
        "product with δ.",
    ),
    Statement(
        id="GBJ",
        kind="rule",
        source=f"{PAPER}, section 4.2.2",
        sentence="The average singular value of a layer's Jacobian is around 0.8 with the "
        "normalized initialization, and “drops down to 0.5” with the standard one",
        precise="The mean of the singular values, not their root mean square: for a square matrix "
        "of variance 1/n it is 8/(3π), which the slopes of tanh lower further.",
        formula=r"J_i = \frac{\partial a_{i+1}}{\partial a_i}",
        parts=(_jacobian("normalized"), _jacobian("standard", id=".standard")),
        why="The standard initialization shrinks every layer's Jacobian by √3.",
    ),
)
"""Figure by figure."""
