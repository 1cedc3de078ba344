"""Functions that turn a tidy table into a matplotlib Figure."""
