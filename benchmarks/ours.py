"""The time and memory of saturation_lab for the networks of a case.

``python -m benchmarks.ours --workers 2 --networks 20`` times 20 networks, after finding the ranges
and starting the workers: draws, both passes, every quantity and both histogram axes.
``--sampling-alone`` omits the statistics. ``--whole`` starts from a fresh process and also reports
its peak memory.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import replace

import numpy as np

from benchmarks.cases import Networks, Run
from benchmarks.program import answer, networks_of, options, seconds_of
from saturation_lab import Result, Study, sample
from saturation_lab.examples import shared_examples
from saturation_lab.sampling import SAMPLERS, at_work, lane_size, with_ranges

INITIALIZERS = {
    "normal": "glorot_normal",
    "uniform": "glorot_uniform",
    "orthogonal": "orthogonal",
}


def study_of(networks: Networks, count: int) -> Study:
    """Return the study of the networks that the peers measure too."""
    return Study(
        activation="tanh",
        initializer=INITIALIZERS[networks.law],
        widths=[networks.width] * networks.depth,
        examples=networks.examples,
        inputs="shapeset",
        networks=count,
    )


def everything(study: Study, workers: int) -> Run:
    """Time a study with known ranges, on workers that are already running."""
    study = with_ranges(study)
    sample(replace(study, networks=4 * workers), workers=workers, chunk=1)
    return Run(networks=study.networks, seconds=seconds_of(lambda: sample(study, workers=workers)))


def sampling_alone(study: Study) -> Run:
    """Time the draws and passes of a study on one core, without statistics."""
    study = study.resolved()
    shared, lane, trace = shared_examples(study), lane_size(study), SAMPLERS[study.sampler]
    lanes = [range(i, min(i + lane, study.networks)) for i in range(0, study.networks, lane)]

    def all_lanes() -> None:
        for lane in lanes:
            trace(study, lane, shared)

    with at_work():
        trace(study, lanes[0], shared)
        return Run(networks=study.networks, seconds=seconds_of(all_lanes))


def whole(study: Study) -> Run:
    """Time one worker that first finds the ranges, and measure its memory."""
    found: list[Result] = []
    ranged: list[Study] = []
    pilots = seconds_of(lambda: ranged.append(with_ranges(study)))
    seconds = seconds_of(lambda: found.append(sample(ranged[0], workers=1)))
    summary = found[0].summary
    rows = (summary.networks, summary.values, summary.conditional)
    return Run(
        networks=study.networks,
        seconds=seconds,
        pilots=pilots,
        peak=peak_of_memory(),
        table=int(np.sum([row.nbytes for row in rows])),
    )


def peak_of_memory() -> int:
    """Return the peak memory of this process in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Run the measurement that the options select, and print it."""
    parser = options(__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--sampling-alone", action="store_true")
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    study = study_of(networks_of(given), given.networks)
    if given.whole:
        answer(whole(study))
    elif given.sampling_alone:
        answer(sampling_alone(study))
    else:
        answer(everything(study, given.workers))


if __name__ == "__main__":
    main()
