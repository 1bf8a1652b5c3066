"""For what every command shares: settings, output, and an engine that is up to date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from api.engine import Engine, engine
from api.settings import Settings
from api.wording import when
from commands import ROUTES
from commands.routes import Routes

WIDE: Final = 200
"""Columns of a table that is not shown on a terminal."""
LONG: Final = 20_000
"""Facts from which on catching up is worth a progress bar."""

Heard = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Context:
    """One run of the command line: what was asked, with which settings, and where to answer."""

    settings: Settings
    asked: argparse.Namespace
    routes: Routes = ROUTES

    @property
    def lang(self) -> str:
        """The language of tables and sentences."""
        return self.settings.lang

    @property
    def json(self) -> bool:
        """Whether JSON is wanted."""
        return bool(self.asked.json)

    def say(self, zh: str, en: str) -> str:
        """The one of two sentences that is in the reader's language."""
        return zh if self.lang == "zh" else en

    def time(self, at: datetime | None) -> str:
        """An instant as people say it."""
        return when(at, datetime.now(UTC), self.lang)

    @contextmanager
    def engine(self, *, create: bool = False, settled: bool = True) -> Iterator[Engine]:
        """The store's engine; its views have seen everything unless that is not needed."""
        with engine(self.settings.store, create=create, routes=self.routes) as opened:
            if settled:
                zh, en = "更新视图", "catching up"
                with self.progress(self.say(zh, en), shown=opened.lag >= LONG) as heard:
                    opened.settle(timeout=float("inf"), progress=heard)
            yield opened

    @contextmanager
    def progress(self, title: str, *, shown: bool = True) -> Iterator[Heard]:
        """A progress bar on stderr, where somebody looks at it."""
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not (shown and sys.stderr.isatty()),
        )
        with bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total or None)

    def data(self, answer: object) -> None:
        """Write JSON."""
        text = orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str)
        sys.stdout.write(text.decode() + "\n")

    def line(self, zh: str, en: str) -> None:
        """Write a sentence."""
        sys.stdout.write(clean(self.say(zh, en)) + "\n")

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = ""
    ) -> None:
        """Write a table; what it holds is shown as it is."""
        shown = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            shown.add_column(Text(column), overflow="fold")
        for row in rows:
            shown.add_row(*(Text(clean("" if cell is None else str(cell))) for cell in row))
        console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE)
        if title:
            console.print(Text(clean(title), style="bold"), soft_wrap=True)
        console.print(shown)


def clean(text: str) -> str:
    """The text without anything a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
