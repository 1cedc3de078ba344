"""The recommended initialization of a network, its scores, and those of alternatives.

`recommend` takes the activation, widths and inputs of a study. Theory gives the standard deviations
(`tuning`); `scores` then says what they do at this very depth and width, for normal and orthogonal
weights, for the same gain with other fans if widths differ, for PyTorch's default, and for the
study's own rule. If nothing meets all criteria, another activation that does is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from itertools import chain
from typing import Any

import numpy as np

from saturation_lab.advice.frameworks import FRAMEWORKS, code_lines
from saturation_lab.advice.reasons import fans_differ, faults_of, reasons_for
from saturation_lab.advice.scoring import CRITERIA, Scores, scores
from saturation_lab.checks import real
from saturation_lab.data.own_choice import joined_names
from saturation_lab.examples import mean_square_of_inputs
from saturation_lab.nets.initializers import INITIALIZERS
from saturation_lab.nets.own import find_activation, name_of
from saturation_lab.printed import Printed
from saturation_lab.study import Study, keys_of
from saturation_lab.theory.profile import Profile, expected_profile
from saturation_lab.theory.tuning import ALIKE, Basis, Tuning, tuned

_OTHERS = ("tanh", "gelu", "elu")
"""Activations that are tried if the network's own has no good initialization."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An initialization and its effects.

    Attributes
    ----------
    title : str
        The name of the initialization.
    study : Study
        The study with this initialization.
    profile : Profile or None
        The mean squares of z and of the gradient that are expected for infinitely wide layers;
        None if the weights are not centred.
    scores : Scores
        What it does in networks of this depth and width.
    """

    title: str
    study: Study
    profile: Profile | None
    scores: Scores


@dataclass(frozen=True, kw_only=True, repr=False)
class Recommendation(Printed):
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
        The best initialization found; None if there is none. It meets all criteria if ``good``.
    others : tuple of Candidate
        The same with orthogonal or normal weights, fan-out and mean-fan scaling if widths differ,
        PyTorch's default, and the study's own rule.
    instead : Candidate or None
        If the chosen one does not meet all criteria: one with another activation that does.
    reasons : tuple of str
        The reasons, as sentences.
    """

    activation: str
    input_mean_square: float
    tuning: Tuning
    chosen: Candidate | None
    others: tuple[Candidate, ...]
    instead: Candidate | None
    reasons: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether the recommended initialization meets all criteria at this depth and width."""
        return self.chosen is not None and self.chosen.scores.good

    @property
    def input_notes(self) -> tuple[str, ...]:
        """What was done to the data of the inputs; () for built-in inputs as they are."""
        return (self.chosen or self.others[0]).study.input_notes

    @property
    def options(self) -> tuple[str, ...]:
        """The options with which `saturation-lab sample` draws it; empty if none was found."""
        return () if self.chosen is None else sample_options(self.chosen.study)

    def code(self, framework: str) -> tuple[str, ...]:
        """Return the lines that set it in a framework; empty if none was found.

        Parameters
        ----------
        framework : str
            A key of `FRAMEWORKS`: "pytorch" or "keras".

        Returns
        -------
        tuple of str
            Lines of Python.
        """
        if self.chosen is None or self.chosen.profile is None:
            return ()
        top = float(self.chosen.profile.pre_activation[-1])
        return code_lines(self.chosen.study, framework, pre_activation_mean_square=top)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data, with None for undefined numbers."""
        tuning = self.tuning
        return {
            "schema": 1,
            "activation": self.activation,
            "input_mean_square": self.input_mean_square,
            "input_notes": list(self.input_notes),
            "basis": tuning.basis.value,
            "sigma_w": _plain(tuning.sigma_w),
            "sigma_b": _plain(tuning.sigma_b),
            "first_sigma_w": _plain(tuning.first_sigma_w),
            "pre_activation_mean_square": _plain(tuning.q),
            "good": self.good,
            "recommended": None if self.chosen is None else _candidate(self.chosen),
            "options": list(self.options),
            "code": {name: list(self.code(name)) for name in FRAMEWORKS},
            "others": [_candidate(one) for one in self.others],
            "instead": None if self.instead is None else _candidate(self.instead),
            "reasons": list(self.reasons),
        }


