"""Activations and initializers by name, import path, object or plain function.

All of these are converted to an `Activation` or an `Initializer`, so the rest of the package treats
a user's own functions like the members of its tables.
"""

from __future__ import annotations

import importlib
import math
import sys
import warnings
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, cast

import numpy as np

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.nets.activation_names import our_name, unknown_activation
from saturation_lab.nets.activations import ACTIVATIONS, SATURATED, Activation
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.families import parametrized
from saturation_lab.nets.initializer_names import named_initializer
from saturation_lab.nets.initializers import INITIALIZERS, Initializer
from saturation_lab.nets.scan import jumps_of, scale_of_bends, thresholds_of

_Function = Callable[[Array], Array]

_COMPLEX_STEP = 1e-30
_ASIDE = 1.01
_FAR = 1e3
"""A complex step is compared with central differences for |z| up to this times its scale."""


def own_activation(
    value: _Function,
    derivative: _Function | None = None,
    *,
    name: str | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    kinks: tuple[float, ...] = (),
    source: str = "the user's own",
) -> Activation:
    """Return an activation made from a user's function.

    Without ``derivative``, φ' is computed by a complex step [1]_, which has no cancellation and is
    as accurate as φ, if φ accepts complex numbers and is analytic enough; else by central
    differences in float64. For |z| <= 10 the differences have errors of 1e-10 · max(1, |φ|,
    |φ'''|); they are accurate to five digits within 1e-5 of a point where φ' or φ'' jumps. Either
    method takes several times as long as φ, so pass the derivative if time matters.

    Jumps of φ and the saturation thresholds are searched for numerically at all magnitudes of z,
    from 1e-10 to 1e10, as far as φ and φ' are finite. Beyond the z at which a function like
    log(1 + e^z) overflows, it is taken to go on as before: a tail that has not become flat by then
    has no threshold.

    Parameters
    ----------
    value : callable
        φ, a function of an array of any shape that works elementwise.
    derivative : callable, optional
        φ', likewise; at a kink it should return the left derivative.
    name : str, optional
        The name; by default that of the function.
    bounds : (float, float)
        (inf φ, sup φ), if they are known.
    kinks : tuple of float
        The z at which φ' jumps. The jumps of φ itself are found; φ' does not include them.
    source : str
        Where the function comes from.

    Returns
    -------
    Activation
        The activation. Its ``derivative_formula`` names the method: given, complex step or central
        difference.

    Raises
    ------
    InputError
        If φ or φ' fails, or does not return one finite number for each element of an array that
        depends on that element alone.

    References
    ----------
    .. [1] W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real
       functions", SIAM Rev. 40 (1998), pp. 110-112.

    Examples
    --------
    >>> own_activation(lambda z: z * np.exp(-z * z), name="bump").derivative_formula
    'complex step'
    """
    title: str = name or getattr(value, "__name__", "") or type(value).__name__
    _refuse_no_function(value, title, kinds="f")
    phi = _keeping_dtype(value)
    jumps = jumps_of(phi)
    if derivative is not None:
        _refuse_no_function(derivative, f"the derivative of {title}", kinds="fiub")
        chosen, said = derivative, "given"
    elif _takes_complex(phi, jumps):
        chosen, said = _by_complex_step(phi, jumps), "complex step"
    else:
        chosen, said = _by_central_difference(phi, jumps), "central difference"
    slope = _keeping_dtype(chosen)
    low, high = thresholds_of(phi, slope, SATURATED)
    return Activation(
        name=title,
        value=phi,
        derivative=slope,
        formula=title,
        derivative_formula=said,
        bounds=bounds,
        kinks=kinks,
        jumps=jumps,
        z_low=low,
        z_high=high,
        source=source,
    )


def find_activation(given: object) -> Activation:
    """Return the activation that a user specified.

    Parameters
    ----------
    given : object
        A key of `ACTIVATIONS`, one of `FAMILIES` with a parameter (``leaky_relu:0.2``), a name of a
        framework (``nn.ReLU``), ``module:attribute``, an `Activation`, or a function of an array.

    Returns
    -------
    Activation
        The activation.

    Raises
    ------
    InputError
        If the name is unknown, the import fails, or the function is not an activation.

    Examples
    --------
    >>> find_activation("tanh").name
    'tanh'
    """
    given = our_name(given)
    member = parametrized(given)
    if member is not None:
        return member
    found = imported("activation", given) if _is_path(given) else given
    if isinstance(found, Activation):
        return found
    if callable(found):
        hashable = getattr(found, "__hash__", None) is not None
        return _remembered(found) if hashable else own_activation(found)
    if not isinstance(found, str) or found not in ACTIVATIONS:
        raise unknown_activation(found)
    return ACTIVATIONS[found]


