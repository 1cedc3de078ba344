"""Pooled values hide frozen units: the histogram beside single units.

Inside one network the variance of a over all units and examples is that within units (over the
examples, mean over units) and that between the units' own means (law of total variance).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saturation_lab.exhibits.at_a_glance import shares_listed
from saturation_lab.exhibits.exhibit import ONE_GROUP, SAMPLED, Exhibit, Need, Planned, Shown
from saturation_lab.exhibits.material import Material, paired_change, study_of
from saturation_lab.figures.units import pooled_beside_units
from saturation_lab.inference.digits import short
from saturation_lab.inference.intervals import Interval, mean_interval
from saturation_lab.measured import Measured
from saturation_lab.sampling.run import trace_network
from saturation_lab.study import Study
from saturation_lab.words.lists import sentences
from saturation_lab.words.numbers import estimate_text, interval_text, share_text

_LAYERS = 4
"""Layers that are shown at most."""
_UNITS = 40
"""Units of one network that are shown at most: the first, as good as any others."""
_NETWORK = 0
"""The network whose units are shown: the first of the study."""
_ENDS = (5, 95)
"""The percentiles over the examples between which the bar of a unit lies."""
_BINS = 25
"""About how many bins of the pooled histogram are drawn."""
_ROLES = 2
"""More studies than this have no room in one figure."""
_COLUMNS = ["study", "layer", "quantity", "unit", "left", "right", "estimate", "low", "high"]
_Shares = Mapping[tuple[str, int], Interval]
"""The share within units by role and layer."""


def _layers_shown(depth: int) -> list[int]:
    """Return the layers that are shown of a network: evenly spaced on a logarithmic axis.

    >>> _layers_shown(10), _layers_shown(2)
    ([1, 2, 5, 10], [1, 2])
    """
    return sorted({round(depth ** (step / (_LAYERS - 1))) for step in range(_LAYERS)})


def within_share(result: Measured, layer: int) -> NDArray[np.float64]:
    """Return the share of a layer's variance of a that is within its units, by network, [R].

    Mean over units of Var a over examples, divided by Var a over all units and examples of that
    network, both about the mean and with ddof 0: 1 where all units have the same mean, 0 where no
    unit moves. It is (1 - 1/B) s E[a²] / Var a of the recorded quantities, where s is
    `activation_input_share_of_variance` (ddof 1, over the mean square). nan at B = 1 and where
    nothing varies.

    Raises
    ------
    InputError
        If there is no such layer.

    Examples
    --------
    >>> from saturation_lab import Study, sample
    >>> study = Study(activation="tanh", initializer="glorot_normal", widths=(16,), networks=3)
    >>> share = within_share(sample(study, workers=1), 1)
    >>> bool(((0 < share) & (share < 1)).all())
    True
    """
    of_square, square, variance = (
        result.values(f"activation_{name}", layer)
        for name in ("input_share_of_variance", "mean_square", "variance")
    )
    within = (1 - 1 / result.examples) * of_square * square
    share = np.full_like(within, np.nan)
    return np.divide(within, variance, out=share, where=variance > 0)


def _table(material: Material, shares: _Shares) -> pd.DataFrame:
    """Return ``units(study, layer, quantity, unit, left, right, estimate, low, high)``.

    The table of `figures.units`. Pooled are all networks of `Measured.histogram`; the units are
    those of network 0; the share within units is a mean over networks with its 95 % interval.
    """
    pieces = [piece for role in material.networks for piece in _pieces(material, role, shares)]
    return pd.concat(pieces, ignore_index=True).reindex(columns=_COLUMNS)


def _pieces(material: Material, role: str, shares: _Shares) -> Iterator[pd.DataFrame]:
    """Yield the parts of the table of one role, layer by layer."""
    result = material.networks[role]
    histogram, trace = result.histogram(), trace_network(study_of(result), _NETWORK)
    for layer in _layers_shown(material.depth):
        here = (histogram["quantity"] == "activation") & (histogram["layer"] == layer)
        parts = {
            "pooled_share": _pooled(histogram[here], study_of(result)),
            "unit": units_over_examples(trace.layers[layer - 1].activation[0]),
            "within_share": pd.DataFrame([shares[role, layer].columns]),
        }
        for quantity, part in parts.items():
            yield part.assign(study=role, layer=layer, quantity=quantity)


def _pooled(bins: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the share of all values in each wider bin of the activation's own range."""
    low, high = study.architecture.activation.bounds
    total = bins["count"].sum()
    seen = bins[np.isfinite(bins["left"]) & np.isfinite(bins["right"])]
    seen = seen[(seen["right"] > low) & (seen["left"] < high)]  # studies of a group share an axis
    place = np.arange(len(seen)) // max(1, round(len(seen) / _BINS))
    merged = seen.groupby(place)
    ends = {"left": merged["left"].min(), "right": merged["right"].max()}
    return pd.DataFrame({**ends, "estimate": merged["count"].sum() / total})


