"""A generator of Shapeset-3×2: 32 × 32 grey images of one or two shapes, in endless supply.

Triangles, parallelograms and ellipses are affine images of an equilateral triangle, a square and a
circle. All three kinds therefore share one law of size, rotation and deformation, given by a random
2 × 2 matrix, and differ only in the standard shape to which the matrix is applied.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array

_Pixels = NDArray[np.float32]

CLASSES: tuple[str, ...] = ("T", "P", "E", "TP", "PE", "TE", "TT", "PP", "EE")
"""The classes, named after the kinds of shape: T triangle, P parallelogram, E ellipse."""

SIDE = 32
"""The number of pixels along one side of the square image."""

_BLOCK = 256  # images drawn together; it decides which random numbers an image gets
_MAX_REDRAWS = 50
_COVER_LIMIT = 0.5  # share of the first shape that the second may cover
_EXTENT = (0.2, 0.8)  # longest diameter before the squeeze, in image sides
_SQUEEZE = (0.5, 1.0)
_FOREGROUND = (0.55, 1.0)
_BACKGROUND = (0.0, 0.45)
_GREY_GAP = 0.15  # smallest difference between the two foreground greys
_PIXEL = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)  # centres; the image is [0, SIDE]^2


def shapeset(count: int, *, rng: np.random.Generator) -> tuple[_Pixels, NDArray[np.int64]]:
    """Draw images of Shapeset-3×2 and their labels.

    - Class: uniform over the nine `CLASSES`. In a pair of different kinds, either may come first.
    - Shape: R(α) diag(1, s) R(β) applied to a standard shape with a longest diameter of 32 d
      pixels, with d ~ U[0.2, 0.8], squeeze s ~ U[0.5, 1] and rotations α, β ~ U[0, 2π].
    - Position: uniform over all positions in which the bounding box is inside the image.
    - Cover: the second shape is drawn over the first and may cover at most half of its area. If it
      covers more, the entire second shape (size, deformation, position) is drawn again, at most 50
      times; if all of these cover too much, the one that covers least is kept. In the worst case, a
      tiny first shape in the middle and an ellipse as the second, a draw is rejected with
      probability 0.51 (measured), and 51 draws in a row with probability 1e-15. Because of the
      redraws, the second shape is smaller than the first on average.
    - Grey: background ~ U[0, 0.45] and each shape ~ U[0.55, 1]. Two shapes differ by at least 0.15,
      so that both are visible. Light and dark are swapped with probability 1/2.
    - Edges: a ramp one pixel wide, close to the covered share of each pixel.

    Images are drawn in blocks of 256 and trimmed, so the first k images from a seed do not depend
    on ``count``. Two calls with one generator therefore differ from one call for both together.

    Parameters
    ----------
    count : int
        The number of images, at least 0.
    rng : Generator
        The source of randomness.

    Returns
    -------
    images : float32 array of shape (count, 1024)
        Pixels in [-1, 1], row after row.
    labels : int64 array of shape (count,)
        Positions in `CLASSES`.

    Raises
    ------
    ValueError
        If ``count`` is negative.

    Notes
    -----
    The generator follows the description in [1]_. Bergstra's original generator was not used, so
    the images, and error rates on them, are not those of the paper.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, section 2.1.

    Examples
    --------
    >>> images, labels = shapeset(3, rng=np.random.default_rng(0))
    >>> images.shape, [CLASSES[label] for label in labels]
    ((3, 1024), ['PP', 'TE', 'PE'])
    """
    if count < 0:
        raise ValueError(f"count: expected a whole number of at least 0, got {count}")
    images = np.empty((count, SIDE * SIDE), dtype=np.float32)
    labels = np.empty(count, dtype=np.int64)
    for start in range(0, count, _BLOCK):
        kept = min(_BLOCK, count - start)
        block_labels = rng.integers(len(CLASSES), size=_BLOCK)
        block = _paint(*_masks(block_labels, rng=rng), rng=rng)
        images[start : start + kept] = block[:kept].reshape(kept, -1)
        labels[start : start + kept] = block_labels[:kept]
    return images, labels


def _masks(
    labels: NDArray[np.int64], *, rng: np.random.Generator, redraws: int = _MAX_REDRAWS
) -> tuple[_Pixels, _Pixels]:
    """Return the coverage of each pixel by the first and by the second shape, each [n, 32, 32].

    The second is 0 in images of one shape only.
    """
    kinds = np.array([(name[0], name[-1]) for name in CLASSES])[labels]
    kinds = rng.permuted(kinds, axis=1)
    pairs = np.flatnonzero(np.array([len(name) == 2 for name in CLASSES])[labels])
    first = _draw(kinds[:, 0], rng=rng)
    second = np.zeros_like(first)
    second[pairs] = _draw(kinds[pairs, 1], rng=rng)
    covered = _covered(first, second)
    for _ in range(redraws):
        again = np.flatnonzero(covered > _COVER_LIMIT)
        if again.size == 0:
            break
        candidate = _draw(kinds[again, 1], rng=rng)
        share = _covered(first[again], candidate)
        better = share < covered[again]
        second[again[better]] = candidate[better]
        covered[again[better]] = share[better]
    return first, second


def _covered(first: _Pixels, second: _Pixels) -> Array:
    """Return the share of the area of the first shape that the second covers, [n]."""
    share: Array = np.einsum("nij,nij->n", first, second) / first.sum(axis=(1, 2))
    return share


def _draw(kinds: NDArray[np.str_], *, rng: np.random.Generator) -> _Pixels:
    """Return the coverage of each pixel by one random shape of each given kind, [n, 32, 32]."""
    affine = _affine(len(kinds), rng=rng)
    place = rng.uniform(size=(len(kinds), 2))
    masks = np.empty((len(kinds), SIDE, SIDE), dtype=np.float32)
    for kind, render in _RENDER.items():
        chosen = kinds == kind
        masks[chosen] = render(affine[chosen], place[chosen])
    return masks


def _affine(count: int, *, rng: np.random.Generator) -> Array:
    """Return SIDE d R(α) diag(1, s) R(β), [count, 2, 2]."""
    extent = SIDE * rng.uniform(*_EXTENT, size=count)
    stretch = np.zeros((count, 2, 2))
    stretch[:, 0, 0] = extent
    stretch[:, 1, 1] = extent * rng.uniform(*_SQUEEZE, size=count)
    alpha, beta = rng.uniform(0, 2 * math.pi, size=(2, count))
    return _rotation(alpha) @ stretch @ _rotation(beta)


def _rotation(angle: Array) -> Array:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([cosine, -sine, sine, cosine], axis=-1).reshape(-1, 2, 2)


def _centre(low: Array, high: Array, place: Array) -> Array:
    """Return the shift of a shape with bounding box [low, high]; place is uniform in [0, 1]^2."""
    return place * (SIDE - (high - low)) - low


def _regular(corners: int) -> Array:
    """Return the corners of a regular polygon, counter-clockwise on the unit circle."""
    angle = 2 * math.pi * np.arange(corners) / corners
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _polygon(affine: Array, place: Array, *, standard: Array) -> _Pixels:
    """Render the convex polygon ``affine @ standard``; ``standard`` is [corners, 2]."""
    corners = standard @ affine.swapaxes(1, 2)
    corners += _centre(corners.min(axis=1), corners.max(axis=1), place)[:, None]
    edges = np.roll(corners, -1, axis=1) - corners
    normals = np.stack([edges[..., 1], -edges[..., 0]], axis=-1)  # outward: maps keep the order
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    offsets = -np.sum(normals * corners, axis=-1)
    mask = np.ones((len(affine), SIDE, SIDE), dtype=np.float32)
    for normal, offset in zip(normals.swapaxes(0, 1), offsets.T, strict=True):
        # a product, because with a minimum sharp corners would extend beyond the shape
        mask *= _soft(_linear(normal, offset))
    return mask


def _ellipse(affine: Array, place: Array) -> _Pixels:
    """Render the ellipse ``affine @ (circle of diameter 1)``."""
    half = np.linalg.norm(affine, axis=2) / 2
    centre = _centre(-half, half, place)
    to_circle = 2 * np.linalg.inv(affine)
    # with w = M (x - c), the edge is |w| = 1, and the distance to it is to first order
    # (|w| - 1) / |∇|w||, where ∇|w| = Mᵀw / |w|; this is exact for a circle
    radius = _length(to_circle, centre)
    slope = _length(to_circle.swapaxes(1, 2) @ to_circle, centre)
    # w = 0 at the centre, where any large negative distance will do
    pixels: _Pixels = np.divide(np.maximum(radius, 1e-3), np.maximum(slope, 1e-6))
    return _soft((radius - 1) * pixels)


def _length(matrix: Array, centre: Array) -> _Pixels:
    """Return |matrix (x - centre)| at every pixel, [n, 32, 32]."""
    offset: Array = -np.einsum("nij,nj->ni", matrix, centre)
    u = _linear(matrix[:, 0], offset[:, 0])
    v = _linear(matrix[:, 1], offset[:, 1])
    length: _Pixels = np.sqrt(u * u + v * v)
    return length


def _linear(slope: Array, offset: Array) -> _Pixels:
    """Return slope · x + offset at every pixel x, [n, 32, 32], for slope [n, 2], offset [n]."""
    along, down = slope.astype(np.float32).T[..., None] * _PIXEL
    down += offset.astype(np.float32)[:, None]
    field: _Pixels = along[:, None, :] + down[:, :, None]
    return field


def _soft(distance: _Pixels) -> _Pixels:
    """Turn the signed distance in pixels (negative inside) into coverage, in place."""
    np.subtract(np.float32(0.5), distance, out=distance)
    np.clip(distance, 0, 1, out=distance)
    return distance


_RENDER: dict[str, Callable[[Array, Array], _Pixels]] = {
    "T": partial(_polygon, standard=_regular(3) / math.sqrt(3)),  # sides of length 1
    "P": partial(_polygon, standard=_regular(4) / 2),  # diagonals of length 1
    "E": _ellipse,
}


def _paint(first: _Pixels, second: _Pixels, *, rng: np.random.Generator) -> _Pixels:
    """Return the images in [-1, 1]: background, then the first shape, then the second over it."""
    background = rng.uniform(*_BACKGROUND, size=len(first))
    first_grey, second_grey = _foregrounds(len(first), rng=rng)
    image = np.empty_like(first)
    image[:] = background[:, None, None]
    for mask, grey in ((first, first_grey), (second, second_grey)):
        # a convex combination: never outside [0, 1], and exactly the grey inside the shape
        image = mask * grey.astype(np.float32)[:, None, None] + (1 - mask) * image
    polarity = rng.choice(np.array([-1, 1], dtype=np.float32), size=len(first))
    return polarity[:, None, None] * (2 * image - 1)


def _foregrounds(count: int, *, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return two greys [count], each uniform over the foreground range, at least the gap apart.

    The range is closed to a circle, and the second grey is the first moved along it by at least the
    gap in either direction. This keeps it uniform, and a distance on the circle is never larger
    than on the line.
    """
    low, high = _FOREGROUND
    span = high - low
    first = rng.uniform(0, span, size=count)
    second = (first + rng.uniform(_GREY_GAP, span - _GREY_GAP, size=count)) % span
    return low + first, low + second
