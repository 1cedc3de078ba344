"""The same measurement in PyTorch, as its users would write it for speed.

``python -m benchmarks.peer_torch --threads 2 --networks 20`` times 20 networks. The layers are
created once (``skip_init``) and redrawn by one init call per layer. ``retain_grad`` keeps the
gradients of pre-activations. The histograms (``histc``) and moments of z, a and delta are computed
from float32 tensors. If saturation_lab also draws every weight, so are those of the weight
gradients. Otherwise only their mean square is computed, from the ``.grad`` that ``backward`` leaves
or, with ``--gram``, from two Gram matrices without forming the gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import skip_init

from benchmarks.cases import CLASSES, FEATURES, Networks
from benchmarks.program import answer, networks_of, options, timed

BINS = 200
INITIALIZERS: dict[str, Callable[[torch.Tensor], object]] = {
    "normal": nn.init.xavier_normal_,
    "uniform": nn.init.xavier_uniform_,
    "orthogonal": nn.init.orthogonal_,
}


def measure(x: torch.Tensor, reach: float) -> list[torch.Tensor]:
    """Compute the histogram, mean, variance, skewness and kurtosis of all entries."""
    counts = torch.histc(x, bins=BINS, min=-reach, max=reach)
    mean = x.mean()
    centred = x - mean
    squares = centred * centred
    variance = squares.mean()
    third = (squares * centred).mean() / variance**1.5
    fourth = (squares * squares).mean() / variance**2
    return [counts, mean, variance, third, fourth]


def gram_square(delta: torch.Tensor, below: torch.Tensor) -> torch.Tensor:
    """Compute the mean square of deltaᵀ a / B without forming this matrix."""
    products = (delta @ delta.T) * (below @ below.T)
    return products.sum() / (len(delta) ** 2 * delta.shape[1] * below.shape[1])


class Program:
    """Networks of one shape, drawn repeatedly into the same layers."""

    def __init__(self, networks: Networks, *, gram: bool) -> None:
        """Create the layers and the examples."""
        torch.manual_seed(0)
        self.x = torch.randn(networks.examples, FEATURES)
        self.labels = torch.randint(CLASSES, (networks.examples,))
        self.layers = [
            skip_init(nn.Linear, fan_in, fan_out, bias=False)
            for fan_in, fan_out in pairwise(networks.widths)
        ]
        for layer in self.layers:
            layer.weight.requires_grad_(not gram)
        self.draw = INITIALIZERS[networks.law]
        self.every_weight_gradient = networks.every_weight_gradient
        self.gram = gram

    def network(self) -> list[torch.Tensor]:
        """Draw one network, run both passes, and return the mean squares of delta."""
        with torch.no_grad():
            for layer in self.layers:
                layer.weight.grad = None
                self.draw(layer.weight)
        kept = []
        a = self.x
        for layer in self.layers[:-1]:
            below, z = a, layer(a)
            if z.requires_grad:
                z.retain_grad()
            else:  # the first layer, if no weight requires a gradient
                z.requires_grad_()
            a = torch.tanh(z)
            kept.append((below, z, a))
        loss = nn.functional.cross_entropy(self.layers[-1](a), self.labels, reduction="sum")
        loss.backward()
        with torch.no_grad():
            return [
                self._measured(below, z, a, layer)
                for (below, z, a), layer in zip(kept, self.layers, strict=False)
            ]

    def _measured(
        self, below: torch.Tensor, z: torch.Tensor, a: torch.Tensor, layer: nn.Linear
    ) -> torch.Tensor:
        measure(z, 3.0)
        measure(a, 1.0)
        moments = measure(z.grad, 0.1)
        gradient = layer.weight.grad
        if self.gram:
            gram_square(z.grad, below)
        elif self.every_weight_gradient:
            measure(gradient.div_(len(z)), 0.01)
        else:
            torch.linalg.vector_norm(gradient).square() / (len(z) ** 2 * gradient.numel())
        return moments[2]


def main() -> None:
    """Time ``--networks`` networks after a warm-up."""
    parser = options(__doc__)
    parser.add_argument("--gram", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    program = Program(networks_of(given), gram=given.gram)
    last = program.network()
    if not all(math.isfinite(square) for square in last):
        raise SystemExit("a network is not finite")
    answer(timed(program.network, given.networks))


if __name__ == "__main__":
    main()
