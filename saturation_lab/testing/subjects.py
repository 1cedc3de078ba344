"""The networks under test, read one by one and reduced to one number per layer.

A subject is a `Trace` of N networks, a list of arrays of shape (networks, examples, units), one for
each layer, or a callable that draws one network. The network is the unit of replication: units and
examples are averaged within it.
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
from saturation_lab.inference.digits import count_text
from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.statistics.trace import Trace

_DrawNetwork = Callable[[np.random.Generator], Any]
Subject = Trace | Sequence[Any] | Array | _DrawNetwork
_Measure = Callable[[Array], float]

_ONE = "a list with an array [examples, units] per layer, bottom first, or a Trace of one network"
_MANY = "a list with an array [networks, examples, units] per layer, bottom first"


@dataclass(kw_only=True)
class Networks:
    """Networks that are read one by one, with one number per layer kept of each.

    Attributes
    ----------
    layers : iterator of list of array
        The layers of one network after the other, each of shape (examples, units).
    count : int or None
        The number of networks; None if they are drawn as needed.
    measure : callable
        Maps a layer to its number. A layer with a value that is not finite counts as inf.
    widths : tuple of int
        The number of units in each layer, known once the first network was read.
    """

    layers: Iterator[list[Array]]
    count: int | None
    measure: _Measure
    widths: tuple[int, ...] = ()
    _rows: list[list[float]] = field(default_factory=list)
    _digests: set[bytes] = field(default_factory=set)

    @property
    def values(self) -> Float64:
        """The numbers read so far, of shape (networks, layers)."""
        return np.array(self._rows)

    def read(self, count: int) -> Float64:
        """Read networks until there are ``count`` of them, and return all values.

        Parameters
        ----------
        count : int
            The total number of networks, including those read before.

        Returns
        -------
        array of shape (networks, layers)
            All values read so far.

        Raises
        ------
        InputError
            If the widths of a network differ from those of the first one, or it contains nan.
        """
        for layers in islice(self.layers, count - len(self._rows)):
            self._keep(layers)
        return self.values

    def refuse_equal(self) -> None:
        """Raise an error if two networks have exactly the same numbers.

        Raises
        ------
        InputError
            If two networks are equal.
        """
        if len(self._digests) < len(self._rows):
            raise InputError(
                "networks",
                expected="independently drawn networks",
                got=Words(f"{len(self._digests)} distinct among {len(self._rows)}"),
                hint="draw each network with its own random numbers (a callable should use its "
                "rng)",
            )

    def _keep(self, layers: list[Array]) -> None:
        index, widths = len(self._rows), tuple(x.shape[1] for x in layers)
        self.widths = self.widths or widths
        if widths != self.widths:
            raise InputError(
                f"network {index}",
                expected=f"layers of widths {self.widths}, as in network 0",
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

    Parameters
    ----------
    subject : Trace, sequence of arrays, or callable
        The networks, or a function ``draw(rng)`` that returns one network.
    signal : str
        The signal to take from a `Trace`.
    measure : callable
        Maps a layer of shape (examples, units) to one number.
    seed : int
        Network i is drawn with the generator of ``SeedSequence(seed, spawn_key=(i,))``.
    least_layers : int
        The least number of layers that is accepted.

    Returns
    -------
    Networks
        The networks, which are read or drawn later, as needed.

    Raises
    ------
    InputError
        If an array has the wrong shape, or if there are fewer than two networks or fewer than
        ``least_layers`` layers.
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
            "subject",
            expected="the same number of networks in every layer",
            got=Words(str(sorted(counts))),
        )
    count = counts.pop()
    if count < 2:
        raise InputError(
            "subject",
            expected="at least two networks",
            got=count,
            hint="units and examples of one network are not independent replicates",
        )
    rows = ([x[i] for x in given] for i in range(count))
    return Networks(layers=rows, count=count, measure=measure)


def children(seed: int) -> Iterator[np.random.Generator]:
    """Yield an independent random generator for each draw.

    Parameters
    ----------
    seed : int
        The parent seed.

    Yields
    ------
    numpy.random.Generator
        The generator of ``SeedSequence(seed, spawn_key=(i,))`` for i = 0, 1, 2, ...

    Raises
    ------
    InputError
        If the seed is not a whole number of at least 0.

    Examples
    --------
    >>> first, second = (rng.integers(100) for rng in islice(children(0), 2))
    >>> first == np.random.default_rng(np.random.SeedSequence(0, spawn_key=(0,))).integers(100)
    np.True_
    """
    seed, index = whole("seed", seed, low=0), 0
    while True:
        yield np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))
        index += 1


def as_numbers(key: str, given: object, *, axes: int, expected: str) -> Array:
    """Return a nonempty array of real numbers with a given number of axes.

    Parameters
    ----------
    key : str
        The name of the argument, for the error message.
    given : array_like
        What the user gave.
    axes : int
        The number of axes that the array must have.
    expected : str
        The expected array in words, for the error message.

    Returns
    -------
    array of any shape with ``axes`` axes
        The array.

    Raises
    ------
    InputError
        If the array is masked, empty, not numeric or complex, or has another number of axes.
    """
    if isinstance(given, np.ma.MaskedArray):
        hint = "masked entries would be counted; fill or remove them"
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
    """Return the natural logarithm of the mean square, without overflow or underflow.

    Parameters
    ----------
    x : array of any shape
        Finite real numbers.

    Returns
    -------
    float
        ln of the mean of x²; -inf if all entries are 0.

    Examples
    --------
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
            "subject", expected=f"at least {count_text(least, 'layer')}", got=Words(f"{len(given)}")
        )
    return [
        as_numbers(f"layer {number}", x, axes=axes, expected=expected.removeprefix("a list with "))
        for number, x in enumerate(given, start=1)
    ]


def _refuse_nan(layers: list[Array], index: int) -> None:
    """Raise `InputError` for nan, unless the network also overflowed, which explains it."""
    if any(np.isinf(x).any() for x in layers):
        return
    for number, x in enumerate(layers, start=1):
        if np.isnan(x).any():
            raise InputError(
                f"layer {number}", expected="numbers", got=Words(f"nan in network {index}")
            )
