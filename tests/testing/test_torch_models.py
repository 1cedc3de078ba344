"""Tests that whole PyTorch models pass with a stated expectation, and fail with a planted fault.

The models are a stock ResNet-18, a convolutional network with batch normalization, and a small
pre-norm transformer. A right one fails for one seed in a million.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import accumulate, pairwise
from operator import mul
from typing import Any

import numpy as np
import pytest

from saturation_lab import InputError
from saturation_lab.testing import (
    assert_few_dead_units,
    assert_gradient_preserved,
    assert_not_saturated,
    assert_variance_preserved,
)

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn
init: Any = nn.init
torch.set_num_threads(1)

Named = dict[str, Any]
Factors = Mapping[str, float]
RIGHT: Factors = {}
ENOUGH, TRUSTED = 16, 4


def passes(model: Any, x: Any, kinds: Any) -> tuple[Named, Named]:
    """Return the outputs of the modules of some kinds, the last as "output", and their gradients.

    The input is the first of the outputs.
    """
    outputs: Named = {"input": x}
    hooked = []

    def keep(name: str) -> Callable[..., Any]:
        def hook(module: Any, inputs: Any, out: Any) -> Any:
            out.retain_grad()
            outputs[name] = out
            return out.clone()  # the next module may work in place

        return hook

    for name, module in model.named_modules():
        if isinstance(module, kinds):
            hooked.append(module.register_forward_hook(keep(name)))
    top = model(x)
    (top * torch.randn_like(top)).sum().backward()
    for handle in hooked:
        handle.remove()
    outputs["output"] = outputs.pop(list(outputs)[-1])
    return outputs, {name: z.grad for name, z in outputs.items() if name != "input"}


def scaled(model: Any, factors: Mapping[str, float]) -> None:
    """Multiply the weights of some modules."""
    with torch.no_grad():
        for name, factor in factors.items():
            model.get_submodule(name).weight.mul_(factor)


def seeded(rng: np.random.Generator) -> None:
    torch.manual_seed(int(rng.integers(2**63)))


class Block(nn.Module):  # type: ignore[misc]
    """The basic block of a residual network."""

    def __init__(self, n: int, m: int, stride: int, norm: Any) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n, m, 3, stride, 1, bias=False)
        self.bn1 = norm(m)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(m, m, 3, 1, 1, bias=False)
        self.bn2 = norm(m)
        self.downsample = None
        if stride != 1 or n != m:
            self.downsample = nn.Sequential(nn.Conv2d(n, m, 1, stride, bias=False), norm(m))

    def forward(self, x: Any) -> Any:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):  # type: ignore[misc]
    """The network of K. He et al. 2016 with 18 layers, initialized as in torchvision."""

    def __init__(self, norm: Any = nn.BatchNorm2d) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = norm(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for i, (n, m) in enumerate(pairwise((64, 64, 128, 256, 512)), start=1):
            blocks = Block(n, m, 1 if n == m else 2, norm), Block(m, m, 1, norm)
            self.add_module(f"layer{i}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, 1000)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for i in range(1, 5):
            x = self.get_submodule(f"layer{i}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


SIZE = 64


def resnet_expected() -> dict[str, float]:
    """Return E z² of ResNet-18 for inputs of mean square 1 and 64 × 64 pixels.

    With std² = 2/(k² m) it is 2 (n/m) E x² times the share of the kernel inside the image. E x² is
    1/2 after normalization and ReLU, 1 after a block with a 1 × 1 convolution on the other branch,
    and about 1.7 after the next block; in the first stage it is 2.4 after pooling, 3.3, then 4.2.
    """
    expected = {"input": 1.0, "conv1": 2 * 3 / 64 * (1 - 3 / SIZE) ** 2}
    streams = {1: (2.4, 3.3), 2: (4.2, 1.0), 3: (1.7, 1.0), 4: (1.7, 1.0)}
    side = SIZE // 4
    for stage, (first, second) in streams.items():
        name, down = f"layer{stage}", stage > 1
        side //= 2 if down else 1
        inside = (1 - 2 / (3 * side)) ** 2
        half = (1 - 1 / (3 * side)) ** 2 / 2 if down else inside  # n/m is 1/2, and one edge is cut
        expected |= {f"{name}.0.conv1": 2 * first * half, f"{name}.0.conv2": inside}
        if down:
            expected[f"{name}.0.downsample.0"] = first
        expected |= {f"{name}.1.conv1": 2 * second * inside, f"{name}.1.conv2": inside}
    return {**expected, "output": 0.28}  # (E x)² after the last block over 3, and the bias


RESNET_FAULTS = {
    "right": {},
    "first": {"conv1": 2.0},
    "middle": {"layer2.1.conv1": 2.0},
    "last": {"fc": 2.0},
}


@pytest.fixture(scope="module")
def resnets() -> dict[str, tuple[list[Named], list[Named]]]:
    """Outputs and gradients of the same networks with each fault, and without normalization."""
    found: dict[str, tuple[list[Named], list[Named]]] = {}
    for seed in range(ENOUGH + TRUSTED):
        torch.manual_seed(seed)
        made: Any = ResNet18
        model, x = made(), torch.randn(2, 3, SIZE, SIZE)
        faults = RESNET_FAULTS if seed < ENOUGH else {"trusted": {}}
        for fault, factors in faults.items():
            weights = {name: value.clone() for name, value in model.state_dict().items()}
            scaled(model, factors)
            outputs, gradients = passes(model, x, (nn.Conv2d, nn.Linear))
            found.setdefault(fault, ([], []))[0].append(outputs)
            found[fault][1].append(gradients)
            model.load_state_dict(weights)
        if seed < ENOUGH:
            torch.manual_seed(seed)
            bare = made(norm=nn.Identity)
            outputs, gradients = passes(bare, x, (nn.Conv2d, nn.Linear))
            found.setdefault("no normalization", ([], []))[0].append(outputs)
    return found


def stacked(networks: list[Named]) -> Named:
    return {name: torch.stack([one[name] for one in networks]) for name in networks[0]}


def test_a_stock_resnet_keeps_the_signal_as_expected(resnets: Any) -> None:
    assert_variance_preserved(stacked(resnets["right"][0]), expected=resnet_expected())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("first", "conv1 alone is off, by a factor of 4"),
        ("middle", r"layer2\.1\.conv1 alone is off, by a factor of 4"),
        ("last", r"output multiplies the mean square by .*, expected"),
        ("no normalization", "contradicted"),
    ],
)
def test_a_fault_of_a_resnet_is_named(resnets: Any, fault: str, words: str) -> None:
    with pytest.raises(AssertionError, match=words) as caught:
        assert_variance_preserved(stacked(resnets[fault][0]), expected=resnet_expected())
    assert "possible cause" not in str(caught.value)


def measured(networks: list[Named]) -> dict[str, float]:
    return {name: float(x.double().square().mean()) for name, x in stacked(networks).items()}


def test_the_gradient_of_a_stock_resnet_is_that_of_a_trusted_one(resnets: Any) -> None:
    trusted = measured(resnets["trusted"][1])
    assert_gradient_preserved(stacked(resnets["right"][1]), expected=trusted)
    for fault, words in {
        "first": "down to conv1 multiplies the mean square by",
        "middle": r"layer2\.1\.conv1 alone is off, by a factor of 0\.2",
        "last": r"down to layer4\.1\.conv2 multiplies the mean square by",
    }.items():
        with pytest.raises(AssertionError, match=words):
            assert_gradient_preserved(stacked(resnets[fault][1]), expected=trusted)


CHANNELS = (3, 24, 32, 32, 48)


def he(weight: Any) -> None:
    init.kaiming_normal_(weight, nonlinearity="relu")


def left(weight: Any) -> None:
    """Leave PyTorch's default law, whose variance is a sixth of He's."""


def fan_out(weight: Any) -> None:
    init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")


def convolutional(
    norm: Any = nn.BatchNorm2d, fill: Callable[[Any], None] = he, factors: Factors = RIGHT
) -> Callable[..., Any]:
    """Return what draws a network of convolution, normalization and ReLU, and a head."""

    def model(rng: np.random.Generator) -> Any:
        seeded(rng)
        parts: dict[str, Any] = {}
        for i, (n, m) in enumerate(pairwise(CHANNELS), start=1):
            conv = nn.Conv2d(n, m, 3, padding=1, padding_mode="circular", bias=False)
            fill(conv.weight)
            parts |= {f"conv{i}": conv, f"bn{i}": norm(m), f"relu{i}": nn.ReLU(inplace=True)}
        parts |= {"flat": nn.Flatten(), "head": nn.Linear(CHANNELS[-1] * 36, 10)}
        init.kaiming_normal_(parts["head"].weight, nonlinearity="linear")
        made = nn.Sequential()
        for name, part in parts.items():
            made.add_module(name, part)
        scaled(made, factors)
        return made

    return model


def both(model: Callable[..., Any], *kinds: type) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def run(rng: np.random.Generator) -> tuple[Named, Named]:
        made = model(rng)
        return passes(made, torch.randn(6, 3, 6, 6), kinds or (nn.Conv2d, nn.Linear))

    return lambda rng: run(rng)[0], lambda rng: run(rng)[1]


CONV_UP = {"conv1": 2, "conv2": 1, "conv3": 1, "conv4": 1, "output": 0.5}
"""He's rule doubles E x², which is 1 for the input and 1/2 after normalization and ReLU."""
VARIANCE = 1 - 1 / math.pi
"""Var z of a channel over E z² where ReLU is below: the mean of ReLU's output is no variance."""
STEPS_DOWN = {
    "conv4": 10 / (CHANNELS[-1] * 36) / 2 / VARIANCE,
    "conv3": 48 / 32 / VARIANCE,
    "conv2": 32 / 32 / VARIANCE,
    "conv1": 32 / 24 / 2,
}
"""The ratio of δ² to that of the layer above: the fan-in rule gives 2 m/n, or m/n at the head, ReLU
half of it, and normalization divides by Var z, which is 2 in the first layer."""
CONV_DOWN = dict(zip(STEPS_DOWN, accumulate(STEPS_DOWN.values(), mul), strict=True))


