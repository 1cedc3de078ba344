"""The forward recursion: the Gram matrices of z and a in each layer, for the examples shown.

    E z_a z_b = σ_w² E a_a a_b + σ_b²,   σ_w² = fan_in · Var w,   E a_a a_b = E[φ(z_a)φ(z_b)]

(Poole et al. 2016, arXiv:1606.05340, eqs. 3 and 5; Glorot & Bengio 2010, eq. 5, is the case φ(z) =
z), where z is normal, or, with uniform or constant biases, normal given the bias. The first
equation is exact at any width for every centred law of uncorrelated weights, including orthogonal
ones. So all mean products of layer 1 are exact. From layer 2 on, the Gram matrix of a is that of
infinitely wide layers, from which networks differ by O(1/n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saturation_lab.data.sources import Examples
from saturation_lab.examples import examples_of, shared_examples
from saturation_lab.nets.architecture import Architecture, Layer
from saturation_lab.study import Study
from saturation_lab.theory.no_answer import refuse_uncentred
from saturation_lab.theory.response import Gram, Response
from saturation_lab.theory.uniform_biases import respond_mixed

LARGEST = 1e150
"""The mean square of z beyond which a layer, and all layers above it, are left out."""

INPUT_LAWS: dict[str, tuple[float, float]] = {"gaussian": (1.0, 0.0), "uniform": (1.0, 0.0)}
"""E x² and E x x' of two examples, for fresh inputs with a large number of features."""

NORMS: dict[str, float] = {"gaussian": 2.0, "uniform": 0.8}
"""n Var(‖x‖²/n) for n features: how much the norms of fresh inputs vary."""

SETS = 8
"""For fresh inputs without such a law, the number of networks whose inputs are followed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """The examples that a network is shown.

    Attributes
    ----------
    gram : Gram
        Their mean products over features.
    labels : int array of shape (examples,) or None
        Their classes, if they have any.
    """

    gram: Gram
    labels: NDArray[np.int64] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """One affine map with its activation, and the Gram matrices below, inside and above it.

    Attributes
    ----------
    layer : Layer
        The widths and the laws of weights and biases.
    below : Gram
        The mean products of a_{l-1}.
    z : Gram
        The mean products of z_l.
    given : Gram
        The mean products of the normal part of z_l: all of it, but for uniform and constant biases.
    response : Response or None
        The activation under the law of z_l; None for the output layer.
    a : Gram or None
        The mean products of a_l = φ(z_l); None for the output layer.
    """

    layer: Layer
    below: Gram
    z: Gram
    given: Gram
    response: Response | None
    a: Gram | None


def shown_by(study: Study) -> list[Shown]:
    """Return the sets of examples that the networks of a study are shown.

    Parameters
    ----------
    study : Study
        The networks and their inputs.

    Returns
    -------
    list of Shown
        A single set if all networks share their examples, or if the inputs are fresh and their law
        is in `INPUT_LAWS`. Otherwise, the sets of the first `SETS` networks.

    Raises
    ------
    InputError
        If the inputs cannot be read.

    Examples
    --------
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
    """Return the Gram matrix of examples.

    Parameters
    ----------
    x : array of shape (examples, features)
        The inputs.

    Returns
    -------
    Gram
        The mean products over features.

    Examples
    --------
    >>> gram_of(np.array([[1.0, 1.0], [3.0, 1.0]])).gap.tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    wide = x.astype(np.float64)
    gap = np.array([np.square(wide - row).mean(axis=1) / 2 for row in wide])
    return Gram(square=np.square(wide).mean(axis=1), gap=gap)


def ascend(architecture: Architecture, inputs: Gram) -> list[Step]:
    """Return every layer from the bottom up, the output layer last.

    Parameters
    ----------
    architecture : Architecture
        The networks.
    inputs : Gram
        The mean products of the inputs over features.

    Returns
    -------
    list of Step
        One for each affine map. Layers whose mean square exceeds `LARGEST`, and those above them,
        are left out.

    Raises
    ------
    NoAnswer
        If the weights are not centred, or an expectation diverges.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eqs. 3 and 5.
    .. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, eq. 5 (the case φ(z) = z).

    Examples
    --------
    >>> from saturation_lab import Study
    >>> he = Study(activation="relu", initializer="he_normal", widths=(8, 20), inputs="gaussian")
    >>> [step.z.square.tolist() for step in ascend(he.architecture, gram_of(np.ones((1, 8))))]
    [[2.0], [2.0]]
    """
    refuse_uncentred(architecture)
    steps: list[Step] = []
    below = inputs
    for number, layer in enumerate(architecture.layers):
        spread = layer.fan_in * layer.weight_std**2
        z = below.through(spread, layer.bias_square)
        given = below.through(spread, 0.0) if layer.bias_bound or layer.bias_mean else z
        if not (z.square <= LARGEST).all():
            break
        if number == architecture.depth:
            steps.append(Step(layer=layer, below=below, z=z, given=given, response=None, a=None))
            break
        response = respond_mixed(
            architecture.activation, given.square, layer.bias_bound, layer.bias_mean
        )
        a = response.gram(given)
        steps.append(Step(layer=layer, below=below, z=z, given=given, response=response, a=a))
        below = a
    return steps
