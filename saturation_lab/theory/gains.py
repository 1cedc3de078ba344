"""The gains of an activation: those that preserve signal or gradient, and those of libraries.

A gain is σ_w = √n Std w, the factor before √(1/fan_in).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from saturation_lab.checks import Words, real
from saturation_lab.nets.activations import ACTIVATIONS, LEAK, Activation
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.criticality import CriticalPoint, critical_point
from saturation_lab.theory.expectations import gaussian_mean
from saturation_lab.theory.length_map import LengthMap
from saturation_lab.theory.no_answer import NoAnswer


def variance_preserving_gain(activation: object, *, q: float = 1.0) -> float:
    """Return √(q / E φ²), the gain at which E z² remains q without biases.

    This says nothing about stability. Whether E z² returns to q after a disturbance depends on
    `Gains.forward_chi_parallel`.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : float
        The mean square of z that is preserved, above 0.

    Returns
    -------
    float
        σ_w = √n Std w.

    Raises
    ------
    NoAnswer
        If E φ² is 0 or diverges.
    InputError
        If q is not a finite number above 0.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eq. 3 (solved for σ_w at a fixed point with σ_b = 0).

    Examples
    --------
    >>> round(variance_preserving_gain("silu"), 6), round(variance_preserving_gain("selu"), 9)
    (1.676532, 1.0)
    """
    member, at = find_activation(activation), real("q", q, above=0)
    return math.sqrt(_inverse(at, float(gaussian_mean(member, at, of="square")), member, "E φ²"))


def _gradient_preserving_gain(activation: object, *, q: float = 1.0) -> float:
    """Return √(1 / E φ'²), the gain at which χ₁ = 1 if E z² is q.

    >>> round(_gradient_preserving_gain("silu"), 6), round(_gradient_preserving_gain("tanh"), 6)
    (1.62332, 1.467414)
    """
    member, at = find_activation(activation), real("q", q, above=0)
    slope = float(gaussian_mean(member, at, of="slope_square"))
    return math.sqrt(_inverse(1.0, slope, member, "E φ'²"))


@dataclass(frozen=True, kw_only=True)
class PyTorchGain:
    """The gain that `torch.nn.init.calculate_gain` returns.

    Attributes
    ----------
    nonlinearity : str or None
        The name that the function accepts; None if it rejects this activation.
    value : float or None
        The gain; None if the function rejects this activation.
    formula : str
        The formula as the documentation prints it.
    """

    nonlinearity: str | None
    value: float | None
    formula: str


NOT_THERE = PyTorchGain(nonlinearity=None, value=None, formula="none (raises ValueError)")
"""The entry of an activation that `calculate_gain` rejects."""

PYTORCH: dict[str, PyTorchGain] = {
    "identity": PyTorchGain(nonlinearity="linear", value=1.0, formula="1"),
    "sigmoid": PyTorchGain(nonlinearity="sigmoid", value=1.0, formula="1"),
    "tanh": PyTorchGain(nonlinearity="tanh", value=5 / 3, formula="5/3"),
    "relu": PyTorchGain(nonlinearity="relu", value=math.sqrt(2), formula="√2"),
    "leaky_relu": PyTorchGain(
        nonlinearity="leaky_relu",
        value=math.sqrt(2 / (1 + LEAK**2)),
        formula="√(2/(1 + slope²)), slope 0.01",
    ),
    "selu": PyTorchGain(nonlinearity="selu", value=0.75, formula="3/4"),
}
"""From the documentation of `torch.nn.init.calculate_gain`; an activation it omits has no row."""


@dataclass(frozen=True, kw_only=True)
class Gains:
    """The gains of an activation.

    Attributes
    ----------
    q : float
        E z², at which all values except the critical point are computed.
    variance_preserving : float
        √(q / E φ²), at which E z² remains q.
    gradient_preserving : float
        √(1 / E φ'²), at which χ₁ = 1.
    forward_chi_parallel : float
        χ∥ at q under the variance-preserving gain. Above 1, q is an unstable fixed point.
    critical : CriticalPoint or None
        The critical point; None if there is none.
    pytorch : PyTorchGain
        The gain that `calculate_gain` returns.
    pytorch_chi_1 : float or None
        χ₁ at q under PyTorch's gain: its actual effect on the gradient.
    pytorch_growth : float or None
        V(q)/q under PyTorch's gain: its actual effect on the signal.
    """

    q: float
    variance_preserving: float
    gradient_preserving: float
    forward_chi_parallel: float
    critical: CriticalPoint | None
    pytorch: PyTorchGain
    pytorch_chi_1: float | None
    pytorch_growth: float | None


def gains(activation: object, *, q: float = 1.0) -> Gains:
    """Return the gains of an activation at E z² = q.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : float
        The mean square of z, above 0.

    Returns
    -------
    Gains
        The gains, and their effects on signal and gradient at this q.

    Raises
    ------
    NoAnswer
        If E φ² or E φ'² is 0 or diverges.
    InputError
        If q is not a finite number above 0.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eqs. 3 and 6.
    .. [2] PyTorch documentation, `torch.nn.init.calculate_gain`.

    Examples
    --------
    >>> found = gains("silu")  # the variance-preserving gain is unstable
    >>> round(found.forward_chi_parallel, 4), found.pytorch.value
    (1.1726, None)
    >>> round(gains("tanh").pytorch_chi_1, 4)  # 5/3 is chaotic
    1.29
    """
    member = find_activation(activation)
    forward = variance_preserving_gain(member, q=q)
    mapped = LengthMap(activation=member, sigma_w=forward, sigma_b=0.0)
    known = PYTORCH.get(member.name, NOT_THERE) if _is_in_table(member) else NOT_THERE
    theirs = None
    if known.value is not None:
        theirs = LengthMap(activation=member, sigma_w=known.value, sigma_b=0.0)
    return Gains(
        q=q,
        variance_preserving=forward,
        gradient_preserving=_gradient_preserving_gain(member, q=q),
        forward_chi_parallel=float(mapped.chi_parallel(q)),
        critical=_critical(member),
        pytorch=known,
        pytorch_chi_1=None if theirs is None else float(theirs.chi_1(q)),
        pytorch_growth=None if theirs is None else float(theirs(q)) / q,
    )


def _critical(activation: Activation) -> CriticalPoint | None:
    try:
        return critical_point(activation)
    except NoAnswer:
        return None


def _is_in_table(activation: Activation) -> bool:
    return ACTIVATIONS.get(activation.name) is activation


def _inverse(top: float, below: float, activation: Activation, formula: str) -> float:
    if not below > 0:
        raise NoAnswer(
            "activation",
            expected=f"{formula} above 0",
            got=Words(f"{activation.name}, for which it is {below:g}"),
            hint="no gain preserves anything",
        )
    return top / below
