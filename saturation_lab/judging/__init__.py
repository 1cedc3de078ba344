"""Claims judged on measured networks: kinds of experiments, findings and verdicts."""
