"""Functions that fill an array with weights of a given standard deviation, one for each law."""

from __future__ import annotations

import math

import numpy as np

from saturation_lab.nets.arrays import Array
from saturation_lab.nets.normals import fill_normal

BLOCK = 32_768
"""The number of weights drawn at a time, so that they fit in the cache; an even number."""


def fill_uniform(rng: np.random.Generator, out: Array, std: float) -> None:
    """Fill an array with draws from U[-√3 std, √3 std].

    Parameters
    ----------
    rng : Generator
        The source of randomness.
    out : array
        The array that is filled; it must be contiguous.
    std : float
        The standard deviation of an entry.

    Examples
    --------
    >>> drawn = np.empty(1000)
    >>> fill_uniform(np.random.default_rng(0), drawn, 1.0)
    >>> bool(abs(drawn).max() <= math.sqrt(3))
    True
    """
    bound = math.sqrt(3) * std  # U[-b, b] has variance b²/3
    if out.dtype == np.float32:
        _uniform_float32(rng, out.reshape(-1, copy=False), bound)
        return
    rng.random(out=out)
    out -= 0.5
    out *= 2 * bound


def _uniform_float32(rng: np.random.Generator, out: Array, bound: float) -> None:
    # the same bits as rng.random(dtype=float32) gives, in half the time
    for first in range(0, out.size, BLOCK):
        part = out[first : first + BLOCK]
        pairs = rng.integers(2**64 - 1, size=(part.size + 1) // 2, dtype=np.uint64, endpoint=True)
        bits = pairs.view(np.uint32)[: part.size]
        bits >>= 8  # leaves 24 bits, the precision of float32
        part[...] = bits.view(np.int32)
        part -= 2**23
        part *= 2**-24
        part *= 2 * bound


def fill_orthogonal(rng: np.random.Generator, out: Array, std: float) -> None:
    """Fill a matrix with a multiple of a uniformly distributed (Haar) orthonormal frame.

    Parameters
    ----------
    rng : Generator
        The source of randomness.
    out : array of shape (fan_out, fan_in)
        The matrix that is filled.
    std : float
        The standard deviation of an entry: the gain divided by √max(fan_out, fan_in).

    References
    ----------
    .. [1] F. Mezzadri, "How to generate random matrices from the classical compact groups", Notices
       of the AMS 54, 2007, arXiv:math-ph/0609050, section 5.

    Examples
    --------
    >>> drawn = np.empty((2, 3))
    >>> fill_orthogonal(np.random.default_rng(0), drawn, 1 / math.sqrt(3))
    >>> bool(np.allclose(drawn @ drawn.T, np.eye(2)))
    True
    """
    # Q of a normal matrix is Haar if the signs make the diagonal of R positive (Mezzadri 2007)
    fan_out, fan_in = out.shape
    tall = np.empty((max(out.shape), min(out.shape)), out.dtype)
    fill_normal(rng, tall)
    q, r = np.linalg.qr(tall)
    q *= np.copysign(1, np.diagonal(r))
    frame = q if fan_out >= fan_in else q.T
    np.multiply(frame, out.dtype.type(std * math.sqrt(max(out.shape))), out=out)


def fill_nothing(rng: np.random.Generator, out: Array, std: float) -> None:
    """Fill an array with zeros, the deviations of constant weights from their mean.

    Parameters
    ----------
    rng : Generator
        Unused.
    out : array
        The array that is filled.
    std : float
        Unused; it is 0.

    Examples
    --------
    >>> drawn = np.ones(2)
    >>> fill_nothing(np.random.default_rng(0), drawn, 0.0)
    >>> drawn.tolist()
    [0.0, 0.0]
    """
    out[...] = 0


def fill_identity(rng: np.random.Generator, out: Array, std: float) -> None:
    """Fill a matrix with a multiple of the identity: equal entries on the main diagonal.

    Parameters
    ----------
    rng : Generator
        Unused.
    out : array of shape (fan_out, fan_in)
        The matrix that is filled.
    std : float
        The root mean square of an entry: the gain divided by √max(fan_out, fan_in).

    Examples
    --------
    >>> drawn = np.empty((2, 4))
    >>> fill_identity(np.random.default_rng(0), drawn, 0.5)
    >>> drawn.tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    """
    out[...] = 0
    np.fill_diagonal(out, std * math.sqrt(max(out.shape)))
