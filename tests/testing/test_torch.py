"""Tests that PyTorch's own initializers pass, and fail with a planted fault."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from saturation_lab.testing import (
    assert_follows_law,
    assert_gradient_preserved,
    assert_model_follows_laws,
    assert_not_saturated,
    assert_variance_preserved,
)

torch: Any = pytest.importorskip("torch")
nn, init = torch.nn, torch.nn.init

Draw = Callable[[np.random.Generator], Any]
N, M = 160, 96  # fan-in, fan-out
HE, GLOROT = math.sqrt(2 / N), math.sqrt(2 / (N + M))


def drawn(fill: Callable[[Any], Any], gain: float = 1.0) -> Draw:
    """Return draws of what fills a weight [fan_out, fan_in] in place."""

    def draw(rng: np.random.Generator) -> Any:
        torch.manual_seed(int(rng.integers(2**63)))
        weight = torch.empty(M, N)
        fill(weight)
        return gain * weight

    return draw


def cut(weight: Any) -> Any:
    return init.trunc_normal_(weight, std=HE, a=-2 * HE, b=2 * HE)


def check(draw: Draw, **options: Any) -> None:
    """Assert that draws follow a law, and look for outliers at a rate of 1e-4 only."""
    assert_follows_law(draw, **{"rare": 1e-4, **options})


RESTORED = 1 / 0.879625664
LAWS: dict[str, tuple[Callable[[Any], Any], str, float, float]] = {
    "kaiming_normal_": (lambda w: init.kaiming_normal_(w, nonlinearity="relu"), "normal", HE, 1),
    "kaiming_uniform_": (lambda w: init.kaiming_uniform_(w, nonlinearity="relu"), "uniform", HE, 1),
    "kaiming_normal_, fan-out": (
        lambda w: init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"),
        "normal",
        math.sqrt(2 / M),
        1,
    ),
    "xavier_uniform_": (init.xavier_uniform_, "uniform", GLOROT, 1),
    "xavier_normal_": (init.xavier_normal_, "normal", GLOROT, 1),
    "orthogonal_": (init.orthogonal_, "orthogonal", 1 / math.sqrt(N), 1),
    "trunc_normal_, restored": (cut, "truncated_normal", HE, RESTORED),
    "Linear's own": (
        lambda w: w.copy_(nn.Linear(N, M).weight.detach()),
        "uniform",
        1 / math.sqrt(3 * N),
        1,
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_its_initializers_follow_their_law(name: str) -> None:
    fill, law, std, gain = LAWS[name]
    check(drawn(fill, gain), law=law, std=std)
    with pytest.raises(AssertionError, match=r"standard deviation / stated value|beyond the bound"):
        check(drawn(fill, 1.01 * gain), law=law, std=std)
    with pytest.raises(AssertionError, match=r"mean / stated standard deviation|QᵀQ"):
        check(lambda rng: drawn(fill, gain)(rng) + 0.02 * std, law=law, std=std)


def test_its_default_bias_is_uniform() -> None:
    def draw(rng: np.random.Generator) -> Any:
        torch.manual_seed(int(rng.integers(2**63)))
        return nn.Linear(N, M).bias

    check(draw, law="uniform", std=1 / math.sqrt(3 * N), detects=0.05, rare=1e-3)


def _first_of(fill: Callable[[Any], Any], seeds: int) -> Draw:
    return lambda rng: drawn(fill)(np.random.default_rng(rng.integers(seeds)))


FAULTS: dict[str, tuple[Draw, str, float, str]] = {
    "not restored": (drawn(cut), "truncated_normal", HE, "is truncated at ±2 but not rescaled"),
    "bounds taken for multiples of std": (
        drawn(lambda w: init.trunc_normal_(w, std=HE), RESTORED),
        "truncated_normal",
        HE,
        "factor 1/0.8796",
    ),
    "weight of the other shape": (
        drawn(lambda w: w.copy_(init.kaiming_normal_(torch.empty(N, M), nonlinearity="relu").T)),
        "normal",
        HE,
        "fan-in and fan-out are swapped",
    ),
    "tanh's gain": (
        drawn(lambda w: init.kaiming_normal_(w, nonlinearity="tanh")),
        "normal",
        HE,
        "tanh's gain is used in place of ReLU's",
    ),
    "√2 forgotten": (
        drawn(lambda w: init.kaiming_normal_(w, nonlinearity="linear")),
        "normal",
        HE,
        "ReLU's gain is missing",
    ),
    "Glorot for He": (drawn(init.xavier_normal_), "normal", HE, "standard deviation / stated"),
    "uniform for normal": (drawn(init.xavier_uniform_), "normal", GLOROT, "Smirnov distance"),
    "std for bound": (
        drawn(lambda w: init.uniform_(w, -HE, HE)),
        "uniform",
        HE,
        "a standard deviation is used as a uniform bound",
    ),
    "a seed used twice": (_first_of(init.xavier_normal_, 12), "normal", GLOROT, "repeat an ear"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    draw, law, std, words = FAULTS[fault]
    with pytest.raises(AssertionError, match=words):
        check(draw, law=law, std=std, layout="out_in")


WIDE, DEPTH = 100, 8
Weights = Callable[[Any], Any]


def passes(fill: Weights, act: type, widths: tuple[int, ...]) -> Callable[..., tuple[Any, Any]]:
    """Return what draws one `nn.Sequential` and hands back z and ∂C/∂z of its hidden layers."""

    def both(rng: np.random.Generator) -> tuple[Any, Any]:
        torch.manual_seed(int(rng.integers(2**63)))
        parts: list[Any] = []
        for fan_in, fan_out in pairwise(widths):
            linear = nn.Linear(fan_in, fan_out)
            fill(linear.weight)
            nn.init.zeros_(linear.bias)
            parts += [linear, act()]
        model, seen = nn.Sequential(*parts), []

        def keep(module: Any, inputs: Any, z: Any) -> None:
            z.retain_grad()
            seen.append(z)

        for part in parts[::2]:
            part.register_forward_hook(keep)
        a = model(torch.randn(8, widths[0]))
        (a * torch.randn_like(a)).sum().backward()
        return seen, [z.grad for z in seen]

    return both


def up(fill: Weights, act: type = nn.ReLU, widths: tuple[int, ...] = (WIDE,) * DEPTH) -> Draw:
    return lambda rng: passes(fill, act, widths)(rng)[0]


def down(fill: Weights, act: type = nn.ReLU, widths: tuple[int, ...] = (WIDE,) * DEPTH) -> Draw:
    return lambda rng: passes(fill, act, widths)(rng)[1]


def he(weight: Any) -> Any:
    return init.kaiming_normal_(weight, nonlinearity="relu")


def he_fan_out(weight: Any) -> Any:
    return init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")


TAPERING = (160, 160, 96, 64, 40, 24)


def test_whole_networks_under_he_keep_signal_and_gradient() -> None:
    assert_variance_preserved(up(he))
    assert_gradient_preserved(down(he))
    assert_variance_preserved(up(he, widths=TAPERING))
    assert_gradient_preserved(down(he_fan_out, widths=TAPERING))
    assert_not_saturated(up(init.xavier_normal_, nn.Tanh), activation="tanh")


def test_whole_networks_with_a_fault_do_not() -> None:
    with pytest.raises(AssertionError, match="ReLU's gain √2 is missing"):
        assert_variance_preserved(up(init.xavier_normal_))
    with pytest.raises(AssertionError, match="fan-in n and fan-out m are swapped"):
        assert_variance_preserved(up(he_fan_out, widths=TAPERING))
    with pytest.raises(AssertionError, match="fan-in n and fan-out m are swapped"):
        assert_gradient_preserved(down(he, widths=TAPERING))
    with pytest.raises(AssertionError, match="contradicted"):
        assert_variance_preserved(up(lambda w: None))  # Linear's own U(±1/√fan_in)
    with pytest.raises(AssertionError, match="lies outside"):
        assert_not_saturated(
            up(lambda w: init.xavier_normal_(w, gain=3), nn.Tanh), activation="tanh"
        )


def _transformer(layers: int = 1, copied: bool = False) -> Any:
    """Return an encoder; PyTorch's own starts all layers with the weights of the first."""
    layer = nn.TransformerEncoderLayer(32, 2, 64, batch_first=True)
    if copied:
        return nn.TransformerEncoder(layer, layers)
    return nn.ModuleDict(
        {f"l{i}": nn.TransformerEncoderLayer(32, 2, 64, batch_first=True) for i in range(layers)}
    )


