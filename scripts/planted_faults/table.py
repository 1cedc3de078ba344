"""Which fault must which test find, and how often does it?"""

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
"""Of the seeds: so many times right code is accepted, and the fault rejected, or more."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fault.

    Attributes:
        fault: its name.
        slip: what is written in place of what.
        plant: writes it.
        check: the test that finds it, a key of `CHECKS`.
    """

    fault: str
    slip: str
    plant: Plant
    check: str


@dataclass(frozen=True, kw_only=True)
class Count:
    """How often, over so many seeds, a test accepted right code and rejected the fault."""

    row: Row
    seeds: int
    accepted: int
    rejected: int

    @property
    def reached(self) -> bool:
        """Return whether both are at the bar."""
        return min(self.accepted, self.rejected) >= BAR * self.seeds


def counted(rows: Iterable[Row], seeds: range) -> Iterator[Count]:
    """Run every row's test over the seeds, on the package as it is and with the fault in it."""

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
        fault="variance for standard deviation",
        slip="g/n for g √(1/n)",
        plant=slips.root_forgotten,
        check="law, normal",
    ),
    Row(
        fault="truncated normal not restored",
        slip="cut off at ±2 and not divided by 0.88",
        plant=slips.truncated_not_restored,
        check="law, truncated normal",
    ),
    Row(
        fault="standard deviation for bound",
        slip="U[±std] for U[±√3 std]",
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
        fault="slope forgotten on the way back",
        slip="Wᵀ δ for φ'(z) ∘ Wᵀ δ",
        plant=slips.slope_forgotten,
        check="gradient kept",
    ),
    Row(
        fault="sigmoid's gain for tanh",
        slip="4 for 1",
        plant=slips.gain_for_all(4.0),
        check="not saturated",
    ),
    Row(
        fault="gain off by 1 %, in the draws",
        slip="weights drawn with 1.01 times their spread",
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
        fault="layer off by one: what enters it",
        slip="a_l for a_{l−1}",
        plant=slips.below_off_by_one,
        check="whitening",
    ),
    Row(
        fault="layer off by one: weights on the way back",
        slip="W_{l−1} for W_l",
        plant=slips.weights_off_by_one,
        check="adjoint, dense",
    ),
    Row(
        fault="layer off by one: slopes on the way back",
        slip="φ'(z_{l−1}) for φ'(z_l)",
        plant=slips.slopes_off_by_one,
        check="adjoint, dense",
    ),
    Row(
        fault="variance for mean square, measured",
        slip="K = σ_w² Var a + σ_b²",
        plant=slips.variance_measured,
        check="one step",
    ),
    Row(
        fault="variance for mean square, expected",
        slip="V(q) = σ_w² (E φ² − (E φ)²) + σ_b²",
        plant=slips.variance_expected,
        check="one step",
    ),
    Row(
        fault="seed reused across layers",
        slip="every layer's weights from the generator's first state",
        plant=slips.one_stream_for_all_layers,
        check="layers apart",
    ),
    Row(
        fault="seed reused across workers",
        slip=f"every {slips.WORKER} networks count from 0 again",
        plant=slips.one_stream_for_all_workers,
        check="networks apart",
    ),
    Row(
        fault="W for Wᵀ on the way back",
        slip="W δ for Wᵀ δ",
        plant=slips.not_transposed,
        check="adjoint, dense",
    ),
    Row(
        fault="fresh weights on the way back",
        slip="the weights of another network",
        plant=slips.fresh_weights,
        check="adjoint, dense",
    ),
    Row(
        fault="gain off by 1 %, on the way back, undrawn",
        slip="1.01 Wᵀ δ",
        plant=NORMAL["gain 1 % up on the way back"],
        check="adjoint, undrawn normal",
    ),
    Row(
        fault="fresh weights on the way back, undrawn",
        slip="nothing known from the way up",
        plant=NORMAL["fresh weights on the way back"],
        check="adjoint, undrawn normal",
    ),
    Row(
        fault="missing projection, normal",
        slip="fresh draws in the directions already seen, too",
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
        fault="gradients of two examples unrelated, normal",
        slip="diag ‖δ_b‖ for a root of their Gram matrix",
        plant=NORMAL["S of lengths only"],
        check="two samples, normal",
    ),
    Row(
        fault="gradients of two examples unrelated, orthogonal",
        slip="the same",
        plant=ORTHOGONAL["S of lengths only"],
        check="two samples, orthogonal",
    ),
    Row(
        fault="orthogonal block not cut out of a larger matrix",
        slip="a frame of fan-out columns, of the right mean square",
        plant=ORTHOGONAL["a frame in place of the truncated block"],
        check="two samples, orthogonal",
    ),
    Row(
        fault="QR without signs",
        slip="Q as the routine returns it, which is not uniform",
        plant=ORTHOGONAL["QR without signs"],
        check="two samples, orthogonal",
    ),
)
"""Of each the test is named that was made for it; others may find it as well."""
