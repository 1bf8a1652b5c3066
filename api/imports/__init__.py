"""Imports histories of other systems: rows become commands, replayed at their own times."""
