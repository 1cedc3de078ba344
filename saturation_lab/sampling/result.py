"""What does a run leave, in memory and in a folder?

A result is a resolved study and its summary. Everything after sampling reads only its three tables.
The folder holds ``study.toml``, ``networks.npz``, ``histograms.npz`` and ``manifest.json`` (schema,
digest, SHA-256 of each file, versions); it appears by rename, never half-written.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from saturation_lab import __version__
from saturation_lab.checks import InputError, Words, choice, whole
from saturation_lab.files import write_folder
from saturation_lab.inference.intervals import mean_intervals
from saturation_lab.inference.replicates import Replicates
from saturation_lab.statistics.histogram import Axis, Histogram
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.statistics.summary import Summary
from saturation_lab.study import SCHEMA, Study

if TYPE_CHECKING:
    import pandas as pd

_FILES = ("study.toml", "networks.npz", "histograms.npz")
_KINDS = ("linear", "asinh")


NOT_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
"""Loops that run as plain Python round otherwise."""


def versions() -> dict[str, str]:
    """Return the versions that a number depends on."""
    return {
        "saturation_lab": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": metadata.version("numba") + (", not compiled" if NOT_COMPILED else ""),
    }


class Expected(Protocol):
    """What theory says of a study, as `predict` returns it."""

    @property
    def study(self) -> Study:
        """The study, whose inputs and networks it is about."""

    @property
    def values(self) -> NDArray[np.float64]:
        """What is expected, [layers, quantities] in the order of `QUANTITIES`; nan: unknown."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A resolved study and what its networks showed.

    >>> from saturation_lab import Study, sample
    >>> study = Study(activation="tanh", initializer="glorot_uniform", widths=(16, 16), networks=4)
    >>> sample(study, workers=1).profile().columns.tolist()
    ['study', 'layer', 'quantity', 'estimate', 'se', 'low', 'high', 'predicted']
    """

    study: Study
    summary: Summary
    name: str = "study"
    made_with: Mapping[str, str] = field(default_factory=versions)

    @property
    def depth(self) -> int:
        """Return L, the number of hidden layers."""
        return len(self.study.widths)

    def values(self, quantity: str, layer: int) -> NDArray[np.float64]:
        """Return one quantity of hidden layer 1..L (or L + 1, the output layer) by network, [R]."""
        choice("quantity", quantity, QUANTITIES)
        number = whole("layer", layer, low=1, high=self.summary.values.shape[1])
        return self.summary.values[:, number - 1, list(QUANTITIES).index(quantity)]

    def first(self, count: int) -> Result:
        """Return what the first networks showed, 0 to count - 1, without histograms.

        Raises:
            InputError: fewer networks were drawn.
        """
        whole("networks", count, low=1, high=self.study.networks)
        if count == self.study.networks:
            return self
        study = replace(self.study, networks=count)
        return replace(self, study=study, summary=self.summary.first(count))

    def replicates(self, quantity: str, layer: int) -> Replicates:
        """Return one quantity of one layer with the network of each value, for `inference`.

        Raises:
            InputError: an unknown quantity or layer; fewer than two networks; a quantity that is
                undefined in a network that did not overflow.

        >>> from saturation_lab import Study, sample
        >>> study = Study(activation="tanh", initializer="glorot_normal", widths=(16,), networks=3)
        >>> sample(study, workers=1).replicates("activation_variance", 1).networks
        array([0, 1, 2])
        """
        return Replicates(
            values=self.values(quantity, layer),
            networks=self.summary.networks,
            overflowed=self.summary.first_bad_layer > 0,
        )

    def medians(self) -> NDArray[np.float64]:
        """Return the median over networks of every quantity, [layers, quantities].

        The mean square or variance of a network that overflowed is larger than every number; of
        its other quantities nothing is known, and then the median is nan.
        """
        values = self.summary.values
        squares = np.array([name.endswith(("mean_square", "variance")) for name in QUANTITIES])
        lost = np.isnan(values) & (self.summary.first_bad_layer > 0)[:, None, None] & squares
        with np.errstate(all="ignore"):
            medians: NDArray[np.float64] = np.median(np.where(lost, np.inf, values), axis=0)
        return medians

    def per_network(self) -> pd.DataFrame:
        """Return ``per_network(study, network, layer, quantity, value)`` of the hidden layers."""
        import pandas as pd

        values = self.summary.values[:, : self.depth]
        index = pd.MultiIndex.from_product(
            [[self.name], self.summary.networks, range(1, self.depth + 1), list(QUANTITIES)],
            names=["study", "network", "layer", "quantity"],
        )
        return pd.DataFrame({"value": values.reshape(-1)}, index=index).reset_index()

    def histogram(self, kind: str = "linear") -> pd.DataFrame:
        """Return ``histogram(study, layer, quantity, left, right, count)`` of the hidden layers.

        ``kind`` is linear or asinh. Values beyond the axis stand in rows that reach to ±inf, NaN in
        a row from NaN to NaN: the counts of a layer add up to all values seen.
        """
        import pandas as pd

        choice("kind", kind, _KINDS)
        tables = []
        for signal, pair in self.summary.histograms.items():
            found = pair[_KINDS.index(kind)]
            edges = found.axis.edges
            for layer in range(1, self.depth + 1):
                under, over, nan, minus, plus = found.flows[layer - 1]
                counts = [under + minus, *found.counts[layer - 1], over + plus, nan]
                tables.append(
                    pd.DataFrame(
                        {
                            "study": self.name,
                            "layer": layer,
                            "quantity": signal,
                            "left": [-np.inf, *edges, np.nan],
                            "right": [*edges, np.inf, np.nan],
                            "count": counts,
                        }
                    )
                )
        return pd.concat(tables, ignore_index=True)

    def profile(self, predicted: Expected | None = None) -> pd.DataFrame:
        """Return ``profile(study, layer, quantity, estimate, se, low, high, predicted)``.

        The mean over networks of each quantity in each hidden layer, with its standard error and
        95 % interval from the spread over networks; nan where undefined. Beside it stands what
        theory expects, where it was asked (`predict`) and has an answer.

        Raises:
            InputError: the prediction is of other networks or other inputs.

        >>> from saturation_lab import Study, predict, sample
        >>> study = Study(activation="relu", initializer="he_normal", widths=(64, 64), networks=9)
        >>> result = sample(study, workers=1)
        >>> table = result.profile(predict(result.study)).query("quantity == 'saturated_share'")
        >>> table["predicted"].tolist()
        [0.5, 0.5]
        """
        import pandas as pd

        estimate, se, low, high = mean_intervals(self.summary.values[:, : self.depth])
        index = pd.MultiIndex.from_product(
            [[self.name], range(1, self.depth + 1), list(QUANTITIES)],
            names=["study", "layer", "quantity"],
        )
        columns = {"estimate": estimate, "se": se, "low": low, "high": high}
        table = pd.DataFrame({name: x.reshape(-1) for name, x in columns.items()}, index=index)
        return table.assign(predicted=self._expected(predicted)).reset_index()

    def _expected(self, predicted: Expected | None) -> NDArray[np.float64] | float:
        if predicted is None:
            return math.nan
        mine, other = (_drawn_from(study) for study in (self.study, predicted.study))
        if mine != other:
            raise InputError(
                "predicted",
                expected="a prediction of this result's study",
                got=Words("one of other networks or inputs"),
            )
        return predicted.values[: self.depth].reshape(-1)

    def to_json(self) -> dict[str, Any]:
        """Return the profile and the study as plain data; undefined numbers are None."""
        intervals = mean_intervals(self.summary.values)
        medians = self.medians()
        layers = [
            {
                name: _entry(
                    [float(x[row, column]) for x in intervals],
                    float(medians[row, column]),
                )
                for column, name in enumerate(QUANTITIES)
            }
            for row in range(self.summary.values.shape[1])
        ]
        return {
            "schema": SCHEMA,
            "study": self.study.to_dict() if self.study.can_be_written else None,
            "digest": self.study.digest if self.study.can_be_written else None,
            "layers": [{"layer": i, **layer} for i, layer in enumerate(layers[: self.depth], 1)],
            "output": layers[self.depth] if len(layers) > self.depth else None,
            "overflowed": self.summary.overflowed,
            "overflows": self.overflows(),
        }

    def overflows(self) -> list[dict[str, Any]]:
        """Return which networks became non-finite, and in which layer of which pass first."""
        summary = self.summary
        return [
            {
                "network": int(summary.networks[row]),
                "layer": self.layer_name(int(summary.first_bad_layer[row])),
                "pass": "forward" if summary.bad_going_up[row] else "backward",
            }
            for row in np.flatnonzero(summary.first_bad_layer)
        ]

    def layer_name(self, number: int) -> int | str:
        """Return the number of a hidden layer, or "output"."""
        return number if number <= self.depth else "output"

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the result folder; an existing one is replaced only with ``force``."""
        refuse_existing(Path(folder).resolve(), force=force)
        return write_folder(folder, self.write_into)

    def write_into(self, folder: Path) -> None:
        """Write the four files into a folder that nobody reads yet."""
        summary = self.summary
        (folder / "study.toml").write_text(self.study.to_toml(), encoding="utf-8")
        np.savez_compressed(
            folder / "networks.npz",
            networks=summary.networks,
            quantities=np.array(list(QUANTITIES)),
            values=summary.values,
            conditional=summary.conditional,
            first_bad_layer=summary.first_bad_layer,
            bad_going_up=summary.bad_going_up,
        )
        arrays: dict[str, NDArray[Any]] = {}
        for signal, pair in summary.histograms.items():
            for kind, found in zip(_KINDS, pair, strict=True):
                axis = found.axis
                arrays[f"{signal}.{kind}.counts"] = found.counts
                arrays[f"{signal}.{kind}.flows"] = found.flows
                arrays[f"{signal}.{kind}.axis"] = np.array(
                    [axis.low, axis.high, axis.bins, math.nan if axis.scale is None else axis.scale]
                )
        np.savez_compressed(folder / "histograms.npz", allow_pickle=False, **arrays)
        manifest = {
            "schema": SCHEMA,
            "digest": self.study.digest,
            "sha256": {name: _sha256(folder / name) for name in _FILES},
            "versions": dict(self.made_with),
        }
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path, *, name: str = "study") -> Result:
        """Read a result folder; a damaged one or one of another version is refused."""
        folder = Path(folder)
        made_with = _checked_manifest(folder)["versions"]
        study = Study.read(folder / "study.toml")
        try:
            rows, bins = _arrays(folder / "networks.npz"), _arrays(folder / "histograms.npz")
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(
                "result", expected="a whole result folder", got=Words(error)
            ) from error
        if rows.pop("quantities").tolist() != list(QUANTITIES):
            raise InputError(
                "result",
                expected="the quantities of this version",
                got=Words(f"others in {folder}"),
            )
        histograms = {}
        for signal in study.signals:
            pair = [_histogram(bins, f"{signal}.{kind}") for kind in _KINDS]
            histograms[signal] = (pair[0], pair[1])
        return cls(
            study=study,
            summary=Summary(histograms=histograms, **rows),
            name=name,
            made_with=made_with,
        )


