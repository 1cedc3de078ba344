"""The lecture's statement about ReLU in deep networks."""

from __future__ import annotations

from saturation_lab.claims.claim import Claim
from saturation_lab.claims.experiments import against_theory, exact, value
from saturation_lab.claims.library.weight_table import Networks, kept
from saturation_lab.claims.margins import within
from saturation_lab.claims.statement import Statement

_DEMO = "Lecture, demo"

_RELU = Networks("table: relu, 30 layers", "ReLU, He's rule, 30 layers of 500 units")
_SIGMOID = Networks(
    "table: sigmoid, 30 layers", "Sigmoid, the lecture's rule, 30 layers of 500 units"
)

DEEP_RELU: tuple[Statement, ...] = (
    Statement(
        id="D2",
        kind="rule",
        source=_DEMO,
        sentence="ReLU nonlinearities are important for deep networks.",
        precise="Under He's rule, χ₁ = 1 at every q, so a ReLU network keeps its gradient at any "
        "depth. It does not keep the signal: inputs become alike, as their correlation rises "
        "towards 1. And ReLU is not the only way: other activations keep the gradient with a gain "
        "at which χ₁ = 1 (BP5.precise).",
        formula=r"\chi_1 = 2\,E[\varphi'(z)^2] = 1,\quad 1 - c_l \simeq \frac{9\pi^2}{2 l^2}",
        parts=(
            kept("gradient", _RELU),
            Claim(
                id=".slope",
                sentence="χ₁ = 1 at every depth",
                precise="2 E φ'(z)² of ReLU is 1 at every q from 10⁻⁸ to 10⁴, with an error below "
                "10⁻¹².",
                experiment=exact("chi_1_error", "relu", 2.0),
                high=1e-12,
            ),
            kept("gradient", _SIGMOID, id=".sigmoid", expected="fails"),
            kept("signal", _RELU, id=".signal", expected="fails"),
            Claim(
                id=".alike",
                sentence="different inputs stay different",
                precise="ReLU, He's rule: after 30 layers, the activations of unrelated inputs "
                "have a cosine below 0.5.",
                experiment=value("table: relu, 30 layers", "activation_correlation", -1),
                high=0.5,
                expected="fails",
            ),
            Claim(
                id=".precise",
                sentence="the correlation rises as predicted by theory",
                precise="ReLU, He's rule: the cosine between the activations of two inputs in "
                "layer 30 agrees with theory within a factor of 1.01.",
                experiment=against_theory("table: relu, 30 layers", "activation_correlation", -1),
                **within(1.01),
            ),
        ),
        why="ReLU keeps the gradient at any depth, but not the signal, as inputs become alike. "
        "Other activations can keep the gradient as well.",
    ),
)
