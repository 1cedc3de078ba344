"""The same measurement in PyTorch, as its users would write it for speed.

``python benchmarks/peer_torch.py --threads 2 --networks 20`` prints seconds for that many networks.
One init call a layer (``skip_init`` leaves the default one out), gradients of pre-activations kept
by ``retain_grad``, ``histc`` for the histograms and float32 tensor moments.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import skip_init


def measure(x: torch.Tensor, low: float, high: float, bins: int) -> list[torch.Tensor]:
    """Return histogram, mean, variance, skewness and kurtosis of all entries."""
    counts = torch.histc(x, bins=bins, min=low, max=high)
    mean = x.mean()
    centred = x - mean
    squares = centred * centred
    variance = squares.mean()
    third = (squares * centred).mean() / variance**1.5
    fourth = (squares * squares).mean() / variance**2
    return [counts, mean, variance, third, fourth]


def network(x: torch.Tensor, labels: torch.Tensor, widths: list[int], bins: int) -> None:
    """Draw one tanh network under Glorot's uniform law, pass forward and back, measure it."""
    layers = [
        skip_init(nn.Linear, fan_in, fan_out, bias=False) for fan_in, fan_out in pairwise(widths)
    ]
    with torch.no_grad():
        for layer in layers:
            nn.init.xavier_uniform_(layer.weight)
    kept = []
    a = x
    for layer in layers[:-1]:
        z = layer(a)
        z.retain_grad()
        a = torch.tanh(z)
        kept.append((z, a))
    loss = nn.functional.cross_entropy(layers[-1](a), labels, reduction="sum")
    loss.backward()
    with torch.no_grad():
        for (z, a), layer in zip(kept, layers, strict=False):
            assert z.grad is not None
            assert layer.weight.grad is not None
            measure(z, -3.0, 3.0, bins)
            measure(a, -1.0, 1.0, bins)
            measure(z.grad, -0.1, 0.1, bins)
            measure(layer.weight.grad / len(x), -0.01, 0.01, bins)


def main() -> None:
    """Time ``--networks`` networks after two to warm up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--networks", type=int, required=True)
    parser.add_argument("--depth", type=int, default=5)
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--features", type=int, default=1024)
    parser.add_argument("--bins", type=int, default=200)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    x = torch.randn(given.examples, given.features)
    labels = torch.randint(9, (given.examples,))
    widths = [given.features, *[given.width] * given.depth, 9]
    for _ in range(2):
        network(x, labels, widths, given.bins)
    start = time.perf_counter()
    for _ in range(given.networks):
        network(x, labels, widths, given.bins)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
