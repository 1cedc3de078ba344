"""Comparison of two sets of measured networks: where they differ and where they are alike."""
