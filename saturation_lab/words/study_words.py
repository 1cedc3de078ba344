"""A one-line description of the networks of a study."""

from __future__ import annotations

from collections.abc import Sequence

from saturation_lab.inference.digits import count_text
from saturation_lab.nets.biases import BIASES
from saturation_lab.study import Study


def study_words(study: Study) -> str:
    """Describe widths, activation, initialization, inputs and seed of a study in one line.

    Parameters
    ----------
    study : Study
        Any study; its defaults are filled in.

    Returns
    -------
    str
        Phrases separated by semicolons.

    Examples
    --------
    >>> he = Study(activation="relu", initializer="he_normal", widths=(8, 8), inputs="gaussian")
    >>> study_words(he).split("; ")[0]
    '2 layers of 8 units, relu, he_normal: w ~ N(0, std = g √(1/n)), g = 1.414'
    >>> study_words(he).split("; ")[1:]
    ['50 gaussian examples with 8 features, the same for every network', 'seed 0']
    """
    study = study.resolved()
    said = [_layers(study), _examples(study)]
    if study.saturation_beyond is not None:
        said.append(f"saturated where |z| > {study.saturation_beyond:g}")
    return "; ".join([*said, f"seed {study.seed}"])


def _layers(study: Study) -> str:
    one, widths = study.architecture, study.widths
    count = count_text(len(widths), "layer")
    even = len(set(widths)) == 1
    units = f"{widths[0]:,}" if even else ", ".join(map(str, widths[:-1])) + f" and {widths[-1]}"
    law = one.initializer.formula.partition(", g = ")[0]
    said = [f"{count} of {units} units", one.activation.name]
    said.append(f"{one.initializer.name}: w ~ {law}")
    if law != one.initializer.formula:
        said.append(f"g = {one.gain:.4g}")
    said += gain_words(study)
    bias = bias_words([study])
    return ", ".join(said + [f"b ~ {bias}"] * (bias != "0"))


def gain_words(study: Study) -> list[str]:
    """Describe the layers of a study that have a gain of their own.

    Parameters
    ----------
    study : Study
        The study, resolved or not.

    Returns
    -------
    list of str
        A phrase for each of these layers, from the bottom up.

    Examples
    --------
    >>> he = {"activation": "relu", "initializer": "he_normal", "widths": (8, 8)}
    >>> gain_words(Study(**he, layer_gains={1: 1.05, "last": 0.01}))
    ['g = 1.05 in layer 1', 'g = 0.01 in the output layer']
    """
    gains = study.resolved().layer_gains
    return [
        f"g = {gain:.4g} in {f'layer {name}' if name.isdecimal() else f'the {name} layer'}"
        for name, gain in gains.items()
    ]


def _examples(study: Study) -> str:
    whose = "fresh for each network" if study.fresh_inputs else "the same for every network"
    count = count_text(study.examples, f"{study.inputs} example")
    scaled = "" if study.scaling == "none" else f" (scaling: {study.scaling})"
    return f"{count} with {study.architecture.input_width:,} features{scaled}, {whose}"


def bias_words(studies: Sequence[Study]) -> str:
    """Describe the distributions of the biases of several studies.

    Parameters
    ----------
    studies : sequence of Study
        The studies, with defaults filled in or not.

    Returns
    -------
    str
        The formula of each distribution, with its scale or the range of its scales.

    Examples
    --------
    >>> tanh = Study(activation="tanh", initializer="he_normal", widths=(8,), inputs="gaussian")
    >>> bias_words([tanh])
    '0'
    >>> from dataclasses import replace
    >>> bias_words([tanh, replace(tanh, bias="normal", bias_scale=0.5)])
    '0 or N(0, std = 0.5)'
    """
    scales: dict[str, list[float]] = {}
    for study in studies:
        scales.setdefault(BIASES[study.resolved_bias].formula, []).append(study.bias_scale or 0.0)
    return " or ".join(
        formula.replace("scale", _span(sorted(set(given)))) for formula, given in scales.items()
    )


def _span(scales: Sequence[float]) -> str:
    low, high = f"{scales[0]:.3g}", f"{scales[-1]:.3g}"
    return low if low == high else f"{low} to {high}"
