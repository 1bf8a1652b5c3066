"""Runs the commands about a store: making it, rebuilding its tables, checking its health."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Final

from api.cli.context import Context, command_line
from api.cli.declared import Option
from api.engine import Engine
from api.imports.mapping import load_calendar, load_rulebook
from api.parsing import QueryInvalid
from api.queries import doctor as doctor_answers, health
from commands.envelope import CommandEnvelope
from commands.messages import Message
from commands.registers import OpenSite, PublishCalendar, PublishRulebook
from domain.kernel.documents import plain
from domain.kernel.refusals import Phrase, Refusal
from store.log import Receipt

SHIPPED: Final = Path(__file__).resolve().parents[1]
CALENDAR: Final = SHIPPED / "calendars" / "cn.json"
RULEBOOK: Final = SHIPPED / "rulebooks" / "default.yaml"
ACTOR: Final = "cli"

SiteId = Annotated[str, Option(Phrase("the site's id (main)", "项目编号（main）"), "ID")]
SiteName = Annotated[
    str | None, Option(Phrase("the site's name (its id)", "项目名称（默认同编号）"), "NAME")
]
Zone = Annotated[
    str, Option(Phrase("the site's time zone (Asia/Shanghai)", "项目时区（Asia/Shanghai）"), "ZONE")
]
Rulebook = Annotated[
    Path | None,
    Option(Phrase("a rulebook instead of the shipped one", "代替自带规则手册的文件"), "FILE"),
]
Deep = Annotated[
    bool,
    Option(
        Phrase(
            "read the whole log and check every hash and receipt", "通读日志，核对每个哈希和回执"
        )
    ),
]
View = Annotated[str, Option(Phrase("only these row sets", "仅重建这些行集"))]


class AnotherRulebook(Refusal):
    """The rulebook {name} is in force: replace it with `guanjia publish {file} --reason WHY`."""

    zh = "规则手册 {name} 已生效，如需替换请运行 guanjia publish {file} --reason 原因。"


def init(
    context: Context,
    *,
    site: SiteId = "main",
    name: SiteName = None,
    zone: Zone = "Asia/Shanghai",
    rulebook: Rulebook = None,
) -> int:
    """Create the store with a calendar, a rulebook and a site; what is there already stays."""
    opening = OpenSite(site=site, name=name or site, zone=zone)
    with context.engine(create=True, settled=False) as engine:
        equip(engine, opening, _book(context, engine, rulebook))
        answer = health.rulebook(engine)
        where = engine.log.where
    if context.json:
        context.data({"store": where, "site": site, "zone": zone, "rulebook": answer["rulebook"]})
    else:
        n, next_step = len(answer["clocks"]), command_line("serve", "--store", where)
        context.line(
            f"存储 {where} 已就绪：项目 {site}（{zone}），规则手册 {answer['rulebook']}，"
            f"{n} 个时钟。下一步：{next_step}",
            f"The store {where} is ready: site {site} ({zone}), rulebook {answer['rulebook']}"
            f" with {n} clocks. Next: {next_step}",
        )
    return 0


def _book(context: Context, engine: Engine, file: Path | None) -> PublishRulebook | None:
    if file is None:
        return None
    book = PublishRulebook(document=load_rulebook(file, context.routes.kinds))
    _see_that_none_is_replaced(engine, book, file)
    return book


def _see_that_none_is_replaced(engine: Engine, book: PublishRulebook, file: Path) -> None:
    rules = engine.directory().rules
    if rules.in_force.clocks and rules.rulebook_document() != plain(book.document):
        raise AnotherRulebook(name=rules.in_force.name, file=quote(str(file)))


def equip(engine: Engine, site: OpenSite, book: PublishRulebook | None = None) -> None:
    """Publish the shipped calendar and a rulebook, the shipped one where none is, and open a site.

    Raises:
        Refusal, DocumentInvalid: one of them cannot be taken.
    """
    known = engine.directory().rules
    if not known.calendar_versions("cn"):
        ask(engine, PublishCalendar(document=load_calendar(CALENDAR)))
    if book is None and not known.rulebook(known.version).clocks:
        book = PublishRulebook(document=load_rulebook(RULEBOOK))
    ask(engine, site)
    if book is not None:
        ask(engine, book)


def ask(engine: Engine, command: Message) -> Receipt:
    """Ask a command in the name of the command line."""
    return engine.ask(CommandEnvelope(message=command, actor=ACTOR))


def rebuild(context: Context, *view: View) -> int:
    """Rebuild row sets beside the living ones, swap them in, and compare."""
    with context.engine() as engine:
        projector = engine.projector
        for name in view:
            if name not in projector.row_sets:
                known = ", ".join(projector.row_sets)
                problem = Phrase(
                    f"there is no row set {name!r}; there are {known}",
                    f"没有行集 {name!r}，可用：{known}",
                )
                raise QueryInvalid(problem=problem)
        names = list(view) or list(projector.row_sets)
        before = {name: projector.digest(name) for name in names}
        with context.progress(context.say("重建行集", "rebuilding")) as heard:
            facts = projector.rebuild(names, heard)
        after = {name: projector.digest(name) for name in names}
    told = [
        {"view": n, "before": before[n], "after": after[n], "same": before[n] == after[n]}
        for n in names
    ]
    return _compared(context, facts, told)


def _compared(context: Context, facts: int, told: list[dict[str, Any]]) -> int:
    if context.json:
        context.data({"facts": facts, "views": told})
    else:
        same = {True: context.say("相同", "same"), False: context.say("不同", "DIFFERENT")}
        columns = (
            ("行集", "结果", "指纹") if context.lang == "zh" else ("row set", "result", "digest")
        )
        context.table(
            columns,
            [(v["view"], same[v["same"]], v["after"][:16]) for v in told],
            context.say(f"已读取 {facts} 条事实", f"{facts} facts read"),
        )
    return 0 if all(v["same"] for v in told) else 1


def doctor(context: Context, *, deep: Deep = False) -> int:
    """Check health."""
    with doctor_answers.inspected(context.settings.store, context.routes) as looked:
        findings = doctor_answers.examine(looked, context.now())
        if deep:
            with context.progress(context.say("核对日志", "checking the log")) as heard:
                findings.append(doctor_answers.examine_whole(looked.log, heard))
    fine = all(finding.fine for finding in findings)
    if context.json:
        context.data({"ok": fine, "findings": doctor_answers.as_data(findings)})
    else:
        for finding in findings:
            mark = "✗" if not finding.fine else "!" if finding.heed else "✓"
            context.line(f"{mark} {finding.sentence.zh}", f"{mark} {finding.sentence}")
    return 0 if fine else 1
