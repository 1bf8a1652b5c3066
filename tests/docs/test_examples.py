"""What the documentation shows can be done: its documents are read, its commands are run."""

import csv
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


def lines(text: str) -> list[list[str]]:
    """The commands of the engine in a shell block, as words."""
    said = [shlex.split(line, comments=True) for line in text.replace("\\\n", " ").splitlines()]
    asked = [words[1:] for words in said if words and Path(words[0]).name == "guanjia"]
    return [words[: words.index(">")] if ">" in words else words for words in asked]


@pytest.mark.parametrize("text", each("sh"))
def test_command_lines_shown_are_understood(text):
    for words in lines(text):
        assert isinstance(build(ROUTES, "en", words).meta(words), Asked)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder to type the tutorial in, with the examples and a file of requests."""
    monkeypatch.chdir(tmp_path)
    for name in ("GUANJIA_STORE", "GUANJIA_LANG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    columns = re.findall(r"`(\w+)`", boston_columns())
    with Path("requests.csv.gz").open("w", newline="", encoding="utf-8") as file:
        write = csv.DictWriter(file, columns)
        write.writeheader()
        for number, closed in (("1", "2011-07-03 10:00:00"), ("2", "")):
            write.writerow(
                dict.fromkeys(columns, "x")
                | {"case_enquiry_id": number, "open_dt": "2011-07-01 01:32:33", "closed_dt": closed,
                   "target_dt": "2011-07-02 01:32:33", "type": "Sticker Request",
                   "queue": "PWDx_Sticker Request"}
            )  # fmt: skip
    return tmp_path


def boston_columns() -> str:
    text = (ROOT / "docs/tutorial.md").read_text("utf-8")
    return text.partition("these columns:\n")[2].partition("\n")[0]


def test_the_tutorial_can_be_followed(desk, capsys):
    """Every command ends well, and the complaint goes the way the text says."""
    said: list[tuple[list[str], str]] = []
    for text in blocks(ROOT / "docs/tutorial.md", "sh"):
        for words in lines(text):
            if words == ["serve"]:
                continue
            assert main([*words, "--lang", "en"]) == 0, words
            said.append((words, capsys.readouterr().out))
            if words[0] == "ask":
                with engine("guanjia.db") as opened:  # what `guanjia serve` does meanwhile
                    opened.timers.tick()

    def answers(*words: str) -> list[str]:
        return [out for asked, out in said if tuple(asked[: len(words)]) == words]

    history = answers("history")[0]
    for word in ("lodged", "warning 1", "not kept", "escalated"):
        assert word in history
    broken, answered, unsatisfied = answers("clocks")
    assert re.search(r"complaint\.reply .*lapsed", broken)
    assert re.search(r"complaint\.reply .*late", answered)
    assert re.search(r"dissatisfied_contact .*running", unsatisfied)
    assert re.search(r"complaint\.reply .*not measured", answers("kpi", "on_time")[0])
    assert "DIFFERENT" not in answers("rebuild")[0]
    assert "0 rejects" in answers("import")[0]
    assert "repair.policy" in (desk / "verdicts.csv").read_text("utf-8")


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
