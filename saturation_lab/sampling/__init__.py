"""Drawing networks, measuring them, and storing the results."""
