"""What does the lecture state, in the order of its slides?"""

from collections.abc import Mapping
from typing import Any

from saturation_lab.claims.lecture import (
    backward,
    backward_rule,
    figure_7,
    forward,
    forward_rule,
    gaussian_rule,
    self_tests,
    table,
)
from saturation_lab.claims.lecture.activations import ACTIVATIONS
from saturation_lab.claims.lecture.cells import CELLS
from saturation_lab.claims.lecture.deep_relu import DEEP_RELU
from saturation_lab.claims.lecture.summary import SUMMARY
from saturation_lab.claims.statement import Statement

LECTURE: tuple[Statement, ...] = (
    *self_tests.SELF_TESTS,
    *gaussian_rule.GAUSSIAN_RULE,
    *forward.FORWARD,
    *forward_rule.FORWARD_RULE,
    *backward.BACKWARD,
    *backward_rule.BACKWARD_RULE,
    *figure_7.FIGURE_7,
    *ACTIVATIONS,
    *table.RANGE,
    *CELLS,
    *SUMMARY,
    *DEEP_RELU,
)
"""Its statements, slide by slide."""

STUDIES: dict[str, Mapping[str, Any]] = {
    **self_tests.STUDIES,
    **gaussian_rule.STUDIES,
    **forward.STUDIES,
    **forward_rule.STUDIES,
    **backward.STUDIES,
    **backward_rule.STUDIES,
    **figure_7.STUDIES,
    **table.STUDIES,
}
"""The studies that their claims name."""
