"""The scatter of finite-width networks about their mean-field values, where its law is known.

The laws hold for one example, zero biases, independent normal weights, and an activation of slope
s₋ below zero and s₊ above zero (linear, ReLU, leaky ReLU). Then the slopes φ'(z) act as if they
were drawn independently of all weights: s₋ or s₊, each with probability 1/2 (Hanin & Nica 2020).
With g iid N(0, 1), every layer therefore multiplies the squared length by a factor of its own,
independent of the other layers, both on the way up and on the way down:

    ‖a_l‖²     = Var w_l     · ‖a_{l-1}‖²     · S_l,        S_l = Σ_i s_i² g_i² over n_l units,
    ‖delta_l‖² = Var w_{l+1} · ‖delta_{l+1}‖² · S_l,        ‖delta_L‖² = S_L (cotangent N(0, 1)).

‖delta_l‖² contains S_l to S_L, and ‖a_{l-1}‖² contains S_1 to S_{l-1}. The two are independent, and
the weight gradient of every layer contains each S exactly once.

A ReLU layer in which no unit is active (S_l = 0, probability 2^-n) blocks both directions: a = 0
above it and, as φ'(0) = 0, delta = 0 in every layer.

**Exact at every width**: mean and variance, the probability of 0, and mean and variance of the
logarithm over the other networks.

**Asymptotic**: β = Σ c/n_l, c = 3 E s⁴/(E s²)² - 1 (linear 2, ReLU 5). β is the sum of the squared
coefficients of variation of the factors. It equals the variance of the logarithm up to order 1/n²,
and the logarithm is approximately N(ln mean_field - β/2, β). Results for other activations are in
`one_over_n`.

Sources: Hanin & Nica 2020, Products of many large random matrices and gradients in deep neural
networks, Commun. Math. Phys. 376 (theorem 1 and its proof); Hanin 2018, Which neural net
architectures give rise to exploding and vanishing gradients?, NeurIPS.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from saturation_lab.checks import Words, choice, real, whole
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.architecture import Architecture, Layer
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.no_answer import NoAnswer

_PROBES = np.array([-1000.0, -7.0, -0.5, -1e-3, 1e-3, 0.5, 7.0, 1000.0])
_Slopes = tuple[float, float]
_LINEAR: _Slopes = (1.0, 1.0)

_LARGEST = math.log(1e308)
_STEP, _LEFT, _RIGHT = 0.2, 45.0, 100.0
"""A grid for ln T below. The trapezoidal rule is off by e^-49, and the truncation by e^-45."""


@dataclass(frozen=True, kw_only=True)
class Factor:
    """The random factor S = Σ_i s_i² g_i² of a layer of n units.

    The g_i are iid N(0, 1), and s_i is s₋ or s₊, each with probability 1/2.

    Attributes
    ----------
    units : int
        The number of units n.
    slopes : tuple of float
        (s₋, s₊), not both 0.

    Examples
    --------
    >>> relu = Factor(units=100, slopes=(0.0, 1.0))
    >>> relu.mean, relu.spread, relu.dead == 2.0**-100
    (50.0, 0.05, True)
    >>> one = Factor(units=1, slopes=_LINEAR)  # ln χ²₁: -γ - ln 2 and π²/2
    >>> round(one.log_mean, 12), round(one.log_variance, 12)
    (-1.270362845461, 4.934802200545)
    """

    units: int
    slopes: _Slopes

    @property
    def mean(self) -> float:
        """E S = n E s²."""
        return self.units * self._slope_mean(2)

    @property
    def spread(self) -> float:
        """Var S/(E S)² = (3 E s⁴/(E s²)² - 1)/n."""
        return (3 * self._slope_mean(4) / self._slope_mean(2) ** 2 - 1) / self.units

    @property
    def dead(self) -> float:
        """P(S = 0), which is 2^-n if one slope is 0, and 0 otherwise."""
        return 0.0 if all(self.slopes) else 0.5**self.units

    @property
    def log_mean(self) -> float:
        """E[ln S | S > 0]."""
        return _log_moments(self)[0]

    @property
    def log_variance(self) -> float:
        """Var[ln S | S > 0]."""
        return _log_moments(self)[1]

    def _slope_mean(self, power: int) -> float:
        return sum(float(s**power) for s in self.slopes) / 2


@lru_cache(maxsize=1024)
def _log_moments(factor: Factor) -> tuple[float, float]:
    """Return the mean and the variance of ln S, from the Laplace transform of S.

    With E from Exp(1), T = E/S has P(T > t) = E e^(-tS) = M(t) = h(t)^n, where h = E (1 + 2 s²
    t)^(-1/2). So ln S = ln E - ln T, where T has the density -M', and ln E has the mean -γ (Euler's
    constant) and the variance π²/6. This needs neither a sum over the number of active units nor
    the digamma function.
    """
    squares = np.square(factor.slopes)
    middle = -math.log(factor.mean)
    last = max(middle, -math.log(squares[squares > 0].min())) + _RIGHT
    u = np.arange(middle - _LEFT, last, _STEP)
    x = 2 * squares[:, None] * np.exp(u)
    # for h near 1, ln h must keep all digits of h - 1, because n multiplies it
    below_1 = np.expm1(-np.log1p(x) / 2).mean(axis=0)
    log_h = np.log(((1 + x) ** -0.5).mean(axis=0))
    log_h = np.where(below_1 > -0.5, np.log1p(np.maximum(below_1, -0.5)), log_h)
    density = np.exp((factor.units - 1) * log_h) * (x * (1 + x) ** -1.5).mean(axis=0)
    density /= density.sum()
    mean = float(density @ u)
    variance = float(density @ np.square(u - mean))
    return -float(np.euler_gamma) - mean, variance - math.pi**2 / 6


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """The distribution over networks of a mean square, or of a ratio of two mean squares.

    With probability ``alive`` it is scale · Π S_k, with independent S_k > 0; otherwise it is 0.

    Attributes
    ----------
    log_scale : float
        The logarithm of the deterministic factor, which may underflow in deep networks.
    factors : tuple of Factor
        One factor for each layer whose units contribute.
    alive : float
        The probability that the value is not 0; less than 1 only if one slope is 0.

    Examples
    --------
    >>> relu = Factor(units=100, slopes=(0.0, 1.0))
    >>> law = Scatter(log_scale=5 * math.log(0.02), factors=(relu,) * 5, alive=1.0)
    >>> round(law.mean, 12), round(law.beta, 12), round(law.variance, 6)
    (1.0, 0.25, 0.276282)
    >>> round(law.log_mean, 6), round(law.log_variance, 6)  # to first order -β/2 and β
    (-0.127104, 0.2597)
    """

    log_scale: float
    factors: tuple[Factor, ...]
    alive: float

    @property
    def mean_field(self) -> float:
        """The mean-field value scale · Π E S, which is the limit of the mean at infinite width."""
        log = self.log_scale + sum(math.log(one.mean) for one in self.factors)
        return math.exp(log) if log < _LARGEST else math.inf

    @property
    def mean(self) -> float:
        """The mean over all networks, including those at 0. Exact.

        It equals the mean-field value, up to corrections of order 2^-n for layers without an active
        unit. These occur if such layers are not among the factors or, for a ratio, if such networks
        are excluded.
        """
        return self._share * self.mean_field

    @property
    def variance(self) -> float:
        """The variance over all networks. Exact."""
        # E x²/(E x)² - 1 = Π (1 + c/n)/share - 1, written to keep its digits when it is small
        logs = sum(math.log1p(one.spread) for one in self.factors) - math.log(self._share)
        return self.mean**2 * math.expm1(logs)

    @property
    def mean_of_square(self) -> float:
        """The second moment over all networks: E ‖a‖⁴ for a squared norm ‖a‖². Exact."""
        return self.mean**2 * math.prod(1 + one.spread for one in self.factors) / self._share

    @property
    def log_mean(self) -> float:
        """The mean of the logarithm over the networks that are not at 0. Exact."""
        return self.log_scale + sum(one.log_mean for one in self.factors)

    @property
    def log_variance(self) -> float:
        """The variance of the logarithm over the networks that are not at 0. Exact."""
        return sum(one.log_variance for one in self.factors)

    @property
    def log_gap(self) -> float:
        """The logarithm of the mean over the typical network, ln E X - E[ln X | X > 0]. Exact.

        The mean is over all networks, including those at 0. Unlike the mean, it cannot overflow.
        """
        gaps = sum(math.log(one.mean) - one.log_mean for one in self.factors)
        return gaps + math.log(self._share)

    @property
    def _share(self) -> float:
        return self.alive / _all_alive(self.factors)

    @property
    def beta(self) -> float:
        """β = Σ c/n, the variance of the logarithm up to order 1/n². Asymptotic."""
        return sum(one.spread for one in self.factors)

    def times(self, number: float) -> Scatter:
        """Return the law of a multiple.

        Parameters
        ----------
        number : float
            The factor: the number of units turns a mean square into a squared norm.

        Returns
        -------
        Scatter
            The law of ``number`` times the value.
        """
        return replace(self, log_scale=self.log_scale + math.log(number))


def slopes(activation: Activation) -> _Slopes | None:
    """Return (s₋, s₊) of an activation that is s₋ z below and s₊ z above zero.

    Parameters
    ----------
    activation : Activation
        The activation φ. It is evaluated at a few points on either side of 0.

    Returns
    -------
    tuple of float or None
        The two slopes; None if the activation is not of this form.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> slopes(ACTIVATIONS["relu"]), slopes(ACTIVATIONS["tanh"])
    ((0.0, 1.0), None)
    """
    with np.errstate(all="ignore"):
        found: Float64 = activation.value(_PROBES) / _PROBES
    below, above = float(found[0]), float(found[-1])
    expected = np.where(_PROBES < 0, below, above)
    return (below, above) if np.allclose(found, expected, rtol=1e-6, atol=1e-9) else None


def gradient_law(architecture: Architecture) -> Scatter | None:
    """Return the law of mean(delta_1²)/mean(delta_L²) for one example and a random cotangent.

    It is the law over those networks whose delta_L is not 0, so that no layer is dead.

    Parameters
    ----------
    architecture : Architecture
        The networks.

    Returns
    -------
    Scatter or None
        The law; None if it has not been derived for such networks.

    References
    ----------
    .. [1] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Communications in Mathematical Physics 376, 2020, theorem 1.
    .. [2] B. Hanin, "Which neural net architectures give rise to exploding and vanishing
       gradients?", NeurIPS 2018.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> he = {"initializer": "he_normal", "widths": [100] * 10}
    >>> law = gradient_law(Study(activation="relu", **he).architecture)
    >>> round(law.mean, 12), round(law.beta, 12)
    (1.0, 0.45)
    >>> gradient_law(Study(activation="tanh", **he).architecture) is None
    True
    """
    # W_{l+1} leads down to layer l, whose slopes contribute
    ways = [(layer.fan_out, layer, layer.fan_in) for layer in _hidden(architecture)[1:]]
    law = _ratio(architecture, ways)
    return None if law is None else replace(law, alive=1.0)


def activation_law(architecture: Architecture) -> Scatter | None:
    """Return the law of mean(a_L²)/mean(a_1²) for one example.

    It is the law over those networks whose a_1 is not 0.

    Parameters
    ----------
    architecture : Architecture
        The networks.

    Returns
    -------
    Scatter or None
        The law; None if it has not been derived for such networks.

    References
    ----------
    .. [1] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Communications in Mathematical Physics 376, 2020, theorem 1.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> he = {"initializer": "he_normal", "widths": [100] * 10}
    >>> law = activation_law(Study(activation="relu", **he).architecture)
    >>> round(law.mean, 12), round(law.beta, 12)
    (1.0, 0.45)
    """
    # W_l leads up to layer l, whose slopes contribute
    ways = [(layer.fan_in, layer, layer.fan_out) for layer in _hidden(architecture)[1:]]
    return _ratio(architecture, ways)


def mean_square_law(
    architecture: Architecture, layer: int, *, of: str, input_mean_square: float = 1.0
) -> Scatter:
    """Return the law over networks of a recorded mean square in a hidden layer, for one example.

    The weights are redrawn in each network while the example is fixed. The gradient starts from a
    cotangent ∂C/∂a_L with iid N(0, 1) entries. Multiplied by n_l (for a weight gradient, by
    n_l n_{l-1}), it is the law of the squared norm.

    Parameters
    ----------
    architecture : Architecture
        The networks.
    layer : int
        The hidden layer, from 1 to L.
    of : str
        "pre_activation_mean_square", "activation_mean_square", "gradient_mean_square" or
        "weight_gradient_mean_square".
    input_mean_square : float
        ‖x‖²/n_0 of the example. Back-propagated gradients do not depend on it.

    Returns
    -------
    Scatter
        The law of the mean square.

    Raises
    ------
    NoAnswer
        If the activation does not have one slope below and one above zero, the weights are not
        independent normal ones, there are biases, or, for gradients, there is an output layer.
    InputError
        If there is no such layer or quantity, or the mean square is not above 0.

    References
    ----------
    .. [1] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Communications in Mathematical Physics 376, 2020, theorem 1 and its proof.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> net = Study(
    ...     activation="relu",
    ...     initializer="he_normal",
    ...     widths=[50] * 4,
    ...     features=50,
    ...     inputs="gaussian",
    ... ).architecture
    >>> up = mean_square_law(net, 4, of="activation_mean_square")
    >>> round(up.mean, 12), round(up.variance, 12), round(up.times(50).mean, 12)
    (1.0, 0.4641, 50.0)
    >>> laws = [mean_square_law(net, l, of="weight_gradient_mean_square") for l in (1, 4)]
    >>> [round(law.log_variance, 12) for law in laws]  # the same scatter in every layer
    [0.432672533393, 0.432672533393]
    """
    choice("of", of, MEAN_SQUARES)
    layer = whole("layer", layer, low=1, high=architecture.depth)
    q = real("input_mean_square", input_mean_square, above=0)
    found = _derived_slopes(architecture)
    if architecture.classes is not None and "gradient" in of:
        raise NoAnswer(
            "classes",
            expected="no output layer, because the gradient law needs a random cotangent",
            got=architecture.classes,
        )
    return MEAN_SQUARES[of](_hidden(architecture), layer, found, q)


def _pre_activation(hidden: Sequence[Layer], layer: int, s: _Slopes, q: float) -> Scatter:
    last = Factor(units=hidden[layer - 1].fan_out, slopes=_LINEAR)
    scale = _weights(hidden[:layer]) + math.log(q * hidden[0].fan_in / last.units)
    return _product(scale, (*_units(hidden[: layer - 1], s), last))


def _activation(hidden: Sequence[Layer], layer: int, s: _Slopes, q: float) -> Scatter:
    scale = _weights(hidden[:layer]) + math.log(q * hidden[0].fan_in / hidden[layer - 1].fan_out)
    return _product(scale, _units(hidden[:layer], s))


def _gradient(hidden: Sequence[Layer], layer: int, s: _Slopes, q: float) -> Scatter:
    scale = _weights(hidden[layer:]) - math.log(hidden[layer - 1].fan_out)
    # a dead layer below makes z_l = 0, where the slope is 0 too
    alive = _all_alive(_units(hidden, s))
    return Scatter(log_scale=scale, factors=_units(hidden[layer - 1 :], s), alive=alive)


def _weight_gradient(hidden: Sequence[Layer], layer: int, s: _Slopes, q: float) -> Scatter:
    own = hidden[layer - 1]
    others = [*hidden[: layer - 1], *hidden[layer:]]  # W_l only affects the signs of z_l
    scale = _weights(others) + math.log(q * hidden[0].fan_in / (own.fan_out * own.fan_in))
    return _product(scale, _units(hidden, s))


MEAN_SQUARES: dict[str, Callable[[Sequence[Layer], int, _Slopes, float], Scatter]] = {
    "pre_activation_mean_square": _pre_activation,
    "activation_mean_square": _activation,
    "gradient_mean_square": _gradient,
    "weight_gradient_mean_square": _weight_gradient,
}
"""The quantities whose law is known exactly, by their recorded names."""


def _hidden(architecture: Architecture) -> tuple[Layer, ...]:
    return architecture.layers[: architecture.depth]


def _weights(layers: Iterable[Layer]) -> float:
    """Return the logarithm of the product of the weights' variances."""
    return sum(2 * math.log(layer.weight_std) for layer in layers)


