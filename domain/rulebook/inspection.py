"""Finds what a rulebook says that can never hold: unknown names and impossible values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from domain.kernel.documents import DocumentInvalid, Path, Section, listed
from domain.kernel.kinds import Kind, Kinds, Value
from domain.kernel.refusals import Phrase
from domain.promises.rules import ClockRule, Trigger
from domain.rulebook.attributes import ALWAYS, Answers, attributes, has_labels, settable
from domain.rulebook.book import Rulebook
from domain.rulebook.names import At, Names
from domain.rulebook.vocabulary import SHOWN
from domain.rulebook.words import ALL, number

Faults = Iterator[DocumentInvalid]
ALIKE: Final = 0.75
"""How alike a name must be to one that was perhaps meant, from 0 to 1."""
TRIGGERS: Final = ("starts", "stops", "pauses", "resumes", "cancels")


def faults(
    document: Mapping[str, Any],
    book: Rulebook,
    *,
    kinds: Kinds,
    sites: Collection[str] | None = None,
) -> Faults:
    """Every fault of a rulebook that can be read, with the path to it.

    ``sites`` are those a condition may name; without them it may name any.
    """
    names, top = Names(book, kinds, sites), Section(document)
    for name, part in top.section("kinds").sections():
        declaring = list(kinds.cases.values()) if name == ALL else [kinds.cases[name]]
        for field, value in part.section("fields").value.items():
            yield from _declared(
                declaring, field, value, (*part.at("fields"), field), common=name == ALL
            )
    for name, part in top.section("clocks").sections():
        yield from _clock(names, book.clocks[name], part)


def unpublished(document: Mapping[str, Any], book: Rulebook, calendars: Collection[str]) -> Faults:
    """The calendars a rulebook counts on that are not among those given, each where it is used."""
    top = Section(document)
    for name, part in top.section("clocks").sections():
        for choice, (_, path) in zip(book.clocks[name].within, part.entries("within"), strict=True):
            calendar = getattr(choice.within, "calendar", None)
            if calendar is not None and calendar not in calendars:
                yield _fault(
                    path,
                    f"the calendar {calendar} is not published: publish it first.",
                    f"日历 {calendar} 尚未发布，请先发布。",
                )


def labels_asked(book: Rulebook, kinds: Kinds) -> set[str]:
    """The labels that conditions of a rulebook ask for."""
    names = Names(book, kinds, None)
    found = set()
    for rule in book.clocks.values():
        triggers = [
            (t.where, [t])
            for t in (*rule.starts, *rule.stops, *rule.pauses, *rule.resumes, *rule.cancels)
        ]
        choices = [(choice.where, rule.starts) for choice in rule.within]
        for where, at in [*triggers, *choices, (rule.where, rule.starts)]:
            for name, _ in where.wanted:
                if any(names.is_label(place, name) for place in names.at(rule, *at)):
                    found.add(name)
    return found


def _declared(
    kinds: Sequence[Kind], name: str, value: object, path: Path, *, common: bool
) -> Faults:
    """What is declared that no case can have."""
    given = [found for kind in kinds if (found := settable(kind).get(name)) is not None]
    if given:
        yield from _closed(name, given, value, path)
    elif name in ALWAYS or name == "kind" or any(name in attributes(kind) for kind in kinds):
        yield _fault(
            path,
            f"{name} follows from the facts of a case: it cannot be declared.",
            f"{name} 由工单的事实得出，不能声明。",
        )
    elif not common and not has_labels(kinds[0]):
        title, known = kinds[0].title, sorted(settable(kinds[0]))
        yield _fault(
            path,
            f"a {title} has no field {name!r}, and no labels; known: {', '.join(known)}.",
            f"{title.zh}没有字段 {name!r}，也没有标签；可用的字段：{'、'.join(known)}。",
        )


def _closed(name: str, given: Sequence[Answers], value: object, path: Path) -> Faults:
    """Values declared for a field that the kind has itself."""
    answers = given[0]
    if answers.type in {None, bool} or not isinstance(value, Mapping | list | tuple):
        yield _fault(
            path,
            f"{name} is {answers.what} already: leave it out"
            f"{'' if answers.type in {None, bool} else ', or list its values'}.",
            f"{name} 已是{answers.what.zh}，请删去"
            f"{'' if answers.type in {None, bool} else '，或列出它的取值'}。",
        )
        return
    for item in value:
        declared = number(item) if answers.type is int else item
        if not any(known.possible(declared) for known in given):
            yield _impossible(name, declared, given, (*path, item))


def _clock(names: Names, rule: ClockRule, part: Section) -> Faults:
    """What a clock says of cases or facts that no case can be."""
    for key, triggers in (("starts", rule.starts), ("stops", rule.stops)):
        yield from _happens(names, rule, triggers, part.at(key))
    starts = names.at(rule, *rule.starts)
    yield from _condition(names, part.get("where"), part.at("where"), starts)
    for key in TRIGGERS:
        for value, path in part.entries(key):
            if isinstance(value, Mapping):
                at = names.at(rule, Trigger(value["fact"]))
                yield from _condition(names, value.get("where"), (*path, "where"), at)
    for value, path in part.entries("within"):
        if isinstance(value, Mapping):
            yield from _condition(names, value.get("where"), (*path, "where"), starts)
            for key in ("at", "before"):
                if key in value:
                    yield from _deadline(names, value[key], (*path, key), starts)


def _happens(names: Names, rule: ClockRule, triggers: Iterable[Trigger], path: Path) -> Faults:
    """Whether one of the facts can happen to every kind of case of the clock."""
    words = {trigger.word for trigger in triggers}
    for name in sorted(rule.kinds):
        if not words & names.words[name].keys():
            title = names.kinds[name].title
            yield _fault(
                path,
                f"none of these facts happens to a {title}: name one that does,"
                f" or leave {name} out of case.",
                f"{title.zh}不会发生这些事实，请写上会发生的事实，或从 case 中去掉 {name}。",
            )


def _condition(
    names: Names, written: Mapping[str, Any] | None, path: Path, places: Sequence[At]
) -> Faults:
    for name, values in (written or {}).items():
        found = [names.answers(at, name) for at in places]
        if None in found:
            yield _unknown(names, name, (*path, name), places[found.index(None)])
            continue
        known = [answers for answers in found if answers is not None]
        several = isinstance(values, list | tuple)
        for index, value in enumerate(listed(values)):
            if not any(answers.possible(value) for answers in known):
                place = (*path, name, index) if several else (*path, name)
                yield _impossible(name, value, known, place)


def _deadline(names: Names, field: str, path: Path, places: Iterable[At]) -> Faults:
    """Whether a deadline can be read from a field, whatever starts the clock."""
    for at in places:
        if not names.holds_a_date(at, field):
            title, known = at.kind.title, names.dates(at.kind)
            yield _fault(
                path,
                f"a {title} has no date {field!r}; known: {', '.join(known) or 'none'}.",
                f"{title.zh}没有日期 {field!r}；可用：{'、'.join(known) or '无'}。",
            )
            return


def _unknown(names: Names, name: str, path: Path, at: At) -> DocumentInvalid:
    title, word, known = at.kind.title, at.fact.word, names.comparable(at)
    close = get_close_matches(name, known, 1, ALIKE)
    return _fault(
        path,
        f"unknown attribute {name!r} of a {title} when it is {word}"
        f"{f' (did you mean {close[0]}?)' if close else ''}; known: {', '.join(known)};"
        " a label is declared under kinds.",
        f"{title.zh}在 {word} 时没有属性 {name!r}"
        f"{f'（是否应为 {close[0]}？）' if close else ''}；可用：{'、'.join(known)}；"
        "标签请在 kinds 中声明。",
    )


def _impossible(name: str, value: Value, answers: Sequence[Answers], path: Path) -> DocumentInvalid:
    """The fault of a value that no answer can be."""
    comparable = [known for known in answers if known.type is not None]
    if not comparable:
        what = answers[0].what
        return _fault(
            path,
            f"{name} is {what}, which a condition cannot compare.",
            f"{name} 是{what.zh}，不能用作条件。",
        )
    if not any(type(value) is known.type for known in comparable):
        return _mistyped(name, value, comparable[0], path)
    known = list(dict.fromkeys(str(v) for answer in comparable for v in answer.values or ()))
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return _fault(
        path,
        f"{name} is never {value!r}; known: {', '.join(known[:SHOWN]) or 'none'}{more}.",
        f"{name} 不会是 {value!r}；可用的值：{'、'.join(known[:SHOWN]) or '无'}"
        f"{f' 等 {len(known)} 个' if more else ''}。",
    )


def _mistyped(name: str, value: Value, answers: Answers, path: Path) -> DocumentInvalid:
    how = {
        str: Phrase(f"in quotes, {str(value)!r}", f"加引号：{str(value)!r}"),
        int: Phrase("as a number without quotes, such as 3", "不加引号的数字，例如 3"),
        bool: Phrase("as true or false", "true 或 false"),
    }[answers.type or str]
    return _fault(
        path,
        f"{name} is {answers.what}, never {value!r}: write it {how}.",
        f"{name} 是{answers.what.zh}，不会是 {value!r}，请写成{how.zh}。",
    )


def _fault(path: Path, english: str, chinese: str) -> DocumentInvalid:
    return DocumentInvalid(path, Phrase(english, chinese))
