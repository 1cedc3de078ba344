"""The table of input sources, the scalings, and the drawing of examples.

A new source of inputs is one `InputSource` object and one row of `INPUTS`. A user's own file is
addressed by its path (`own_inputs`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.data.column_moments import Moments, moments_of
from saturation_lab.data.shapeset import CLASSES, SIDE, shapeset
from saturation_lab.nets.arrays import Array


@dataclass(frozen=True, kw_only=True)
class Examples:
    """The examples that a network is shown.

    Attributes
    ----------
    x : array of shape (B, n_0)
        The inputs.
    labels : int64 array of shape (B,), or None
        The class of each example, from 0; None if there are no labels.
    """

    x: Array
    labels: NDArray[np.int64] | None


@dataclass(frozen=True, kw_only=True)
class InputSource:
    """A source of examples.

    Attributes
    ----------
    name : str
        The key in `INPUTS`, or the path of a file.
    draw : callable
        A function of ``(count, features, rng)`` that returns raw `Examples`.
    features : int or None
        The input width; None if the study chooses it.
    classes : tuple of str
        The names of the classes; () if there are no labels.
    supply : int or None
        The number of different examples; None for an endless supply.
    span : (float, float) or None
        The smallest and largest possible raw value; None if they are unbounded or unknown.
    scaling : str
        The default scaling, a key of `SCALINGS`.
    description : str
        The examples in one sentence, without its period.
    source : str
        Where the examples were published.
    moments : Moments or None
        The moments of all examples of a file, by which they are standardized; None for sources that
        are standardized by the examples drawn.
    columns : tuple of str
        The names of the features of a table; () for images and other inputs.
    notes : tuple of str
        What was done to the data of a file before it was scaled, as sentences.
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
    moments: Moments | None = None
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _draw_shapeset(count: int, features: int, rng: np.random.Generator) -> Examples:
    images, labels = shapeset(count, rng=rng)
    return Examples(x=images, labels=labels)


@cache
def _digits() -> tuple[Array, NDArray[np.int64]]:
    # cached, as parsing the file takes longer than sampling a small network
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
        "ellipses, generated on demand; 9 classes",
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
        description="iid N(0, 1) features, by default as many as the first hidden layer has units "
        "(--features changes their number); no labels",
        source="the assumption of the derivation",
    ),
    "uniform": InputSource(
        name="uniform",
        draw=_draw_uniform,
        features=None,
        classes=(),
        supply=None,
        span=(-_ROOT_3, _ROOT_3),
        scaling="none",
        description="iid U[-√3, √3] features with mean 0 and variance 1, like gaussian; by default "
        "as many as the first hidden layer has units (--features changes their number); no labels",
        source="for comparison with gaussian: the same variance, another shape",
    ),
}


def _onto(low: float, high: float) -> Callable[[Array, InputSource], Array]:
    def scale(x: Array, source: InputSource) -> Array:
        if source.span is None:
            raise InputError(
                "scaling",
                expected=f"standardized, standardized_overall or none, because {source.name} "
                "inputs have no known smallest and largest value",
                got=Words(f"[{low:g}, {high:g}]"),
            )
        least, largest = source.span
        # with one factor and one shift, values whose span is [low, high] already do not change
        factor = (high - low) / (largest - least)
        return x * factor + (low - least * factor)

    return scale


def _standardize(x: Array, source: InputSource) -> Array:
    found = source.moments or moments_of(x)
    centred = x.astype(np.float64) - found.mean
    value: Array = np.divide(centred, found.std, out=np.zeros_like(centred), where=found.varies)
    return value


def _standardize_overall(x: Array, source: InputSource) -> Array:
    x = x.astype(np.float64)
    if source.moments is not None:
        mean, std = source.moments.overall
        return (x - mean) / std if std else np.zeros_like(x)
    if np.ptp(x) == 0:  # else the rounding error of the mean would be scaled up to 1
        return np.zeros_like(x)
    centred = x - x.mean()
    value: Array = centred / np.sqrt(np.square(centred).mean())
    return value


SCALINGS: dict[str, Callable[[Array, InputSource], Array]] = {
    "signed": _onto(-1.0, 1.0),
    "unit": _onto(0.0, 1.0),
    "standardized": _standardize,
    "standardized_overall": _standardize_overall,
    "none": lambda x, source: x,
}
"""Scalings of raw examples: ``signed`` maps the span of the source onto [-1, 1], ``unit`` onto
[0, 1]; ``standardized`` subtracts from each column (or pixel) its mean and divides by its standard
deviation, and sets constant columns to 0; ``standardized_overall`` uses one mean and one standard
deviation, those of all values; ``none`` leaves the values unchanged. Means and standard deviations
are those of the whole file, or of the examples drawn if the inputs are not a file."""


def draw_examples(
    source: InputSource,
    *,
    count: int,
    features: int,
    scaling: str,
    dtype: str,
    rng: np.random.Generator,
) -> Examples:
    """Draw examples from a source and scale them.

    Parameters
    ----------
    source : InputSource
        The source.
    count : int
        The number of examples.
    features : int
        The input width; it matters only for sources without a width of their own.
    scaling : str
        A key of `SCALINGS`.
    dtype : str
        The dtype of the inputs, float32 or float64.
    rng : Generator
        The source of randomness.

    Returns
    -------
    Examples
        Inputs of shape (count, features) and their labels.

    Raises
    ------
    InputError
        If the scaling needs the span of the source and the source has none.

    Examples
    --------
    >>> drawn = draw_examples(
    ...     INPUTS["uniform"],
    ...     count=5,
    ...     features=3,
    ...     scaling="signed",
    ...     dtype="float64",
    ...     rng=np.random.default_rng(0),
    ... )
    >>> drawn.x.shape, bool(np.abs(drawn.x).max() <= 1)
    ((5, 3), True)
    """
    raw = source.draw(count, features, rng)
    x = SCALINGS[scaling](raw.x, source)
    return Examples(x=np.ascontiguousarray(x, dtype=dtype), labels=raw.labels)
