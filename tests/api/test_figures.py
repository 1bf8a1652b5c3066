"""Figures as people and systems ask for them: tables, CSV, JSON, and what is refused."""

import csv
import io
import re
from datetime import timedelta

import pytest

from api.cli.context import clean
from api.parsing import read_period
from api.queries import figures
from api.queries.figures import Wanted
from api.wording import figure as said
from commands.envelope import CommandEnvelope
from commands.registers import PublishRulebook
from domain.kernel.refusals import Refusal
from tests.support.command_line import Guanjia
from tests.support.scenario import REASON
from tests.support.service import REPORT, World

BOOK = {
    "rulebook": "ours",
    "clocks": {
        "accept": {"case": "repair", "starts": "reported", "stops": "accepted", "within": "30m"}
    },
    "kpis": {
        "closed": {
            "title": "关闭", "of": "repair", "share": {"reopened": "none"}, "target": ">= 90%",
            "period": "month", "by": ["building", "label.颜色"], "beside": ["longest", "kept"],
        },
        "longest": {"of": "repair", "p90": "closed_after", "target": "<= 4h", "period": "month"},
        "kept": {"of": "clocks", "share": {"verdict": "met"}, "by": "clock"},
        "more": {"of": "cases", "count": "rows", "change": "last_year", "period": "year"},
        "households": {"of": "cases", "distinct": "household"},
    },
}  # fmt: skip


@pytest.fixture
def closed(world: World) -> World:
    """Three repairs, closed after one, two and three hours; the last one's acceptance was late."""
    world.engine.ask(CommandEnvelope(message=PublishRulebook(document=BOOK, reason=REASON)))
    for number, labels in ((1, {"颜色": "红"}), (2, {}), (3, {"颜色": "红"})):
        case = f"repair-{number}"
        report = {**REPORT, "case": case, "building": f"b-{number % 2}", "labels": labels}
        world.ask("ReportRepair", {**report, "external_id": f"=E{number}"})
        if number == 3:
            world.now += timedelta(hours=1)
            world.engine.timers.tick()
        world.ask("AcceptRepair", {"case": case, "technician": "t"})
        world.ask("CompleteRepair", {"case": case})
        world.now += timedelta(hours=number)
        world.ask("CloseCase", {"case": case})
    return world


def answer(world: World, name: str, **wanted):
    world.engine.settle()
    return figures.figure(world.engine, name, Wanted(**wanted))


# ---------------------------------------------------------------------- the answer


def test_a_figure_is_told_as_a_whole_and_by_its_first_dimension(closed: World):
    told = answer(closed, "closed")
    assert (told["by"], told["unit"], told["title"]) == ("building", "percent", "关闭")
    assert told["target"] == {"value": ">= 90%", "period": "month"}
    assert told["definition"] == BOOK["kpis"]["closed"]
    assert (told["total"]["group"], told["total"]["population"]) == (None, 3)
    assert [(row["group"], row["population"]) for row in told["rows"]] == [("b-0", 1), ("b-1", 2)]


def test_lengths_are_seconds_and_counts_are_whole(closed: World):
    assert answer(closed, "longest")["total"]["value"] == pytest.approx(3.6 * 3600)
    (first, *_) = answer(closed, "longest", cases=True)["cases"]["rows"]["cases"]
    assert (first["case"], first["value"]) == ("repair-3", 4 * 3600)
    value = answer(closed, "households")["total"]["value"]
    assert (value, type(value)) == (1, int)


def test_figures_beside_are_told_for_each_group_they_know(closed: World):
    told = answer(closed, "closed")
    assert told["beside"] == [{"kpi": "longest", "title": ""}, {"kpi": "kept", "title": ""}]
    assert told["total"]["beside"]["kept"]["value"] == pytest.approx(2 / 3)
    shown = {row["group"]: row["beside"] for row in told["rows"]}
    assert shown["b-0"]["longest"]["value"] == 2 * 3600
    assert shown["b-1"]["kept"]["value"] == 1 / 2
    by_again = answer(closed, "closed", by="cycle")  # a run's cycle is another matter, yet a column
    assert by_again["rows"][0]["beside"].keys() == {"longest", "kept"}
    by_fact = answer(closed, "kept", by="clock")
    assert by_fact["rows"][0]["group"] == "accept"


