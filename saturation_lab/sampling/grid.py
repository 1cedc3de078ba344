"""What do several initializations do to networks of several activations? A grid of studies.

Every pair of an activation and an initializer is one study, and all of them share their seed: the
networks of one index are drawn from the same random numbers, so differences are paired. The folder
holds ``grid.toml`` and one ordinary result folder a pair; it appears by rename, never half-written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from saturation_lab.checks import NOTHING, InputError, Words, choice
from saturation_lab.files import write_folder
from saturation_lab.inference.intervals import Interval, mean_interval
from saturation_lab.measured import Tick, refuse_unpaired
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.initializers import Initializer
from saturation_lab.nets.own import find_activation, find_initializer, name_of
from saturation_lab.sampling.cost import refuse_what_does_not_fit
from saturation_lab.sampling.result import Result, refuse_existing
from saturation_lab.sampling.run import checked_workers, sample, with_ranges
from saturation_lab.study import SCHEMA, Study

if TYPE_CHECKING:
    import pandas as pd

_Pair = tuple[str, str]

_FILE = "grid.toml"
_AXES = ("activation", "initializer")


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Every pair of some activations and some initializers; all else is as in one study.

    Attributes:
        study: everything but the pair; its own activation and initializer play no part.
        activations: each as in a `Study`.
        initializers: each as in a `Study`.

    Raises:
        InputError: a name is unknown or comes twice, or a pair is no study, such as a rule that
            has no gain for an activation.

    >>> study = Study(activation="tanh", initializer="he_normal", widths=(16,) * 3, networks=4)
    >>> grid = Grid(study=study, activations=["tanh", "relu"], initializers=["he_normal"])
    >>> list(grid.studies)
    [('tanh', 'he_normal'), ('relu', 'he_normal')]
    """

    study: Study
    activations: Sequence[str | Activation | Callable[..., Any]]
    initializers: Sequence[str | Initializer]

    def __post_init__(self) -> None:
        axes = {"activation": self.activations, "initializer": self.initializers}
        for key, given in axes.items():
            object.__setattr__(self, f"{key}s", _members(f"{key}s", given))
        names = [self._names(key) for key in _AXES]
        for key, found in zip(_AXES, names, strict=True):
            for name in found:
                if found.count(name) > 1:
                    raise InputError(f"{key}s", expected="each once", got=Words(f"{name} twice"))
        first = replace(
            self.study, activation=self.activations[0], initializer=self.initializers[0]
        )
        object.__setattr__(self, "study", first)
        _ = self.studies  # every pair is a study, or none is drawn

    def _names(self, key: str) -> list[str]:
        if key == "activation":
            return [name_of(a) or find_activation(a).name for a in self.activations]
        return [name_of(i) or find_initializer(i).name for i in self.initializers]

    @cached_property
    def studies(self) -> Mapping[_Pair, Study]:
        """Return the study of each pair, by the names of activation and initializer."""
        return {
            (a_name, i_name): replace(self.study, activation=activation, initializer=initializer)
            for a_name, activation in zip(self._names("activation"), self.activations, strict=True)
            for i_name, initializer in zip(
                self._names("initializer"), self.initializers, strict=True
            )
        }

    @property
    def folders(self) -> Mapping[str, _Pair]:
        """Return the pairs by the names of their folders, which any file system takes."""
        return {
            "_".join([f"{i:02d}", *(re.sub(r"[^A-Za-z0-9]+", "-", part) for part in pair)]): pair
            for i, pair in enumerate(self.studies, 1)
        }

    def to_toml(self) -> str:
        """Return the grid as TOML."""
        import tomli_w

        rest = self.study.to_dict()
        for key in _AXES:
            del rest[key]
        lists = {f"{key}s": self._names(key) for key in _AXES}
        for study in self.studies.values():
            study.to_dict()  # refuses what has no name to be found by
        return tomli_w.dumps({"schema": SCHEMA, **lists, "study": rest})

    @classmethod
    def from_toml(cls, text: str, *, where: str = _FILE) -> Grid:
        """Return the grid that TOML text describes."""
        try:
            data = tomllib.loads(text)
        except ValueError as error:
            raise InputError(where, expected="TOML", got=Words(error)) from error
        for key in data:
            choice(f"{where}: key", key, ("schema", "activations", "initializers", "study"))
        if data.get("schema") != SCHEMA or isinstance(data["schema"], bool):
            raise InputError(f"{where}: schema", expected=str(SCHEMA), got=data.get("schema"))
        lists = {f"{key}s": _members(f"{key}s", data.get(f"{key}s", NOTHING)) for key in _AXES}
        rest = data.get("study")
        if not isinstance(rest, Mapping):
            raise InputError(f"{where}: study", expected="a table of keys", got=rest)
        firsts = {key: lists[f"{key}s"][0] for key in _AXES}
        return cls(study=Study.from_dict({**rest, **firsts}, where=where), **lists)


