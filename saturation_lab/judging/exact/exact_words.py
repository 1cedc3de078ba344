"""What is a number that needs no network? Each of ``EXACT`` in a few words, with its arguments."""

from __future__ import annotations

from saturation_lab.claims.claim import Exact
from saturation_lab.inference.digits import MINUS

WORDS: dict[str, str] = {
    "share_outside": "share of N(0, {1:g}²) beyond ±{0:g}",
    "nearest_to_uniform": "Std z nearest to uniform ({0})",
    "two_humps_beyond": "Var z from which on there are two humps",
    "ks_to_uniform": "Kolmogorov-Smirnov distance to uniform at Std z = {0:g}",
    "confined_ks_to_uniform": "Kolmogorov-Smirnov distance to uniform, Std z = {1:g} cut at ±{0:g}",
    "wasserstein_to_uniform": "Wasserstein distance to uniform at Std z = {0:g}",
    "variance_to_uniform": "|Var a − 1/12| at Std z = {0:g}",
    "slope_mismatch": "largest mismatch in ulp, |z| ≤ {0:g}",
    "sigmoid_slope": "σ'(z) at z = {0:g}",
    "slope_as_computed": "a*(1-a) in {1} at z = {0:g}",
    "slope_error": "relative error of a*(1-a) in {1} at z = {0:g}",
    "zero_slope_beyond": "|z| from which on a*(1-a) is 0, z {0}, {1}",
    "zero_slopes_high_over_low": "|z| from which on it is 0, high ÷ low, {0}",
    "variance_over_sum": "variance of the sum ÷ sum of the variances",
    "critical_gain": "σ_w at which χ₁ = 1, {0}",
    "holding_gain": "σ_w that keeps Std z = {1:g}, {0}",
    "largest_std": "largest Std a, {0}",
    "settled_std": "Std z where layers settle, {0}, σ_w = {1:g}",
    "slope": "√(E φ'²) at Std z = {1:g}, {0}",
    "tanh_twin_mismatch": "largest mismatch ÷ the layer's largest value",
    "three_terms_mismatch": "mismatch ÷ Var z",
    "uniform_mismatch": "largest relative mismatch of the variances",
    "way_back_mismatch": "largest mismatch ÷ the largest entry",
    "identity_ulps": "largest mismatch, in ulp of the largest term",
    "silu_slope_error": "largest error over all z of float64",
    "silu_minimum": "min φ",
    "least_slope": "min φ', {0}",
    "largest_slope": "max φ', {0}",
    "swish_from_relu": "largest distance of Swish, β = {0:g}, from ReLU",
    "swish_from_half": "largest distance of Swish, β = {0:g}, from z/2, |z| ≤ {1:g}",
    "tanh_from_sigmoid": "largest distance of tanh z from 2 σ({0:g} · z) − 1",
    "tanh_quotient_reach": "largest z at which the quotient is a number, {0}",
    "jump_of_slope": "φ'(0+) − φ'(0−), {0}",
    "least_slope_ratio": "E φ'², {0} ÷ {1}, the least over q",
    "slope_ratio": "E φ'², {0} ÷ {1}, at q = {2:g}",
    "bound": "bound √3 Std w, n = {2:g}, m = {3:g}",
    "most_growth": "{1:g} E φ²/q, the largest over q, {0}",
    "growth": "{1:g} E φ²/q at q = {2:g}, {0}",
    "chi_1_error": "|{1:g} E φ'² − 1|, the largest over q, {0}",
    "preserving_chi_parallel": "χ∥ at q = 1, {0}",
    "critical_bias": "σ_b of the critical point, {0}",
    "variance_mismatch": "largest relative error of Var w",
    "fan_mismatch": "larger of |n Var w − 1| and |m Var w − 1|",
    "leak_mismatch": "largest relative error of E φ²/q and E φ'²",
    "he_over_constant": "the product over the layers",
}
"""The words for every number of ``EXACT``; braces stand for its arguments."""


def exact_words(experiment: Exact) -> str:
    """Return what an exact experiment's number is.

    >>> exact_words(Exact(of="share_outside", args=(4.0, 2.0)))
    'share of N(0, 2²) beyond ±4'
    """
    return WORDS[experiment.of].format(*experiment.args).replace("= -", f"= {MINUS}")
