"""The exception for a valid question to which theory has no answer, and a common reason for it."""

from __future__ import annotations

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.architecture import Architecture


class NoAnswer(InputError):
    """Theory has no answer for these networks, although the input is valid.

    For example, an expectation of the activation diverges, or no critical point exists. Catch this
    exception to continue without theory. Any other `InputError` is a mistake that should be
    reported to the user. The message is a single line, as for `InputError`.

    Examples
    --------
    >>> from saturation_lab.theory.length_map import fixed_points
    >>> fixed_points("identity", sigma_w=1.0)
    Traceback (most recent call last):
    ...
    saturation_lab.theory.no_answer.NoAnswer: sigma_w: expected a σ_w with isolated fixed points, \
    got 1, at which identity keeps every q
    """


def refuse_uncentred(architecture: Architecture) -> None:
    """Raise `NoAnswer` if some weights of an architecture have a mean other than 0.

    Pre-activations are then not independent between units, even in wide layers. Zero weights are
    centred: with them, theory is exact.

    Parameters
    ----------
    architecture : Architecture
        The networks.

    Raises
    ------
    NoAnswer
        If the mean of some weights is not 0, or the weights are not draws of one law (identity).

    Examples
    --------
    >>> from saturation_lab.study import Study
    >>> ones = Study(activation="tanh", initializer="constant", widths=(8,), inputs="gaussian")
    >>> refuse_uncentred(ones.architecture)
    Traceback (most recent call last):
    ...
    saturation_lab.theory.no_answer.NoAnswer: initializer: expected random weights of mean 0, \
got constant (w ~ g, g = 1); theory predicts nothing for others; sample them
    """
    if any(layer.weight_mean != 0 for layer in architecture.layers):
        rule = architecture.initializer
        raise NoAnswer(
            "initializer",
            expected="random weights of mean 0",
            got=Words(f"{rule.name} (w ~ {rule.formula})"),
            hint="theory predicts nothing for others; sample them",
        )
