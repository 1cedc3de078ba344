"""The command line: a verb a file, and what the verbs share."""
