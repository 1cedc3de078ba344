"""Per-network statistics of traced layers, their histograms, and how summaries are merged."""
