"""Reading a report specification and sampling its studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saturation_lab.cli.progress import progress

if TYPE_CHECKING:
    from saturation_lab.pages.report import Report
    from saturation_lab.pages.spec import Spec


def spec_from(name: str, networks: int | None) -> Spec:
    """Read the specification of a report.

    Parameters
    ----------
    name : str
        The name of a report, or the path of a TOML file.
    networks : int or None
        The number of networks in every study; None for the numbers in the specification.

    Returns
    -------
    Spec
        The specification.
    """
    from saturation_lab.pages.reading import read_spec

    spec = read_spec(name)
    return spec if networks is None else spec.with_networks(networks)


def computed(spec: Spec, workers: int | None) -> Report:
    """Sample the studies of a report and show a progress bar.

    Parameters
    ----------
    spec : Spec
        The specification of the report.
    workers : int or None
        Number of processes; None for one per core.

    Returns
    -------
    Report
        The report with its results.
    """
    from saturation_lab.pages.build import compute

    with progress(sum(study.networks for study in spec.studies.values())) as tick:
        return compute(spec, workers=workers, tick=tick)
