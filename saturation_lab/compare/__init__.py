"""Two measured side by side: in what they differ, and where they are alike."""
