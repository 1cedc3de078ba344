"""How is a derivation shown beside its networks? Two exhibits: the lecture's chain up and down."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.exhibits.derivation import (
    BACKWARD,
    FORWARD,
    Chain,
    Link,
    followed,
    forward_variance,
    slope_at_zero,
)
from saturation_lab.exhibits.exhibit import (
    ONE_GROUP,
    SAMPLED,
    Exhibit,
    Need,
    Planned,
    Said,
    made_of,
)
from saturation_lab.exhibits.material import Material, study_of
from saturation_lab.figures.chain import chains
from saturation_lab.figures.theme import Canvas
from saturation_lab.inference.digits import percent, short
from saturation_lab.inference.intervals import LEVEL
from saturation_lab.inference.verdict import Verdict
from saturation_lab.measured import Measured
from saturation_lab.study import Study
from saturation_lab.words.lists import listed
from saturation_lab.words.numbers import factor_text, power_text


def _met(planned: Planned) -> bool:
    return all(map(_unbiased, planned.studies))


def _unbiased(study: Study) -> bool:
    layers = study.architecture.layers[: len(study.widths)]
    return len(layers) > 1 and not any(layer.bias_std for layer in layers)


NEED = Need(words="two hidden layers and no biases", met=_met)


def chain_table(material: Material, chain: Chain) -> pd.DataFrame:
    """Return the table of `figures.chain`, and in which span the layers' own factors lie."""
    return pd.DataFrame(
        [
            _row(name, number, link)
            for name, result in material.networks.items()
            for number, link in enumerate(followed(chain, result), start=1)
        ]
    )


def _row(study: str, number: int, link: Link) -> dict[str, object]:
    factor, margin = link.factor, link.answer.margin
    return {
        "study": study,
        "step": number,
        "formula": link.step.formula,
        "does": link.step.does,
        "factor": factor.estimate,
        "low": factor.low,
        "high": factor.high,
        "smallest": float(np.min(link.by_layer)),
        "largest": float(np.max(link.by_layer)),
        "inside_low": math.exp(-margin),
        "inside_high": math.exp(margin),
        "verdict": link.answer.verdict.value,
        "breaks": link.breaks,
        "broken": link.broken,
    }


def _found(title: str, links: Sequence[Link], end: str) -> str:
    """Say where one study's chain breaks, and what becomes of it."""
    at = next((i for i, link in enumerate(links) if link.breaks), None)
    open_ones = [x for x in links[:at] if x.answer.verdict is Verdict.UNDECIDED]
    said = [f"undecided where it {x.step.does} ({_factor(x)})" for x in open_ones]
    said += [
        f"holds where it {x.step.does} only on average{_span(x)}"
        for x in links[:at]
        if x.answer.verdict is Verdict.HOLDS and _span(x)
    ]
    if at is None:
        said += ["no line leaves the band" if not open_ones else "no line is shown to leave it"]
        return f"{title}: {', '.join(said)}{end}."
    link, last = links[at], links[-1]
    said.append(f"breaks where it {link.step.does} ({_factor(link)}{_span(link)})")
    if last.answer.verdict is Verdict.HOLDS:
        said.append("ends in the band again, as errors cancel")
    elif _factor(last) != _factor(link):
        said.append(f"ends at {_factor(last)}")
    return f"{title}: {', '.join(said)}{end}."


def _span(link: Link) -> str:
    """Return from where to where a line's factor goes over the layers, where it does not stay."""
    ends = [float(np.log10(end)) for end in (np.min(link.by_layer), np.max(link.by_layer))]
    if ends[1] - ends[0] < math.log10(2):
        return ""
    return f", over the layers from {power_text(ends[0])} to {power_text(ends[1])}"


def _factor(link: Link) -> str:
    if link.answer.interval.overflowed:
        count = link.answer.interval.overflowed
        return f"undefined in {count:,} network{'s' * (count != 1)}"
    return factor_text(link.factor, 1)