def test_a_figure_beside_that_has_no_such_dimension_is_told_as_a_whole_only(closed: World):
    kpis = {**BOOK["kpis"], "kept": {**BOOK["kpis"]["kept"], "beside": "households"}}
    message = PublishRulebook(document={**BOOK, "kpis": kpis}, reason=REASON)
    closed.engine.ask(CommandEnvelope(message=message))
    told = answer(closed, "kept", by="clock")
    assert told["total"]["beside"]["households"]["value"] == 1
    assert told["rows"][0]["beside"] == {}


def test_an_attribute_goes_before_a_label_and_a_label_may_be_named_as_one(closed: World):
    for by in ("颜色", "label.颜色"):
        told = answer(closed, "closed", by=by)
        assert (told["by"], [row["group"] for row in told["rows"]]) == ("颜色", ["红", None])


def test_a_site_and_a_period_are_asked_for(closed: World):
    told = answer(closed, "closed", site="main", period=read_period("2026-05-01..2026-05-31"))
    assert (told["site"], told["period"]) == ("main", "2026-05-01..2026-05-31")
    assert told["total"]["population"] == 3


def test_a_change_is_shown_by_its_own_periods(closed: World):
    told = answer(closed, "more")
    assert (told["by"], told["change"]) == ("year", "last_year")
    (row,) = told["rows"]
    assert (row["group"], row["now"], row["before"], row["value"]) == ("2026", 3, None, None)
    assert row["unit"] == "percent"


@pytest.mark.parametrize(
    ("name", "wanted", "said"),
    [
        ("nothing", {}, "there is no figure 'nothing'; there are first_time_fix"),
        ("closed", {"by": "colour"}, "there is no dimension 'colour'; there are site, cycle"),
        ("closed", {"by": "closed"}, "label.颜色"),
        ("closed", {"by": "label."}, "there is no dimension 'label.'"),
        ("closed", {"by": "label.colour"}, "there is no dimension"),
        ("closed", {"by": "accepted"}, "there is no dimension 'accepted'"),
        ("closed", {"by": "x" * 500}, "x" * 59 + "';"),
        ("kept", {"by": "answer"}, "clock, "),
        ("closed", {"site": "nowhere"}, "there is no site 'nowhere'; there are main"),
        ("more", {"by": "building"}, "name a period such as 2026-01"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    closed: World, name: str, wanted: dict, said: str
):
    with pytest.raises(Refusal) as refused:
        answer(closed, name, **wanted)
    assert said in refused.value.sentence
    assert refused.value.sentence_zh.startswith("查询无法回答：")


def test_the_standard_figures_can_be_asked_for_under_any_rulebook(closed: World):
    assert figures.names(closed.engine) == list(BOOK["kpis"])
    assert answer(closed, "on_time")["total"]["population"] == 3
    empty = {"rulebook": "empty", "clocks": BOOK["clocks"]}
    closed.engine.ask(CommandEnvelope(message=PublishRulebook(document=empty, reason=REASON)))
    assert {"first_time_fix", "satisfaction", "on_time"} <= set(figures.names(closed.engine))


# ---------------------------------------------------------------------- over HTTP


def test_pages_of_cases_over_http(closed: World):
    page = closed.get("/kpis/closed", cases=True, limit=2, offset=2, by="month").json()
    assert page["cases"]["for"]["total"] == 3
    (entry,) = page["cases"]["for"]["cases"]
    assert (entry["case"], entry["group"]) == ("repair-1", "2026-05")
    assert entry["at"].endswith("+08:00")
    assert closed.get("/kpis/closed", limit=0).status_code == 422


def test_csv_over_http(closed: World):
    said = closed.get("/kpis/closed/csv", by="building")
    assert said.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(said.text)))
    assert [(row["by"], row["group"], row["value"]) for row in rows] == [
        ("", "", "1.0"), ("building", "b-0", "1.0"), ("building", "b-1", "1.0"),
    ]  # fmt: skip
    assert rows[2]["kept"] == "0.5"
    behind = closed.get("/kpis/kept/csv", cases=True)
    entries = list(csv.DictReader(io.StringIO(behind.text)))
    assert [(row["side"], row["case"], row["outcome"]) for row in entries] == [
        ("for", "repair-2", "met"), ("for", "repair-1", "met"), ("against", "repair-3", "late"),
    ]  # fmt: skip
    assert {row["external_id"] for row in entries} == {"'=E1", "'=E2", "'=E3"}
    assert closed.get("/kpis/closed/csv", by="colour").json()["code"] == "QueryInvalid"


