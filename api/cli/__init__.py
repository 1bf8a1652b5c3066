"""The engine for people at a keyboard."""

from api.cli.main import main

__all__ = ["main"]
