"""The mathematical notation of the recorded quantities."""

from __future__ import annotations

_SIGNALS = {"pre_activation": "z", "activation": "a", "gradient": "δ"}

SYMBOLS: dict[str, str] = {
    **{
        f"{signal}_{moment}": words.format(x)
        for signal, x in _SIGNALS.items()
        for moment, words in {
            "mean": "E {}",
            "mean_square": "E {}²",
            "variance": "Var {}",
            "skewness": "skewness of {}",
            "kurtosis": "kurtosis of {}",
            "percentile_2": "2nd percentile of {}",
            "percentile_98": "98th percentile of {}",
            "peak_share": "0-peak of {}",
        }.items()
    },
    "weight_gradient_mean_square": "E (∂C/∂w)² of one example",
    "batch_weight_gradient_mean_square": "E (∂C/∂w)² of the batch",
    "weight_gradient_peak_share": "0-peak of ∂C/∂w",
    "conditional_mean_square": "E z² given the layer below",
    "saturated_low_share": "share of z saturated low",
    "saturated_high_share": "share of z saturated high",
    "saturated_share": "share of z saturated",
    "dead_share": "share of dead units",
    "input_share_of_variance": "share of E z² from the input",
    "activation_input_share_of_variance": "share of E a² from the input",
    "gradient_to_weight_ratio": "Std ∂C/∂w ÷ Std w",
    "input_correlation": "cosine of two examples' z",
    "activation_correlation": "cosine of two examples' a",
    "unit_correlation": "cosine of two units' z",
    "singular_value_mean": "mean singular value",
    "singular_value_rms": "root mean square singular value",
    "singular_value_max": "largest singular value",
}
"""The notation of every quantity, for formulas and labels."""

PRODUCTS: dict[tuple[str, ...], str] = {
    ("activation_mean_square", "activation_input_share_of_variance"): "Var a over the examples",
}
"""Products of quantities that have a notation of their own."""