TRANSFORMER: dict[str, Any] = {
    "*in_proj_weight": "glorot_uniform",
    "*in_proj_bias": 0.0,
    "*out_proj.bias": 0.0,
    "*norm?.weight": 1.0,
    "*norm?.bias": 0.0,
    "*": "pytorch_default",
}


def _convolutional() -> Any:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3, groups=2),
        nn.Flatten(), nn.Linear(32, 10),
    )  # fmt: skip


CONVOLUTIONAL: dict[str, Any] = {
    "1.weight": 1.0,
    "1.running_var": 1.0,
    "1.*": 0,
    "*": "pytorch_default",
}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(
    ("make", "expected"),
    [(lambda: _transformer(2), TRANSFORMER), (_convolutional, CONVOLUTIONAL)],
)
def test_a_state_dict_passes_as_it_is(make: Any, expected: dict[str, Any], dtype: str) -> None:
    torch.manual_seed(0)
    model = make().to(getattr(torch, dtype))
    assert_model_follows_laws(model.state_dict(), expected, layout="out_in")
    assert_model_follows_laws(dict(model.float().state_dict()), expected, layout="out_in")
    with torch.no_grad():
        max(model.parameters(), key=lambda p: p.numel()).mul_(3)
    state = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    with pytest.raises(AssertionError, match="standard deviation / stated value"):
        assert_model_follows_laws(state, expected, layout="out_in")