def recommend(
    study: Study, *, own: bool = False, input_mean_square: float | None = None
) -> Recommendation:
    """Return the initialization that suits the activation, depth, width and inputs of a study.

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
        The initialization, its scores and reasons, and the alternatives with theirs.

    Raises
    ------
    NoAnswer
        If an expectation of the activation diverges.
    InputError
        If the inputs cannot be read, or ``input_mean_square`` is not above 0.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, section 3 (the critical line).
    .. [2] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Communications in Mathematical Physics 376, 2020 (the scatter).

    Examples
    --------
    >>> study = Study(
    ...     activation="relu", initializer="he_normal", widths=(64,) * 9, inputs="gaussian"
    ... )
    >>> found = recommend(study)
    >>> " ".join(found.options), found.good
    ('--activation relu --init he_normal --depth 9 --width 64 --inputs gaussian', True)
    """
    activation = find_activation(study.activation)
    m = mean_square_of_inputs(study)
    if input_mean_square is not None:
        m = real("input_mean_square", input_mean_square, above=0)
    tuning, found = candidates(study, input_mean_square=m)
    chosen, others = (found[0] if found else None), [*found[1:]]
    default = _with(study, **_NEITHER, initializer="pytorch_default")
    others.append(_look("PyTorch's default", default, m))
    if own:
        others.append(_look("yours", study, m))
    reasons = reasons_for(activation, study, tuning, input_mean_square=m)
    instead = None
    if chosen is None or not chosen.scores.good:
        instead = _instead(study, m)
    return Recommendation(
        activation=activation.name,
        input_mean_square=m,
        tuning=tuning,
        chosen=chosen,
        others=tuple(others),
        instead=instead,
        reasons=(*reasons, *(faults_of(study) if own else ())),
    )


def recommended_study(study: Study) -> Study | None:
    """Return a study with the recommended initialization and normal weights, without scoring it.

    Parameters
    ----------
    study : Study
        The network and its inputs; its own initializer is ignored.

    Returns
    -------
    Study or None
        The study; None if theory finds no initialization that keeps the gradient.

    Raises
    ------
    NoAnswer
        If an expectation of the activation diverges.

    Examples
    --------
    >>> tanh = Study(activation="tanh", initializer="he_normal", widths=(64,) * 9, inputs="digits")
    >>> round(recommended_study(tanh).gain, 3)
    1.328
    """
    tuning = tuned(
        study.activation, depth=len(study.widths), input_mean_square=mean_square_of_inputs(study)
    )
    return next((one for _, one in _tuned_studies(study, tuning)), None)


def _tuned_studies(study: Study, tuning: Tuning) -> Iterator[tuple[str, Study]]:
    """Yield the study with the tuned standard deviations under each law and scaling, with titles.

    The first two, or the only one, are candidates for the recommendation.
    """
    if tuning.basis is Basis.NONE:
        return
    yield "normal weights", _recommended(study, tuning, "lecun_normal")
    if fans_differ(study):
        for title, name in _BY_FAN.items():
            yield title, _recommended(study, tuning, name)
    else:
        yield "orthogonal weights", _recommended(study, tuning, "orthogonal")


_BY_FAN = {"same gain, fan-out": "he_fan_out_normal", "same gain, mean fan": "glorot_normal"}
"""Rules that accept any gain: one with fan-out, one with the mean of fan-in and fan-out."""


def candidates(
    study: Study, *, input_mean_square: float = 1.0
) -> tuple[Tuning, tuple[Candidate, ...]]:
    """Return the tuned initializations of a study, the one that meets most criteria first.

    At a finite width, it may take a more linear network than wide layers need. So inputs are kept
    farther apart, in two steps, until an initialization meets all criteria.

    Parameters
    ----------
    study : Study
        The network and its inputs; its own initializer is ignored.
    input_mean_square : float
        The mean square of the inputs per feature, above 0.

    Returns
    -------
    Tuning
        The standard deviations.
    tuple of Candidate
        Normal and orthogonal weights with them, or three scalings if widths differ; empty if
        theory finds no initialization that keeps the gradient.

    Raises
    ------
    NoAnswer
        If an expectation of the activation diverges.

    Examples
    --------
    >>> he = Study(activation="relu", initializer="he_normal", widths=(64,) * 5, inputs="gaussian")
    >>> tuning, found = candidates(he)
    >>> [one.title for one in found]
    ['normal weights', 'orthogonal weights']
    """
    tried: list[tuple[Tuning, list[Candidate]]] = []
    for aim in _AIMS:
        tuning = tuned(
            study.activation,
            depth=len(study.widths),
            input_mean_square=input_mean_square,
            alike=aim,
        )
        if tried and tuning.q in (tried[-1][0].q, math.nan):
            break
        studies = [*_tuned_studies(study, tuning)]
        found = [_look(title, one, input_mean_square) for title, one in studies]
        # with different fans, scaling by fan-in is the only one that keeps what was tuned
        first = min(found[: 1 if fans_differ(study) else 2], key=_faults, default=None)
        tried.append((tuning, sorted(found, key=lambda one: one is not first)))
        if first is None or first.scores.good or tuning.basis is not Basis.CRITICAL:
            break
    tuning, found = min(tried, key=lambda one: _faults(one[1][0]) if one[1] else len(CRITERIA))
    return tuning, tuple(found)


