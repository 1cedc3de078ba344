"""All exhibits, in the order in which a new page shows them.

To add an exhibit, write one `Exhibit` and add it to the list. Captions are computed from the
numbers, including words such as "rises" and "falls".
"""

from __future__ import annotations

from saturation_lab.exhibits.activation_card import ACTIVATION_CARD
from saturation_lab.exhibits.derivation_chain import CHAINS
from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.input_images import CONTACT_SHEET
from saturation_lab.exhibits.layer_histograms import DECADES, SIGNALS, SPECTRUM
from saturation_lab.exhibits.lecture_cells import CELLS
from saturation_lab.exhibits.pair_maps import HEAT_MAPS
from saturation_lab.exhibits.phase_diagrams import THEORY_EXHIBITS
from saturation_lab.exhibits.profiles import PROFILES, SINGULAR_PROFILE
from saturation_lab.exhibits.statement_forest import STATEMENTS
from saturation_lab.exhibits.typical_network import TYPICAL
from saturation_lab.exhibits.unit_by_unit import UNIT_BY_UNIT
from saturation_lab.exhibits.verdict_forest import VERDICTS
from saturation_lab.exhibits.width_densities import DENSITIES
from saturation_lab.exhibits.width_spread import LAW, SPREAD

_ALL: list[Exhibit] = [
    VERDICTS,
    HEAT_MAPS,
    *SIGNALS,
    DECADES,
    *PROFILES,
    UNIT_BY_UNIT,
    SPECTRUM,
    SINGULAR_PROFILE,
    *CHAINS,
    SPREAD,
    LAW,
    TYPICAL,
    DENSITIES,
    STATEMENTS,
    CELLS,
    ACTIVATION_CARD,
    CONTACT_SHEET,
]

EXHIBITS: dict[str, Exhibit] = {exhibit.id: exhibit for exhibit in _ALL} | THEORY_EXHIBITS
