"""A test, by sampling, of the initializations that `saturation-lab recommend` proposes.

``python scripts/recommendation_table.py`` takes a minute or two. For every activation it asks for a
recommendation for 50 layers of 500 units and gaussian inputs, draws 60 networks of 16 examples each
with it, and compares E δ² of layer 1 with that of layer 50. A recommendation holds if the 95 %
interval of the mean log ratio over networks is within a factor of 2 of 1. With ``--write``, the
table is written to ``docs/recommendations.md``.
"""

from __future__ import annotations

import math
import sys
import textwrap
from pathlib import Path

import numpy as np

from saturation_lab import ACTIVATIONS, Result, Study, recommend, sample
from saturation_lab.files import write_atomically
from saturation_lab.inference import Interval, Region, mean_interval
from saturation_lab.theory import Candidate

DEPTH, WIDTH, EXAMPLES, NETWORKS, SEED = 50, 500, 16, 60, 2026
DOCUMENT = Path(__file__).parents[1] / "docs" / "recommendations.md"
WITHIN = Region(low=-math.log(2), high=math.log(2))
TEXT = f"""\
The table shows the recommendation of `saturation-lab recommend` for each activation, for {DEPTH} \
layers of {WIDTH} units and gaussian inputs. It also shows the gradient ratio of {NETWORKS} \
sampled networks with {EXAMPLES} examples each (seed {SEED}): E δ² of layer 1 divided by E δ² of \
layer {DEPTH}, as the exponential of the mean logarithm over networks, with its 95 % interval. \
*holds* means that the interval is within a factor of 2 of 1. The correlation is that of z for two \
independent inputs: if it is near 1, the network keeps its gradient, but can hardly distinguish \
the inputs. The last column is the ratio expected for PyTorch's default initialization. \
`python scripts/recommendation_table.py --write` writes this file."""
HEAD = (
    "activation", "initializer", "gain", "σ_b", "basis", "δ² ratio, expected",
    "δ² ratio, measured (typical)", "within a factor of 2", "z² ratio, layer 50 / 1",
    "correlation of two inputs in layer 50", "δ² ratio of PyTorch's default, expected",
)  # fmt: skip


def main() -> None:
    """Print the table row by row, and write it to the document if requested."""
    rows = [_row(HEAD), _row(["---"] * len(HEAD))]
    print("\n".join(rows))
    for name in ACTIVATIONS:
        rows.append(_row(_cells(name)))
        print(rows[-1], flush=True)
    if "--write" in sys.argv[1:]:
        write_atomically(DOCUMENT, _document(rows).encode())


def _cells(name: str) -> list[str]:
    study = Study(
        activation=name, initializer="lecun_normal", widths=(WIDTH,) * DEPTH, inputs="gaussian",
        examples=EXAMPLES, networks=NETWORKS, seed=SEED, dtype="float64",
    )  # fmt: skip
    found = recommend(study)
    default = next(one for one in found.others if one.title.startswith("PyTorch"))
    theirs = f"{default.profile.gradient_ratio:.1e}"
    if found.chosen is None:
        return [name, "none", "", "", found.tuning.basis.value, "", "", "no", "", "", theirs]
    return [name, *_measured(found.chosen, found.tuning.basis.value), theirs]


def _measured(chosen: Candidate, basis: str) -> list[str]:
    order = chosen.study.resolved()
    result = sample(order, workers=1)
    ratio = log_ratio(result)
    ends = [f"{math.exp(x):.2f}" for x in (ratio.estimate, ratio.low, ratio.high)]
    signal = mean_interval(
        np.log(result.values("pre_activation_mean_square", DEPTH))
        - np.log(result.values("pre_activation_mean_square", 1))
    )
    return [
        order.architecture.initializer.name,
        f"{order.gain:.6g}",
        f"{order.bias_scale or 0:g}",
        basis,
        f"{chosen.profile.gradient_ratio:.2f}",
        f"{ends[0]} [{ends[1]}, {ends[2]}]",
        WITHIN.decide(ratio).value,
        f"{math.exp(signal.estimate):.2g}",
        f"{result.values('input_correlation', DEPTH).mean():.3f}",
    ]


def log_ratio(result: Result) -> Interval:
    """Estimate the mean over networks of ln(δ² of layer 1 / δ² of the last hidden layer)."""
    first, last = (result.values("gradient_mean_square", layer) for layer in (1, DEPTH))
    return mean_interval(np.log(first) - np.log(last))


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _document(rows: list[str]) -> str:
    words = textwrap.fill(TEXT, 100)
    title = "# Recommended initializations, and whether they preserve the gradient"
    return "\n".join([title, "", words, "", *rows, ""])


if __name__ == "__main__":
    main()
