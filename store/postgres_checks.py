"""Checks of a log in PostgreSQL: tables, triggers and functions, its end, the server's settings."""

from __future__ import annotations

import re
from hashlib import sha256

from domain.kernel.refusals import Phrase
from store.checks import check_last_link, check_receipts, check_tail
from store.errors import LogAltered
from store.log import Remark
from store.postgres_engine import SQL, Statements, file
from store.postgres_pool import Connection
from store.rows import Tail, checked

Shape = dict[tuple[str, str], str]

_KINDS = {
    "relation": "表", "column": "列", "key": "约束", "trigger": "触发器", "function": "函数",
}  # fmt: skip
_FUNCTION = re.compile(r"CREATE FUNCTION \{schema\}\.(\w+)\(.*?\$\$(.*?)\$\$", re.DOTALL)


def check_shape(connection: Connection, statements: Statements, where: object) -> None:
    """Check that tables, triggers and functions are exactly those we make.

    Raises:
        LogAltered: one is missing, changed, or not ours.
    """
    found = shape_of(connection, statements)
    expected = expected_shape(statements)
    for part in sorted(found.keys() | expected.keys()):
        if found.get(part) != expected.get(part):
            problem = _problem(*part, there=part in found, ours=part in expected)
            raise LogAltered(where=where, problem=problem)


def shape_of(connection: Connection, statements: Statements) -> Shape:
    """Everything in the schema that decides how the log behaves, by kind and name."""
    return {(what, name): how for what, name, how in connection.execute(statements.shape)}


def expected_shape(statements: Statements) -> Shape:
    """The same of a schema as we make it."""
    lines = (SQL / "shape_postgres.txt").read_text("utf-8").splitlines()
    shape: Shape = {}
    for line in lines:
        what, name, how = line.split("|")
        shape[what, name] = how
    for name, body in _FUNCTION.findall(file("log_postgres") + file("functions_postgres")):
        text = " ".join(f"-{statements.in_schema(body)}-".split())[1:-1]
        shape["function", name] = f"{sha256(text.encode()).hexdigest()} v"
    return shape


def _problem(what: str, name: str, *, there: bool, ours: bool) -> Phrase:
    chinese = f"{_KINDS.get(what, what)} {name}"
    if not there:
        return Phrase(f"the {what} {name} is missing", f"{chinese}缺失")
    if not ours:
        return Phrase(f"the {what} {name} is not ours", f"{chinese}不属于本程序")
    return Phrase(f"the {what} {name} was changed", f"{chinese}被改动")


def check_end(connection: Connection, statements: Statements, where: object) -> Tail:
    """Check the hashes of the last row, and that the last receipt belongs to this log.

    Returns where the log ends.

    Raises:
        LogDamaged: they do not match.
    """
    ask = connection.execute
    tail, _ = check_tail(ask(statements.tail, binary=True).fetchall()[0], where)
    rows = checked(ask(statements.last_two, binary=True).fetchall(), where)
    check_last_link(rows, where)
    last = ask(statements.last_receipt, binary=True).fetchall()
    check_receipts(last, where)
    return tail


def remarks(settings: dict[str, str]) -> list[Remark]:
    """Judgements of the server's settings that decide whether a commit is durable."""
    return [
        _on("fsync", settings, "a crash of the machine can damage the log", "断电可能损坏日志"),
        _on(
            "full_page_writes", settings, "a page can be torn by a crash of the machine",
            "断电可能造成页面残缺",
        ),
        _commits(settings.get("synchronous_commit", "")),
    ]  # fmt: skip


def _on(name: str, settings: dict[str, str], english: str, chinese: str) -> Remark:
    if settings.get(name) == "on":
        return Remark(name, fine=True, sentence=Phrase(f"{name} is on.", f"{name} 已开启。"))
    return Remark(
        name,
        fine=False,
        sentence=Phrase(
            f"{name} is off, {english}: set {name} = on in postgresql.conf.",
            f"{name} 已关闭，{chinese}，请在 postgresql.conf 中设置 {name} = on。",
        ),
    )


def _commits(setting: str) -> Remark:
    """A weaker setting is overruled by every append, so it is fine."""
    name = "synchronous_commit"
    if setting in {"off", "local"}:
        english = f"{name} is {setting}; appends to the log are durable nevertheless."
        chinese = f"{name} 为 {setting}，但写入日志时仍会等待落盘。"
        return Remark(name, fine=True, sentence=Phrase(english, chinese))
    plain = Phrase(f"{name} is {setting}.", f"{name} 为 {setting}。")
    return Remark(name, fine=True, sentence=plain)
