"""The statements by source: the lecture, slide by slide, and the papers behind it."""
