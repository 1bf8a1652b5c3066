"""Runs the commands of a page in order, and writes what they answer below each of them.

A page is run in a folder of its own at a time that stands in `START`, a minute apart, in the
language of the page. What a block of kind `sh` answers stands in the block of kind `text` after it;
without one the answer is not shown. Blocks of kind `csv` and `yaml` under a line that names a file
in backquotes and ends with a colon are written to that file.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest.mock import patch

from api.cli import main
from api.demo import inhabit
from api.engine import engine
from tests.docs.tables import ROOT

START: Final = datetime.fromisoformat("2026-11-24T10:00:00+08:00")
DEMO: Final = Path(".guanjia") / "demo.db"
PAGES: Final = ("README.md", "README.zh-CN.md", "docs/tutorial.md", "docs/tutorial.zh-CN.md")
BLOCK: Final = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
ANSWERED: Final = re.compile(r"(```sh\n[^`]*```\n\n```text\n)(?P<answer>.*?)(```)", re.DOTALL)
FILE: Final = re.compile(r"`([\w.-]+)`[^\n`]*[:：]\n\n```(?:csv|yaml)\n(.*?)```", re.DOTALL)
CHANCE: Final = (
    (r"\b[0-9a-f]{16}\b", "0" * 16),
    (r"…[0-9a-z-]{7}\b", "…xxxxxxx"),
    (r"\d+\.\d( s|秒| 秒)", r"0.1\1"),
)
"""What differs from run to run: ids, fingerprints, and how long something took."""


def lines(block: str) -> list[list[str]]:
    """The commands of the engine in a shell block, as words without what the shell does."""
    said = [shlex.split(line, comments=True) for line in block.replace("\\\n", " ").splitlines()]
    asked = [words[1:] for words in said if words and Path(words[0]).name == "guanjia"]
    return [words[: words.index(">")] if ">" in words else words for words in asked]


def settled(text: str) -> str:
    """An answer without what differs from run to run."""
    for pattern, instead in CHANCE:
        text = re.sub(pattern, instead, text)
    return text


def run(page: str) -> str:
    """A page as it should be: with the answers its commands give today."""
    text = (ROOT / page).read_text("utf-8")
    lang = "zh" if page.endswith(".zh-CN.md") else "en"
    with _desk(text, lang):
        answers = dict(_answers(text))

    def answered(match: re.Match[str]) -> str:
        new = answers[match.start()]
        kept = match["answer"] if settled(match["answer"]) == settled(new) else new
        return f"{match[1]}{kept}{match[3]}"

    return ANSWERED.sub(answered, text)


@contextlib.contextmanager
def _desk(text: str, lang: str) -> Iterator[None]:
    """A folder with the examples, the demonstration and the page's files; nothing set but LANG."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("GUANJIA_", "LC_"))}
    variables = {**own, "LANG": {"zh": "zh_CN.UTF-8", "en": "en_US.UTF-8"}[lang]}
    with (
        TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        patch.dict(os.environ, variables, clear=True),
        patch("sys.argv", ["guanjia"]),
    ):
        Path("examples").symlink_to(ROOT / "examples")
        if str(DEMO) in text:
            make_demo(DEMO)
        for name, content in FILE.findall(text):
            Path(name).write_text(content, "utf-8")
        yield


def make_demo(store: Path) -> None:
    """The demonstration's store as `guanjia serve --demo` makes it, at `START`."""
    store.parent.mkdir(exist_ok=True)
    with engine(str(store), create=True, clock=lambda: START) as opened:
        inhabit(opened, START)


def _answers(text: str) -> Iterator[tuple[int, str]]:
    """What each shell block answers, by its place in the text."""
    now = START

    def clock() -> datetime:
        return now

    for match in BLOCK.finditer(text):
        kind, block = match.groups()
        if kind != "sh":
            continue
        said = ""
        for words in lines(block):
            if words[0] in {"serve", "completion"}:
                continue
            said += asked(words, clock)
            if words[0] == "ask":
                _look(clock)
            now += timedelta(minutes=1)
        yield match.start(), said


def asked(words: list[str], clock: Callable[[], datetime]) -> str:
    """What a command answers; a page shows only what ends well, or ends with 1."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words, clock=clock)
    assert code in {0, 1}, f"guanjia {shlex.join(words)}: {err.getvalue()}"
    return out.getvalue()


def _look(clock: Callable[[], datetime]) -> None:
    """Do what `guanjia serve` does meanwhile in another terminal."""
    if Path("guanjia.db").exists():
        with engine("guanjia.db", clock=clock) as opened:
            opened.timers.tick()
