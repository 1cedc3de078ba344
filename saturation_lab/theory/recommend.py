"""The recommended initialization of a network, its reasons, and the effects of alternatives.

`recommend` takes the activation, widths and inputs of a study. It returns the options for
`saturation-lab sample`, the expected profile, and the same for alternatives: the same gain with
fan-out and with the mean of both fans if widths differ, PyTorch's default, and the study's own
rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

import numpy as np

from saturation_lab.checks import real
from saturation_lab.nets.initializers import INITIALIZERS
from saturation_lab.nets.inputs import draw_examples
from saturation_lab.nets.own import find_activation, name_of
from saturation_lab.study import Study, keys_of
from saturation_lab.theory.correlation_map import fixed_correlation
from saturation_lab.theory.length_map import settled
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.profile import Profile, expected_profile
from saturation_lab.theory.reasons import fans_differ, reasons_for
from saturation_lab.theory.tuning import Basis, Tuning, tuned

_EXAMPLES = 512
"""The number of inputs from which their mean square is computed."""
KEPT = 2.0
"""A gradient counts as kept if its ratio is within this factor of 1."""
_VANISHED = 1e-100


@dataclass(frozen=True, kw_only=True)
class Survival:
    """The depth scales at the fixed point that the last hidden layer's rule leads to.

    Each is a number of layers over which something decays to 1/e.

    Attributes
    ----------
    length : float
        ξ_q, for a difference in E z²; nan if q does not converge.
    correlation : float
        ξ_c, for a difference between two examples; nan if there is no fixed point above 0.
    gradient : float
        That of the gradient's mean square: inf at χ₁ = 1, negative if it grows, nan if q does not
        converge.
    """

    length: float
    correlation: float
    gradient: float


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An initialization and its expected effects.

    Attributes
    ----------
    title : str
        The name of the initialization.
    study : Study
        The study with this initialization.
    profile : Profile
        The expected mean squares of z and of the gradient.
    survival : Survival
        The depth scales of networks that continue like the last layer.
    """

    title: str
    study: Study
    profile: Profile
    survival: Survival

    @property
    def keeps(self) -> bool:
        """Whether E ‖δ‖² of layer 1 is expected within a factor of 2 of that of the last layer."""
        return bool(1 / KEPT <= self.profile.gradient_norm_ratio <= KEPT)


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """The result of `recommend`.

    Attributes
    ----------
    activation : str
        The name of the activation.
    input_mean_square : float
        The mean square of the inputs per feature.
    tuning : Tuning
        The σ_w and σ_b that were found, and their basis.
    chosen : Candidate or None
        The recommended initialization; None if none was found.
    others : tuple of Candidate
        Fan-out and mean-fan scaling if widths differ, PyTorch's default, and the study's own rule.
    reasons : tuple of str
        The reasons, as sentences.
    """

    activation: str
    input_mean_square: float
    tuning: Tuning
    chosen: Candidate | None
    others: tuple[Candidate, ...]
    reasons: tuple[str, ...]

    @property
    def options(self) -> tuple[str, ...]:
        """The options with which `saturation-lab sample` draws it; empty if none was found."""
        return () if self.chosen is None else sample_options(self.chosen.study)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data, with None for undefined numbers."""
        tuning = self.tuning
        return {
            "schema": 1,
            "activation": self.activation,
            "input_mean_square": self.input_mean_square,
            "basis": tuning.basis.value,
            "sigma_w": _plain(tuning.sigma_w),
            "sigma_b": _plain(tuning.sigma_b),
            "critical_sigma_w": _plain(tuning.critical_sigma_w),
            "worst_layer": _plain(tuning.worst),
            "recommended": None if self.chosen is None else _candidate(self.chosen),
            "options": list(self.options),
            "others": [_candidate(one) for one in self.others],
            "reasons": list(self.reasons),
        }


def recommend(
    study: Study, *, own: bool = False, input_mean_square: float | None = None
) -> Recommendation:
    """Return the initialization that suits the activation, depth and inputs of a study.

    The gain is solved for networks of equal widths. With fan-in scaling it remains valid for other
    widths: E z² does not depend on them, and ‖δ‖² of each layer is kept as well.

    Parameters
    ----------
    study : Study
        The network and its inputs.
    own : bool
        Whether the study's own initializer, gain and bias are added to the alternatives.
    input_mean_square : float or None
        The mean square of the inputs per feature. By default, that of the study's inputs is used.

    Returns
    -------
    Recommendation
        The initialization, its reasons, and the alternatives with their expected profiles.

    Raises
    ------
    NoAnswer
        If an expectation of the activation diverges.
    InputError
        If the inputs cannot be read, or ``input_mean_square`` is not above 0.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, section 3 (criticality, from which the solution
       starts).

    Examples
    --------
    >>> study = Study(
    ...     activation="relu", initializer="he_normal", widths=(64,) * 9, inputs="gaussian"
    ... )
    >>> " ".join(recommend(study).options)
    '--activation relu --init he_normal --depth 9 --width 64 --inputs gaussian'
    """
    activation = find_activation(study.activation)
    m = mean_square_of_inputs(study)
    if input_mean_square is not None:
        m = real("input_mean_square", input_mean_square, above=0)
    tuning = tuned(activation, depth=len(study.widths), input_mean_square=m)
    found = tuning.basis is not Basis.NONE
    chosen = _look("recommended", _recommended(study, tuning, "lecun_normal"), m) if found else None
    others = []
    if chosen is not None and fans_differ(study):
        others = [
            _look(title, _recommended(study, tuning, name), m) for title, name in _BY_FAN.items()
        ]
    default = _with(study, initializer="pytorch_default", gain=None, bias=None, bias_scale=None)
    others.append(_look("PyTorch's default", default, m))
    if own:
        others.append(_look("yours", study, m))
    return Recommendation(
        activation=activation.name,
        input_mean_square=m,
        tuning=tuning,
        chosen=chosen,
        others=tuple(others),
        reasons=reasons_for(activation, study, tuning, input_mean_square=m),
    )


_BY_FAN = {"same gain, fan-out": "he_fan_out_normal", "same gain, mean fan": "glorot_normal"}
"""Rules that accept any gain: one with fan-out, one with the mean of fan-in and fan-out."""


def mean_square_of_inputs(study: Study) -> float:
    """Return the mean square of a feature of the study's inputs.

    Parameters
    ----------
    study : Study
        The study whose inputs are examined.

    Returns
    -------
    float
        Exactly 1 for gaussian, uniform and standardized inputs. Otherwise, the mean over 512
        examples, or over all of them if there are fewer.

    Raises
    ------
    InputError
        If the inputs cannot be read.

    Examples
    --------
    >>> study = Study(activation="tanh", initializer="lecun_normal", widths=(8,), inputs="digits")
    >>> 0.5 < mean_square_of_inputs(study) < 0.8
    True
    """
    source = study.input_source
    scaling = study.scaling or source.scaling
    if scaling == "standardized" or study.inputs in ("gaussian", "uniform"):
        return 1.0
    drawn = draw_examples(
        source,
        count=min(_EXAMPLES, source.supply or _EXAMPLES),
        features=study.architecture.input_width,
        scaling=scaling,
        dtype="float64",
        rng=np.random.default_rng(0),
    )
    return float(np.square(drawn.x).mean())


def sample_options(study: Study) -> tuple[str, ...]:
    """Return the options of `saturation-lab sample` that reproduce a study.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    tuple of str
        The command-line arguments; settings at their defaults are omitted.

    Examples
    --------
    >>> study = Study(
    ...     activation="silu", initializer="he_normal", widths=(32, 16), inputs="gaussian"
    ... )
    >>> " ".join(sample_options(study))
    '--activation silu --init he_normal --widths 32,16 --inputs gaussian'
    """
    data: Mapping[str, Any] = study.to_dict()
    widths = data["widths"]
    found = ["--activation", data["activation"], "--init", data["initializer"]]
    if len(widths) > 1 and len(set(widths)) == 1:
        found += ["--depth", str(len(widths)), "--width", str(widths[0])]
    else:
        found += ["--widths", ",".join(map(str, widths))]
    for key in fields(Study):
        value = data.get(key.name)
        typed = key.default is not MISSING and key.name not in keys_of("untyped")
        if typed and value not in (None, key.default):
            flag = "--" + key.name.replace("_", "-")
            found += [flag] if value is True else [flag, str(value)]
    return tuple(found)


def _with(study: Study, **changes: Any) -> Study:
    # the study's sampler may not support the other law
    return replace(study, sampler="auto", **changes)


def _recommended(study: Study, tuning: Tuning, name: str) -> Study:
    gain: float | None = tuning.sigma_w
    if name == "lecun_normal":
        for rule in ("lecun_normal", "he_normal"):
            if f"{INITIALIZERS[rule].gain:.6g}" == f"{gain:.6g}":
                name, gain = rule, None
                break
    biased = tuning.sigma_b > 0
    return _with(
        study,
        initializer=name,
        gain=gain,
        bias="normal" if biased else None,
        bias_scale=tuning.sigma_b if biased else None,
    )


def _look(title: str, study: Study, m: float) -> Candidate:
    profile = expected_profile(study.architecture, input_mean_square=m)
    return Candidate(title=title, study=study, profile=profile, survival=_survival(study, profile))


def _survival(study: Study, profile: Profile) -> Survival:
    architecture = study.architecture
    layer = architecture.layers[architecture.depth - 1]
    sigmas = {"sigma_w": math.sqrt(layer.fan_in) * layer.weight_std, "sigma_b": layer.bias_std}
    q = profile.pre_activation[-1]
    fixed = (
        settled(architecture.activation, start=max(q, _VANISHED), **sigmas)
        if math.isfinite(q)
        else None
    )
    if fixed is None:
        return Survival(length=math.nan, correlation=math.nan, gradient=math.nan)
    if fixed.q == 0:
        return Survival(
            length=fixed.length_depth, correlation=math.nan, gradient=fixed.gradient_depth
        )
    try:
        correlation = fixed_correlation(architecture.activation, q=fixed.q, **sigmas).depth
    except NoAnswer:  # a linear network preserves every correlation
        correlation = math.inf
    return Survival(
        length=fixed.length_depth, correlation=correlation, gradient=fixed.gradient_depth
    )


def _plain(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _candidate(one: Candidate) -> dict[str, Any]:
    profile, survival = one.profile, one.survival
    study = one.study.resolved()
    return {
        "title": one.title,
        "initializer": name_of(one.study.initializer),
        "gain": study.gain,
        "bias": study.bias,
        "bias_scale": study.bias_scale,
        "pre_activation_mean_square": [_plain(x) for x in profile.pre_activation.tolist()],
        "gradient_mean_square": [_plain(x) for x in profile.gradient.tolist()],
        "gradient_ratio": _plain(profile.gradient_ratio),
        "gradient_norm_ratio": _plain(profile.gradient_norm_ratio),
        "signal_ratio": _plain(profile.signal_ratio),
        "keeps": one.keeps,
        "depth_scales": {
            "length": _plain(survival.length),
            "correlation": _plain(survival.correlation),
            "gradient": _plain(survival.gradient),
        },
    }
