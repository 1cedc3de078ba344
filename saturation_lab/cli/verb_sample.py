"""The verb `sample`: draw the networks of a study and measure them."""

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
    """Draw networks and show what each layer does to signal and gradient.

    Parameters
    ----------
    output
        write a result folder
    force
        replace an existing result folder
    resume
        add networks to the result folder, up to --networks
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
