"""The exception for a valid question to which theory has no answer."""

from __future__ import annotations

from saturation_lab.checks import InputError


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
