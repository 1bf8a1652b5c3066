"""Runs the command that compares two ways to judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from api.cli.context import Context
from api.cli.declared import Option, Site
from api.cli.figures import OfPeriod
from api.cli.lens import NOW, LensOptions, held_over, replaying
from api.parsing import read_period
from api.queries.cases import Answer
from api.queries.compared import compare as compared
from api.wording import figure, word
from domain.kernel.refusals import Phrase

Limit = Annotated[int, Option(Phrase("how many of each list (20)", "每个列表的条数（20）"), "N")]
Cells = tuple[object, ...]


def compare(
    context: Context,
    *,
    period: OfPeriod = None,
    site: Site = None,
    lens: LensOptions = NOW,
    limit: Limit = 20,
) -> int:
    """Which verdicts flip, which rungs are raised or spared, and how every figure changes."""
    with context.engine() as engine:
        held = held_over(engine, lens, site=site)
        with replaying(context, engine, held) as heard:
            answer = compared(
                engine, held, period=read_period(period), site=site, limit=limit, progress=heard
            )
    if context.json:
        context.data(answer)
        return 0
    runs, rungs = answer["runs"], answer["escalations"]
    causeless = answer["without_cause"]["count"]
    context.line(
        f"判定改变 {runs['flipped']}，仅到期改变 {runs['moved']}；"
        f"升级增加 {rungs['raised']}，减少 {rungs['spared']}；起因不成立 {causeless}",
        f"{runs['flipped']} verdicts flip, {runs['moved']} only move their due instant;"
        f" {rungs['raised']} rungs would be raised, {rungs['spared']} spared;"
        f" {causeless} facts without cause",
    )
    for zh, en, rows, title in _tables(answer, context):
        if rows:
            context.line("", "")
            context.table(zh if context.lang == "zh" else en, rows, title)
    return 0


def _tables(
    answer: Answer, context: Context
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], list[Cells], str]]:
    """Each table with its columns in both languages, its rows and its title."""
    say, runs, rungs = context.say, answer["runs"], answer["escalations"]
    yield (
        ("指标", "名称", "原规则", "新规则", "多计入", "少计入"),
        ("figure", "title", "before", "after", "won", "lost"),
        [_kpi(kpi, context) for kpi in answer["kpis"]],
        say("指标", "Figures"),
    )
    yield (
        ("时钟", "原判定", "新判定", "次数"),
        ("clock", "before", "after", "runs"),
        [(row["clock"], *_verdicts(row, context), row["count"]) for row in runs["by_clock"]],
        say("判定改变", "Verdicts that flip"),
    )
    yield (
        ("角色", "负责人", "增减", "次数"),
        ("role", "who", "change", "rungs"),
        [
            (row["role"], row["addressee"], _raised(row, context), row["count"])
            for row in rungs["by_role"]
        ],
        say("升级", "Escalations"),
    )
    yield (
        ("工单", "外部编号", "时钟", "轮次", "原判定", "新判定", "原到期", "新到期"),
        ("case", "elsewhere", "clock", "cycle", "before", "after", "due before", "due after"),
        [_run(run, context) for run in runs["runs"]],
        say("工单", "Cases"),
    )
    yield (
        ("工单", "外部编号", "时间", "内容", "操作人", "原起因"),
        ("case", "elsewhere", "when", "what", "who", "was caused by"),
        [_fact(fact, context) for fact in answer["without_cause"]["facts"]],
        say("起因不成立的记录", "Facts without cause"),
    )


def _fact(fact: Answer, context: Context) -> Cells:
    what, cause = (context.say(one["detail_zh"], one["detail"]) for one in (fact, fact["cause"]))
    when = context.time(fact["occurred_at"])
    return fact["case"], fact["external_id"], when, what, fact["actor"], cause


def _kpi(kpi: Answer, context: Context) -> Cells:
    before, after = (figure(kpi[side], kpi["unit"], context.lang) for side in ("before", "after"))
    return kpi["kpi"], kpi["title"], before, after, kpi["won"] or "", kpi["lost"] or ""


def _verdicts(row: Answer, context: Context) -> tuple[str, str]:
    """Both verdicts; a run that one side does not start has none."""
    none = context.say("无", "none")
    before, after = (
        none if row[side] is None else word(row[side], context.lang) for side in ("before", "after")
    )
    return before, after


def _raised(row: Answer, context: Context) -> str:
    return context.say("增加", "raised") if row["raised"] else context.say("减少", "spared")


def _run(run: Answer, context: Context) -> Cells:
    due = (context.time(run[side]) if run[side] else "" for side in ("due_before", "due_after"))
    return (
        run["case"], run["external_id"], run["clock"], run["cycle"], *_verdicts(run, context), *due,
    )  # fmt: skip
