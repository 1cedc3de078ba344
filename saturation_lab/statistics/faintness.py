"""Underflow: signals and gradients too faint for the precision in which they are computed.

A float32 number below 1.2e-38 loses digits, and one below 1e-45 becomes 0. A signal has underflowed
if its root mean square over a network's units and examples is below the smallest normal number
(float64: if its mean square is). A dead layer is not an underflow: its values are exactly 0 because
everything below it, or every slope φ', or every weight is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.statistics.trace import TracedLayer

_Mask = NDArray[np.bool_]


def faintest(dtype: Any) -> float:
    """Return the smallest mean square that a signal can have without underflow.

    Parameters
    ----------
    dtype : dtype
        The precision of the signal; its mean square is always float64.

    Returns
    -------
    float
        The square of the smallest normal number of the precision, but at least that of float64.

    Examples
    --------
    >>> float(f"{faintest(np.float32):.3g}"), float(f"{faintest(np.float64):.3g}")
    (1.38e-76, 2.23e-308)
    """
    return max(float(np.finfo(dtype).tiny) ** 2, float(np.finfo(np.float64).tiny))


def faint_signal(layer: TracedLayer, squares: Mapping[str, Float64]) -> _Mask:
    """Return the networks whose signal underflowed in a layer on its way up.

    Parameters
    ----------
    layer : TracedLayer
        The layer.
    squares : mapping of str to array of shape (networks,)
        The mean squares of its signals.

    Returns
    -------
    bool array of shape (networks,)
        Whether z is too faint although something enters the layer, or a is although it is not 0.

    Examples
    --------
    >>> z = np.array([[[1e-40]], [[1.0]]], dtype=np.float32)
    >>> layer = TracedLayer(below=np.ones_like(z), pre_activation=z, activation=z, gradient=z)
    >>> faint_signal(layer, dict.fromkeys(("pre_activation", "activation"), np.array([1e-80, 1.0])))
    array([ True, False])
    """
    least = faintest(layer.pre_activation.dtype)
    entered = np.broadcast_to(layer.below.any(axis=(1, 2)), len(layer.pre_activation))
    faint: _Mask = (squares["pre_activation"] < least) & entered & (layer.weight_square != 0)
    faint |= (squares["activation"] < least) & _some(
        layer.activation, squares["activation"] < least
    )
    return faint


def faint_gradient(
    layer: TracedLayer, squares: Mapping[str, Float64], above: Array | None
) -> _Mask:
    """Return the networks whose gradient underflowed in a layer on its way down.

    Parameters
    ----------
    layer : TracedLayer
        The layer. Without its ``slope``, a gradient of exactly 0 counts as that of dead units.
    squares : mapping of str to array of shape (networks,)
        The mean squares of its signals; of the weight gradient too, if it is to be considered.
    above : array of shape (networks, examples, units) or None
        The gradient of the layer above; None for the top.

    Returns
    -------
    bool array of shape (networks,)
        Whether δ or the weight gradient is too faint, and not 0 for another reason.

    Examples
    --------
    >>> z = np.array([[[-1.0]]], dtype=np.float32)
    >>> zero = {"gradient": np.zeros(1)}
    >>> for slope in (np.ones_like, lambda z: 1.0 * (z > 0)):  # of the identity and of ReLU
    ...     layer = TracedLayer(
    ...         below=z, pre_activation=z, activation=z, gradient=0 * z, slope=slope
    ...     )
    ...     print(faint_gradient(layer, zero, None))
    [ True]
    [False]
    """
    least = faintest(layer.gradient.dtype)
    faint: _Mask = squares["gradient"] < least
    for network in np.flatnonzero(faint):
        faint[network] = layer.gradient[network].any() or (
            (above is None or above[network].any())
            and _has_slope(layer, network)
            and layer.weight_square != 0  # nor are those of the layer above
        )
    if "weight_gradient" in squares:
        both = np.any(layer.gradient, axis=2) & np.any(layer.below, axis=2)
        faint |= (squares["weight_gradient"] < least) & np.any(both, axis=1)
    return faint


def _some(x: Array, where: _Mask) -> _Mask:
    """Return which networks have a value other than 0, looked for in the given ones only."""
    found = np.zeros(len(x), dtype=bool)
    for network in np.flatnonzero(where):
        found[network] = np.any(x[network])
    return found


def _has_slope(layer: TracedLayer, network: np.intp) -> bool:
    """Return whether some unit has a slope φ' that is not 0, in float64."""
    if layer.slope is None:
        return False
    z: Array = np.asarray(layer.pre_activation[network], dtype=np.float64)
    return bool(np.any(layer.slope(z)))
