"""The command line and the HTTP service, each on a store of its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from api.cli import main
from api.imports.mapping import load_mapping
from tests.support.command_line import CASE, Done, Guanjia
from tests.support.judged import judge
from tests.support.old_repairs import MAPPING, ROWS, RULEBOOK
from tests.support.service import CASE as REPORTED, REPORT, World


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "guanjia.db")


@pytest.fixture
def guanjia(
    store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Guanjia:
    """The command line on a store of its own, in English unless said otherwise."""
    for name in ("GUANJIA_STORE", "GUANJIA_LANG", "GUANJIA_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("GUANJIA_STORE", store)

    def run(*words: str) -> Done:
        code = main(list(words))
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def made(guanjia: Guanjia) -> Guanjia:
    """A store with a site, rules and one repair reported online an hour ago and accepted since."""
    assert guanjia("init", "--name", "花园").code == 0
    report = {
        "site": "main",
        "household": "1-2-301",
        "category": "water_pipe",
        "simple": True,
        "channel": "wechat",
        "external_id": "E-7",
        "case": CASE,
        "description": "漏水",
    }
    assert guanjia("ask", "ReportRepair", json.dumps(report)).code == 0
    assert guanjia("ask", "AcceptRepair", f"case={CASE}", "technician=zhang").code == 0
    return guanjia


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The HTTP service on a store with a site and rules."""
    world = World(tmp_path)
    yield world
    world.engine.close()


@pytest.fixture
def reported(world: World) -> World:
    """The same with one repair reported online."""
    report = {**REPORT, "case": REPORTED, "external_id": "E-7"}
    assert world.ask("ReportRepair", report).status_code == 201
    return world


@pytest.fixture
def judged(world: World) -> World:
    """Two repairs under thirty minutes: one accepted after twenty, one after fifty."""
    return judge(world)


@pytest.fixture
def old(tmp_path):
    """A folder with the mapping; called with rows, what to lead `backfill` with."""
    (tmp_path / "mapping.yaml").write_text(MAPPING, "utf-8")
    (tmp_path / "rulebook.yaml").write_text(RULEBOOK, "utf-8")
    path = tmp_path / "rows.csv"

    def written(rows: str = ROWS):
        path.write_text(rows, "utf-8")
        return load_mapping(tmp_path / "mapping.yaml"), path

    return written


@pytest.fixture
def write(tmp_path):
    """Writes a file and says where it is."""

    def written(name: str, text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(dedent(text).encode(encoding))
        return path

    return written
