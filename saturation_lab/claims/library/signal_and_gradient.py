"""The two claims that an initialization keeps the signal, and that it keeps the gradient.

The signal is what of the activations depends on the input: the variance of a over the examples,
mean over units, which is the mean square of a times the share of it that still comes from the
input. So a network whose units all sit at a healthy-looking value that is the same for every
example has lost its signal, however large its mean square is. (Measured in float32, a signal below
1e-7 of the activations is rounding: such networks belong in float64.)
"""

from __future__ import annotations

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import signal_kept, top_over_bottom
from saturation_lab.claims.margins import OVER_DEPTH

ANY = "network"
"""How these claims call the one study that they are about."""

_ALL = [
    Claim(
        id="K-signal",
        source="the signal on its way up",
        sentence="keeps the signal",
        precise="The variance of the activations a over the examples (mean over units) differs by "
        "less than a factor 2 between hidden layers 1 and L.",
        experiment=signal_kept(ANY),
        **OVER_DEPTH,
    ),
    Claim(
        id="K-gradient",
        source="the gradient on its way down",
        sentence="keeps the gradient",
        precise="The mean square of the back-propagated gradients δ = ∂C/∂z differs by less than "
        "a factor 2 between hidden layers L and 1.",
        experiment=top_over_bottom(ANY, "gradient_mean_square"),
        **OVER_DEPTH,
    ),
]

KEEPS: dict[str, Claim] = {claim.id: claim for claim in _ALL}