def units_over_examples(a: NDArray[np.floating]) -> pd.DataFrame:
    """Return ``units(unit, estimate, low, high)`` of the first units of activations [B, n].

    Each unit's median over the examples and two percentiles, by ascending median.

    >>> units_over_examples(np.array([[5.0, 1.0], [5.0, 2.0], [5.0, 3.0]])).round(1).values.tolist()
    [[1.0, 2.0, 1.1, 2.9], [0.0, 5.0, 5.0, 5.0]]
    """
    shown = np.asarray(a[:, :_UNITS], dtype=np.float64)
    shown = np.where(np.isfinite(shown).all(axis=0), shown, np.nan)  # no bar of what overflowed
    low, middle, high = np.percentile(shown, [_ENDS[0], 50, _ENDS[1]], axis=0)
    order = np.argsort(middle, kind="stable")
    columns = {"unit": np.arange(len(order)), "estimate": middle, "low": low, "high": high}
    return pd.DataFrame({name: column[order] for name, column in columns.items()})


def _said(share: Interval) -> tuple[str, str]:
    """Return a share in percent and its interval, in words."""
    ends = interval_text(share.map(lambda x: 100 * x))
    return estimate_text(share, percent=True), f"{ends} %" if ends[0] == "[" else ends


def _in_brief(share: Interval) -> tuple[str, str]:
    """Return the same with no more than there is room for in a figure."""
    return ("< 0.001 %", "") if share.high < 1e-5 else _said(share)


def _make(material: Material) -> Shown:
    shares = {
        (role, layer): mean_interval(within_share(result, layer))
        for role, result in material.networks.items()
        for layer in _layers_shown(material.depth)
    }
    table = _table(material, shares)
    units = table[table["quantity"] == "unit"]
    top = {title: shares[role, material.depth] for role, title in material.titles.items()}
    first = shares_listed({title: share.estimate for title, share in top.items()})
    return Shown(
        table=table,
        draw=partial(
            pooled_beside_units,
            titles=material.titles,
            numbers={place: _in_brief(share) for place, share in shares.items()},
            bar=f"one unit, {_ENDS[0]} to {_ENDS[1]} % of its examples",
        ),
        see=f"Of the spread of a in layer {material.top} lie within units: {first}.",
        how=sentences(
            f"Grey: a pooled over all units, examples and networks, to its own top; "
            f"{material.size}. Coloured: the first {units['unit'].nunique()} units of network "
            f"{_NETWORK}, the "
            "first that was drawn, each as the interval over the examples that holds the "
            f"middle {_ENDS[1] - _ENDS[0]} % of its values, dot its median, in order of "
            "the medians. The number: the variance over examples within a unit, mean over "
            "units, as a share of the variance over all units and examples of a network; mean "
            "and 95 % interval over all networks.",
            _unseen(table),
        ),
        numbers=_changes(material),
        alt=_bars(material, units, shares),
        footer=material.footer,
    )


def _changes(material: Material) -> str:
    """Return for each study how the share within units and the variance go from 1 to L."""
    said = []
    for role, result in material.networks.items():
        bottom, top = (within_share(result, layer) for layer in (1, material.depth))
        share = paired_change(bottom, top, percent=True)
        variance = material.change(role, "activation_variance")
        said.append(
            f"{material.titles[role]}, layer {material.bottom} to {material.top}: the share within "
            f"units {share}, the variance of all a {variance}."
        )
    return " ".join(said)


def _unseen(table: pd.DataFrame) -> str:
    """Return what the figure does not show, as nothing is dropped silently."""
    pooled = table[table["quantity"] == "pooled_share"]
    beyond = float((1 - pooled.groupby(["study", "layer"])["estimate"].sum()).max())
    lost = int(table.loc[table["quantity"] == "unit", "estimate"].isna().sum())
    return sentences(
        f"Up to {share_text(beyond)} of a layer's values lie beyond the axis." * (beyond > 1e-9),
        f"{lost:,} bars are missing, as these units overflowed." * (lost > 0),
    )


def _bars(material: Material, units: pd.DataFrame, shares: _Shares) -> str:
    """Return the shares, and how long the bars are, for who cannot see the figure."""
    lengths = (units["high"] - units["low"]).groupby([units["study"], units["layer"]]).median()
    said = ["Share of the variance within units, and the median length of the bars."]
    for role, title in material.titles.items():
        parts = [
            f"layer {material.labels[layer - 1]} {' '.join(_said(shares[role, layer]))}, "
            f"a unit's bar {short(float(lengths[role, layer]))} long"
            for layer in _layers_shown(material.depth)
        ]
        said.append(f"{title}: {'; '.join(parts)}.")
    return " ".join(said)


def _few_roles(planned: Planned) -> bool:
    origins = planned.origins
    return len(origins) <= _ROLES and all(origin.examples > 1 for origin in origins)


UNIT_BY_UNIT = Exhibit(
    id="units",
    title="Pooled, and unit by unit",
    make=_make,
    needs=(
        SAMPLED,
        ONE_GROUP,
        Need(words="one or two roles, with two examples or more", met=_few_roles),
    ),
)
