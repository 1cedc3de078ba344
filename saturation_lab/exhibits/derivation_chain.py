"""Exhibits that compare the lecture's forward and backward derivations with networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from saturation_lab.exhibits.derivation import (
    BACKWARD,
    FORWARD,
    Chain,
    Link,
    followed,
    forward_variance,
    slope_at_zero,
)
from saturation_lab.exhibits.exhibit import ONE_GROUP, SAMPLED, Exhibit, Need, Planned, Shown
from saturation_lab.exhibits.material import Material, study_of
from saturation_lab.figures.chain import chains
from saturation_lab.inference.digits import count_text, percent, short
from saturation_lab.inference.intervals import LEVEL
from saturation_lab.inference.verdict import Verdict
from saturation_lab.measured import Measured
from saturation_lab.words.lists import alike, listed
from saturation_lab.words.numbers import factor_text, power_text

_Links = Mapping[str, Sequence[Link]]
"""The comparison of each line with the networks, by role."""


def _unbiased(planned: Planned) -> bool:
    found = [study.architecture.layers[: len(study.widths)] for study in planned.studies]
    return all(len(one) > 1 and not any(layer.bias_square for layer in one) for one in found)


NEED: Need = Need(words="two hidden layers and no biases", met=_unbiased)


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """The exhibit of one derivation.

    Attributes
    ----------
    id, title : str
        The exhibit's id and title.
    chain : Chain
        The derivation.
    end : callable
        A text that is added for some networks, from their comparison with the lines.
    note : callable
        A text that is added about the derivation.
    """

    id: str
    title: str
    chain: Chain
    end: Callable[[Measured, Sequence[Link]], str] = lambda result, links: ""
    note: Callable[[Material], str] = lambda material: ""

    @property
    def exhibit(self) -> Exhibit:
        """The exhibit."""
        return Exhibit(
            id=self.id, title=self.title, make=self._make, needs=(SAMPLED, ONE_GROUP, NEED)
        )

    def _make(self, material: Material) -> Shown:
        titles = material.titles
        links = {role: followed(self.chain, one) for role, one in material.networks.items()}
        band = f"less than a factor of 2 over {material.depth} layers"
        said = {
            role: [_steps(found), self.end(material.networks[role], found)]
            for role, found in links.items()
        }
        return Shown(
            table=_table(links),
            draw=partial(chains, titles=titles, symbol=self.chain.symbol, band=band),
            see=_breaks(links, titles),
            how=f"{_how(self.chain, material)}{self.note(material)}",
            numbers=" ".join(f"{titles[role]}: {''.join(one)}." for role, one in said.items()),
            alt=" ".join(_each_line(titles[role], found) for role, found in links.items()),
            footer=material.footer,
        )


def _table(links: _Links) -> pd.DataFrame:
    """Return the table of `figures.chain`, with the smallest and largest factor over layers."""
    rows = [
        {
            "study": role,
            "step": number,
            "formula": link.step.formula,
            "does": link.step.does,
            "factor": link.factor.estimate,
            "low": link.factor.low,
            "high": link.factor.high,
            "smallest": float(np.min(link.by_layer)),
            "largest": float(np.max(link.by_layer)),
            "inside_low": math.exp(-link.answer.margin),
            "inside_high": math.exp(link.answer.margin),
            "verdict": link.answer.verdict.value,
            "breaks": link.breaks,
            "broken": link.broken,
        }
        for role, found in links.items()
        for number, link in enumerate(found, start=1)
    ]
    return pd.DataFrame(rows)


def _breaks(links: _Links, titles: Mapping[str, str]) -> str:
    """Return a sentence that says at which line the derivation breaks for which networks."""
    places = []
    for role, found in links.items():
        broken = next((link for link in found if link.breaks), None)
        place = f"where it {broken.step.does}" if broken else "at no line that can be detected"
        places.append((titles[role], place))
    said = [f"{place} ({'; '.join(names)})" for place, names in alike(places).items()]
    return f"The derivation breaks {listed(said)}."


def _how(chain: Chain, material: Material) -> str:
    layers, depth = chain.layers(material.depth), material.depth
    first, last = (material.labels[layer - 1] for layer in (layers[0], layers[-1]))
    over = f"in layer {first}" if first == last else f"over layers {first} to {last}"
    return (
        f"Each line of the derivation gives a mean square of {chain.letter}, computed here from "
        "the network's own moments. Each mark is this value divided by the measured one: the "
        f"harmonic mean over networks in each layer, then the geometric mean {over}; "
        f"{material.size}. A line holds if its {percent(LEVEL)} interval lies in the band "
        f"2^(±1/{depth}), so that its error over {depth} layers stays below a factor of 2. The "
        "derivation breaks at the first line whose interval lies outside the band."
    )


def _steps(links: Sequence[Link]) -> str:
    """Return the line at which a chain breaks and the factor at which it ends."""
    at = next((i for i, link in enumerate(links) if link.breaks), len(links))
    open_, held = (
        [link for link in links[:at] if link.answer.verdict is verdict]
        for verdict in (Verdict.UNDECIDED, Verdict.HOLDS)
    )
    said = [f"undecided where it {x.step.does} ({_factor(x)})" for x in open_]
    said += [f"holds where it {x.step.does} only on average{_span(x)}" for x in held if _span(x)]
    if at == len(links):
        said.append("no line is shown to leave the band" if open_ else "no line leaves the band")
        return ", ".join(said)
    link, last = links[at], links[-1]
    said.append(f"breaks where it {link.step.does} ({_factor(link)}{_span(link)})")
    if last.answer.verdict is Verdict.HOLDS:
        said.append("returns to the band, as errors cancel")
    elif _factor(last) != _factor(link):
        said.append(f"ends at {_factor(last)}")
    return ", ".join(said)


def _each_line(title: str, links: Sequence[Link]) -> str:
    each = [f"{x.step.does}: {_factor(x)}" + " (breaks)" * x.breaks for x in links]
    return f"{title}: {listed(each)}."


def _span(link: Link) -> str:
    """Return the range of a line's factor over the layers, if it spans a factor of 2 or more."""
    low, high = (float(np.log10(end)) for end in (np.min(link.by_layer), np.max(link.by_layer)))
    if high - low < math.log10(2):
        return ""
    return f", from {power_text(low)} to {power_text(high)} over the layers"


