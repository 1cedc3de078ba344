"""Pages: specifications, builders and blocks, and renderers as HTML, JSON and text."""
