"""The verb `theory`, which predicts the quantities of a study without sampling."""

from __future__ import annotations

from saturation_lab.cli.options import DEFAULT, Asked, Json, study_from
from saturation_lab.cli.printing import show


def run(*, asked: Asked = DEFAULT, json_output: Json = False) -> None:
    """Predict the signal and the gradient in each layer of wide networks, without sampling.

    Accepts the options of sample and reports the same quantities.

    Parameters
    ----------
    asked : Asked
        The study.
    json_output : bool
        Print JSON instead of text.
    """
    from saturation_lab.theory.propagation import predict

    show(predict(study_from(asked.given(), asked.study, None)), as_json=json_output)
