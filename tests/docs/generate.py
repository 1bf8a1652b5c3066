"""Writes what documents take from the code: python -m tests.docs.generate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pictures import PICTURES, drawn
from tests.docs.shown import PAGES, run
from tests.docs.tables import ROOT, TABLES

REFERENCE = ROOT / "docs" / "reference"


def written(page: str) -> str:
    """A page of the reference with its generated parts as the code has them now."""
    text = (REFERENCE / page).read_text("utf-8")
    for name, make in TABLES[page].items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end of {name} -->"
        part = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if len(part.findall(text)) != 1:
            raise ValueError(f"{page} needs {begin} and {end} once")
        before, after = part.split(text)
        text = f"{before}{begin}\n\n{make()}\n\n{end}{after}"
    return text


def made() -> Iterator[tuple[Path, str]]:
    """Every generated file with its content as the code has it now."""
    for page in TABLES:
        yield REFERENCE / page, written(page)
    for page in PAGES:
        yield ROOT / page, run(page)
    for picture, lang in PICTURES.items():
        yield ROOT / picture, drawn(lang)


def write_all() -> Iterator[Path]:
    """Write the files that are stale; gives each."""
    for path, text in made():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            yield path


if __name__ == "__main__":
    for stale in write_all():
        print(f"wrote {stale.relative_to(ROOT)}")  # noqa: T201 - a tool for the command line