def _stds(result: Measured, links: Sequence[Link]) -> str:
    """Return which Std z the last line says, and which the layers have: geometric means."""
    logs = [math.log(forward_variance(result, i)) for i in FORWARD.layers(result.depth)]
    said = math.exp(sum(logs) / len(logs) / 2)
    has = said / math.sqrt(links[-1].factor.estimate)
    return f"; it says Std z = {short(said)}, the layers have {short(has)}"


def _nothing(result: Measured, links: Sequence[Link]) -> str:
    return ""


def _slopes(material: Material) -> str:
    """Return what φ'(0)² is for each activation."""
    found = {
        study_of(r).architecture.activation.title: slope_at_zero(r)
        for r in material.networks.values()
    }
    each = [f"{value:.4g} for {name}" for name, value in found.items()]
    return f" φ'(0)² is {listed(each)} (E φ'² as z → 0)."


def _spoken(chain: Chain, end: Callable[[Measured, Sequence[Link]], str]) -> Said:
    def spoken(material: Material) -> str:
        said = []
        for name, result in material.networks.items():
            links = followed(chain, result)
            said.append(_found(material.titles[name], links, end(result, links)))
        return " ".join(said)

    return spoken


def _about(chain: Chain, material: Material) -> str:
    layers = chain.layers(material.depth)
    depth = material.depth
    return (
        f"What each line of the derivation says, from a network's own moments, over the mean "
        f"square of {chain.letter} that the network has: one over the mean of its inverse over "
        f"networks in each of the layers {layers[0]} to {layers[-1]}, geometric mean over these; "
        f"{material.size}. A line holds "
        f"where its {percent(LEVEL)} interval lies in the band, 2^(±1/{depth}): less than a factor "
        f"2 over {depth} layers. A chain breaks at the first line whose interval lies outside."
    )


def _breaks(chain: Chain, material: Material) -> str:
    """Return where chains break, each place with the studies that part there."""
    places: dict[str, list[str]] = {}
    for name, result in material.networks.items():
        broken = next((link for link in followed(chain, result) if link.breaks), None)
        place = f"where it {broken.step.does}" if broken else "at no line shown"
        places.setdefault(place, []).append(material.titles[name])
    said = [f"{place} ({'; '.join(titles)})" for place, titles in places.items()]
    return f"The derivation breaks {listed(said)}."


def _alt(chain: Chain) -> Said:
    def numbers(material: Material) -> str:
        said = []
        for name, result in material.networks.items():
            each = [
                f"{link.step.does}: {_factor(link)}" + " (breaks)" * link.breaks
                for link in followed(chain, result)
            ]
            said.append(f"{material.titles[name]}: {listed(each)}.")
        return " ".join(said)

    return numbers


def _exhibit(
    name: str,
    title: str,
    chain: Chain,
    *,
    end: Callable[[Measured, Sequence[Link]], str],
    note: Said,
) -> Exhibit:
    spoken = _spoken(chain, end)

    def draw(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
        band = f"less than a factor 2 over {material.depth} layers"
        return chains(table, canvas=canvas, titles=material.titles, symbol=chain.symbol, band=band)

    return Exhibit(
        id=name,
        title=title,
        make=made_of(
            table=lambda material: chain_table(material, chain),
            draw=draw,
            caption=lambda material: (
                f"{_breaks(chain, material)} {_about(chain, material)}{note(material)}"
            ),
            alt=_alt(chain),
            numbers=spoken,
        ),
        needs=(SAMPLED, ONE_GROUP, NEED),
    )


CHAINS = [
    _exhibit(
        "chain_forward",
        "Where the derivation breaks, forward",
        FORWARD,
        end=_stds,
        note=lambda material: "",
    ),
    _exhibit(
        "chain_backward",
        "Where the derivation breaks, backward",
        BACKWARD,
        end=_nothing,
        note=lambda material: (
            " E[φ'²] is that of z ~ N(0, K), K each example's variance given the layer below; "
            "v is δ = ∂C/∂z." + _slopes(material)
        ),
    ),
]
