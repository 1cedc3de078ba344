"""The verb `report`: the page of a report, and the same as JSON."""

from __future__ import annotations

from pathlib import Path

from saturation_lab.cli.options import Json, Networks, Output, Report, Workers
from saturation_lab.cli.places import refuse_page
from saturation_lab.cli.printing import print_page
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
    """Make a report: sample its studies, write its page and the same as JSON.

    Parameters
    ----------
    output
        folder for index.html and report.json; default: reports/build/NAME, which is replaced
    force
        replace an existing page
    """
    from saturation_lab.pages.build import write_page, write_twin
    from saturation_lab.pages.statements_text import evidence_table
    from saturation_lab.pages.terminal import time_table, verdict_table
    from saturation_lab.sampling.run import checked_workers

    spec = spec_from(name, networks)
    folder = output or Path("reports/build") / spec.name
    refuse_page(folder, force=force or output is None)
    made = computed(spec, workers)
    if not json_output:
        times = time_table(made, workers=checked_workers(workers))
        stated = evidence_table(list(made.evidence.values())) if made.evidence else ""
        parts = [stated, verdict_table(made).rstrip(), times]
        print("\n\n".join(filter(None, parts)))
    page, data = write_page(made, folder), write_twin(made, folder)
    if json_output:
        print(data.read_text(encoding="utf-8"), end="")
    else:
        print_page(page, data)
