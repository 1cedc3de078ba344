"""What is left at infinite width? The a of a + c/n, fitted to several widths.

An asymptotic statement is not judged at one width: the mean over networks at each width n is fitted
by a + c/n, weighted by 1/se², and a is judged. c says how fast the limit is reached. Whether the
widths lie on such a line is tested by what is left of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import fdtrc, stdtrit

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.inference.digits import percent, plain, short
from saturation_lab.inference.intervals import LEVEL, Interval, interval_of
from saturation_lab.inference.replicates import Float64, Replicates, all_finite, one_layer

_ENOUGH = 4
_SUSPICIOUS = 0.05


@dataclass(frozen=True, kw_only=True)
class WidthFit:
    """The line a + c/n through the means at several widths.

    Attributes:
        widths: n, ascending.
        points: the mean over networks at each.
        limit: a, what is left at infinite width.
        slope: c.
        lack_of_fit: the p-value of "the means lie on a line"; nan at two widths.
    """

    widths: tuple[int, ...]
    points: tuple[Interval, ...]
    limit: Interval
    slope: Interval
    lack_of_fit: float

    @property
    def warning(self) -> str:
        """Return why the fit is not to be trusted; empty where nothing speaks against it."""
        count = len(self.widths)
        if count == 2:
            return "two widths cannot show whether they lie on a line: take four"
        if self.lack_of_fit < _SUSPICIOUS:
            return (
                f"the means do not lie on a line (p = {short(self.lack_of_fit)}): take wider layers"
            )
        return "" if count >= _ENOUGH else "three widths hardly show whether they lie on a line"

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        widths = ", ".join(f"{n:,}" for n in self.widths)
        line = f"{self.limit.sentence}, at widths {widths}; c = {_with_error(self.slope)}"
        if not self.warning:
            return f"{line}; nothing speaks against a line (p = {short(self.lack_of_fit)})"
        return f"{line}; {self.warning}"

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; undefined numbers are None."""
        return {
            "widths": list(self.widths),
            "points": [point.to_json() for point in self.points],
            "limit": self.limit.to_json(),
            "slope": self.slope.to_json(),
            "lack_of_fit": plain(self.lack_of_fit),
            "warning": self.warning,
            "sentence": self.sentence,
        }


def fit_widths(by_width: Mapping[int, Replicates], *, level: float = LEVEL) -> WidthFit:
    """Return the weighted line a + c/n through the means over networks at several widths.

    Intervals are Student's t with the degrees of freedom of Welch and Satterthwaite, as a and c are
    sums over widths of h_i times the mean. What is left, Σ (residual/se)², is compared with F after
    Johansen (1980), which allows for errors that are estimated.

    Args:
        by_width: for each width its networks, [R]; widths may differ in R, and share no networks.

    Raises:
        InputError: fewer than two widths; no spread at one; a network that overflowed.

    Sources: Welch 1947, Biometrika 34; Johansen 1980, The Welch-James approximation to the
    distribution of the residual sum of squares in a weighted linear regression, Biometrika 67.

    >>> rng = np.random.default_rng(1)
    >>> some = {n: rng.normal(3 / n, 0.1, 50) for n in (16, 32, 64, 128)}
    >>> fit = fit_widths({n: Replicates(values=x, networks=range(50)) for n, x in some.items()})
    >>> fit.limit.low < 0 < fit.limit.high
    True
    """
    widths = sorted(whole("widths", n, low=1) for n in by_width)
    if len(widths) < 2:
        raise InputError("widths", expected="at least two widths", got=Words(f"{len(widths)}"))
    points = tuple(interval_of(all_finite(one_layer(by_width[n])), level=level) for n in widths)
    means, errors = (np.array([getattr(p, name) for p in points]) for name in ("estimate", "se"))
    if not (errors > 0).all():
        raise InputError(
            "widths",
            expected="a spread over networks at every width",
            got=Words(f"none at width {widths[int(np.argmin(errors))]:,}"),
        )
    degrees = np.array([p.networks - 1 for p in points], dtype=np.float64)
    design = np.column_stack([np.ones(len(widths)), 1 / np.array(widths, dtype=np.float64)])
    weighted = design / np.square(errors)[:, None]
    shares = np.linalg.solve(design.T @ weighted, weighted.T)  # the line is shares @ means
    networks = sum(p.networks for p in points)
    limit, slope = (
        _combination(row, means, errors, degrees, networks=networks, level=level, of=of)
        for row, of in zip(shares, ("limit at infinite width", "slope c"), strict=True)
    )
    return WidthFit(
        widths=tuple(widths),
        points=points,
        limit=limit,
        slope=slope,
        lack_of_fit=_lack_of_fit(design @ shares, means, errors, degrees),
    )


def _combination(
    shares: Float64,
    means: Float64,
    errors: Float64,
    degrees: Float64,
    *,
    networks: int,
    level: float,
    of: str,
) -> Interval:
    parts = np.square(shares * errors)
    se = math.sqrt(parts.sum())
    freedom = parts.sum() ** 2 / (np.square(parts) / degrees).sum()
    half = float(stdtrit(freedom, (1 + level) / 2)) * se
    estimate = float(shares @ means)
    return Interval(
        estimate=estimate,
        se=se,
        low=estimate - half,
        high=estimate + half,
        networks=networks,
        level=level,
        of=of,
    )


def _lack_of_fit(hat: Float64, means: Float64, errors: Float64, degrees: Float64) -> float:
    """Return Johansen's p-value of the residual sum of squares; nan where none are left."""
    q = len(means) - 2
    if q == 0:
        return math.nan
    left = float(np.square((means - hat @ means) / errors).sum())
    uncertain = float((np.square(1 - np.diag(hat)) / degrees).sum())  # A, equation 1.4
    scale = q + 2 * uncertain - 6 * uncertain / (q + 2)
    return float(fdtrc(q, q * (q + 2) / (3 * uncertain), left / scale))


def _with_error(interval: Interval) -> str:
    text = interval.sentence.removeprefix(f"{interval.of} ")
    return text.split(f", {percent(interval.level)}", maxsplit=1)[0]
