"""The lecture's statements about tanh, ReLU and SiLU."""

from __future__ import annotations

from saturation_lab.claims.claim import Claim, Unit
from saturation_lab.claims.experiments import exact
from saturation_lab.claims.statement import Statement

_TANH = "Lecture, new activation: hyperbolic tangent"
_RELU = "Lecture, new activation: ReLU"
_SILU = "Lecture, other activation functions"

ROUNDING = 8.0
"""The difference in ulps of the largest term that counts as rounding, for a few operations."""


def same(identity: str, says: str, *, id: str = "") -> Claim:
    """Return the claim that two formulas for one function agree up to rounding.

    Parameters
    ----------
    identity : str
        A key of ``judging.exact.activation_identities.IDENTITIES``.
    says : str
        The identity as the statement prints it.
    id : str
        The id of the claim; by default that of its statement.

    Returns
    -------
    Claim
        The claim.
    """
    return Claim(
        id=id,
        sentence=says,
        precise=f"{says}: the two sides differ by less than 8 ulps of the largest term over a "
        "dense grid of z.",
        experiment=exact("identity_ulps", identity),
        high=ROUNDING,
    )


RELU_SLOPE = Claim(
    sentence="ReLU's slope is 1 if z > 0, else 0",
    precise="Between z and 2z, ReLU rises by z times the printed slope (1 if z > 0, else 0), "
    "within 8 ulps of z over a dense grid of z. A function that does so at every z is linear on "
    "each side of 0, where difference quotients are slopes.",
    experiment=exact("identity_ulps", "relu' = 1 if z > 0, else 0"),
    high=ROUNDING,
)
"""The claim that ReLU has the printed slope, tested by difference quotients."""


