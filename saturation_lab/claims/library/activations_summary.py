"""What does the lecture state in the summary of its activations?

A row there is a formula, a derivative and weights. The formulas decide here; the weights are the
rules of the initialization table, whose own statements (GHs, GHt, GHr, GHi) decide them.
"""

from __future__ import annotations

from saturation_lab.claims.claim import Claim, ask
from saturation_lab.claims.library.activation_slides import relu_slope, same
from saturation_lab.claims.library.weight_table import kept
from saturation_lab.claims.statement import Statement

TABLE = "Lecture, activations summary"
_LAYERS = "10 layers of 200 units, uniform weights"
_TAPERING = "widths 1024, 512, 256, 128, 64, uniform weights"

SUMMARY: tuple[Statement, ...] = (
    Statement(
        id="AS1",
        kind="identity",
        source=TABLE,
        sentence="Sigmoid: 1/(1 + e^−z), ∇φ = a(1 − a).",
        precise="Definition and derivative are right. The weights beside them, ±4√(6/(n+m)), are "
        "the rule of GHs, which fails: they keep neither signal nor gradient.",
        formula=r"\varphi = \frac{1}{1+e^{-z}},\ \varphi' = a(1-a)",
        parts=(
            same("AS1", "sigmoid' = a (1 - a)", source=TABLE, says="φ' = a(1 − a) for a sigmoid"),
            same(
                "AS1.definition",
                "sigmoid = 1/(1 + e^-z)",
                source=TABLE,
                says="φ = 1/(1 + e^−z) for a sigmoid",
            ),
            kept(
                "AS1.signal",
                "signal",
                study="table: sigmoid, uniform",
                source=TABLE,
                says=f"Sigmoid, {_LAYERS}",
                expected="fails",
            ),
            kept(
                "AS1.gradient",
                "gradient",
                study="table: sigmoid, uniform",
                source=TABLE,
                says=f"Sigmoid, {_LAYERS}",
                expected="fails",
            ),
        ),
        why="Only the formulas are judged here, and they are exact.",
    ),
    Statement(
        id="AS2",
        kind="identity",
        source=TABLE,
        sentence="Tanh: (e^z − e^−z)/(e^z + e^−z), ∇φ = 4/(e^z + e^−z)².",
        precise="Definition and derivative are right; the quotient as printed is no number once "
        "e^z overflows. The weights beside them, ±√(6/(n+m)), are the rule of GHt, which fails: "
        "they lose signal and gradient by a power law.",
        formula=r"\varphi = \frac{e^z - e^{-z}}{e^z + e^{-z}},\ "
        r"\varphi' = \frac{4}{(e^z + e^{-z})^2}",
        parts=(
            same(
                "AS2",
                "tanh' = 4/(e^z + e^-z)^2",
                source=TABLE,
                says="φ' = 4/(e^z + e^−z)² for tanh",
            ),
            same(
                "AS2.definition",
                "tanh = (e^z - e^-z)/(e^z + e^-z)",
                source=TABLE,
                says="φ = (e^z − e^−z)/(e^z + e^−z) for tanh",
            ),
            Claim(
                id="AS2.float64",
                sentence="the quotient can be computed as printed",
                precise="In float64 the printed quotient is a number for every |z| ≤ 1000.",
                experiment=ask("exact", of="tanh_quotient_reach", args=("float64",)),
                low=1000.0,
                expected="fails",
            ),
            Claim(
                id="AS2.float32",
                sentence="the quotient can be computed as printed",
                precise="In float32 the printed quotient is a number for every |z| ≤ 100.",
                experiment=ask("exact", of="tanh_quotient_reach", args=("float32",)),
                low=100.0,
                expected="fails",
            ),
            kept(
                "AS2.signal",
                "signal",
                study="table: tanh, uniform",
                source=TABLE,
                says=f"Tanh, {_LAYERS}",
                expected="fails",
            ),
            kept(
                "AS2.gradient",
                "gradient",
                study="table: tanh, uniform",
                source=TABLE,
                says=f"Tanh, {_LAYERS}",
                expected="fails",
            ),
        ),
        why="Only the formulas are judged here: they are exact, but the quotient must not be "
        "computed as it stands.",
    ),
    Statement(
        id="AS3",
        kind="identity",
        source=TABLE,
        sentence="ReLU: z if z > 0, else 0; ∇φ: 1 if z > 0, else 0.",
        precise="Definition and derivative are right. The weights beside them, ±√2 √(6/(n+m)), "
        "are the rule of GHr, which fails: they keep size and gradient where all layers are "
        "equally wide, neither where they taper, and the signal not even there.",
        formula=r"\varphi = \max(z, 0),\ \varphi' = [z > 0]",
        parts=(
            relu_slope("AS3", source=TABLE),
            kept(
                "AS3.length",
                "length",
                study="table: relu, tapering, uniform",
                source=TABLE,
                says=f"ReLU, {_TAPERING}",
                expected="fails",
            ),
            kept(
                "AS3.gradient",
                "gradient",
                study="table: relu, tapering, uniform",
                source=TABLE,
                says=f"ReLU, {_TAPERING}",
                expected="fails",
            ),
            kept(
                "AS3.met",
                "length",
                study="table: relu, uniform",
                source=TABLE,
                says=f"ReLU, {_LAYERS}",
                expected="holds",
            ),
            kept(
                "AS3.met.gradient",
                "gradient",
                study="table: relu, uniform",
                source=TABLE,
                says=f"ReLU, {_LAYERS}",
                expected="holds",
            ),
            kept(
                "AS3.signal",
                "signal",
                study="table: relu, uniform",
                source=TABLE,
                says=f"ReLU, {_LAYERS}",
                expected="fails",
            ),
        ),
        why="Only the formulas are judged here, and they are exact.",
    ),
    Statement(
        id="AS4",
        kind="identity",
        source=TABLE,
        sentence="SiLU: z/(1 + e^−z), ∇φ = φ + σ(1 − φ).",
        precise="Definition and derivative are right. The weights beside them, ±√2 √(6/(n+m)), "
        "are the rule of GHi, which fails: they keep neither signal nor gradient.",
        formula=r"\varphi = \frac{z}{1+e^{-z}},\ \varphi' = \varphi + \sigma(1-\varphi)",
        parts=(
            same(
                "AS4", "silu' = phi + s (1 - phi)", source=TABLE, says="φ' = φ + σ(1 − φ) for SiLU"
            ),
            same(
                "AS4.definition",
                "silu = z/(1 + e^-z)",
                source=TABLE,
                says="φ = z/(1 + e^−z) for SiLU",
            ),
            Claim(
                id="AS4.bound",
                sentence="the bound is √2 √(6/(n+m))",
                precise="For n = m = 600 the bound lies between 0.0999 and 0.1001.",
                experiment=ask("exact", of="bound", args=("lecture_uniform", "silu", 600.0, 600.0)),
                low=0.0999,
                high=0.1001,
            ),
            kept(
                "AS4.signal",
                "signal",
                study="table: silu, uniform",
                source=TABLE,
                says=f"SiLU, {_LAYERS}",
                expected="fails",
            ),
            kept(
                "AS4.gradient",
                "gradient",
                study="table: silu, uniform",
                source=TABLE,
                says=f"SiLU, {_LAYERS}",
                expected="fails",
            ),
        ),
        why="Only the formulas are judged here, and they are exact.",
    ),
)
"""The four rows of the summary."""
