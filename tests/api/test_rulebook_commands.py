"""Rulebooks on the command line: what was published, what changes, and what would be."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings, strategies as st

from api.cli.rulebooks import as_yaml
from api.imports.yaml_lines import read_yaml
from tests.support.command_line import CASE, Guanjia

SHIPPED = Path(__file__).parents[2] / "api" / "rulebooks" / "default.yaml"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A copy of the rulebook in force that a test changes."""
    file = tmp_path / "draft.yaml"
    file.write_text(SHIPPED.read_text("utf-8"), "utf-8")
    return file


def change(draft: Path, *pairs: tuple[str, str]) -> None:
    """Replace texts that are there."""
    text = draft.read_text("utf-8")
    for before, after in pairs:
        assert before in text, before
        text = text.replace(before, after, 1)
    draft.write_text(text, "utf-8")


CRISIS = """\
within: 1h
    warnings: ["50%"]
    ladder:
      - {at: "100%", to: management}
"""
RESPONSE = ("within: 30m\n    warnings", "within: 20m\n    warnings")


def test_what_was_published_is_listed_with_who_and_why(made: Guanjia, draft: Path) -> None:
    """The newest of each name is in force."""
    change(draft, RESPONSE)
    assert made("publish", str(draft), "--reason", "faster").code == 0
    found = made("rulebook", "list", "--json").json["publications"]
    assert [(p["version"], p["what"], p["name"], p["in_force"]) for p in found] == [
        (1, "calendar", "cn", True),
        (2, "rulebook", "default", False),
        (3, "rulebook", "default", True),
    ]
    assert [p["reason"] for p in found] == [None, None, "faster"]
    assert {p["by"] for p in found} == {"cli"}
    book = yaml.safe_load(draft.read_text("utf-8"))
    counted = (len(book["clocks"]), len(book["kpis"]), None)
    assert (found[2]["clocks"], found[2]["kpis"], found[2]["years"]) == counted
    assert found[0]["years"][0] == 2011
    shown = made("rulebook", "list").out
    assert "faster" in shown
    assert "生效" in made("rulebook", "list", "--lang", "zh").out


def test_any_version_is_shown_whole_and_can_be_published_again(
    made: Guanjia, draft: Path, tmp_path: Path
) -> None:
    """As YAML that reads as the same document, or as JSON."""
    change(draft, RESPONSE)
    made("publish", str(draft), "--reason", "faster")
    old = made("rulebook", "show", "2").out
    assert yaml.safe_load(old)["clocks"]["repair.response"]["within"] == "30m"
    assert made("rulebook", "show").out == made("rulebook", "show", "3").out != old
    again = tmp_path / "again.yaml"
    again.write_text(old, "utf-8")
    assert made("publish", str(again), "--reason", "back", "--json").json["rules"] == 4
    documents = [made("rulebook", "show", v, "--json").json["document"] for v in ("2", "4")]
    assert documents[0] == documents[1]
    assert made("rulebook", "show", "1", "--json").json["document"]["name"] == "cn"


TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    ["17:00", "2026-01-01", "no", "on", "~", "null", "1", "1.5", "true", "08:30", "1_000", "0x1f"]
)
PLAIN = st.none() | st.booleans() | st.integers(-9999, 9999) | TEXTS
DOCUMENTS = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(document=st.dictionaries(TEXTS, DOCUMENTS, min_size=1, max_size=4))
def test_a_document_shown_reads_as_itself(
    tmp_path_factory: pytest.TempPathFactory, document: Any
) -> None:
    """Clock times, dates and words that YAML takes for truths stay texts."""
    file = tmp_path_factory.mktemp("yaml") / "shown.yaml"
    file.write_text(as_yaml(document), "utf-8")
    assert read_yaml(file).value == document


def test_two_versions_or_files_are_compared(made: Guanjia, draft: Path) -> None:
    """In words, in either direction; nothing changes from a version to itself."""
    change(draft, RESPONSE)
    told = made("rulebook", "diff", "2", str(draft), "--json").json["changes"]
    assert [c["detail"] for c in told] == ["clock repair.response: within: 30m → 20m"]
    assert [c["detail_zh"] for c in told] == ["时钟 repair.response：时限：30m → 20m"]
    assert made("rulebook", "diff", str(draft), "2").out == (
        "clock repair.response: within: 20m → 30m\n"
    )
    assert made("rulebook", "diff", "2", str(SHIPPED)).out == "Nothing changes.\n"
    assert made("rulebook", "diff", "2", "2", "--lang", "zh").out == "无变化。\n"


def test_what_cannot_be_compared_or_is_not_there_is_one_sentence(
    guanjia: Guanjia, draft: Path
) -> None:
    """A version that was never made, a calendar beside a rulebook, a file that cannot be read."""
    guanjia("init")
    for words, code, said in [
        (("show", "7"), "RulesVersionUnknown", "there are 1 to 2"),
        (("diff", "1", "2"), "NotComparable", "calendar cn (1) and rulebook default (2)"),
        (("diff", "2", "nothing.yaml"), "FileInvalid", "nothing.yaml:1:"),
        (("check", "nothing.yaml"), "FileInvalid", "nothing.yaml:1:"),
    ]:
        done = guanjia("rulebook", *words)
        assert done.code == 3, words
        assert done.err.startswith(f"{code}: ")
        assert said in done.err
    change(draft, ("rulebook: default", "rulebook: 7"))
    assert (
        "draft.yaml:3: rulebook must be a text" in guanjia("rulebook", "diff", "2", str(draft)).err
    )


