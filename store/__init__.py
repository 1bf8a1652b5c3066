"""Where facts are kept: the log, its codec and keys, and the base of every view."""
