"""What does the lecture state of ReLU in deep networks?"""

from __future__ import annotations

from saturation_lab.claims.claim import Claim, ask
from saturation_lab.claims.library.weight_table import kept
from saturation_lab.claims.margins import within
from saturation_lab.claims.statement import Statement

DEMO = "Lecture, demo"

DEEP_RELU: tuple[Statement, ...] = (
    Statement(
        id="D2",
        kind="rule",
        source=DEMO,
        sentence="ReLU nonlinearities are important for deep networks.",
        precise="Under He's rule χ₁ = 1 at every q, so that a ReLU network keeps its gradient at "
        "any depth. It does not keep the signal: its inputs become alike, their correlation rises "
        "towards 1. And it is not the only way: other activations keep their gradient with a gain "
        "of χ₁ = 1 (BP5.precise).",
        formula=r"\chi_1 = 2\,E[\varphi'(z)^2] = 1,\quad 1 - c_l \simeq \frac{9\pi^2}{2 l^2}",
        parts=(
            kept(
                "D2",
                "gradient",
                study="table: relu, 30 layers",
                says="ReLU, He's rule, 30 layers of 500 units",
                expected="holds",
                source=DEMO,
            ),
            Claim(
                id="D2.slope",
                sentence="χ₁ = 1 at every depth",
                precise="2 E φ'(z)² of ReLU is 1 at every q from 10⁻⁸ to 10⁴: its largest error is "
                "below 10⁻¹².",
                experiment=ask("exact", of="chi_1_error", args=("relu", 2.0)),
                high=1e-12,
            ),
            kept(
                "D2.sigmoid",
                "gradient",
                study="table: sigmoid, 30 layers",
                says="Sigmoid, the lecture's rule, 30 layers of 500 units",
                expected="fails",
                source=DEMO,
            ),
            kept(
                "D2.signal",
                "signal",
                study="table: relu, 30 layers",
                says="ReLU, He's rule, 30 layers of 500 units",
                expected="fails",
                source=DEMO,
            ),
            Claim(
                id="D2.alike",
                sentence="unlike inputs stay unlike",
                precise="ReLU, He's rule: after 30 layers unrelated inputs have activations of a "
                "cosine below 0.5.",
                experiment=ask(
                    "value", study="table: relu, 30 layers", at=("activation_correlation", -1)
                ),
                high=0.5,
                expected="fails",
            ),
            Claim(
                id="D2.precise",
                sentence="the correlation rises as theory says",
                precise="ReLU, He's rule: the cosine between the activations of two inputs in "
                "layer 30 is what theory expects, within a factor 1.01.",
                experiment=ask(
                    "against_theory",
                    study="table: relu, 30 layers",
                    at=("activation_correlation", -1),
                ),
                **within(1.01),
            ),
        ),
        why="ReLU keeps the gradient at any depth, not the signal, as inputs become alike; and it "
        "is not the only activation that can.",
    ),
)
