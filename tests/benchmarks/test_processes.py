"""Processes of a measurement: what failed is told, and nothing is left running."""

import os
import select
import signal
import sys

import pytest

from benchmarks import processes
from benchmarks.processes import (
    ProcessFailed,
    environment,
    free_port,
    kill,
    output,
    serving,
    started,
)

ANSWERING = """
import http.server, signal, sys
{before}
server = http.server.HTTPServer(("127.0.0.1", {port}), http.server.SimpleHTTPRequestHandler)
server.serve_forever()
"""


def script(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def ends(pid: int) -> bool:
    """Whether a process, which need not be a child of ours, ends within ten seconds."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


def test_what_a_command_prints_is_returned(tmp_path):
    assert output(script("print('管家')"), folder=tmp_path, timeout=30) == "管家\n"


def test_a_failed_command_is_told_with_its_code_and_the_last_line_it_said(tmp_path):
    failing = script("import sys; print('first', file=sys.stderr); sys.exit('no such store')")
    with pytest.raises(ProcessFailed, match=r"exited with 1: no such store$"):
        output(failing, folder=tmp_path, timeout=30)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process of others")
def test_a_command_that_does_not_end_is_killed_with_its_children(tmp_path):
    spawning = script(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('child', 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(ProcessFailed, match="did not end within 3 s"):
        output(spawning, folder=tmp_path, timeout=3)
    assert ends(int((tmp_path / "child").read_text()))


def test_a_server_is_used_from_its_first_answer_until_the_end_of_the_block(tmp_path):
    port = free_port()
    (tmp_path / "answer.json").write_text('{"open": 3}')
    text = ANSWERING.format(before="", port=port)
    with serving(script(text), port=port, ready="/", folder=tmp_path, said="log") as server:
        assert server.get("/answer.json") == {"open": 3}
        with pytest.raises(ProcessFailed, match="GET /nothing answered 404"):
            server.get("/nothing")
    assert server.process.returncode == -signal.SIGTERM


def test_a_server_that_ignores_the_request_to_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "ENDING", 1.0)
    port = free_port()
    ignoring = ANSWERING.format(before="signal.signal(signal.SIGTERM, signal.SIG_IGN)", port=port)
    with serving(script(ignoring), port=port, ready="/", folder=tmp_path, said="log") as server:
        pass
    assert server.process.returncode == -signal.SIGKILL


def test_a_server_that_ends_before_it_answers_is_told_with_what_it_said(tmp_path):
    dying = script("import sys; sys.exit('the port is taken')")
    with (
        pytest.raises(ProcessFailed, match=r"did not answer /: the port is taken"),
        serving(dying, port=free_port(), ready="/", folder=tmp_path, said="log"),
    ):
        pytest.fail("it never answered")


def test_a_process_can_be_killed_as_a_crash_would(tmp_path):
    waiting = script("import time; time.sleep(600)")
    with started(waiting, folder=tmp_path, log=tmp_path / "log") as process:
        kill(process)
        assert process.returncode == -signal.SIGKILL
        kill(process)  # whoever is dead stays so


def test_settings_of_the_shell_do_not_reach_what_is_measured(monkeypatch):
    for name in ("GUANJIA_STORE", "PYTHONDEVMODE", "DJANGO_SETTINGS_MODULE", "DBOS_LOG"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("KEPT", "1")
    found = environment()
    assert found["KEPT"] == "1"
    assert found["PYTHONPATH"] == str(processes.ROOT)
    assert not [name for name in found if name.startswith(("GUANJIA_", "DJANGO_", "DBOS_"))]
    assert "PYTHONDEVMODE" not in found
    assert os.environ["GUANJIA_STORE"] == "1"
