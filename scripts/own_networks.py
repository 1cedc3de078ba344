"""A template for a page about your own networks.

Run it with ``python scripts/own_networks.py FOLDER``, then copy it and adapt the copy.
"""

import sys
from pathlib import Path

import numpy as np

from saturation_lab import Claim, Statement, Trace, TracedLayer, ask, measure, page_of, write_page


def residual(rng: np.random.Generator, *, depth: int = 10, width: int = 64) -> Trace:
    """Draw a network of layers h + tanh(W h) and record its forward and backward passes."""
    h, up, layers = rng.normal(size=(16, width)), [], []
    for _ in range(depth):
        w = rng.normal(0, width**-0.5, (width, width))
        up.append((w, h, h @ w.T))
        h = h + np.tanh(up[-1][2])
    g = rng.normal(size=h.shape)  # ∂C/∂h at the top
    for w, below, z in reversed(up):
        a = np.tanh(z)
        delta = g * (1 - a**2)
        g = g + delta @ w
        b, z_, a, d = (x[np.newaxis] for x in (below, z, a, delta))  # one network
        layers.append(TracedLayer(below=b, pre_activation=z_, activation=a, gradient=d))
    return Trace(layers=tuple(reversed(layers)))


networks = (residual(np.random.default_rng(seed)) for seed in range(20))
found = measure(networks, name="mine", title="h + tanh(W h)")
kept = ask("top_over_bottom", study="mine", quantity="gradient_mean_square")
grows = Statement(
    id="MINE",
    kind="rule",
    sentence="A residual branch of full size makes the gradient explode.",
    precise="The mean square of δ is more than twice as large in layer 1 as in layer 10.",
    parts=(Claim(experiment=kept, high=-0.69),),
)
title, question = "A residual network in plain NumPy", "Does the gradient arrive?"
exhibits = ["profile_gradient", "ridges_7"]
page = page_of([found], title=title, question=question, exhibits=exhibits, statements=[grows])
print(*write_page(page, Path(sys.argv[1])))
