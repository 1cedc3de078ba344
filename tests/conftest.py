"""A small report, shared by all tests, that is computed in a second."""

from __future__ import annotations

from pathlib import Path

import pytest

SMALL = """
schema = 1
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
title = "Everything"
text = "All figures."
group = "digits"
exhibits = [EXHIBITS]
"""


@pytest.fixture(scope="session")
def small_toml() -> str:
    """Return the TOML of a report of small networks that shows every exhibit of networks."""
    from saturation_lab.exhibits import CELLED, EXHIBITS, FORESEEN, ONE_ACTIVATION, STATED

    others = {CELLED, FORESEEN, ONE_ACTIVATION, STATED}
    names = [f'"{name}"' for name, one in EXHIBITS.items() if others.isdisjoint(one.needs)]
    return SMALL.replace("EXHIBITS", ", ".join(names))


@pytest.fixture
def small_report(small_toml: str, tmp_path: Path) -> Path:
    """Return a file with the TOML of the small report."""
    path = tmp_path / "small.toml"
    path.write_text(small_toml)
    return path
