"""The verb `recommend`: which initialization suits, why, and what others would do."""

from __future__ import annotations

from saturation_lab.checks import InputError
from saturation_lab.cli.options import DEFAULT, Asked, Json, study_from
from saturation_lab.cli.printing import show


def run(
    *, asked: Asked = DEFAULT, input_mean_square: float | None = None, json_output: Json = False
) -> None:
    """Say which initialization suits, and why.

    And what others would do to the networks. Takes the options of sample (inputs: gaussian by
    default) and prints some that sample runs.

    Parameters
    ----------
    asked.init
        what you have: it is looked at as well, with --gain, --bias and --bias-scale
    asked.study
        take the study from this TOML file; options beside it change it, and its own
        initialization is looked at
    input_mean_square
        of a feature of your inputs; default: that of --inputs
    """
    from saturation_lab.theory.recommend import recommend

    given = asked.given()
    has_rule = asked.init is not None or asked.study is not None
    _refuse_homeless(given, has_rule=has_rule)
    # without a rule of the user's any stands in for it
    standing_in = {} if asked.study else {"initializer": "lecun_normal", "inputs": "gaussian"}
    order = study_from({**standing_in, **given}, asked.study, None)
    found = recommend(order, own=has_rule, input_mean_square=input_mean_square)
    show(found, as_json=json_output)


def _refuse_homeless(given: dict[str, object], *, has_rule: bool) -> None:
    for key in ("gain", "bias", "bias_scale"):
        if key in given and not has_rule:
            expected, hint = "--init beside it, to be looked at", "the recommendation names its own"
            raise InputError(key, expected=expected, got=given[key], hint=hint)
