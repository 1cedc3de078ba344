"""The library of statements: those of the lecture, and those of the papers that it builds on."""