def test_a_convolutional_network_with_normalization_passes() -> None:
    up, down = both(convolutional())
    assert_variance_preserved(up, expected=CONV_UP)
    assert_variance_preserved(up)  # as conv1 is within a factor of 2 as well
    assert_gradient_preserved(down, expected=CONV_DOWN)
    assert_not_saturated(up, activation="relu", most=0.55)
    assert_few_dead_units(up, activation="relu", axis=1)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("conv1", r"conv1 alone is off, by a factor of (4|3\.9)"),
        ("conv3", "conv3 alone is off, by a factor of [34]"),
        ("head", "output multiplies the mean square by"),
    ],
)
def test_a_fault_of_a_convolutional_network_is_named(layer: str, words: str) -> None:
    up, _ = both(convolutional(factors={layer: 2.0}))
    with pytest.raises(AssertionError, match=words) as caught:
        assert_variance_preserved(up, expected=CONV_UP)
    assert "possible cause" not in str(caught.value)


def test_a_fault_is_named_in_the_gradient_of_a_convolutional_network() -> None:
    """Normalization divides the gradient by the size of z, so that only conv3 itself sees it."""
    _, down = both(convolutional(factors={"conv3": 2.0}))
    with pytest.raises(AssertionError, match=r"conv3 alone is off, by a factor of 0\.2"):
        assert_gradient_preserved(down, expected=CONV_DOWN)
    _, down = both(convolutional(factors={"head": 2.0}))
    with pytest.raises(AssertionError, match="the step from output down to conv4 multiplies"):
        assert_gradient_preserved(down, expected=CONV_DOWN)


