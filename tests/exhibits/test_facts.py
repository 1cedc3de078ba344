"""Test the facts on a card: they agree with theory, and missing ones have a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import norm

from saturation_lab import ACTIVATIONS, Activation, InputError, own_activation
from saturation_lab.exhibits import facts_text
from saturation_lab.exhibits.card_facts import card_facts
from saturation_lab.inference import short
from saturation_lab.theory import settled

Array = NDArray[Any]


def _values(activation: Activation) -> dict[str, str]:
    return {fact.label: fact.value for fact in card_facts(activation) if fact.value}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_member_has_its_moments_gains_and_critical_point(name: str) -> None:
    member = ACTIVATIONS[name]
    said = _values(member)
    for label, integrand in {
        "E φ²": lambda z: float(member.value(np.array(z)) ** 2 * norm.pdf(z)),
        "E φ'²": lambda z: float(member.derivative(np.array(z)) ** 2 * norm.pdf(z)),
    }.items():
        whole = quad(integrand, -9, 9, points=[-1, 0, 1], limit=200)[0]
        assert said[label] == short(whole)
        assert said[label] != short(1.02 * whole)  # planted
    he = settled(member, sigma_w=2**0.5)
    if he is None or he.q > 1e6:
        assert said["He"] == "q diverges"
    elif abs(he.chi_1 - 1) > 1e-3:
        assert said["He"].startswith(f"q* = {short(he.q)}, χ₁ = ")
    text = facts_text(card_facts(member))
    assert ("No critical point: the length map exceeds q" in text) == (name == "softplus")
    assert ("Critical (" in text) == (name != "softplus")
    assert "±" not in text
    assert "undefined" not in text


def test_what_pytorch_does_is_said() -> None:
    assert _values(ACTIVATIONS["tanh"])["PyTorch's"] == "1.67 (χ₁ = 1.29)"
    assert _values(ACTIVATIONS["relu"])["PyTorch's"] == "1.41"
    assert _values(ACTIVATIONS["silu"])["PyTorch's"] == "none"


def test_an_error_that_matters_is_said() -> None:
    wild = own_activation(lambda z: np.sin(1 / (np.abs(z) + 1e-3)), name="wild")
    said = _values(wild)
    assert "±" in said["E φ'²"]
    assert "±" not in said["E φ²"]
    assert said["E φ'"].startswith("0 ± ")


@pytest.mark.parametrize(
    ("function", "said", "also"),
    [
        (np.exp, "He q diverges", "keeps E z² 0.368"),
        (lambda z: np.exp(z * z), "a finite E φ for", "gauss, for which it diverges"),
        (lambda z: z * np.exp(-z * z), "He q* = 0.147, χ₁ = 1.16", "σ_w\xa0=\xa01.00"),
        (lambda z: np.tanh(z) + (z > 1), "No critical point: φ jumps at z", "He q* = 2.69"),
        (lambda z: 1.0 + 0 * z, "E φ'² above 0", "E φ² 1.00"),
        (lambda z: z**3, "No critical point without biases", "E φ² 15.0"),
    ],
    ids=["exp", "gauss", "bump", "jump", "constant", "cubic"],
)
def test_what_is_missing_is_said_once(
    function: Callable[[Array], Array], said: str, also: str
) -> None:
    text = facts_text(card_facts(own_activation(function, name="gauss")))
    assert text.count(said) == 1
    assert also in text


def test_a_function_at_fault_is_refused_rather_than_described() -> None:
    def value(z: Array) -> Array:  # one number too few for arrays longer than it is tried with
        return np.tanh(z) if z.size < 50 else np.tanh(z)[:-1]

    mine = own_activation(value, derivative=lambda z: 1 - np.tanh(z) ** 2, name="mine")
    with pytest.raises(InputError, match="one float for each element"):
        card_facts(mine)
