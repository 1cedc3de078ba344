"""The lecture's statements in slide order, and the studies that they need."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from saturation_lab.claims.library import (
    fan_in_rule,
    fan_out_rule,
    figure_7,
    gradient_derivation,
    practical_rule,
    self_tests,
    variance_derivation,
    weight_table,
)
from saturation_lab.claims.library.activation_slides import ACTIVATIONS
from saturation_lab.claims.library.activations_summary import SUMMARY
from saturation_lab.claims.library.deep_relu import DEEP_RELU
from saturation_lab.claims.library.table_cells import CELLS
from saturation_lab.claims.statement import Statement

_CHAPTERS: dict[str, tuple[Statement, ...]] = {
    "Self-tests": self_tests.SELF_TESTS,
    "The practical Gaussian rule": practical_rule.GAUSSIAN_RULE,
    "The forward derivation": (*variance_derivation.FORWARD, *fan_in_rule.FORWARD_RULE),
    "The backward derivation": (*gradient_derivation.BACKWARD, *fan_out_rule.BACKWARD_RULE),
    "Figure 7 of Glorot and Bengio": figure_7.FIGURE_7,
    "Activations": ACTIVATIONS,
    "The initialization table": (*weight_table.RANGE, *CELLS),
    "Summary of the activations, and the effect of depth": (*SUMMARY, *DEEP_RELU),
}

LECTURE: tuple[Statement, ...] = tuple(
    replace(statement, chapter=title) for title, many in _CHAPTERS.items() for statement in many
)
"""The lecture's statements in slide order."""

STUDIES: dict[str, Mapping[str, Any]] = {
    **self_tests.STUDIES,
    **practical_rule.STUDIES,
    **variance_derivation.STUDIES,
    **fan_in_rule.STUDIES,
    **gradient_derivation.STUDIES,
    **fan_out_rule.STUDIES,
    **figure_7.STUDIES,
    **weight_table.STUDIES,
}
"""The studies that the claims of `LECTURE` name."""
