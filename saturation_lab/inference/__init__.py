"""Numbers in, verdict out: intervals over networks and what they decide."""