# ---------------------------------------------------------------------- on the command line


def shown(made: Guanjia, *words: str, lang: str = "zh") -> list[str]:
    done = made("kpi", *words, "--lang", lang)
    assert done.code == 0, done.err
    assert clean(done.out) == done.out
    return [line.rstrip() for line in done.out.splitlines()]


def test_the_overview_has_a_line_for_each_figure(made: Guanjia):
    lines = shown(made)
    assert lines[0].split() == ["指标", "名称", "数值", "扣除豁免", "样本数", "目标", "达标"]
    (line,) = (line for line in lines if line.startswith("online_response"))
    assert re.split(" {2,}", line) == [
        "online_response", "线上报事 5 分钟响应率", "100.0%*", "100.0%", "1", "= 100%（月）",
    ]  # fmt: skip
    assert any("暂无数据" in line for line in lines)
    assert lines[-1] == "* 样本不足 10 条，仅供参考"
    assert "not measured" in " ".join(shown(made, lang="en"))


def test_a_table_says_by_what_for_when_and_with_which_target(made: Guanjia):
    lines = shown(made, "online_response", "--by", "channel", "--period", "2026..2999")
    assert (
        lines[0]
        == "线上报事 5 分钟响应率 · online_response · 按渠道 · 2026..2999 · 目标 = 100%（月）"
    )
    assert lines[1].split() == ["渠道", "数值", "扣除豁免", "达标", "样本数", "计入", "按时"]
    assert [line.split()[0] for line in lines[2:4]] == ["全部", "wechat"]
    english = shown(made, "online_response", "--by", "simple", lang="en")
    assert "target = 100% a month" in english[0]
    assert [line.split()[0] for line in english[2:4]] == ["all", "yes"]


def test_the_four_levels_are_always_shown_and_other_answers_where_there_are_any(made: Guanjia):
    made("ask", "CompleteRepair", "case=repair-1")
    head = shown(made, "satisfaction")[1].split()
    assert head == [
        "楼栋", "数值", "达标", "样本数", "计入", "评价回收率",
        "非常满意", "满意", "一般", "不满意", "待评价",
    ]  # fmt: skip


def test_cases_are_listed_for_and_against_with_how_many_more(made: Guanjia):
    text = "\n".join(shown(made, "on_time", "--cases", "--limit", "1"))
    assert "计入 2，另有 1 条" in text
    assert "未计入 0" in text
    assert "repair-1" in text
    assert "E-7" in text


def test_every_figure_that_knows_a_dimension_is_shown_by_it(made: Guanjia):
    told = made("kpi", "--by", "answer", "--json").json
    assert [one["kpi"] for one in told] == ["satisfaction", "satisfaction.answered"]


def test_figures_as_csv(made: Guanjia):
    rows = list(csv.DictReader(io.StringIO(made("kpi", "--csv").out)))
    assert {"kpi", "value", "population", "reached"} <= rows[0].keys()
    assert {row["kpi"] for row in rows} >= {"first_time_fix", "on_time", "closing.p90"}
    (total, *_) = csv.DictReader(io.StringIO(made("kpi", "on_time", "--csv").out))
    assert (total["met"], total["value"], total["unit"]) == ("2", "1.0", "percent")


# ---------------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (None, "percent", "暂无数据", "not measured"),
        (1, "percent", "100.0%", "100.0%"),
        (0, "percent", "0.0%", "0.0%"),
        (0.9996, "percent", "99.96%", "99.96%"),
        (0.0004, "percent", "0.04%", "0.04%"),
        (0.99999999, "percent", ">99.99%", ">99.99%"),
        (0.00000001, "percent", "<0.01%", "<0.01%"),
        (2 / 3, "percent", "66.7%", "66.7%"),
        (7500, "duration", "2小时5分", "2h 5m"),
        (12, "number", "12", "12"),
        (1.25, "number", "1.2", "1.2"),
    ],
)
def test_a_figure_is_said_in_its_unit(value: float | None, unit: str, zh: str, en: str):
    assert said(value, unit, "zh") == zh
    assert said(value, unit, "en") == en


def test_a_change_is_said_with_its_sign():
    assert said(0.2, "percent", "zh", signed=True) == "+20.0%"
    assert said(-0.15, "percent", "en", signed=True) == "-15.0%"
