"""The lecture's statement about Figure 7 of Glorot & Bengio (2010).

The networks are smaller than the paper's, with 500 units per layer and 100 examples.
"""

from __future__ import annotations

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import nearer_to_one, top_over_bottom
from saturation_lab.claims.library.deep_networks import study
from saturation_lab.claims.margins import OVER_DEPTH
from saturation_lab.claims.statement import Statement

_SHAPESET = {
    "depth": 5,
    "width": 500,
    "inputs": "shapeset",
    "features": 1024,
    "examples": 100,
    "dtype": "float32",
}

STUDIES = {
    "tanh on Shapeset, standard": study("tanh", "standard_uniform", **_SHAPESET),
    "tanh on Shapeset, normalized": study("tanh", "glorot_uniform", **_SHAPESET),
}

_SOURCE = "Lecture, Figure 7 of Glorot & Bengio 2010"

FIGURE_7: tuple[Statement, ...] = (
    Statement(
        id="F7",
        kind="rule",
        source=_SOURCE,
        sentence="Back-propagated gradients, tanh: “0-peak decreases for higher layers”, with "
        "standard initialization.",
        precise="With Var w = 1/(3n), the mean square of the gradients shrinks by a factor of 3 or "
        "more in each layer on its way down; with normalized initialization it shrinks far less.",
        formula=r"n\,\mathrm{Var}\,w = \tfrac13",
        assumes="tanh, five layers",
        parts=(
            Claim(
                source="Figure 7, top",
                sentence="the 0-peak decreases for higher layers: standard",
                precise="Shapeset, five layers of 500 units: the share of δ within ±1/100 of the "
                "axis is lower in layer 5 than in layer 1.",
                experiment=top_over_bottom("tanh on Shapeset, standard", "gradient_peak_share"),
                high=0.0,
            ),
            Claim(
                id=".normalized",
                source="Figure 7, bottom",
                sentence="all layers alike: normalized",
                precise="With normalized initialization, the ratio of these shares, layer 5 over "
                "layer 1, is nearer to 1 than with standard initialization.",
                experiment=nearer_to_one(
                    "tanh on Shapeset, normalized",
                    "tanh on Shapeset, standard",
                    "gradient_peak_share",
                ),
                low=0.0,
            ),
            Claim(
                id=".keeps",
                source="Figure 7, top",
                sentence="standard initialization keeps the gradient",
                precise="With standard initialization, the mean square of δ differs by less than a "
                "factor of 2 between layers 1 and 5.",
                experiment=top_over_bottom("tanh on Shapeset, standard", "gradient_mean_square"),
                **OVER_DEPTH,
                expected="fails",
            ),
        ),
        why="Gradients that shrink on their way down pile up at 0, most of all in the lowest "
        "layers.",
    ),
)
