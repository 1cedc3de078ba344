"""The tables of a study or of a prediction in a terminal: one row per layer, one column per number.

A number is shown as the mean over networks ± half of its 95 % interval. In a column in which the
law of some layer is too heavy for that (see `inference.averages`), it is the typical network, ×÷
the factor between it and the ends of its interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from saturation_lab.inference.averages import Average, Basis
from saturation_lab.inference.digits import count_text, short
from saturation_lab.inference.intervals import Interval
from saturation_lab.measured import OUTPUT, Measured, Origin
from saturation_lab.nets.arrays import Float64
from saturation_lab.pages.blocks import Block, Table, Text
from saturation_lab.pages.finite_text import finite_width_text
from saturation_lab.pages.texts import text
from saturation_lab.sampling.result import Result
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.study import Study
from saturation_lab.theory.propagation import Prediction
from saturation_lab.words.lists import listed, sentences
from saturation_lab.words.table_numbers import (
    NONE,
    factor_cell,
    half_cell,
    number_cell,
    range_cell,
    unseen,
)

COLUMNS = {
    "Forward pass": {
        "z²": "pre_activation_mean_square",
        "a²": "activation_mean_square",
        "saturated": "saturated_share",
        "from input": "input_share_of_variance",
    },
    "Backward pass": {
        "δ²": "gradient_mean_square",
        "(∂C/∂W)²": "weight_gradient_mean_square",
        "batch (∂C/∂W)²": "batch_weight_gradient_mean_square",
    },
}
"""The tables of one study: for each caption, headings and quantities."""
_GRADIENT = "gradient_mean_square"
_UNITS, _UNITS_ALIKE, _EQUAL = "unit_correlation", 0.5, 1 - 1e-6
"""The likeness of units is shown if it is above 0.5 somewhere; units above the second are equal."""
MAIN = {"pre_activation_mean_square": "z²", _GRADIENT: "δ²"}
"""The quantities that are also shown with their spread over networks, and their means."""
_Cell = Callable[[int], str]


def measured_blocks(found: Measured) -> list[Block]:
    """Return the averages over measured networks, layer by layer.

    Parameters
    ----------
    found : Measured
        The measured networks, sampled or a user's own.

    Returns
    -------
    list of Block
        A title, a table for each pass, their key, and notes on networks that stand out.
    """
    layers = {found.layer_name(i): i for i in range(1, found.summary.values.shape[1] + 1)}
    tables = {
        title: {
            heading: cell
            for name, quantity in columns.items()
            if found.examples > 1 or not quantity.startswith("batch")  # the same for one example
            for heading, cell in _columns(found, name, quantity, layers.values())
        }
        for title, columns in COLUMNS.items()
    }
    if (_likeness(found) > _UNITS_ALIKE).any():
        forward = next(iter(tables.values()))
        forward |= _columns(found, "units alike", _UNITS, layers.values())
    key = _key(found.examples, _saturated(found.origin), text("terminal.means"))
    return [
        Text(_title(found)),
        *input_blocks(found.origin.input_notes),
        *_tables(layers, tables),
        Text(sentences(key, *_signs(found), *_units(found))),
        *(Text(note) for note in _notes(found)),
    ]


def _title(found: Measured) -> str:
    count = len(found.networks)
    networks = "one network" if count == 1 else count_text(count, "network")
    study = found.origin
    if isinstance(study, Study):
        return f"{_pair(study)}, {networks}, seed {study.seed}, {study.sampler}, {study.dtype}"
    return f"{found.title or found.name}, {count_text(found.examples, 'example')}, {networks}"


def prediction_blocks(found: Prediction) -> list[Block]:
    """Return the predicted means of a study, in the same columns as those of a sample.

    Parameters
    ----------
    found : Prediction
        The prediction.

    Returns
    -------
    list of Block
        A title, a table for each pass, and their key.
    """
    layers = {i if i <= found.depth else "output": i for i in range(1, len(found.values) + 1)}

    def cell(quantity: str) -> _Cell:
        return lambda layer: _expected(quantity, found.value(quantity, layer))

    tables = {
        title: {name: cell(quantity) for name, quantity in columns.items()}
        for title, columns in COLUMNS.items()
    }
    means = "Expected means over units, examples and networks"
    key = _key(found.study.examples, _saturated(found.study), means)
    return [
        Text(f"{_pair(found.study)}, theory for wide layers"),
        *input_blocks(found.study.input_notes),
        *_tables(layers, tables),
        Text(f"{key} {text('terminal.theory')}"),
        Text(finite_width_text(found)),
    ]


def examples_shown(study: Study) -> str:
    """Return the inputs of a study and how many it shows, in words.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    str
        The words.

    Examples
    --------
    >>> examples_shown(Study(activation="tanh", initializer="he_normal", widths=[8], examples=1))
    'shapeset, 1 example'
    """
    return f"{study.inputs}, {count_text(study.examples, 'example')}"


def input_blocks(notes: Sequence[str]) -> list[Block]:
    """Return what was done to the data of the inputs, as one paragraph.

    Parameters
    ----------
    notes : sequence of str
        The sentences.

    Returns
    -------
    list of Block
        The paragraph; [] if there is nothing to say.
    """
    return [Text(f"Inputs: {' '.join(notes)}")] if notes else []


def _pair(study: Study) -> str:
    """Return the activation, initializer and inputs of a study, in words."""
    net = study.architecture
    return f"{net.activation.name}, {net.initializer.name}, {examples_shown(study)}"


def _tables(
    layers: Mapping[int | str, int], tables: Mapping[str, Mapping[str, _Cell]]
) -> list[Block]:
    """Return tables with one row per layer, without columns that are empty in every layer."""
    blocks: list[Block] = []
    for title, columns in tables.items():
        found = {
            name: [cell(number) for number in layers.values()] for name, cell in columns.items()
        }
        kept = {name: cells for name, cells in found.items() if {*cells} != {NONE}}
        rows = [list(row) for row in zip(map(str, layers), *kept.values(), strict=True)]
        name = title.lower().replace(" ", "-")
        blocks.append(Table(id=name, caption=title, head=("layer", *kept), rows=rows))
    return blocks


def _columns(
    result: Measured, name: str, quantity: str, layers: Collection[int]
) -> Iterator[tuple[str, _Cell]]:
    """Yield the columns of one quantity: its centre and, for the main ones, spread and mean."""
    found = {layer: result.average(quantity, layer) for layer in layers}
    heavy = any(one.heavy for one in found.values())

    def centre(layer: int) -> str:
        if math.isnan(found[layer].mean.estimate):
            middle = result.medians()[layer - 1, list(QUANTITIES).index(quantity)]
            return f"median {short(middle)}" if math.isfinite(middle) else NONE
        if heavy:
            return _times(found[layer].typical, zero=found[layer].zeros > 0)
        return mean_text(found[layer], percent=in_percent(quantity))

    main = quantity in MAIN
    yield f"typical {name}" if heavy and main else name, centre
    if main:
        yield "5–95 %", lambda layer: range_cell(*found[layer].spread)
    if main and heavy:
        yield f"mean {name}", lambda layer: mean_text(found[layer])


def in_percent(quantity: str) -> bool:
    """Return whether a quantity is a share, which is shown in percent.

    Parameters
    ----------
    quantity : str
        The name of a quantity.

    Returns
    -------
    bool
        Whether it is a share.

    Examples
    --------
    >>> in_percent("saturated_share"), in_percent("gradient_mean_square")
    (True, False)
    """
    return quantity.endswith(("share", "share_of_variance"))


def mean_text(found: Average, *, percent: bool = False) -> str:
    """Return the mean of a number over networks with its interval, in a few characters.

    Parameters
    ----------
    found : Average
        The averages of the number.
    percent : bool, default False
        Whether to show a share in percent.

    Returns
    -------
    str
        The mean ± half of its interval, with one digit of the half, or two if the first is a 1.

    Examples
    --------
    >>> from saturation_lab.inference.averages import Known, average
    >>> mean_text(average([0.61, 0.66, 0.68, 0.69]))
    '0.66 ± 0.06'
    >>> mean_text(average([0.0, 0.0, 0.0], Known(units=50, counted=50)), percent=True)
    '0 (≤ 2.4 %)'
    >>> mean_text(average([1.0, 0.001, 90.0], Known(size=True)))
    'unknown'
    """
    mean, scale, unit = found.mean, 100.0 if percent else 1.0, " %" if percent else ""
    if found.basis is Basis.WITHHELD:
        return "0 in all" if found.zeros == mean.networks else "unknown"
    if found.basis is Basis.LAW:
        return _times(mean)
    x, low, high = (scale * end for end in (mean.estimate, mean.low, mean.high))
    if not high > low:  # one network, or the same value in all networks
        return NONE if math.isnan(x) else f"{number_cell(x, 3)}{unit}"
    if x in (0, scale) and found.basis is Basis.BINOMIAL:
        end = f"≤ {number_cell(high, 2)}" if x == 0 else f"≥ {number_cell(low, 3)}"
        return f"{x:.0f} ({end}{unit})"
    half = (high - low) / 2
    if max(high - x, x - low) > 1.5 * min(high - x, x - low) and not unseen(x, half):
        return f"{number_cell(x, 2)} [{number_cell(low, 2)}, {number_cell(high, 2)}]{unit}"
    return half_cell(x, half, unit=unit, fixed=percent)


def _times(found: Interval, *, zero: bool = False) -> str:
    """Return a number ×÷ the factor to the ends of its interval; 0 if all networks are 0."""
    if math.isnan(found.estimate):
        return "0" if zero else NONE
    return factor_cell(found.estimate, found.low, found.high)


def _expected(quantity: str, x: float) -> str:
    if math.isnan(x):
        return NONE
    return f"{100 * x:.4g} %" if in_percent(quantity) else f"{x:.4g}"


# --- the key and the notes ------------------------------------------------------------------------


def _key(examples: int, saturated: str, means: str) -> str:
    return text("terminal.profile", means=means, saturated=saturated, examples=f"{examples:,}")


def _saturated(origin: Origin) -> str:
    """Return the pre-activations that count as saturated, in words."""
    if not isinstance(origin, Study):
        return "saturated: z beyond the thresholds of the trace"
    low, high = origin.thresholds
    ends = [f"z < {low:.3g}"] * math.isfinite(low) + [f"z > {high:.3g}"] * math.isfinite(high)
    return "saturated: " + (" or ".join(ends) or "nowhere")


def _signs(result: Measured) -> Iterator[str]:
    """Yield what the signs of the tables mean, as far as they occur."""
    if len(result.networks) == 1:
        yield text("terminal.alone")
        return
    yield text("terminal.spread")
    shown = [x for columns in COLUMNS.values() for x in columns.values()]
    of = np.isin(list(QUANTITIES), shown)
    bases = {*result.averages.basis[:, of].ravel().tolist()}
    if bases & {Basis.LAW.value, Basis.WITHHELD.value}:
        yield text("terminal.typical")
    if Basis.LAW.value in bases:
        yield text("terminal.law")


def _notes(result: Measured) -> Iterator[str]:
    """Yield a line for each kind of network that stands out."""
    if isinstance(result, Result):
        yield from result.range_sentences()
    yield from _zeros(result)
    yield from _equal_units(result)
    for quantity, name in MAIN.items():
        yield from _few(result, quantity, name)


def _zeros(result: Measured) -> Iterator[str]:
    count = len(result.networks)
    for quantity, name in (("pre_activation_mean_square", "signal"), (_GRADIENT, "gradient")):
        zeros = result.averages.zeros[:, list(QUANTITIES).index(quantity)]
        if zeros.any() and zeros.max() == count:
            whose = "in all networks" if count > 1 else "in the network"
            yield f"The {name} is exactly zero {whose}, in {_layers(result, zeros == count)}."
        elif zeros.any():
            layer = result.layer_name(int(zeros.argmax()) + 1)
            have = "has" if zeros.max() == 1 else "have"
            said = f"{zeros.max():,} of {count:,} networks {have} a {name} of exactly zero"
            yield f"{said} in layer {layer}; the typical network is computed from the others."


def _layers(result: Measured, there: NDArray[np.bool_]) -> str:
    """Return the layers of which something is true, in words."""
    if there.all():
        return "every layer"
    if there[: result.depth].all():
        return "every hidden layer"
    rows = np.flatnonzero(there)
    layers = [str(result.layer_name(int(row) + 1)) for row in rows]
    if len(layers) > 2 and rows[-1] - rows[0] == len(rows) - 1:
        return f"layers {layers[0]} to {layers[-1]}"
    if layers == [OUTPUT]:
        return "the output layer"
    return f"layer{'s' * (len(layers) > 1)} {listed(layers)}"


def _likeness(result: Measured) -> Float64:
    """Return the mean cosine of two units in each layer; nan where it is unknown."""
    rows = range(1, len(result.averages.zeros) + 1)
    return np.array([result.values(_UNITS, row).mean() for row in rows])


def _units(result: Measured) -> Iterator[str]:
    if (_likeness(result) > _UNITS_ALIKE).any():
        yield text("terminal.units")


def _equal_units(result: Measured) -> Iterator[str]:
    """Yield that the units of some layers are equal in every network."""
    rows = range(1, len(result.averages.zeros) + 1)
    with np.errstate(invalid="ignore"):
        equal = np.array([(result.values(_UNITS, row) > _EQUAL).all() for row in rows])
    if equal.any():
        where = _layers(result, equal)
        acts = "the layer acts" if equal.sum() == 1 else "each layer acts"
        yield f"All units of {where} are equal: {acts} as a single unit."


def _few(result: Measured, quantity: str, name: str) -> Iterator[str]:
    """Yield why a mean is unknown, and how few networks determine the mean of the sample."""
    found = {i: result.average(quantity, i) for i in range(1, len(result.averages.basis) + 1)}
    heavy = {layer: one for layer, one in found.items() if one.heavy}
    if not heavy:
        return
    layer = max(heavy, key=lambda i: -1.0 if math.isnan(heavy[i].beta) else heavy[i].beta)
    values = np.sort(result.values(quantity, layer))[::-1]
    parts, where = [], f"in layer {result.layer_name(layer)}"
    if values[0] > 0:
        shares = np.cumsum(values / values[0]) / np.sum(values / values[0])
        few = int(np.argmax(shares > 0.5)) + 1
        if few <= max(1, len(values) // 10):
            make = "makes" if few == 1 else "make"
            most = f"{100 * shares[few - 1]:.0f} % of the sum of {name} {where}"
            parts.append(f"{few} of {len(values):,} networks {make} up {most}")
    count = len(result.networks)
    unknown = [i for i, one in heavy.items() if one.reason and one.zeros < count]
    if unknown:
        worst = found[layer if layer in unknown else unknown[-1]]
        layers = count_text(len(unknown), "layer")
        parts.append(f"the mean of {name} is unknown in {layers}, as {worst.reason}")
    if parts:
        said = "; ".join(parts)
        yield f"{said[0].upper()}{said[1:]}."
