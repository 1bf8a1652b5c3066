"""Draws the board of the demonstration as a picture of a terminal, as the command shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.cells import cell_len

from tests.docs.shown import START, asked, make_demo

PICTURES: Final[Mapping[str, str]] = {"docs/board.svg": "en", "docs/board.zh-CN.svg": "zh"}
SHOWN: Final = 10
"""How many cases a picture shows."""
CELL: Final = 7.8
LINE: Final = 20
MARGIN: Final = 18
FONTS: Final = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans CJK SC', monospace"
RUN: Final = re.compile(r"\S+(?: \S+)*")
OVERDUE: Final = re.compile(r" over$|^已超")
TITLES: Final = {
    "en": "Open work of a neighbourhood, worst first, as guanjia board shows it",
    "zh": "guanjia board 显示的小区未结工单，最急的在前",
}


def drawn(lang: str) -> str:
    """The picture in a language."""
    with TemporaryDirectory() as folder:
        store = Path(folder) / "demo.db"
        make_demo(store)
        words = ["board", "--limit", str(SHOWN), "--lang", lang, "--store", str(store)]
        answer = asked(words, lambda: START)
    lines = ["$ guanjia board", *answer.rstrip().splitlines()]
    width = MARGIN * 2 + max(map(cell_len, lines)) * CELL
    height = MARGIN * 2 + len(lines) * LINE
    texts = "\n".join(text for place, line in enumerate(lines) for text in _texts(place, line))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}"'
        f' role="img" aria-labelledby="title" font-family="{FONTS}" font-size="13">\n'
        f'<title id="title">{TITLES[lang]}</title>\n'
        f'<rect width="100%" height="100%" rx="8" fill="#1f2328"/>\n{texts}\n</svg>\n'
    )


def _texts(place: int, line: str) -> Iterator[str]:
    """Each cell of a line where its column begins, whatever the font's widths."""
    y = MARGIN + place * LINE + 14
    for run in RUN.finditer(line):
        x = MARGIN + cell_len(line[: run.start()]) * CELL
        yield f'<text x="{x:.1f}" y="{y}" fill="{_colour(place, run[0])}">{escape(run[0])}</text>'


def _colour(place: int, text: str) -> str:
    if place == 0:
        return "#7ee787"
    if place <= 2:
        return "#9198a1"
    return "#ff7b72" if OVERDUE.search(text) else "#e6edf3"
