"""Weights and biases that are given by σ_w and σ_b, as in mean-field theory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saturation_lab.checks import InputError, Words, real
from saturation_lab.nets.initializers import FAN_IN
from saturation_lab.nets.own import find_initializer

SIGMAS = ("sigma_w", "sigma_b")
"""The keys that `without_sigmas` replaces."""

_INSTEAD_OF = {"sigma_w": ("gain",), "sigma_b": ("bias", "bias_scale")}


def without_sigmas(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a study, with initializer, gain and biases in place of σ_w and σ_b.

    Var w = σ_w²/fan_in and Var b = σ_b². The weights are normal unless another initializer scaled
    by fan-in is given; the biases are normal.

    Parameters
    ----------
    data : mapping
        The keys of the study, possibly with ``sigma_w`` and ``sigma_b``.

    Returns
    -------
    dict
        The keys without these two.

    Raises
    ------
    InputError
        If σ_w is not above 0, σ_b is negative, or another key says the same.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eq. 1.

    Examples
    --------
    >>> without_sigmas({"sigma_w": 1.5, "sigma_b": 0.2})
    {'initializer': 'lecun_normal', 'gain': 1.5, 'bias': 'normal', 'bias_scale': 0.2}
    """
    kept = {key: value for key, value in data.items() if key not in SIGMAS}
    for key, others in _INSTEAD_OF.items():
        for other in others:
            if key in data and other in data:
                expected = f"either {key} or {other}"
                raise InputError(key, expected=expected, got=Words("both"))
    if "sigma_w" in data:
        rule = find_initializer(kept.setdefault("initializer", "lecun_normal"))
        if rule.scale is not FAN_IN:
            raise InputError(
                "sigma_w",
                expected="an initializer whose variance is σ_w²/fan_in "
                "(lecun_normal, lecun_uniform, lecun_truncated_normal)",
                got=rule.name,
                hint=f"give {rule.name} a gain instead",
            )
        kept["gain"] = real("sigma_w", data["sigma_w"], above=0)
    if "sigma_b" in data:
        scale = real("sigma_b", data["sigma_b"], least=0)
        kept |= {"bias": "normal", "bias_scale": scale} if scale else {"bias": "zero"}
    return kept
