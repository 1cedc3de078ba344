"""Statements of the lecture about tanh, ReLU and SiLU."""

from __future__ import annotations

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import exact
from saturation_lab.claims.statement import Statement

_TANH = "Lecture, new activation: hyperbolic tangent"
_RELU = "Lecture, new activation: ReLU"
_SILU = "Lecture, other activation functions"

ROUNDING = 8.0
"""So many ulps of the largest term are rounding: each formula has a handful of operations."""


def same(identity: str, says: str, *, id: str = "") -> Claim:
    """Return the claim that two formulas of one function agree to rounding."""
    return Claim(
        id=id,
        sentence=says,
        precise=f"{says}: the two differ by less than 8 ulps of the largest term, over a dense "
        "grid of z.",
        experiment=exact("identity_ulps", identity),
        high=ROUNDING,
    )


RELU_SLOPE = Claim(
    sentence="ReLU's slope is 1 if z > 0, else 0",
    precise="From z to 2z ReLU rises by z times its slope, 1 if z > 0, else 0, within 8 ulps of z "
    "over a dense grid of z. What rises so at every z is straight on each side of 0, where "
    "difference quotients are slopes.",
    experiment=exact("identity_ulps", "relu' = 1 if z > 0, else 0"),
    high=ROUNDING,
)
"""ReLU has the slope that is printed, by its difference quotients."""


