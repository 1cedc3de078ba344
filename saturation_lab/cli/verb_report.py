"""The verb `report`, which writes the page of a report and its data as JSON."""

from __future__ import annotations

from pathlib import Path

from saturation_lab.cli.options import Json, Networks, Output, Report, Workers
from saturation_lab.cli.places import refuse_page
from saturation_lab.cli.printing import print_blocks, write_and_print
from saturation_lab.cli.sampled import computed, spec_from


def run(
    name: Report,
    /,
    *,
    output: Output = None,
    force: bool = False,
    networks: Networks = None,
    workers: Workers = None,
    json_output: Json = False,
) -> None:
    """Build a report: sample its studies, then write its page and its data as JSON.

    Parameters
    ----------
    name : str
        Name or TOML file of the report.
    output : Path or None
        Folder for index.html and report.json.
        Default: reports/build/NAME, where an existing page is replaced.
    force : bool
        Replace an existing page.
    networks : int or None
        Number of networks in every study.
    workers : int or None
        Number of processes.
    json_output : bool
        Print JSON instead of text.
    """
    from saturation_lab.pages.report_page import report_page
    from saturation_lab.pages.statements_page import statements_blocks
    from saturation_lab.pages.terminal import time_blocks, verdict_blocks
    from saturation_lab.sampling.run import checked_workers

    spec = spec_from(name, networks)
    folder = output or Path("reports/build") / spec.name
    refuse_page(folder, force=force or output is None)
    made = computed(spec, workers)
    if not json_output:
        times = time_blocks(made, workers=checked_workers(workers))
        stated = statements_blocks(list(made.stated.values())) if made.stated else []
        print_blocks([*stated, *verdict_blocks(made), *times])
    data = write_and_print(report_page(made), folder, quiet=json_output)
    if json_output:
        print(data.read_text(encoding="utf-8"), end="")
