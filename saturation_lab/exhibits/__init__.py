"""Exhibits of a page: each computes its table, its drawing, and its texts."""
