"""The clocks of a rulebook, read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from domain.kernel.documents import DocumentInvalid, Path, Section, duration, unknown, whole
from domain.kernel.kinds import Kinds
from domain.kernel.refusals import Phrase
from domain.promises.roles import Role
from domain.promises.rules import Choice, ClockRule, Rung, Trigger
from domain.rulebook.conditions import condition
from domain.rulebook.moments import MomentReader, check_order
from domain.rulebook.within import FORMS
from domain.working_time import Elapsed, Within

_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


class ClockReader:
    """Reads one clock with what it may refer to at hand."""

    def __init__(
        self,
        kinds: Kinds,
        roles: Mapping[str, Role],
        default_calendar: str | None,
    ) -> None:
        self.kinds = kinds
        self.roles = roles
        self.default_calendar = default_calendar
        self.known: frozenset[str] = frozenset()

    def read(self, name: str, part: Section) -> ClockRule:
        if not _NAME.fullmatch(name):
            raise DocumentInvalid(
                part.path,
                Phrase(
                    "a clock's name is lower case words joined by dots or underscores.",
                    "时钟名应为小写单词，以点或下划线连接。",
                ),
            )
        kinds = read_kinds(part, self.kinds)
        self.known = frozenset().union(*(self.kinds.words[kind] for kind in kinds))
        within = self._choices(part)
        targets = [choice.within for choice in within]
        named = (getattr(target, "calendar", None) for target in targets)
        moments = MomentReader(filter(None, named), self.default_calendar)
        rule = ClockRule(
            name=name,
            title=part.text("title", ""),
            kinds=kinds,
            where=condition(part.get("where"), part.at("where")),
            starts=self._triggers(part, "starts", needed=True),
            stops=self._triggers(part, "stops", needed=True),
            pauses=self._triggers(part, "pauses"),
            resumes=self._triggers(part, "resumes"),
            cancels=self._triggers(part, "cancels"),
            within=within,
            warnings=tuple(
                moments.warning(value, path) for value, path in part.entries("warnings")
            ),
            ladder=self._ladder(part, moments, targets),
            obligations=tuple(whole(n, path) for n, path in part.entries("obligations")),
        )
        if bool(rule.pauses) != bool(rule.resumes):
            raise DocumentInvalid(
                part.path,
                Phrase(
                    "pauses and resumes go together: name both or neither.",
                    "pauses 与 resumes 必须同时填写或都不填写。",
                ),
            )
        part.finish()
        return rule

    def _triggers(self, part: Section, key: str, *, needed: bool = False) -> tuple[Trigger, ...]:
        written = part.entries(key, needed=needed)
        return tuple(self._trigger(value, path) for value, path in written)

    def _trigger(self, value: object, path: Path) -> Trigger:
        if isinstance(value, str):
            return Trigger(self._word(value, path))
        part = Section(value, path)
        trigger = Trigger(
            self._word(part.text("fact"), part.at("fact")),
            condition(part.get("where"), part.at("where")),
        )
        part.finish()
        return trigger

    def _word(self, word: object, path: Path) -> str:
        if not isinstance(word, str) or word not in self.known:
            raise DocumentInvalid(path, unknown("fact", word, self.known))
        return word

    def _choices(self, part: Section) -> tuple[Choice, ...]:
        written = part.entries("within", needed=True)
        return tuple(self._choice(value, path) for value, path in written)

    def _choice(self, value: object, path: Path) -> Choice:
        if isinstance(value, str):
            return Choice(Elapsed(target=duration(value, path)))
        part = Section(value, path)
        where = condition(part.get("where"), part.at("where"))
        found = [form for form in FORMS if form in part]
        if "before" in found and "days" in found:  # which counts in days of its own
            found.remove("days")
        if len(found) != 1:
            raise DocumentInvalid(
                path,
                Phrase(
                    f"say exactly one of: {', '.join(FORMS)}.",
                    f"请写且只写一项：{'、'.join(FORMS)}。",
                ),
            )
        within = FORMS[found[0]](part, self.default_calendar)
        part.finish()
        return Choice(within, where)

    def _ladder(
        self, part: Section, moments: MomentReader, targets: Sequence[Within]
    ) -> tuple[Rung, ...]:
        written = part.entries("ladder")
        ladder = tuple(
            self._rung(number, Section(value, path), moments)
            for number, (value, path) in enumerate(written, start=1)
        )
        check_order(ladder, [path for _, path in written], targets)
        return ladder

    def _rung(self, number: int, step: Section, moments: MomentReader) -> Rung:
        to, wait = step.text("to"), step.get("acknowledge")
        if to not in self.roles:
            raise DocumentInvalid(step.at("to"), unknown("role", to, self.roles))
        rung = Rung(
            number=number,
            at=moments.read(step.need("at"), step.at("at")),
            to=to,
            unless=frozenset(self._word(word, path) for word, path in step.entries("unless")),
            acknowledge=None if wait is None else duration(wait, step.at("acknowledge")),
        )
        step.finish()
        return rung


def read_kinds(part: Section, known: Kinds, *, needed: bool = True) -> frozenset[str]:
    written = part.entries("case", needed=needed)
    for kind, path in written:
        if not isinstance(kind, str) or kind not in known.cases:
            raise DocumentInvalid(path, unknown("case", kind, known.cases))
    return frozenset(kind for kind, _ in written)
