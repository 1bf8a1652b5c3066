"""Reads the options of commands that can look at the log through a lens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from api.cli.context import LONG, Context
from api.cli.declared import Option
from api.cli.rulebooks import document_named
from api.engine import Engine
from api.lenses import LensAsked, read_lens, told
from api.queries.cases import Answer
from api.view import View, through
from domain.kernel.refusals import Phrase
from projections.lens import Lens


@dataclass(frozen=True, kw_only=True)
class LensOptions:
    """How the log is looked at: as of when, as if by which rules, which kinds of case."""

    as_of: Annotated[
        str | None,
        Option(
            Phrase(
                "what was known at that instant, or up to that position of the log",
                "当时已知的内容：时刻，或日志位置",
            ),
            "WHEN",
        ),
    ] = None
    true_at: Annotated[
        str | None,
        Option(
            Phrase(
                "what had happened by that instant, as it is known now",
                "按现在所知，该时刻前发生的内容",
            ),
            "T",
        ),
    ] = None
    as_if: Annotated[
        tuple[str, ...],
        Option(
            Phrase(
                "judged by this rulebook or calendar, a file or a version; repeatable",
                "按这本规则手册或日历重新判定：文件或版本，可多次使用",
            ),
            "RULES",
        ),
    ] = ()
    kind: Annotated[
        tuple[str, ...],
        Option(
            Phrase("only this kind of case; repeatable", "仅此类型的工单，可多次使用"),
            "KIND",
        ),
    ] = ()

    @property
    def live(self) -> bool:
        """Whether the live tables are asked for."""
        return not (self.as_of or self.true_at or self.as_if or self.kind)


NOW: Final = LensOptions()


@contextmanager
def seen(
    context: Context, lens: LensOptions, *, case: str | None = None, site: str | None = None
) -> Iterator[View]:
    """What a command is answered from: the live tables, or what a lens sees of the log.

    ``case`` is the one case that is asked about, ``site`` the one site.
    """
    # A replay reads none of the live tables, but for a case that is named by its number elsewhere.
    with context.engine(settled=lens.live or case is not None) as engine:
        held = held_over(engine, lens, case=case, site=site)
        with (
            replaying(context, engine, held) as heard,
            through(engine, held, progress=heard) as view,
        ):
            yield view


def held_over(
    engine: Engine, lens: LensOptions, *, case: str | None = None, site: str | None = None
) -> Lens:
    """The lens that the options ask for; a case or a site alone needs none."""
    return read_lens(
        engine,
        LensAsked(
            as_of=lens.as_of,
            true_at=lens.true_at,
            as_if=tuple(_rules(engine, name) for name in lens.as_if),
            kinds=tuple(lens.kind),
            sites=() if site is None else (site,),
            case=case,
        ),
    )


def _rules(engine: Engine, name: str) -> Mapping[str, Any]:
    _, document = document_named(engine, name)
    return document


@contextmanager
def replaying(context: Context, engine: Engine, lens: Lens) -> Iterator[Any]:
    """A progress bar for a replay that takes its time."""
    long = not lens.live and lens.cases is None and engine.log.head() >= LONG
    with context.progress(context.say("重放", "replaying"), shown=long) as heard:
        yield heard


def now_of(context: Context, view: View) -> datetime:
    """The instant as of which an answer is told."""
    return context.now() if view.lens.live else view.now()


def with_lens(view: View, answer: Answer) -> Answer:
    """An answer as data, with the lens it was seen through."""
    return {**answer, "lens": told(view)}
