"""A tidy table in, a matplotlib Figure out."""
