"""What does the lecture state, in the order of its slides?"""

from saturation_lab.claims.lecture.gaussian_rule import GAUSSIAN_RULE
from saturation_lab.claims.lecture.self_tests import SELF_TESTS
from saturation_lab.claims.statement import Statement

LECTURE: tuple[Statement, ...] = (*SELF_TESTS, *GAUSSIAN_RULE)
"""Its statements, slide by slide."""
