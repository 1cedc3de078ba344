"""How is unusable input refused? With one line: key, what was expected, what came, what to do."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Words(str):
    """What came, described in words: shown without the quotes of a user's own text."""

    __slots__ = ()


NOTHING = Words("nothing")


class InputError(ValueError):
    """Something a user gave cannot be used.

    The message is one line, ``key: expected ..., got ...; hint``, fit to be printed as it is.

    >>> str(InputError("width", expected="a whole number from 1", got=64.5))
    'width: expected a whole number from 1, got 64.5'
    """

    def __init__(self, key: str, *, expected: str, got: object, hint: str = "") -> None:
        self.key = key
        self.expected = expected
        self.got = got
        self.hint = hint
        line = f"{key}: expected {expected}, got {_shown(got)}" + (f"; {hint}" if hint else "")
        super().__init__(line)

    def __reduce__(self) -> tuple[Any, ...]:
        # an exception with keyword-only arguments crosses process borders only when told how
        return _rebuild, (type(self), self.key, self.expected, self.got, self.hint)


def _rebuild(kind: type[InputError], key: str, expected: str, got: object, hint: str) -> InputError:
    return kind(key, expected=expected, got=got, hint=hint)


def _shown(got: object) -> str:
    if isinstance(got, bool):
        return "true" if got else "false"
    quoted = isinstance(got, str) and not isinstance(got, Words)
    text = f'"{got}"' if quoted else str(got)
    text = " ".join(text.split())
    longest = 80 if quoted else 400
    return text if len(text) <= longest else text[: longest - 3] + "..."


def whole(key: str, value: object, *, low: int, high: int | None = None) -> int:
    """Return ``value`` as an int from ``low`` to ``high``; raise `InputError` for anything else.

    >>> whole("depth", 5, low=1)
    5
    """
    span = f"a whole number from {low:,}" + (f" to {high:,}" if high is not None else "")
    if isinstance(value, bool):
        raise InputError(key, expected=span, got=value)
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # what it refuses is refused below
    except (TypeError, ValueError) as error:
        raise InputError(key, expected=span, got=value) from error
    if number < low or (high is not None and number > high):
        raise InputError(key, expected=span, got=value)
    return number


def real(key: str, value: object, *, above: float = -math.inf, least: float = -math.inf) -> float:
    """Return ``value`` as a finite float > ``above`` and >= ``least``.

    >>> real("gain", 2, above=0)
    2.0
    """
    if least > -math.inf:
        span = f"a finite number, at least {least:g}"
    elif above > -math.inf:
        span = f"a finite number above {above:g}"
    else:
        span = "a finite number"
    if isinstance(value, bool | str | bytes):
        raise InputError(key, expected=span, got=value)
    try:
        number = float(value)  # type: ignore[arg-type]  # what it refuses is refused below
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(key, expected=span, got=value) from error
    if not math.isfinite(number) or number <= above or number < least:
        raise InputError(key, expected=span, got=value)
    return number


def truth(key: str, value: object) -> bool:
    """Return ``value`` when it is true or false."""
    if not isinstance(value, bool):
        raise InputError(key, expected="true or false", got=value)
    return value


def choice(key: str, value: object, names: Iterable[str]) -> str:
    """Return ``value`` when it is one of ``names``; otherwise name the nearest one.

    >>> choice("activation", "tahn", ["tanh", "relu"])
    Traceback (most recent call last):
    ...
    saturation_lab.checks.InputError: activation: expected one of tanh, relu, got "tahn"; \
did you mean "tanh"?
    """
    known = list(names)
    if isinstance(value, str) and value in known:
        return value
    raise InputError(
        key, expected="one of " + ", ".join(known), got=value, hint=did_you_mean(value, known)
    )


def did_you_mean(value: object, known: Iterable[str]) -> str:
    """Return ``did you mean "..."?`` for the nearest known name, or an empty string."""
    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(value).lower(), list(names), n=1, cutoff=0.6)
    return f'did you mean "{names[near[0]]}"?' if near else ""


# --- tables of a user's file ----------------------------------------------------------------------


@contextmanager
def within(where: object) -> Iterator[None]:
    """Say where a key stands that is refused inside.

    >>> with within("mine.toml"):
    ...     real("low", "many")
    Traceback (most recent call last):
    ...
    saturation_lab.checks.InputError: mine.toml: low: expected a finite number, got "many"
    """
    try:
        yield
    except InputError as error:
        raise InputError(
            f"{where}: {error.key}", expected=error.expected, got=error.got, hint=error.hint
        ) from error.__cause__  # it takes the place of the error, which says less


Reader = Callable[[str, Any], Any]
"""``(key, value)`` to a checked value, or an `InputError` that names the key."""


def read_keys(
    data: Mapping[str, Any], readers: Mapping[str, Reader], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the checked value of each key of a table.

    Parameters
    ----------
    data
        The table.
    readers
        How each key that it may have is read.
    defaults
        What keys may be left out, and what they are then.

    Raises
    ------
    InputError
        If a key is unknown, missing or cannot be used.

    Examples
    --------
    >>> read_keys({"title": "Mine"}, {"title": text, "lead": text}, {"lead": ""})
    {'title': 'Mine', 'lead': ''}
    """
    for key in data:
        choice("key", key, readers)
    return {
        key: defaults[key]
        if key in defaults and key not in data
        else read(key, data.get(key, NOTHING))
        for key, read in readers.items()
    }


def text(key: str, value: object) -> str:
    """Return ``value`` when it is a text."""
    if not isinstance(value, str) or isinstance(value, Words):
        raise InputError(key, expected="a text", got=value)
    return value


def table(key: str, value: object) -> Mapping[str, Any]:
    """Return ``value`` when it is a table."""
    if not isinstance(value, Mapping):
        raise InputError(key, expected="a table", got=value)
    return value


def one_of(names: Iterable[str]) -> Reader:
    """Return a reader of one of some names."""
    return lambda key, value: choice(key, value, names)


def each_of(read: Reader, *, least: int = 0, kind: str = "names") -> Reader:
    """Return a reader of a list, as a tuple, whose members another reader reads."""

    def members(key: str, value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise InputError(key, expected=f"a list of {kind}", got=value)
        if len(value) < least:
            raise InputError(key, expected="at least one", got=Words("none"))
        return tuple(read(key, one) for one in value)

    return members
