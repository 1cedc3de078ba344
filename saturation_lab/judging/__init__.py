"""Where claims meet measured networks: kinds of experiments, findings, verdicts."""
