"""The command line: one file for each verb, and the code that verbs share."""
