"""The random number streams, one for each network and purpose.

Network i draws from ``SeedSequence(seed, spawn_key=(i, purpose))`` regardless of the worker, the
chunk and the order in which it is computed. Studies with the same seed therefore share the streams
of each network, and comparisons between them are paired.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """The purpose of a stream.

    Pilot networks, which only set the ranges of histograms, have streams of their own.
    """

    WEIGHTS = 0
    BIASES = 1
    INPUTS = 2
    COTANGENT = 3
    SHARED_INPUTS = 4
    UNSEEN = 5
    BLOCK = 6
    PILOT_WEIGHTS = 16
    PILOT_BIASES = 17
    PILOT_INPUTS = 18
    PILOT_COTANGENT = 19
    PILOT_UNSEEN = 20
    PILOT_BLOCK = 21


_PILOT = {
    Purpose.WEIGHTS: Purpose.PILOT_WEIGHTS,
    Purpose.BIASES: Purpose.PILOT_BIASES,
    Purpose.INPUTS: Purpose.PILOT_INPUTS,
    Purpose.COTANGENT: Purpose.PILOT_COTANGENT,
    Purpose.SHARED_INPUTS: Purpose.SHARED_INPUTS,
    Purpose.UNSEEN: Purpose.PILOT_UNSEEN,
    Purpose.BLOCK: Purpose.PILOT_BLOCK,
}


def stream(
    seed: int, *, network: int, purpose: Purpose, pilot: bool = False
) -> np.random.Generator:
    """Return the random number generator for one network and one purpose.

    Parameters
    ----------
    seed : int
        The seed of the study.
    network : int
        The index of the network, from 0.
    purpose : Purpose
        What the numbers are used for.
    pilot : bool
        Whether the network is a pilot network.

    Returns
    -------
    Generator
        An SFC64 generator at the start of its stream.

    Examples
    --------
    >>> draw = stream(1, network=0, purpose=Purpose.WEIGHTS).random()
    >>> draw == stream(1, network=0, purpose=Purpose.WEIGHTS).random()
    True
    """
    purpose = _PILOT[purpose] if pilot else purpose
    # spawn_key keeps streams distinct, whereas SeedSequence([1]) equals SeedSequence([1, 0])
    seeds = np.random.SeedSequence(seed, spawn_key=(network, int(purpose)))
    return np.random.Generator(np.random.SFC64(seeds))
