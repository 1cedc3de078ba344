"""Is somebody's network, or initializer, what it should be? Assertions for their own test suite.

In the manner of ``numpy.testing``, but the subject is random, so each keeps two promises. It raises
`AssertionError` only where the data contradict its statement: with right code in at most
``false_alarm`` of all runs (1e-6 by default, shared out over layers or parts by Bonferroni; of
saturated shares above a half it may be more, `assert_not_saturated` says how much). And it
can fail: what it ``detects`` is found with ``power``; a subject too small for that is refused with
`saturation_lab.InputError`, which says how much is needed. A callable is drawn until it is enough.
"""

from saturation_lab.testing.assurance import Assurance, Part
from saturation_lab.testing.draws import assert_follows_law
from saturation_lab.testing.networks import (
    assert_gradient_preserved,
    assert_not_saturated,
    assert_variance_preserved,
)

__all__ = [
    "Assurance",
    "Part",
    "assert_follows_law",
    "assert_gradient_preserved",
    "assert_not_saturated",
    "assert_variance_preserved",
]
