"""A client generated from the OpenAPI document works with types, without a line of our own."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.generated import generate, run
from tests.support.serving import Serving

SCRIPT = """
import datetime, json, sys
from client import Client
from client.api.cases import board, board_as_if, case_history
from client.api.commands import report_repair
from client.models import Answered, Board, CaseHistory, Draft, OpenCase, Problem, ReportRepair

client = Client(base_url=sys.argv[1])
report = ReportRepair(site="huayuan", household="1-1-101", category="water_pipe")
stored = report_repair.sync_detailed(client=client, body=report, idempotency_key="once")
assert stored.status_code == 201 and isinstance(stored.parsed, Answered)
again = report_repair.sync(client=client, body=report, idempotency_key="once")
assert again == stored.parsed

shown = board.sync(client=client, site="huayuan", limit=1000)
assert isinstance(shown, Board)
assert all(isinstance(case, OpenCase) for case in shown.cases)
assert all(isinstance(case.opened, datetime.datetime) for case in shown.cases)

history = case_history.sync(stored.parsed.case, client=client)
assert isinstance(history, CaseHistory) and history.facts[0].word == "reported"

draft = Draft.from_dict({"rulebook": "tried", "clocks": {}})
tried = board_as_if.sync(client=client, body=draft)
assert isinstance(tried, Board) and tried.lens.as_if == ["tried"]

refused = board.sync(client=client, site="nowhere")
assert isinstance(refused, Problem)
print(json.dumps({"open": shown.open_, "cases": [case.case for case in shown.cases],
                  "stored": stored.parsed.case, "code": refused.code}))
"""


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """A service with a small neighbourhood."""
    serving = Serving(tmp_path, "--demo")
    yield serving
    serving.end(signal.SIGTERM)


def test_a_generated_client_reports_a_repair_and_lists_the_board(
    serving: Serving, tmp_path: Path
) -> None:
    """Generated without warnings; commands, answers and problems are objects with types."""
    generate(serving.url, tmp_path / "client")
    said = json.loads(run(SCRIPT, tmp_path, serving.url))
    assert said["stored"] in said["cases"]
    assert said["open"] == len(said["cases"]) > 5
    assert said["code"] == "QueryInvalid"
