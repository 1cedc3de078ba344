"""The exception that theory raises for a valid question that has no answer."""

from __future__ import annotations

from saturation_lab.checks import InputError


class NoAnswer(InputError):
    """Theory has no answer for these networks, although nothing is wrong with the input.

    An expectation of the activation diverges, for example, or no critical point exists. Catch this
    to continue without theory; any other `InputError` is a mistake that the user should be told of.
    The message is one line, as that of `InputError`.

    >>> from saturation_lab.theory.length_map import fixed_points
    >>> fixed_points("identity", sigma_w=1.0)
    Traceback (most recent call last):
    ...
    saturation_lab.theory.no_answer.NoAnswer: sigma_w: expected isolated fixed points, got 1, \
where identity keeps every q
    """