def refuse_existing(folder: Path, *, force: bool) -> None:
    """Raise `InputError` when ``folder`` exists and must not, or holds anything but a result."""
    if not folder.exists():
        return
    names = {entry.name for entry in folder.iterdir()} if folder.is_dir() else {"a file"}
    if names - {*_FILES, "manifest.json"} or (names and not _is_manifest(folder / "manifest.json")):
        raise InputError(
            "output",
            expected="a new folder or a result folder",
            got=Words(f"{folder}, which holds something else"),
        )
    if names and not force:
        raise InputError(
            "output",
            expected="a new folder",
            got=Words(f"{folder}, which exists"),
            hint="--force replaces it, --resume adds networks to it",
        )


def _is_manifest(path: Path) -> bool:
    try:
        return set(json.loads(path.read_text(encoding="utf-8"))["sha256"]) == set(_FILES)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _drawn_from(study: Study) -> Study:
    """Return a study but for how many networks are drawn, how, and how values are counted."""
    return replace(study, networks=1, sampler="auto", dtype="float64", bins=2, ranges={})


def _entry(interval: list[float], median: float) -> dict[str, float | None]:
    entry = dict(zip(("estimate", "se", "low", "high"), map(_or_none, interval), strict=True))
    # a network that overflowed leaves no mean, but the typical network is still known
    return entry if entry["estimate"] is not None else {**entry, "median": _or_none(median)}


def _or_none(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return dict(archive)


def _histogram(arrays: dict[str, NDArray[Any]], key: str) -> Histogram:
    low, high, bins, scale = (float(x) for x in arrays[f"{key}.axis"])
    axis = Axis(low=low, high=high, bins=int(bins), scale=None if math.isnan(scale) else scale)
    return Histogram(axis=axis, counts=arrays[f"{key}.counts"], flows=arrays[f"{key}.flows"])


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _checked_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        schema, sums = manifest["schema"], dict(manifest["sha256"])
        manifest["versions"] = {str(k): str(v) for k, v in manifest["versions"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "result", expected="a result folder with its manifest.json", got=Words(folder)
        ) from error
    if schema != SCHEMA:
        raise InputError("result", expected=f"schema {SCHEMA}", got=Words(f"{schema} in {folder}"))
    for name in _FILES:
        path = folder / name
        if not path.is_file() or _sha256(path) != sums.get(name):
            raise InputError(
                "result",
                expected=f"{name} as it was written",
                got=Words(f"a damaged one in {folder}"),
            )
    checked: dict[str, Any] = manifest
    return checked
