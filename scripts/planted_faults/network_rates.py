"""Error rates of the assertions on networks: false alarms on right ones, and faults missed.

``python -m scripts.planted_faults.network_rates`` counts them and writes the section "Assertions on
networks" of ``docs/planted_faults.md``, which takes some minutes on one core. The exit code is 1 if
a row misses what is required of it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np
from scipy.special import digamma

from saturation_lab import InputError
from saturation_lab.testing import (
    assert_few_dead_units,
    assert_gradient_preserved,
    assert_not_saturated,
    assert_variance_preserved,
)
from saturation_lab.theory.length_map import length_map
from scripts.planted_faults.document import write_section
from tests.testing.drawn_networks import (
    Array,
    downward,
    glorot,
    he,
    he_fan_out,
    lecun,
    whole,
)

TITLE = "Assertions on networks"
Draw = Callable[[np.random.Generator], Any]

NOMINAL = 0.05
RIGHT_SUBJECTS, WRONG_SUBJECTS = range(1000), range(200)
MOST_ALARMS = 72
"""More false alarms than this come in 1 of 1,000 tables if the rate is just 5 %."""
GIVEN = 40
"""The number of networks in a given subject."""

variance = partial(assert_variance_preserved)
gradient = partial(assert_gradient_preserved)


@dataclass(frozen=True, kw_only=True)
class RightRow:
    """A right subject of an assertion, drawn anew for every seed.

    Attributes
    ----------
    assertion : callable
        The assertion.
    subject : str
        The subject in words.
    draw : callable
        Draws one network.
    given : bool
        Whether the assertion is given networks or the function that draws them.
    """

    assertion: Callable[..., object]
    subject: str
    draw: Draw
    given: bool

    def alarms(self, seeds: Sequence[int]) -> int:
        """Return the number of seeds for which the subject is rejected.

        Parameters
        ----------
        seeds : sequence of int
            The seeds of the subjects.

        Returns
        -------
        int
            The number of false alarms.
        """
        return sum(self._rejected(seed) for seed in seeds)

    def _rejected(self, seed: int) -> bool:
        subject: Any = self.draw
        if self.given:
            rng = np.random.default_rng(seed)
            networks = [self.draw(rng) for _ in range(GIVEN)]
            subject = {name: np.stack([one[name] for one in networks]) for name in networks[0]}
        try:
            self.assertion(subject, seed=seed, false_alarm=NOMINAL)
        except AssertionError:
            return True
        except InputError:  # too few networks for the power, which is no alarm
            return False
        return False


@dataclass(frozen=True, kw_only=True)
class WrongRow:
    """A planted fault, the assertion that must find it, and what its message must say.

    Attributes
    ----------
    assertion : callable
        The assertion.
    fault : str
        The fault in words.
    right, wrong : callable
        Draw one network without and with the fault.
    names : str, default ""
        Words that name the layer or the cause in a message; "" if there are none.
    """

    assertion: Callable[..., object]
    fault: str
    right: Draw
    wrong: Draw
    names: str = ""

    def counts(self, seeds: Sequence[int]) -> tuple[int, int, int]:
        """Return how many right subjects pass, how many faults are found, and how many are named.

        Parameters
        ----------
        seeds : sequence of int
            The seeds of the subjects.

        Returns
        -------
        accepted, found, named : int
            The three numbers.
        """
        accepted = sum(self._message(self.right, seed) == "" for seed in seeds)
        messages = [self._message(self.wrong, seed) for seed in seeds]
        return accepted, sum(map(bool, messages)), sum(self.names in text for text in messages)

    def _message(self, draw: Draw, seed: int) -> str:
        try:
            self.assertion(draw, seed=seed)
        except AssertionError as error:
            return str(error)
        return ""


# --- right subjects, the worst of which are exactly at the edge of what is stated ---

UNITS = 16
EDGE = math.exp((math.log(2) - digamma(UNITS / 2) - math.log(2 / UNITS)) / 2)
"""The gain at which ln(m_2/m_1) of a linear layer has mean ln 2 exactly: ln of a χ² over its n
degrees of freedom has mean ψ(n/2) + ln(2/n)."""
SMALL = (UNITS,) * 5


def at_the_edge(rng: np.random.Generator) -> dict[str, Array]:
    """Draw two layers whose mean squares differ by a factor of 2 in the typical network."""
    below = rng.standard_normal((1, UNITS))
    return {"below": below, "above": below @ rng.normal(0, EDGE / math.sqrt(UNITS), (UNITS, UNITS))}


def at_the_edge_downward(rng: np.random.Generator) -> dict[str, Array]:
    """Draw the same for the gradient."""
    step, above = rng.normal(0, EDGE / math.sqrt(UNITS), (UNITS, UNITS)), rng.standard_normal(UNITS)
    return {"below": above[None] @ step, "above": above[None]}


def one_in_twenty(rng: np.random.Generator) -> dict[str, Array]:
    """Draw 20 independent values of which 5 % lie beyond ±1.96."""
    return {"layer": rng.standard_normal((4, 5))}


def one_unit_in_twenty(rng: np.random.Generator) -> dict[str, Array]:
    """Draw 32 units, each of which is dead with probability 5 %."""
    z = rng.standard_normal((16, 32))
    z[0] = 1.0
    return {"layer": np.where(rng.random(32) < 0.05, -np.abs(z), z)}


beyond = partial(assert_not_saturated, thresholds=(-1.959964, 1.959964))
saturated = partial(assert_not_saturated, activation="tanh")
dead = partial(assert_few_dead_units, activation="relu")
KINDS: list[tuple[Callable[..., object], str, Draw]] = [
    (variance, f"two layers of {UNITS} units, ratio exactly 2", at_the_edge),
    (variance, f"ReLU, He's rule, 4 layers of {UNITS}, with the input", whole(he, SMALL)),
    (partial(variance, expected=2), "the same with expected=2", whole(he, SMALL)),
    (gradient, f"two layers of {UNITS} units, ratio exactly 2", at_the_edge_downward),
    (gradient, f"ReLU, He's rule, 4 layers of {UNITS}, with the output", downward(he, SMALL)),
    (beyond, "20 values per network, 5 % beyond the thresholds", one_in_twenty),
    (saturated, f"tanh, LeCun's rule, 4 layers of {UNITS}", whole(lecun, SMALL, act="tanh")),
    (dead, "32 units, each dead with probability 5 %", one_unit_in_twenty),
    (dead, "32 units, none dead", lambda rng: {"layer": rng.standard_normal((32, 32))}),
]
RIGHT = [
    RightRow(assertion=assertion, subject=subject, draw=draw, given=given)
    for assertion, subject, draw in KINDS
    for given in (True, False)
]

# --- planted faults ---

EQUAL, TAPERING = (48,) * 7, (128, 128, 64, 32, 16, 12)
TOP = len(EQUAL) - 1
default = partial(whole, lambda n, m: math.sqrt(1 / (3 * n)), EQUAL)
NORMALIZED = {"layer 1": 1 / 3, **{f"layer {i}": 1 / 6 for i in range(2, TOP + 1)}}
"""E z² over that of the input if the variance is 1/(3 n) and ReLU sees normalized values."""


TANH = dict(
    zip(
        NORMALIZED,
        accumulate(NORMALIZED, lambda q, _: float(length_map("tanh", sigma_w=1.0)(q)), initial=1.0),
        strict=False,
    )
)
"""E z² over that of the input under LeCun's rule, by the length map of tanh."""


