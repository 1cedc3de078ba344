"""Theoretical predictions for every layer, derived from Gaussian expectations without sampling."""
