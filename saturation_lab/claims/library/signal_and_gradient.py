"""The two claims that an initialization keeps the signal and that it keeps the gradient.

The signal is the part of the activations that depends on the input: the variance of a over the
examples, averaged over units. It equals the mean square of a times the share of it that comes from
the input. A network whose units all have a healthy-looking value that is the same for every example
has lost its signal, however large its mean square is. (In float32, a signal below 1e-7 of the
activations is rounding error; measure such networks in float64.)
"""

from __future__ import annotations

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import signal_kept, top_over_bottom
from saturation_lab.claims.margins import OVER_DEPTH

ANY = "network"
"""The name that these claims use for their only study."""

_ALL = [
    Claim(
        id="K-signal",
        source="the signal on its way up",
        sentence="keeps the signal",
        precise="The variance of the activations a over the examples (mean over units) differs by "
        "less than a factor of 2 between hidden layers 1 and L.",
        experiment=signal_kept(ANY),
        **OVER_DEPTH,
    ),
    Claim(
        id="K-gradient",
        source="the gradient on its way down",
        sentence="keeps the gradient",
        precise="The mean square of the back-propagated gradients δ = ∂C/∂z differs by less than a "
        "factor of 2 between hidden layers L and 1.",
        experiment=top_over_bottom(ANY, "gradient_mean_square"),
        **OVER_DEPTH,
    ),
]

KEEPS: dict[str, Claim] = {claim.id: claim for claim in _ALL}
