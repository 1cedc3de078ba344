"""Grids of studies: every pair of some activations and some initializers.

All studies share one seed: networks with the same index are drawn from the same random numbers, so
differences between initializers are paired. A grid folder contains ``grid.toml`` and one ordinary
result folder per pair. It is written under a temporary name and then renamed, so it is never
incomplete.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
from saturation_lab.nets.own import (
    checked_activation,
    checked_initializer,
    find_activation,
    find_initializer,
    name_of,
)
from saturation_lab.printed import Printed
from saturation_lab.sampling.cost import refuse_what_does_not_fit
from saturation_lab.sampling.result import Result, refuse_existing
from saturation_lab.sampling.run import checked_workers, sample, with_ranges
from saturation_lab.statistics.quantities import Only
from saturation_lab.study import SCHEMA, Study

if TYPE_CHECKING:
    import pandas as pd

_Pair = tuple[str, str]

_FILE = "grid.toml"
_CHECKED = {"activation": checked_activation, "initializer": checked_initializer}
_AXES = tuple(_CHECKED)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One study for every pair of some activations and some initializers.

    Attributes
    ----------
    study : Study
        All other keys. Its own activation and initializer are ignored.
    activations : sequence of str, Activation or callable
        The activations, each as in a `Study`.
    initializers : sequence of str or Initializer
        The initializers, each as in a `Study`.

    Raises
    ------
    InputError
        If a name is unknown or occurs twice, or a pair is not a valid study, for example because
        the initializer has no gain for the activation.

    Examples
    --------
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
            checked = tuple(_CHECKED[key](key, one) for one in _members(f"{key}s", given))
            object.__setattr__(self, f"{key}s", checked)
        names = [self._names(key) for key in _AXES]
        for key, found in zip(_AXES, names, strict=True):
            for name in found:
                if found.count(name) > 1:
                    raise InputError(
                        f"{key}s", expected="each name once", got=Words(f"{name} twice")
                    )
        first = replace(
            self.study, activation=self.activations[0], initializer=self.initializers[0]
        )
        object.__setattr__(self, "study", first)
        _ = self.studies  # refuses an invalid pair before any is sampled

    def _names(self, key: str) -> list[str]:
        if key == "activation":
            return [name_of(a) or find_activation(a).name for a in self.activations]
        return [name_of(i) or find_initializer(i).name for i in self.initializers]

    @cached_property
    def studies(self) -> Mapping[_Pair, Study]:
        """Return the study of each pair, keyed by the names of activation and initializer."""
        return {
            (a_name, i_name): replace(self.study, activation=activation, initializer=initializer)
            for a_name, activation in zip(self._names("activation"), self.activations, strict=True)
            for i_name, initializer in zip(
                self._names("initializer"), self.initializers, strict=True
            )
        }

    @property
    def folders(self) -> Mapping[str, _Pair]:
        """Return the pairs, keyed by folder names that are valid on any file system."""
        return {
            "_".join([f"{i:02d}", *(re.sub(r"[^A-Za-z0-9]+", "-", part) for part in pair)]): pair
            for i, pair in enumerate(self.studies, 1)
        }

    def to_toml(self) -> str:
        """Return the grid as TOML text."""
        import tomli_w

        rest = self.study.to_dict()
        for key in _AXES:
            del rest[key]
        lists = {f"{key}s": self._names(key) for key in _AXES}
        for study in self.studies.values():
            study.to_dict()  # refuses members that cannot be found by name
        return tomli_w.dumps({"schema": SCHEMA, **lists, "study": rest})

    @classmethod
    def from_toml(cls, text: str, *, where: str = _FILE) -> Grid:
        """Parse a grid from TOML text.

        Parameters
        ----------
        text : str
            The text, as returned by `to_toml`.
        where : str
            The name of the file, for error messages.

        Returns
        -------
        Grid
            The grid.

        Raises
        ------
        InputError
            If the text is not TOML, or a key is missing, unknown or unusable.
        """
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


@dataclass(frozen=True, kw_only=True, repr=False)
class GridResult(Printed):
    """A grid and the results of its studies.

    Attributes
    ----------
    grid : Grid
        The studies.
    results : mapping of (str, str) to Result
        The result of each pair, keyed by the names of activation and initializer.
    """

    grid: Grid
    results: Mapping[_Pair, Result]

    @property
    def activations(self) -> list[str]:
        """Return the names of the activations."""
        return list(dict.fromkeys(name for name, _ in self.results))

    def of(self, activation: str) -> dict[str, Result]:
        """Return the results of one activation.

        Parameters
        ----------
        activation : str
            The name of the activation.

        Returns
        -------
        dict of str to Result
            The results, keyed by the names of the initializers.

        Raises
        ------
        InputError
            If the grid has no such activation.
        """
        choice("activation", activation, self.activations)
        return {rule: r for (name, rule), r in self.results.items() if name == activation}

    def profile(self) -> pd.DataFrame:
        """Return the profiles of all pairs, starting with columns activation and initializer."""
        import pandas as pd

        tables = []
        for (activation, initializer), result in self.results.items():
            table = result.profile()
            table.insert(0, "activation", activation)
            table.insert(1, "initializer", initializer)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)

    def differences(self, quantity: str, layer: int) -> pd.DataFrame:
        """Compare every two initializers of each activation, network by network.

        Parameters
        ----------
        quantity : str
            The name of a recorded quantity.
        layer : int
            The hidden layer from 1, or the output layer, L + 1.

        Returns
        -------
        DataFrame
            Columns: activation, initializer, than, estimate, se, low, high, ratio. ``estimate`` is
            the mean over networks of the difference log(quantity under ``initializer``) -
            log(quantity under ``than``), with its standard error and 95 % interval; ``ratio`` is
            its exponential. nan if a logarithm is undefined.

        Raises
        ------
        InputError
            If the quantity or the layer is unknown.
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
        """Return the profile and study of every pair as a JSON-serializable dict."""
        return {
            "schema": SCHEMA,
            "pairs": [
                {"activation": activation, "initializer": initializer, **result.to_json()}
                for (activation, initializer), result in self.results.items()
            ],
        }

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the grid folder.

        Parameters
        ----------
        folder : str or Path
            The folder to create.
        force : bool
            Whether an existing grid folder may be replaced.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            If the folder exists already or cannot be written.
        """
        refuse_existing_grid(Path(folder).resolve(), force=force)
        return write_folder(folder, self._write)

    def _write(self, folder: Path) -> None:
        (folder / _FILE).write_text(self.grid.to_toml(), encoding="utf-8")
        for name, pair in self.grid.folders.items():
            (folder / name).mkdir()
            self.results[pair].write_into(folder / name)

    @classmethod
    def load(cls, folder: str | Path) -> GridResult:
        """Read a grid folder.

        Parameters
        ----------
        folder : str or Path
            The folder that `save` wrote.

        Returns
        -------
        GridResult
            The grid with its results.

        Raises
        ------
        InputError
            If the folder is missing or damaged, or a result does not match ``grid.toml``.
        """
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
                    got=Words(f"a different one in {folder / name}"),
                )
        return cls(grid=grid, results=results)


def sample_grid(grid: Grid, *, workers: int | None = None, tick: Tick | None = None) -> GridResult:
    """Draw and measure the networks of every pair.

    The results of one activation share the axes of their histograms.

    Parameters
    ----------
    grid : Grid
        The studies.
    workers : int or None
        Number of processes; None for one per core.
    tick : callable or None
        Called with the number of networks just finished.

    Returns
    -------
    GridResult
        The results of all pairs.

    Raises
    ------
    InputError
        If a study does not fit into memory, or ``workers`` is out of range.

    Examples
    --------
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
    studies: Mapping[str, Study],
    *,
    workers: int | None = None,
    tick: Tick | None = None,
    only: Collection[str] | None = None,
) -> dict[str, Result]:
    """Sample several studies on common histogram axes, so that one figure can show them all.

    Parameters
    ----------
    studies : mapping of str to Study
        The studies, keyed by name.
    workers : int or None
        Number of processes; None for one per core.
    tick : callable or None
        Called with the number of networks just finished.
    only : collection of str or None
        The quantities to compute, in every hidden layer; the other values are nan, and there are no
        histograms. None for everything.

    Returns
    -------
    dict of str to Result
        The results, keyed by name.

    Raises
    ------
    InputError
        If two studies ask for different ranges of a signal, or one does not fit into memory.

    Examples
    --------
    >>> study = Study(activation="tanh", initializer="he_normal", widths=(16,), networks=2)
    >>> wider = replace(study, gain=3.0)
    >>> found = sample_alike({"he": study, "gain 3": wider}, workers=1)
    >>> found["he"].study.ranges == found["gain 3"].study.ranges
    True
    """
    if only is None:
        shared = with_ranges(*studies.values()).ranges
        studies = {name: replace(study, ranges=shared) for name, study in studies.items()}
    return {
        name: sample(study, name=name, workers=workers, tick=tick, only=_in_each_layer(study, only))
        for name, study in studies.items()
    }


