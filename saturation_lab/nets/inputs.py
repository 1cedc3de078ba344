"""Which examples is a network shown?

A new source of inputs is one `InputSource` object and one row of `INPUTS`; a user's own file is one
by its path (`own_inputs`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.shapeset import CLASSES, SIDE, shapeset


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What a network is shown: x [B, n_0], labels [B] or None."""

    x: Array
    labels: NDArray[np.int64] | None


@dataclass(frozen=True, kw_only=True)
class InputSource:
    """Where examples come from.

    Attributes:
        name: the key of the table.
        draw: ``(count, features, rng)`` to raw examples.
        features: the input width, or None where the study chooses it.
        classes: the names of the labels, or () where there are none.
        supply: how many different examples there are; None for an endless supply.
        span: the (smallest, largest) raw value; None where it is unbounded.
        scaling: the scaling used when the study names none, a key of `SCALINGS`.
        description, source: in one sentence each.
    """

    name: str
    draw: Callable[[int, int, np.random.Generator], Examples]
    features: int | None
    classes: tuple[str, ...]
    supply: int | None
    span: tuple[float, float] | None
    scaling: str
    description: str
    source: str


def _draw_shapeset(count: int, features: int, rng: np.random.Generator) -> Examples:
    images, labels = shapeset(count, rng=rng)
    return Examples(x=images, labels=labels)


@cache
def _digits() -> tuple[Array, NDArray[np.int64]]:
    # read once: parsing the file takes longer than sampling a small network
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return images, labels.astype(np.int64)


def _draw_digits(count: int, features: int, rng: np.random.Generator) -> Examples:
    images, labels = _digits()
    chosen = rng.permutation(len(images))[:count]
    return Examples(x=images[chosen], labels=labels[chosen])


def _draw_gaussian(count: int, features: int, rng: np.random.Generator) -> Examples:
    return Examples(x=rng.standard_normal((count, features)), labels=None)


def _draw_uniform(count: int, features: int, rng: np.random.Generator) -> Examples:
    return Examples(x=rng.uniform(-_ROOT_3, _ROOT_3, (count, features)), labels=None)


_ROOT_3 = math.sqrt(3)

INPUTS: dict[str, InputSource] = {
    "shapeset": InputSource(
        name="shapeset",
        draw=_draw_shapeset,
        features=SIDE * SIDE,
        classes=CLASSES,
        supply=None,
        span=(-1.0, 1.0),
        scaling="signed",
        description="Shapeset-3×2: 32 × 32 grey images of one or two triangles, parallelograms or "
        "ellipses, drawn on the spot; 9 classes",
        source="Glorot & Bengio 2010, section 2.1",
    ),
    "digits": InputSource(
        name="digits",
        draw=_draw_digits,
        features=64,
        classes=tuple("0123456789"),
        supply=1797,
        span=(0.0, 16.0),
        scaling="signed",
        description="scikit-learn's 1,797 real 8 × 8 images of handwritten digits; 10 classes",
        source="Alpaydin & Kaynak 1998, UCI Optical Recognition of Handwritten Digits",
    ),
    "gaussian": InputSource(
        name="gaussian",
        draw=_draw_gaussian,
        features=None,
        classes=(),
        supply=None,
        span=None,
        scaling="none",
        description="iid N(0, 1) features, as many as the first hidden layer is wide unless "
        "features says otherwise; no labels",
        source="the derivation's own assumption",
    ),
    "uniform": InputSource(
        name="uniform",
        draw=_draw_uniform,
        features=None,
        classes=(),
        supply=None,
        span=(-_ROOT_3, _ROOT_3),
        scaling="none",
        description="iid U[-√3, √3] features, of mean 0 and variance 1 like gaussian, as many as "
        "the first hidden layer is wide unless features says otherwise; no labels",
        source="gaussian inputs with bounded tails, to tell variance from shape",
    ),
}


def _onto(low: float, high: float) -> Callable[[Array, InputSource], Array]:
    def scale(x: Array, source: InputSource) -> Array:
        if source.span is None:
            raise InputError(
                "scaling",
                expected=f"none or standardized, as {source.name} inputs have no smallest value "
                "that is known",
                got=Words(f"[{low:g}, {high:g}]"),
            )
        least, largest = source.span
        # one factor and one shift: a span that is [low, high] already is left alone to the bit
        factor = (high - low) / (largest - least)
        return x * factor + (low - least * factor)

    return scale


def _standardize(x: Array, source: InputSource) -> Array:
    x = x.astype(np.float64)
    if np.ptp(x) == 0:  # rounding of the mean must not be blown up to a spread of 1
        return np.zeros_like(x)
    centred = x - x.mean()
    value: Array = centred / np.sqrt(np.square(centred).mean())
    return value


SCALINGS: dict[str, Callable[[Array, InputSource], Array]] = {
    "signed": _onto(-1.0, 1.0),
    "unit": _onto(0.0, 1.0),
    "standardized": _standardize,
    "none": lambda x, source: x,
}
"""``signed`` maps the source's span onto [-1, 1], ``unit`` onto [0, 1]; ``standardized`` subtracts
the mean of all drawn values and divides by their standard deviation; ``none`` leaves them."""


def draw_examples(
    source: InputSource,
    *,
    count: int,
    features: int,
    scaling: str,
    dtype: str,
    rng: np.random.Generator,
) -> Examples:
    """Draw ``count`` examples and scale them; x is [count, features] of ``dtype``."""
    raw = source.draw(count, features, rng)
    x = SCALINGS[scaling](raw.x, source)
    return Examples(x=np.ascontiguousarray(x, dtype=dtype), labels=raw.labels)
