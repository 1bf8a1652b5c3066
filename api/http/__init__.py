"""The engine for other systems and for a browser on this machine."""

from api.http.app import create_app

__all__ = ["create_app"]
