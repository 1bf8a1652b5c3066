"""What may be asked, a module for each kind, and the one way of asking it."""

from typing import Final

from commands import complaint, registers, repair
from commands.clocks import CLOCKS
from commands.routes import Routes
from domain.kinds import KINDS

ROUTES: Final = Routes(
    KINDS,
    (complaint.ROUTES, repair.ROUTES, registers.SITE_ROUTES, registers.RULES_ROUTES),
    clocks=CLOCKS,
)
"""Every message of every kind: the one list that HTTP, command line and imports derive from."""

__all__ = ["ROUTES"]
