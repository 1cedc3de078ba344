"""What every layer should be: expectations and what follows, with no sampling in sight."""
