"""What does the lecture state, in the order of its slides?"""

from saturation_lab.claims.lecture.activations import ACTIVATIONS, SUMMARY
from saturation_lab.claims.lecture.gaussian_rule import GAUSSIAN_RULE
from saturation_lab.claims.lecture.table import DEEP_RELU, TABLE
from saturation_lab.claims.statement import Statement

LECTURE: tuple[Statement, ...] = (
    *GAUSSIAN_RULE,
    *ACTIVATIONS,
    *TABLE,
    *SUMMARY,
    *DEEP_RELU,
)
"""Its statements, slide by slide."""
