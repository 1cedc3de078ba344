"""The pooled histogram of activations next to single units, which shows frozen units.

Within one network, the variance of a over all units and examples is the sum of the variance within
units (over the examples, averaged over units) and the variance between the means of the units (law
of total variance).
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
"""Show at most this many layers."""
_UNITS = 40
"""Show at most this many units of a network, the first ones, because all are exchangeable."""
_NETWORK = 0
"""The index of the network whose units are shown."""
_ENDS = (5, 95)
"""The percentiles over the examples at the ends of a unit's bar."""
_BINS = 25
"""The approximate number of bins in the pooled histogram."""
_ROLES = 2
"""The largest number of studies for which one figure has room."""
_COLUMNS = ["study", "layer", "quantity", "unit", "left", "right", "estimate", "low", "high"]
_Shares = Mapping[tuple[str, int], Interval]
"""The share within units by role and layer."""


def _layers_shown(depth: int) -> list[int]:
    """Return the layers that are shown, evenly spaced on a logarithmic axis.

    >>> _layers_shown(10), _layers_shown(2)
    ([1, 2, 5, 10], [1, 2])
    """
    return sorted({round(depth ** (step / (_LAYERS - 1))) for step in range(_LAYERS)})


def within_share(result: Measured, layer: int) -> NDArray[np.float64]:
    """Return the share of the variance of a that is within units, for each network.

    This is the mean over units of the variance over examples, divided by the variance over all
    units and examples of that network. It is 1 if all units have the same mean and 0 if no unit
    depends on the example. It is computed from recorded quantities as s E[a²] / Var a, where s is
    ``activation_input_share_of_variance``, relative to the mean square.

    Parameters
    ----------
    result : Measured
        The networks.
    layer : int
        The hidden layer, counted from 1.

    Returns
    -------
    array of shape (networks,)
        The share, between 0 and 1; nan if there is one example or nothing varies.

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
    within = of_square * square
    share = np.full_like(within, np.nan)
    return np.divide(within, variance, out=share, where=variance > 0)


def _table(material: Material, shares: _Shares) -> pd.DataFrame:
    """Return ``units(study, layer, quantity, unit, left, right, estimate, low, high)``.

    This is the table of `figures.units`. The histogram is pooled over all networks, the units are
    those of network 0, and the share within units is a mean over networks with its 95 % interval.
    """
    pieces = [piece for role in material.networks for piece in _pieces(material, role, shares)]
    return pd.concat(pieces, ignore_index=True).reindex(columns=_COLUMNS)


def _pieces(material: Material, role: str, shares: _Shares) -> Iterator[pd.DataFrame]:
    """Yield the parts of the table for one role, layer by layer."""
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
    """Return the share of all values in each of a few wide bins over the activation's range."""
    low, high = study.architecture.activation.bounds
    total = bins["count"].sum()
    seen = bins[np.isfinite(bins["left"]) & np.isfinite(bins["right"])]
    seen = seen[(seen["right"] > low) & (seen["left"] < high)]  # studies of a group share an axis
    place = np.arange(len(seen)) // max(1, round(len(seen) / _BINS))
    merged = seen.groupby(place)
    ends = {"left": merged["left"].min(), "right": merged["right"].max()}
    return pd.DataFrame({**ends, "estimate": merged["count"].sum() / total})


def units_over_examples(a: NDArray[np.floating]) -> pd.DataFrame:
    """Return the median and two percentiles over the examples for each of the first units.

    Parameters
    ----------
    a : array of shape (examples, units)
        The activations of one layer of one network.

    Returns
    -------
    DataFrame
        ``units(unit, estimate, low, high)``, sorted by the median; nan for a unit that overflowed.

    Examples
    --------
    >>> units_over_examples(np.array([[5.0, 1.0], [5.0, 2.0], [5.0, 3.0]])).round(1).values.tolist()
    [[1.0, 2.0, 1.1, 2.9], [0.0, 5.0, 5.0, 5.0]]
    """
    shown = np.asarray(a[:, :_UNITS], dtype=np.float64)
    shown = np.where(np.isfinite(shown).all(axis=0), shown, np.nan)  # no bar after overflow
    low, middle, high = np.percentile(shown, [_ENDS[0], 50, _ENDS[1]], axis=0)
    order = np.argsort(middle, kind="stable")
    columns = {"unit": np.arange(len(order)), "estimate": middle, "low": low, "high": high}
    return pd.DataFrame({name: column[order] for name, column in columns.items()})


def _said(share: Interval) -> tuple[str, str]:
    """Return a share in percent and its interval as text."""
    ends = interval_text(share.map(lambda x: 100 * x))
    return estimate_text(share, percent=True), f"{ends} %" if ends[0] == "[" else ends


def _in_brief(share: Interval) -> tuple[str, str]:
    """Return a share and its interval, shortened to fit into a figure."""
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
        see=f"Share of the variance of a within units in layer {material.top}: {first}.",
        how=sentences(
            "Grey: the histogram of all a, pooled over units, examples and networks and scaled to "
            f"its own maximum; {material.size}. Coloured: the first {units['unit'].nunique()} "
            f"units of network {_NETWORK}, the first one drawn. A bar is the range of the middle "
            f"{_ENDS[1] - _ENDS[0]} % of a unit's values over the examples, and its dot is the "
            "median; units are sorted by their medians. The number is the share within units (the "
            "variance over examples, averaged over units, divided by the variance over all units "
            "and examples of a network): its mean and 95 % interval over all networks.",
            _unseen(table),
        ),
        numbers=_changes(material),
        alt=_bars(material, units, shares),
        footer=material.footer,
    )


def _changes(material: Material) -> str:
    """Return how the share within units and the variance change from layer 1 to layer L."""
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
    """Return what the figure does not show."""
    pooled = table[table["quantity"] == "pooled_share"]
    beyond = float((1 - pooled.groupby(["study", "layer"])["estimate"].sum()).max())
    lost = int(table.loc[table["quantity"] == "unit", "estimate"].isna().sum())
    return sentences(
        f"Up to {share_text(beyond)} of a layer's values lie beyond the axis." * (beyond > 1e-9),
        f"Bars missing because their units overflowed: {lost:,}." * (lost > 0),
    )


def _bars(material: Material, units: pd.DataFrame, shares: _Shares) -> str:
    """Return the shares and the lengths of the bars for the alternative text."""
    lengths = (units["high"] - units["low"]).groupby([units["study"], units["layer"]]).median()
    said = ["Share of the variance of a within units, and the median length of the bars:"]
    for role, title in material.titles.items():
        parts = [
            f"layer {material.labels[layer - 1]} {' '.join(_said(shares[role, layer]))}, "
            f"bar length {short(float(lengths[role, layer]))}"
            for layer in _layers_shown(material.depth)
        ]
        said.append(f"{title}: {'; '.join(parts)}.")
    return " ".join(said)


def _few_roles(planned: Planned) -> bool:
    origins = planned.origins
    return len(origins) <= _ROLES and all(origin.examples > 1 for origin in origins)


UNIT_BY_UNIT: Exhibit = Exhibit(
    id="units",
    title="Pooled and unit by unit",
    make=_make,
    needs=(
        SAMPLED,
        ONE_GROUP,
        Need(words="one or two roles with two or more examples", met=_few_roles),
    ),
)
