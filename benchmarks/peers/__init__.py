"""Peers that need an environment of their own; their scripts import nothing of ours."""