def _factor(link: Link) -> str:
    overflowed = link.answer.interval.overflowed
    if overflowed:
        return f"undefined in {count_text(overflowed, 'network')}"
    return factor_text(link.factor, 1)


def _stds(result: Measured, links: Sequence[Link]) -> str:
    """Return Std z according to the last line and as measured, both geometric means."""
    logs = [math.log(forward_variance(result, i)) for i in FORWARD.layers(result.depth)]
    said = math.exp(sum(logs) / len(logs) / 2)
    has = said / math.sqrt(links[-1].factor.estimate)
    return f"; the last line gives Std z = {short(said)}, while {short(has)} is measured"


def _slopes(material: Material) -> str:
    """Return a sentence with φ'(0)² for each activation."""
    found = {
        study_of(one).architecture.activation.title: slope_at_zero(one)
        for one in material.networks.values()
    }
    each = [f"{value:.4g} for {name}" for name, value in found.items()]
    return (
        " E[φ'²] is taken over z ~ N(0, K), where K is each example's variance given the layer "
        f"below; v is δ = ∂C/∂z. φ'(0)² is {listed(each)} (the limit of E φ'² as z → 0)."
    )


_FORWARD = _Beside(
    id="chain_forward",
    title="Where the derivation breaks, forward",
    chain=FORWARD,
    end=_stds,
)
_BACKWARD = _Beside(
    id="chain_backward",
    title="Where the derivation breaks, backward",
    chain=BACKWARD,
    note=_slopes,
)

CHAINS: list[Exhibit] = [_FORWARD.exhibit, _BACKWARD.exhibit]
