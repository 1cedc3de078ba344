"""What does `saturation-lab recommend` take? A thin verb; what is heavy is imported inside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from saturation_lab.checks import InputError
from saturation_lab.cli.options import NO_OPTIONS, StudyOptions, study_from


def recommend(
    *,
    activation: str | None = None,
    init: str | None = None,
    options: StudyOptions = NO_OPTIONS,
    study: Path | None = None,
    input_mean_square: float | None = None,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> None:
    """Say which initialization suits a network, why, and what others would do to it.

    Takes the options of sample (inputs: gaussian by default) and prints some that sample runs.

    Parameters
    ----------
    activation
        see: saturation-lab list activations; or module:attribute of your own; default: tanh
    init
        what you have: it is looked at as well, with --gain, --bias and --bias-scale
    study
        take the study from this TOML file; options beside it change it, and its own
        initialization is looked at
    input_mean_square
        of a feature of your inputs; default: that of --inputs
    json_output
        print JSON instead of text
    """
    from saturation_lab.theory.recommend import recommend as look

    given = options.given()
    _refuse_homeless(given, has_rule=init is not None or study is not None)
    pair = {"activation": activation, "initializer": init}
    chosen = {key: name for key, name in pair.items() if name is not None}
    # without a rule of the user's any stands in for it
    standing_in = {} if study else {"initializer": "lecun_normal", "inputs": "gaussian"}
    order = study_from({**standing_in, **chosen, **given}, study, None)
    found = look(
        order, own=init is not None or study is not None, input_mean_square=input_mean_square
    )
    if json_output:
        print(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    from saturation_lab.pages.advice_text import advice

    print(advice(found))


def _refuse_homeless(given: dict[str, object], *, has_rule: bool) -> None:
    for key in ("gain", "bias", "bias_scale"):
        if key in given and not has_rule:
            raise InputError(
                key,
                expected="--init beside it, to be looked at",
                got=given[key],
                hint="the recommendation names its own",
            )
