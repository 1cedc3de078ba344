"""What comes back down: how large are gradients, and how much do two examples agree on them?

With δ_l = ∂C/∂z_l and h_l = ∂C/∂a_l, products of two examples a and b in their mean over units:

    E δ_a δ_b (l) = E h_a h_b (l) · E[φ'(z_a)φ'(z_b)],
    E h_a h_b (l - 1) = fan_out_l · Var w_l · E δ_a δ_b (l)

(Schoenholz et al. 2017, arXiv:1611.01232, eq. 9; Glorot & Bengio 2010, eq. 6, is φ' = 1). It takes
the weights on the way back for independent of those on the way up, which is right as n → ∞ (Yang
2020, arXiv:2006.14548); the mean square at layer L with a random cotangent is exact given z_L.

At the top h_L is N(0, 1), independent for each example; or δ of the output layer is softmax(z) -
onehot, whose logits are normal with the output layer's Gram matrix, independent for each class.
Means over them are integrals over B · classes normals: a fixed set of draws, the same in every
run, in mirrored pairs and with the right second moments, and only for E Σ p_a p_b, as the symmetry
of the classes gives the rest of E δ_a δ_b. Against 32 times as many draws, 20 examples, 10
classes: E δ² to 3e-4; the mean of E δ_a δ_b over all pairs, which cancels, to 4e-5, 4e-3 and 2e-2
for logits of variance 0.01, 1 and 1000. As ‖δ_out‖² stays random at any width, a ratio or a root
is averaged over draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.losses import LOSSES, softmax
from saturation_lab.theory.forward import Step
from saturation_lab.theory.response import Gram

_DRAWS, _MOST_NORMALS, _FEWEST = 2048, 2**22, 64
RATIO_DRAWS = 256
"""Of these a root or ratio is averaged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cotangent:
    """∂C/∂a_L with iid N(0, 1) entries.

    Attributes:
        examples: B.
        size: their mean square: 1, or nan where nothing is known of the top.
    """

    examples: int
    size: float = 1.0

    @property
    def product(self) -> Float64:
        """E h_a h_b, [B, B]."""
        return np.diag(np.full(self.examples, self.size))

    @property
    def squares(self) -> Float64:
        """The mean square over units of each example's, [1, B]: the same in every wide network."""
        return np.full((1, self.examples), self.size)

    def batch(self, form: Float64) -> Float64:
        """Return Σ_ab form_ab h_a h_b / B² as networks have it, [1]."""
        return np.array([self.size * np.trace(form) / self.examples**2])


@dataclass(frozen=True, kw_only=True, eq=False)
class Logits:
    """The output layer under the softmax's negative log-likelihood, as wide networks have it.

    Attributes:
        z: logits of the fixed draws, [M, B, classes].
        labels: [B].
        scale: what turns Σ over classes of δ² into the mean square of ∂C/∂a_L: Var w_out.
    """

    z: Float64
    labels: NDArray[np.int64]
    scale: float

    @cached_property
    def shares(self) -> Float64:
        """softmax(z), [M, B, classes]."""
        return softmax(self.z).astype(np.float64)

    @cached_property
    def delta(self) -> Float64:
        """softmax(z) - onehot, [M, B, classes]."""
        labels = np.broadcast_to(self.labels, self.z.shape[:2])
        return LOSSES["softmax_nll"].gradient(self.z, labels).astype(np.float64)

    @cached_property
    def delta_product(self) -> Float64:
        """E Σ over classes of δ_a δ_b = E Σ p_a p_b - 2/classes + [same label], [B, B]."""
        draws, examples, classes = self.z.shape
        rows = self.shares.transpose(1, 0, 2).reshape(examples, -1)
        together = rows @ rows.T / draws
        same = self.labels[:, None] == self.labels
        found: Float64 = together - 2 / classes + same
        return found

    @property
    def product(self) -> Float64:
        """E h_a h_b, [B, B]."""
        return self.scale * self.delta_product

    @cached_property
    def squares(self) -> Float64:
        """The mean square over units of each example's h, by draw [M, B]."""
        found: Float64 = self.scale * np.square(self.delta[:RATIO_DRAWS]).sum(axis=2)
        return found

    def batch(self, form: Float64) -> Float64:
        """Return Σ_ab form_ab h_a h_b / B² as networks have it, by draw [M]."""
        delta = self.delta[:RATIO_DRAWS]
        total = np.einsum("mbk,mbk->m", np.matmul(form, delta), delta)
        found: Float64 = self.scale * total / delta.shape[1] ** 2
        return found


Top = Cotangent | Logits


def draw_logits(z: Gram, *, labels: NDArray[np.int64], classes: int, scale: float) -> Logits:
    """Return the fixed draws of logits that have the Gram matrix z.

    >>> flat = Gram(square=np.full(1, 1e-12), gap=np.zeros((1, 1)))
    >>> logits = draw_logits(flat, labels=np.array([0]), classes=10, scale=1.0)
    >>> logits.delta_product.round(6).tolist()  # nothing is known yet: 1 - 1/classes
    [[0.9]]
    """
    examples = len(z.square)
    half = min(_DRAWS, max(_FEWEST, _MOST_NORMALS // (examples * classes))) // 2
    normals = _matched(np.random.default_rng(0).standard_normal((half, examples, classes)))
    values, vectors = np.linalg.eigh(z.product)
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn = np.matmul(root, normals)
    order = np.stack([drawn, -drawn], axis=1).reshape(-1, examples, classes)
    return Logits(z=order, labels=labels, scale=scale)


def _matched(normals: Float64) -> Float64:
    """Return the draws [M, B, classes] with the second moments that they should have.

    Of what differs between classes, which is all that the softmax sees; as they are where there are
    too few of them for so many examples.
    """
    draws, examples, classes = normals.shape
    if draws * (classes - 1) < 4 * examples:
        return normals
    common = normals.mean(axis=2, keepdims=True)
    apart = (normals - common).transpose(1, 0, 2).reshape(examples, -1)
    values, vectors = np.linalg.eigh(apart @ apart.T / (draws * (classes - 1)))
    whitened = (vectors / np.sqrt(values)) @ vectors.T @ (normals - common)
    matched: Float64 = whitened + common
    return matched


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """How a hidden layer's gradients hang together with those at the top: entry by entry.

    Attributes:
        reach: E h_a h_b (l) = top.product ∘ reach, [B, B].
        transfer: E δ_a δ_b (l) = top.product ∘ transfer, [B, B].
    """

    reach: Float64
    transfer: Float64


def top_of(architecture: Architecture, steps: list[Step], labels: NDArray[np.int64] | None) -> Top:
    """Return what the loss puts at the top of the network."""
    last = steps[-1]
    if architecture.classes is None or labels is None:
        return Cotangent(examples=len(last.z.square))
    return draw_logits(
        last.z, labels=labels, classes=architecture.classes, scale=last.layer.weight_std**2
    )


def descend(hidden: list[Step]) -> list[Way]:
    """Return the way from the top down to every hidden layer, from layer 1 up."""
    ways: list[Way] = []
    reach = np.ones_like(hidden[-1].z.gap)
    for step in reversed(hidden):
        assert step.response is not None
        transfer = reach * step.response.slopes(step.z)
        ways.append(Way(reach=reach, transfer=transfer))
        reach = step.layer.fan_out * step.layer.weight_std**2 * transfer
    return ways[::-1]