def shifted(rng: np.random.Generator) -> dict[str, Array]:
    """Draw pre-activations of which those of the last layer are 4 lower."""
    z = {f"layer {i}": rng.standard_normal((32, 48)) for i in (1, 2, 3)}
    return {**z, "layer 4": rng.standard_normal((32, 48)) - 4}


def _twice(assertion: Callable[..., object], layer: int, where: str, names: str) -> WrongRow:
    """Return a row with the standard deviation of one layer's weights doubled."""
    down = assertion is gradient
    return WrongRow(
        assertion=partial(assertion, expected=1 if down else 2),
        fault=f"factor 2 in {where}" + (", in the gradient" if down else ""),
        right=downward(he, EQUAL) if down else whole(he, EQUAL),
        wrong=downward(he, EQUAL, scale={layer: 2}) if down else whole(he, EQUAL, scale={layer: 2}),
        names=names,
    )


WRONG = [
    _twice(variance, 1, "the first layer", "layer 1 multiplies the mean square by"),
    _twice(variance, 3, "a middle layer", "layer 3 multiplies the mean square by"),
    _twice(variance, TOP, "the last layer", f"layer {TOP} multiplies the mean square by"),
    _twice(gradient, TOP, "the head", f"from output down to layer {TOP - 1} multiplies"),
    _twice(gradient, 4, "a middle layer", "from layer 4 down to layer 3 multiplies"),
    _twice(gradient, 2, "the lowest step", "from layer 2 down to layer 1 multiplies"),
    WrongRow(
        assertion=variance,
        fault="factor 2 in one layer and 1/2 in the next",
        right=whole(he, EQUAL),
        wrong=whole(he, EQUAL, scale={3: 2, 4: 0.5}),
        names="layer 3 alone is off",
    ),
    WrongRow(
        assertion=variance,
        fault="fan-in and fan-out swapped",
        right=whole(he, TAPERING),
        wrong=whole(he_fan_out, TAPERING),
        names="possible cause: fan-in n and fan-out m are swapped",
    ),
    WrongRow(
        assertion=gradient,
        fault="fan-in and fan-out swapped, in the gradient",
        right=downward(he_fan_out, TAPERING),
        wrong=downward(he, TAPERING),
        names="possible cause: fan-in n and fan-out m are swapped",
    ),
    WrongRow(
        assertion=variance,
        fault="ReLU's gain missing",
        right=whole(he, EQUAL),
        wrong=whole(glorot, EQUAL),
        names="possible cause: ReLU's gain √2 is missing",
    ),
    WrongRow(
        assertion=partial(variance, expected=TANH),
        fault="ReLU in place of tanh",
        right=whole(lecun, EQUAL, act="tanh"),
        wrong=whole(lecun, EQUAL),
    ),
    WrongRow(
        assertion=variance,
        fault="a dead layer: weights of 0",
        right=whole(he, EQUAL),
        wrong=whole(he, EQUAL, scale={4: 0}),
        names="for example in layer 4",
    ),
    WrongRow(
        assertion=partial(variance, expected=NORMALIZED),
        fault="normalization forgotten",
        right=default(norm=True),
        wrong=default(norm=False),
    ),
    WrongRow(
        assertion=saturated,
        fault="tanh with three times LeCun's standard deviation",
        right=whole(lecun, EQUAL, act="tanh"),
        wrong=whole(lambda n, m: 3 * lecun(n, m), EQUAL, act="tanh"),
        names="layer 1: 0.4",
    ),
    WrongRow(
        assertion=dead,
        fault="biases of -4 in the last layer",
        right=lambda rng: {"layer 4": rng.standard_normal((32, 48))},
        wrong=shifted,
        names="  layer 4: ",
    ),
]

