"""Peers live in environments of their own: pinned, cut off from us, and missing with a reason."""

import ast
import json
import re
import sys

import pytest

from benchmarks.peers.__main__ import main
from benchmarks.peers.environment import NAMES, SOURCES, Peer, PeerMissing
from benchmarks.processes import ROOT
from tests.support.data import shared_data

HOUSE = {"api", "benchmarks", "commands", "domain", "projections", "scheduler", "store", "tests"}
SCRIPTS = sorted(path for name in NAMES for path in (SOURCES / name).glob("*.py"))
PINNED = re.compile(r"[a-z0-9-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")


@pytest.fixture
def peer(tmp_path):
    """A peer without pins, whose scripts the test writes; its environment is made by hand."""
    made = Peer(name="fake", environments=tmp_path / "built", sources=tmp_path / "sources")
    made.requirements.parent.mkdir(parents=True)
    made.requirements.write_text("")
    return made


def pretend(peer: Peer, script: str) -> None:
    """Build an environment without the wait for pip, and write a script."""
    peer.python.parent.mkdir(parents=True)
    peer.python.symlink_to(sys.executable)
    (peer.folder / "built").write_text(peer._pins())
    peer.script("script.py").write_text(script)


def run(peer: Peer, *arguments: str, timeout: float = 30):
    return peer.run("script.py", *arguments, folder=peer.environments, timeout=timeout)


def built(name: str) -> Peer:
    """A real peer, if its environment is there; else the test is skipped with the reason."""
    real = Peer(name=name)
    if missing := real.missing():
        pytest.skip(f"{name} is {missing}")
    return real


@pytest.mark.parametrize("name", NAMES)
def test_every_requirement_is_pinned_with_its_hashes_and_names_no_host(name):
    lines = (SOURCES / name / "requirements.txt").read_text("utf-8").splitlines()
    assert lines
    for line in lines:
        assert PINNED.fullmatch(line), line


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_script_imports_nothing_of_ours(path):
    tree = ast.parse(path.read_text("utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported & HOUSE == set()


def test_every_peer_has_a_folder_with_pins_and_scripts_and_no_folder_is_forgotten():
    folders = {path.name for path in SOURCES.iterdir() if path.is_dir() and any(path.glob("*.in"))}
    assert folders == set(NAMES) == {path.parent.name for path in SCRIPTS}


def test_a_peer_that_was_not_built_says_what_to_do(peer):
    assert peer.missing() == "not built: run python -m benchmarks.peers fake"
    with pytest.raises(PeerMissing, match="not built"):
        peer.command("script.py")


def test_a_peer_is_built_once_and_again_when_its_pins_change(peer):
    peer.environments.mkdir()
    peer._failure.write_text("the last try failed")
    assert peer.missing() == "not built: the last try failed"
    assert peer.build()
    assert (peer.missing(), peer._failure.exists()) == ("", False)
    assert not peer.build()
    peer.requirements.write_text("# changed\n")
    assert peer.missing() == "built from other pins: run python -m benchmarks.peers fake"
    with pytest.raises(PeerMissing, match="built from other pins"):
        peer.require()


def test_a_peer_that_cannot_be_built_keeps_the_reason_for_the_table(peer):
    peer.requirements.write_text("./nowhere --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(PeerMissing, match=r"^not built: .*exited with 1: "):
        peer.build()
    assert re.match(r"not built: .*exited with 1: .*nowhere", peer.missing())


def test_the_command_that_builds_says_how_it_went_and_goes_on(peer, monkeypatch, capsys, tmp_path):
    def fail(self):
        raise PeerMissing("not built: no room")

    monkeypatch.setattr(Peer, "build", fail)
    assert main(["dbos", "duckdb", "--peers", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "dbos: not built: no room",
        "duckdb: not built: no room",
    ]


def test_an_unknown_peer_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["oracle"])
    assert "there is no oracle: name some of helpdesk, dbos" in capsys.readouterr().err


def test_the_object_on_the_last_line_is_what_a_script_found(peer):
    pretend(peer, "import json, sys\nprint('a banner')\nprint(json.dumps({'n': sys.argv[1]}))\n")
    assert run(peer, "7") == {"n": "7"}


def test_a_script_cannot_import_our_packages(peer):
    pretend(peer, "import benchmarks\n")
    with pytest.raises(PeerMissing, match="No module named 'benchmarks'"):
        run(peer)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("print('nothing to see')", "printed no JSON object: 'nothing to see'"),
        ("print('[1]')", "printed no JSON object"),
        ("", "printed no JSON object: ''"),
        ("import sys; print('{}'); sys.exit('out of memory')", "exited with 1: out of memory"),
        ("import time; time.sleep(600)", "did not end within 2 s"),
    ],
)
def test_a_script_that_does_not_find_anything_is_told(peer, script, reason):
    pretend(peer, script)
    with pytest.raises(PeerMissing, match=reason):
        run(peer, timeout=2)


@pytest.mark.parametrize("name", ["duckdb", "pm4py"])
def test_a_peer_computes_the_published_figures_of_the_incidents(name, tmp_path):
    folder = shared_data("uci_incidents")
    (expected,) = json.loads((folder / "expected.json").read_text("utf-8")).values()
    found = built(name).run(
        "incidents.py", str(folder / "incidents.csv.gz"), folder=tmp_path, timeout=120
    )
    hours = expected["hours_open_to_resolved"]
    assert found["incidents"] == expected["incidents"]
    assert found["first_time"] == expected["first_time_fix_no_reopen_no_reassign"]["n"]
    assert found["resolved"] == hours["n"]
    assert round(found["median_hours"], 6) == hours["median"]
    assert round(found["p90_hours"], 6) == hours["p90"]


def test_dbos_records_every_deadline(tmp_path, postgres_server):
    found = built("dbos").run(
        "deadlines.py", postgres_server.new_database(), "50", folder=tmp_path, timeout=120
    )
    assert found["lost"] == 0
    assert found["seconds"] > 0


def test_django_helpdesk_takes_tickets_from_the_public(tmp_path):
    helpdesk = built("helpdesk")
    prepared = helpdesk.run("desk.py", "prepare", folder=tmp_path, timeout=120)
    assert prepared["path"].startswith("/")
    assert helpdesk.run("desk.py", "count", folder=tmp_path, timeout=120) == {"tickets": 0}


def test_the_makefile_builds_the_peers_before_it_measures():
    recipe = (ROOT / "Makefile").read_text("utf-8").partition("\nbench:")[2].partition("\n\n")[0]
    steps = re.findall(r"-m (benchmarks\S*)", recipe)
    assert steps == ["benchmarks.peers", "benchmarks"]