def test_publishing_says_what_changed_and_needs_a_reason(made: Guanjia, draft: Path) -> None:
    """The reason is asked for only where something is replaced."""
    change(draft, RESPONSE)
    refused = made("publish", str(draft))
    assert (refused.code, refused.err.partition(":")[0]) == (3, "ReasonRequired")
    done = made("publish", str(draft), "--reason", "faster")
    assert done.out == ("Published, rules version 3.\n  clock repair.response: within: 30m → 20m\n")
    assert made("publish", str(draft)).out == "It is in force already, rules version 3.\n"


@pytest.mark.parametrize(
    ("replaced", "named", "sentence"),
    [
        (("where: {simple: true}", "where: {simpel: true}"), "simpel", "did you mean simple?"),
        (("where: {simple: true}", 'where: {priority: "3"}'), "priority", "a whole number, never"),
        (("channel: [app, wechat,", "channel: [app, fax,"), "fax", "never 'fax'"),
        (("channel: [app,", "chanel: [app,"), "chanel", "did you mean channel?"),
        (("where: {level: 2}}", "where: {level: 9}}"), "level: 9", "never 9; known: 1, 2, 3"),
        (("within: 15m", "within: {at: promisd}"), "promisd", "no date 'promisd'"),
        (("rating: dissatisfied", "rating: bad"), "rating: bad", "rating is never 'bad'"),
        (("clock: complaint.level3_acknowledged}}", "clock: level3}}"), "level3}}", "clock is nev"),
        (("starts: [resolved, completed]", "starts: resolved"), "starts: resolved",
         "none of these facts happens to a repair"),
        (("within: 15m", "within: {working: 1h, calendar: de}"), "calendar: de", "not published"),
        (("      level: {", "      status: [open]\n      level: {"), "status", "cannot be decl"),
        (("within: 15m", "within: 15x"), "15x", "not a duration"),
        (("to: supervisor", "to: boss"), "to: boss", "unknown role 'boss'"),
    ],
)  # fmt: skip
def test_every_refusal_names_its_line(
    made: Guanjia, draft: Path, replaced: tuple[str, str], named: str, sentence: str
) -> None:
    """Before publishing by `check`, and by `publish` as well; nothing is stored."""
    change(draft, replaced)
    text = draft.read_text("utf-8")
    line = text[: text.index(named)].count("\n") + 1
    told = made("rulebook", "check", str(draft), "--json")
    assert told.code == 1
    assert [fault["line"] for fault in told.json["faults"]] == [line]
    assert sentence in told.json["faults"][0]["detail"]
    assert told.json["cases"] is None
    assert f"第 {line} 行" in made("rulebook", "check", str(draft), "--lang", "zh").out
    refused = made("publish", str(draft), "--reason", "x")
    assert refused.code == 3
    assert f"draft.yaml:{line}: " in refused.err or refused.err.startswith("CalendarUnknown: ")
    assert len(made("rulebook", "list", "--json").json["publications"]) == 2


def test_all_faults_are_told_at_once(made: Guanjia, draft: Path) -> None:
    """Whoever wrote three wrong words is told of three."""
    change(
        draft,
        ("where: {simple: true}", "where: {simpel: true}"),
        ("within: 15m", "within: {at: x}"),
        ("where: {level: 2}}", "where: {level: 9}}"),
    )
    told = made("rulebook", "check", str(draft), "--json").json
    assert [fault["path"].rpartition(".")[2] for fault in told["faults"]] == [
        "level",
        "at",
        "simpel",
    ]


def test_a_check_says_what_changes_and_what_running_clocks_would_be(
    made: Guanjia, draft: Path
) -> None:
    """The repair of the store was accepted: its visit and its handling run."""
    change(
        draft,
        ("within: 4h\n", "within: 6h\n"),
        ("  repair.on_site:\n", "  repair.on_place:\n"),
        ("clock: repair.on_site", "clock: repair.on_place"),
    )
    told = made("rulebook", "check", str(draft), "--json").json
    assert (told["name"], told["faults"], told["reason_needed"]) == ("default", [], True)
    assert "clock repair.handling: within: 4h → 6h" in [c["detail"] for c in told["changes"]]
    cases = told["cases"]
    assert (cases["open"], cases["looked_at"]) == (1, 1)
    (otherwise,) = cases["otherwise"]
    assert (otherwise["case"], otherwise["clock"]) == (CASE, "repair.handling")
    assert [otherwise[side]["target"] for side in ("before", "after")] == ["4h", "6h"]
    assert [row["clock"] for row in cases["lost"]] == ["repair.on_site"]
    assert [row["clock"] for row in cases["gained"]] == ["repair.on_place"]
    shown = made("rulebook", "check", str(draft)).out
    assert "1 of 1 open cases looked at" in shown
    assert "repair.on_place" in shown
    assert "无法" not in made("rulebook", "check", str(draft), "--lang", "zh").out


