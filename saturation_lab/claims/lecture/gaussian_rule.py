"""What does the lecture state of its practical Gaussian rule?"""

from __future__ import annotations

import math

from saturation_lab.claims.claim import Claim, Exact, TopOverBottom
from saturation_lab.claims.statement import Statement
from saturation_lab.claims.studies import study

STUDIES = {
    "sigmoid, tiny weights": study("sigmoid", "glorot_normal", gain=0.1),
}

SOURCE = "Lecture, practical Gaussian initialization"

GAUSSIAN_RULE: tuple[Statement, ...] = (
    Statement(
        id="WI1",
        kind="rule",
        source=SOURCE,
        sentence="Do not saturate right away.",
        precise="Necessary, not sufficient: a sigmoid network whose weights are too small ever to "
        "saturate loses its gradient all the same, by σ_w²/16 a layer.",
        formula=r"\chi_1 \to \sigma_w^2 / 16",
        parts=(
            Claim(
                id="WI1",
                source=SOURCE,
                sentence="a network that does not saturate keeps its gradient",
                precise="Sigmoid, 10 layers, gain 0.1: the mean square of δ differs by less than "
                "a factor 2 between hidden layers 10 and 1.",
                experiment=TopOverBottom(
                    study="sigmoid, tiny weights", quantity="gradient_mean_square"
                ),
                low=-math.log(2),
                high=math.log(2),
                expected="fails",
            ),
        ),
        why="Nothing saturates, and the gradient vanishes: the slope of a sigmoid is at most 1/4.",
    ),
    Statement(
        id="WI3",
        kind="rule",
        source=SOURCE,
        sentence="We want −ε < z < ε, ε = 4.",
        precise="A Gaussian cannot be confined: of z ~ N(0, 4²), the slide's own Std z, a share "
        "2Φ(−1) lies beyond ±4.",
        formula=r"P(|z| > 4) = 2\,\Phi(-4/\mathrm{Std}\,z)",
        assumes="that z is bounded by its standard deviation",
        parts=(
            Claim(
                id="WI3",
                source=SOURCE,
                sentence="z lies within ±4",
                precise="Less than 5 % of N(0, 4²) lies beyond ±4.",
                experiment=Exact(of="share_outside", args=(4.0, 4.0)),
                high=0.05,
                expected="fails",
            ),
        ),
        why="A standard deviation is no bound.",
    ),
)
