"""The lecture's summary of activations, one statement for each row.

A row has a formula, a derivative and weights. Only the formulas decide these statements. The
weights are the rules of the initialization table, which has its own statements (GHs, GHt, GHr,
GHi).
"""

from __future__ import annotations

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import exact
from saturation_lab.claims.library.activation_slides import RELU_SLOPE, same
from saturation_lab.claims.library.weight_table import Networks, kept
from saturation_lab.claims.statement import Statement, of_source

_TABLE = "Lecture, activations summary"
_LAYERS = "10 layers of 200 units, uniform weights"
_TAPERING = "widths 1024, 512, 256, 128, 64, uniform weights"
_SIGMOID = Networks("table: sigmoid, uniform", f"Sigmoid, {_LAYERS}")
_TANH = Networks("table: tanh, uniform", f"Tanh, {_LAYERS}")
_RELU_TAPERING = Networks("table: relu, tapering, uniform", f"ReLU, {_TAPERING}")
_RELU = Networks("table: relu, uniform", f"ReLU, {_LAYERS}")
_SILU = Networks("table: silu, uniform", f"SiLU, {_LAYERS}")

SUMMARY = of_source(
    _TABLE,
    Statement(
        id="AS1",
        kind="identity",
        sentence="Sigmoid: 1/(1 + e^−z), ∇φ = a(1 − a).",
        precise="The definition and the derivative are right. The weights given with them, "
        "±4√(6/(n+m)), are the rule of GHs, which fails: they keep neither signal nor gradient.",
        formula=r"\varphi = \frac{1}{1+e^{-z}},\ \varphi' = a(1-a)",
        parts=(
            same("sigmoid' = a (1 - a)", "φ' = a(1 − a) for a sigmoid"),
            same("sigmoid = 1/(1 + e^-z)", "φ = 1/(1 + e^−z) for a sigmoid", id=".definition"),
            kept("signal", _SIGMOID, id=".signal", expected="fails"),
            kept("gradient", _SIGMOID, id=".gradient", expected="fails"),
        ),
        why="Only the formulas are judged here, and they are exact.",
    ),
    Statement(
        id="AS2",
        kind="identity",
        sentence="Tanh: (e^z − e^−z)/(e^z + e^−z), ∇φ = 4/(e^z + e^−z)².",
        precise="The definition and the derivative are right, but the quotient as printed is not a "
        "number once e^z overflows. The weights given with them, ±√(6/(n+m)), are the rule of GHt, "
        "which fails: they lose signal and gradient by a power law.",
        formula=r"\varphi = \frac{e^z - e^{-z}}{e^z + e^{-z}},\ "
        r"\varphi' = \frac{4}{(e^z + e^{-z})^2}",
        parts=(
            same("tanh' = 4/(e^z + e^-z)^2", "φ' = 4/(e^z + e^−z)² for tanh"),
            same(
                "tanh = (e^z - e^-z)/(e^z + e^-z)",
                "φ = (e^z − e^−z)/(e^z + e^−z) for tanh",
                id=".definition",
            ),
            Claim(
                id=".float64",
                sentence="the quotient can be computed as printed",
                precise="In float64, the printed quotient is a number for every |z| ≤ 1000.",
                experiment=exact("tanh_quotient_reach", "float64"),
                low=1000.0,
                expected="fails",
            ),
            Claim(
                id=".float32",
                sentence="the quotient can be computed as printed",
                precise="In float32, the printed quotient is a number for every |z| ≤ 100.",
                experiment=exact("tanh_quotient_reach", "float32"),
                low=100.0,
                expected="fails",
            ),
            kept("signal", _TANH, id=".signal", expected="fails"),
            kept("gradient", _TANH, id=".gradient", expected="fails"),
        ),
        why="Only the formulas are judged here. They are exact, but the quotient should not be "
        "computed as printed.",
    ),
    Statement(
        id="AS3",
        kind="identity",
        sentence="ReLU: z if z > 0, else 0; ∇φ: 1 if z > 0, else 0.",
        precise="The definition and the derivative are right. The weights given with them, ±√2 "
        "√(6/(n+m)), are the rule of GHr, which fails: with equal widths they keep the size and "
        "the gradient, but not the signal; on tapering widths they keep none of the three.",
        formula=r"\varphi = \max(z, 0),\ \varphi' = [z > 0]",
        parts=(
            RELU_SLOPE,
            kept("length", _RELU_TAPERING, id=".length", expected="fails"),
            kept("gradient", _RELU_TAPERING, id=".gradient", expected="fails"),
            kept("length", _RELU, id=".met"),
            kept("gradient", _RELU, id=".met.gradient"),
            kept("signal", _RELU, id=".signal", expected="fails"),
        ),
        why="Only the formulas are judged here, and they are exact.",
    ),
    Statement(
        id="AS4",
        kind="identity",
        sentence="SiLU: z/(1 + e^−z), ∇φ = φ + σ(1 − φ).",
        precise="The definition and the derivative are right. The weights given with them, ±√2 "
        "√(6/(n+m)), are the rule of GHi, which fails: they keep neither signal nor gradient.",
        formula=r"\varphi = \frac{z}{1+e^{-z}},\ \varphi' = \varphi + \sigma(1-\varphi)",
        parts=(
            same("silu' = phi + s (1 - phi)", "φ' = φ + σ(1 − φ) for SiLU"),
            same("silu = z/(1 + e^-z)", "φ = z/(1 + e^−z) for SiLU", id=".definition"),
            Claim(
                id=".bound",
                sentence="the bound is √2 √(6/(n+m))",
                precise="For n = m = 600, the bound lies between 0.0999 and 0.1001.",
                experiment=exact("bound", "lecture_uniform", "silu", 600.0, 600.0),
                low=0.0999,
                high=0.1001,
            ),
            kept("signal", _SILU, id=".signal", expected="fails"),
            kept("gradient", _SILU, id=".gradient", expected="fails"),
        ),
        why="Only the formulas are judged here, and they are exact.",
    ),
)
"""The four rows of the summary."""