def test_a_check_of_what_is_in_force_changes_nothing(made: Guanjia) -> None:
    """Whatever the cases went through."""
    told = made("rulebook", "check", str(SHIPPED), "--json").json
    assert (told["in_force"], told["reason_needed"], told["changes"]) == (True, False, [])
    assert all(told["cases"][kind] == [] for kind in ("otherwise", "gained", "lost"))
    assert "is in force already" in made("rulebook", "check", str(SHIPPED)).out


def test_a_check_flags_what_is_not_refused(made: Guanjia, draft: Path) -> None:
    """Roles nobody holds, holders of sites that are not open, years, ladders, labels."""
    change(
        draft,
        ("supervisor: {title: 管家主管}", "supervisor: {holders: {staff: chen, site: mian}}"),
        ("manager: {title: 项目经理}", "manager: {holders: {staff: zhao, site: main}}"),
        ("{title: 公司管理层}", "{holders: {staff: sun, until: 2020-01-01}}"),
        (CRISIS, "within: {working: 1h, calendar: cn}\n"),
        ("  complaint:\n    title: 投诉\n", "  complaint:\n    open: true\n"),
        ("where: {nature: general}", "where: {colour: red}"),
    )
    flags = made("rulebook", "check", str(draft), "--json").json["flags"]
    said = [flag["detail"] for flag in flags]
    assert "Nobody holds the role supervisor." in said
    assert "Nobody holds the role management." in said
    assert not any("manager" in text for text in said)
    assert "chen holds the role supervisor at mian, a site that is not open." in said
    assert "The clock complaint.crisis_team has no ladder: nobody hears of a breach." in said
    assert any(
        text.startswith("A condition asks for the label colour, which none") for text in said
    )
    assert any(text.startswith("The calendar cn does not cover") for text in said)
    assert all(flag["detail_zh"].endswith("。") for flag in flags)


def test_a_role_held_at_some_sites_only_is_flagged_with_the_others(
    made: Guanjia, draft: Path
) -> None:
    """Each site is asked, at its own date."""
    made("ask", "OpenSite", "site=south", "name=South")
    change(draft, ("manager: {title: 项目经理}", "manager: {holders: {staff: zhao, site: main}}"))
    flags = made("rulebook", "check", str(draft), "--json").json["flags"]
    assert "Nobody holds the role manager at south." in [flag["detail"] for flag in flags]


def test_only_so_many_cases_are_looked_at_and_the_answer_says_so(
    made: Guanjia, draft: Path
) -> None:
    """The worst first."""
    for number in range(2, 5):
        report = ("site=main", "household=h", "category=lift", f"case=repair-{number}")
        made("ask", "ReportRepair", *report)
    change(draft, RESPONSE)
    cases = made("rulebook", "check", str(draft), "--cases", "2", "--json").json["cases"]
    assert (cases["open"], cases["looked_at"]) == (4, 2)


def test_a_calendar_is_checked_for_the_deadlines_it_would_move(
    guanjia: Guanjia, tmp_path: Path
) -> None:
    """A year that was missing is counted anew; what was said of other years stays."""
    guanjia("init")
    hours = {"mon-fri": ["00:00-24:00"]}
    short, long = tmp_path / "short.json", tmp_path / "long.json"
    short.write_text(json.dumps({"name": "desk", "hours": hours, "years": [2020]}))
    years = list(range(2020, 2100))
    long.write_text(json.dumps({"name": "desk", "hours": hours | {"mon-fri": ["09:00-10:00"]},
                                "years": years}))  # fmt: skip
    assert guanjia("publish", str(short)).code == 0
    book = tmp_path / "book.yaml"
    book.write_text("rulebook: desk\nclocks:\n  a:\n    case: repair\n    starts: reported\n"
                    "    stops: closed\n    within: {working: 8h, calendar: desk}\n")  # fmt: skip
    assert guanjia("publish", str(book), "--reason", "x").code == 0
    guanjia("ask", "ReportRepair", "site=main", "household=h", "category=other")
    told = guanjia("rulebook", "check", str(long), "--json").json
    assert (told["what"], told["name"], told["reason_needed"]) == ("calendar", "desk", False)
    assert any(change["detail"] == "years added: 2021" for change in told["changes"])
    assert told["flags"] == []
    assert told["cases"]["looked_at"] == 1
    assert len(guanjia("rulebook", "check", str(short), "--json").json["flags"]) == 1


def test_an_init_replaces_no_rulebook(made: Guanjia, tmp_path: Path) -> None:
    """What is in force is replaced by publishing, with a reason."""
    other = tmp_path / "ours.yaml"
    other.write_text("rulebook: ours\nclocks: {}\n", "utf-8")
    done = made("init", "--rulebook", str(other))
    assert (done.code, done.err.partition(":")[0]) == (3, "AnotherRulebook")
    assert made("init", "--rulebook", str(SHIPPED)).code == 0
    assert len(made("rulebook", "list", "--json").json["publications"]) == 2
