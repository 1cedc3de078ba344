"""Extrapolation to infinite width: the limit a of a + c/n, fitted to the means at several widths.

An asymptotic statement cannot be judged at a single width. The means over networks at several
widths n are fitted by a + c/n, weighted by 1/se², and a is judged. The slope c tells how fast the
limit is reached. The residuals test whether the means follow such a line.
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
"""The number of widths from which there is no warning."""
_SUSPICIOUS = 0.05
"""The p-value of the lack-of-fit test below which there is a warning."""


@dataclass(frozen=True, kw_only=True)
class WidthFit:
    """The line a + c/n through the means at several widths.

    Attributes
    ----------
    widths : tuple of int
        The widths n, in ascending order.
    points : tuple of Interval
        The mean over networks at each width.
    limit : Interval
        a, the limit at infinite width.
    slope : Interval
        c.
    lack_of_fit : float
        The p-value of "the means lie on a line in 1/n"; nan for two widths.
    """

    widths: tuple[int, ...]
    points: tuple[Interval, ...]
    limit: Interval
    slope: Interval
    lack_of_fit: float

    @property
    def warning(self) -> str:
        """The reason not to trust the fit; an empty string if there is none."""
        count = len(self.widths)
        if count == 2:
            return "two widths cannot show whether the means follow a + c/n: use at least four"
        if self.lack_of_fit < _SUSPICIOUS:
            return (
                "the means do not follow a + c/n "
                f"(lack-of-fit p-value {short(self.lack_of_fit)}): use wider layers"
            )
        few = "three widths hardly show whether the means follow a + c/n: use at least four"
        return "" if count >= _ENOUGH else few

    @property
    def sentence(self) -> str:
        """A one-line summary."""
        widths = ", ".join(f"{n:,}" for n in self.widths)
        line = f"{self.limit.sentence}, at widths {widths}; c = {_with_error(self.slope)}"
        if not self.warning:
            fit = short(self.lack_of_fit)
            return f"{line}; the means agree with a + c/n (lack-of-fit p-value {fit})"
        return f"{line}; {self.warning}"

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain data; undefined numbers become None."""
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
    """Fit the weighted line a + c/n to the means over networks at several widths.

    a and c are weighted sums of the means. Their intervals are Student's t with the degrees of
    freedom of Welch and Satterthwaite [1]_. The weighted sum of squared residuals, Σ
    (residual/se)², is compared with an F distribution after Johansen [2]_, which allows for
    estimated standard errors.

    Parameters
    ----------
    by_width : mapping of int to Replicates
        One value per network at each width. The widths may differ in their numbers of networks;
        they must not share networks.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    WidthFit
        The limit, the slope and the lack-of-fit test.

    Raises
    ------
    InputError
        If there are fewer than two widths, if the values at a width do not vary, or if a network
        overflowed.

    References
    ----------
    .. [1] B. L. Welch, "The generalization of 'Student's' problem when several different population
       variances are involved", Biometrika 34, 1947.
    .. [2] S. Johansen, "The Welch-James approximation to the distribution of the residual sum of
       squares in a weighted linear regression", Biometrika 67, 1980, eq. 1.4.

    Examples
    --------
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
            expected="values that vary over networks at every width",
            got=Words(f"no variation at width {widths[int(np.argmin(errors))]:,}"),
        )
    degrees = np.array([p.networks - 1 for p in points], dtype=np.float64)
    design = np.column_stack([np.ones(len(widths)), 1 / np.array(widths, dtype=np.float64)])
    weighted = design / np.square(errors)[:, None]
    shares = np.linalg.solve(design.T @ weighted, weighted.T)  # (a, c) = shares @ means
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
    """Return Johansen's p-value of the residual sum of squares; nan for two widths."""
    q = len(means) - 2
    if q == 0:
        return math.nan
    left = float(np.square((means - hat @ means) / errors).sum())
    uncertain = float((np.square(1 - np.diag(hat)) / degrees).sum())  # A, equation 1.4
    scale = q + 2 * uncertain - 6 * uncertain / (q + 2)
    return float(fdtrc(q, q * (q + 2) / (3 * uncertain), left / scale))


def _with_error(interval: Interval) -> str:
    text = interval.sentence.removeprefix(f"{interval.of} = ")
    return text.split(f", {percent(interval.level)}", maxsplit=1)[0]
