"""Wrong laws of undrawn weights, which the tests must detect.

Each fault takes a `MonkeyPatch` and replaces an entry of `UNDRAWN` or a function that it uses, as a
programmer might do by mistake. `FAULTS` lists the law that it affects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab.nets import UNDRAWN, Rows, Seen, frames, spanned, uniform_frame

Array = NDArray[Any]
Plant = Callable[[pytest.MonkeyPatch], None]

NORMAL, ORTHOGONAL = UNDRAWN["normal"], UNDRAWN["orthogonal"]


def _back(name: str, wrong: Callable[[Seen, Rows, Array], Array]) -> Plant:
    return lambda patch: patch.setitem(UNDRAWN, name, replace(UNDRAWN[name], backward=wrong))


def _up(name: str, wrong: Callable[[Rows, Array, int, float], tuple[Array, Seen]]) -> Plant:
    return lambda patch: patch.setitem(UNDRAWN, name, replace(UNDRAWN[name], forward=wrong))


def _nothing_seen(seen: Seen) -> Seen:
    return replace(seen, rows=np.zeros_like(seen.rows), image=np.zeros_like(seen.image))


def _image_forgotten(seen: Seen) -> Seen:
    return replace(seen, image=np.zeros_like(seen.image))


def _frame_forgotten(seen: Seen) -> Seen:
    return replace(seen, rows=np.zeros_like(seen.rows))


def _known(seen: Seen, gradients: Rows, gain: float) -> Array:
    delta, width = gradients.x, seen.image.shape[-1]
    padded = np.pad(delta, [(0, 0)] * (delta.ndim - 1) + [(0, width - delta.shape[-1])])
    known = padded @ seen.image.swapaxes(-1, -2) @ seen.frame
    back: Array = gain * known[..., : seen.fan_in]
    return back.astype(delta.dtype)


def _normal_unprojected(seen: Seen, delta: Rows, block: Array) -> Array:
    unseen = NORMAL.backward(_nothing_seen(seen), delta, block)
    back: Array = unseen + _known(seen, delta, seen.std)
    return back


def _orthogonal_unprojected(seen: Seen, delta: Rows, block: Array) -> Array:
    unseen = ORTHOGONAL.backward(_frame_forgotten(seen), delta, block)
    back: Array = unseen + _known(seen, delta, seen.gain)
    return back


def _untruncated(examples: Rows, block: Array, fan_out: int, std: float) -> tuple[Array, Seen]:
    """Map the examples onto a frame in R^fan_out, of the right mean square, where r rows fit."""
    a = examples.x
    z, seen = ORTHOGONAL.forward(examples, block, fan_out, std)
    if block.shape[-2] > fan_out:
        return z, seen
    shorter = np.sqrt(fan_out / seen.wide)
    inner = uniform_frame(block[..., :fan_out].astype(np.float64)) * shorter
    _, root = spanned(a.astype(np.float64))
    image = np.pad(inner, [(0, 0)] * (inner.ndim - 1) + [(0, seen.wide - fan_out)])
    z = (root.swapaxes(-1, -2) * seen.gain @ inner).astype(a.dtype)
    return z, replace(seen, image=image)


def _unsigned_frame(block: Array) -> Array:
    q: Array = np.linalg.qr(block.swapaxes(-1, -2))[0].swapaxes(-1, -2)
    return q


def _lengths_only(gram: Array, count: int) -> Array:
    """Return diag(‖delta_b‖) in place of a root of the Gram matrix."""
    lengths = np.sqrt(np.diagonal(gram, axis1=-2, axis2=-1))[..., None]
    root: Array = lengths * np.eye(gram.shape[-1])[:, :count]
    return root


def _roots_of_lengths_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(frames, "_root", _lengths_only)
    patch.setattr(frames, "_cholesky", lambda gram: _lengths_only(gram, gram.shape[-1]))


def _bias_forgotten(patch: pytest.MonkeyPatch) -> None:
    def none(study: Any, networks: Any, *, pilot: bool) -> list[None]:
        return [None] * len(study.architecture.layers)

    patch.setattr("saturation_lab.sampling.show.biases_of", none)


FAULTS: dict[str, dict[str, Plant]] = {
    "normal": {
        "fresh weights on the way back": _back(
            "normal", lambda s, d, b: NORMAL.backward(_nothing_seen(s), d, b)
        ),
        "known part left out": _back(
            "normal", lambda s, d, b: NORMAL.backward(_image_forgotten(s), d, b)
        ),
        "projection left out": _back("normal", _normal_unprojected),
        "gain 1 % up": _up("normal", lambda a, b, m, std: NORMAL.forward(a, b, m, 1.01 * std)),
        "gain 1 % up on the way back": _back(
            "normal", lambda s, d, b: 1.01 * NORMAL.backward(s, d, b)
        ),
        "S of lengths only": _roots_of_lengths_only,
    },
    "orthogonal": {
        "fresh weights on the way back": _back(
            "orthogonal", lambda s, d, b: ORTHOGONAL.backward(_nothing_seen(s), d, b)
        ),
        "known part left out": _back(
            "orthogonal", lambda s, d, b: ORTHOGONAL.backward(_image_forgotten(s), d, b)
        ),
        "projection left out": _back("orthogonal", _orthogonal_unprojected),
        "gain 1 % up": _up(
            "orthogonal", lambda a, b, m, std: ORTHOGONAL.forward(a, b, m, 1.01 * std)
        ),
        "gain 1 % up on the way back": _back(
            "orthogonal", lambda s, d, b: 1.01 * ORTHOGONAL.backward(s, d, b)
        ),
        "S of lengths only": _roots_of_lengths_only,
        "a frame in place of the truncated block": _up("orthogonal", _untruncated),
        "QR without signs": lambda patch: patch.setattr(frames, "uniform_frame", _unsigned_frame),
    },
}
"""By the law that they spoil."""

FORGOTTEN_BIAS: Plant = _bias_forgotten
"""Spoils what stands around the law; it shows where there are biases."""
