"""The networks under test, read one by one and reduced to one number per layer.

A subject is a `Trace` of N networks, the layers of N networks as a list or a mapping of arrays of
shape (networks, examples, ...), or a callable that draws one network. The network is the unit of
replication: units and examples are averaged within it.
"""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from saturation_lab.checks import InputError, Words, did_you_mean, whole
from saturation_lab.inference.digits import count_text
from saturation_lab.nets.arrays import Array, Float64, as_numpy
from saturation_lab.statistics.trace import Trace

INPUT, OUTPUT = "input", "output"
"""The names of the two layers that are not hidden."""

_DrawNetwork = Callable[[np.random.Generator], Any]
Subject = Trace | Mapping[str, Any] | Iterable[Any] | _DrawNetwork
_Measure = Callable[[Array], float]

_ONE = "a list or a mapping with an array [examples, ...] per layer, bottom first"
_MANY = "a list or a mapping with an array [networks, examples, ...] per layer, bottom first"

_SILENT = 10.0
"""Seconds of drawing before the first line on the progress, and between two lines."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The names and the shapes of the layers of a network, from the bottom up.

    Attributes
    ----------
    names : tuple of str
        The name of each layer. "input" is always the first and "output" the last.
    shapes : tuple of tuple of int
        The shape of one example in each layer.
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]

    @property
    def widths(self) -> tuple[int, ...] | None:
        """The number of units of each layer; None unless every array is [examples, units]."""
        if any(len(shape) != 1 for shape in self.shapes):
            return None
        return tuple(shape[0] for shape in self.shapes)

    @property
    def ends(self) -> tuple[int, ...]:
        """The indices of the input and of the output, as far as they are there."""
        return tuple(i for i, name in enumerate(self.names) if name in (INPUT, OUTPUT))

    def index(self, key: str, layer: object) -> int:
        """Return the index of a layer.

        Parameters
        ----------
        key : str
            The name of the argument, for the error message.
        layer : int or str
            The number of a layer, where 0 is the input, or its name.

        Returns
        -------
        int
            Its index from the bottom.

        Raises
        ------
        InputError
            If there is no such layer.

        Examples
        --------
        >>> layout = Layout(names=("input", "conv1", "fc"), shapes=((3, 8, 8), (4, 8, 8), (10,)))
        >>> layout.index("reference", "fc"), layout.index("reference", 0)
        (2, 0)
        """
        if isinstance(layer, str) and layer in self.names:
            return self.names.index(layer)
        first = 0 if self.names[0] == INPUT else 1
        numbers = range(first, first + len(self.names))
        if isinstance(layer, int | np.integer) and not isinstance(layer, bool) and layer in numbers:
            return int(layer) - first
        raise InputError(
            key,
            expected=f"a number from {numbers[0]} to {numbers[-1]} or one of "
            + ", ".join(self.names),
            got=layer,
            hint=did_you_mean(layer, self.names) if isinstance(layer, str) else "",
        )


@dataclass(kw_only=True)
class Networks:
    """Networks that are read one by one, with one number per layer kept of each.

    Attributes
    ----------
    layers : iterator of dict of str to array
        The layers of one network after the other, each of shape (examples, ...).
    count : int or None
        The number of networks; None if they are drawn as needed.
    measure : callable
        Maps a layer to its number. A layer with a value that is not finite counts as inf.
    layout : Layout
        The names and shapes of the layers, known once the first network was read.
    twins : tuple of two str or None
        Two layers of a network that are equal in every number, if there are any.
    """

    layers: Iterator[dict[str, Array]]
    count: int | None
    measure: _Measure
    layout: Layout = field(default_factory=lambda: Layout(names=(), shapes=()))
    twins: tuple[str, str] | None = None
    _rows: list[list[float]] = field(default_factory=list)
    _digests: set[bytes] = field(default_factory=set)
    _started: float | None = None
    _said: float = 0.0

    @property
    def values(self) -> Float64:
        """The numbers read so far, of shape (networks, layers)."""
        return np.array(self._rows)

    @property
    def seconds(self) -> float:
        """The time since the first network was requested."""
        return 0.0 if self._started is None else time.monotonic() - self._started

    def read(self, count: int, *, most_seconds: float = math.inf) -> Float64:
        """Read networks until there are ``count`` of them, and return all values.

        From the tenth second on, a line on stderr reports the progress every ten seconds.

        Parameters
        ----------
        count : int
            The total number of networks, including those read before.
        most_seconds : float
            Stop after this time, counted from the first network; at least two networks are read.

        Returns
        -------
        array of shape (networks, layers)
            All values read so far.

        Raises
        ------
        InputError
            If the layers of a network differ from those of the first one, or contain nan.
        """
        self._started = time.monotonic() if self._started is None else self._started
        for layers in islice(self.layers, count - len(self._rows)):
            self._keep(layers)
            self._report(count)
            if len(self._rows) > 1 and self.seconds > most_seconds:
                break
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

    def refuse_twins(self) -> None:
        """Raise an error if two layers of a network have exactly the same numbers.

        Raises
        ------
        InputError
            If two layers are equal.
        """
        if self.twins:
            raise InputError(
                self.twins[1],
                expected="a layer of its own",
                got=Words(f"the numbers of {self.twins[0]}"),
                hint="record each layer once, and copy arrays that are overwritten",
            )

    def _keep(self, layers: dict[str, Array]) -> None:
        index = len(self._rows)
        layout = Layout(names=tuple(layers), shapes=tuple(x.shape[1:] for x in layers.values()))
        self.layout = self.layout if self.layout.names else layout
        if layout != self.layout:
            raise InputError(
                f"network {index}",
                expected=f"layers of shapes {_shown(self.layout)}, as in network 0",
                got=Words(_shown(layout)),
            )
        _refuse_nan(layers, index)
        digests = {name: _digest(x) for name, x in layers.items()}
        self._digests.add(b"".join(digests.values()))
        self.twins = self.twins or _twins(digests)
        self._rows.append(
            [self.measure(x) if np.isfinite(x).all() else math.inf for x in layers.values()]
        )

    def _report(self, count: int) -> None:
        seconds, drawn = self.seconds, len(self._rows)
        if self.count is None and seconds - self._said > _SILENT and drawn < count:
            self._said = seconds
            left = seconds * (count - drawn) / drawn
            line = f"{drawn:,} of {count:,} networks drawn after {seconds:.0f} s"
            print(f"saturation_lab.testing: {line}, about {left:.0f} s left", file=sys.stderr)


def networks_of(
    subject: Subject,
    *,
    signal: str,
    measure: _Measure,
    seed: int,
    ignored: Sequence[str] = (),
    least_layers: int = 1,
) -> Networks:
    """Return the networks of a subject.

    Parameters
    ----------
    subject : Trace, sequence or mapping of arrays, or callable
        The networks, or a function ``draw(rng)`` that returns one network.
    signal : str
        The signal to take from a `Trace`.
    measure : callable
        Maps a layer of shape (examples, ...) to one number.
    seed : int
        Network i is drawn with the generator of ``SeedSequence(seed, spawn_key=(i,))``.
    ignored : sequence of str, default ()
        The names of layers that are left out: of the input, the output, or both.
    least_layers : int, default 1
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
    if hasattr(subject, "state_dict"):
        raise InputError(
            "subject",
            expected="a function draw(rng) that creates a model and returns its layers",
            got=Words(f"a model of type {type(subject).__name__}"),
            hint="record the layers with forward hooks, as in docs/testing.md; for its weights, "
            "pass model.state_dict() to assert_model_follows_laws",
        )
    whole("seed", seed, low=0)
    if callable(subject):
        expected = f"{_ONE}, or a Trace of one network"

        def one(drawn: object) -> dict[str, Array]:
            named = _named("draw(rng)", drawn, signal, ignored, expected)
            if isinstance(drawn, Trace):
                count = len(drawn.layers[0].pre_activation)
                if count != 1:
                    got = Words(f"{count} networks")
                    raise InputError("draw(rng)", expected=expected, got=got)
                named = {name: x[0] for name, x in named.items()}
            return _layers(named, 2, least_layers, "an array [examples, ...]")

        drawn = (one(subject(rng)) for rng in children(seed))
        return Networks(layers=drawn, count=None, measure=measure)
    expected = f"a Trace, a callable that draws a network, or {_MANY}"
    named = _named("subject", subject, signal, ignored, expected)
    given = _layers(named, 3, least_layers, "an array [networks, examples, ...]")
    counts = {len(x) for x in given.values()}
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
    rows = ({name: x[i] for name, x in given.items()} for i in range(count))
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


