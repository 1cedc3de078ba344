"""Gradients of the losses with respect to the logits, also for huge logits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab.nets import LOSSES, Loss, softmax

Array = NDArray[Any]

STEP = float(np.finfo(float).eps) ** (1 / 3)
SHAPES = [(4, 3), (2, 4, 3), (1, 1), (5, 1, 10)]

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
both_kinds = pytest.mark.parametrize("kind", [np.float32, np.float64])


def case(loss: Loss, shape: tuple[int, ...], *, scale: float = 2.0) -> tuple[Array, Array]:
    """Return a top [..., B, n] and its target."""
    rng = np.random.default_rng(6)
    top = scale * rng.standard_normal(shape)
    labels, direction = rng.integers(shape[-1], size=shape[:-1]), rng.standard_normal(shape)
    return top, labels if loss.needs_labels else direction


def by_differences(loss: Loss, top: Array, target: Array) -> Array:
    """Return ∂C/∂top by central differences: right to about 1e-10."""
    columns = []
    for j in range(top.shape[-1]):
        move = np.zeros(top.shape[-1])
        move[j] = STEP
        change = loss.value(top + move, target) - loss.value(top - move, target)
        columns.append(change / (2 * STEP))
    return np.stack(columns, axis=-1)


@every_loss
def test_rows_say_what_they_are(loss: Loss) -> None:
    assert LOSSES[loss.name] is loss
    assert loss.formula
    assert loss.source


@pytest.mark.parametrize("shape", SHAPES)
@every_loss
def test_the_gradient_is_the_derivative_of_the_value(loss: Loss, shape: tuple[int, ...]) -> None:
    top, target = case(loss, shape)
    value, gradient = loss.value(top, target), loss.gradient(top, target)
    assert value.shape == shape[:-1]
    assert gradient.shape == shape
    expected = by_differences(loss, top, target)
    assert np.abs(gradient - expected).max() < 1e-9
    # planted: the other sign, and a part in a million
    if np.abs(gradient).max() > 0.1:
        assert np.abs(-gradient - expected).max() > 1e-2
        assert np.abs((1 + 1e-6) * gradient - expected).max() > 1e-9


@both_kinds
@every_loss
def test_dtype_is_kept_and_nothing_is_overwritten(
    loss: Loss, kind: type[np.float32] | type[np.float64]
) -> None:
    top, target = case(loss, (2, 4, 3))
    top = top.astype(kind)
    target = target if loss.needs_labels else target.astype(kind)
    before = top.copy(), target.copy()
    assert loss.value(top, target).dtype == kind
    assert loss.gradient(top, target).dtype == kind
    assert np.array_equal(top, before[0])
    assert np.array_equal(target, before[1])


@every_loss
def test_examples_and_networks_are_separate(loss: Loss) -> None:
    top, target = case(loss, (3, 4, 5))
    value, gradient = loss.value(top, target), loss.gradient(top, target)
    for i, b in np.ndindex(3, 4):
        one = slice(b, b + 1)
        assert loss.value(top[i, one], target[i, one])[0] == pytest.approx(value[i, b], rel=1e-14)
        assert np.allclose(loss.gradient(top[i, one], target[i, one])[0], gradient[i, b], 1e-14, 0)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 1e4])
def test_softmax_nll_is_right_to_rounding(scale: float) -> None:
    top, labels = case(LOSSES["softmax_nll"], (20, 7), scale=scale)
    value = LOSSES["softmax_nll"].value(top, labels)
    gradient = LOSSES["softmax_nll"].gradient(top, labels)
    rounding = 4 * float(np.finfo(float).eps) * (1 + np.abs(top).max())
    with localcontext() as context:
        context.prec = 50
        for b, label in enumerate(labels):
            e = [Decimal(float(z)).exp() for z in top[b]]
            total = sum(e, Decimal(0))
            assert abs(float(value[b]) - float((total / e[label]).ln())) < rounding
            for j, part in enumerate(e):
                exact = float(part / total) - float(j == label)
                assert abs(float(gradient[b, j]) - exact) < rounding


@both_kinds
@pytest.mark.parametrize("huge", [1e3, 1e30])
def test_huge_logits_stay_finite(huge: float, kind: type[np.float32] | type[np.float64]) -> None:
    loss = LOSSES["softmax_nll"]
    rows = [[huge, 0, -huge], [huge, huge, -huge], [-huge, -huge, -huge]]
    top: Array = np.array(rows, dtype=kind)
    labels = np.array([0, 2, 1])
    with np.errstate(all="raise", under="ignore"):
        value, gradient = loss.value(top, labels), loss.gradient(top, labels)
    expected = np.array([0, 2 * huge + math.log(2), math.log(3)])
    assert value == pytest.approx(expected, rel=1e-6)
    slopes = np.array([[0, 0, 0], [1 / 2, 1 / 2, -1], [1 / 3, -2 / 3, 1 / 3]])
    assert gradient == pytest.approx(slopes, rel=1e-6)
    # planted: log Σ e^z without the shift
    with np.errstate(all="ignore"):
        naive = np.log(np.exp(top).sum(axis=-1)) - top[[0, 1, 2], labels]
    assert not np.isfinite(naive).all()


@both_kinds
@pytest.mark.parametrize("scale", [1e-3, 1.0, 100.0])
def test_rows_of_the_softmax_gradient_sum_to_zero(
    scale: float, kind: type[np.float32] | type[np.float64]
) -> None:
    loss = LOSSES["softmax_nll"]
    top, labels = case(loss, (3, 50, 10), scale=scale)
    gradient = loss.gradient(top.astype(kind), labels)
    eps = float(np.finfo(kind).eps)
    assert np.abs(gradient.sum(axis=-1)).max() < 10 * eps
    own = np.take_along_axis(gradient, labels[..., None], axis=-1)
    assert (own <= 0).all()
    assert ((gradient >= 0).sum(axis=-1) >= gradient.shape[-1] - 1).all()
    # planted: probabilities that leave out the label's
    assert np.abs(softmax(top).sum(axis=-1)).min() > 10 * eps


def test_softmax_is_a_probability_and_ignores_a_shift() -> None:
    z = 5 * np.random.default_rng(4).standard_normal((2, 6, 9))
    probabilities = softmax(z)
    assert (probabilities > 0).all()
    assert np.abs(probabilities.sum(axis=-1) - 1).max() < 1e-15
    assert np.allclose(softmax(z + 8.0), probabilities, 1e-13, 0)
    order = np.argsort(z, axis=-1)
    assert np.array_equal(np.argsort(probabilities, axis=-1), order)


def test_the_random_cotangent_is_the_direction_itself() -> None:
    loss = LOSSES["random_cotangent"]
    a, direction = case(loss, (2, 3, 4))
    assert np.array_equal(loss.gradient(a, direction), direction)
    assert np.allclose(loss.value(a, direction), np.einsum("nbi,nbi->nb", a, direction), 1e-14, 0)
    assert loss.gradient(a, direction[:1]).shape == a.shape  # one direction for all networks
