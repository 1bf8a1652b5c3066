"""Runs the command that imports the history of a file."""

from __future__ import annotations

from dataclasses import asdict

from api.cli.context import Context
from api.imports.backfill import Result, backfill
from api.imports.mapping import load_mapping
from api.reading import read_time


def bring_in(context: Context) -> int:
    """Import a file by a mapping; repeated it adds nothing, interrupted it goes on."""
    asked = context.asked
    mapping = load_mapping(asked.mapping)
    until = read_time(asked.until, "--until") if asked.until else None
    with context.engine(create=True, settled=False) as engine:
        with context.progress(context.say("导入", "importing")) as heard:
            result = backfill(
                mapping, asked.file, engine.desk, until=until, rejects=asked.rejects,
                progress=lambda done, total, _phase: heard(done, total),
            )  # fmt: skip
        with context.progress(context.say("更新视图", "catching up")) as heard:
            engine.settle(timeout=float("inf"), progress=heard)
    if context.json:
        context.data(asdict(result) | {"first": [reject._asdict() for reject in result.first]})
    else:
        _tell(context, result)
    return 0


def _tell(context: Context, result: Result) -> None:
    context.line(
        f"读取 {result.rows} 行，执行 {result.commands} 条命令（此前已执行 {result.repeated} 条），"
        f"记录 {result.facts} 条事实，其中超时 {result.lapses} 条，"
        f"拒收 {result.rejects} 条，用时 {result.seconds:.1f} 秒。",
        f"{result.rows} rows, {result.commands} commands (and {result.repeated} done before),"
        f" {result.facts} facts,"
        f" {result.lapses} of them lapses, {result.rejects} rejects, {result.seconds:.1f} s.",
    )
    for code, count in sorted(result.codes.items()):
        context.line(f"  {code}：{count}", f"  {code}: {count}")
    for reject in result.first[:3]:
        context.line(
            f"  第 {reject.line} 行 {reject.reason}", f"  line {reject.line} {reject.reason}"
        )
    if result.rejects and context.asked.rejects is None:
        context.line("  用 --rejects 文件名 可得到全部。", "  --rejects FILE keeps them all.")
