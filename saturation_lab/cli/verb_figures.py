"""The verb `figures`: every figure of a report as a file."""

from __future__ import annotations

from saturation_lab.cli.options import Networks, Pictures, Report, Workers
from saturation_lab.cli.sampled import computed, spec_from


def run(
    name: Report,
    /,
    *,
    pictures: Pictures,
    builds: bool = False,
    networks: Networks = None,
    workers: Workers = None,
) -> None:
    """Write every figure of a report by its id.

    Parameters
    ----------
    builds
        also every step: NAME-1, NAME-2, ..., in which nothing moves
    """
    from saturation_lab.pages.report_page import report_page
    from saturation_lab.pages.writing import write_figures

    spec = spec_from(name, networks)
    canvas, kinds = pictures.canvas()
    page = report_page(computed(spec, workers))
    for path in write_figures(page, pictures.output, formats=kinds, canvas=canvas, builds=builds):
        print(path)
