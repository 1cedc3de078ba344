"""What should every layer be? Expectations and what follows from them, with no sampling in sight."""
