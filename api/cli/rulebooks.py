"""Runs the commands about rulebooks and calendars: publish, list, show, diff, check."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import yaml

from api.cli.context import Context, clean
from api.cli.declared import Option
from api.engine import Engine
from api.imports.announced_days import with_announced_days
from api.imports.documents import read_document
from api.imports.mapping import load_calendar, load_rulebook
from api.imports.written import Written
from api.queries import drafts, rulebooks
from api.queries.cases import Answer
from api.queries.drafts import CASES
from api.wording import word
from commands.envelope import CommandEnvelope
from commands.registers import Publication, PublishCalendar, PublishRulebook
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase
from domain.rulebook.comparison import changes

ACTOR: Final = "cli"
CHINESE: Final = "cn"
SHOWN: Final = 50
"""Lines of one list on a terminal; the rest is counted, and all are in --json."""

Publishable = Annotated[
    Path,
    Option(
        Phrase(
            "YAML or JSON; a CSV with a row per day adds years to the calendar cn",
            "YAML 或 JSON；每天一行的 CSV 为日历 cn 增加年份",
        )
    ),
]
Reason = Annotated[
    str | None,
    Option(Phrase("needed where another rulebook is in force", "替换生效的规则手册时必填"), "WHY"),
]
Version = Annotated[
    int | None, Option(Phrase("without one what is in force", "不填则为生效的版本"))
]
Document = Annotated[str, Option(Phrase("a version or a file", "版本号或文件"))]
Checked = Annotated[Path, Option(Phrase("YAML or JSON", "YAML 或 JSON 文件"))]
Cases = Annotated[
    int,
    Option(
        Phrase(
            f"how many open cases are looked at, the worst first ({CASES})",
            f"查看多少个未结工单，最急的在前（{CASES}）",
        ),
        "N",
    ),
]


def publish(context: Context, file: Publishable, /, *, reason: Reason = None) -> int:
    """Publish a rulebook or a calendar; a CSV of announced days extends the Chinese one."""
    why = None if reason is None else Personal(reason)
    written = None if file.suffix == ".csv" else _checked(file, context)
    with context.engine(settled=False) as engine:
        command = _publication(engine, file, written, why)
        envelope = CommandEnvelope(message=command, actor=ACTOR)
        if written is None:
            answered = engine.ask(envelope)
        else:
            with written.located():
                answered = engine.ask(envelope)
        version = engine.directory().rules.version
        told = rulebooks.changed(engine, version)["changes"] if answered.facts else []
    what = "rulebook" if isinstance(command, PublishRulebook) else "calendar"
    if context.json:
        new = bool(answered.facts)
        context.data({"published": what, "rules": version, "new": new, "changes": told})
    elif answered.facts:
        context.line(f"已发布，规则版本 {version}。", f"Published, rules version {version}.")
        _list(context, told)
    else:
        context.line(
            f"内容与生效的一致，规则版本 {version} 不变。",
            f"It is in force already, rules version {version}.",
        )
    return 0


def _checked(file: Path, context: Context) -> Written:
    """A document that can be published as far as the file itself tells."""
    written = read_document(file)
    if _is_rulebook(written.value):
        load_rulebook(file, context.routes.kinds)
    else:
        load_calendar(file)
    return written


def _publication(
    engine: Engine, file: Path, written: Written | None, reason: Personal | None
) -> Publication:
    if written is None:
        published = engine.directory().rules.calendar_document(CHINESE)
        return PublishCalendar(document=with_announced_days(file, published), reason=reason)
    if _is_rulebook(written.value):
        return PublishRulebook(document=written.value, reason=reason)
    return PublishCalendar(document=written.value, reason=reason)


def _is_rulebook(value: object) -> bool:
    return isinstance(value, dict) and rulebooks.is_rulebook(value)


def listed(context: Context) -> int:
    """Every publication."""
    with context.engine(settled=False) as engine:
        found = rulebooks.publications(engine)
    if context.json:
        context.data({"publications": found})
        return 0
    zh = ("版本", "位置", "时间", "内容", "名称", "时钟", "指标", "发布人", "原因", "")
    en = ("version", "position", "when", "what", "name", "clocks", "KPIs", "who", "reason", "")
    what = {
        "rulebook": context.say("规则手册", "rulebook"),
        "calendar": context.say("日历", "calendar"),
    }
    rows = [
        (
            row["version"], row["position"], context.time(row["published"].astimezone()),
            what[row["what"]], row["name"], row["clocks"], row["kpis"], row["by"], row["reason"],
            context.say("生效", "in force") if row["in_force"] else "",
        )
        for row in found
    ]  # fmt: skip
    context.table(zh if context.lang == "zh" else en, rows)
    return 0


def show(context: Context, version: Version = None, /) -> int:
    """A publication with its whole document, as YAML that can be published again."""
    with context.engine(settled=False) as engine:
        found = rulebooks.publication(engine, version)
    if context.json:
        context.data(found)
    else:
        sys.stdout.write(clean(as_yaml(found["document"])))
    return 0


def as_yaml(document: Mapping[str, Any]) -> str:
    """A document as YAML, which reads as the same document."""
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def diff(context: Context, a: Document, b: Document, /) -> int:
    """What changes from one version or file to another."""
    with context.engine(settled=False) as engine:
        (one, first), (other, second) = (document_named(engine, name) for name in (a, b))
    rulebooks.check_comparable(one, first, other, second)
    told = rulebooks.as_data(changes(first, second))
    if context.json:
        context.data({"a": a, "b": b, "changes": told})
    elif told:
        _list(context, told, indent="")
    else:
        context.line("无变化。", "Nothing changes.")
    return 0


def document_named(engine: Engine, name: str) -> tuple[str, Mapping[str, Any]]:
    """A document by its version or its file, and how to call it."""
    if name.isascii() and name.isdecimal() and not Path(name).exists():
        found = rulebooks.publication(engine, int(name))
        return f"{found['what']} {found['name']} ({name})", found["document"]
    written = read_document(Path(name))
    with written.located():
        return f"{name}", drafts.readable(written.value, engine.routes.kinds)


def check(context: Context, file: Checked, /, *, cases: Cases = CASES) -> int:
    """What publishing a file would refuse, change, and mean for open cases; 1 if refused."""
    written = read_document(file)
    with (
        context.engine() as engine,
        context.progress(context.say("查看工单", "looking at cases")) as heard,
    ):
        told = drafts.examine(engine, written, context.now(), limit=cases, heard=heard)
    if context.json:
        context.data(told)
    else:
        _tell(context, told)
    return 1 if told["faults"] else 0


def _tell(context: Context, told: Answer) -> None:
    name = told["name"]
    if told["faults"]:
        context.line(f"{told['file']} 无法发布：", f"{told['file']} cannot be published:")
        lines = [
            {
                "detail": f"line {f['line']}: {f['path']}: {f['detail']}",
                "detail_zh": f"第 {f['line']} 行 {f['path']}：{f['detail_zh']}",
            }
            for f in told["faults"]
        ]
        _list(context, lines)
    elif told["in_force"]:
        context.line(f"{name} 与生效的一致，发布后无变化。", f"{name} is in force already.")
    else:
        context.line(f"{name} 可以发布。", f"{name} can be published.")
        if told["reason_needed"]:
            context.line(
                "替换生效的规则手册需要说明原因：--reason。",
                "Replacing the rulebook in force needs a reason: --reason WHY.",
            )
    if told["changes"]:
        context.line("变化：", "What changes:")
        _list(context, told["changes"])
    if told["flags"]:
        context.line("请留意：", "Worth a look:")
        _list(context, told["flags"])
    if told["cases"] is not None:
        _tell_cases(context, told["what"], told["cases"])


def _tell_cases(context: Context, what: str, cases: Answer) -> None:
    looked, total = cases["looked_at"], cases["open"]
    rows = [row for kind in ("otherwise", "gained", "lost") for row in cases[kind]]
    counts = tuple(len(cases[kind]) for kind in ("otherwise", "gained", "lost"))
    if what == "rulebook":
        context.line(
            f"若一直按此规则手册评判（查看了 {total} 个未结工单中的 {looked} 个）："
            f"{counts[0]} 个进行中的时钟结果不同，多出 {counts[1]} 个时钟，"
            f"少了 {counts[2]} 个。发布不影响已启动的时钟。",
            f"Had it judged from the start ({looked} of {total} open cases looked at):"
            f" running clocks judged otherwise: {counts[0]}, clocks gained: {counts[1]}, lost:"
            f" {counts[2]}. Publishing leaves clocks that run as they are.",
        )
    else:
        context.line(
            f"发布后（查看了 {total} 个未结工单中的 {looked} 个）："
            f"{counts[0]} 个进行中的时钟到期时间改变。",
            f"Once published ({looked} of {total} open cases looked at): running clocks with"
            f" another due instant: {counts[0]}.",
        )
    if rows:
        zh = ("工单", "时钟", "轮次", "现在", "届时")
        en = ("case", "clock", "cycle", "as it is", "as it would be")
        context.table(
            zh if context.lang == "zh" else en,
            [
                (
                    *(row["case"], row["clock"], row["cycle"]),
                    *(_standing(row[side], context) for side in ("before", "after")),
                )
                for row in rows[:SHOWN]
            ],
        )
        _rest(context, len(rows))


def _standing(run: Answer | None, context: Context) -> str:
    if run is None:
        return "-"
    due = context.time(run["due"])
    return "  ".join(filter(None, (run["target"], due, word(run["verdict"], context.lang))))


def _list(context: Context, lines: Sequence[Answer], indent: str = "  ") -> None:
    for line in lines[:SHOWN]:
        context.line(f"{indent}{line['detail_zh']}", f"{indent}{line['detail']}")
    _rest(context, len(lines))


def _rest(context: Context, count: int) -> None:
    if count > SHOWN:
        more = count - SHOWN
        context.line(f"  另有 {more} 条，见 --json。", f"  And {more} more, see --json.")