def _units(layers: Iterable[Layer], s: _Slopes) -> tuple[Factor, ...]:
    return tuple(Factor(units=layer.fan_out, slopes=s) for layer in layers)


def _ratio(architecture: Architecture, ways: Iterable[tuple[int, Layer, int]]) -> Scatter | None:
    """Return the law of the product over the ways, or None if it has not been derived.

    A way is a triple: the units that are summed over, the layer of the weights, the units that are
    seen.
    """
    try:
        found = _derived_slopes(architecture)
    except NoAnswer:
        return None
    ways = list(ways)
    scale = sum(math.log(summed * layer.weight_std**2 / seen) for summed, layer, seen in ways)
    return _product(scale, tuple(Factor(units=seen, slopes=found) for _, _, seen in ways))


def _product(log_scale: float, factors: tuple[Factor, ...]) -> Scatter:
    """Return the law of scale · Π S_k, where each S_k is 0 with its own probability."""
    return Scatter(log_scale=log_scale, factors=factors, alive=_all_alive(factors))


def _all_alive(factors: Iterable[Factor]) -> float:
    return math.prod(1 - one.dead for one in factors)


def _derived_slopes(architecture: Architecture) -> _Slopes:
    """Return the slopes; raise `NoAnswer` if the law has not been derived for such networks."""
    found, rule = slopes(architecture.activation), architecture.initializer
    if found is None or not any(found):
        raise NoAnswer(
            "activation",
            expected="a function that is linear on either side of 0 (identity, relu, leaky_relu)",
            got=architecture.activation.name,
        )
    if rule.law != "normal" or rule.own is not None:
        raise NoAnswer("initializer", expected="independent normal weights", got=rule.name)
    if any(layer.bias_square for layer in architecture.layers):
        raise NoAnswer("bias", expected="zero biases", got=Words(architecture.bias.name))
    return found