def test_forgotten_normalization_and_a_wrong_fan_are_not_blamed_on_a_gain() -> None:
    expected = {name: share / 6 for name, share in CONV_UP.items()} | {"output": 0.5}
    assert_variance_preserved(both(convolutional(fill=left))[0], expected=expected)
    for draw in (convolutional(nn.Identity, fill=left), convolutional(nn.Identity, fill=fan_out)):
        with pytest.raises(AssertionError) as caught:
            assert_variance_preserved(both(draw)[0], expected=expected)
        assert "possible cause" not in str(caught.value)


class Mixer(nn.Module):  # type: ignore[misc]
    """A block of a pre-norm transformer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gelu = nn.GELU()
        self.sum = nn.Identity()

    def forward(self, x: Any) -> Any:
        batch, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, tokens, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))
        return self.sum(x + self.fc2(self.gelu(self.fc1(self.norm2(x)))))


def transformer(blocks: int = 3, norm: bool = True, factors: Factors = RIGHT) -> Callable[..., Any]:
    def model(rng: np.random.Generator) -> Any:
        seeded(rng)
        made = nn.Sequential()
        for i in range(1, blocks + 1):
            made.add_module(f"block{i}", Mixer(64, 4))
        made.add_module("norm", nn.LayerNorm(64))
        made.add_module("head", nn.Linear(64, 20))
        for module in made.modules():
            if isinstance(module, nn.Linear):
                init.normal_(module.weight, std=module.in_features**-0.5)
                init.zeros_(module.bias)
        scaled(made, factors)
        if not norm:
            for i in range(1, blocks + 1):
                made.get_submodule(f"block{i}").norm2 = nn.Sequential()
        return made

    return model


def of_tokens(model: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def run(rng: np.random.Generator) -> tuple[Named, Named]:
        return passes(model(rng), torch.randn(4, 8, 64), (nn.Linear, nn.Identity))

    return lambda rng: run(rng)[0], lambda rng: run(rng)[1]


def streams(draw: Callable[..., Named]) -> Callable[..., Named]:
    """Keep only the residual stream and the output."""

    def kept(rng: np.random.Generator) -> Named:
        return {name: x for name, x in draw(rng).items() if name.endswith(("sum", "output"))}

    return kept


GELU = 0.425  # E φ(z)² for z from N(0, 1)
MIXED = 0.28  # E of the mean square of a mean over 8 tokens, with the weights of the softmax


def transformer_expected(blocks: int = 3) -> dict[str, float]:
    """Return E z² under LeCun's rule: 1 after normalization; each block adds its branches."""
    expected = {"input": 1.0}
    for i in range(1, blocks + 1):
        block = {"qkv": 1.0, "proj": MIXED, "fc1": 1.0, "fc2": GELU, "sum": 1 + i * (MIXED + GELU)}
        expected |= {f"block{i}.{name}": value for name, value in block.items()}
    return {**expected, "output": 1.0}


