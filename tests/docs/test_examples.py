"""What the documentation shows can be done: its documents are read, its commands are run."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from api.cli import main
from api.cli.app import Asked, build
from api.engine import engine
from api.imports.mapping import load_mapping
from commands import ROUTES
from domain.kinds import KINDS
from domain.rulebook import read_strictly
from domain.working_time.documents import calendar_from_document
from tests.docs.pictures import PICTURES, drawn
from tests.docs.shown import PAGES as SHOWN, lines, run
from tests.docs.tables import ROOT

FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
OWN_TESTS = {"mapping.md", "benchmarks.md"}
PAGES = sorted(
    p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if p.name not in OWN_TESTS
)
CLOCK = {
    "case": "repair",
    "starts": "followed_up",
    "stops": "closed",
    "within": "24h",
}


def blocks(path: Path, language: str) -> list[str]:
    found = FENCE.findall(path.read_text("utf-8"))
    return [re.sub(f"(?m)^{indent}", "", text) for indent, kind, text in found if kind == language]


def each(language: str) -> list:
    return [
        pytest.param(text, id=f"{path.stem}-{number}")
        for path in PAGES
        for number, text in enumerate(blocks(path, language), start=1)
    ]


@pytest.mark.parametrize("text", each("yaml"))
def test_documents_shown_are_taken(text, tmp_path):
    document = yaml.safe_load(text)
    if "mapping" in document:
        (tmp_path / "mapping.yaml").write_text(text, "utf-8")
        assert load_mapping(tmp_path / "mapping.yaml").steps
    elif "hours" in document:
        assert calendar_from_document(document).week
    elif "within" in document:
        roles = {"supervisor": {}, "manager": {}}
        clocks = {"example": {**CLOCK, **document}}
        whole = {"rulebook": "example", "roles": roles, "clocks": clocks}
        assert read_strictly(whole, kinds=KINDS).clocks
    else:
        assert read_strictly(document, kinds=KINDS).name


@pytest.mark.parametrize("text", each("sh"))
def test_command_lines_shown_are_understood(text):
    for words in lines(text):
        assert isinstance(build(ROUTES, "en", words).meta(words), Asked)


@pytest.mark.parametrize("page", SHOWN)
def test_what_a_page_shows_is_what_the_program_answers(page):
    """Its commands are run in order; python -m tests.docs.generate writes the answers anew."""
    assert run(page) == (ROOT / page).read_text("utf-8")


def test_the_complaint_of_the_tutorial_goes_the_way_its_text_says():
    """What is written anew without reading it would show here."""
    text = (ROOT / "docs/tutorial.md").read_text("utf-8")
    broken, answered, unsatisfied = re.findall(
        r"guanjia clocks --case complaint-1\n```\n\n```text\n(.*?)```", text, re.DOTALL
    )
    assert re.search(r"complaint\.reply .*lapsed", broken)
    assert re.search(r"complaint\.reply .*late", answered)
    assert re.search(r"dissatisfied_contact .*running", unsatisfied)
    assert re.search(r"complaint\.reply +0\.0%\* +not measured", text)
    assert "DIFFERENT" not in text
    assert "0 rejects" in text


@pytest.mark.parametrize("page", SHOWN)
def test_every_command_of_a_page_shows_its_answer(page):
    """But for those that serve, write a script for a shell, or belong to another program."""
    text = (ROOT / page).read_text("utf-8")
    for match in re.finditer(r"```sh\n([^`]*)```\n\n(```text)?", text):
        asked = [words for words in lines(match[1]) if words[0] not in {"serve", "completion"}]
        assert bool(asked) == bool(match[2]), match[1]


@pytest.mark.parametrize("picture", PICTURES)
def test_the_picture_shows_what_the_board_answers(picture):
    assert drawn(PICTURES[picture]) == (ROOT / picture).read_text("utf-8")


def test_every_example_has_a_mapping_that_can_be_read():
    folders = [path for path in (ROOT / "examples").iterdir() if path.is_dir()]
    assert len(folders) == 3
    for folder in folders:
        assert load_mapping(folder / "mapping.yaml").rulebook is not None


def test_the_backup_of_the_documentation_is_whole(tmp_path, monkeypatch):
    """The line shown for SQLite makes a store that answers the same."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--store", "guanjia.db"]) == 0
    (line,) = (
        words
        for text in blocks(ROOT / "docs/how-to/back-up-and-restore.md", "sh")
        for words in (shlex.split(line) for line in text.splitlines())
        if words and words[0].endswith("python")
    )
    exec(line[2], {})
    with engine("guanjia.db") as ours, engine("backup.db") as copy:
        assert copy.log.rows(0, 100) == ours.log.rows(0, 100)
