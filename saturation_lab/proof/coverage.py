"""Coverage of the intervals in the default table of a study, for narrow, wide and deep networks.

In each cell of a grid over activations, widths and depths, a pool of networks is sampled, each with
one example and a random cotangent. The pool is divided into independent studies, and many more
studies are drawn from it with replacement. The intervals of `inference.averages` must contain the
value of the pool, or the exact one where theory knows the law.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from saturation_lab.checks import whole
from saturation_lab.examples import shared_examples
from saturation_lab.inference.averages import Averages, Basis, Known, averages
from saturation_lab.nets.arrays import Float64
from saturation_lab.proof.guarantees import CoverageRow
from saturation_lab.sampling.run import checked_workers, sample
from saturation_lab.study import Study
from saturation_lab.theory.criticality import critical_point
from saturation_lab.theory.finite_width import mean_square_law
from saturation_lab.theory.network_law import law_of

WIDTHS, DEPTHS = (10, 30, 100, 300), (5, 20, 50, 100)
NETWORKS = 6000
"""The default number of networks in the pool of each cell."""
SIZE = 30
"""The number of networks in a study."""
STUDIES = 10_000
"""The number of studies that are drawn from each pool with replacement."""


def _rules() -> dict[str, dict[str, Any]]:
    """Return the initialization of each activation: He's, Glorot's, and the critical point."""
    silu = critical_point("silu")
    return {
        "relu": {"initializer": "he_normal"},
        "tanh": {"initializer": "glorot_normal"},
        "silu": {
            "initializer": "lecun_normal",
            "gain": silu.sigma_w,
            "bias": "normal",
            "bias_scale": silu.sigma_b,
        },
    }


NUMBERS = {"z² on top": "pre_activation_mean_square", "δ² in layer 1": "gradient_mean_square"}
"""The numbers of the default table that accumulate over all layers."""


def coverage(
    *,
    seed: int,
    networks: int = NETWORKS,
    widths: Sequence[int] = WIDTHS,
    depths: Sequence[int] = DEPTHS,
    workers: int | None = None,
) -> Iterator[CoverageRow]:
    """Measure how often the intervals of typical networks and of means cover.

    Parameters
    ----------
    seed : int
        The seed of the networks and of the studies drawn from them.
    networks : int
        The number of networks in the pool of each cell, at least two studies.
    widths, depths : sequence of int
        The widths and depths of the cells.
    workers : int, optional
        The number of processes; by default one per core. The numbers do not depend on it.

    Yields
    ------
    CoverageRow
        One row for each activation, width, depth and number of `NUMBERS`.

    Raises
    ------
    InputError
        If there are too few networks for two studies.

    Examples
    --------
    >>> rows = list(coverage(seed=1, networks=600, widths=[10], depths=[5], workers=1))
    >>> [(row.activation, row.number) for row in rows[:2]]
    [('relu', 'z² on top'), ('relu', 'δ² in layer 1')]
    >>> rows[0].exact, rows[2].exact
    (True, False)
    """
    networks = whole("networks", networks, low=2 * SIZE)
    cells = [
        Study(
            activation=activation,
            widths=(width,) * depth,
            features=width,
            inputs="gaussian",
            examples=1,
            loss=None,
            networks=networks,
            seed=seed,
            dtype="float64",
            **rule,
        )
        for activation, rule in _rules().items()
        for width in widths
        for depth in depths
    ]
    parallel = Parallel(n_jobs=checked_workers(workers), return_as="generator")
    for rows in parallel(delayed(_rows)(study) for study in cells):
        yield from rows


def _rows(study: Study) -> list[CoverageRow]:
    depth = len(study.widths)
    layers = dict(zip(NUMBERS, (depth, 1), strict=True))
    places = [(quantity, layers[number]) for number, quantity in NUMBERS.items()]
    result = sample(study, workers=1, only=frozenset(places))
    rng = np.random.default_rng(
        np.random.SeedSequence(study.seed, spawn_key=(depth, *study.widths))
    )
    rows = []
    for number, (quantity, layer) in zip(NUMBERS, places, strict=True):
        pool, known = result.values(quantity, layer), result.known(quantity, layer)
        typical = float(np.log(pool[pool > 0]).mean())
        mean = _exact_mean(result.study, quantity, layer)
        truths = (math.exp(typical), float(pool.mean()) if mean is None else mean)
        apart = pool[: len(pool) // SIZE * SIZE].reshape(SIZE, -1)
        drawn = averages(pool[rng.integers(len(pool), size=(SIZE, STUDIES))], known)
        rows.append(
            CoverageRow(
                activation=result.study.architecture.activation.name,
                width=study.widths[0],
                depth=depth,
                number=number,
                beta=float(np.log(pool[pool > 0]).var()),
                zeros=float(np.mean(pool == 0)),
                exact=mean is not None,
                typical=float(_covers_typical(drawn, truths[0]).mean()),
                apart=float(_covers_typical(averages(apart, known), truths[0]).mean()),
                shown=float(_shown(drawn).mean()),
                right=float(np.mean(~_shown(drawn) | _covers_mean(drawn, truths[1]))),
                t_alone=_t_alone(pool, rng, truths[1]),
            )
        )
    return rows


def _exact_mean(study: Study, quantity: str, layer: int) -> float | None:
    """Return the exact mean over networks, for the example that they are shown."""
    if law_of(study, quantity, layer) is None:
        return None
    shown = shared_examples(study)
    assert shown is not None  # the inputs are not fresh
    square = float(np.mean(np.square(shown.x, dtype=np.float64)))
    return mean_square_law(study.architecture, layer, of=quantity, input_mean_square=square).mean


def _covers_typical(found: Averages, truth: float) -> Any:
    return (found.typical_low <= truth) & (truth <= found.typical_high)


def _shown(found: Averages) -> Any:
    return found.basis != Basis.WITHHELD.value


def _covers_mean(found: Averages, truth: float) -> Any:
    return (found.low <= truth) & (truth <= found.high)


def _t_alone(pool: Float64, rng: np.random.Generator, truth: float) -> float:
    """Return how often Student's t interval covers the mean: the planted fault."""
    found = averages(pool[rng.integers(len(pool), size=(SIZE, STUDIES))], Known())
    return float(_covers_mean(found, truth).mean())
