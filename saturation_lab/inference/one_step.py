"""By how much does one layer miss the length map, given the layer below it?

K_l is the exact variance of z_l given the layer below, for each example (`conditional_mean_square`)
and F the length map. With Gaussian weights r_l = Σ_b K_{l+1,b}/Σ_b F(K_{l,b}) - 1 has mean exactly
0 at any width: given layer l, K_{l+1,b} is a mean over units of independent terms of mean
F(K_{l,b}). With other laws its mean is O(1/n). The raw mean square in place of K is biased at
finite width (tanh: +1.3 % at n = 32), and so is F of the mean over unequal examples.

Backward the one-step error has mean 0 only for ReLU and linear layers under a random cotangent;
elsewhere it is O(1/n): judge it over widths (`width`).
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
    """Return r_l of layers l = 1..L-1 in each network, [R, L-1].

    Args:
        conditional: K of layers 1..L for each example, [R, L, B].
        mapped: F(K) of layers 1..L-1, [R, L-1, B].
        networks: the index of each row's network, [R].
        overflowed: which networks overflowed, [R]; in them r may be undefined.

    Raises:
        InputError: shapes that do not fit; K or F(K) below 0; an undefined one in a network that
            did not overflow; fewer than two networks.

    >>> K = [[[1.0, 2.0], [1.5, 1.8]], [[1.0, 2.0], [1.2, 1.5]]]
    >>> one_step_errors(K, [[[1.0, 2.0]], [[1.0, 2.0]]], networks=[0, 1]).values.round(3).tolist()
    [[0.1], [-0.1]]
    """
    above, below = _checked("conditional", conditional), _checked("mapped", mapped)
    wanted = (above.shape[0], above.shape[1] - 1, above.shape[2])
    if wanted[1] < 1 or below.shape != wanted:
        raise InputError(
            "mapped",
            expected=f"F(K) of every layer but the last of shape {above.shape}: {wanted}",
            got=Words(f"shape {below.shape}"),
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
            key, expected="an array [networks, layers, examples]", got=Words(f"shape {array.shape}")
        )
    if (array < 0).any():
        raise InputError(key, expected="mean squares, not below 0", got=float(np.nanmin(array)))
    return array
