"""One-step forward errors: by how much one layer deviates from the length map.

K_l is the exact variance of z_l given the layer below, for each example
(`conditional_mean_square`), and F is the length map. With Gaussian weights, r_l = Σ_b K_{l+1,b}/Σ_b
F(K_{l,b}) - 1 has mean exactly 0 at any width: given layer l, K_{l+1,b} is a mean over units of
independent terms whose mean is F(K_{l,b}). With other weight laws the mean of r_l is O(1/n).
Replacing K by the raw mean square gives a bias at finite width (tanh: +1.3 % at n = 32). So does
applying F to the mean over unequal examples.

Backward, the one-step error has mean 0 only for ReLU and linear layers under a random cotangent.
Elsewhere it is O(1/n) and must be judged over several widths (`width`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import InputError, Words
from saturation_lab.inference.replicates import Float64, Replicates


def one_step_errors(
    conditional: ArrayLike,
    mapped: ArrayLike,
    *,
    networks: ArrayLike,
    overflowed: ArrayLike | None = None,
) -> Replicates:
    """Return the one-step errors r_l of layers l = 1..L-1 in each network.

    Parameters
    ----------
    conditional : array_like of shape (networks, L, examples)
        K of layers 1..L for each example, at least 0.
    mapped : array_like of shape (networks, L - 1, examples)
        F(K) of layers 1..L-1.
    networks : array_like of int of shape (networks,)
        Index of each row's network.
    overflowed : array_like of bool of shape (networks,), optional
        Which networks overflowed; only in them r may be undefined. By default, those with an
        infinite sum.

    Returns
    -------
    Replicates
        r of shape (networks, L - 1); inf where a sum overflowed.

    Raises
    ------
    InputError
        If the shapes do not match, if K or F(K) is below 0, if r is undefined in a network that did
        not overflow, or if there are fewer than two networks.

    Examples
    --------
    >>> K = [[[1.0, 2.0], [1.5, 1.8]], [[1.0, 2.0], [1.2, 1.5]]]
    >>> one_step_errors(K, [[[1.0, 2.0]], [[1.0, 2.0]]], networks=[0, 1]).values.round(3).tolist()
    [[0.1], [-0.1]]
    """
    above, below = _checked("conditional", conditional), _checked("mapped", mapped)
    wanted = (above.shape[0], above.shape[1] - 1, above.shape[2])
    if wanted[1] < 1 or below.shape != wanted:
        raise InputError(
            "mapped",
            expected=f"F(K) for every layer of conditional but the last, of shape {wanted}",
            got=Words(f"shape {below.shape}"),
            hint=f"conditional has shape {above.shape}; it needs at least two layers",
        )
    with np.errstate(all="ignore"):
        top, bottom = above[:, 1:].sum(axis=2), below.sum(axis=2)
        errors = top / bottom - 1
        lost = np.isinf(top) | np.isinf(bottom)
    if overflowed is None:
        overflowed = lost.any(axis=1)
    return Replicates(
        values=np.where(lost, np.inf, errors), networks=networks, overflowed=overflowed
    )


def _checked(key: str, given: ArrayLike) -> Float64:
    array = np.asarray(given, dtype=np.float64)
    if array.ndim != 3:
        raise InputError(
            key,
            expected="an array of shape (networks, layers, examples)",
            got=Words(f"shape {array.shape}"),
        )
    if (array < 0).any():
        raise InputError(key, expected="mean squares of at least 0", got=float(np.nanmin(array)))
    return array
