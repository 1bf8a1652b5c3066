"""A process that projects views and is killed at a chosen point, with nothing closed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from store import case_loader
from store.checkpoints import Checkpoints
from store.open import open_log, open_views
from store.tables import TableDb
from tests.support.row_sets import some_views


def dying(after: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with the death of the process right behind it."""

    def last(*arguments: Any, **named: Any) -> None:
        after(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return last


def main(address: str, point: str) -> None:
    """Catch up and die: in a page, or at the beginning, amid or in the swap of a rebuild."""
    case_loader.BULK = 2
    log, db = open_log(address), open_views(address)
    views = some_views(log, db)
    if point == "page":
        kind: type[TableDb] = type(db)
        kind.replace = dying(kind.replace)  # type: ignore[method-assign]
        views.catch_up()
    views.catch_up()
    if point == "begin":
        Checkpoints.make = dying(Checkpoints.make)  # type: ignore[method-assign]
    elif point == "bulk":
        Checkpoints.alive = _second(Checkpoints.alive)  # type: ignore[method-assign]
    else:
        Checkpoints.let_live = dying(Checkpoints.let_live)  # type: ignore[method-assign]
    views.rebuild()


def _second(function: Callable[..., Any]) -> Callable[..., Any]:
    calls = 0

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return dying(function)(*arguments) if calls > 1 else function(*arguments)

    return counted


if __name__ == "__main__":
    main(*sys.argv[1:])
