"""Tests of weights that are wrong in ways a tester found: atoms, causes, low precision, names."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from saturation_lab import InputError
from saturation_lab.nets.own_initializers import own_initializer
from saturation_lab.testing import (
    Law,
    assert_follows_law,
    assert_model_follows_laws,
    assert_variance_preserved,
)

Rng = np.random.Generator
Array = np.ndarray[Any, Any]
SHAPE = (200, 300)
STD = math.sqrt(2 / 300)


def normal(rng: Rng) -> Array:
    """Return weights of He's rule."""
    return rng.normal(0, STD, SHAPE)


def said(draw: Callable[[Rng], Array] | Array, law: Any = "normal", **options: Any) -> str:
    """Return the message of a failing assertion."""
    with pytest.raises(AssertionError) as caught:
        assert_follows_law(draw, law=law, rare=1e-5 if callable(draw) else None, **options)
    return str(caught.value)


def test_exact_zeros_and_clipped_entries_are_atoms() -> None:
    def dropped(rng: Rng) -> Array:
        return normal(rng) * (rng.random(SHAPE) > 0.005)

    def clipped(rng: Rng) -> Array:
        return np.clip(normal(rng), -3.2 * STD, 3.2 * STD)

    assert "some entries are set to 0, as by dropout" in said(dropped, std=STD)
    assert "entries are clipped" in said(clipped, std=STD)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_coarse_entries_are_no_atoms(dtype: type, law: str) -> None:
    draws: dict[str, Callable[[Rng], Array]] = {
        "normal": normal,
        "uniform": lambda rng: rng.uniform(-STD * math.sqrt(3), STD * math.sqrt(3), SHAPE),
    }
    for seed in range(5):
        w: Array = draws[law](np.random.default_rng(seed)).astype(dtype)
        assert_follows_law(w, law=law, std=STD)


def test_a_cause_must_agree_with_the_law_of_the_entries() -> None:
    third = 1 / math.sqrt(3)
    message = said(lambda rng: third * normal(rng), std=STD)
    assert "used as a uniform bound" not in message
    message = said(
        lambda rng: rng.uniform(-STD, STD, SHAPE),
        law=Law("normal", std=STD),
    )
    assert "possible cause: a standard deviation is used as a uniform bound" in message
    default = said(
        lambda rng: rng.uniform(-1, 1, SHAPE) / math.sqrt(300), "he_normal", layout="out_in"
    )
    assert "PyTorch's default law U(±1/√fan_in) is left in place" in default


def test_heavy_tails_are_not_called_a_few_outliers() -> None:
    message = said(lambda rng: STD * rng.standard_t(3, SHAPE) / math.sqrt(3), std=STD)
    assert "heavy tails, or some are far larger than the others" in message


def test_a_row_of_zeros_is_explained() -> None:
    w = normal(np.random.default_rng(1))
    w[0] = 0
    assert "rows of zeros, such as that of a padding index, count as copies" in said(w, std=STD)
    assert_follows_law(w[1:], law="normal", std=STD)


def test_orthogonal_draws_in_bfloat16_are_tested_with_what_rounding_allows() -> None:
    def rounded(rng: Rng) -> Array:
        q = np.linalg.qr(rng.standard_normal((64, 64)))
        w = (q[0] * np.sign(np.diag(q[1]))).astype(np.float32)
        return (w.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)

    assert_follows_law(rounded, law="orthogonal")
    with pytest.raises(InputError, match="detects: expected at least 0"):
        assert_follows_law(rounded, law="orthogonal", detects=1e-6)


@pytest.mark.parametrize("name", ["normal_", "RandomNormal", "random_normal", "trunc_normal_"])
def test_names_with_a_std_are_laws(name: str) -> None:
    law = "truncated_normal" if "trunc" in name else "normal"
    assert Law(name, std=0.02).stated(SHAPE, layout=None).law == law


@pytest.mark.parametrize("name", ["zeros", "constant"])
def test_a_constant_is_no_law_whatever_its_std(name: str) -> None:
    with pytest.raises(InputError, match="law: expected a law of random weights"):
        Law(name, std=0.1).stated(SHAPE, layout="out_in")


def test_an_unknown_law_is_said_to_be_one() -> None:
    with pytest.raises(InputError, match=r"^law: expected"):
        assert_follows_law(np.ones(3), law="norml", std=1.0)


def test_zeros_and_ones_suit_parameters_of_any_shape() -> None:
    found = {"norm.weight": np.ones(3), "norm.bias": np.zeros(3), "mask": np.zeros(2, dtype=bool)}
    stated: dict[str, str | float] = {"norm.weight": "ones", "*bias": "zeros_", "mask": 0.0}
    assert_model_follows_laws(found, stated)


