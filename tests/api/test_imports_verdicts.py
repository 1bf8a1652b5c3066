"""What the source says of verdicts is compared with what the rules say."""

from __future__ import annotations

import pytest

from api.imports.backfill import backfill
from api.imports.files import FileInvalid
from api.imports.mapping import load_mapping
from api.imports.verdicts import Contradiction
from commands.clocks import WaiveBreach
from commands.envelope import CommandEnvelope
from domain.kernel.personal import Personal
from store.log import Receipt
from tests.support.old_repairs import MAPPING, office

CLAIMS = """\
verdicts:
  - clock: repair.closed
    in_time: {column: ontime, map: {kept: "yes", broken: "no", perhaps: maybe}}
"""
HEAD = "id,kind,opened,accepted,closed,ontime\n"
# The first was closed in time, the second too late, the third never, the fourth is still open.
ROWS = f"""\
{HEAD}1,lift,2026-01-05 08:00,,2026-01-05 20:00,{{}}
2,lift,2026-01-05 08:00,,2026-01-06 08:01,{{}}
3,lift,2026-01-05 08:00,,,{{}}
4,lift,2026-01-08 08:00,,,{{}}
"""


@pytest.fixture
def brought(old, write):
    """The result of an import of some rows by the mapping with claims."""

    def bring(rows: str, handler=None):
        _, path = old(rows)
        mapping = load_mapping(write("claims.yaml", MAPPING + CLAIMS))
        return backfill(mapping, path, handler or office())

    return bring


def test_claims_that_agree_are_counted_and_those_that_do_not_are_named(brought):
    agreed = brought(ROWS.format("kept", "broken", "broken", "kept"))
    assert (agreed.compared, agreed.contradicted, agreed.contradictions) == (3, 0, ())
    denied = brought(ROWS.format("broken", "kept", "kept", "kept"))
    assert (denied.compared, denied.contradicted) == (3, 3)
    assert denied.contradictions == (
        Contradiction("repair-old-1", "repair.closed", said=False, verdict="met"),
        Contradiction("repair-old-2", "repair.closed", said=True, verdict="late"),
        Contradiction("repair-old-3", "repair.closed", said=True, verdict="lapsed"),
    )
    assert denied.data()["contradictions"][0] == {
        "case": "repair-old-1", "clock": "repair.closed", "said": False, "verdict": "met",
    }  # fmt: skip


def test_a_row_that_says_nothing_is_not_compared_and_the_last_that_does_counts(brought):
    assert brought(ROWS.format("", "", "broken", "")).compared == 1
    more = "2,lift,2026-01-05 08:00,,,{}\n2,lift,2026-01-05 08:00,,,\n"
    rows = ROWS.format("", "kept", "", "")
    assert brought(rows).contradicted == 1
    told = brought(rows + more.format("broken"))
    assert (told.compared, told.contradicted) == (1, 0)


def test_what_is_no_truth_is_rejected_and_the_row_is_taken(brought):
    result = brought(ROWS.format("kept", "perhaps", "broken", "kept"))
    (reject,) = result.first
    assert (reject.line, reject.case, reject.code) == (3, "repair-old-2", "ValueUnknown")
    assert reject.setting.endswith("verdicts.0.in_time")
    assert (result.commands, result.compared) == (6, 2)


def test_a_waived_breach_was_not_done_in_time(brought):
    handler = office()
    rows = ROWS.format("kept", "kept", "broken", "kept")
    assert brought(rows, handler).contradicted == 1
    waive = WaiveBreach(case="repair-old-2", clock="repair.closed", by="ma", reason=Personal("x"))
    (answer,) = handler.handle_all([CommandEnvelope(message=waive)])
    assert isinstance(answer, Receipt)
    again = brought(rows, handler)
    assert [one.verdict for one in again.contradictions] == ["waived"]


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ("verdicts: [{clock: repair.opened, in_time: x}]\n", "repair.closed"),
        ("verdicts: [{clock: repair.closed}]\n", "in_time"),
        ("verdicts: [{clock: repair.closed, in_time: x, late: y}]\n", "late"),
        ("verdicts: 3\n", "mapping"),
    ],
)
def test_a_claim_that_can_mean_nothing_is_refused_with_its_line(write, claims, problem, old):
    old()
    with pytest.raises(FileInvalid, match=problem) as refused:
        load_mapping(write("claims.yaml", MAPPING + claims))
    assert refused.value.line == MAPPING.count("\n") + 1


def test_the_summary_says_what_is_contradicted(guanjia, brought, tmp_path):
    """Nothing where the mapping claims nothing; in the language asked for."""
    brought(ROWS.format("broken", "broken", "broken", "kept"))
    asked = ("import", str(tmp_path / "claims.yaml"), str(tmp_path / "rows.csv"))
    told = guanjia(*asked).out
    assert "The source claims 3 verdicts, 1 of them contradicted by the rules.\n" in told
    assert "  repair-old-1 repair.closed: not in time by the source, met by the rules\n" in told
    told = guanjia(*asked, "--lang", "zh").out
    assert "来源给出了 3 个结论，其中 1 个与判定不符。\n" in told
    assert "  repair-old-1 repair.closed：来源未按时，判定按时\n" in told
    silent = guanjia("import", str(tmp_path / "mapping.yaml"), str(tmp_path / "rows.csv")).out
    assert "claims" not in silent
