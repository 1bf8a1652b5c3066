"""Runs the command that imports the history of a file."""

from __future__ import annotations

from api.cli.context import Context
from api.imports.backfill import backfill
from api.imports.faults import Reject
from api.imports.mapping import load_mapping
from api.imports.result import Result
from api.parsing import read_time
from api.queries.health import scheduler_looks
from api.wording import word

NOTHING_TAKEN = 1


def bring_in(context: Context) -> int:
    """Import a file by a mapping; repeated it adds nothing, interrupted it goes on."""
    asked = context.asked
    mapping = load_mapping(asked.mapping, context.routes)
    until = read_time(asked.until, "--until") if asked.until else None
    with context.engine(create=True, settled=False) as engine:
        with context.progress(context.say("导入", "importing")) as heard:
            result = backfill(
                mapping, asked.file, engine.handler, until=until, policy=asked.rules,
                without_clocks=asked.without_clocks, beside=scheduler_looks(engine),
                rejects=asked.rejects, lang=context.lang,
                progress=lambda done, total, _phase: heard(done, total),
            )  # fmt: skip
        with context.progress(context.say("更新视图", "catching up")) as heard:
            engine.settle(timeout=float("inf"), progress=heard)
    if context.json:
        context.data(result.data())
    else:
        _tell(context, result)
    return NOTHING_TAKEN if result.failed else 0


def _tell(context: Context, result: Result) -> None:
    context.line(
        f"读取 {result.rows} 行，执行 {result.commands} 条命令（此前已执行 {result.repeated} 条），"
        f"启动 {result.clocks} 个时钟，记录 {result.facts} 条事实，其中逾期 {result.lapses} 条、"
        f"补录 {result.late} 条；拒收 {result.rejects} 条，用时 {result.seconds:.1f} 秒。",
        f"{result.rows} rows, {result.commands} commands (and {result.repeated} done before),"
        f" {result.clocks} clocks started, {result.facts} facts, {result.lapses} of them lapses and"
        f" {result.late} entered late, {result.rejects} rejects, {result.seconds:.1f} s.",
    )
    if result.compared:
        context.line(
            f"来源给出了 {result.compared} 个结论，其中 {result.contradicted} 个与判定不符。",
            f"The source claims {result.compared} verdicts,"
            f" {result.contradicted} of them contradicted by the rules.",
        )
    for one in result.contradictions[:3]:
        context.line(
            f"  {one.case} {one.clock}：来源{'按时' if one.said else '未按时'}，"
            f"判定{word(one.verdict, 'zh')}",
            f"  {one.case} {one.clock}: {'in time' if one.said else 'not in time'} by the source,"
            f" {word(one.verdict, 'en')} by the rules",
        )
    for code, count in sorted(result.codes.items()):
        context.line(f"  {code}：{count}", f"  {code}: {count}")
    for reject in result.first[:3]:
        context.line(_rejected(reject, reject.reason.zh), _rejected(reject, reject.reason))
    if result.rejects and context.asked.rejects is None:
        context.line("  用 --rejects 文件名 可得到全部。", "  --rejects FILE keeps them all.")


def _rejected(reject: Reject, reason: str) -> str:
    setting = f" [{reject.setting}]" if reject.setting else ""
    return f"  {' '.join(filter(None, (str(reject.line), reject.case)))}: {reason}{setting}"
