"""Decides which rules judge an import, and never replaces those in force unasked."""

# ruff: noqa: D205 - a refusal's docstring is the sentence shown, however long it is

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from api.imports.mapping import Mapping
from api.imports.words import WORDS_OF
from commands.messages import Message
from commands.registers import PublishRulebook
from domain.kernel.documents import plain
from domain.kernel.kinds import Kinds
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase, Refusal
from domain.kinds.directory import Directory
from domain.kinds.rules.facts import RulebookPublished
from domain.kinds.rules.history import Rules
from domain.rulebook.book import Rulebook
from domain.rulebook.reader import read_rulebook


class RulesPolicy(StrEnum):
    """Whose rules judge where the mapping's differ from those in force; ASK refuses."""

    ASK = "ask"
    KEEP = "keep"
    PUBLISH = "publish"


class RulesDiffer(Refusal):
    """The mapping's {what} differs from the one in force: add --keep-rules to import under the
    rules in force, or --publish-rules to replace them by the mapping's.
    """

    zh = (
        "映射中的{what}与生效的不同：加 --keep-rules 沿用生效的规则，"
        "或加 --publish-rules 用映射中的规则替换。"
    )


class NoClockStarts(Refusal):
    """The rulebook {rulebook} starts no clock on anything that the mapping imports of a {kind}:
    name one that does in the mapping, or add --without-clocks to import without deadlines.
    """

    zh = (
        "规则手册 {rulebook} 不会为此映射导入的{kind}启动任何时钟："
        "请在映射中指定合适的规则手册，或加 --without-clocks 导入而不计时限。"
    )


class NoRulebook(NoClockStarts):
    """No rulebook with clocks is in force, and the mapping names none: name one in the mapping, or
    add --without-clocks to import without deadlines.
    """

    zh = (
        "没有生效的规则手册，映射中也未指定："
        "请在映射中指定规则手册，或加 --without-clocks 导入而不计时限。"
    )


class ClocksStart(Refusal):
    """The rulebook {rulebook} starts clocks on what the mapping imports, such as {clock}: leave out
    --without-clocks.
    """

    zh = "规则手册 {rulebook} 会为导入的内容启动时钟（例如 {clock}），请去掉 --without-clocks。"


def publications(
    mapping: Mapping, registers: Directory, policy: RulesPolicy, *, without_clocks: bool = False
) -> list[Message]:
    """What has to be published before the history: calendars, the site and the rulebook.

    What is in force already is left out, and so is what differs where the rules in force judge. A
    site that is open stays as it is.

    Raises:
        RulesDiffer: the mapping's rules differ from those in force, and nobody said which judge.
        NoClockStarts, ClocksStart: clocks start, or do not, against what was said.
    """
    rules = registers.rules
    differing = list(_differing(mapping, rules))
    if differing and policy is RulesPolicy.ASK:
        raise RulesDiffer(what=differing[0])
    kept = policy is RulesPolicy.KEEP
    found: list[Message] = []
    for calendar in mapping.calendars:
        name = str(calendar.document["name"])
        in_force = rules.calendar_document(name)
        if in_force is None or (in_force != plain(calendar.document) and not kept):
            found.append(calendar)
    site = registers.sites.get(mapping.site.site)
    if site is None or str(site.zone) != mapping.site.zone:  # the second is refused when asked
        found.append(mapping.site)
    book = rules.rulebook(rules.version)
    if mapping.rulebook is not None and not (kept and book.clocks):
        reason = Personal(f"import {mapping.source}")
        publish = replace(mapping.rulebook, reason=reason)
        found += [] if _says(rules, mapping.rulebook) else [publish]
        book = read_rulebook(mapping.rulebook.document, kinds=rules.kinds)
    _check_clocks(mapping, book, rules.kinds, without_clocks=without_clocks)
    return found


def _differing(mapping: Mapping, rules: Rules) -> Iterator[Phrase]:
    """The mapping's rulebook and calendars that would replace others."""
    book = mapping.rulebook
    if book is not None and rules.rulebook(rules.version).clocks and not _says(rules, book):
        yield Phrase("rulebook", "规则手册")
    for calendar in mapping.calendars:
        name = str(calendar.document["name"])
        if rules.calendar_document(name) not in (None, plain(calendar.document)):
            yield Phrase(f"calendar {name}", f"日历 {name} ")


def _says(rules: Rules, book: PublishRulebook) -> bool:
    document = plain(book.document)
    return rules.says(RulebookPublished(name=document["rulebook"], document=document))


def _check_clocks(mapping: Mapping, book: Rulebook, kinds: Kinds, *, without_clocks: bool) -> None:
    started = _started(mapping, book, kinds)
    if not book.clocks and not without_clocks:
        raise NoRulebook
    if not started and not without_clocks:
        raise NoClockStarts(rulebook=book.name, kind=kinds[mapping.kind].title)
    if started and without_clocks:
        raise ClocksStart(rulebook=book.name, clock=started[0])


def _started(mapping: Mapping, book: Rulebook, kinds: Kinds) -> Sequence[str]:
    """The clocks that a fact recorded by a step of the mapping can start."""
    commands = {step.command.__name__ for step in mapping.steps}
    any_word = kinds.words[mapping.kind]  # of a command that is not listed
    words = frozenset().union(*(WORDS_OF.get(command, any_word) for command in commands))
    by_word = book.starters.get(mapping.kind, {})
    return [starter.rule.name for word in sorted(words) for starter in by_word.get(word, ())]