def test_layers_that_start_with_equal_weights_are_found() -> None:
    torch.manual_seed(0)
    state = _transformer(2, copied=True).state_dict()
    with pytest.raises(AssertionError, match=r"in both layers\.0.* and layers\.1"):
        assert_model_follows_laws(state, TRANSFORMER, layout="out_in")


def test_models_are_drawn_by_a_callable() -> None:
    def make(rng: np.random.Generator, gain: float = 1.0) -> Any:
        torch.manual_seed(int(rng.integers(2**63)))
        model = _convolutional()
        init.kaiming_normal_(model[3].weight)
        with torch.no_grad():
            model[3].weight.mul_(gain)
        return model.state_dict()

    stated = {"3.weight": "he_normal", **CONVOLUTIONAL}
    found = assert_model_follows_laws(make, stated, layout="out_in", models=8)
    assert found.over == "11 parameters of 8 models"
    with pytest.raises(AssertionError, match=r"3\.weight: possible cause: ReLU's gain is missing"):
        assert_model_follows_laws(
            lambda rng: make(rng, 0.5**0.5), stated, layout="out_in", models=8
        )


def test_one_seed_for_every_network_is_refused() -> None:
    with pytest.raises(ValueError, match="draw each network with its own random numbers"):
        assert_variance_preserved(lambda rng: up(he)(np.random.default_rng(1)))


def test_tensors_are_read_as_they_are() -> None:
    def draw(rng: np.random.Generator) -> Any:
        torch.manual_seed(int(rng.integers(2**63)))
        return [torch.randn(2, 99, requires_grad=True) for _ in range(3)]

    assert_variance_preserved(draw)