def _in_each_layer(study: Study, quantities: Collection[str] | None) -> Only | None:
    """Return quantities, each with the number of every hidden layer; None for everything."""
    if quantities is None:
        return None
    layers = range(1, len(study.widths) + 1)
    return frozenset((quantity, layer) for quantity in quantities for layer in layers)


def refuse_any_that_does_not_fit(studies: Iterable[Study], *, workers: int | None) -> None:
    """Raise an error if any study needs too much memory, before the first is sampled.

    Parameters
    ----------
    studies : iterable of Study
        The studies.
    workers : int or None
        Number of processes; None for one per core.

    Raises
    ------
    InputError
        For the first study that does not fit into memory.
    """
    for study in studies:
        refuse_what_does_not_fit(study, workers=checked_workers(workers))


def paired_difference(first: Result, second: Result, quantity: str, layer: int) -> Interval:
    """Estimate the paired log ratio of a quantity in one layer of two results.

    Parameters
    ----------
    first, second : Result
        Two results with the same seed and number of networks.
    quantity : str
        The name of a recorded quantity.
    layer : int
        The hidden layer from 1, or the output layer, L + 1.

    Returns
    -------
    Interval
        The mean over networks of log(first) - log(second) with its 95 % interval; nan if a
        logarithm is undefined.

    Raises
    ------
    InputError
        If the two do not share their seed and networks.

    Examples
    --------
    >>> from saturation_lab.sampling.run import sample
    >>> study = Study(activation="tanh", initializer="he_normal", widths=(16,), networks=2)
    >>> result = sample(study, workers=1)
    >>> paired_difference(result, result, "pre_activation_mean_square", 1).estimate
    0.0
    """
    refuse_unpaired(first, second)
    with np.errstate(all="ignore"):  # the logarithm of 0 or less is not finite
        logs = [np.log(result.values(quantity, layer)) for result in (first, second)]
        return mean_interval(logs[0] - logs[1])


def refuse_existing_grid(folder: Path, *, force: bool) -> None:
    """Refuse to write a grid to a folder that is already in use.

    Parameters
    ----------
    folder : Path
        The folder to be written. A missing or an empty folder is always accepted.
    force : bool
        Whether an existing grid folder may be replaced.

    Raises
    ------
    InputError
        If the folder contains anything but a grid, or contains one and ``force`` is false.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not _is_grid(folder):
        raise InputError(
            "output",
            expected="a new folder or a grid folder",
            got=Words(f"{folder}, which contains something else"),
        )
    if not force:
        raise InputError(
            "output",
            expected="a new folder",
            got=Words(f"{folder}, which exists"),
            hint="--force replaces it",
        )


def _is_grid(folder: Path) -> bool:
    """Return whether a folder contains the results of a grid and nothing else."""
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
            "grid", expected=f"a grid folder with its {_FILE}", got=Words(folder)
        ) from error
    return Grid.from_toml(text, where=str(folder / _FILE))


def _members(key: str, given: object) -> tuple[Any, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InputError(key, expected="a list of names", got=given)
    if not given:
        raise InputError(key, expected="at least one", got=Words("none"))
    return tuple(given)
