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
from collections.abc import Sequence
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

    float64 arrays get NumPy's ziggurat. float32 ones get pairs from 64 random bits each, the words
    of the generator as they come (its bit generator must make 64 bits at a time): 31 bits k make
    u = (k + 1/2) / 2³¹, which keeps 24 digits down to its smallest value, 32 bits the angle.

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
    fill_normals([rng], out[None], std)


def fill_normals(rngs: Sequence[np.random.Generator], out: Array, std: float = 1.0) -> None:
    """Fill each ``out[i]`` as `fill_normal` does from ``rngs[i]``; small ones at one stroke.

    >>> rngs = [np.random.default_rng(seed) for seed in (0, 1)]
    >>> both, one = np.empty((2, 5), np.float32), np.empty(5, np.float32)
    >>> fill_normals(rngs, both)
    >>> fill_normal(np.random.default_rng(1), one)
    >>> bool((both[1] == one).all())
    True
    """
    if out.dtype != np.float32:
        for rng, own in zip(rngs, out, strict=True):
            rng.standard_normal(out=own)
        out *= std
        return
    rows = out.reshape(len(rngs), -1, copy=False)
    size = rows.shape[1]
    stacked = max(1, BLOCK // max(1, size))
    for top in range(0, len(rngs), stacked):
        some = slice(top, top + stacked)
        for first in range(0, size, BLOCK):
            _fill_block(rngs[some], rows[some, first : first + BLOCK], std)


def _fill_block(rngs: Sequence[np.random.Generator], out: NDArray[np.float32], std: float) -> None:
    pairs = (out.shape[1] + 1) // 2
    words = _words(rngs, pairs).view(np.uint32)
    bits, turns = words[:, :pairs], words[:, pairs:].view(np.int32)
    radius, sines = out[:, :pairs], out[:, pairs:]  # an odd block has no last sine

    bits >>= 1
    radius[...] = bits.view(np.int32)  # signed numbers are turned to float32 faster
    radius += 0.5
    radius *= 2**-31
    np.log(radius, out=radius)
    radius *= -2
    np.sqrt(radius, out=radius)
    if std != 1:
        radius *= std

    angle = bits.view(np.float32)  # the bits are used up
    angle[...] = turns
    angle *= math.pi / 2**31
    np.sin(angle[:, : sines.shape[1]], out=sines)
    sines *= radius[:, : sines.shape[1]]
    np.cos(angle, out=angle)
    radius *= angle


def _words(rngs: Sequence[np.random.Generator], count: int) -> NDArray[np.uint64]:
    """Return so many raw words of each generator, in rows."""
    if len(rngs) == 1:
        return rngs[0].bit_generator.random_raw(count)[None]
    words = np.empty((len(rngs), count), np.uint64)
    for own, rng in zip(words, rngs, strict=True):
        own[...] = rng.bit_generator.random_raw(count)
    return words
