"""The backward recursion: the sizes of the gradients, and their correlation between examples.

With δ_l = ∂C/∂z_l and h_l = ∂C/∂a_l, the products for two examples a and b, averaged over units,
are

    E δ_a δ_b (l) = E h_a h_b (l) · E[φ'(z_a)φ'(z_b)],
    E h_a h_b (l - 1) = fan_out_l · Var w_l · E δ_a δ_b (l)

(Schoenholz et al. 2017, arXiv:1611.01232, eq. 9; Glorot & Bengio 2010, eq. 6, is the case φ' = 1).
The recursion treats the weights of the backward pass as independent of the forward pass, which is
correct as n → ∞ (Yang 2020, arXiv:2006.14548). With a random cotangent, the mean square at layer L
is exact given z_L.

At the top, h_L is either N(0, 1), independent for each example, or it comes from the softmax loss:
δ of the output layer is softmax(z) - onehot, and the logits z are normal (given uniform biases)
with the Gram matrix of the output layer, independent for each class. Means over the logits are
integrals over B · classes normal numbers. They are estimated from a fixed set of draws, the same in
every run, in antithetic pairs and with matched second moments. The draws are needed for E Σ p_a p_b
only, because the symmetry of the classes gives the rest of E δ_a δ_b. Compared with 32 times as
many draws, at 20 examples and 10 classes, the error of E δ² is 3e-4. The error of the mean of E δ_a
δ_b over all pairs, in which terms cancel, is 4e-5, 4e-3 and 2e-2 for logits of variance 0.01, 1 and
1000. Because ‖δ_out‖² stays random at any width, ratios and roots are averaged over the draws.
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
"""The number of draws over which a root or a ratio is averaged."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cotangent:
    """The top gradient ∂C/∂a_L with iid N(0, 1) entries.

    Attributes
    ----------
    examples : int
        The number of examples B.
    size : float
        The mean square of the entries: 1, or nan if nothing is known about the top.
    """

    examples: int
    size: float = 1.0

    @property
    def product(self) -> Float64:
        """E h_a h_b for every pair of examples, of shape (examples, examples)."""
        return np.diag(np.full(self.examples, self.size))

    @property
    def squares(self) -> Float64:
        """The mean square over units for each example, of shape (1, examples).

        One row is enough because it is the same in every wide network.
        """
        return np.full((1, self.examples), self.size)

    def batch(self, form: Float64) -> Float64:
        """Return Σ_ab form_ab h_a h_b / B², the value of every wide network.

        Parameters
        ----------
        form : array of shape (examples, examples)
            The coefficients of the quadratic form.

        Returns
        -------
        array of shape (1,)
            The value, which does not differ between wide networks.
        """
        return np.array([self.size * np.trace(form) / self.examples**2])


@dataclass(frozen=True, kw_only=True, eq=False)
class Logits:
    """The output layer of wide networks under the softmax's negative log-likelihood.

    Attributes
    ----------
    z : array of shape (draws, examples, classes)
        The logits of the fixed draws.
    labels : int array of shape (examples,)
        The class of each example.
    scale : float
        Var w of the output layer. It converts the sum over classes of δ² into the mean square of
        ∂C/∂a_L.
    """

    z: Float64
    labels: NDArray[np.int64]
    scale: float

    @cached_property
    def shares(self) -> Float64:
        """The probabilities softmax(z), of shape (draws, examples, classes)."""
        return softmax(self.z).astype(np.float64)

    @cached_property
    def delta(self) -> Float64:
        """The gradients softmax(z) - onehot, of shape (draws, examples, classes)."""
        labels = np.broadcast_to(self.labels, self.z.shape[:2])
        return LOSSES["softmax_nll"].gradient(self.z, labels).astype(np.float64)

    @cached_property
    def delta_product(self) -> Float64:
        """E Σ over classes of δ_a δ_b, of shape (examples, examples).

        It equals E Σ p_a p_b - 2/classes + [same label].
        """
        draws, examples, classes = self.z.shape
        rows = self.shares.transpose(1, 0, 2).reshape(examples, -1)
        together = rows @ rows.T / draws
        same = self.labels[:, None] == self.labels
        found: Float64 = together - 2 / classes + same
        return found

    @property
    def product(self) -> Float64:
        """E h_a h_b for every pair of examples, of shape (examples, examples)."""
        return self.scale * self.delta_product

    @cached_property
    def squares(self) -> Float64:
        """The mean square over units of h for each example, of shape (draws, examples)."""
        found: Float64 = self.scale * np.square(self.delta[:RATIO_DRAWS]).sum(axis=2)
        return found

    def batch(self, form: Float64) -> Float64:
        """Return Σ_ab form_ab h_a h_b / B² for each draw.

        Parameters
        ----------
        form : array of shape (examples, examples)
            The coefficients of the quadratic form.

        Returns
        -------
        array of shape (draws,)
            The value of the quadratic form, which differs between networks at any width.
        """
        delta = self.delta[:RATIO_DRAWS]
        total = np.einsum("mbk,mbk->m", np.matmul(form, delta), delta)
        found: Float64 = self.scale * total / delta.shape[1] ** 2
        return found


Top = Cotangent | Logits


