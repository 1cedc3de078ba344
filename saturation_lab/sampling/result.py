"""The result of a run and its storage in a folder.

A result folder contains ``study.toml``, ``networks.npz``, ``histograms.npz`` and ``manifest.json``
(schema, digest, SHA-256 of each file, versions). It is written under a temporary name and then
renamed, so it is never incomplete.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.files import write_folder
from saturation_lab.measured import KINDS, Measured
from saturation_lab.statistics.histogram import Axis, Histogram
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.statistics.summary import ROWS, Summary
from saturation_lab.study import SCHEMA, Study

_FILES = ("study.toml", "networks.npz", "histograms.npz")


@dataclass(frozen=True, kw_only=True, repr=False)
class Result(Measured):
    """The measurements of all networks of a resolved study.

    Attributes
    ----------
    origin : Study
        The resolved study. All other attributes are those of `Measured`.

    Examples
    --------
    >>> from saturation_lab import Study, sample
    >>> study = Study(activation="tanh", initializer="glorot_uniform", widths=(16, 16), networks=4)
    >>> sample(study, workers=1).profile().columns.tolist()[:8]
    ['study', 'layer', 'quantity', 'estimate', 'se', 'low', 'high', 'basis']
    """

    origin: Study

    @property
    def study(self) -> Study:
        """Return the study, with every default resolved."""
        return self.origin

    def first(self, count: int) -> Result:
        """Return the result of the networks 0 to count - 1, without histograms.

        Parameters
        ----------
        count : int
            The number of networks.

        Returns
        -------
        Result
            The smaller result; this one, with its histograms, if it has just ``count`` networks.

        Raises
        ------
        InputError
            If ``count`` is less than 1 or exceeds the number of networks.
        """
        whole("networks", count, low=1, high=self.study.networks)
        if count == self.study.networks:
            return self
        study = replace(self.study, networks=count)
        return replace(self, origin=study, summary=self.summary.first(count))

    def range_sentences(self) -> list[str]:
        """Return a sentence about the networks that overflowed, and one about underflow.

        There is none if there are no such networks.
        """
        advice = ", use --dtype float64" * (self.study.dtype != "float64")
        return [
            f"{len(lost):,} of {len(self.networks):,} networks {what}; the first is network "
            f"{lost[0]['network']} in layer {lost[0]['layer']} of the {lost[0]['pass']} pass{hint}."
            for what, lost, hint in (
                ("overflowed", self.overflows(), ""),
                ("underflowed", self.underflows(), advice),
            )
            if lost
        ]

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the result folder.

        Parameters
        ----------
        folder : str or Path
            The folder to create.
        force : bool
            Whether an existing result folder may be replaced.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        InputError
            If the folder exists already or cannot be written, or if the result has no histograms,
            because only some of its quantities or networks were kept.
        """
        if not self.summary.histograms:
            raise InputError(
                "result",
                expected="every quantity and the histograms",
                got=Words("a result of some quantities or networks only"),
                hint="save the complete result",
            )
        refuse_existing(Path(folder).resolve(), force=force)
        return write_folder(folder, self.write_into)

    def write_into(self, folder: Path) -> None:
        """Write the four files into a folder, without any checks.

        Parameters
        ----------
        folder : Path
            An existing folder that no other process reads yet.
        """
        summary = self.summary
        (folder / "study.toml").write_text(self.study.to_toml(), encoding="utf-8")
        np.savez_compressed(
            folder / "networks.npz",
            quantities=np.array(list(QUANTITIES)),
            **{name: getattr(summary, name) for name in ROWS},
        )
        arrays: dict[str, NDArray[Any]] = {}
        for signal, pair in summary.histograms.items():
            for kind, found in zip(KINDS, pair, strict=True):
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
        """Read a result folder.

        Parameters
        ----------
        folder : str or Path
            The folder that `save` wrote.
        name : str
            The name of the study in tables.

        Returns
        -------
        Result
            The result.

        Raises
        ------
        InputError
            If the folder is missing, damaged, or written by an incompatible version.
        """
        folder = Path(folder)
        made_with = _checked_manifest(folder)["versions"]
        study = Study.read(folder / "study.toml")
        try:
            rows, bins = _arrays(folder / "networks.npz"), _arrays(folder / "histograms.npz")
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise InputError(
                "result", expected="a complete result folder", got=Words(error)
            ) from error
        known = rows.pop("quantities").tolist() == list(QUANTITIES)
        if not known or set(rows) != set(ROWS):
            raise InputError(
                "result",
                expected="the quantities of this version",
                got=Words(f"different ones in {folder}"),
                hint="sample the study again",
            )
        histograms = {}
        for signal in study.signals:
            pair = [_histogram(bins, f"{signal}.{kind}") for kind in KINDS]
            histograms[signal] = (pair[0], pair[1])
        return cls(
            origin=study,
            summary=Summary(histograms=histograms, **rows),
            name=name,
            made_with=made_with,
        )


def refuse_existing(folder: Path, *, force: bool) -> None:
    """Refuse to write a result to a folder that is already in use.

    Parameters
    ----------
    folder : Path
        The folder to be written. A missing or an empty folder is always accepted.
    force : bool
        Whether an existing result folder may be replaced.

    Raises
    ------
    InputError
        If the folder contains anything but a result, or contains one and ``force`` is false.
    """
    if not folder.exists():
        return
    names = {entry.name for entry in folder.iterdir()} if folder.is_dir() else {"a file"}
    if names - {*_FILES, "manifest.json"} or (names and not _is_manifest(folder / "manifest.json")):
        raise InputError(
            "output",
            expected="a new folder or a result folder",
            got=Words(f"{folder}, which contains something else"),
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
                expected=f"an undamaged {name}",
                got=Words(f"a missing or modified file in {folder}"),
            )
    checked: dict[str, Any] = manifest
    return checked