_AIMS = (ALIKE, 0.2, 0.05)


def _faults(one: Candidate) -> int:
    return len(one.scores.failed)


def _instead(study: Study, m: float) -> Candidate | None:
    """Return a good initialization with another activation, the first that is found."""
    own = find_activation(study.activation).name
    for name in _OTHERS:
        if name != own:
            _, found = candidates(_with(study, activation=name), input_mean_square=m)
            if found and found[0].scores.good:
                return replace(found[0], title=f"{name}, {found[0].title}")
    return None


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
        usual = study.usual_examples if key.name == "examples" else key.default
        if key.name == "layer_gains" and value:
            pairs = (("--layer-gain", f"{layer}={gain}") for layer, gain in value.items())
            found += chain.from_iterable(pairs)
        elif typed and value not in (None, usual):
            flag = "--" + key.name.replace("_", "-")
            words = joined_names(value) if isinstance(value, list) else str(value)
            found += [flag] if value is True else [flag, words]
    return tuple(found)


def _with(study: Study, **changes: Any) -> Study:
    # the study's sampler may not support the other law
    return replace(study, sampler="auto", **changes)


def _recommended(study: Study, tuning: Tuning, name: str) -> Study:
    rule, layers = INITIALIZERS[name], _with(study, initializer=name, gain=1.0).architecture.layers
    gain, first = tuning.sigma_w, tuning.first_sigma_w
    if rule.law == "orthogonal":  # its standard deviation depends on the longer side
        first /= math.sqrt(layers[0].fan_in) * layers[0].weight_std
    if name == "lecun_normal" and first == gain:
        for named in ("lecun_normal", "he_normal"):
            if math.isclose(INITIALIZERS[named].gain or 0, gain, rel_tol=1e-7):
                return _with(study, **_NEITHER, initializer=named)
    biased = tuning.sigma_b > 0
    return _with(
        study,
        initializer=name,
        gain=gain,
        layer_gains={} if math.isclose(first, gain) else {"1": float(f"{first:.8g}")},
        bias="normal" if biased else None,
        bias_scale=tuning.sigma_b if biased else None,
    )


_NEITHER: Mapping[str, Any] = {"gain": None, "layer_gains": {}, "bias": None, "bias_scale": None}


def _look(title: str, study: Study, m: float) -> Candidate:
    net = study.architecture
    centred = all(layer.weight_mean == 0 for layer in net.layers)
    profile = expected_profile(net, input_mean_square=m) if centred else None
    found = scores(study, input_mean_square=m)
    return Candidate(title=title, study=study, profile=profile, scores=found)


def _plain(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _candidate(one: Candidate) -> dict[str, Any]:
    profile, found = one.profile, one.scores
    study = one.study.resolved()
    levels = None if profile is None else (profile.pre_activation, profile.gradient)
    signal, gradient = ([*map(_plain, x.tolist())] for x in levels or (np.empty(0),) * 2)
    return {
        "title": one.title,
        "activation": name_of(one.study.activation),
        "initializer": name_of(one.study.initializer),
        "gain": study.gain,
        "layer_gains": dict(study.layer_gains),
        "bias": study.bias,
        "bias_scale": study.bias_scale,
        "pre_activation_mean_square": signal,
        "gradient_mean_square": gradient,
        "scores": {
            "gradient_ratio": _plain(found.ratio),
            "gradient_ratio_low": _plain(found.low),
            "gradient_ratio_high": _plain(found.high),
            "gradient_ratio_5": _plain(found.spread[0]),
            "gradient_ratio_95": _plain(found.spread[1]),
            "within_factor_2": found.within,
            "lost": found.lost,
            "correlation": _plain(found.correlation),
            "saturated": _plain(found.saturated),
            "networks": found.networks,
            "exact": found.exact,
        },
        "failed": list(found.failed),
    }
