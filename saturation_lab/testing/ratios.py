"""The ratios of mean squares that are compared with what is expected of a network.

Each layer is compared with the one before it in the direction of propagation, and with a reference
layer, so that a fault in one layer, a drift over many, and faults that cancel are all found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from saturation_lab.checks import InputError, Words, choice, real
from saturation_lab.inference.digits import short
from saturation_lab.testing.assurance import Part
from saturation_lab.testing.mistakes import steps_that_fit
from saturation_lab.testing.question import Comparison
from saturation_lab.testing.subjects import INPUT, Layout

Expected = float | Sequence[float] | Mapping[str, float]

_MOST_FACTOR = 1e100
"""The largest factor by which a mean square may differ from what is expected."""

_MOST_NAMED = 3
"""Name the layers in which the fault lies if there are at most this many."""


@dataclass(frozen=True, kw_only=True)
class Ratios:
    """Which layers are compared, and the ratio expected of each.

    Attributes
    ----------
    up : bool
        Whether the signal is propagated up; if not, it is the gradient on its way down.
    factor : float
        A ratio may be off by this factor.
    expected : number, sequence, mapping, or None
        The expected ratios to the reference layer, as the user gave them.
    reference : int, str, or None
        The number or the name of the reference layer.
    halved : bool, default False
        Whether the activation may halve the first layer's mean square, as in activations.

    Raises
    ------
    InputError
        If ``factor`` is not above 1.
    """

    up: bool
    factor: float
    expected: Expected | None
    reference: int | str | None
    halved: bool = False

    def __post_init__(self) -> None:
        if real("factor", self.factor, above=1) > _MOST_FACTOR:
            expected = f"a factor of at most {_MOST_FACTOR:g}"
            raise InputError("factor", expected=expected, got=self.factor)

    @property
    def says(self) -> str:
        """What is stated of the layers, in words."""
        first, later = ("first", "any later") if self.up else ("top", "any lower")
        start = f"the {first} layer" if self.reference is None else _called(self.reference)
        if self.expected is not None:
            start = "the reference" if self.reference is None else start
            return (
                f"differs from what is expected by less than a factor of {self.factor:g}, relative "
                f"to {start} and to the layer {'below' if self.up else 'above'}"
            )
        to = f"{later} layer" if self.reference is None else "any other layer"
        end = "from the input to the first layer" if self.up else "from the output down"
        return (
            f"changes by less than a factor of {self.factor:g} from {start} to {to}, and from each "
            f"layer to the next ({end}, relative to the range of the usual rules)"
        )

    def found_at(self, detects: float | None) -> float:
        """Return the deviation that must be detected.

        Parameters
        ----------
        detects : float or None
            The deviation as the user gave it; None for the square of ``factor``.

        Returns
        -------
        float
            The deviation, above ``factor``.
        """
        if detects is None:
            return self.factor * self.factor
        return real("detects", detects, above=self.factor)

    def compare(self, layout: Layout) -> list[Comparison]:
        """Return the comparisons: first each layer with its neighbour, then with the reference.

        Parameters
        ----------
        layout : Layout
            The names and shapes of the layers.

        Returns
        -------
        list of Comparison
            Differences of logarithms of mean squares.

        Raises
        ------
        InputError
            If the reference layer does not exist, or ``expected`` does not suit the layers.
        """
        order = self._along(range(len(layout.names)))
        inner = [i for i in order if i not in layout.ends]
        chain = inner if self.expected is None and inner else order
        if self.reference is None:
            reference = chain[0]
        else:
            reference = layout.index("reference", self.reference)
        expected = _expected(self.expected, layout, reference)
        pairs = [(there, here) for here, there in pairwise(order)]
        pairs += [(i, reference) for i in chain if i != reference and (i, reference) not in pairs]
        return [self._comparison(layout, i, to, expected) for i, to in pairs]

    def causes(
        self, parts: Sequence[Part], comparisons: Sequence[Comparison], layout: Layout
    ) -> list[str]:
        """Return lines that say where a fault lies and which well-known mistakes explain it.

        Parameters
        ----------
        parts : sequence of Part
            What was measured of each comparison.
        comparisons : sequence of Comparison
            The comparisons.
        layout : Layout
            The names and shapes of the layers.

        Returns
        -------
        list of str
            The lines. Mistakes are named only if every array is [examples, units], because only
            then the widths are fans.
        """
        order = self._along(range(len(layout.names)))
        steps = len(order) - 1
        where = self._where(parts, comparisons, layout, steps)
        if layout.widths is None:
            return where
        place = {layer: rank for rank, layer in enumerate(order)}
        known = [
            (part, each.expected, [layout.widths[i] for i in order[first : last + 1]])
            for part, each in zip(parts, comparisons, strict=True)
            if each.to is not None
            and each.expected is not None
            and (first := place[each.to]) < (last := place[each.layer])
        ]
        if not known:
            return where
        measured, expected, paths = zip(*known, strict=True)
        return [*where, *steps_that_fit(measured, expected, paths)]

    def _along(self, layers: range) -> list[int]:
        return list(layers if self.up else reversed(layers))

    def _comparison(
        self, layout: Layout, i: int, to: int, expected: Sequence[float] | None
    ) -> Comparison:
        low, high = 1.0, 1.0
        if expected is not None:
            low = high = expected[i] / expected[to]
        elif ends := {i, to}.intersection(layout.ends):
            low, high = self._usual(layout, i, to, ends.pop())
        return Comparison(
            name=f"{layout.names[i]} / {layout.names[to]}",
            layer=i,
            to=to,
            least=math.log(low) - math.log(self.factor),
            most=math.log(high) + math.log(self.factor),
            expected=low if low == high else None,
        )

    def _usual(self, layout: Layout, i: int, to: int, end: int) -> tuple[float, float]:
        """Return the least and the largest ratio at one end of a network under a usual rule."""
        if self.up:
            first = (0.5 if self.halved else 1.0, 2.0)
            return first if layout.names[end] == INPUT else (0.5, 1.0)
        fan = math.prod(layout.shapes[to]) / math.prod(layout.shapes[i])
        return min(fan, 1.0) / 2, max(fan, 1.0)

    def _where(
        self, parts: Sequence[Part], comparisons: Sequence[Comparison], layout: Layout, steps: int
    ) -> list[str]:
        """Return lines on the layers in which the fault lies.

        A layer whose ratio to the reference is as expected is not to blame for a wrong ratio to its
        neighbour.
        """
        right = {
            each.layer
            for part, each in zip(parts[steps:], comparisons[steps:], strict=True)
            if self.expected is not None and not part.contradicted
        }
        wrong = [
            (part, each)
            for part, each in zip(parts[:steps], comparisons[:steps], strict=True)
            if part.contradicted
        ]
        if not 0 < len(wrong) <= _MOST_NAMED:
            return []
        lines = []
        while wrong:
            part, each = wrong.pop(0)
            name, below = layout.names[each.layer], layout.names[each.to or 0]
            if wrong and wrong[0][1].to == each.layer and _cancel(part, wrong[0][0]):
                wrong.pop(0)
                off = part.estimate / (each.expected or 1.0)
                lines.append(f"{name} alone is off, by a factor of {short(off)}")
                continue
            if each.layer in right:
                continue
            does = name if self.up else f"the step from {below} down to {name}"
            lines.append(f"{does} multiplies the mean square by {_against(part, each)}")
        return lines


def _against(part: Part, each: Comparison) -> str:
    """Return a ratio, the expected one, and by which factor they differ."""
    if each.expected is None:
        return f"{short(part.estimate)}, expected {part.least:.3g} to {part.most:.3g}"
    line = f"{short(part.estimate)}, expected {each.expected:.3g}"
    off = part.estimate / each.expected
    return line if each.expected == 1 else f"{line} (off by a factor of {short(off)})"


def _called(layer: int | str) -> str:
    return f"layer {layer}" if isinstance(layer, int) else layer


def _cancel(part: Part, following: Part) -> bool:
    """Return whether two contradicted steps in succession are as expected together."""
    both = part.estimate * following.estimate
    return part.least * following.least <= both <= part.most * following.most


def _expected(expected: Any, layout: Layout, reference: int) -> list[float] | None:
    """Return the expected mean square of each layer, up to a common factor; None if not given."""
    if expected is None:
        return None
    if isinstance(expected, str | bytes) or np.ndim(expected) > 1 or expected is True:
        wanted = "a number, a list, or a mapping from layers to ratios"
        raise InputError("expected", expected=wanted, got=expected)
    names, others = layout.names, [i for i in range(len(layout.names)) if i != reference]
    if isinstance(expected, Mapping):
        for name in expected:
            choice("expected", name, names)
        stated = {names[reference]: 1.0, **expected}
        if missing := [name for name in names if name not in stated]:
            got = Words("none for " + ", ".join(missing))
            raise InputError("expected", expected="a ratio for every layer", got=got)
        return [real(f"expected of {name}", stated[name], above=0) for name in names]
    if not isinstance(expected, list | tuple) and np.ndim(expected) == 0:
        single = real("expected", expected, above=0)
        return [1.0 if i == reference else single for i in range(len(names))]
    if len(expected) != len(others):
        raise InputError(
            "expected",
            expected=f"{len(others)} ratios, for {', '.join(names[i] for i in others)}",
            got=Words(f"{len(expected)}"),
        )
    ratios = [real(f"expected[{k}]", x, above=0) for k, x in enumerate(expected)]
    return [*ratios[:reference], 1.0, *ratios[reference:]]
