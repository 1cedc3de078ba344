"""The command line: one verb a file, the options that verbs share, and where they may write."""
