"""Shows the help of a command in the reader's language: what it does, examples, its options."""
# ruff: noqa: ARG002 - the methods have the names and parameters that the library asks for

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.context import write_table

WORDS: Final = {
    "usage": ("用法：", "Usage: "),
    "examples": ("示例", "Examples"),
    "commands": ("命令", "Commands"),
    "arguments": ("参数", "Arguments"),
    "options": ("选项", "Options"),
    "common": ("通用选项", "Options of every command"),
    "fields": ("字段", "Fields"),
    "help": ("显示帮助", "show this help"),
    "version": ("显示版本", "show the version"),
}
_USAGE: Final = (
    ("[OPTIONS]", "[选项]"),
    ("COMMAND", "命令"),
    ("[ARGS...]", "[参数...]"),
    ("[ARGS]", "[参数]"),
)


def said(name: str, lang: str) -> str:
    """A word of the help in a language."""
    return WORDS[name][0 if lang == "zh" else 1]


@dataclass(frozen=True, slots=True)
class Help:
    """How the library is to show the help of one command."""

    lang: str
    about: str
    examples: Sequence[str] = ()
    details: Sequence[tuple[str, str]] = field(default=())
    epilogue: str = ""

    def render_usage(self, console: Console, options: object, usage: Any) -> None:  # noqa: ANN401 - the library's
        """Write the line that says how the command is typed."""
        text = str(usage or "").strip().replace("COMMAND [OPTIONS] NAME", "[OPTIONS] NAME")
        for english, chinese in _USAGE if self.lang == "zh" else ():
            text = text.replace(english, chinese)
        _line(console, said("usage", self.lang) + text)

    def render_description(self, console: Console, options: object, description: object) -> None:
        """Write what the command does, with examples that can be copied."""
        _line(console, f"\n{self.about}")
        if self.examples:
            _line(console, f"\n{said('examples', self.lang)}")
            for example in self.examples:
                _line(console, f"  guanjia {example}")
        if self.details:
            _pairs(console, said("fields", self.lang), self.details)
        if self.epilogue:
            _line(console, f"\n{self.epilogue}")

    def __call__(self, console: Console, options: object, panel: Any) -> None:  # noqa: ANN401 - the library's
        """Write a group of commands or options."""
        rows = [
            (", ".join(entry.display_labels_with_metavar), _plain(entry.description))
            for entry in panel.entries
        ]
        if rows:
            _pairs(console, str(panel.title), rows)


def _line(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)


def _plain(description: Any) -> str:  # noqa: ANN401 - the library's
    return str(getattr(description, "primary_renderable", description) or "").strip()


def _pairs(console: Console, title: str, rows: Sequence[tuple[str, str]]) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, meaning in rows:
        table.add_row(Text(name), Text(meaning))
    _line(console, f"\n{title}")
    write_table(console, Padding(table, (0, 0, 0, 2)))
