"""Answers questions about the log through a lens, bounded in number and in time."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Query

from api.engine import Engine
from api.http.pool import Questions
from api.lenses import LensAsked, read_lens, told
from api.view import through
from projections.lens import Lens
from store.projector import Progress
from store.time_limit import check

THREADS: Final = 1
WAITING: Final = 8
BUDGET: Final = 60.0
"""Seconds that a replay may take."""

As = Annotated[str | None, Query(max_length=40)]
Versions = Annotated[list[int] | None, Query(max_length=4)]
Kinds = Annotated[list[str] | None, Query(max_length=20)]
PARAMETERS: Final = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
    for name, kind in (("as_of", As), ("true_at", As), ("as_if", Versions), ("kind", Kinds))
)
"""The parameters of every question that can be asked through a lens."""


def replays(budget: float = BUDGET) -> Questions:
    """The pool of replays: one at a time, so that they leave room for commands."""
    return Questions(threads=THREADS, waiting=WAITING, budget=budget)


def asked_through(asked: dict[str, Any]) -> LensAsked:
    """Take the lens out of a question's parameters; its case or site narrows a replay as well."""
    as_of, true_at, as_if, kinds = (asked.pop(parameter.name) for parameter in PARAMETERS)
    site = asked.get("site")
    return LensAsked(
        as_of=_time(as_of), true_at=_time(true_at), as_if=tuple(as_if or ()),
        kinds=tuple(kinds or ()), sites=() if site is None else (site,), case=asked.get("case"),
    )  # fmt: skip


def _time(text: str | None) -> str | None:
    """An instant whose plus sign came as a space, as an address has it where it is not quoted."""
    instant, _, offset = (text or "").rpartition(" ")
    unquoted = ":" in instant and "+" not in instant and re.fullmatch(r"\d\d:?\d\d", offset)
    return f"{instant}+{offset}" if unquoted else text


class Replay(NamedTuple):
    """A lens, and what gives up whoever replays through it for too long."""

    lens: Lens
    in_time: Progress


def answered_through(
    engine: Engine,
    asked: LensAsked,
    question: Callable[..., Any],
    parameters: Mapping[str, Any],
) -> Any:  # noqa: ANN401 - plain data, or a response as it is
    """The answer to a question that takes a view or a replay.

    Raises:
        TimeIsUp: the replay took more seconds than it may, and was given up.
    """
    lens = read_lens(engine, asked)
    if "replay" in inspect.signature(question).parameters:
        return question(Replay(lens, _in_time), **parameters)
    with through(engine, lens, progress=_in_time) as view:
        found = question(view, **parameters)
        return {**found, "lens": told(view)} if isinstance(found, Mapping) else found


def _in_time(_done: int, _total: int) -> None:
    check()


def takes_lens(question: Callable[..., Any]) -> bool:
    """Whether a question can be asked through a lens."""
    return not {"view", "replay"}.isdisjoint(inspect.signature(question).parameters)


def with_lens(question: Callable[..., Any]) -> Sequence[inspect.Parameter]:
    """The parameters of a question that takes a lens, with those of the lens in its place."""
    own = inspect.signature(question, eval_str=True).parameters.values()
    return [*(one for one in own if one.name not in {"view", "replay"}), *PARAMETERS]
