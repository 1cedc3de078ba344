"""The verb `sample`, which draws the networks of a study and measures them."""

from __future__ import annotations

from saturation_lab.cli.options import DEFAULT, Asked, DryRun, Json, Output, Workers, study_from
from saturation_lab.cli.places import earlier
from saturation_lab.cli.printing import print_cost, show
from saturation_lab.cli.progress import progress


def run(
    *,
    asked: Asked = DEFAULT,
    output: Output = None,
    force: bool = False,
    resume: bool = False,
    workers: Workers = None,
    json_output: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Draw networks and measure the signal and the gradient in each layer.

    Parameters
    ----------
    asked : Asked
        The study.
    output : Path or None
        Write the result to this folder.
    force : bool
        Replace an existing result folder.
    resume : bool
        Add networks to the existing result folder until it has as many as --networks.
    workers : int or None
        Number of processes.
    json_output : bool
        Print JSON instead of text.
    dry_run : bool
        Only estimate time and memory.
    """
    from saturation_lab.sampling.run import sample

    start = earlier(output, force=force, resume=resume)
    order = study_from(asked.given(), asked.study, start)
    if dry_run:
        print_cost(order, workers=workers, as_json=json_output)
        return
    done = 0 if start is None else start.study.networks
    with progress(order.networks - done) as tick:
        result = sample(order, workers=workers, start=start, tick=tick)
    if output is not None:
        result.save(output, force=force or resume)
    show(result, as_json=json_output)
    if output is not None and not json_output:
        print(f"\nResult folder: {output}")
