"""Reads mappings: documents that say how rows become commands at their times."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any
from zoneinfo import ZoneInfo

from api.imports.documents import read_document
from api.imports.files import FileInvalid
from api.imports.forms import Form, template
from api.imports.limits import CALENDARS, FORMATS, STEPS
from api.imports.rows import NO_DELIMITERS, Dialect, is_charset
from api.imports.steps import Step, read_step
from api.imports.times import ISO, Times, understood
from api.imports.verdicts import Claim, read_claim
from api.imports.written import Written
from commands import ROUTES
from commands.registers import OpenSite, PublishCalendar, PublishRulebook
from commands.routes import Routes
from domain.kernel.documents import DocumentInvalid, Path as Place, Section, listed, plain
from domain.kernel.kinds import Kinds
from domain.kernel.refusals import Phrase
from domain.rulebook import read_strictly
from domain.working_time.documents import calendar_from_document

SHIPPED = File(__file__).resolve().parents[1] / "calendars"
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_LONGEST_NAME = 40


class MappingInvalid(FileInvalid):
    """A mapping cannot be taken: which file, which line, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How a file is read. ``source`` is part of every command's id, so it must not change.

    ``order`` are the columns by which rows that share a case are put in order; without any the
    file's own order stands. With ``keep_order`` that order is trusted over the clocks of the file:
    a command whose time lies before the case's previous one is recorded when that one was.
    ``claims`` tell what the source says of verdicts.
    """

    written: Written
    source: str
    site: OpenSite
    case: Form
    steps: tuple[Step, ...]
    dialect: Dialect
    times: Times
    order: tuple[str, ...] = ()
    keep_order: bool = False
    calendars: tuple[PublishCalendar, ...] = ()
    rulebook: PublishRulebook | None = None
    claims: tuple[Claim, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the cases that are imported."""
        return self.case.shown.partition("-")[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the mapping looks at, each once."""
        steps = [column for step in self.steps for column in step.columns]
        claims = [column for claim in self.claims for column in claim.in_time.columns]
        return tuple(dict.fromkeys((*self.case.columns, *self.order, *steps, *claims)))


def load_mapping(path: File, routes: Routes = ROUTES) -> Mapping:
    """Read a mapping with the rulebook and the calendars it names, for the kinds of some routes.

    Raises:
        FileInvalid: one of the files is unclear; MappingInvalid where it is the mapping itself.
    """
    try:
        written = read_document(path)
        with written.located():
            return _read(written, routes)
    except FileInvalid as fault:
        if type(fault) is FileInvalid and fault.file == path:
            raise MappingInvalid(fault.file, fault.line, fault.sentence) from fault
        raise


def load_rulebook(path: File, kinds: Kinds = ROUTES.kinds) -> Dict[str, Any]:
    """Read a rulebook document that can be published, from YAML or JSON.

    Raises:
        FileInvalid: it cannot be read; the line of the first fault is named.
    """
    written = read_document(path)
    with written.located():
        document = plain(Section(written.value).value)
        read_strictly(document, kinds=kinds)
    return document


def load_calendar(path: File) -> Dict[str, Any]:
    """Read a calendar document that can be published, from JSON or YAML.

    Raises:
        FileInvalid: it cannot be read; the line of the first fault is named.
    """
    written = read_document(path)
    with written.located():
        document = plain(Section(written.value).value)
        calendar_from_document(document)
    return document


def _read(written: Written, routes: Routes) -> Mapping:
    top, folder = Section(written.value), written.file.parent
    source = _source(top)
    zone_of_times, times = _times(top.section("times"))
    rulebook = _rulebook(top, folder, routes.kinds)
    clocks = None if rulebook is None else rulebook.document.get("clocks", {})
    mapping = Mapping(
        written=written,
        source=source,
        site=_site(top.section("site"), zone_of_times),
        case=_case(top, routes.kinds),
        order=_order(top),
        keep_order=top.flag("keep_order"),
        dialect=_dialect(top.section("file")),
        times=times,
        calendars=tuple(
            PublishCalendar(document=_calendar(value, place, folder))
            for value, place in _limited(top, "calendars", CALENDARS)
        ),
        rulebook=rulebook,
        claims=tuple(
            read_claim(Section(value, place), clocks)
            for value, place in _limited(top, "verdicts", STEPS)
        ),
        steps=tuple(
            read_step(Section(value, place), routes)
            for value, place in _limited(top, "steps", STEPS, needed=True)
        ),
    )
    top.get("title")
    top.finish()
    return mapping


def _source(top: Section) -> str:
    source = top.text("mapping")
    if not source or not set(source) <= _NAME or len(source) > _LONGEST_NAME:
        raise DocumentInvalid(
            top.at("mapping"),
            Phrase(
                "name the source in at most 40 letters a-z, digits, - and _.",
                "来源名最多 40 个字符，只能用小写字母、数字、- 和 _。",
            ),
        )
    return source


def _site(part: Section, zone: ZoneInfo | None) -> OpenSite:
    own = part.get("zone")
    if own is None and zone is None:
        raise DocumentInvalid(
            part.path,
            Phrase(
                "give the site its zone, such as Asia/Shanghai.",
                "请填写项目的时区，例如 Asia/Shanghai。",
            ),
        )
    key = own if own is not None else str(zone)
    site = OpenSite(
        site=part.text("id"), name=part.text("name"), zone=str(_zone(part, "zone", key))
    )
    part.finish()
    return site


def _times(part: Section) -> tuple[ZoneInfo | None, Times]:
    name = part.get("zone")
    zone = None if name is None else _zone(part, "zone", name)
    later = part.get("ambiguous", "earlier")
    if later not in ("earlier", "later"):
        raise DocumentInvalid(
            part.at("ambiguous"),
            Phrase(
                "an ambiguous time is taken earlier or later.", "ambiguous 应为 earlier 或 later。"
            ),
        )
    formats = _formats(part)
    part.finish()
    return zone, Times(formats, zone, later=later == "later")


def _formats(part: Section) -> tuple[str, ...]:
    formats = listed(part.get("formats", ISO))
    if not 1 <= len(formats) <= FORMATS:
        raise DocumentInvalid(
            part.at("formats"),
            Phrase(f"give 1 to {FORMATS} formats.", f"请给出 1 到 {FORMATS} 个格式。"),
        )
    for pattern in formats:
        if not (isinstance(pattern, str) and understood(pattern)):
            raise DocumentInvalid(
                part.at("formats"),
                Phrase(
                    f"{pattern!r} is not understood: a format is iso or such as %d/%m/%Y %H:%M.",
                    f"无法识别格式 {pattern!r}，格式为 iso 或类似 %d/%m/%Y %H:%M。",
                ),
            )
    return tuple(formats)


def _zone(part: Section, key: str, name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (KeyError, ValueError, OSError):
        raise DocumentInvalid(
            part.at(key), Phrase(f"there is no time zone {name!r}.", f"没有时区 {name!r}。")
        ) from None


def _case(top: Section, known: Kinds) -> Form:
    text = top.text("case")
    case = template(text, top.at("case"))
    if not case.columns:
        raise DocumentInvalid(
            top.at("case"),
            Phrase(
                "the case's number must name a column in braces.", "工单编号应引用花括号中的列。"
            ),
        )
    if text.partition("-")[0] not in known.cases:
        kinds = ", ".join(f"{kind}-" for kind in known.cases)
        raise DocumentInvalid(
            top.at("case"),
            Phrase(
                f"the case's number must begin with one of: {kinds}.",
                f"工单编号应以下列之一开头：{kinds}。",
            ),
        )
    return case


def _order(top: Section) -> tuple[str, ...]:
    columns = listed(top.get("order"))
    if not all(isinstance(column, str) for column in columns):
        raise DocumentInvalid(
            top.at("order"),
            Phrase("order names a column or a list of them.", "order 应为列名或其列表。"),
        )
    return tuple(columns)


def _dialect(part: Section) -> Dialect:
    missing = part.get("missing", "")
    delimiter, encoding = part.text("delimiter", ","), part.text("encoding", "utf-8")
    if len(delimiter) != 1 or delimiter in NO_DELIMITERS:
        raise DocumentInvalid(
            part.at("delimiter"),
            Phrase(
                "a delimiter is one character, neither a quote nor a line's end.",
                "分隔符应为一个字符，不能是引号或换行。",
            ),
        )
    if not is_charset(encoding):
        raise DocumentInvalid(
            part.at("encoding"),
            Phrase(
                f"there is no encoding {encoding!r}: write utf-8 or gb18030.",
                f"没有编码 {encoding!r}，请写 utf-8 或 gb18030。",
            ),
        )
    part.finish()
    return Dialect(
        delimiter=delimiter, encoding=encoding, missing=frozenset(str(m) for m in listed(missing))
    )


def _limited(top: Section, key: str, most: int, *, needed: bool = False) -> list[tuple[Any, Place]]:
    """What is written under a key that may list at most so many."""
    found = top.entries(key, needed=needed)
    if len(found) > most:
        raise DocumentInvalid(
            top.at(key),
            Phrase(
                f"{len(found)} {key} are listed: at most {most}.",
                f"{key} 列出了 {len(found)} 项，最多 {most} 项。",
            ),
        )
    return found


def _calendar(value: object, path: Place, folder: File) -> Dict[str, Any]:
    if isinstance(value, Dict):
        try:
            document = plain(value)
            calendar_from_document(document)
        except DocumentInvalid as fault:
            raise DocumentInvalid((*path, *fault.path), fault.sentence) from fault
        return document
    named = str(value)
    file = folder / named if "." in named else SHIPPED / f"{named}.json"
    if not _is_file(file):
        shipped = ", ".join(sorted(f.stem for f in SHIPPED.glob("*.json")))
        raise DocumentInvalid(
            path,
            Phrase(
                f"there is no calendar {named!r}: name a file, or one of the shipped: {shipped}.",
                f"没有日历 {named!r}，请指定文件，或自带的日历之一：{shipped}。",
            ),
        )
    return load_calendar(file)


def _is_file(file: File) -> bool:
    """Whether there is such a file; a name that no file can have names none."""
    try:
        return file.is_file()
    except (OSError, ValueError):
        return False


def _rulebook(top: Section, folder: File, kinds: Kinds) -> PublishRulebook | None:
    if top.get("rulebook") is None:
        return None
    file = folder / top.text("rulebook")
    if not _is_file(file):
        raise DocumentInvalid(
            top.at("rulebook"),
            Phrase(
                f"there is no rulebook {file.name!r} beside the mapping.",
                f"映射所在目录没有规则手册 {file.name!r}。",
            ),
        )
    return PublishRulebook(document=load_rulebook(file, kinds))