ACTIVATIONS: tuple[Statement, ...] = (
    Statement(
        id="T1",
        kind="identity",
        source=_TANH,
        sentence="Tanh is basically a sigmoid from −1 to 1.",
        precise="tanh z = 2 σ(2z) − 1: stretched from (0, 1) to (−1, 1), and steeper besides.",
        formula=r"\tanh z = 2\,\sigma(2z) - 1",
        parts=(
            same("tanh z = 2 sigmoid(2 z) - 1", "tanh z = 2 σ(2z) − 1"),
            Claim(
                id=".range",
                sentence="only the range differs",
                precise="tanh z and 2 σ(z) − 1 differ by less than 0.01 at every z.",
                experiment=exact("tanh_from_sigmoid", 1.0),
                high=0.01,
                expected="fails",
            ),
            Claim(
                id=".slope",
                sentence="tanh is as flat as a sigmoid",
                precise="The slope of tanh is nowhere above 1/4, the most that a sigmoid has.",
                experiment=exact("largest_slope", "tanh"),
                high=0.25,
                expected="fails",
            ),
        ),
        why="Both axes are scaled: range and steepness make the largest slope four times a "
        "sigmoid's.",
    ),
    Statement(
        id="R1",
        kind="derivation",
        source=_RELU,
        sentence="ReLU has the advantage of large gradients.",
        precise="E φ'² = 1/2 whatever the size of z. A sigmoid's is at most 1/16; tanh's is larger "
        "than ReLU's while z is small.",
        formula=r"E[\varphi'(z)^2] = 1/2",
        assumes="a comparison with the sigmoid, or a z that is not small",
        parts=(
            Claim(
                sentence="ReLU has larger gradients than tanh",
                precise="E φ'² of ReLU is above tanh's at every variance of z from 10⁻⁸ to 10⁴.",
                experiment=exact("least_slope_ratio", "relu", "tanh"),
                low=1.0,
                expected="fails",
            ),
            Claim(
                id=".met",
                sentence="larger gradients than tanh's where z is not small",
                precise="E φ'² of ReLU is above tanh's for z ~ N(0, 1).",
                experiment=exact("slope_ratio", "relu", "tanh", 1.0),
                low=1.0,
            ),
            Claim(
                id=".sigmoid",
                sentence="larger gradients than a sigmoid's",
                precise="E φ'² of ReLU is at least 7.9 times a sigmoid's at every variance of z "
                "from 10⁻⁸ to 10⁴.",
                experiment=exact("least_slope_ratio", "relu", "sigmoid"),
                low=7.9,
            ),
            Claim(
                id=".silu",
                sentence="larger gradients than SiLU's where z is not large",
                precise="E φ'² of ReLU is above SiLU's for z ~ N(0, 1).",
                experiment=exact("slope_ratio", "relu", "silu", 1.0),
                low=1.0,
            ),
            Claim(
                id=".precise",
                sentence="E φ'² = 1/2",
                precise="2 E φ'(z)² of ReLU is 1 at every variance from 10⁻⁸ to 10⁴: its largest "
                "error is below 10⁻¹².",
                experiment=exact("chi_1_error", "relu", 2.0),
                high=1e-12,
            ),
        ),
        why="ReLU's advantage is that its slopes do not depend on the size of z.",
    ),
    Statement(
        id="R2",
        kind="identity",
        source=_RELU,
        sentence="It has an extremely simple derivative: 1 if z > 0, else 0.",
        precise="True but at z = 0, where there is no derivative: 0 is the slope from the left.",
        formula=r"\varphi'(z) = \begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}",
        assumes="z ≠ 0",
        parts=(
            RELU_SLOPE,
            Claim(
                id=".zero",
                sentence="there is a derivative at 0",
                precise="The slopes from the left and from the right differ by less than 0.01 at "
                "0.",
                experiment=exact("jump_of_slope", "relu"),
                high=0.01,
                expected="fails",
            ),
        ),
        why="The formula is a convention at 0 and exact everywhere else.",
    ),
    Statement(
        id="S1",
        kind="identity",
        source=_SILU,
        sentence="SiLU, also called Swish.",
        precise="Swish has a parameter: z σ(βz), which is SiLU at β = 1 and SiLU on other axes at "
        "any other; for β → ∞ it is ReLU, for β → 0 it is z/2.",
        formula=r"\mathrm{swish}_\beta(z) = z\,\sigma(\beta z) = \mathrm{silu}(\beta z)/\beta",
        assumes="β = 1",
        parts=(
            same("silu = sigmoid(z) z", "Swish at β = 1 is SiLU"),
            same("swish of 4 is silu(4 z)/4", "Swish at β = 4 is silu(4z)/4", id=".scaled"),
            Claim(
                id=".relu",
                sentence="β → ∞ is ReLU",
                precise="At β = 1000 Swish differs from ReLU by less than 0.001 at every z.",
                experiment=exact("swish_from_relu", 1000.0),
                high=0.001,
            ),
            Claim(
                id=".half",
                sentence="β → 0 is z/2",
                precise="At β = 0.0001 Swish differs from z/2 by less than 0.001 for |z| ≤ 4.",
                experiment=exact("swish_from_half", 1e-4, 4.0),
                high=0.001,
            ),
        ),
        why="The two names mean one function where Swish's parameter is 1.",
    ),
    Statement(
        id="S2",
        kind="identity",
        source=_SILU,
        sentence="Mixing of sigmoid and ReLU.",
        precise="ReLU less a sigmoid's tail: z σ(z), where ReLU is z times a step. Unlike both it "
        "is not monotone: it has a minimum −W(1/e), W Lambert's function, which is also its "
        "largest distance from ReLU.",
        formula=r"z\,\sigma(z) = \max(z, 0) - |z|\,\sigma(-|z|),\quad "
        r"\min \varphi = -W(1/e) \text{ at } z = -1 - W(1/e)",
        parts=(
            same("silu = relu - |z| sigmoid(-|z|)", "SiLU is max(z, 0) − |z| σ(−|z|)"),
            Claim(
                id=".monotone",
                sentence="it never falls, as sigmoid and ReLU do not",
                precise="The slope of SiLU is nowhere below 0.",
                experiment=exact("least_slope", "silu"),
                low=0.0,
                expected="fails",
            ),
            Claim(
                id=".minimum",
                sentence="it has a minimum",
                precise="min φ lies between −0.27847 and −0.27846.",
                experiment=exact("silu_minimum"),
                low=-0.27847,
                high=-0.27846,
            ),
            Claim(
                id=".relu",
                sentence="it stays near ReLU",
                precise="Its largest distance from ReLU lies between 0.27846 and 0.27847.",
                experiment=exact("swish_from_relu", 1.0),
                low=0.27846,
                high=0.27847,
            ),
        ),
        why="It is made of both and near ReLU, but no mean of the two: it falls where z is "
        "negative enough.",
    ),
    Statement(
        id="S3",
        kind="identity",
        source=_SILU,
        sentence="φ(z) = σ(z)·z.",
        precise="The same at every z of floating point, with an independent σ.",
        formula=r"\varphi(z) = \sigma(z) \cdot z",
        parts=(same("silu = sigmoid(z) z", "φ(z) = σ(z)·z for SiLU"),),
        why="It is the definition.",
    ),
    Statement(
        id="S4",
        kind="identity",
        source=_SILU,
        sentence="φ' = zσ(1 − σ) + σ = zσ + σ(1 − zσ) = φ + σ(1 − φ).",
        precise="The forms are one function, of slopes from −0.0998 to 1.0998. In floating point "
        "the last one loses digits as z grows, as φ and −σφ cancel.",
        formula=r"\varphi' = z\sigma(1-\sigma) + \sigma = \varphi + \sigma(1 - \varphi)",
        parts=(
            same("silu' = phi + s (1 - phi)", "φ' = φ + σ(1 − φ) for SiLU"),
            same("silu' = z s (1 - s) + s", "φ' = zσ(1 − σ) + σ for SiLU", id=".line"),
            Claim(
                id=".least",
                sentence="the least slope",
                precise="min φ' lies between −0.09984 and −0.09983.",
                experiment=exact("least_slope", "silu"),
                low=-0.09984,
                high=-0.09983,
            ),
            Claim(
                id=".largest",
                sentence="the largest slope",
                precise="max φ' lies between 1.09983 and 1.09984.",
                experiment=exact("largest_slope", "silu"),
                low=1.09983,
                high=1.09984,
            ),
            Claim(
                id=".float",
                sentence="the last form can be computed as printed",
                precise="Computed as printed in float64, φ + σ(1 − φ) is off by less than 0.01 at "
                "every z. (Where z is huge it gives 0 in place of 1: φ and −σφ cancel, and the 1 "
                "between them is less than an ulp of φ, of which 8 are allowed above.)",
                experiment=exact("silu_slope_error"),
                high=0.01,
                expected="fails",
            ),
        ),
        why="The algebra is right; the last form is for paper, the first for a computer.",
    ),
)
"""Tanh, ReLU and SiLU."""
