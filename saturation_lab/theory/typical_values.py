"""The typical network of a finite width, and the scatter of single networks about it.

The mean-field values are those of infinitely wide layers. In networks of width n, the logarithm of
a mean square scatters with a variance of order L/n, and its mean is shifted by the same order.

**Exact** for linear, ReLU and leaky ReLU networks with normal weights and no biases
(`finite_width`). **Leading order in L/n** for other activations with normal weights, derived as
follows for one example and a random cotangent. Let K_l be the variance of z_l given the layer below
and V the length map, and write K_l = q_l + κ_l. One layer adds

    κ_{l+1} = V'(q_l) κ_l + ε_l,        ε_l = σ_w² (mean φ(z_l)² - E φ²),

and multiplies the gradient's mean square by σ_w² E φ'²(q_l) (1 + h_l κ_l + η_l + ρ_l) with
h = d ln E φ'²/dq and the relative fluctuation η_l of mean φ'(z_l)² g², g iid N(0, 1). Per unit,

    n Var ε = σ_w⁴ (E φ⁴ - (E φ²)²),    n Var η = 3 E φ'⁴/(E φ'²)² - 1,
    n Cov(ε, η) = σ_w² (E φ²φ'²/E φ'² - E φ²).

ρ_l is the mean of what the weights reveal in the forward pass: δ_{l+1} W contains the multiple
(z_{l+1} - b)·δ_{l+1}/‖a_l‖² of a_l instead of a random one. With r = 1 - σ_b²/K,
c = (z - b) φ'(z) and T_l = E (c·h)²/n for the back-propagated h = ∂C/∂a of mean square H_l,

    T_l = H_l (E c² - (E cφ)²/E φ²) + (E cφ/E φ²)² T_{l+1},
    n ρ_l = (T_{l+1}/((K_{l+1} - σ_b²) H_{l+1} E φ'²) - 1) E φ²φ'²/(E φ² E φ'²).

Not covered: orthogonal and other laws, several examples, and an output layer below a loss.

Sources: Hanin & Nica 2020, Products of many large random matrices and gradients in deep neural
networks, Commun. Math. Phys. 376; Yaida 2020, Non-Gaussian processes and neural networks at finite
widths, MSML, section 3 (the forward terms); Roberts, Yaida & Hanin 2022, The principles of deep
learning theory, chapters 4 and 9. The backward terms are derived here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.expectations import gaussian_mean
from saturation_lab.theory.finite_width import mean_square_law
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.one_over_n import corrected

MOST = 0.5
"""The largest variance of a logarithm for which the leading order is reported."""
_STEP = 0.02


@dataclass(frozen=True, kw_only=True)
class Typical:
    """The law of ln(x / mean field) over networks, for a mean square x.

    Attributes
    ----------
    mean : float
        The mean of the logarithm: the typical network has e^mean times the mean-field value.
    variance : float
        The variance of the logarithm over networks.
    exact : bool
        Whether both are exact; otherwise, they are of leading order in L/n.
    """

    mean: float
    variance: float
    exact: bool

    @property
    def factor(self) -> float:
        """The typical network's value, relative to the mean-field value."""
        return math.exp(self.mean)

    @property
    def spread(self) -> tuple[float, float]:
        """The 5th and 95th percentile over networks, relative to the mean-field value.

        The logarithm is treated as normal.
        """
        reach = _Z95 * math.sqrt(self.variance)
        return math.exp(self.mean - reach), math.exp(self.mean + reach)

    def to_json(self) -> dict[str, Any]:
        """Return the typical factor, the spread and whether they are exact, as plain data."""
        low, high = self.spread
        return {"factor": self.factor, "low": low, "high": high, "exact": self.exact}


_Z95 = 1.6448536269514722


def typical(architecture: Architecture, *, input_mean_square: float = 1.0) -> dict[str, Typical]:
    """Return what a finite width does to the signal on top and to the gradient in layer 1.

    Parameters
    ----------
    architecture : Architecture
        The networks.
    input_mean_square : float
        ‖x‖²/n_0 of the example, above 0.

    Returns
    -------
    dict of str to Typical
        "pre_activation_mean_square" of the last hidden layer and "gradient_mean_square" of layer
        1, for one example and a random cotangent. A quantity whose scatter is too large for the
        leading order is left out.

    Raises
    ------
    NoAnswer
        If the weights or biases are not independent normal ones, or an expectation diverges.
    InputError
        If ``input_mean_square`` is not above 0.

    References
    ----------
    .. [1] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Communications in Mathematical Physics 376, 2020, theorem 1.
    .. [2] S. Yaida, "Non-Gaussian processes and neural networks at finite widths", MSML 2020,
       arXiv:1910.00019, section 3.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> for name, rule in {"relu": "he_normal", "tanh": "lecun_normal"}.items():
    ...     study = Study(activation=name, initializer=rule, widths=[100] * 10, inputs="gaussian")
    ...     found = typical(study.architecture)["gradient_mean_square"]
    ...     print(name, round(found.factor, 2), found.exact)
    relu 0.78 True
    tanh 0.87 False
    """
    try:
        return _exact(architecture, input_mean_square)
    except NoAnswer:
        found = _leading(architecture, input_mean_square)
    return {name: one for name, one in found.items() if one.variance <= MOST}


