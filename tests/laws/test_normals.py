"""The draws of `fill_normal` are standard normal, to the tails, and independent of each other.

Each statistical test takes the smallest of its p-values times their number (Bonferroni) and rejects
right draws for less than one seed in five million: all of this file for less than one in a million.
Every planted fault is one that a hand-written Box-Muller might have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from saturation_lab.nets import LANES, LARGEST, Purpose, fill_normal, normals, stream
from saturation_lab.nets.normals import BLOCK

Array = NDArray[Any]
Fill = Callable[[Any, Array], None]

FALSE_ALARM = 2e-7
BLOCKS = 40
"""2.6 million draws: a spread 0.4 % off is 9 standard errors away."""

FEWER = 8
"""Blocks that suffice for faults of the transform: the weakest has a p-value of 1e-29."""

MOMENT = [special.factorial2(k - 1) if k % 2 == 0 else 0.0 for k in range(17)]
"""E x⁰, E x¹, ... of a standard normal."""


def two_sided(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


def poisson(count: int, expected: float) -> float:
    """Return the two-sided p-value of a count of rare events."""
    law = stats.poisson(expected)
    return min(1.0, 2 * float(min(law.cdf(count), law.sf(count - 1))))


def tail(threshold: float) -> float:
    """Return P(|x| > threshold)."""
    return float(2 * special.ndtr(-threshold))


def filled(fill: Fill, size: int, seed: int = 1) -> Array:
    out = np.full(size, np.nan, np.float32)
    fill(np.random.default_rng(seed), out)
    return out


def moments_p_values(x: Array) -> Iterator[float]:
    """Compare the means of x¹ to x⁸ with their standard errors."""
    power = np.ones_like(x)
    for k in range(1, 9):
        power = power * x
        error = math.sqrt((MOMENT[2 * k] - MOMENT[k] ** 2) / x.size)
        yield two_sided((float(power.mean()) - MOMENT[k]) / error)


def kolmogorov(x: Array) -> float:
    """Return a bound on the Kolmogorov-Smirnov p-value: 2 e^(-2 n D²), for any n (Massart 1990)."""
    below = special.ndtr(np.sort(x))
    steps = np.arange(x.size + 1) / x.size
    distance = max(float((steps[1:] - below).max()), float((below - steps[:-1]).max()))
    return min(1.0, 2 * math.exp(-2 * x.size * distance**2))


def uniform_on_a_grid(first: Array, second: Array) -> float:
    """Return the chi-square p-value of "uniform on the unit square", on 32 × 32 cells."""
    cells = [np.minimum((32 * part).astype(np.int64), 31) for part in (first, second)]
    counts = np.bincount(32 * cells[0] + cells[1], minlength=32 * 32)
    return float(stats.chisquare(counts).pvalue)


def features(x: Array) -> Array:
    """Return x, x², |x| and whether x is large, less what they are on average, as rows."""
    size = np.abs(x)
    return np.stack([x, np.square(x) - 1, size - math.sqrt(2 / math.pi), (size > 2.5) - tail(2.5)])


def correlations_p_values(x: Array, y: Array) -> list[float]:
    """Correlate every feature of x with every one of y; both are rows of features."""
    lengths = [np.linalg.norm(rows, axis=1) for rows in (x, y)]
    scores = x @ y.T / np.outer(*lengths) * math.sqrt(x.shape[1])
    return [two_sided(score) for score in scores.reshape(-1).tolist()]


def pairs_of(x: Array) -> tuple[Array, Array]:
    """Return the cosines and the sines of whole blocks."""
    blocks = x.reshape(-1, 2, BLOCK // 2)
    return blocks[:, 0].reshape(-1), blocks[:, 1].reshape(-1)


def law_p_value(fill: Fill, blocks: int = BLOCKS) -> float:
    """Return the p-value of "independent standard normals", from one call."""
    x = filled(fill, blocks * BLOCK).astype(np.float64)
    cosines, sines = pairs_of(x)
    rings = np.exp(-(np.square(cosines) + np.square(sines)) / 2)
    sectors = np.arctan2(sines, cosines) / (2 * math.pi) + 0.5
    p_values = [
        *moments_p_values(x),
        kolmogorov(x),
        uniform_on_a_grid(special.ndtr(cosines), special.ndtr(sines)),
        uniform_on_a_grid(rings, sectors),
        *correlations_p_values(features(cosines), features(sines)),
    ]
    rows = features(x)
    for lag in (1, 2, 3, BLOCK // 2 - 1, BLOCK // 2 + 1, BLOCK):
        p_values += correlations_p_values(rows[:, lag:], rows[:, :-lag])
    for part in (cosines, sines):  # what one pair has from the next
        p_values.append(uniform_on_a_grid(special.ndtr(part[1:]), special.ndtr(part[:-1])))
    return min(1.0, len(p_values) * min(p_values))


def box_muller(
    *,
    uniform: Callable[[Array], Array] = lambda words: (words + 0.5) / 2**32,
    factor: float = 2.0,
    turn: float = 2 * math.pi,
    first: Callable[[Array], Array] = np.cos,
    second: Callable[[Array], Array] = np.sin,
    angle_of: Callable[[Array, Array], Array] = lambda words, others: others,
    words_of: Callable[[Any, int], Array] | None = None,
) -> Fill:
    """Return Box-Muller in float64, a block at a time; every argument can be made a fault."""

    def fill(rng: Any, out: Array) -> None:
        for start in range(0, out.size, BLOCK):
            part = out[start : start + BLOCK]
            half = (part.size + 1) // 2
            draw = rng if words_of is None else np.random.default_rng(start // (2 * BLOCK))
            words = draw.bit_generator.random_raw(half).view(np.uint32)
            bits, turns = words[::2], words[1::2]
            radius = np.sqrt(-factor * np.log(uniform(bits)))
            angle = turn * angle_of(bits, turns) / 2**32
            part[:half] = radius * first(angle)
            part[half:] = (radius * second(angle))[: part.size - half]

    return fill


def transformed(source: Any, out: Array) -> None:
    """Fill an array from words of any source."""
    for start in range(0, out.size, BLOCK):
        part = out[start : start + BLOCK]
        words = source.bit_generator.random_raw((part.size + 1) // 2)
        normals.box_muller(words, part, np.float32(1))


def scaled(by: float) -> Fill:
    def fill(rng: Any, out: Array) -> None:
        fill_normal(rng, out)
        out *= by

    return fill


def forgotten_last(rng: Any, out: Array) -> None:
    fill_normal(rng, out)
    if out.size % 2:
        out[-1] = 0


PLANTED: dict[str, Fill] = {
    "spread 0.4 % up": scaled(1.004),
    "the factor 2 forgotten": box_muller(factor=1.0),
    "half a turn": box_muller(turn=math.pi),
    "99.5 % of a turn": box_muller(turn=1.99 * math.pi),
    "the cosine used twice": box_muller(second=np.cos),
    "the angle shared by two pairs": box_muller(angle_of=lambda w, o: np.repeat(o[::2], 2)),
    "the angle from the radius's word": box_muller(angle_of=lambda words, others: words),
    "the angle from the word's last 8 bits": box_muller(angle_of=lambda w, o: (o & 255) << 24),
    "the radius shared by two pairs": box_muller(
        uniform=lambda w: np.repeat((w[::2] + 0.5) / 2**32, 2)
    ),
    "8-bit words": box_muller(uniform=lambda words: ((words >> 24) + 0.5) / 2**8),
    "every block made twice": box_muller(words_of=lambda rng, size: rng),
}


def test_draws_are_independent_standard_normals() -> None:
    assert law_p_value(fill_normal) > FALSE_ALARM
    # the planted faults have right code around them
    assert law_p_value(box_muller(), FEWER) > FALSE_ALARM


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_faults_are_rejected(fault: str) -> None:
    blocks = BLOCKS if fault in ("spread 0.4 % up", "8-bit words") else FEWER
    assert law_p_value(PLANTED[fault], blocks) < FALSE_ALARM


# --- tails --------------------------------------------------------------------------------------


def tails_p_value(fill: Fill) -> float:
    """Return the p-value of the counts beyond 3σ, 4σ, 5σ and 6σ of 34 million draws.

    Beyond 5σ 19 are expected: none at all has a corrected p-value of 4e-8.
    """
    thresholds, seen, draws = (3, 4, 5, 6), np.zeros(4, np.int64), 0
    rng, out = np.random.default_rng(2), np.empty(2**24, np.float32)
    for _ in range(2):
        fill(rng, out)
        far = np.abs(out[np.abs(out) > 3])
        seen += [np.count_nonzero(far > threshold) for threshold in thresholds]
        draws += out.size
    p_values = [poisson(int(n), draws * tail(t)) for n, t in zip(seen, thresholds, strict=True)]
    return min(1.0, len(p_values) * min(p_values))


class CoarseWords:
    """A source of words whose lower halves, which make the radius, have only 16 random bits."""

    def __init__(self, words: np.random.BitGenerator) -> None:
        self.words, self.bit_generator = words, self

    def random_raw(self, size: int) -> Array:
        words: Array = self.words.random_raw(size)
        radius = words.view(np.uint32)[::2]
        radius &= 0xFFFF0000
        radius |= 0x8000
        return words


def of_16_bits(rng: np.random.Generator, out: Array) -> None:
    transformed(CoarseWords(rng.bit_generator), out)


class SmallWords:
    """A source of words whose lower halves, which make the radius, are among the smallest 2⁻ᵏ."""

    def __init__(self, k: int, seed: int) -> None:
        self.k, self.words, self.bit_generator = k, np.random.SFC64(seed), self

    def random_raw(self, size: int) -> Array:
        words: Array = self.words.random_raw(size)
        words.view(np.uint32)[::2] >>= self.k
        return words


def far_tails_p_value(fill: Fill) -> float:
    """Return the p-value of the counts beyond 5σ, 5.5σ and 6σ, given that u is below 2⁻¹⁷.

    Beyond t is who has u < e^(-t²/2), so P(|x| > t | u < 2⁻¹⁷) = 2¹⁷ P(|x| > t) from 4.86σ on. At
    6σ the steps of u leave out 1.5e-3 of the share, 0.4 standard errors here.
    """
    source, out = SmallWords(17, seed=3), np.empty(2**18, np.float32)
    fill(source, out)
    p_values = [
        poisson(int(np.count_nonzero(np.abs(out) > t)), out.size * 2**17 * tail(t))
        for t in (5.0, 5.5, 6.0)
    ]
    return min(1.0, len(p_values) * min(p_values))


def test_tails_are_those_of_the_normal_law() -> None:
    assert tails_p_value(fill_normal) > FALSE_ALARM
    assert far_tails_p_value(transformed) > FALSE_ALARM


def test_tails_of_too_few_bits_are_rejected() -> None:
    """16 bits end at 4.9σ; 24 bits of float32, u = 1 - float, at 5.8σ: sooner than 6.66σ."""
    assert tails_p_value(of_16_bits) < FALSE_ALARM
    from_one = box_muller(uniform=lambda words: 1 - np.minimum(words >> 8, 2**24 - 1) / 2**24)
    rounded = box_muller(uniform=lambda words: ((words >> 8) + 0.5) / 2**24)
    assert far_tails_p_value(box_muller()) > FALSE_ALARM
    assert far_tails_p_value(from_one) < FALSE_ALARM
    assert far_tails_p_value(rounded) < FALSE_ALARM


def test_the_steps_of_u_leave_the_shares_that_the_docstring_names() -> None:
    for threshold, left in ((5, 1e-5), (6, 2e-3)):
        steps = np.arange(int(math.exp(-(threshold**2) / 2) * 2**31) + 1)
        radius = np.sqrt(-2 * np.log((steps + 0.5) / 2**31))
        beyond = 2 / math.pi * np.arccos(threshold / radius[radius > threshold]).sum() / 2**31
        assert abs(beyond / tail(threshold) - 1) < left
    assert tail(LARGEST) == pytest.approx(2.7e-11, rel=0.02)


# --- sizes, bits and streams --------------------------------------------------------------------


def short_calls_p_value(fill: Fill) -> float:
    """Return the p-value of means and mean squares, by place, over many calls for few numbers."""
    p_values = []
    for size in (1, 2, 3, 5):
        rng, out = np.random.default_rng(4), np.empty((3000, size), np.float32)
        for row in out:
            fill(rng, row)
        for x in out.T.astype(np.float64):
            p_values += list(moments_p_values(x))[:2]
        for one, other in combinations(out.T.astype(np.float64), 2):
            p_values.append(two_sided(float(one @ other) / math.sqrt(len(one))))
    return min(1.0, len(p_values) * min(p_values))


def test_short_calls_are_normal_too() -> None:
    assert short_calls_p_value(fill_normal) > FALSE_ALARM
    assert short_calls_p_value(forgotten_last) < FALSE_ALARM
    assert short_calls_p_value(scaled(1.1)) < FALSE_ALARM
    assert short_calls_p_value(box_muller(second=np.cos)) < FALSE_ALARM


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1001, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_number_is_filled_and_none_beside(size: int, dtype: str) -> None:
    around = np.full(size + 20, 99, dtype)
    fill_normal(np.random.default_rng(5), around[10 : 10 + size])
    assert (around[:10] == 99).all()
    assert (around[10 + size :] == 99).all()
    assert (np.abs(around[10 : 10 + size]) < 8).all()
    assert np.unique(around[10 : 10 + size]).size >= 0.98 * size


def test_float64_keeps_the_ziggurat() -> None:
    out = np.empty((3, 5))
    fill_normal(np.random.default_rng(6), out, std=2.0)
    assert np.array_equal(out, 2 * np.random.default_rng(6).standard_normal((3, 5)))


def test_the_standard_deviation_scales() -> None:
    one, many = np.empty((70, 1001), np.float32), np.empty((70, 1001), np.float32)
    fill_normal(np.random.default_rng(7), one)
    fill_normal(np.random.default_rng(7), many, std=0.03)
    assert np.allclose(many, 0.03 * one, rtol=1e-6, atol=0)


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 7, 16, 17])
@pytest.mark.parametrize("size", [5, 1000, BLOCK + 333])
def test_bits_are_the_same_wherever_the_array_is(size: int, offset: int) -> None:
    around = np.empty(size + 20, np.float32)
    part = around[offset : offset + size]
    fill_normal(np.random.default_rng(8), part)
    again = filled(fill_normal, size, seed=8)
    assert part.tobytes() == again.tobytes()
    assert filled(fill_normal, size, seed=9).tobytes() != again.tobytes()


def test_an_array_with_gaps_is_refused() -> None:
    with pytest.raises(ValueError, match="copy"):
        fill_normal(np.random.default_rng(0), np.empty((10, 10), np.float32)[:, :5])


def words_of_numpy(seed: int, count: int) -> Array:
    """Return words of NumPy's own SFC64 generators in turn, set to the states that a seed gives."""
    states = np.random.SFC64(seed).random_raw(3 * LANES).reshape(3, LANES)
    lanes = []
    for a, b, c in states.T:
        generator = np.random.SFC64(0)
        generator.state = {
            **generator.state,
            "state": {"state": np.array([a, b, c, 1], np.uint64)},
        }
        generator.random_raw(12)
        lanes.append(generator.random_raw(count // LANES + 1))
    words: Array = np.stack(lanes, axis=1).reshape(-1)[:count]
    return words


@pytest.mark.parametrize("size", [1, 7, 2 * LANES, 1000, BLOCK, BLOCK + 2 * LANES])
def test_words_are_those_of_sfc64(size: int) -> None:
    words, expected = words_of_numpy(5, size), np.empty(size, np.float32)
    first = min(size, BLOCK)
    pairs = (first + 1) // 2
    normals.box_muller(words, expected[:first], np.float32(1))
    normals.box_muller(words[pairs:], expected[first:], np.float32(1))
    found = np.empty(size, np.float32)
    fill_normal(np.random.Generator(np.random.SFC64(5)), found)
    assert found.tobytes() == expected.tobytes()


def test_pairs_are_those_of_the_formula() -> None:
    """Against float64: rounding of float32 and of u, nothing else."""
    words = np.random.SFC64(6).random_raw(50_000)
    found, expected = np.empty(100_000, np.float32), np.empty(100_000)
    normals.box_muller(words, found, np.float32(2))
    bits, turns = words & np.uint64(2**32 - 1), words >> np.uint64(32)
    u = ((bits >> np.uint64(1)).astype(np.float32) + np.float32(0.5)).astype(np.float64) / 2**31
    angle = turns / 2**32 * 2 * math.pi
    radius = 2 * np.sqrt(-2 * np.log(u))
    expected[:50_000], expected[50_000:] = radius * np.cos(angle), radius * np.sin(angle)
    off = np.abs(found - expected) / np.concatenate([radius, radius])
    assert off[np.isfinite(off)].max() < 6 * np.finfo(np.float32).eps


class Extremes:
    """A source of the words 0, 1, 2³¹ and 2³² - 1, and others near them, in every combination."""

    WORDS = (0, 1, 2, 3, 2**30, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 64, 2**32 - 2, 2**32 - 1)

    def __init__(self) -> None:
        self.bit_generator = self

    def random_raw(self, size: int) -> Array:
        first, second = np.meshgrid(self.WORDS, self.WORDS)
        assert size == first.size
        return (
            np.concatenate([first.reshape(-1), second.reshape(-1)])
            .astype(np.uint32)
            .view(np.uint64)
        )


def extremes(fill: Fill) -> Array:
    out = np.empty(2 * len(Extremes.WORDS) ** 2, np.float32)
    fill(Extremes(), out)
    return out


def test_no_word_makes_an_infinity_or_nan() -> None:
    out = extremes(transformed)
    assert np.isfinite(out).all()
    assert np.abs(out).max() == pytest.approx(LARGEST, rel=1e-6)
    with np.errstate(all="ignore"):  # planted: a logarithm of 0, and one of a number above 1
        assert not np.isfinite(extremes(box_muller(uniform=lambda words: words / 2**32))).all()
        assert not np.isfinite(extremes(box_muller(uniform=lambda w: (w + 1.5) / 2**32))).all()


def test_streams_share_nothing() -> None:
    """Networks, purposes and pilots have numbers of their own, at equal and at shifted places."""

    def p_value(x: Array, y: Array) -> float:
        p_values = []
        for lag in (0, 1, BLOCK // 2, BLOCK):
            p_values += correlations_p_values(x[:, lag:], y[:, : x.shape[1] - lag])
        # of 10⁵ pairs of float32 normals in one place not one in 10⁶ is equal
        p_values.append(poisson(int(np.count_nonzero(x[0] == y[0])), 1e-6 * x.shape[1]))
        return min(1.0, len(p_values) * min(p_values))

    def drawn(network: int, purpose: Purpose, *, pilot: bool = False) -> Array:
        rng = stream(11, network=network, purpose=purpose, pilot=pilot)
        out = np.empty(2 * BLOCK, np.float32)
        fill_normal(rng, out)
        return features(out.astype(np.float64))

    draws = [
        drawn(0, Purpose.WEIGHTS),
        drawn(1, Purpose.WEIGHTS),
        drawn(0, Purpose.UNSEEN),
        drawn(0, Purpose.COTANGENT),
        drawn(0, Purpose.WEIGHTS, pilot=True),
    ]
    p_values = [p_value(one, other) for one, other in combinations(draws, 2)]
    assert len(p_values) * min(p_values) > FALSE_ALARM
    assert p_value(draws[0], drawn(0, Purpose.WEIGHTS)) < FALSE_ALARM
    partly = np.where(np.arange(2 * BLOCK) % 20 == 0, draws[0], draws[1])
    assert p_value(draws[0], partly) < FALSE_ALARM
