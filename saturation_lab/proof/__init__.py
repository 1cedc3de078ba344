"""Is all this right? Calibration, recorded guarantees, and checks of the samplers."""
