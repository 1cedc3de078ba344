"""Evidence of correctness: calibration, recorded guarantees, and checks of the samplers."""
