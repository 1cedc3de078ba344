"""Sentences about what was done to the examples of a study: columns, labels, scaling."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from saturation_lab.data.column_moments import Moments
from saturation_lab.data.own_choice import counted, listed
from saturation_lab.data.sources import InputSource

_FAR = 8.0
"""A standardized value at least this large is pointed out."""


def input_notes(source: InputSource, *, scaling: str, examples: int) -> tuple[str, ...]:
    """Return what was done to the examples of a study.

    Parameters
    ----------
    source : InputSource
        The source of the examples.
    scaling : str
        A key of `SCALINGS`.
    examples : int
        The number of examples that each network is shown.

    Returns
    -------
    tuple of str
        Sentences; () for built-in inputs at their default scaling.

    Examples
    --------
    >>> from saturation_lab.data.sources import INPUTS
    >>> input_notes(INPUTS["digits"], scaling="signed", examples=50)
    ()
    >>> input_notes(INPUTS["digits"], scaling="standardized_overall", examples=50)
    ('Scaling standardized_overall: one mean and one standard deviation for all values of the 50 \
examples drawn.',)
    """
    found = source.moments
    if found is None:
        return () if scaling == source.scaling else (_scaled(source, scaling, examples),)
    shown = (
        f"All {counted(examples, 'example')} of the file are shown."
        if examples > 1
        else "The only example of the file is shown."
    )
    every = (shown,) if examples == source.supply else ()
    return (
        *source.notes,
        *every,
        _scaled(source, scaling, examples),
        *(_standardized(source, found) if scaling == "standardized" else ()),
    )


def _scaled(source: InputSource, scaling: str, examples: int) -> str:
    found = source.moments
    drawn, rows = counted(examples, "example"), counted(source.supply or 0, "row")
    over = f"the {drawn} drawn" if found is None else f"all {rows}" if source.supply != 1 else rows
    each = "column" if source.columns else "feature"
    if scaling == "standardized":
        said = f"each {each} with its own mean and standard deviation over {over}"
    elif scaling == "standardized_overall":
        said = f"one mean and one standard deviation for all values of {over}"
    elif scaling == "none":
        said = "the values are used as they are"
        if found is not None:
            low, high = found.span
            square = float((np.square(found.mean) + np.square(found.std)).mean())
            said += f", from {low:.4g} to {high:.4g}, with mean square {square:.4g}"
    else:
        ends = {"signed": "[-1, 1]", "unit": "[0, 1]"}[scaling]
        low, high = source.span or (np.nan, np.nan)
        said = f"values from {low:.4g} to {high:.4g} are mapped onto {ends}"
    return f"Scaling {scaling}: {said}."


def _standardized(source: InputSource, found: Moments) -> Iterator[str]:
    """Yield which features are constant, and which one standardization makes very large."""
    constant = np.flatnonzero(~found.varies)
    if len(constant):
        names = [_name(source, int(i)) for i in constant[:9]]
        if len(constant) == len(found.std):
            yield "All features are constant, so that every input is 0; scaling = none keeps them."
            return
        verb = "is" if len(constant) == 1 else "are"
        yield f"{counted(len(constant), 'constant feature')} {verb} set to 0: {listed(names)}."
    far = found.farthest
    worst = int(far.argmax())
    if far[worst] < _FAR:
        return
    many = int((far >= _FAR).sum())
    others = f", and {many - 1:,} more like it" if many > 1 else ""
    name, size = _name(source, worst), f"{far[worst]:.3g} standard deviations"
    if found.binary[worst]:
        low, high, mean = found.low[worst], found.high[worst], found.mean[worst]
        up = high - mean > mean - low
        share = (mean - low if up else high - mean) / (high - low)
        value = high if up else low
        yield (
            f"{name} is {value:.4g} in {100 * share:.2g} % of the rows; standardized, this value "
            f"is {size} from the mean{others}. With scaling = none it is not changed."
        )
    else:
        yield f"A value of {name} is {size} from the mean{others}."


def _name(source: InputSource, feature: int) -> str:
    return f'"{source.columns[feature]}"' if source.columns else f"feature {feature + 1:,}"
