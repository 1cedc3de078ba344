"""What is asserted, by source: the lecture, slide by slide, and the papers behind it."""
