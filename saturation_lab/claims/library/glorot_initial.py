"""Statements of Glorot & Bengio (2010) about networks at initialization, for a report's studies.

The claims call the two studies of the report "standard" (eq. 1 of the paper) and "normalized"
(eq. 16).
"""

from __future__ import annotations

import math

from saturation_lab.claims.claim import Asked, Claim
from saturation_lab.claims.experiments import mean_over_layers, nearer_to_one, top_over_bottom
from saturation_lab.claims.margins import FACTOR_2, OVER_DEPTH
from saturation_lab.claims.statement import Statement


def _stated(
    *,
    id: str,
    source: str,
    sentence: str,
    precise: str,
    experiment: Asked,
    low: float = -math.inf,
    high: float = math.inf,
) -> Statement:
    """Return a statement with one part."""
    return Statement(
        id=id,
        kind="derivation",
        source=source,
        sentence=sentence,
        precise=precise,
        parts=(Claim(experiment=experiment, low=low, high=high),),
    )


GLOROT_2010: tuple[Statement, ...] = (
    _stated(
        id="F7-standard",
        source="Figure 7, top",
        sentence="“0-peak decreases for higher layers”",
        precise="With standard initialization, the 0-peak of the back-propagated gradients is "
        "lower in the top hidden layer than in layer 1.",
        experiment=top_over_bottom("standard", "gradient_peak_share"),
        high=0.0,
    ),
    _stated(
        id="F7-normalized",
        source="Figure 7, bottom",
        sentence="Normalized: all layers alike",
        precise="With normalized initialization, the ratio of the gradients' 0-peaks, top hidden "
        "layer over layer 1, is nearer to 1 than with standard initialization.",
        experiment=nearer_to_one("normalized", "standard", "gradient_peak_share"),
        low=0.0,
    ),
    _stated(
        id="F6-standard",
        source="Figure 6, top",
        sentence="“0-peak increases for higher layers”",
        precise="With standard initialization, the 0-peak of the activations is higher in the top "
        "hidden layer than in layer 1.",
        experiment=top_over_bottom("standard", "activation_peak_share"),
        low=0.0,
    ),
    _stated(
        id="F6-normalized",
        source="Figure 6, bottom",
        sentence="Normalized: all layers alike",
        precise="With normalized initialization, the ratio of the activations' 0-peaks, top hidden "
        "layer over layer 1, is nearer to 1 than with standard initialization.",
        experiment=nearer_to_one("normalized", "standard", "activation_peak_share"),
        low=0.0,
    ),
    _stated(
        id="F8-gradient",
        source="Figures 7 and 8",
        sentence="Standard: back-propagated gradients shrink on their way down",
        precise="With standard initialization, the mean square of the back-propagated gradients is "
        "more than twice as large in the top hidden layer as in layer 1.",
        experiment=top_over_bottom("standard", "gradient_mean_square"),
        low=FACTOR_2,
    ),
    _stated(
        id="F8-weights",
        source="Figure 8, top",
        sentence="… the weight gradients do not",
        precise="With standard initialization, the mean square of one example's weight gradient "
        "(eq. 3) differs by less than a factor of 2 between the top hidden layer and layer 1.",
        experiment=top_over_bottom("standard", "weight_gradient_mean_square"),
        **OVER_DEPTH,
    ),
    _stated(
        id="F8-batch",
        source="Figure 8, top",
        sentence="… nor does their mini-batch mean",
        precise="The same for the mini-batch mean of the weight gradients, which training applies "
        "and the histograms of Figure 8 show.",
        experiment=top_over_bottom("standard", "batch_weight_gradient_mean_square"),
        **OVER_DEPTH,
    ),
    _stated(
        id="F8-normalized",
        source="Figure 8, bottom; eq. 14",
        sentence="Normalized: weight gradients alike in every layer",
        precise="With normalized initialization, the mean square of one example's weight gradient "
        "differs by less than a factor of 2 between the top hidden layer and layer 1. Equation 14 "
        "assumes equal widths, including that of the input.",
        experiment=top_over_bottom("normalized", "weight_gradient_mean_square"),
        **OVER_DEPTH,
    ),
)

GLOROT_2010_JACOBIANS: tuple[Statement, ...] = (
    _stated(
        id="J-normalized",
        source="Section 4.2.2",
        sentence="Normalized: average singular value “around 0.8”",
        precise="With normalized initialization, the mean of the singular values of a layer's "
        "Jacobian (∂a of the layer over ∂a of the layer below), averaged over the hidden layers, "
        "lies between 0.7 and 0.9.",
        experiment=mean_over_layers("normalized", "singular_value_mean"),
        low=0.7,
        high=0.9,
    ),
    _stated(
        id="J-standard",
        source="Section 4.2.2",
        sentence="Standard: it “drops down to 0.5”",
        precise="With standard initialization, the same average lies between 0.4 and 0.6.",
        experiment=mean_over_layers("standard", "singular_value_mean"),
        low=0.4,
        high=0.6,
    ),
)
"""The statements that need singular values; the margin is 0.1, as the paper gives one digit."""

PARTS: dict[str, Claim] = {
    statement.id: statement.parts[0] for statement in (*GLOROT_2010, *GLOROT_2010_JACOBIANS)
}
"""The deciding claim of each of these statements, by id."""
