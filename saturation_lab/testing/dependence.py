"""Dependence among the weights of a matrix: correlations, shared scales and shared directions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from saturation_lab.inference.agree import bound
from saturation_lab.nets.arrays import Float64
from saturation_lab.testing.assurance import Part
from saturation_lab.testing.limits import at_most, within_limits
from saturation_lab.testing.tails import largest_correlation, share_limits

_LEAST_LENGTH = 8
"""The least number of entries of rows that are compared as vectors."""

_MOST_ROWS, _MOST_WORK = 512, 10**9
"""Pairs among so many rows are compared, until so many products have been added."""

_PROBES = 16
"""The most rows whose span is compared with the other rows."""


class Dependence:
    """Streaming measures of the dependence among the entries of matrices.

    Each is 0, or has a known law, if the entries are independent and normal. For the bounded laws,
    whose squares vary less, the limits are cautious.
    """

    def __init__(self) -> None:
        self._axes = {"rows": _Axis(), "columns": _Axis()}
        self._draws = Products()
        self._last: Float64 | None = None

    def add(self, u: Float64) -> None:
        """Add some draws.

        Parameters
        ----------
        u : array of shape (draws, rows, columns)
            The weights, less their stated mean, in a fixed unit.
        """
        self._axes["rows"].add(u)
        self._axes["columns"].add(np.swapaxes(u, 1, 2))
        if self._last is not None:
            self._draws.add(u[:1], self._last[None])
        self._draws.add(u[1:], u[:-1])
        self._last = u[-1]

    def parts(self, each: float) -> list[Part]:
        """Return what was measured, each property with its own rate of false alarms.

        Parameters
        ----------
        each : float
            The rate of each of the thirteen properties.

        Returns
        -------
        list of Part
            The properties; those that need longer rows, or more of them, are left out.
        """
        parts = self._draws.parts("successive draws", each)
        for name, axis in self._axes.items():
            parts += axis.parts(name, each)
        return parts


PROPERTIES = 13
"""The number of properties of `Dependence`."""


@dataclass(kw_only=True)
class Products:
    """Sums over pairs of values, for their correlation.

    Attributes
    ----------
    count : int
        The number of pairs.
    sums : array of shape (5,)
        Σa, Σb, Σab, Σa² and Σb².
    """

    count: int = 0
    sums: Float64 = field(default_factory=lambda: np.zeros(5))

    def add(self, a: Float64, b: Float64) -> None:
        """Add pairs.

        Parameters
        ----------
        a, b : array of the same shape
            The values of each pair.
        """
        if a.size:
            a, b = np.ravel(a), np.ravel(b)
            self.sums += [a.sum(), b.sum(), np.vdot(a, b), np.vdot(a, a), np.vdot(b, b)]
            self.count += a.size

    def parts(self, name: str, each: float) -> list[Part]:
        """Return the correlation, which should be 0.

        The correlation of N independent pairs has the variance 1/N and light tails.

        Parameters
        ----------
        name : str
            What is correlated, in the plural.
        each : float
            The rate of false alarms.

        Returns
        -------
        list of Part
            The correlation; empty for fewer than 8 pairs, or if a value does not vary.
        """
        if self.count < _LEAST_LENGTH:
            return []
        a, b, ab, aa, bb = (float(x) for x in self.sums / self.count)
        spread = (aa - a * a) * (bb - b * b)
        if spread <= 0:
            return []
        found, off = (ab - a * b) / math.sqrt(spread), bound(each, 1) / math.sqrt(self.count)
        return [
            Part(
                name=f"correlation of {name}",
                estimate=found,
                low=found - off,
                high=found + off,
                least=0.0,
                most=0.0,
            )
        ]


@dataclass(kw_only=True)
class _Axis:
    """Measures of the dependence among the rows of matrices, which may be transposed."""

    adjacent: Products = field(default_factory=Products)
    sizes: Products = field(default_factory=Products)
    rows: int = 0
    length: int = 0
    energies: Float64 = field(default_factory=lambda: np.array([math.inf, -math.inf, 0.0]))
    pairs: int = 0
    work: int = 0
    correlation: float = 0.0
    probes: int = 0
    spanned: int = 0
    shares: Float64 = field(default_factory=lambda: np.zeros(2))

    def add(self, u: Float64) -> None:
        draws, rows, length = u.shape
        if rows < 2:
            return
        size = np.abs(u)
        self.adjacent.add(u[:, 1:], u[:, :-1])
        self.sizes.add(size[:, 1:], size[:, :-1])
        if length < _LEAST_LENGTH:
            return
        v = u - u.mean(axis=2, keepdims=True)  # a common mean is no dependence
        energy = np.einsum("drl,drl->dr", v, v)
        least, most, total = self.energies
        self.energies = np.array(
            [min(least, energy.min()), max(most, energy.max()), total + energy.sum()]
        )
        self.rows, self.length = self.rows + draws * rows, length
        self._compare(v, energy)
        self._span(v, energy)

    def _compare(self, v: Float64, energy: Float64) -> None:
        """Keep the largest correlation of two rows."""
        draws, rows, length = v.shape
        few = min(rows, _MOST_ROWS)
        fit = (_MOST_WORK - self.work) // (few * few * length)
        draws = min(draws, max(fit, 1 if not self.pairs else 0))
        if not draws:
            return
        norms = np.sqrt(np.where(energy > 0, energy, 1.0))[:draws, :few, None]
        unit = (v[:draws, :few] / norms).astype(np.float32)
        cosines = np.abs(np.matmul(unit, np.swapaxes(unit, 1, 2)))
        np.einsum("dii->di", cosines)[...] = 0
        self.correlation = max(self.correlation, float(cosines.max()))
        self.pairs += draws * few * (few - 1) // 2
        self.work += draws * few * few * length

    def _span(self, v: Float64, energy: Float64) -> None:
        """Add the share of the rows that lies in the span of the first few."""
        draws, rows, length = v.shape
        probes = min(rows // 2, (length - 1) // 4, _PROBES)
        if probes < 1 or (self.probes and probes != self.probes):
            return
        basis = np.linalg.qr(np.swapaxes(v[:, :probes], 1, 2))[0]
        inside = np.matmul(v[:, probes:], basis)
        self.shares += [np.vdot(inside, inside), energy[:, probes:].sum()]
        self.spanned += draws * (rows - probes)
        self.probes = probes

    def parts(self, name: str, each: float) -> list[Part]:
        parts = [
            *self.adjacent.parts(f"adjacent {name}", each),
            *self.sizes.parts(f"the sizes |w| in adjacent {name}", each),
        ]
        least, most, total = (float(x) for x in self.energies)
        if not self.rows or total <= 0:
            return parts
        free = self.length - 1
        low, high = share_limits(each / self.rows, free, free * (self.rows - 1))
        for extreme, energy in (("smallest", least), ("largest", most)):
            parts.append(
                within_limits(
                    f"{extreme} variance within one of the {name} / average",
                    energy / total * self.rows,
                    (low * self.rows, high * self.rows),
                )
            )
        if self.pairs and free > 1:
            limit = largest_correlation(each, self.pairs, free) + 1e-6
            parts.append(at_most(f"largest correlation of two {name}", self.correlation, limit))
        inside, everything = (float(x) for x in self.shares)
        if everything > 0:
            own = self.probes * self.spanned
            low, high = share_limits(each, own, free * self.spanned - own)
            parts.append(
                within_limits(
                    f"variance of {name} in the span of {self.probes} others / expected",
                    inside / everything * free / self.probes,
                    (low * free / self.probes, high * free / self.probes),
                )
            )
        return parts
