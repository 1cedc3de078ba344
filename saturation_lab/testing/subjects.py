"""Which numbers does one network after the other show, layer by layer?

A subject is a `Trace` of N networks, arrays [networks, examples, units] one for each layer, or a
callable that draws one network. The network is the unit of replication: units and examples are
averaged inside it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.statistics.trace import Trace

_DrawNetwork = Callable[[np.random.Generator], Any]
Subject = Trace | Sequence[Any] | Array | _DrawNetwork
_Measure = Callable[[Array], float]

_ONE = "for each layer an array [examples, units], from the bottom up, or a Trace of one network"
_MANY = "for each layer an array [networks, examples, units], from the bottom up"


@dataclass(kw_only=True)
class Networks:
    """Networks that are read one by one; what is kept of each is one number a layer.

    Attributes:
        layers: yields the layers of one network after the other, each [examples, units].
        count: how many there are; None where they are drawn for as long as wanted.
        measure: a layer's number; one that is not finite in all units counts as inf.
        widths: units of each layer.
    """

    layers: Iterator[list[Array]]
    count: int | None
    measure: _Measure
    widths: tuple[int, ...] = ()
    _rows: list[list[float]] = field(default_factory=list)
    _digests: set[bytes] = field(default_factory=set)

    @property
    def values(self) -> Float64:
        """Return what was read, [networks, layers]."""
        return np.array(self._rows)

    def read(self, count: int) -> Float64:
        """Read on until there are ``count`` networks; return all values."""
        for layers in islice(self.layers, count - len(self._rows)):
            self._keep(layers)
        return self.values

    def refuse_equal(self) -> None:
        """Raise `InputError` where two networks are equal in every number."""
        if len(self._digests) < len(self._rows):
            raise InputError(
                "networks",
                expected="networks that were drawn each for itself",
                got=Words(f"{len(self._digests)} different ones among {len(self._rows)}"),
                hint="does every network have a seed of its own, from rng?",
            )

    def _keep(self, layers: list[Array]) -> None:
        index, widths = len(self._rows), tuple(x.shape[1] for x in layers)
        self.widths = self.widths or widths
        if widths != self.widths:
            raise InputError(
                f"network {index}",
                expected=f"layers of {self.widths} units",
                got=Words(str(widths)),
            )
        _refuse_nan(layers, index)
        digest = hashlib.blake2b(digest_size=16)
        for x in layers:
            digest.update(np.ascontiguousarray(x).data)
        self._digests.add(digest.digest())
        self._rows.append([self.measure(x) if np.isfinite(x).all() else math.inf for x in layers])


def networks_of(
    subject: Subject, *, signal: str, measure: _Measure, seed: int, least_layers: int
) -> Networks:
    """Return the networks of a subject.

    Args:
        signal: what is taken of a `Trace`.
        measure: a layer [examples, units] to one number.
        seed: network i is drawn with the generator of ``SeedSequence(seed, spawn_key=(i,))``.

    Raises:
        InputError: other shapes; fewer than two networks or ``least_layers`` layers.
    """
    if callable(subject):
        drawn = (
            _layers(_one(subject(rng), signal), 2, least_layers, _ONE) for rng in children(seed)
        )
        return Networks(layers=drawn, count=None, measure=measure)
    expected = f"a Trace, a callable that draws a network, or {_MANY}"
    given = _layers(_signals("subject", subject, signal, expected), 3, least_layers, _MANY)
    counts = {len(x) for x in given}
    if len(counts) > 1:
        raise InputError(
            "subject", expected="as many networks in every layer", got=Words(str(sorted(counts)))
        )
    count = counts.pop()
    if count < 2:
        raise InputError(
            "subject",
            expected="at least two networks",
            got=count,
            hint="units and examples of one network are no replicates",
        )
    rows = ([x[i] for x in given] for i in range(count))
    return Networks(layers=rows, count=count, measure=measure)


def children(seed: int) -> Iterator[np.random.Generator]:
    """Yield a generator for one draw after the other, from children of one seed."""
    seed, index = whole("seed", seed, low=0), 0
    while True:
        yield np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
        index += 1


def as_numbers(key: str, given: object, *, axes: int, expected: str) -> Array:
    """Return an array of real numbers with so many axes, none of them empty or masked."""
    if isinstance(given, np.ma.MaskedArray):
        hint = "what is masked would count all the same"
        raise InputError(key, expected=expected, got=Words("a masked array"), hint=hint)
    try:
        array = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(key, expected=expected, got=Words(str(error))) from error
    if array.ndim != axes or array.dtype.kind not in "iuf" or not array.size:
        got = Words(f"shape {array.shape} of {array.dtype}")
        raise InputError(key, expected=expected, got=got)
    return array


def log_mean_square(x: Array) -> float:
    """Return ln of the mean of x², -inf where all are 0; whatever x, its squares do not overflow.

    >>> log_mean_square(np.array([[1e-300, -1e-300]])) / math.log(10)
    -600.0
    """
    x = x.astype(np.float64)
    largest = float(np.abs(x).max())
    if largest == 0:
        return -math.inf
    return 2 * math.log(largest) + math.log(np.square(x / largest).mean())


def _signals(key: str, given: object, signal: str, expected: str) -> Sequence[Any]:
    if isinstance(given, Trace):
        return [layer.signal(signal) for layer in given.layers]
    if not isinstance(given, Sequence | np.ndarray):
        raise InputError(key, expected=expected, got=Words(f"a {type(given).__name__}"))
    return list(given)


def _one(drawn: object, signal: str) -> Sequence[Any]:
    layers = _signals("draw(rng)", drawn, signal, _ONE)
    if not isinstance(drawn, Trace):
        return layers
    if len(layers[0]) != 1:
        raise InputError("draw(rng)", expected=_ONE, got=Words(f"{len(layers[0])} networks"))
    return [x[0] for x in layers]


def _layers(given: Sequence[Any], axes: int, least: int, expected: str) -> list[Array]:
    if len(given) < least:
        raise InputError(
            "subject", expected=f"at least {least} layers", got=Words(f"{len(given)} of them")
        )
    return [
        as_numbers(
            f"layer {number}", x, axes=axes, expected=expected.removeprefix("for each layer ")
        )
        for number, x in enumerate(given, start=1)
    ]


def _refuse_nan(layers: list[Array], index: int) -> None:
    """Raise `InputError` for nan, but where the network also overflowed: there it comes of that."""
    if any(np.isinf(x).any() for x in layers):
        return
    for number, x in enumerate(layers, start=1):
        if np.isnan(x).any():
            raise InputError(
                f"layer {number}", expected="numbers", got=Words(f"nan in network {index}")
            )
