"""Activations by the names of frameworks; no name and no suggestion stands for another function."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from saturation_lab import InputError, Study
from saturation_lab.nets import (
    ACTIVATIONS,
    BIASES,
    FAMILIES,
    checked_bias,
    find_activation,
    unknown_activation,
)


@pytest.mark.parametrize(
    ("typed", "ours"),
    [
        ("ReLU", "relu"),
        ("nn.ReLU()", "relu"),
        ("torch.nn.functional.relu", "relu"),
        ("relu_", "relu"),
        ("nn.LeakyReLU", "leaky_relu"),
        ("LeakyReLU:0.2", "leaky_relu:0.2"),
        ("leaky-relu", "leaky_relu"),
        ("torch.tanh", "tanh"),
        ("np.tanh", "tanh"),
        ("nn.Hardtanh", "hardtanh"),
        ("jax.nn.hard_tanh", "hardtanh"),
        ("jax.nn.soft_sign", "softsign"),
        ("jax.nn.swish", "silu"),
        ("keras.activations.silu", "silu"),
        ("nn.GELU", "gelu"),
        ("keras.activations.gelu", "gelu"),
        ("SELU", "selu"),
        ("nn.ELU:1.0", "elu"),
        ("linear", "identity"),  # Keras
        ("logistic", "sigmoid"),  # scikit-learn
        ("nn.Identity", "identity"),
    ],
)
def test_names_of_frameworks_are_kept_as_ours(typed: str, ours: str) -> None:
    """A study of either name is the same study."""
    net: dict[str, Any] = {"initializer": "he_normal", "widths": (8,)}
    study = Study(activation=typed, **net)
    assert study.activation == ours
    assert study.digest == Study(activation=ours, **net).digest
    assert find_activation(typed) is find_activation(ours)


OTHERS = [
    "nn.ReLU6", "relu6", "nn.PReLU", "lrelu", "hard_sigmoid", "nn.Hardswish", "nn.LogSigmoid",
    "nn.Tanhshrink", "nn.Softshrink", "nn.GLU", "swiglu", "gelu_tanh", "quick_gelu", "jax.nn.gelu",
    "nn.GELU(approximate='tanh')", "nn.Softmax", "arctan", "sign", "step", "keras.activations.exp",
    "squared_relu", "tf.nn.leaky_relu",
]  # fmt: skip


@pytest.mark.parametrize("typed", OTHERS)
def test_other_functions_are_refused_without_offering_one_of_ours(typed: str) -> None:
    with pytest.raises(InputError, match=r"^activation: expected one of sigmoid") as error:
        find_activation(typed)
    assert error.value.hint
    assert "did you mean" not in error.value.hint
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("known", [*ACTIVATIONS, *FAMILIES])
def test_a_suggestion_is_the_name_that_was_misspelt(known: str) -> None:
    """Two letters exchanged in any place: the name that was meant, or no suggestion."""
    for i in range(len(known) - 1):
        typed = known[:i] + known[i + 1] + known[i] + known[i + 2 :]
        found = re.findall(r'did you mean "(.*)"', unknown_activation(typed).hint)
        assert found in ([], [known]) or typed == known, typed


def test_a_suggested_way_of_writing_works() -> None:
    hint = unknown_activation("nn.LeakyReLU(0.2)").hint
    assert hint == "write leaky_relu or leaky_relu:NUMBER"
    slope = find_activation(hint.rpartition(" ")[2].replace("NUMBER", "0.2"))
    assert slope.value(np.array([-1.0])).tolist() == [-0.2]


@pytest.mark.parametrize("typed", ["zero", "zeros", "Zeros", "zeros_", "nn.init.zeros_"])
def test_zeros_are_a_bias_law_in_every_spelling(typed: str) -> None:
    net: dict[str, Any] = {"activation": "relu", "initializer": "he_normal", "widths": (8,)}
    assert Study(bias=typed, **net).bias == "zero"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("constant:0.1", "set bias = constant and bias_scale = 0.1"),
        ("normal:0.02", "set bias = normal and bias_scale = 0.02"),
        ("pytorch_default:1", "set bias = pytorch_default"),
        ("ones", "set bias = constant and bias_scale = 1"),
        ("normall", 'did you mean "normal"'),
    ],
)
def test_a_bias_law_that_is_refused_says_how_to_write_it(typed: str, said: str) -> None:
    with pytest.raises(InputError, match=r"^bias: expected one of zero, ") as error:
        checked_bias("bias", typed)
    assert said in error.value.hint
    law, *scale = re.findall(r"= (\S+)", error.value.hint) or ["normal", "1"]
    assert BIASES[law].takes_scale == bool(scale)
