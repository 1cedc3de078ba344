"""What reaches each layer on the way up: the Gram matrices of z and a of the examples shown?

    E z_a z_b = σ_w² E a_a a_b + σ_b²,   σ_w² = fan_in · Var w,   E a_a a_b = E[φ(z_a)φ(z_b)]

(Poole et al. 2016, arXiv:1606.05340, eqs. 3 and 5; Glorot & Bengio 2010, eq. 5, is φ(z) = z). The
first is exact at any width for every centred law of uncorrelated weights, orthogonal ones too: all
of layer 1 that is a mean product is exact; from layer 2 on a's Gram matrix stands for that of
infinitely wide layers, and networks differ from it by O(1/n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saturation_lab.examples import examples_of, shared_examples
from saturation_lab.nets.architecture import Architecture, Layer
from saturation_lab.nets.inputs import Examples
from saturation_lab.study import Study
from saturation_lab.theory.response import Gram, Response, respond

LARGEST = 1e150
"""Beyond this mean square a layer and those above it are not followed."""

INPUT_LAWS: dict[str, tuple[float, float]] = {"gaussian": (1.0, 0.0), "uniform": (1.0, 0.0)}
"""E x² and E x x' of two examples: what fresh inputs are in a network with many of them."""

NORMS: dict[str, float] = {"gaussian": 2.0, "uniform": 0.8}
"""n Var(‖x‖²/n), of n features: by so much the norms of fresh inputs differ."""

SETS = 8
"""Of fresh inputs without such a law those of so many networks are followed, the first ones."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """The examples that a network is shown: their Gram matrix over features, labels [B] or None."""

    gram: Gram
    labels: NDArray[np.int64] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """What one affine map and its activation make of the layer below.

    Attributes:
        layer: widths and laws.
        below, z: Gram matrices of a_{l-1} and z_l.
        response: how the activation answers; None for the output layer.
        a: the Gram matrix of a_l = φ(z_l); None for the output layer.
    """

    layer: Layer
    below: Gram
    z: Gram
    response: Response | None
    a: Gram | None


def shown_by(study: Study) -> list[Shown]:
    """Return the sets of examples that a study's networks are shown.

    >>> fresh = Study(
    ...     activation="tanh",
    ...     initializer="he_normal",
    ...     widths=(8,),
    ...     inputs="gaussian",
    ...     examples=2,
    ...     fresh_inputs=True,
    ... )
    >>> shown_by(fresh)[0].gram.product.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    shared = shared_examples(study)
    if shared is not None:
        return [_shown(shared)]
    law = INPUT_LAWS.get(study.inputs)
    if law is None:
        count = min(SETS, study.networks)
        return [_shown(examples_of(study, i, pilot=False)) for i in range(count)]
    square, product = law
    apart = (square - product) * (1 - np.eye(study.examples))
    return [Shown(gram=Gram(square=np.full(study.examples, square), gap=apart), labels=None)]


def _shown(examples: Examples) -> Shown:
    return Shown(gram=gram_of(examples.x), labels=examples.labels)


def gram_of(x: NDArray[np.floating]) -> Gram:
    """Return the Gram matrix of examples x [B, n].

    >>> gram_of(np.array([[1.0, 1.0], [3.0, 1.0]])).gap.tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    wide = x.astype(np.float64)
    gap = np.array([np.square(wide - row).mean(axis=1) / 2 for row in wide])
    return Gram(square=np.square(wide).mean(axis=1), gap=gap)


def ascend(architecture: Architecture, inputs: Gram) -> list[Step]:
    """Return every layer from the bottom up, the output layer last; fewer where they overflow.

    >>> from saturation_lab import Study
    >>> he = Study(activation="relu", initializer="he_normal", widths=(8, 20), inputs="gaussian")
    >>> [step.z.square.tolist() for step in ascend(he.architecture, gram_of(np.ones((1, 8))))]
    [[2.0], [2.0]]
    """
    steps: list[Step] = []
    below = inputs
    for number, layer in enumerate(architecture.layers):
        spread = layer.fan_in * layer.weight_std**2
        z = below.through(spread, layer.bias_std**2)
        if not (z.square <= LARGEST).all():
            break
        if number == architecture.depth:
            steps.append(Step(layer=layer, below=below, z=z, response=None, a=None))
            break
        response = respond(architecture.activation, z.square)
        a = response.gram(z)
        steps.append(Step(layer=layer, below=below, z=z, response=response, a=a))
        below = a
    return steps
