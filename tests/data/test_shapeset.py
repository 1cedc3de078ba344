"""Shapeset-3×2 has nine classes, three kinds of shapes and limited overlap, as documented.

Each statistical test has a fixed seed, a false-alarm rate of one in a million and a planted fault.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from saturation_lab.data import CLASSES, SIDE
from saturation_lab.data.shapeset import _RENDER, _affine, _foregrounds, _masks, shapeset

FALSE_ALARM = 1e-6
SINGLE = 3  # labels below show one shape
INVARIANT = {"T": 1 / 108, "P": 1 / 144, "E": 1 / (16 * np.pi**2)}
AREA = {"T": np.sqrt(3) / 4, "P": 1 / 2, "E": np.pi / 4}  # longest diameter 1
LARGE = 80  # pixels; the edges of smaller shapes blur the invariant

Array = NDArray[Any]


def squares(images: Array) -> Array:
    return images.reshape(-1, SIDE, SIDE).astype(float)


def levels(images: Array) -> tuple[Array, Array]:
    """Return background and foreground of one-shape images, [n, 1, 1] each.

    A shape spans at most 0.8 sides: it reaches one corner of the image at most.
    """
    corners = images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    background = np.median(corners, axis=1)[:, None, None]
    low, high = images.min((1, 2), keepdims=True), images.max((1, 2), keepdims=True)
    return background, np.where(high - background > background - low, high, low)


def invariants(masks: Array) -> Array:
    """Return (μ20 μ02 - μ11²) / μ00⁴, which no affine map changes (Flusser & Suk 1993).

    1/108 for every triangle, 1/144 for every parallelogram, 1/(16 π²) for every ellipse. An edge
    one pixel wide adds the variance of a pixel, 1/12, which is taken off.
    """
    pixel = np.arange(SIDE)
    area = masks.sum((1, 2))
    x = pixel - (np.einsum("nij,j->n", masks, pixel) / area)[:, None]
    y = pixel - (np.einsum("nij,i->n", masks, pixel) / area)[:, None]
    xx = np.einsum("nij,nj->n", masks, x**2) / area - 1 / 12
    yy = np.einsum("nij,ni->n", masks, y**2) / area - 1 / 12
    xy = np.einsum("nij,ni,nj->n", masks, y, x) / area
    invariant: Array = (xx * yy - xy**2) / area**2
    return invariant


def covered(first: Array, second: Array) -> Array:
    first, second = first.astype(float), second.astype(float)
    share: Array = (first * second).sum((1, 2)) / first.sum((1, 2))
    return share


def strays(images: Array) -> int:
    """Count pixels that are neither background nor foreground nor next to the background."""
    background, foreground = levels(images)
    share = (images - background) / (foreground - background)
    frame = np.pad(share, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(frame, (3, 3), axis=(1, 2))
    by_the_background = np.abs(windows).min((3, 4)) < 1e-6
    between = (np.abs(share) > 1e-6) & (np.abs(share - 1) > 1e-6)
    return int((between & ~by_the_background).sum())


@pytest.mark.parametrize("count", [0, 1, 300])
def test_shapes_and_types(count: int) -> None:
    images, labels = shapeset(count, rng=np.random.default_rng(0))
    assert images.shape == (count, SIDE * SIDE)
    assert images.dtype == np.float32
    assert labels.shape == (count,)
    assert labels.dtype == np.int64


def test_pixels_fill_their_range_and_never_leave_it() -> None:
    images, labels = shapeset(4096, rng=np.random.default_rng(1))
    assert np.isfinite(images).all()
    assert -1 <= images.min() < -0.99
    assert 0.99 < images.max() <= 1
    assert set(labels.tolist()) == set(range(len(CLASSES)))


def test_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match=r"count: expected a whole number .*, got -1"):
        shapeset(-1, rng=np.random.default_rng(0))


def test_a_seed_decides_every_byte() -> None:
    one, again, other = (shapeset(300, rng=np.random.default_rng(s)) for s in (2, 2, 3))
    assert one[0].tobytes() == again[0].tobytes()
    assert one[1].tobytes() == again[1].tobytes()
    assert one[0].tobytes() != other[0].tobytes()


@pytest.mark.parametrize("count", [1, 255, 256, 257])
def test_first_images_do_not_depend_on_count(count: int) -> None:
    images, labels = shapeset(count, rng=np.random.default_rng(4))
    more_images, more_labels = shapeset(600, rng=np.random.default_rng(4))
    assert np.array_equal(images, more_images[:count])
    assert np.array_equal(labels, more_labels[:count])


def test_classes_are_uniform() -> None:
    def p_value(labels: Array) -> float:
        return float(stats.chisquare(np.bincount(labels, minlength=len(CLASSES))).pvalue)

    _, labels = shapeset(12_000, rng=np.random.default_rng(5))
    assert p_value(labels) > FALSE_ALARM
    # planted: each kind drawn on its own, so that TP is twice as frequent as TT
    one_or_two = np.random.default_rng(5).choice(
        9, size=12_000, p=[1 / 6] * 3 + [1 / 9] * 3 + [1 / 18] * 3
    )
    assert p_value(one_or_two) < FALSE_ALARM


def test_size_and_squeeze_are_uniform() -> None:
    def p_value(values: Array, low: float, high: float) -> float:
        return float(stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue)

    long, short = np.linalg.svd(_affine(3000, rng=np.random.default_rng(14)), compute_uv=False).T
    assert p_value(long / SIDE, 0.2, 0.8) > FALSE_ALARM
    assert p_value(short / long, 0.5, 1) > FALSE_ALARM
    # planted: the area, not the diameter, is uniform
    assert p_value((long / SIDE) ** 2, 0.2**2, 0.8**2) < FALSE_ALARM


@pytest.mark.parametrize("kind", AREA)
def test_shapes_have_the_area_of_their_matrix(kind: str) -> None:
    rng = np.random.default_rng(15)
    affine = _affine(500, rng=rng)
    expected = np.linalg.det(affine) * AREA[kind]
    area = _RENDER[kind](affine, rng.uniform(size=(500, 2))).sum((1, 2))
    large = expected > LARGE
    assert np.abs(area / expected - 1)[large].max() < 0.02


def test_an_ellipse_is_whole_where_its_centre_meets_a_pixel_centre() -> None:
    place = np.full((1, 2), 17 / 32)  # puts the centre of a 16-pixel circle at exactly 16.5
    mask = _RENDER["E"](16 * np.eye(2)[None], place)[0]
    assert (mask[12:21, 12:21] == 1).all()


def test_single_shapes_are_the_kind_that_their_label_says() -> None:
    images, labels = shapeset(3000, rng=np.random.default_rng(6))
    images, labels = squares(images[labels < SINGLE]), labels[labels < SINGLE]
    background, foreground = levels(images)
    masks = (images - background) / (foreground - background)
    large = masks.sum((1, 2)) > LARGE
    found = invariants(masks[large])
    expected = np.array([INVARIANT[CLASSES[label]] for label in labels[large]])
    # the kinds are 10 to 46 % apart; a shape cut off by the border is off as well
    assert np.abs(found / expected - 1).max() < 0.025
    # planted: parallelograms called ellipses
    confused = np.where(expected == INVARIANT["P"], INVARIANT["E"], expected)
    assert np.abs(found / confused - 1).max() > 0.025


def test_pairs_show_both_kinds_in_either_order() -> None:
    labels = np.repeat(np.arange(SINGLE, len(CLASSES)), 200)
    masks = np.stack(_masks(labels, rng=np.random.default_rng(7)), axis=1)
    large = (masks.sum((2, 3)) > LARGE).all(axis=1)
    found = invariants(masks[large].reshape(-1, SIDE, SIDE).astype(float))
    kinds = np.array(list(INVARIANT))
    nearest = np.abs(np.log(found[:, None] / np.array(list(INVARIANT.values())))).argmin(axis=1)
    orders = {
        (CLASSES[label], "".join(pair))
        for label, pair in zip(labels[large], kinds[nearest].reshape(-1, 2), strict=True)
    }
    straight = {(name, name) for name in CLASSES[SINGLE:]}
    assert orders == straight | {(name, name[::-1]) for name in CLASSES[SINGLE:]}


def test_single_classes_have_no_second_shape() -> None:
    first, second = _masks(np.arange(SINGLE).repeat(20), rng=np.random.default_rng(8))
    assert (first.sum((1, 2)) > 0).all()
    assert not second.any()


def test_the_second_shape_covers_at_most_half_of_the_first() -> None:
    labels = np.repeat(np.arange(SINGLE, len(CLASSES)), 300)
    shares = covered(*_masks(labels, rng=np.random.default_rng(9)))
    assert shares.max() <= 0.5 + 1e-6  # the masks are float32
    assert shares.max() > 0.45  # the limit is reached: covers are not simply avoided
    # planted: no redraws
    unlimited = covered(*_masks(labels, rng=np.random.default_rng(9), redraws=0))
    assert (unlimited > 0.5 + 1e-6).mean() > 0.1


def test_too_few_redraws_keep_the_least_covering_shape() -> None:
    labels = np.repeat(np.arange(SINGLE, len(CLASSES)), 300)
    before, after = (
        covered(*_masks(labels, rng=np.random.default_rng(10), redraws=redraws))
        for redraws in (0, 1)
    )
    assert (after <= before).all()
    assert (after > 0.5).any()


def test_light_and_dark_backgrounds_are_equally_frequent() -> None:
    images, labels = shapeset(6000, rng=np.random.default_rng(11))
    background, foreground = levels(squares(images[labels < SINGLE]))
    dark = foreground > background
    assert np.array_equal(dark, background < 0)

    def p_value(hits: int) -> float:
        return float(stats.binomtest(hits, dark.size).pvalue)

    assert p_value(int(dark.sum())) > FALSE_ALARM
    assert p_value(int(0.6 * dark.size)) < FALSE_ALARM  # planted: 60 % dark


def test_a_single_shape_has_one_grey_up_to_its_edge() -> None:
    images, labels = shapeset(1500, rng=np.random.default_rng(12))
    assert strays(squares(images[labels < SINGLE])) == 0
    # planted: a second shape of another grey
    assert strays(squares(images[labels >= SINGLE])) > 1000


def test_two_greys_are_uniform_and_apart() -> None:
    def p_value(grey: Array) -> float:
        return float(stats.kstest(grey, stats.uniform(0.55, 0.45).cdf).pvalue)

    first, second = _foregrounds(5000, rng=np.random.default_rng(13))
    assert np.abs(first - second).min() >= 0.15 - 1e-12
    assert p_value(first) > FALSE_ALARM
    assert p_value(second) > FALSE_ALARM
    # planted: the second kept apart by pushing it away, which favours the ends of the range
    pushed = np.clip(first + np.where(first < 0.775, 0.2, -0.2), 0.55, 1)
    assert p_value(pushed) < FALSE_ALARM
