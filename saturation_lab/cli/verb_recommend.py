"""The verb `recommend`, which proposes an initialization and compares it with others."""

from __future__ import annotations

from pathlib import Path

from saturation_lab.checks import InputError, Words
from saturation_lab.cli.options import NO_OPTIONS, Asked, Json, StudyOptions, study_from
from saturation_lab.cli.printing import show


def run(
    *,
    activation: str | None = None,
    init: str | None = None,
    options: StudyOptions = NO_OPTIONS,
    study: Path | None = None,
    input_mean_square: float | None = None,
    json_output: Json = False,
) -> None:
    """Recommend an initialization for a network, and explain why.

    Compares it with PyTorch's default and, if you give one, with your own.
    Prints a sample command that tests the recommendation. Accepts the options
    of sample, but the default of --inputs is gaussian.

    Parameters
    ----------
    activation : str or None
        Name of an activation (saturation-lab list activations), or your own module:attribute.
        Default: tanh.
    init : str or None
        The initializer that you use now, which is compared with the recommended one; --gain,
        --bias and --bias-scale apply to it.
    options : StudyOptions
        All other keys of the study.
    study : Path or None
        Read the study from this TOML file; other options override its keys.
        Its initialization counts as your own.
    input_mean_square : float or None
        Mean square of a feature of your inputs. Default: that of --inputs.
    json_output : bool
        Print JSON instead of text.
    """
    from saturation_lab.advice.recommend import recommend

    given = Asked(activation=activation, init=init, options=options, study=study).given()
    has_rule = init is not None or study is not None
    _refuse_without_rule(given, has_rule=has_rule)
    # the recommendation needs no initializer, but a study does: any serves as a placeholder
    placeholders = {} if study else {"initializer": "lecun_normal", "inputs": "gaussian"}
    order = study_from({**placeholders, **given}, study, None)
    found = recommend(order, own=has_rule, input_mean_square=input_mean_square)
    show(found, as_json=json_output)


def _refuse_without_rule(given: dict[str, object], *, has_rule: bool) -> None:
    """Raise an error for options of an initializer if none is given."""
    for key in ("gain", "layer_gains", "sigma_w", "bias", "bias_scale", "sigma_b"):
        if key in given and not has_rule:
            option = "layer-gain" if key == "layer_gains" else key.replace("_", "-")
            got = Words(
                f"--{option} {given[key] if option != 'layer-gain' else ''}".strip() + " alone"
            )
            hint = "the recommendation chooses its own"
            raise InputError(key, expected="--init as well", got=got, hint=hint)
