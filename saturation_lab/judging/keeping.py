"""Comparison of initializations: which of them keep signal and gradient, and how well."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from saturation_lab.claims.library.signal_and_gradient import ANY, KEEPS
from saturation_lab.inference.digits import plain, plain_numbers
from saturation_lab.inference.intervals import LEVEL, Interval, mean_interval
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding, judge
from saturation_lab.judging.forms import experiment_of
from saturation_lab.judging.kinds import change
from saturation_lab.measured import Measured, refuse_unpaired
from saturation_lab.nets.arrays import Float64

SAME = 1e-6
"""Factors whose relative difference is smaller than this are equal up to rounding."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The effect of one initialization on the signal and the gradient.

    Attributes
    ----------
    signal, gradient : Finding
        The findings for the two claims of `KEEPS`.
    size : Interval
        The mean square of a in layer L over that in layer 1. It contains the signal and the part
        that all inputs share.
    spread : tuple of float
        Std z in layers 1 and L: the root of the mean over networks of the variance of z.
    saturated : Interval
        The share of saturated units in layer L.
    from_input : Interval
        The share of the mean square of a in layer L that varies with the input.
    away : Interval
        The worse factor: in each network the factor by which signal or gradient changes, up or
        down, whichever is larger; the geometric mean over networks.
    """

    signal: Finding
    gradient: Finding
    size: Interval
    spread: tuple[float, float]
    saturated: Interval
    from_input: Interval
    away: Interval

    @property
    def both(self) -> Verdict:
        """The verdict on keeping both signal and gradient."""
        verdicts = {self.signal.verdict, self.gradient.verdict}
        if Verdict.FAILS in verdicts:
            return Verdict.FAILS
        return Verdict.HOLDS if verdicts == {Verdict.HOLDS} else Verdict.UNDECIDED

    def to_json(self) -> dict[str, Any]:
        """Return the ratios of layer L over layer 1 with verdicts, and the worse factor."""
        findings = {"signal": self.signal, "gradient": self.gradient}
        return {
            **{
                name: {
                    **plain_numbers(found.measured.numbers),
                    "predicted": plain(found.predicted),
                    "verdict": found.verdict.value,
                }
                for name, found in findings.items()
            },
            "both": self.both.value,
            "worse_factor": plain_numbers(self.away.numbers),
        }


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """A comparison of the initializations of one activation.

    Attributes
    ----------
    kept : mapping of str to Kept
        The effect of each initialization.
    nearest : str
        The initialization with the smallest worse factor (``away``); "" if none is defined.
    farther : mapping of str to Interval
        For each other initialization, how many times larger its worse factor is, compared network
        by network. The intervals hold simultaneously for all pairs of initializations, so that
        choosing the best from the data does not bias them.
    """

    kept: Mapping[str, Kept]
    nearest: str
    farther: Mapping[str, Interval]

    def apart(self, name: str) -> bool:
        """Return whether an initialization is distinguishable from the best one.

        Parameters
        ----------
        name : str
            A key of ``farther``.

        Returns
        -------
        bool
            Whether its interval lies above 1.
        """
        return self.farther[name].low > 1 + SAME

    @property
    def keepers(self) -> list[str]:
        """The initializations that keep both signal and gradient."""
        return [name for name, kept in self.kept.items() if kept.both is Verdict.HOLDS]

    def to_json(self) -> dict[str, Any]:
        """Return the findings by initialization and the comparison as plain data."""
        return {
            "kept": {name: kept.to_json() for name, kept in self.kept.items()},
            "nearest": self.nearest or None,
            "times_farther": {
                name: plain_numbers(factor.numbers) for name, factor in self.farther.items()
            },
        }


QUANTITIES = (
    "activation_mean_square",
    "activation_input_share_of_variance",
    "gradient_mean_square",
    "pre_activation_variance",
    "saturated_share",
)
"""The quantities that `keeping` needs."""


def keeping(results: Mapping[str, Measured]) -> Keeping:
    """Judge and compare several initializations of one activation.

    Parameters
    ----------
    results : mapping of str to Measured
        The networks by initialization, all of the same seed and indices.

    Returns
    -------
    Keeping
        The findings for each initialization, and the comparison with the best.

    Raises
    ------
    InputError
        If the networks are not paired.
    """
    away = {name: _away(result) for name, result in results.items()}
    means = {name: float(np.mean(logs)) for name, logs in away.items()}
    known = [name for name, mean in means.items() if math.isfinite(mean)]
    least = min((means[name] for name in known), default=math.nan)
    nearest = next((name for name in known if means[name] < least + SAME), "")
    farther = {}
    for name, result in results.items():
        if nearest and name != nearest:
            refuse_unpaired(results[nearest], result)
            together = mean_interval(away[name] - away[nearest], level=_together(len(results)))
            farther[name] = together.map(math.exp)
    kept = {name: _kept(result, away[name]) for name, result in results.items()}
    return Keeping(kept=kept, nearest=nearest, farther=farther)


def _away(result: Measured) -> Float64:
    """Return the larger |log ratio| of signal and gradient, an array of shape (networks,)."""
    logs = [experiment_of(claim).values({ANY: result}) for claim in KEEPS.values()]
    farther: Float64 = np.max(np.abs(logs), axis=0)
    return farther


def _together(count: int) -> float:
    """Return the level at which the intervals of all pairs out of ``count`` hold together.

    >>> round(_together(4), 4)
    0.9917
    """
    return 1 - (1 - LEVEL) / math.comb(count, 2)  # Bonferroni


def _kept(result: Measured, away: Float64) -> Kept:
    top = result.depth

    def at_top(quantity: str) -> Interval:
        return result.average(quantity, top).mean

    return Kept(
        signal=judge(KEEPS["K-signal"], {ANY: result}),
        gradient=judge(KEEPS["K-gradient"], {ANY: result}),
        size=change(result, "activation_mean_square"),
        spread=(std_z(result, 1), std_z(result, top)),
        saturated=at_top("saturated_share"),
        from_input=at_top("activation_input_share_of_variance"),
        away=mean_interval(away).map(math.exp),
    )


def std_z(result: Measured, layer: int) -> float:
    """Return the root of the mean over networks of the variance of z.

    Parameters
    ----------
    result : Measured
        The measured networks.
    layer : int
        The hidden layer, counted from 1.

    Returns
    -------
    float
        Std z; nan if a network overflowed.
    """
    with np.errstate(all="ignore"):
        std = float(np.sqrt(result.values("pre_activation_variance", layer).mean()))
    return std if math.isfinite(std) else math.nan
