"""Writes the completion script of a shell."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from api.cli.context import Context
from api.cli.declared import Option
from domain.kernel.refusals import Phrase

Shell = Annotated[
    Literal["bash", "zsh", "fish"], Option(Phrase("bash, zsh or fish", "bash、zsh 或 fish"))
]


def write(context: Context, shell: Shell, /) -> int:
    """Write the script to standard output."""
    from api.cli.app import build  # noqa: PLC0415 - the command line lists this module

    sys.stdout.write(build(context.routes, context.lang).generate_completion(shell=shell))
    return 0
