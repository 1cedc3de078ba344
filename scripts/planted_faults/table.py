"""The planted faults, the test that must find each of them, and how often it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from scripts.planted_faults import slips
from scripts.planted_faults.checks import CHECKS
from tests.laws.undrawn_faults import FAULTS, Plant

NORMAL, ORTHOGONAL = FAULTS["normal"], FAULTS["orthogonal"]
BAR = 0.99
"""The share of seeds for which correct code must be accepted and the fault rejected."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault.

    Attributes
    ----------
    fault : str
        Its name.
    slip : str
        The mistake in the code, as a formula or in words.
    plant : Plant
        A function that plants the fault in the package.
    check : str
        The test that must find it, a key of `CHECKS`.
    """

    fault: str
    slip: str
    plant: Plant
    check: str


@dataclass(frozen=True, kw_only=True)
class Count:
    """How often a test accepted correct code and rejected the fault.

    Attributes
    ----------
    row : Row
        The fault.
    seeds : int
        The number of seeds with which the test was run.
    accepted, rejected : int
        For how many of them correct code was accepted, and the fault rejected.
    """

    row: Row
    seeds: int
    accepted: int
    rejected: int

    @property
    def reached(self) -> bool:
        """Whether both rates reach `BAR`."""
        return min(self.accepted, self.rejected) >= BAR * self.seeds


def counted(rows: Iterable[Row], seeds: range) -> Iterator[Count]:
    """Run the test of every row with and without its fault.

    Parameters
    ----------
    rows : iterable of Row
        The faults.
    seeds : range
        The seeds with which each test is run.

    Yields
    ------
    Count
        The result of each row, as soon as it is known.
    """

    @cache
    def accepted(check: str) -> int:
        return sum(CHECKS[check].accepts(seed) for seed in seeds)

    for row in rows:
        right = accepted(row.check)
        with pytest.MonkeyPatch.context() as patch:
            row.plant(patch)
            wrong = sum(CHECKS[row.check].accepts(seed) for seed in seeds)
        yield Count(row=row, seeds=len(seeds), accepted=right, rejected=len(seeds) - wrong)


ROWS = (
    Row(
        fault="gain off by 1 %",
        slip="1.01 g √(1/n)",
        plant=slips.gain_of_the_rule,
        check="law, normal",
    ),
    Row(
        fault="fan-in and fan-out swapped",
        slip="g √(1/m)",
        plant=slips.fans_swapped,
        check="law, normal",
    ),
    Row(
        fault="variance instead of standard deviation",
        slip="g/n instead of g √(1/n)",
        plant=slips.root_forgotten,
        check="law, normal",
    ),
    Row(
        fault="truncated normal not rescaled",
        slip="truncated at ±2 and not divided by 0.88",
        plant=slips.truncated_not_restored,
        check="law, truncated normal",
    ),
    Row(
        fault="standard deviation instead of bound",
        slip="U[±std] instead of U[±√3 std]",
        plant=slips.bound_for_std,
        check="law, uniform",
    ),
    Row(
        fault="He's √2 forgotten",
        slip="gain 1 for ReLU",
        plant=slips.gain_for_all(1.0),
        check="signal kept",
    ),
    Row(
        fault="slope forgotten in the backward pass",
        slip="Wᵀ δ instead of φ'(z) ∘ Wᵀ δ",
        plant=slips.slope_forgotten,
        check="gradient kept",
    ),
    Row(
        fault="sigmoid's gain for tanh",
        slip="4 instead of 1",
        plant=slips.gain_for_all(4.0),
        check="not saturated",
    ),
    Row(
        fault="gain off by 1 %, in the draws",
        slip="weights drawn with 1.01 times their standard deviation",
        plant=slips.gain_of_the_draws,
        check="whitening",
    ),
    Row(
        fault="forgotten bias",
        slip="z = W a",
        plant=slips.bias_forgotten,
        check="whitening",
    ),
    Row(
        fault="layer off by one: its law",
        slip="σ_w² of layer l − 1",
        plant=slips.laws_off_by_one,
        check="whitening",
    ),
    Row(
        fault="layer off by one: its input",
        slip="a_l instead of a_{l−1}",
        plant=slips.below_off_by_one,
        check="whitening",
    ),
    Row(
        fault="layer off by one: weights of the backward pass",
        slip="W_{l−1} instead of W_l",
        plant=slips.weights_off_by_one,
        check="adjoint, dense",
    ),
    Row(
        fault="layer off by one: slopes of the backward pass",
        slip="φ'(z_{l−1}) instead of φ'(z_l)",
        plant=slips.slopes_off_by_one,
        check="adjoint, dense",
    ),
    Row(
        fault="variance instead of mean square, measured",
        slip="K = σ_w² Var a + σ_b²",
        plant=slips.variance_measured,
        check="one step",
    ),
    Row(
        fault="variance instead of mean square, expected",
        slip="V(q) = σ_w² (E φ² − (E φ)²) + σ_b²",
        plant=slips.variance_expected,
        check="one step",
    ),
    Row(
        fault="seed reused across layers",
        slip="every layer's weights drawn from the generator's initial state",
        plant=slips.one_stream_for_all_layers,
        check="layers apart",
    ),
    Row(
        fault="seed reused across workers",
        slip=f"the index of networks starts again at 0 after every {slips.WORKER}",
        plant=slips.one_stream_for_all_workers,
        check="networks apart",
    ),
    Row(
        fault="W instead of Wᵀ in the backward pass",
        slip="W δ instead of Wᵀ δ",
        plant=slips.not_transposed,
        check="adjoint, dense",
    ),
    Row(
        fault="fresh weights in the backward pass",
        slip="the weights of another network",
        plant=slips.fresh_weights,
        check="adjoint, dense",
    ),
    Row(
        fault="gain off by 1 %, in the backward pass, undrawn",
        slip="1.01 Wᵀ δ",
        plant=NORMAL["gain 1 % up on the way back"],
        check="adjoint, undrawn normal",
    ),
    Row(
        fault="fresh weights in the backward pass, undrawn",
        slip="independent of the forward pass",
        plant=NORMAL["fresh weights on the way back"],
        check="adjoint, undrawn normal",
    ),
    Row(
        fault="missing projection, normal",
        slip="fresh draws also in directions that the forward pass has fixed",
        plant=NORMAL["projection left out"],
        check="adjoint, undrawn normal",
    ),
    Row(
        fault="missing projection, orthogonal",
        slip="the same",
        plant=ORTHOGONAL["projection left out"],
        check="adjoint, undrawn orthogonal",
    ),
    Row(
        fault="gradients of two examples independent, normal",
        slip="diag ‖δ_b‖ instead of a root of their Gram matrix",
        plant=NORMAL["S of lengths only"],
        check="two samples, normal",
    ),
    Row(
        fault="gradients of two examples independent, orthogonal",
        slip="the same",
        plant=ORTHOGONAL["S of lengths only"],
        check="two samples, orthogonal",
    ),
    Row(
        fault="orthogonal block not cut out of a larger matrix",
        slip="a frame of fan-out columns, with the correct mean square",
        plant=ORTHOGONAL["a frame in place of the truncated block"],
        check="two samples, orthogonal",
    ),
    Row(
        fault="QR without sign correction",
        slip="Q as returned by the QR routine, which is not uniformly distributed",
        plant=ORTHOGONAL["QR without signs"],
        check="two samples, orthogonal",
    ),
)
"""All faults, each with the test designed for it; other tests may find it as well."""