def draw_logits(
    z: Gram,
    *,
    labels: NDArray[np.int64],
    classes: int,
    scale: float,
    bound: float = 0.0,
    mean: float = 0.0,
) -> Logits:
    """Return the fixed draws of logits whose Gram matrix is ``z``, plus uniform or constant biases.

    Parameters
    ----------
    z : Gram
        The mean products of the logits over the examples.
    labels : int array of shape (examples,)
        The class of each example.
    classes : int
        The number of classes.
    scale : float
        Var w of the output layer.
    bound : float
        The bound of the biases, which are added to normal logits; 0 for none.
    mean : float
        The mean of the biases.

    Returns
    -------
    Logits
        Up to 2048 draws in antithetic pairs, fewer if there are many examples. They do not depend
        on any seed of the caller.

    Examples
    --------
    >>> flat = Gram(square=np.full(1, 1e-12), gap=np.zeros((1, 1)))
    >>> logits = draw_logits(flat, labels=np.array([0]), classes=10, scale=1.0)
    >>> logits.delta_product.round(6).tolist()  # equal probabilities: 1 - 1/classes
    [[0.9]]
    """
    examples = len(z.square)
    half = min(_DRAWS, max(_FEWEST, _MOST_NORMALS // (examples * classes))) // 2
    rng = np.random.default_rng(0)
    normals = rng.standard_normal((half, examples, classes))
    values, vectors = np.linalg.eigh(z.product)
    root = vectors * np.sqrt(np.maximum(values, 0))
    if bound:  # one more row, of the same variance, which all examples share
        biases = rng.uniform(-np.sqrt(3), np.sqrt(3), (half, 1, classes))
        normals = np.concatenate([normals, biases], axis=1)
        root = np.hstack([root, np.full((examples, 1), bound / np.sqrt(3))])
    drawn = np.matmul(root, _matched(normals))
    order = np.stack([drawn, -drawn], axis=1).reshape(-1, examples, classes)
    return Logits(z=order + mean, labels=labels, scale=scale)


def _matched(normals: Float64) -> Float64:
    """Return the draws, rescaled so that their second moments are exact.

    Only the differences between classes are matched, because the softmax depends on nothing else.
    If there are too few draws for the number of examples, they are returned unchanged. The shape is
    (draws, examples, classes).
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
    """How the gradients of a hidden layer follow, entry by entry, from those at the top.

    Attributes
    ----------
    reach : array of shape (examples, examples)
        E h_a h_b (l) = top.product ∘ reach.
    transfer : array of shape (examples, examples)
        E δ_a δ_b (l) = top.product ∘ transfer.
    """

    reach: Float64
    transfer: Float64


def top_of(architecture: Architecture, steps: list[Step], labels: NDArray[np.int64] | None) -> Top:
    """Return the gradient that the loss puts at the top of the network.

    Parameters
    ----------
    architecture : Architecture
        The networks.
    steps : list of Step
        The layers from the bottom up, as `ascend` returns them.
    labels : int array of shape (examples,) or None
        The class of each example.

    Returns
    -------
    Cotangent or Logits
        The fixed draws of the softmax if there are classes and labels, a random cotangent
        otherwise.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> from saturation_lab.theory.forward import ascend
    >>> order = {"activation": "tanh", "initializer": "lecun_normal", "inputs": "gaussian"}
    >>> net = Study(widths=(8,), **order).architecture
    >>> steps = ascend(net, Gram(square=np.ones(3), gap=np.zeros((3, 3))))
    >>> top_of(net, steps, None)
    Cotangent(examples=3, size=1.0)
    """
    last = steps[-1]
    if architecture.classes is None or labels is None:
        return Cotangent(examples=len(last.z.square))
    return draw_logits(
        last.given,
        labels=labels,
        classes=architecture.classes,
        scale=last.layer.weight_std**2,
        bound=last.layer.bias_bound,
        mean=last.layer.bias_mean,
    )


def descend(hidden: list[Step]) -> list[Way]:
    """Return how the gradients of each hidden layer follow from the top, ordered from layer 1 up.

    Parameters
    ----------
    hidden : list of Step
        The hidden layers from the bottom up.

    Returns
    -------
    list of Way
        One for each hidden layer. The last one starts from a ``reach`` of ones.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, eqs. 9 and 13.
    .. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, eq. 6 (the case φ' = 1).
    .. [3] G. Yang, "Tensor programs II: neural tangent kernel for any architecture", 2020,
       arXiv:2006.14548 (the independence of the weights in the backward pass, as n → ∞).

    Examples
    --------
    >>> from saturation_lab import Study
    >>> from saturation_lab.theory.forward import ascend
    >>> he = Study(activation="relu", initializer="he_normal", widths=(8, 8), inputs="gaussian")
    >>> ways = descend(ascend(he.architecture, Gram(square=np.ones(1), gap=np.zeros((1, 1)))))
    >>> [way.transfer.round(6).tolist() for way in ways]  # E φ'² = 1/2, and He's rule keeps it
    [[[0.5]], [[0.5]]]
    """
    ways: list[Way] = []
    reach = np.ones_like(hidden[-1].z.gap)
    for step in reversed(hidden):
        assert step.response is not None
        transfer = reach * step.response.slopes(step.given)
        ways.append(Way(reach=reach, transfer=transfer))
        reach = step.layer.fan_out * step.layer.weight_std**2 * transfer
    return ways[::-1]
