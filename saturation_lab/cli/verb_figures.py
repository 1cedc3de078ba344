"""The verb `figures`, which writes every figure of a report to a file."""

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
    """Write every figure of a report to a file named after its id.

    Parameters
    ----------
    name : str
        Name or TOML file of the report.
    pictures : Pictures
        The folder and form of the files.
    builds : bool
        Also write figures step by step, as ID-1, ID-2, ..., to be shown one after the other.
        Elements already shown keep their position.
    networks : int or None
        Number of networks in every study.
    workers : int or None
        Number of processes.
    """
    from saturation_lab.pages.report_page import report_page
    from saturation_lab.pages.writing import write_figures

    spec = spec_from(name, networks)
    canvas, kinds = pictures.canvas()
    page = report_page(computed(spec, workers))
    for path in write_figures(page, pictures.output, formats=kinds, canvas=canvas, builds=builds):
        print(path)
