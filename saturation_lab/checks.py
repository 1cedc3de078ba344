"""Validation of input; each error message names the key, what was expected and what was given."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Words(str):
    """A description of what was given; an error message shows it without quotation marks."""

    __slots__ = ()


NOTHING = Words("nothing")


class InputError(ValueError):
    """An input that cannot be used.

    The message is a single line, ``key: expected ..., got ...; hint``, which can be printed as it
    is.

    Parameters
    ----------
    key : str
        The option, argument or file that was rejected.
    expected : str
        What would have been accepted.
    got : object
        What was given: a value, which is shown in quotation marks if it is a string, or a
        description of it in `Words`.
    hint : str
        What the user can do about it; "" for no hint.

    Examples
    --------
    >>> str(InputError("width", expected="a whole number of at least 1", got=64.5))
    'width: expected a whole number of at least 1, got 64.5'
    """

    def __init__(self, key: str, *, expected: str, got: object, hint: str = "") -> None:
        self.key = key
        self.expected = expected
        self.got = got
        self.hint = hint
        line = f"{key}: expected {expected}, got {_shown(got)}" + (f"; {hint}" if hint else "")
        super().__init__(line)

    def __reduce__(self) -> tuple[Any, ...]:
        # pickling an exception that has keyword-only arguments needs an explicit constructor
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
    """Return a value as an int within bounds.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        An int or anything with ``__index__``, such as a NumPy integer; a bool, float or string is
        rejected.
    low : int
        The smallest accepted value.
    high : int, optional
        The largest accepted value; by default there is no upper bound.

    Returns
    -------
    int
        The value.

    Raises
    ------
    InputError
        If the value is not a whole number or is out of bounds.

    Examples
    --------
    >>> whole("depth", 5, low=1)
    5
    """
    bounds = f"of at least {low:,}" if high is None else f"from {low:,} to {high:,}"
    span = f"a whole number {bounds}"
    if isinstance(value, bool):
        raise InputError(key, expected=span, got=value)
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # a TypeError is handled below
    except (TypeError, ValueError) as error:
        raise InputError(key, expected=span, got=value) from error
    if number < low or (high is not None and number > high):
        raise InputError(key, expected=span, got=value)
    return number


def real(key: str, value: object, *, above: float = -math.inf, least: float = -math.inf) -> float:
    """Return a value as a finite float above a bound.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        A number; a bool or string is rejected.
    above : float
        A lower bound that is itself rejected.
    least : float
        A lower bound that is itself accepted. Pass one bound, not both: a message names only one.

    Returns
    -------
    float
        The value.

    Raises
    ------
    InputError
        If the value is not a number, is not finite, or is out of bounds.

    Examples
    --------
    >>> real("gain", 2, above=0)
    2.0
    """
    if least > -math.inf:
        span = f"a finite number of at least {least:g}"
    elif above > -math.inf:
        span = f"a finite number above {above:g}"
    else:
        span = "a finite number"
    if isinstance(value, bool | str | bytes):
        raise InputError(key, expected=span, got=value)
    try:
        number = float(value)  # type: ignore[arg-type]  # a TypeError is handled below
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(key, expected=span, got=value) from error
    if not math.isfinite(number) or number <= above or number < least:
        raise InputError(key, expected=span, got=value)
    return number


def truth(key: str, value: object) -> bool:
    """Return a value if it is a bool.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        The value; 0 and 1 are rejected.

    Returns
    -------
    bool
        The value.

    Raises
    ------
    InputError
        If the value is not a bool.
    """
    if not isinstance(value, bool):
        raise InputError(key, expected="true or false", got=value)
    return value


def choice(key: str, value: object, names: Iterable[str]) -> str:
    """Return a value if it is one of the given names.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        The value.
    names : iterable of str
        The accepted names, in the order in which an error message lists them.

    Returns
    -------
    str
        The value.

    Raises
    ------
    InputError
        If the value is not one of the names. The message lists them and suggests the closest one.

    Examples
    --------
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
    """Return a hint that suggests the closest known name.

    Parameters
    ----------
    value : object
        What the user typed.
    known : iterable of str
        The names that would have been accepted. Case is ignored.

    Returns
    -------
    str
        ``did you mean "..."?``, or "" if no name is close.

    Examples
    --------
    >>> did_you_mean("TAHN", ["tanh", "relu"])
    'did you mean "tanh"?'
    """
    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(value).lower(), list(names), n=1, cutoff=0.6)
    return f'did you mean "{names[near[0]]}"?' if near else ""


# --- tables in a user's file ----------------------------------------------------------------------


@contextmanager
def within(where: object) -> Iterator[None]:
    """Prefix the key of every `InputError` raised in the block with its location.

    Parameters
    ----------
    where : object
        The file, table or statement that contains the key.

    Yields
    ------
    None
        Nothing; the block runs.

    Raises
    ------
    InputError
        If the block raises one, with the location before its key.

    Examples
    --------
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
        ) from error.__cause__  # the new error replaces the old one, which says less


Reader = Callable[[str, Any], Any]
"""A function of ``(key, value)`` that returns the checked value or raises `InputError`."""


def read_keys(
    data: Mapping[str, Any], readers: Mapping[str, Reader], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the checked value of each key of a table.

    Parameters
    ----------
    data : mapping
        The table.
    readers : mapping of str to Reader
        A reader for each accepted key.
    defaults : mapping
        The values of optional keys that are omitted. A key without a default is required.

    Returns
    -------
    dict
        One entry for each key of ``readers``, in that order.

    Raises
    ------
    InputError
        If a key is unknown or missing, or its value cannot be used.

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
    """Return a value if it is a string.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        The value; `NOTHING` and other `Words` are rejected.

    Returns
    -------
    str
        The value.

    Raises
    ------
    InputError
        If the value is not a string.
    """
    if not isinstance(value, str) or isinstance(value, Words):
        raise InputError(key, expected="a string", got=value)
    return value


def table(key: str, value: object) -> Mapping[str, Any]:
    """Return a value if it is a mapping, which TOML calls a table.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        The value.

    Returns
    -------
    mapping
        The value.

    Raises
    ------
    InputError
        If the value is not a mapping.
    """
    if not isinstance(value, Mapping):
        raise InputError(key, expected="a table", got=value)
    return value


def one_of(names: Iterable[str]) -> Reader:
    """Return a reader that accepts only the given names.

    Parameters
    ----------
    names : iterable of str
        The accepted names.

    Returns
    -------
    Reader
        A reader that calls `choice`.

    Examples
    --------
    >>> one_of(["tanh", "relu"])("activation", "relu")
    'relu'
    """
    return lambda key, value: choice(key, value, names)


def each_of(read: Reader, *, least: int = 0, kind: str = "names") -> Reader:
    """Return a reader that turns a list into a tuple of checked values.

    Parameters
    ----------
    read : Reader
        The reader of each member.
    least : int
        The smallest number of members; only 0 and 1 are in use, as the message says "at least one".
    kind : str
        What the members are called in an error message, in the plural.

    Returns
    -------
    Reader
        A reader that raises `InputError` for anything but a list, and for a list that is too short.

    Examples
    --------
    >>> each_of(text)("roles", ["a", "b"])
    ('a', 'b')
    """

    def members(key: str, value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise InputError(key, expected=f"a list of {kind}", got=value)
        if len(value) < least:
            raise InputError(key, expected="at least one", got=Words("none"))
        return tuple(read(key, one) for one in value)

    return members
