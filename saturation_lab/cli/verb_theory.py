"""The verb `theory`: what is expected of a study, without drawing a network."""

from __future__ import annotations

from saturation_lab.cli.options import DEFAULT, Asked, Json, study_from
from saturation_lab.cli.printing import show


def run(*, asked: Asked = DEFAULT, json_output: Json = False) -> None:
    """Show what each layer of wide networks does to signal and gradient, without drawing one.

    Takes the options of sample and gives the same quantities.
    """
    from saturation_lab.theory.propagation import predict

    show(predict(study_from(asked.given(), asked.study, None)), as_json=json_output)
