"""A small report, shared by all tests, that is computed in a second."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

FIRST = ("claims", "pages", "laws", "compare", "exhibits", "theory", "cli", "figures")
"""The folders with the slowest tests, which are run first, so that no worker idles at the end."""

SHARED = ("claims",)
"""The folders whose files share an expensive fixture; one worker runs all of such a folder."""

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


class _ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Give each file, or each folder of `SHARED`, to one worker: its fixtures are made once."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", maxsplit=1)[0]
        folder = _folder(path)
        return folder if folder in SHARED else path


def _folder(path: str) -> str:
    """Return the name of the folder in which a file of tests is."""
    return Path(path).parent.name


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Distribute the tests by file."""
    return _ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest folders first."""
    rank = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: rank.get(_folder(item.nodeid.split("::")[0]), len(FIRST)))


def pytest_collection_finish() -> None:
    """Exclude the collected tests, which live to the end, from every garbage collection."""
    gc.collect()
    gc.freeze()
