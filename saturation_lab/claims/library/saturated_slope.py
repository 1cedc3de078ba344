"""The self-test on the derivative of a saturated sigmoid, exact and in floating point."""

from __future__ import annotations

import math

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import exact
from saturation_lab.claims.margins import close_to
from saturation_lab.claims.statement import Statement


def _zero_beyond(side: str, dtype: str, formula: str, z: float) -> Claim:
    return Claim(
        id=f".{dtype}.{side}",
        sentence="it becomes zero",
        precise=f"In {dtype}, on the {side} side of 0, a*(1-a) is exactly 0 for |z| above "
        f"{formula}, within 1 %.",
        experiment=exact("zero_slope_beyond", side, dtype),
        **close_to(z, 0.01),
    )


_LN2 = math.log(2)

SATURATED_SLOPE = Statement(
    id="ST2",
    kind="identity",
    sentence="What is the derivative of a saturated sigmoid neuron? A. zero; B. one; C. a(1−a); D. "
    "it depends.",
    precise="C: it is always a(1 − a). It tends to zero like e^−|z| but is never zero. In floating "
    "point, a*(1-a) becomes exactly zero once 1 − a or a rounds to zero, which happens much sooner "
    "for high z than for low z.",
    formula=r"\sigma'(z) = a\,(1 - a) \le e^{-|z|}",
    parts=(
        Claim(
            sentence="C. the derivative is a × (1 − a)",
            precise="For |z| ≤ 650, the derivative is a(1 − a), with a relative error below 16 "
            "roundings of 2⁻⁵² each.",
            experiment=exact("slope_mismatch", 650.0),
            high=16.0,
        ),
        Claim(
            id=".zero",
            sentence="A. the derivative is zero",
            precise="At z = 40, the derivative is not above 0.",
            experiment=exact("sigmoid_slope", 40.0),
            high=0.0,
            expected="fails",
        ),
        Claim(
            id=".one",
            sentence="B. the derivative is one",
            precise="At z = 0, where the derivative is largest, it is above 0.95.",
            experiment=exact("sigmoid_slope", 0.0),
            low=0.95,
            expected="fails",
        ),
        Claim(
            id=".depends",
            sentence="D. it depends",
            precise="At some |z| ≤ 650, the derivative differs from a(1 − a) by more than 16 "
            "roundings.",
            experiment=exact("slope_mismatch", 650.0),
            low=16.0,
            expected="fails",
        ),
        Claim(
            id=".limit",
            sentence="it tends to zero",
            precise="At z = 40, the derivative is below 10⁻¹⁶.",
            experiment=exact("sigmoid_slope", 40.0),
            high=1e-16,
        ),
        Claim(
            id=".float64",
            sentence="C. the derivative is a × (1 − a)",
            precise="Computed as a*(1-a) in float64, it has a relative error below 0.01 at z = 40. "
            "The error is 1 if the product is rounded to 0.",
            experiment=exact("slope_error", 40.0, "float64"),
            high=0.01,
            expected="fails",
        ),
        Claim(
            id=".float64.met",
            sentence="C. the derivative is a × (1 − a)",
            precise="The same at z = −40.",
            experiment=exact("slope_error", -40.0, "float64"),
            high=0.01,
        ),
        _zero_beyond("high", "float64", "53 ln 2", 53 * _LN2),
        _zero_beyond("low", "float64", "1075 ln 2", 1075 * _LN2),
        _zero_beyond("high", "float32", "24 ln 2", 24 * _LN2),
        _zero_beyond("low", "float32", "150 ln 2", 150 * _LN2),
        *(
            Claim(
                id=f".{dtype}.symmetric",
                sentence="both sides are alike",
                precise=f"In {dtype}, both thresholds are the same, within 10 %.",
                experiment=exact("zero_slopes_high_over_low", dtype),
                low=1 / 1.1,
                high=1.1,
                expected="fails",
            )
            for dtype in ("float64", "float32")
        ),
    ),
    why="The derivative is a(1 − a) everywhere. In a saturated neuron it is zero for all practical "
    "purposes, but only rounding makes it exactly zero.",
)
