"""Runs the command that imports the history of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from api.cli.context import Context
from api.cli.declared import Option
from api.cli.usage import exclude
from api.imports.backfill import backfill
from api.imports.faults import Reject
from api.imports.mapping import load_mapping
from api.imports.result import Result
from api.imports.rules import RulesPolicy
from api.parsing import read_time
from api.queries.health import scheduler_looks
from api.wording import word
from domain.kernel.refusals import Phrase

NOTHING_TAKEN: Final = 1

MappingFile = Annotated[
    Path, Option(Phrase("a mapping: which columns give which commands", "映射：哪些列生成哪些命令"))
]
File = Annotated[Path, Option(Phrase("CSV, gzipped or not", "CSV 文件，可为 gzip 压缩"))]
Rejects = Annotated[
    Path | None, Option(Phrase("a file for rows that cannot be taken", "保存拒收行的文件"), "F")
]
Until = Annotated[
    str | None,
    Option(
        Phrase("also record what falls due up to this instant", "同时记录到此时为止到期的事项"), "T"
    ),
]
KeepRules = Annotated[
    bool,
    Option(
        Phrase(
            "judge by the rules in force where the mapping's differ",
            "映射的规则与生效的不同时，按生效的规则评判",
        )
    ),
]
PublishRules = Annotated[
    bool,
    Option(
        Phrase(
            "replace the rules in force where the mapping's differ",
            "映射的规则与生效的不同时，替换生效的规则",
        )
    ),
]
WithoutClocks = Annotated[
    bool, Option(Phrase("import although no clock would start", "没有时钟会启动时仍然导入"))
]


def bring_in(
    context: Context,
    mapping: MappingFile,
    file: File,
    /,
    *,
    rejects: Rejects = None,
    until: Until = None,
    keep_rules: KeepRules = False,
    publish_rules: PublishRules = False,
    without_clocks: WithoutClocks = False,
) -> int:
    """Import a file by a mapping; repeated it adds nothing, interrupted it goes on."""
    exclude(keep_rules=keep_rules, publish_rules=publish_rules)
    steps = load_mapping(mapping, context.routes)
    ends = read_time(until, "--until") if until else None
    policy = (
        RulesPolicy.KEEP
        if keep_rules
        else RulesPolicy.PUBLISH
        if publish_rules
        else RulesPolicy.ASK
    )
    with context.engine(create=True, settled=False) as engine:
        with context.progress(context.say("导入", "importing")) as heard:
            result = backfill(
                steps, file, engine.handler, until=ends, policy=policy,
                without_clocks=without_clocks, beside=scheduler_looks(engine), rejects=rejects,
                lang=context.lang,
                progress=lambda done, total, _phase: heard(done, total),
            )  # fmt: skip
        with context.progress(context.say("更新行集", "catching up")) as heard:
            engine.settle(timeout=float("inf"), progress=heard)
    if context.json:
        context.data(result.data())
    else:
        _tell(context, result, complete=rejects is not None)
    return NOTHING_TAKEN if result.failed else 0


def _tell(context: Context, result: Result, *, complete: bool) -> None:
    context.line(
        f"读取 {result.rows} 行，执行 {result.commands} 条命令（此前已执行 {result.repeated} 条），"
        f"启动 {result.clocks} 个时钟，记录 {result.facts} 条事实，其中超时 {result.lapses} 条、"
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
    if result.rejects and not complete:
        context.line("  用 --rejects 文件名 可得到全部。", "  --rejects FILE keeps them all.")


def _rejected(reject: Reject, reason: str) -> str:
    setting = f" [{reject.setting}]" if reject.setting else ""
    return f"  {' '.join(filter(None, (str(reject.line), reject.case)))}: {reason}{setting}"
