"""A lower limit of the time: drawing the normal numbers that replace the weights, and nothing else.

``python -m benchmarks.limit --networks 100`` times NumPy's own generator on one core, block by
block into one preallocated array. No sampler that draws with NumPy can be faster.
"""

from __future__ import annotations

import numpy as np

from benchmarks.ours import study_of
from benchmarks.program import answer, networks_of, options, timed
from saturation_lab.nets import numbers_drawn

READY = 2**16
"""Numbers per block, few enough to fit into the cache of a core."""


def main() -> None:
    """Time the draws for ``--networks`` networks."""
    given = options(__doc__).parse_args()
    study = study_of(networks_of(given), given.networks)
    blocks, rest = divmod(numbers_drawn(study.architecture, study.examples), READY)
    rng = np.random.default_rng(0)
    ready = np.empty(READY, np.float32)

    def normals() -> None:
        for _ in range(blocks):
            rng.standard_normal(dtype=np.float32, out=ready)
        rng.standard_normal(dtype=np.float32, out=ready[:rest])

    answer(timed(normals, given.networks))


if __name__ == "__main__":
    main()