@dataclass(frozen=True, kw_only=True)
class GridResult:
    """A grid and what the networks of each pair showed."""

    grid: Grid
    results: Mapping[_Pair, Result]

    @property
    def activations(self) -> list[str]:
        """Return the names of the activations."""
        return list(dict.fromkeys(name for name, _ in self.results))

    def of(self, activation: str) -> dict[str, Result]:
        """Return the results of one activation by initializer."""
        choice("activation", activation, self.activations)
        return {rule: r for (name, rule), r in self.results.items() if name == activation}

    def profile(self) -> pd.DataFrame:
        """Return the profiles of all pairs: activation, initializer, and a profile's columns."""
        import pandas as pd

        tables = []
        for (activation, initializer), result in self.results.items():
            table = result.profile()
            table.insert(0, "activation", activation)
            table.insert(1, "initializer", initializer)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def differences(self, quantity: str, layer: int) -> pd.DataFrame:
        """Return how every two initializers of an activation differ, network by network.

        Columns: activation, initializer, than, estimate, se, low, high, ratio. ``estimate`` is the
        mean over networks of log(quantity under ``initializer``) - log(the same under ``than``),
        with its 95 % interval; ``ratio`` is its exponential. nan where a logarithm is undefined.
        """
        import pandas as pd

        rows = []
        for activation in self.activations:
            for (one, first), (other, second) in combinations(self.of(activation).items(), 2):
                found = paired_difference(first, second, quantity, layer)
                rows.append(
                    {
                        "activation": activation,
                        "initializer": one,
                        "than": other,
                        "estimate": found.estimate,
                        "se": found.se,
                        "low": found.low,
                        "high": found.high,
                        "ratio": float(np.exp(found.estimate)),
                    }
                )
        columns = ["activation", "initializer", "than", "estimate", "se", "low", "high", "ratio"]
        return pd.DataFrame(rows, columns=columns)

    def to_json(self) -> dict[str, Any]:
        """Return every pair's profile and study as plain data."""
        return {
            "schema": SCHEMA,
            "pairs": [
                {"activation": activation, "initializer": initializer, **result.to_json()}
                for (activation, initializer), result in self.results.items()
            ],
        }

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the grid's folder; an existing one is replaced only with ``force``."""
        refuse_existing_grid(Path(folder).resolve(), force=force)
        return write_folder(folder, self._write)

    def _write(self, folder: Path) -> None:
        (folder / _FILE).write_text(self.grid.to_toml(), encoding="utf-8")
        for name, pair in self.grid.folders.items():
            (folder / name).mkdir()
            self.results[pair].write_into(folder / name)

    @classmethod
    def load(cls, folder: str | Path) -> GridResult:
        """Read a grid's folder; one that is damaged, or not of its ``grid.toml``, is refused."""
        folder = Path(folder)
        grid = _read(folder)
        results = {}
        for name, pair in grid.folders.items():
            results[pair] = Result.load(folder / name, name=", ".join(pair))
            expected = replace(grid.studies[pair].resolved(), ranges=results[pair].study.ranges)
            if results[pair].study != expected:
                raise InputError(
                    "grid",
                    expected=f"the study of {', '.join(pair)}",
                    got=Words(f"another in {folder / name}"),
                )
        return cls(grid=grid, results=results)