TEXT = """\
This table shows how often the assertions of `saturation_lab.testing` reject correct networks. Each
row counts {right:,} correct subjects at a nominal false-alarm rate of {nominal} %
(`false_alarm=0.05`). A *given* subject consists of {given} networks; a *drawn* one is a function
that the assertion calls until it has enough of them. A subject that lies exactly at the limit of
an assertion can be rejected at only one end of its confidence interval, so its rate is about half
the nominal one. For an ordinary correct network the rate is close to 0, because the assertion
allows a factor of 2.

| assertion | correct subject | false alarms, given | false alarms, drawn | allowed |
|---|---|---|---|---|
{alarms}

The next table shows how often planted faults are found, for {wrong} subjects in each row at the
default error rates (one false alarm in 1,000,000 runs, power 99.9 %). *Named* counts the messages
that name the faulty layer or the cause, where there is one to name. All layers have {width} units,
except where fans are swapped: there the width falls from 128 to 12. A fault smaller than
`detects`, a factor of 4, may be missed: ReLU in place of tanh changes the last layer by a factor
of 3.3.

| fault | found by | correct accepted | found | named |
|---|---|---|---|---|
{faults}

Weights that are tied across layers have no row, because tying changes no mean square and no share.

This section is generated by `python -m scripts.planted_faults.network_rates`, and
`tests/proof/test_network_rates.py` runs it for a few seeds.
"""


