"""The report that a verb is asked for, and its studies sampled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saturation_lab.cli.progress import progress

if TYPE_CHECKING:
    from saturation_lab.pages.report import Report
    from saturation_lab.pages.spec import Spec


def spec_from(name: str, networks: int | None) -> Spec:
    """Return a report by its name or file, with another number of networks where one is given."""
    from saturation_lab.pages.reading import read_spec

    spec = read_spec(name)
    return spec if networks is None else spec.with_networks(networks)


def computed(spec: Spec, workers: int | None) -> Report:
    """Sample the studies of a report under a progress bar."""
    from saturation_lab.pages.build import compute

    with progress(sum(study.networks for study in spec.studies.values())) as tick:
        return compute(spec, workers=workers, tick=tick)