def test_a_transformer_passes() -> None:
    up, down = of_tokens(transformer())
    assert_variance_preserved(up, expected=transformer_expected())
    assert_gradient_preserved(streams(down))
    _, down = of_tokens(transformer(factors={"head": 6.0}))
    with pytest.raises(AssertionError, match=r"output down to block3\.sum multiplies"):
        assert_gradient_preserved(streams(down))
    _, down = of_tokens(transformer(factors={"block2.fc1": 6.0, "block2.fc2": 6.0}))
    with pytest.raises(AssertionError, match=r"block2\.sum down to block1\.sum multiplies"):
        assert_gradient_preserved(streams(down))


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("block1.qkv", r"block1\.qkv"),
        ("block2.fc1", r"block2\.fc1"),
        ("head", r"output multiplies the mean square by .* \(off by a factor of (4|3\.[5-9])"),
    ],
)
def test_a_fault_of_a_transformer_is_found(layer: str, words: str) -> None:
    up, _ = of_tokens(transformer(factors={layer: 2.0}))
    with pytest.raises(AssertionError, match=words):
        assert_variance_preserved(up, expected=transformer_expected())


def test_a_transformer_without_normalization_is_found() -> None:
    up, _ = of_tokens(transformer(norm=False))
    with pytest.raises(AssertionError, match="contradicted"):
        assert_variance_preserved(up, expected=transformer_expected())


def test_short_floats_of_torch_are_read() -> None:
    def draw(rng: np.random.Generator) -> list[Any]:
        seeded(rng)
        return [torch.randn(8, 32, requires_grad=True).to(torch.bfloat16) for _ in range(2)]

    assert_variance_preserved(draw)
    with pytest.raises(InputError, match="axis: expected the axis of the units in arrays of 4"):
        assert_few_dead_units(both(convolutional())[0], activation="relu")
