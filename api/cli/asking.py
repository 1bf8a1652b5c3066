"""Runs any command of the engine, from JSON or from key=value pairs."""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import Field, fields
from typing import Annotated, Any, Final, get_type_hints

from api.cli.context import Context
from api.cli.declared import STANDARD_INPUT, Command, Option
from api.fields import example, meaning, type_said
from api.parsing import read_json, read_message, read_time
from api.principals import from_outside
from commands.envelope import CommandEnvelope
from commands.ids import new_id
from commands.messages import Message
from commands.routes import Routes
from domain.kernel.refusals import CommandInvalid, Phrase

EXAMPLES: Final = (
    "ReportRepair site=main household=1-2-301 category=water_pipe simple=true",
    "AcceptRepair case=repair-01jd technician=zhang --actor zhang",
    'RateService \'{"case": "repair-01jd", "rating": "dissatisfied"}\'',
)

Name = Annotated[
    str, Option(Phrase("a command; NAME --help shows its fields", "命令名；NAME --help 显示其字段"))
]
Fields = Annotated[
    str,
    Option(
        Phrase(
            "key=value, or all fields as one JSON object; - reads JSON from standard input",
            "key=value，或包含全部字段的一个 JSON 对象；- 表示从标准输入读取 JSON",
        ),
    ),
]
Actor = Annotated[str, Option(Phrase("who asks (cli)", "操作人（cli）"), "WHO")]
Id = Annotated[
    str | None,
    Option(
        Phrase("asked twice under the same id it is done once", "同一编号重复提交只执行一次"), "ID"
    ),
]
OccurredAt = Annotated[
    str | None, Option(Phrase("when it happened, if not now", "发生时间（默认为现在）"), "T")
]
Expect = Annotated[
    int | None,
    Option(Phrase("refuse if the case is at another version", "工单不是此版本时拒绝"), "VERSION"),
]


def ask(
    context: Context,
    name: Name,
    /,
    *field: Fields,
    actor: Actor = "cli",
    id: Id = None,  # noqa: A002 - its name is the option's
    occurred_at: OccurredAt = None,
    expect: Expect = None,
) -> int:
    """Ask a command by its name."""
    pairs = not _is_json(field)
    data = _pairs(field) if pairs else _json(field[0])
    command = read_message(context.routes, name, data, strict=not pairs)
    request = CommandEnvelope(
        message=command,
        actor=from_outside(actor),
        id=id or new_id(),
        occurred_at=read_time(occurred_at, "--occurred-at") if occurred_at else None,
        expected=expect,
    )
    with context.engine(settled=False) as engine:
        answered = engine.ask(request)
    if context.json:
        context.data(
            {
                "case": answered.stream,
                "version": answered.version,
                "position": answered.position,
                "facts": answered.facts,
                "command": answered.command,
            }
        )
    else:
        counted = "1 fact" if answered.facts == 1 else f"{answered.facts} facts"
        context.line(
            f"{answered.stream} 第 {answered.version} 版，新增 {answered.facts} 条事实",
            f"{answered.stream} is at version {answered.version}, {counted} stored",
        )
    return 0


def messages(routes: Routes) -> tuple[Command, ...]:
    """A command for each message, whose help shows its fields."""
    return tuple(_command(name, message, routes) for name, message in routes.messages.items())


def _command(name: str, message: type[Message], routes: Routes) -> Command:
    def run(
        context: Context,
        *field: Fields,
        actor: Actor = "cli",
        id: Id = None,  # noqa: A002 - its name is the option's
        occurred_at: OccurredAt = None,
        expect: Expect = None,
    ) -> int:
        return ask(
            context, name, *field, actor=actor, id=id, occurred_at=occurred_at, expect=expect
        )

    return Command(
        name=name,
        run=run,
        about=message.about(),
        examples=(_example(message, routes),),
        details=lambda lang: [(f.name, _field(message, f, routes, lang)) for f in fields(message)],
    )


def _required(field: Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _example(message: type[Message], routes: Routes) -> str:
    """A command that works as typed, with the fields that must be given."""
    required = [f.name for f in fields(message) if _required(f)]
    shown = [f"{name}={_typed(example(message, name, routes))}" for name in required]
    return " ".join((message.__name__, *shown))


def _typed(value: object) -> str:
    """A value as it is typed in a shell."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and set(value) == {"text", "of"}:
        return str(value["text"])
    return (
        "'" + json.dumps(value, ensure_ascii=False) + "'"
        if isinstance(value, dict | list)
        else str(value).lower()
    )


def _field(message: type[Message], field: Field[Any], routes: Routes, lang: str) -> str:
    """Of what type a field is, whether it must be given, what it means, and an example."""
    value = _typed(example(message, field.name, routes))
    parts = [
        type_said(get_type_hints(message)[field.name]),
        Phrase("required", "必填") if _required(field) else None,
        meaning(message.__name__, field.name),
        Phrase(f"such as {value}", f"例：{value}"),
    ]
    chinese = lang == "zh"
    return ("；" if chinese else "; ").join(p.zh if chinese else p for p in parts if p is not None)


def _is_json(given: tuple[str, ...]) -> bool:
    return len(given) == 1 and (given[0] == STANDARD_INPUT or given[0].lstrip().startswith("{"))


def _json(text: str) -> object:
    return read_json(sys.stdin.buffer.read() if text == STANDARD_INPUT else text)


def _pairs(given: tuple[str, ...]) -> dict[str, Any]:
    """Fields from ``key=value``; ``labels.color=red`` is one label, lists are written as JSON."""
    found: dict[str, Any] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            shown = pair[:60]
            problem = Phrase(
                f"{shown!r} is not of the form key=value", f"{shown!r} 不是 key=value 的形式"
            )
            raise CommandInvalid(problem=problem)
        name, dot, inner = key.partition(".")
        if dot:
            known = found.get(name)
            found[name] = {**(known if isinstance(known, dict) else {}), inner: value}
        else:
            found[name] = read_json(value) if value[:1] in ("[", "{") else value
    return found
