"""The rules: what a case is, what may happen to it and when a promise is broken."""