def name_of(assertion: Callable[..., object]) -> str:
    """Return the name of an assertion with its options fixed.

    Parameters
    ----------
    assertion : callable
        The assertion or a partial of it.

    Returns
    -------
    str
        Its name.

    Examples
    --------
    >>> name_of(beyond)
    'assert_not_saturated'
    """
    while isinstance(assertion, partial):
        assertion = assertion.func
    return assertion.__name__


def alarm_lines(alarms: Sequence[int]) -> list[str]:
    """Return the rows of the first table.

    Parameters
    ----------
    alarms : sequence of int
        The false alarms in each of `RIGHT`.

    Returns
    -------
    list of str
        A row for each two of `RIGHT`.
    """
    count = len(RIGHT_SUBJECTS)
    return [
        f"| `{name_of(row.assertion)}` | {row.subject} | {100 * given / count:.1f} % "
        f"| {100 * drawn / count:.1f} % | {100 * NOMINAL:g} % |"
        for row, given, drawn in zip(RIGHT[::2], alarms[::2], alarms[1::2], strict=True)
    ]


def fault_lines(counts: Sequence[tuple[int, int, int]]) -> list[str]:
    """Return the rows of the second table.

    Parameters
    ----------
    counts : sequence of tuple of int
        How many right subjects pass, and how many faults are found and named, in each of `WRONG`.

    Returns
    -------
    list of str
        The rows.
    """
    lines = []
    for row, found in zip(WRONG, counts, strict=True):
        cells = [f"{count} of {len(WRONG_SUBJECTS)}" for count in found]
        cells[2] = cells[2] if row.names else "–"
        lines.append(f"| {row.fault} | `{name_of(row.assertion)}` | {' | '.join(cells)} |")
    return lines


def text(alarms: Sequence[int], counts: Sequence[tuple[int, int, int]]) -> str:
    """Return the section in Markdown.

    Parameters
    ----------
    alarms : sequence of int
        The false alarms in each of `RIGHT`.
    counts : sequence of tuple of int
        How many right subjects pass, and how many faults are found and named, in each of `WRONG`.

    Returns
    -------
    str
        The section without its heading.
    """
    return TEXT.format(
        nominal=f"{100 * NOMINAL:g}",
        right=len(RIGHT_SUBJECTS),
        wrong=len(WRONG_SUBJECTS),
        given=GIVEN,
        width=EQUAL[0],
        alarms="\n".join(alarm_lines(alarms)),
        faults="\n".join(fault_lines(counts)),
    )


def main() -> int:
    """Count, print the tables and write the section.

    Returns
    -------
    int
        The exit code: 0 if every row keeps what is required, else 1.
    """
    alarms = []
    for row in RIGHT:
        alarms.append(row.alarms(RIGHT_SUBJECTS))
        print(name_of(row.assertion), row.subject, row.given, alarms[-1], flush=True)
    counts = []
    for fault in WRONG:
        counts.append(fault.counts(WRONG_SUBJECTS))
        print(fault.fault, *counts[-1], flush=True)
    write_section(TITLE, text(alarms, counts))
    least = 0.99 * len(WRONG_SUBJECTS)
    kept = max(alarms) <= MOST_ALARMS and min(min(found[:2]) for found in counts) >= least
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