ACTIVATIONS: tuple[Statement, ...] = (
    Statement(
        id="T1",
        kind="identity",
        source=_TANH,
        sentence="Tanh is basically a sigmoid from −1 to 1.",
        precise="tanh z = 2 σ(2z) − 1: a sigmoid stretched from (0, 1) to (−1, 1), and also "
        "steeper.",
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
                precise="The slope of tanh is never above 1/4, the largest slope of a sigmoid.",
                experiment=exact("largest_slope", "tanh"),
                high=0.25,
                expected="fails",
            ),
        ),
        why="Both axes are rescaled, which makes the largest slope four times that of a sigmoid.",
    ),
    Statement(
        id="R1",
        kind="derivation",
        source=_RELU,
        sentence="ReLU has the advantage of large gradients.",
        precise="E φ'² = 1/2 for every size of z. For the sigmoid, which is the lecture's "
        "comparison, it is at most 1/16. For tanh it is larger than 1/2 if z is small.",
        formula=r"E[\varphi'(z)^2] = 1/2",
        assumes="a comparison with the sigmoid, as in the lecture",
        parts=(
            Claim(
                case="against a sigmoid",
                unit=Unit(says="E φ'² ÷ that of a sigmoid, at least"),
                sentence="larger gradients than a sigmoid",
                precise="E φ'² of ReLU is at least 7.9 times that of a sigmoid at every variance "
                "of z from 10⁻⁸ to 10⁴.",
                experiment=exact("least_slope_ratio", "relu", "sigmoid"),
                low=7.9,
            ),
            Claim(
                id=".tanh",
                sentence="ReLU has larger gradients than tanh",
                precise="E φ'² of ReLU is above that of tanh at every variance of z from 10⁻⁸ to "
                "10⁴.",
                experiment=exact("least_slope_ratio", "relu", "tanh"),
                low=1.0,
                expected="fails",
            ),
            Claim(
                id=".tanh.wide",
                sentence="larger gradients than tanh if z is not small",
                precise="E φ'² of ReLU is above that of tanh for z ~ N(0, 1).",
                experiment=exact("slope_ratio", "relu", "tanh", 1.0),
                low=1.0,
            ),
            Claim(
                id=".silu",
                sentence="larger gradients than SiLU if z is not large",
                precise="E φ'² of ReLU is above that of SiLU for z ~ N(0, 1).",
                experiment=exact("slope_ratio", "relu", "silu", 1.0),
                low=1.0,
            ),
            Claim(
                id=".precise",
                sentence="E φ'² = 1/2",
                precise="2 E φ'(z)² of ReLU is 1 at every variance of z from 10⁻⁸ to 10⁴, with an "
                "error below 10⁻¹².",
                experiment=exact("chi_1_error", "relu", 2.0),
                high=1e-12,
            ),
        ),
        why="ReLU's slopes do not depend on the size of z, and a sigmoid's are at most 1/4. "
        "Against tanh, ReLU has no advantage near z = 0.",
    ),
    Statement(
        id="R2",
        kind="identity",
        source=_RELU,
        sentence="It has an extremely simple derivative: 1 if z > 0, else 0.",
        precise="True except at z = 0, where there is no derivative; 0 is the slope from the left.",
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
        precise="Swish has a parameter β: z σ(βz) is SiLU at β = 1 and a rescaled SiLU at any "
        "other β. It tends to ReLU as β → ∞ and to z/2 as β → 0.",
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
        why="Both names denote the same function if Swish's parameter is 1.",
    ),
    Statement(
        id="S2",
        kind="identity",
        source=_SILU,
        sentence="Mixing of sigmoid and ReLU.",
        precise="ReLU is z times a step, and SiLU is z times a sigmoid: SiLU equals ReLU minus |z| "
        "times the tail of a sigmoid. Unlike both, it is not monotone. Its minimum is −W(1/e), "
        "where W is Lambert's function, and W(1/e) is also its largest distance from ReLU.",
        formula=r"z\,\sigma(z) = \max(z, 0) - |z|\,\sigma(-|z|),\quad "
        r"\min \varphi = -W(1/e) \text{ at } z = -1 - W(1/e)",
        parts=(
            same("silu = relu - |z| sigmoid(-|z|)", "SiLU is max(z, 0) − |z| σ(−|z|)"),
            Claim(
                id=".monotone",
                sentence="it never decreases, like sigmoid and ReLU",
                precise="The slope of SiLU is never below 0.",
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
                sentence="it stays close to ReLU",
                precise="Its largest distance from ReLU lies between 0.27846 and 0.27847.",
                experiment=exact("swish_from_relu", 1.0),
                low=0.27846,
                high=0.27847,
            ),
        ),
        why="SiLU is built from both and close to ReLU, but it is not an average of the two: it "
        "decreases where z is negative enough.",
    ),
    Statement(
        id="S3",
        kind="identity",
        source=_SILU,
        sentence="φ(z) = σ(z)·z.",
        precise="Both sides agree over the whole range of floating point, with an independently "
        "computed σ.",
        formula=r"\varphi(z) = \sigma(z) \cdot z",
        parts=(same("silu = sigmoid(z) z", "φ(z) = σ(z)·z for SiLU"),),
        why="This is the definition of SiLU.",
    ),
    Statement(
        id="S4",
        kind="identity",
        source=_SILU,
        sentence="φ' = zσ(1 − σ) + σ = zσ + σ(1 − zσ) = φ + σ(1 − φ).",
        precise="All forms are the same function, with values from −0.0998 to 1.0998. In floating "
        "point, the last form loses digits as z grows, because φ and −σφ cancel.",
        formula=r"\varphi' = z\sigma(1-\sigma) + \sigma = \varphi + \sigma(1 - \varphi)",
        parts=(
            same("silu' = phi + s (1 - phi)", "φ' = φ + σ(1 − φ) for SiLU"),
            same("silu' = z s (1 - s) + s", "φ' = zσ(1 − σ) + σ for SiLU", id=".line"),
            Claim(
                id=".least",
                sentence="the smallest slope",
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
                "every z. (For huge z it gives 0 instead of 1: φ and −σφ cancel, and the remaining "
                "1 is less than an ulp of φ, 8 of which are allowed above.)",
                experiment=exact("silu_slope_error"),
                high=0.01,
                expected="fails",
            ),
        ),
        why="The algebra is right; for computing, the first form is the better one.",
    ),
)
"""The statements in slide order."""