def test_nested_lists_and_groups_of_tied_parameters() -> None:
    w = normal(np.random.default_rng(0))
    model = {"layers": [{"w": w}, {"w": w.copy()}], "head": w.T.copy()}
    law = {"*": Law("normal", std=STD)}
    with pytest.raises(AssertionError, match=r"runs of 8 weights in both"):
        assert_model_follows_laws(model, law)
    assert_model_follows_laws(model, law, tied=[("layers.0.w", "layers.1.w", "head")])
    with pytest.raises(AssertionError):
        assert_model_follows_laws(model, law, tied=None)  # type: ignore[arg-type]


def test_both_reaches_are_said_at_once_and_work() -> None:
    w = normal(np.random.default_rng(0))
    with pytest.raises(InputError) as caught:
        assert_follows_law(w, law="normal", std=STD, detects=1e-4, rare=1e-9)
    line = str(caught.value)
    assert line.startswith("detects, rare: expected what one tensor of 200 × 300 can detect")
    passed = dict(pair.split("=") for pair in line.partition("pass ")[2].split(", ")[:2])
    options: dict[str, Any] = {key: float(value) for key, value in passed.items()}
    assert_follows_law(w, law="normal", std=STD, **options)


def test_a_rate_that_no_approximation_gives_is_refused() -> None:
    for rate in (1e-300, 1e-13):
        with pytest.raises(InputError, match="false_alarm: expected at least 1e-12"):
            assert_follows_law(np.ones((3, 3)), law="normal", std=1.0, false_alarm=rate)
    w = normal(np.random.default_rng(0))
    assert_follows_law(w, law="normal", std=STD, false_alarm=1e-12)


def test_json_has_no_infinity() -> None:
    found = assert_follows_law(np.array([0.3, -0.2]), law="normal", std=0.3)
    assert math.isinf(found.terms.detects)
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["detects"] is None


class Module:
    """Something like a model of PyTorch."""

    def __call__(self, x: Array) -> Array:
        return x

    def state_dict(self) -> dict[str, Array]:
        return {"w": np.zeros(2)}


def test_a_model_is_told_what_to_pass() -> None:
    with pytest.raises(InputError, match=r"pass model.state_dict\(\)"):
        assert_model_follows_laws(Module(), {"*": 0.0})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="record the layers with forward hooks"):
        assert_variance_preserved(Module())  # type: ignore[arg-type]


def test_a_tuple_is_no_layer() -> None:
    x = np.random.default_rng(0).standard_normal((20, 5, 8))
    with pytest.raises(InputError, match=r"got a tuple; take the one that is the layer's output"):
        assert_variance_preserved({"lstm": (x, x), "head": x})


def test_a_seed_is_checked_even_if_nothing_is_drawn() -> None:
    x = np.random.default_rng(0).standard_normal((2, 20, 5, 8))
    with pytest.raises(InputError, match="seed: expected a whole number"):
        assert_variance_preserved(list(x), seed=-1)


@pytest.mark.parametrize("expected", ["1", True, [[1.0]], b"1"])
def test_ratios_that_are_none_are_refused(expected: Any) -> None:
    x = np.random.default_rng(0).standard_normal((2, 20, 5, 8))
    with pytest.raises(InputError, match=r"^expected: expected"):
        assert_variance_preserved(list(x), expected=expected)


def test_only_the_layer_at_fault_is_blamed() -> None:
    """Layer 3 alone is too large; layer 4 is as expected, although its ratio to layer 3 is not."""
    x = np.random.default_rng(0).standard_normal((4, 40, 30, 50))
    x[2] *= 10
    with pytest.raises(AssertionError) as caught:
        assert_variance_preserved(list(x), expected=1.0)
    blamed = [line.strip() for line in str(caught.value).splitlines() if "off" in line]
    assert blamed == ["layer 3 alone is off, by a factor of 100"]


def test_draws_that_repeat_are_named_as_such() -> None:
    def fixed(rng: Rng, shape: tuple[int, int]) -> Array:
        return np.random.default_rng(7).standard_normal(shape)

    with pytest.raises(InputError, match="drew the same weights from two of them"):
        own_initializer("mine", std=1.0, law=fixed)


class Tensor:
    """Something like a parameter of PyTorch in bfloat16."""

    dtype = "torch.bfloat16"

    def __init__(self, x: Array, detached: bool = False) -> None:
        self._x, self._detached = x, detached

    def detach(self) -> Tensor:
        return Tensor(self._x, True)

    def cpu(self) -> Tensor:
        return self

    def float(self) -> Array:
        assert self._detached
        return self._x.astype(np.float32)


def test_own_draws_may_be_tensors() -> None:
    rule = own_initializer(
        "mine", std=1.0, law=lambda rng, shape: Tensor(rng.standard_normal(shape))
    )
    assert rule.std(fan_in=3, fan_out=4, gain=1.0) == 1.0