@cache
def _remembered(function: _Function) -> Activation:
    # cached, as the search for its thresholds takes time
    return own_activation(function)


def find_initializer(given: object) -> Initializer:
    """Return the initializer that a user specified.

    Parameters
    ----------
    given : object
        A name that `named_initializer` knows, ``module:attribute``, or an `Initializer`.

    Returns
    -------
    Initializer
        The initializer.

    Raises
    ------
    InputError
        If the name is unknown, the import fails, or the object is not an initializer.

    Examples
    --------
    >>> find_initializer("he_normal").name
    'he_normal'
    """
    if isinstance(given, Initializer):
        return given
    named = named_initializer(given) if isinstance(given, str) else None
    found = imported("initializer", given) if named is None and _is_path(given) else named
    if isinstance(found, Initializer):
        return found
    return INITIALIZERS[choice("initializer", given if found is None else found, INITIALIZERS)]


def name_of(given: object) -> str | None:
    """Return the name under which an activation or initializer can be found again.

    Parameters
    ----------
    given : object
        What a study was given: a name, an `Activation`, an `Initializer`, or a function.

    Returns
    -------
    str or None
        A key of a table or ``module:attribute``; None for a lambda and for anything else that
        cannot be imported.

    Examples
    --------
    >>> name_of("tanh"), name_of(ACTIVATIONS["relu"]), name_of(np.sinc), name_of(lambda z: z)
    ('tanh', 'relu', 'numpy:sinc', None)
    """
    if isinstance(given, str):
        return given
    for table in (ACTIVATIONS, INITIALIZERS):
        for name, member in table.items():
            if given is member:
                return name
    if isinstance(given, Activation) and parametrized(given.name) == given:
        return given.name
    if isinstance(given, Initializer) and ":" in given.name:
        return given.name if named_initializer(given.name) == given else None
    return _import_path(given)


def _import_path(given: object) -> str | None:
    module, attribute = getattr(given, "__module__", None), getattr(given, "__qualname__", None)
    if not module or not attribute or module == "__main__":
        return None
    try:
        again = attrgetter(attribute)(sys.modules.get(module))
    except AttributeError:
        return None
    return f"{module}:{attribute}" if again is given else None


def written_name(key: str, given: object) -> str:
    """Return the name of an activation or initializer, which must have one.

    Parameters
    ----------
    key : str
        The name of the value in an error message: activation or initializer.
    given : object
        What a study was given: a name, an `Activation`, an `Initializer`, or a function.

    Returns
    -------
    str
        A key of a table or ``module:attribute``.

    Raises
    ------
    InputError
        If `name_of` finds no name.
    """
    name = name_of(given)
    if name is None:
        raise InputError(
            key,
            expected="a name from the table or module:attribute, to write the study as text",
            got=Words("an object that cannot be imported"),
            hint="define it at the top level of a module",
        )
    return name


def checked_activation(key: str, given: object) -> object:
    """Return what was given for an activation, after checking that it is one.

    Parameters
    ----------
    key : str
        Unused; messages always name the key ``activation``.
    given : object
        What `find_activation` accepts.

    Returns
    -------
    object
        ``given``; of a name, the one of our own table (``elu`` for ``nn.ELU`` and ``elu:1.0``).

    Raises
    ------
    InputError
        If it is not an activation.
    """
    find_activation(given)
    named = our_name(given)
    member = parametrized(named)
    return named if member is None else member.name


def checked_initializer(key: str, given: object) -> object:
    """Return what was given for an initializer, after checking that it is one.

    Parameters
    ----------
    key : str
        Unused; messages always name the key ``initializer``.
    given : object
        What `find_initializer` accepts.

    Returns
    -------
    object
        ``given``; of a name, the one of our own table (``he_normal`` for ``kaiming_normal_``).

    Raises
    ------
    InputError
        If it is not an initializer.
    """
    found = find_initializer(given)
    named = named_initializer(given) if isinstance(given, str) else None
    return given if named is None else found.name


def _is_path(given: object) -> bool:
    return isinstance(given, str) and ":" in given


def imported(key: str, given: object) -> object:
    """Import the object that an import path names.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    given : object
        The path, ``module:attribute``; the attribute may be dotted.

    Returns
    -------
    object
        The imported object.

    Raises
    ------
    InputError
        If the module or the attribute cannot be imported, for whatever reason.

    Examples
    --------
    >>> imported("activation", "numpy:sinc").__name__
    'sinc'
    """
    module, _, attribute = str(given).partition(":")
    try:
        found: object = attrgetter(attribute)(importlib.import_module(module))
    except Exception as error:  # whatever a user's module raises
        raise InputError(
            key,
            expected="module:attribute to import",
            got=given,
            hint=" ".join(f"{type(error).__name__}: {error}".split()),
        ) from error
    return found