def _exact(architecture: Architecture, m: float) -> dict[str, Typical]:
    hidden = architecture if architecture.classes is None else replace(architecture, classes=None)
    found = {}
    for name, layer in ((_SIGNAL, architecture.depth), (_GRADIENT, 1)):
        law = mean_square_law(hidden, layer, of=name, input_mean_square=m)
        field = law.log_scale + sum(math.log(one.mean) for one in law.factors)
        found[name] = Typical(mean=law.log_mean - field, variance=law.log_variance, exact=True)
    return found


_SIGNAL, _GRADIENT = "pre_activation_mean_square", "gradient_mean_square"


def _leading(architecture: Architecture, m: float) -> dict[str, Typical]:
    forward = corrected(architecture, input_mean_square=m)
    phi, q = architecture.activation, forward.mean_field
    layers = architecture.layers[: architecture.depth]
    units = np.array([layer.fan_out for layer in layers], dtype=float)
    weight = np.array([layer.fan_in * layer.weight_std**2 for layer in layers[1:]])
    bias = np.array([layer.bias_std**2 for layer in layers])
    of = {name: gaussian_mean(phi, q, of=name) for name in _MOMENTS}
    signal = forward.variance[-1] / q[-1] ** 2
    found = {
        _SIGNAL: Typical(
            mean=float(forward.shift[-1] / q[-1] - signal / 2), variance=float(signal), exact=False
        )
    }
    slope, both = of["slope_square"], of["square_times_slope_square"]
    if not (slope > 0).all():  # no gradient passes, so there is none in the typical network
        return found
    bend, bend_of_bend = _bends(phi, q)
    noise_gradient = (3 * of["slope_fourth"] / slope**2 - 1) / units
    above = np.append(weight, 0.0)
    noise = above**2 * (of["fourth"] - of["square"] ** 2) / units
    shared = above * (both / slope - of["square"]) / units
    # the coefficient of ε_k in the sum of h_l κ_l over the layers above k
    reach = np.zeros(len(q))
    for k in range(len(q) - 2, -1, -1):
        reach[k] = bend[k + 1] + above[k + 1] * of["square_slope"][k + 1] * reach[k + 1]
    variance = noise_gradient + 2 * reach * shared + reach**2 * noise
    shift = (
        bend * forward.shift
        + bend_of_bend * forward.conditional_variance / 2
        - noise_gradient / 2
        + _revealed(of, q, bend, bias, weight, units)
    )
    found[_GRADIENT] = Typical(mean=float(shift.sum()), variance=float(variance.sum()), exact=False)
    return found


_MOMENTS = (
    "square", "fourth", "slope_square", "slope_fourth", "square_slope", "square_times_slope_square",
)  # fmt: skip


def _bends(phi: Activation, q: Float64) -> tuple[Float64, Float64]:
    """Return the first and second derivative of ln E φ'² with respect to q, by finite differences.

    They are taken in ln q, in which the expectation is analytic.
    """
    points = np.exp(_STEP * np.arange(-2, 3))
    logs = np.log(gaussian_mean(phi, q[:, None] * points, of="slope_square"))
    first = logs @ np.array([1, -8, 0, 8, -1]) / (12 * _STEP)
    second = logs @ np.array([-1, 16, -30, 16, -1]) / (12 * _STEP**2)
    return first / q, (second - first) / q**2


def _revealed(
    of: dict[str, Float64],
    q: Float64,
    bend: Float64,
    bias: Float64,
    weight: Float64,
    units: Float64,
) -> Float64:
    """Return ρ_l of every layer; it is 0 for the last."""
    slope, square = of["slope_square"], of["square"]
    r = 1 - bias / q
    # E z²φ'² = q E φ'² + 2 q² dE[φ'²]/dq
    c_square = (r**2 * q * (1 + 2 * q * bend) + r * bias) * slope
    c_phi = r * q * of["square_slope"]
    found = np.zeros(len(q))
    h, t = 1.0, float(c_square[-1])
    for k in range(len(q) - 2, -1, -1):
        gradient = h * slope[k + 1]
        share = t / ((q[k + 1] - bias[k + 1]) * gradient) - 1
        found[k] = share * of["square_times_slope_square"][k] / (square[k] * slope[k] * units[k])
        wider = units[k + 1] / units[k]
        h = weight[k] * wider * gradient
        t = h * (c_square[k] - c_phi[k] ** 2 / square[k]) + (c_phi[k] / square[k]) ** 2 * wider * t
    return found
