"""The verb `theory`: what is expected of a study, without drawing a network."""

from __future__ import annotations

from saturation_lab.cli.options import DEFAULT, Asked, Json, study_from
from saturation_lab.cli.printing import print_blocks, print_json


def run(*, asked: Asked = DEFAULT, json_output: Json = False) -> None:
    """Show what each layer of wide networks does to signal and gradient, without drawing one.

    Takes the options of sample and gives the same quantities.
    """
    from saturation_lab.theory.propagation import predict

    found = predict(study_from(asked.given(), asked.study, None))
    if json_output:
        print_json(found.to_json())
        return
    from saturation_lab.pages.terminal import prediction_blocks

    print_blocks(prediction_blocks(found))
