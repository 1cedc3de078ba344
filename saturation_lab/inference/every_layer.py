"""Verdicts about all layers together: whether every layer holds, and whether some layer fails.

"Every layer holds" is an AND. Each layer's own 95 % interval must lie inside the margin. The
probability of a false "holds" is then at most that of a single layer, without any correction
(intersection-union test [1]_). The power decreases with depth, so each layer is planned with power
1 - (1 - power)/L. "Some layer fails" is an OR, tested by Holm's method on the p-values of the
layers.

References
----------
.. [1] R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24,
   1982.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr

from saturation_lab.inference.answer import Answer
from saturation_lab.inference.digits import plain, rounded_up, short
from saturation_lab.inference.equivalence import equivalence
from saturation_lab.inference.intervals import LEVEL, interval_of
from saturation_lab.inference.multiplicity import Adjusted, holm
from saturation_lab.inference.planning import POWER, power_of_each
from saturation_lab.inference.replicates import Replicates, known
from saturation_lab.inference.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class EveryLayer:
    """The verdict about all layers together.

    Attributes
    ----------
    layers : tuple of Answer
        The verdict about each layer on its own.
    outside : Adjusted
        Holm's adjustment of the p-values of "this layer lies within the margin".
    verdict : Verdict
        Holds if every layer holds; fails if Holm's method finds a layer outside; else undecided.
    """

    layers: tuple[Answer, ...]
    outside: Adjusted
    verdict: Verdict

    @property
    def smallest_margin(self) -> float:
        """The margin above which every layer would hold; nan if a layer has no interval."""
        margins = [layer.smallest_margin for layer in self.layers]
        return math.nan if any(map(math.isnan, margins)) else max(margins)

    @property
    def networks_to_decide(self) -> int | None:
        """The number of networks that would decide every undecided layer.

        None if the verdict is decided, if an undecided layer is too close to the margin, or if each
        layer is decided on its own.
        """
        if self.verdict is not Verdict.UNDECIDED:
            return None
        open_layers = [one for one in self.layers if one.verdict is Verdict.UNDECIDED]
        needed = [one.networks_to_decide for one in open_layers]
        known_ones = [count for count in needed if count is not None]
        return max(known_ones) if len(known_ones) == len(needed) and needed else None

    @property
    def sentence(self) -> str:
        """A one-line summary."""
        count, margin = len(self.layers), short(self.layers[0].margin)
        inside = sum(one.verdict is Verdict.HOLDS for one in self.layers)
        networks = f"{self.layers[0].interval.networks:,} networks"
        lost = max(one.interval.overflowed for one in self.layers)
        networks += f", of which {lost:,} overflowed" if lost else ""
        layers = f"1 layer {'is' if inside else 'is not'}"
        if count > 1:
            layers = f"{inside} of {count} layers {'is' if inside == 1 else 'are'}"
        start = f"{self.verdict}: {layers} shown to lie within ±{margin}, from {networks}"
        if self.verdict is Verdict.FAILS:
            which = ", ".join(str(i + 1) for i in np.flatnonzero(self.outside.rejected))
            some = "layer" if np.count_nonzero(self.outside.rejected) == 1 else "layers"
            return f"{start}; outside by Holm's test: {some} {which}"
        start += f"; the smallest margin confirmed for every layer is {self._smallest()}"
        if self.verdict is Verdict.HOLDS:
            return start
        return f"{start}; {self._outlook()}"

    def _outlook(self) -> str:
        if any(one.verdict is Verdict.FAILS for one in self.layers):
            return "at least one layer fails on its own, but not after Holm's correction"
        if self.networks_to_decide is None:
            return "at least one layer is too close to the margin to decide"
        return f"about {self.networks_to_decide:,} networks would be needed to decide"

    def _smallest(self) -> str:
        width = max(one.interval.high - one.interval.low for one in self.layers)
        return rounded_up(self.smallest_margin, width / 4)

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain data; undefined numbers become None."""
        return {
            "verdict": self.verdict.value,
            "smallest_margin": plain(self.smallest_margin),
            "networks_to_decide": self.networks_to_decide,
            "outside": self.outside.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
            "sentence": self.sentence,
        }


def every_layer(
    errors: Replicates, *, margin: float, level: float = LEVEL, power: float = POWER
) -> EveryLayer:
    """Test whether the mean relative error of every layer lies within ±margin on log(1 + r).

    Parameters
    ----------
    errors : Replicates
        The relative error r of each network and layer; shape (networks, layers).
    margin : float
        Half-width of the region of each layer, on the scale log(1 + r) (natural logarithm).
    level : float, default 0.95
        Confidence level of each layer's interval; Holm's method uses 1 - level.
    power : float, default 0.9
        Power with which all layers together are to be decided.

    Returns
    -------
    EveryLayer
        The verdicts about each layer and about all of them.

    Raises
    ------
    InputError
        If ``margin`` is not above 0, if a value of r is below -1, if ``power`` is not between 0 and
        1, or if ``errors`` is a bare array.

    Examples
    --------
    >>> r = np.random.default_rng(1).normal(0, 0.05, (40, 3))
    >>> every_layer(Replicates(values=r, networks=range(40)), margin=0.07).verdict
    <Verdict.HOLDS: 'holds'>
    """
    columns = list(known(errors).layers())
    each = power_of_each(power, layers=len(columns))
    found = tuple(equivalence(one, margin=margin, level=level, power=each) for one in columns)
    outside = holm([_p_value(one, margin) for one in columns], alpha=1 - level)
    return EveryLayer(layers=found, outside=outside, verdict=_verdict(found, outside))


def _verdict(layers: tuple[Answer, ...], outside: Adjusted) -> Verdict:
    if outside.rejected.any():
        return Verdict.FAILS
    held = all(layer.verdict is Verdict.HOLDS for layer in layers)
    return Verdict.HOLDS if held else Verdict.UNDECIDED


def _p_value(errors: Replicates, margin: float) -> float:
    """Return the p-value of "the mean of r lies within the margin".

    It is twice the tail probability of the nearer end, and at most 1 - level exactly if the layer's
    own interval lies outside.
    """
    mean = interval_of(errors)
    if math.isnan(mean.low):
        return 1.0
    away = max(mean.estimate - math.expm1(margin), math.expm1(-margin) - mean.estimate)
    if mean.se == 0:
        return float(away <= 0)
    return min(1.0, 2 * float(stdtr(mean.networks - 1, -away / mean.se)))
