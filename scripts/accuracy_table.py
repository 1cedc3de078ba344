"""The accuracy of the moments and kernels of every activation, compared with mpmath.

``python scripts/accuracy_table.py`` prints, for every built-in activation and every variance q, the
largest error of eight moments relative to E|f|, and that of the kernels of pairs. The reference
values were computed with mpmath by ``scripts/theory_values.py``. With ``--write``, the table is
written to ``docs/accuracy.md``.
"""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from saturation_lab import ACTIVATIONS, gaussian_mean, phase_diagram
from saturation_lab.files import write_atomically
from saturation_lab.theory import pair_mean

HOME = Path(__file__).parents[1]
DOCUMENT = HOME / "docs" / "accuracy.md"
TEXT = """\
The table lists the largest errors in comparison with reference values computed with mpmath (22 \
digits for moments, 15 for pairs), relative to E|f|, the expected absolute value of the integrand. \
The columns q = ... show the errors of \
E φ, E φ², E φ⁴, E φ', E φ'², E φ'⁴, E φφ' and dE φ²/dq for z ~ N(0, q). The column "pairs" shows \
those of the kernels E φφ and E φ'φ' of two pre-activations, with correlations up to 1 - 1e-12. \
The machine epsilon of float64 is 2.2e-16. The last column is the time of a phase diagram of \
200 × 200 points on one core. `python scripts/accuracy_table.py --write` writes this file."""


def _data(name: str) -> list[list[Any]]:
    file = HOME / "tests" / "theory" / name
    rows: list[list[Any]] = json.loads(file.read_text(encoding="utf-8"))["rows"]
    return rows


def of_moments() -> dict[str, dict[str, float]]:
    """Return the largest error of the moments, by activation and q."""
    worst: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name, of, q, mean, size in _data("moments.json"):
        found = float(gaussian_mean(name, np.float64(q), of=of))
        worst[name][q] = max(worst[name][q], abs(found - float(mean)) / float(size))
    return worst


def of_pairs() -> dict[str, float]:
    """Return the largest error of the kernels, by activation."""
    worst: dict[str, float] = defaultdict(float)
    for name, of, q1, q2, apart, sign, mean, size in _data("pairs.json"):
        c = sign * (1 - float(apart))
        found = float(pair_mean(name, float(q1), float(q2), c, of=of))
        worst[name] = max(worst[name], abs(found - float(mean)) / float(size))
    return worst


def seconds_of_a_diagram(name: str) -> float:
    """Measure the time of a phase diagram of 200 × 200 points on one core."""
    start = time.perf_counter()
    phase_diagram(name, sigma_w=np.linspace(0.1, 4, 200), sigma_b=np.linspace(0, 2, 200))
    return time.perf_counter() - start


def lines() -> list[str]:
    """Format the table in Markdown."""
    moments, pairs = of_moments(), of_pairs()
    variances = list(moments["tanh"])
    head = ["activation", *(f"q = {q}" for q in variances), "pairs", "phase diagram, s"]
    rows = [head, ["---"] * len(head)]
    for name in ACTIVATIONS:
        errors = [*moments[name].values(), pairs[name]]
        cells = ["0" if error == 0 else f"{error:.1g}" for error in errors]
        rows.append([name, *cells, f"{seconds_of_a_diagram(name):.2f}"])
    return ["| " + " | ".join(row) + " |" for row in rows]


def main() -> None:
    """Print the table, and write it to the document if requested."""
    table = "\n".join(lines())
    print(table)
    if "--write" in sys.argv[1:]:
        text = "\n".join(textwrap.wrap(TEXT, 100, break_on_hyphens=False))
        page = f"# Accuracy of the theory\n\n{text}\n\n{table}\n"
        write_atomically(DOCUMENT, page.encode())


if __name__ == "__main__":
    main()