def as_numbers(key: str, given: object, *, axes: int, expected: str, more: bool = False) -> Array:
    """Return a nonempty array of real numbers with a given number of axes.

    A PyTorch tensor is detached and moved to the CPU. The short floats of machine learning that
    NumPy does not have, such as bfloat16, become float32.

    Parameters
    ----------
    key : str
        The name of the argument, for the error message.
    given : array_like
        What the user gave: an array, a nested list, or a tensor.
    axes : int
        The number of axes that the array must have.
    expected : str
        The expected array in words, for the error message.
    more : bool, default False
        Whether more axes are accepted.

    Returns
    -------
    array of any shape with ``axes`` axes
        The array.

    Raises
    ------
    InputError
        If the array is masked, empty, not numeric or complex, or has another number of axes.

    Examples
    --------
    >>> as_numbers("w", [[1, 2]], axes=2, expected="a matrix").shape
    (1, 2)
    """
    if isinstance(given, np.ma.MaskedArray):
        hint = "masked entries would be counted; fill or remove them"
        raise InputError(key, expected=expected, got=Words("a masked array"), hint=hint)
    try:
        array = as_numpy(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(key, expected=expected, got=Words(str(error))) from error
    fits = array.ndim >= axes if more else array.ndim == axes
    if not fits or array.dtype.kind not in "iuf" or not array.size:
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


def _named(
    key: str, given: object, signal: str, ignored: Sequence[str], expected: str
) -> dict[str, Any]:
    """Return the layers of a subject by name, without those that are ignored."""
    if isinstance(given, Trace):
        named = _traced(given, signal)
    elif isinstance(given, Mapping):
        named = {str(name): x for name, x in given.items()}
    elif isinstance(given, Iterable) and not isinstance(given, str | bytes):
        named = {f"layer {number}": x for number, x in enumerate(given, start=1)}
    else:
        raise InputError(
            key, expected=expected, got=Words(f"an object of type {type(given).__name__}")
        )
    several = next((key for key in named if isinstance(named[key], tuple)), None)
    if several is not None:
        hint = "take the one that is the layer's output, such as output[0]"
        raise InputError(several, expected="one array", got=Words("a tuple"), hint=hint)
    names = list(named)
    if INPUT in names[1:] or OUTPUT in names[:-1]:
        got = Words(", ".join(names))
        raise InputError(key, expected=f'layers from "{INPUT}" up to "{OUTPUT}"', got=got)
    return {name: x for name, x in named.items() if name not in ignored}


def _traced(trace: Trace, signal: str) -> dict[str, Array]:
    """Return a signal with the input before it, or the gradient with that of the output after."""
    hidden = {f"layer {i}": layer.signal(signal) for i, layer in enumerate(trace.layers, start=1)}
    if signal == "gradient":
        return hidden if trace.output is None else {**hidden, OUTPUT: trace.output.gradient}
    below, networks = trace.layers[0].below, len(trace.layers[0].pre_activation)
    return {INPUT: np.broadcast_to(below, (networks, *below.shape[1:])), **hidden}


def _layers(given: Mapping[str, Any], axes: int, least: int, expected: str) -> dict[str, Array]:
    if len(given) < least:
        hint = f'a mapping can have the input in front: {{"{INPUT}": x, ...}}' if least > 1 else ""
        raise InputError(
            "subject",
            expected=f"at least {count_text(least, 'layer')}",
            got=Words(f"{len(given)}"),
            hint=hint,
        )
    return {
        name: as_numbers(name, x, axes=axes, expected=expected, more=True)
        for name, x in given.items()
    }


def _digest(x: Array) -> bytes:
    shape = str(x.shape).encode()
    return hashlib.blake2b(np.ascontiguousarray(x).data, digest_size=16, key=shape[:64]).digest()


def _twins(digests: Mapping[str, bytes]) -> tuple[str, str] | None:
    """Return the names of the first two layers that are equal in every number."""
    ((digest, often),) = Counter(digests.values()).most_common(1)
    if often == 1:
        return None
    first, second, *_ = (name for name, one in digests.items() if one == digest)
    return first, second


def _shown(layout: Layout) -> str:
    pairs = zip(layout.names, layout.shapes, strict=True)
    return ", ".join(f"{name} {' × '.join(map(str, shape))}" for name, shape in pairs)


def _refuse_nan(layers: Mapping[str, Array], index: int) -> None:
    """Raise `InputError` for nan, unless the network also overflowed, which explains it."""
    if any(np.isinf(x).any() for x in layers.values()):
        return
    for name, x in layers.items():
        if np.isnan(x).any():
            raise InputError(name, expected="numbers", got=Words(f"nan in network {index}"))
