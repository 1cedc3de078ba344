"""A test of the verdicts of `saturation-lab recommend` in networks of their own depth and width.

``python scripts/recommendation_table.py`` takes about ten minutes on two cores. For every
activation, width and depth it takes the recommended initialization and its four scores, and scores
200 other networks in the same way, without any law of theory. The verdict is right if the same
criteria are met. With ``--write``, the table is written to ``docs/recommendations.md``.
"""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from joblib import Parallel, delayed

from saturation_lab import ACTIVATIONS, Study
from saturation_lab.advice import CRITERIA, Candidate, Scores, candidates, scores
from saturation_lab.files import write_atomically

WIDTHS, DEPTHS, NETWORKS, SEED = (32, 100, 300, 1000), (5, 20, 50), 200, 2026
DOCUMENT = Path(__file__).parents[1] / "docs" / "recommendations.md"
TEXT = f"""\
The table shows the recommendation of `saturation-lab recommend` for each activation, depth and \
width (gaussian inputs of mean square 1), and the criteria that it does not meet: *gradient* (the \
typical gradient ratio of layer 1 to the last layer is not within a factor of 2 of 1), *inputs* \
(two unrelated inputs reach the last layer with a correlation above 0.95), *scatter* (fewer than \
half of the networks are within a factor of 2 of the typical one) and *saturation* (more than 25 % \
of the units). The last columns are measured in {NETWORKS} other networks (seed {SEED}), and \
whether they meet the same criteria. `python scripts/recommendation_table.py --write` writes this \
file."""
HEAD = (
    "activation", "layers", "units", "weights", "gain", "gain of layer 1", "σ_b", "not met",
    "gradient ratio (5 to 95 %)", "correlation", "saturated", "the same criteria",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Tested:
    """A recommendation and the scores of other networks with it."""

    chosen: Candidate
    again: Scores

    @property
    def right(self) -> bool:
        """Whether the other networks meet the same criteria."""
        return self.again.failed == self.chosen.scores.failed


def main() -> None:
    """Print the table, and write it to the document if requested."""
    cases = list(product(ACTIVATIONS, DEPTHS, WIDTHS))
    found = Parallel(n_jobs=-1, batch_size=1)(delayed(tested)(*case) for case in cases)
    lines = list(table([one for one in found if one is not None]))
    print("\n".join(lines))
    if "--write" in sys.argv[1:]:
        title = "# Recommended initializations and their verdicts, tested in other networks"
        text = [title, "", textwrap.fill(TEXT, 100), "", *lines, ""]
        write_atomically(DOCUMENT, "\n".join(text).encode())


def tested(name: str, depth: int, width: int) -> Tested | None:
    """Return the recommendation and the scores of other networks; None if there is none.

    >>> tested("relu", 5, 32).right
    True
    """
    study = Study(
        activation=name, initializer="lecun_normal", widths=(width,) * depth, inputs="gaussian"
    )
    _, found = candidates(study)
    if not found:
        return None
    again = scores(found[0].study, networks=NETWORKS, seed=SEED)
    return Tested(chosen=found[0], again=again)


def table(found: list[Tested]) -> Iterator[str]:
    """Yield a sentence with the share of right verdicts, and the rows of the table."""
    right = sum(one.right for one in found)
    yield f"The verdicts are right in {right} of {len(found)} cases ({right / len(found):.1%})."
    for key, criterion in CRITERIA.items():
        same = sum((key in one.again.failed) is (key in one.chosen.scores.failed) for one in found)
        yield f"- {criterion.title}: {same} of {len(found)}"
    yield ""
    yield _row(HEAD)
    yield _row(["---"] * len(HEAD))
    for one in found:
        yield _row(_cells(one))


def _cells(one: Tested) -> list[str]:
    net, again = one.chosen.study.architecture, one.again
    low, high = again.spread
    return [
        net.activation.name,
        str(net.depth),
        str(net.widths[0]),
        net.initializer.law,
        f"{net.gain:.5g}",
        "" if net.layers[0].gain == net.gain else f"{net.layers[0].gain:.4g}",
        f"{net.bias_scale:.4g}",
        ", ".join(one.chosen.scores.failed),
        f"{again.ratio:.2g} ({low:.2g} to {high:.2g})",
        f"{again.correlation:.3f}",
        "" if math.isnan(again.saturated) else f"{again.saturated:.1%}",
        "yes" if one.right else "no: " + (", ".join(again.failed) or "all met"),
    ]


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
