"""Histories on the command line: every fact as a sentence, and by what it was stored."""

import json

from api.engine import engine
from commands.envelope import CommandEnvelope
from commands.repair import PauseRepair
from domain.kinds.repair.facts import PauseReason
from tests.support.command_line import CASE, Guanjia


def test_history_shows_every_fact(made: Guanjia) -> None:
    """By the case's number, or by the one it has elsewhere."""
    facts = made("history", "E-7", "--json").json["facts"]
    assert [fact["fact"] for fact in facts] == ["RepairReported", "RepairAccepted"]
    assert facts[0]["changed"]["description"] == "漏水"
    assert facts[0]["occurred_at"].endswith("+08:00")
    shown = made("history", CASE).out
    assert "Repair reported: water_pipe, simple; household 1-2-301; by wechat" in shown
    assert "Accepted by zhang" in shown
    chinese = made("history", CASE, "--lang", "zh").out
    assert "登记报修：水管，简单维修；1-2-301 户；渠道 微信；外部编号 E-7：漏水" in chinese
    assert "zhang 接单" in chinese


def test_history_shows_by_what_each_fact_was_stored(made: Guanjia, store: str) -> None:
    """The rules in force, the command, what it belongs to and what caused it, all in --json."""
    envelope = CommandEnvelope(
        message=PauseRepair(case=CASE, reason=PauseReason.PARTS),
        id="pause-by-phone", correlation="call-0123456789", causation="call-7",
    )  # fmt: skip
    with engine(store) as opened:
        opened.ask(envelope)
    fact = made("history", CASE, "--json").json["facts"][-1]
    assert (fact["rules"], fact["command"]) == (2, "pause-by-phone")
    assert (fact["correlation"], fact["causation"]) == ("call-0123456789", "call-7")
    assert (fact["detail"], fact["detail_zh"]) == ("Paused: parts", "暂停：等待配件")
    heads, *rows = made("history", CASE).out.splitlines()[1:]
    assert "belongs to" in heads
    assert "caused by" in heads
    assert rows[-1].split()[-3:] == ["…y-phone", "…3456789", "call-7"]


def test_history_of_the_rules_says_who_published_what(made: Guanjia) -> None:
    """In sentences, without the documents."""
    shown = made("history", "rules").out
    assert "Calendar cn published, version 1" in shown
    assert "Rulebook default published" in shown
    assert len(shown) < 500
    assert "发布规则手册 default" in made("history", "rules", "--lang", "zh").out


def test_instants_of_a_history_are_the_sites(guanjia: Guanjia) -> None:
    """Those that facts hold as well, wherever the command line runs."""
    guanjia("init", "--zone", "Asia/Kathmandu")
    report = {"site": "main", "household": "h", "category": "other", "case": CASE,
              "appointment": "2026-11-20T08:00+00:00"}  # fmt: skip
    guanjia("ask", "ReportRepair", json.dumps(report))
    assert "visit wanted 2026-11-20 13:45" in guanjia("history", CASE).out
    (fact,) = guanjia("history", CASE, "--json").json["facts"]
    assert fact["changed"]["appointment"] == "2026-11-20T13:45:00+05:45"


def test_history_as_of_an_instant_before_is_unknown(made: Guanjia) -> None:
    """What was not known then is not shown."""
    done = made("history", CASE, "--as-of", "2020-01-01T00:00+08:00")
    assert done.code == 3
    assert done.err.startswith("UnknownCase: ")
