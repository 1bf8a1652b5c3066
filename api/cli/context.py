"""Gives every command what it shares: settings, output, and an engine that is up to date."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from rich.cells import cell_len
from rich.console import Console, RenderableType
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
GAP: Final = 2
"""Columns between two columns of a table."""
SHORT: Final = 40
"""Columns up to which a Chinese text stays on one line."""
NAME: Final = "guanjia"
LONG: Final = 20_000
"""Facts from which on catching up is worth a progress bar."""

Heard = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Context:
    """One run of the command line: what was asked, with which settings, and where to answer.

    ``asked`` has the options of the command and ``store`` as attributes, as they were given;
    without ``clock`` the time is the machine's.
    """

    settings: Settings
    asked: Any
    routes: Routes = ROUTES
    json: bool = False
    clock: Callable[[], datetime] | None = None

    @property
    def lang(self) -> str:
        """The language of tables and sentences."""
        return self.settings.lang

    def say(self, zh: str, en: str) -> str:
        """The one of two sentences that is in the reader's language."""
        return zh if self.lang == "zh" else en

    def time(self, at: datetime | None) -> str:
        """An instant as people say it."""
        return when(at, self.now(), self.lang)

    def now(self) -> datetime:
        """The time at which the command runs."""
        return self.clock() if self.clock else datetime.now(UTC)

    @contextmanager
    def engine(self, *, create: bool = False, settled: bool = True) -> Iterator[Engine]:
        """The store's engine; its row sets have seen everything unless that is not needed."""
        store, routes = self.settings.store, self.routes
        with engine(store, create=create, routes=routes, clock=self.clock) as opened:
            if settled:
                zh, en = "更新行集", "catching up"
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
        sys.stdout.write(clean(as_typed(self.say(zh, en))) + "\n")

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = ""
    ) -> None:
        """Write a table; what it holds is shown as it is, and no word is broken.

        Where the terminal is too narrow the table is wider: a number can be copied whole.
        """
        cells = [[clean("" if cell is None else str(cell)) for cell in row] for row in rows]
        shown = Table(box=None, pad_edge=False, header_style="bold")
        least = [max(map(_least, texts)) for texts in zip(columns, *cells, strict=True)]
        for column, width in zip(columns, least, strict=True):
            shown.add_column(Text(column), overflow="fold", min_width=width)
        for row in cells:
            shown.add_row(*map(Text, row))
        console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDE)
        console.width = max(console.width, sum(least) + GAP * (len(least) - 1))
        if title:
            console.print(Text(clean(title), style="bold"), soft_wrap=True)
        write_table(console, shown)


def write_table(console: Console, table: RenderableType) -> None:
    """Write a table without the spaces that fill up its lines."""
    with console.capture() as captured:
        console.print(table)
    lines = captured.get().splitlines()
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))


def _least(cell: str) -> int:
    """The columns a cell needs: its longest word; a long Chinese text goes on in the next line."""
    words = cell.split()
    return max((cell_len(w) if w.isascii() else min(cell_len(w), SHORT) for w in words), default=0)


def program() -> str:
    """How this program is called, so that a command that is shown works as typed."""
    called = Path(sys.argv[0])
    if called.parts[-3:] == ("api", "cli", "__main__.py"):
        return f"{_typed(Path(sys.executable))} -m api.cli"
    return _typed(called) if called.stem == NAME and called.exists() else NAME


def _typed(file: Path) -> str:
    """A program as it is typed: by its name where the shell finds it, else by its shorter path."""
    found = shutil.which(file.name)
    if found is not None and Path(found).samefile(file):
        return file.name
    return shlex.quote(min(os.path.relpath(file), str(file), key=len))


HINTED: Final = (
    "init", "serve", "publish", "rulebook", "import", "rebuild", "doctor", "history", "clocks",
    "board", "explain", "ask", "judge", "kpi", "compare", "completion",
)  # fmt: skip
"""The commands, by which a hint is known in a sentence."""
_HINT: Final = re.compile(rf"(?<![\w./-]){NAME} (?=(?:{'|'.join(HINTED)})\b)")


def as_typed(sentence: str, store: str = "") -> str:
    """A sentence whose commands can be typed as they stand: this program, and a quoted store."""
    if store:
        sentence = sentence.replace(f"--store {store}", f"--store {shlex.quote(store)}")
    return _HINT.sub(f"{program()} ", sentence)


def command_line(*words: str) -> str:
    """A command of this program as it can be typed."""
    return " ".join((program(), *map(shlex.quote, words)))


def clean(text: str) -> str:
    """The text without anything a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