def sample_grid(grid: Grid, *, workers: int | None = None, tick: Tick | None = None) -> GridResult:
    """Draw and measure the networks of every pair; those of one activation share their axes.

    >>> study = Study(activation="tanh", initializer="he_normal", widths=(16,) * 3, networks=4)
    >>> grid = Grid(study=study, activations=["tanh", "relu"], initializers=["he_normal"])
    >>> sample_grid(grid, workers=1).profile().columns.tolist()[:4]
    ['activation', 'initializer', 'study', 'layer']
    """
    refuse_any_that_does_not_fit(grid.studies.values(), workers=workers)
    results: dict[_Pair, Result] = {}
    for activation in dict.fromkeys(name for name, _ in grid.studies):
        pairs = [pair for pair in grid.studies if pair[0] == activation]
        studies = {", ".join(pair): grid.studies[pair] for pair in pairs}
        found = sample_alike(studies, workers=workers, tick=tick)
        results.update(zip(pairs, found.values(), strict=True))
    return GridResult(grid=grid, results=results)


def sample_alike(
    studies: Mapping[str, Study], *, workers: int | None = None, tick: Tick | None = None
) -> dict[str, Result]:
    """Sample studies by name on one axis a signal, for all that stand in one figure."""
    shared = with_ranges(*studies.values()).ranges
    return {
        name: sample(replace(study, ranges=shared), name=name, workers=workers, tick=tick)
        for name, study in studies.items()
    }


def refuse_any_that_does_not_fit(studies: Iterable[Study], *, workers: int | None) -> None:
    """Raise `InputError` for the first study that needs too much memory, before any is drawn."""
    for study in studies:
        refuse_what_does_not_fit(study, workers=checked_workers(workers))


def paired_difference(first: Result, second: Result, quantity: str, layer: int) -> Interval:
    """Return the mean over networks of log(first) - log(second) of a quantity in one layer.

    Raises:
        InputError: the two do not share their seed and networks.
    """
    refuse_unpaired(first, second)
    with np.errstate(all="ignore"):  # what is not positive has no logarithm
        logs = [np.log(result.values(quantity, layer)) for result in (first, second)]
        return mean_interval(logs[0] - logs[1])


def refuse_existing_grid(folder: Path, *, force: bool) -> None:
    """Raise `InputError` when ``folder`` exists and must not, or holds anything but a grid."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not _is_grid(folder):
        raise InputError(
            "output",
            expected="a new folder or a grid's folder",
            got=Words(f"{folder}, which holds something else"),
        )
    if not force:
        raise InputError(
            "output",
            expected="a new folder",
            got=Words(f"{folder}, which exists"),
            hint="--force replaces it",
        )


def _is_grid(folder: Path) -> bool:
    """Return whether a folder holds a grid's results and nothing else."""
    try:
        folders = set(_read(folder).folders)
        if {entry.name for entry in folder.iterdir()} - {_FILE} - folders:
            return False
        for name in folders:
            refuse_existing(folder / name, force=True)
    except (InputError, OSError):
        return False
    return True


def _read(folder: Path) -> Grid:
    try:
        text = (folder / _FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "grid", expected=f"a grid's folder with its {_FILE}", got=Words(folder)
        ) from error
    return Grid.from_toml(text, where=str(folder / _FILE))


def _members(key: str, given: object) -> tuple[Any, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InputError(key, expected="a list of names", got=given)
    if not given:
        raise InputError(key, expected="at least one", got=Words("none"))
    return tuple(given)
