"""Does every layer hold, or does some layer fail?

"Every layer holds" is an AND: each layer's own 95 % interval must lie inside the margin, and the
chance of a false "holds" is at most that of one layer, without correction (intersection-union test,
Berger 1982). Its power falls with depth, so each layer is planned with 1 - (1 - power)/L.
"Some layer fails" is an OR: Holm over the layers' p-values.
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
    """What is known of all layers together.

    Attributes:
        layers: each layer's own answer.
        outside: Holm over the p-values of "this layer lies within the margin".
        verdict: holds where every layer does; fails where Holm finds a layer outside.
    """

    layers: tuple[Answer, ...]
    outside: Adjusted
    verdict: Verdict

    @property
    def smallest_margin(self) -> float:
        """Return the margin above which every layer would hold; nan without intervals."""
        margins = [layer.smallest_margin for layer in self.layers]
        return math.nan if any(map(math.isnan, margins)) else max(margins)

    @property
    def networks_to_decide(self) -> int | None:
        """Return how many networks would decide; None if decided, or a layer is too close."""
        if self.verdict is not Verdict.UNDECIDED:
            return None
        open_layers = [one for one in self.layers if one.verdict is Verdict.UNDECIDED]
        needed = [one.networks_to_decide for one in open_layers]
        known_ones = [count for count in needed if count is not None]
        return max(known_ones) if len(known_ones) == len(needed) and needed else None

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        count, margin = len(self.layers), short(self.layers[0].margin)
        inside = sum(one.verdict is Verdict.HOLDS for one in self.layers)
        networks = f"{self.layers[0].interval.networks:,} networks"
        lost = max(one.interval.overflowed for one in self.layers)
        networks += f", of which {lost:,} overflowed" if lost else ""
        start = f"{self.verdict}: {inside} of {count} layers within ±{margin}, over {networks}"
        if self.verdict is Verdict.FAILS:
            which = ", ".join(str(i + 1) for i in np.flatnonzero(self.outside.rejected))
            return f"{start}; outside (Holm): number {which}"
        start += f"; the smallest margin that would hold is {self._smallest()}"
        if self.verdict is Verdict.HOLDS:
            return start
        return f"{start}; {self._outlook()}"

    def _outlook(self) -> str:
        if any(one.verdict is Verdict.FAILS for one in self.layers):
            return "a layer lies outside by itself, but not among so many (Holm)"
        if self.networks_to_decide is None:
            return "a layer is too close to the margin to be decided"
        return f"about {self.networks_to_decide:,} networks would decide"

    def _smallest(self) -> str:
        width = max(one.interval.high - one.interval.low for one in self.layers)
        return rounded_up(self.smallest_margin, width / 4)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; undefined numbers are None."""
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
    """Return whether the mean relative error of every layer lies within ±margin on log(1 + r).

    Args:
        errors: r in each network and layer, [R, layers].

    Raises:
        InputError: margin <= 0; r below -1; a bare array.

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
    """Return the p-value of "the mean r lies within the margin": twice the nearer end's tail.

    It is at most 1 - level exactly where the layer's own interval lies outside.
    """
    mean = interval_of(errors)
    if math.isnan(mean.low):
        return 1.0
    away = max(mean.estimate - math.expm1(margin), math.expm1(-margin) - mean.estimate)
    if mean.se == 0:
        return float(away <= 0)
    return min(1.0, 2 * float(stdtr(mean.networks - 1, -away / mean.se)))
