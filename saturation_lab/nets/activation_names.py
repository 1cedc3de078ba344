"""Activations by the names that people type: those of PyTorch, Keras, JAX and scikit-learn.

A name of a framework is accepted only if it stands for the same function there: ``jax.nn.gelu`` is
refused, because it is an approximation of GELU. A suggestion never offers another function.
"""

from __future__ import annotations

import difflib

from saturation_lab.checks import InputError
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.families import FAMILIES

PREFIXES: dict[str, str] = {
    **dict.fromkeys(("torch.nn.functional.", "nn.functional.", "torch.nn.", "torch."), "torch"),
    **dict.fromkeys(("tf.keras.activations.", "keras.activations.", "tf.nn.", "tf.math."), "keras"),
    **dict.fromkeys(("jax.nn.", "jnp.", "flax.linen."), "jax"),
    **dict.fromkeys(("nn.", "F.", "np.", "numpy.", "math."), ""),
}
"""The frameworks by the prefixes of their names; "" where several use the prefix."""

_NAMES: dict[str, str] = {
    **{name.replace("_", ""): name for name in (*ACTIVATIONS, *FAMILIES)},
    "linear": "identity",
    "logistic": "sigmoid",
    "sine": "sin",
}
_OTHERWISE: dict[tuple[str, str], str] = {
    ("jax", "gelu"): "gelu is exact, whereas jax.nn.gelu is an approximation with tanh by default",
    ("keras", "leakyrelu"): "leaky_relu:0.2 has the default slope of keras.activations",
}
"""What a framework calls by one of our names, although it is another function."""

_OTHER = frozenset(
    "arctan atan cos crelu exp geglu gelu_approx gelu_new gelu_tanh glu hard_shrink hard_sigmoid "
    "hard_silu hard_swish heaviside log_sigmoid log_softmax quick_gelu reglu relu2 "
    "relu6 relu^2 rrelu sign sinh snake softmax softmin soft_shrink sparsemax squared_relu "
    "squareplus star_relu step swiglu tanh_shrink threshold".replace("_", "").split()
)
"""Functions that are not in the table, without underscores."""


def our_name(given: object) -> object:
    """Return our name of an activation.

    Parameters
    ----------
    given : object
        A name as it is typed in PyTorch, Keras, JAX or scikit-learn, with or without its prefix and
        ``()``, in small letters or capitals, maybe with a colon and a parameter.

    Returns
    -------
    object
        The key of `ACTIVATIONS` or `FAMILIES`, with the parameter; whatever else was given is
        returned unchanged.

    Raises
    ------
    InputError
        If the framework means another function by this name.

    Examples
    --------
    >>> our_name("nn.LeakyReLU:0.2"), our_name("jax.nn.silu"), our_name("my_module:bump")
    ('leaky_relu:0.2', 'silu', 'my_module:bump')
    """
    if not isinstance(given, str):
        return given
    typed, colon, rest = given.strip().partition(":")
    flat, framework = _flat(typed)
    hint = "" if colon else _OTHERWISE.get((framework, flat), "")
    if hint:
        raise InputError("activation", expected=_EXPECTED, got=given, hint=hint)
    return f"{_NAMES[flat]}{colon}{rest}" if flat in _NAMES else given


def unknown_activation(given: object) -> InputError:
    """Return the error for a name that is unknown.

    Parameters
    ----------
    given : object
        The name.

    Returns
    -------
    InputError
        The error, to be raised. It suggests a name only if this was misspelt.

    Examples
    --------
    >>> unknown_activation("rleu").hint
    'did you mean "relu"?'
    >>> unknown_activation("relu6").hint
    'this is another function; write it in Python, and give my_module:function'
    """
    flat, _ = _flat(given) if isinstance(given, str) else ("", "")
    other = flat.partition("(")[0]
    swapped = [name for name in _NAMES if sorted(name) == sorted(flat)]  # erlu is relu, not elu
    near = swapped or difflib.get_close_matches(flat, _NAMES, n=1, cutoff=0.75)
    if other in ("lrelu", "prelu"):
        hint = "write leaky_relu:NUMBER with its slope below 0"
    elif other in _OTHER:
        hint = "this is another function; write it in Python, and give my_module:function"
    elif other in _NAMES:
        families = other in {name.replace("_", "") for name in FAMILIES}
        hint = f"write {_NAMES[other]}" + f" or {_NAMES[other]}:NUMBER" * families
        if other == "gelu":
            hint = "gelu is the exact function; write an approximation in Python"
    else:
        hint = f'did you mean "{_NAMES[near[0]]}"?' if near else ""
    return InputError("activation", expected=_EXPECTED, got=given, hint=hint)


_EXPECTED = f"one of {', '.join(dict.fromkeys([*ACTIVATIONS, *FAMILIES]))}"


def _flat(typed: str) -> tuple[str, str]:
    """Return a name in small letters, without prefix and separators, and its framework."""
    typed = typed.strip().strip("'\"")
    prefix = next((one for one in PREFIXES if typed.startswith(one)), "")
    name = typed[len(prefix) :].removesuffix("()").lower()
    for sign in "_- ":
        name = name.replace(sign, "")
    return name, PREFIXES.get(prefix, "")
