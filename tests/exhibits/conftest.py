"""The networks of two small reports, sampled and judged once for the tests of exhibits."""

from __future__ import annotations

import tomllib

import pytest

from saturation_lab.pages import Report, compute, spec_from
from tests.small_reports import PAIRS_TOML

SMALL = """
title = "A small report"
question = "Does it work?"
claims = ["glorot_2010", "glorot_2010_jacobians"]

[study]
activation = "tanh"
depth = 3
width = 40
examples = 20
singular_values = 2
networks = 5
seed = 3

[roles.standard]
title = "Standard <&>"
initializer = "standard_uniform"

[roles.normalized]
title = "Normalized"
initializer = "glorot_uniform"

[groups.digits]
title = "Digits"
inputs = "digits"

[[sections]]
title = "Verdicts"
group = "digits"
exhibits = ["verdicts"]
"""


@pytest.fixture(scope="session")
def report() -> Report:
    """Return two initializations of tanh networks, with the paper's statements judged."""
    return compute(spec_from(tomllib.loads(SMALL), name="small"), workers=1)


@pytest.fixture(scope="session")
def pairs() -> Report:
    """Return two initializations of ReLU networks, and what they keep."""
    return compute(spec_from(tomllib.loads(PAIRS_TOML), name="pairs"), workers=1)