def _refuse_no_function(function: _Function, name: str, *, kinds: str) -> None:
    """Reject a function that is not elementwise or does not return one of these kinds of dtype."""
    probe = np.linspace(-3, 3, 8).reshape(2, 2, 2)
    try:
        with np.errstate(all="ignore"):
            shown, alone = (np.asarray(function(z.copy())) for z in (probe, probe[1, 0, 1:]))
    except Exception as error:
        raise InputError(
            "activation",
            expected="a function of an array",
            got=Words(f"{name}, which raised {type(error).__name__}: {error}"),
        ) from error
    fault = ""
    if shown.shape != probe.shape or shown.dtype.kind not in kinds:
        fault = (
            f"returns {shown.dtype} of shape {shown.shape} for {probe.dtype} of shape {probe.shape}"
        )
    elif not np.isfinite(shown).all():
        at = ~np.isfinite(shown)
        fault = f"returns {shown[at][0]} at z = {probe[at][0]:.3g}"
    elif alone.shape != (1,) or not np.allclose(alone, shown[1, 0, 1:]):
        fault = "returns another value for an element passed alone"
    if fault:
        raise InputError(
            "activation",
            expected="a function that returns a finite float for each element of an array",
            got=Words(f"{name}, which {fault}"),
        )


def _keeping_dtype(function: _Function) -> _Function:
    def kept(z: Array) -> Array:
        # a copy, in case the function works in place or returns its argument
        shown: Array = np.asarray(function(z.copy()), dtype=z.dtype)
        return shown

    return kept


def _complex_slope(value: _Function, z: Array) -> Array:
    # step downwards: NumPy orders complex numbers by the real part, then by the imaginary part, so
    # np.maximum and comparisons take the left branch at a kink, and φ' is the left derivative
    stepped: Any = value(cast(Array, z.astype(np.complex128) - 1j * _COMPLEX_STEP))
    slope: Array = -np.imag(stepped) / _COMPLEX_STEP
    return slope


def _by_complex_step(value: _Function, jumps: tuple[float, ...]) -> _Function:
    apart = _by_central_difference(value, jumps)

    def derivative(z: Array) -> Array:
        with np.errstate(all="ignore"):
            slope = _complex_slope(value, z)
        # functions like 1/(1 + e^-z) overflow to 0 or 1 on the real axis, but to NaN off it
        lost = ~np.isfinite(slope)
        return np.where(lost, apart(z), slope) if lost.any() else slope

    return derivative


def _by_central_difference(value: _Function, jumps: tuple[float, ...]) -> _Function:
    ends = np.array([-np.inf, *jumps, np.inf])
    unit = scale_of_bends(value)

    def derivative(z: Array) -> Array:
        wide = z.astype(np.float64)
        # if φ varies on this scale and grows like |z|, it balances truncation and rounding
        step = unit * np.cbrt(np.finfo(np.float64).eps * np.maximum(1, np.abs(wide) / unit))
        middle = wide
        if jumps:
            # next to a jump, both points are on the side of z; at a jump, on the left
            after = np.searchsorted(ends, wide)
            right, left = ends[after] - wide < step, wide - ends[after - 1] < step
            middle = wide + step * _ASIDE * (left.astype(float) * ~right - right)
        above, below = middle + step, middle - step
        with np.errstate(all="ignore"):
            slope: Array = (value(above) - value(below)) / (above - below)
        return slope

    return derivative


def _takes_complex(value: _Function, jumps: tuple[float, ...]) -> bool:
    """Return whether φ is analytic enough: a complex step agrees with central differences."""
    far = np.geomspace(8.1, 0.95 * _FAR, 60)
    probe = np.concatenate([np.linspace(-8.03, 8.07, 323), -far, far])
    near = np.abs(probe) < 8.1
    probe *= scale_of_bends(value)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
            exact, rough = _complex_slope(value, probe), _by_central_difference(value, jumps)(probe)
    except Exception:  # noqa: BLE001  whatever a user's function raises on complex numbers
        return False
    known = np.isfinite(exact) & np.isfinite(rough)
    agree = np.isclose(exact[known], rough[known], rtol=1e-6, atol=1e-6 * np.abs(rough[near]).max())
    return bool(known[near].all() and agree.all())
