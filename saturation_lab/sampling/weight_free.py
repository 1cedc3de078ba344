"""The weight-free sampler, which samples networks exactly without drawing their weights.

`nets.undrawn` contains the distributions; this module provides their random numbers. The normal
blocks of the forward pass come from the stream of a network's weights, bottom layer first. Those of
the backward pass come from a separate stream, top layer first. Results do not depend on the size of
a lane, because every network has its own products.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.data.sources import Examples
from saturation_lab.nets.architecture import Layer
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.grams import Rows
from saturation_lab.nets.normals import fill_normals
from saturation_lab.nets.streams import Purpose, stream
from saturation_lab.nets.undrawn import UNDRAWN, Law, Seen, Shape
from saturation_lab.sampling.show import show
from saturation_lab.statistics.trace import BLOCK_SIDE, Block, Trace
from saturation_lab.study import Study

LEAST_SIDE = 64
"""The least number of rows and of columns in a block, if the matrix has that many."""

_Streams = Sequence[np.random.Generator]


def weight_free_trace(
    study: Study, networks: Sequence[int], shared: Examples | None, *, pilot: bool = False
) -> Trace:
    """Draw networks of a resolved study without their weights, and run both passes.

    Parameters
    ----------
    study : Study
        The resolved study.
    networks : sequence of int
        Indices of the networks.
    shared : Examples or None
        The inputs that all networks share, as returned by `shared_examples`; None if each network
        has its own.
    pilot : bool
        Whether to use the random streams of pilot networks.

    Returns
    -------
    Trace
        The signals and gradients of each layer, in arrays of shape (networks, examples, units).
    """

    def streams(purpose: Purpose) -> _Streams:
        return [stream(study.seed, network=i, purpose=purpose, pilot=pilot) for i in networks]

    law = UNDRAWN[study.architecture.initializer.law]
    up, down = streams(Purpose.WEIGHTS), streams(Purpose.UNSEEN)
    weights = [
        _Undrawn(law=law, layer=layer, rows=study.examples, up_streams=up, down_streams=down)
        for layer in study.architecture.layers
    ]
    trace = show(study, networks, shared, weights, pilot=pilot)
    return _with_blocks(_with_grams(trace, weights), streams(Purpose.BLOCK))


def _with_grams(trace: Trace, weights: Sequence[_Undrawn]) -> Trace:
    """Add the Gram matrices that the passes computed, so that statistics can reuse them."""
    return trace.with_layers(
        [
            replace(
                layer, grams=(own.below or Rows(layer.below), own.gradient or Rows(layer.gradient))
            )
            for layer, own in zip(trace.every_layer, weights, strict=False)
        ]
    )


@dataclass(kw_only=True)
class _Undrawn:
    """The undrawn weights of one layer in N networks, for one forward and one backward product."""

    law: Law
    layer: Layer
    rows: int
    up_streams: _Streams
    down_streams: _Streams
    seen: Seen | None = field(default=None, init=False)
    below: Rows | None = field(default=None, init=False)
    gradient: Rows | None = field(default=None, init=False)

    def up(self, a: Array) -> Array:
        """Return a Wᵀ and record what it reveals about W."""
        self.below = Rows(a)
        block = self._block(self.law.first, self.up_streams, a)
        layer = self.layer
        z, self.seen = self.law.forward(self.below, block, layer.fan_out, layer.weight_std)
        return z

    def down(self, delta: Array) -> Array:
        """Return delta W and release what is no longer needed."""
        assert self.seen is not None
        self.gradient = Rows(delta)
        block = self._block(self.law.second, self.down_streams, delta)
        seen, self.seen = self.seen, None
        return self.law.backward(seen, self.gradient, block)

    def _block(self, shape: Any, streams: _Streams, like: Array) -> Array:
        size: Shape = shape(self.rows, self.layer.fan_in, self.layer.fan_out)
        block: Array = np.empty((len(streams), *size), dtype=like.dtype)
        fill_normals(streams, block)
        return block


def _with_blocks(trace: Trace, streams: _Streams) -> Trace:
    """Choose the block of each weight gradient whose entries are examined individually.

    Hidden units are exchangeable, as are the rows of undrawn weights and biases, so the first units
    are as good as any. Features and outputs are not, so each network draws its own selection.
    """

    def side(x: Array) -> int:
        examples, width = int(x.shape[1]), int(x.shape[2])
        # at most as many entries as a signal has values, so that counting does not dominate
        return min(width, BLOCK_SIDE, max(LEAST_SIDE, math.isqrt(examples * width) // 2))

    def first(x: Array) -> slice:
        return slice(side(x))

    def drawn(x: Array) -> NDArray[np.int64]:
        width, count = x.shape[-1], side(x)
        return np.stack([rng.choice(width, count, replace=False, shuffle=False) for rng in streams])

    last = len(trace.every_layer) - 1
    return trace.with_layers(
        [
            replace(
                layer,
                block=Block(
                    rows=(drawn if trace.output and number == last else first)(layer.gradient),
                    columns=(first if number else drawn)(layer.below),
                ),
            )
            for number, layer in enumerate(trace.every_layer)
        ]
    )
