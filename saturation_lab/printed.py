"""Results that ``print`` shows as the command line does."""

from __future__ import annotations

from importlib import import_module


class Printed:
    """A result whose text is that of the command line.

    The text is composed in `pages.terminal`, which lies above all results and is therefore found by
    name, when something is printed.

    Examples
    --------
    >>> from saturation_lab import Study, predict
    >>> found = predict(Study(activation="relu", initializer="he_normal", widths=(8, 8)))
    >>> found
    <Prediction: relu, he_normal, shapeset, 50 examples, theory for wide layers>
    >>> print(found)
    relu, he_normal, shapeset, 50 examples, theory for wide layers
    <BLANKLINE>
    Forward pass
    ...
    """

    def __str__(self) -> str:
        text: str = import_module("saturation_lab.pages.terminal").text_of(self)
        return text

    def __repr__(self) -> str:
        first = str(self).splitlines()[0]
        return f"<{type(self).__name__}: {first}>"
