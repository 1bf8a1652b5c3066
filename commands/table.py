"""For finding who answers a command: its stream and its decision, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from commands import verbs
from commands.ids import new_id
from commands.verbs import CaseCommand, Command
from domain import complaint, deadlines, registers, repair
from domain.cases import KINDS
from domain.escalation import CLOCK_FACTS
from domain.facts import Fact, Recorded, kind_of
from domain.refusals import CommandInvalid, Refusal, UnknownCase
from domain.registers import RULES_STREAM, SITE_KIND, Registers, SiteOpened

LONGEST_CASE = 120


class WrongKind(Refusal):
    """{case} is not a case that {verb} can be asked of: check the number and the verb."""

    zh = "不能对 {case} 执行 {verb}，请核对编号和操作。"


class Loaded:
    """A stream as loaded: its facts so far, and what they fold to, folded when first asked for."""

    __slots__ = ("_folded", "_kind", "_state", "facts", "stream")

    def __init__(self, stream: str) -> None:
        """Begin without facts."""
        self.stream = stream
        self.facts: list[Recorded] = []
        self._kind = KINDS.get(kind_of(stream))
        self._state: Any = None
        self._folded = 0

    @property
    def version(self) -> int:
        """The stream's version."""
        return len(self.facts)

    @property
    def site(self) -> str:
        """The site the case belongs to."""
        return self.facts[0].site if self.facts else ""

    @property
    def state(self) -> Any:  # noqa: ANN401 - each kind of stream folds to a type of its own
        """What the facts fold to: for a case its aggregate, for a register its last fact."""
        for recorded in self.facts[self._folded :]:
            if self._kind is None:
                self._state = recorded.fact
            elif type(recorded.fact) not in _CLOCK_FACTS:
                self._state = self._kind.evolve(self._state, recorded.fact)
        self._folded = len(self.facts)
        return self._state

    def take(self, recorded: Recorded) -> None:
        """Add one more fact."""
        self.facts.append(recorded)


_CLOCK_FACTS = frozenset(CLOCK_FACTS)

Decide = Callable[[Loaded, Registers, Mapping[str, Any], datetime], list[Fact]]


def _of_case(decision: Callable[..., Any]) -> Decide:
    return lambda loaded, _registers, words, _now: decision(loaded.state, **words)


def _of_clocks(decision: Callable[..., Any]) -> Decide:
    def decide(
        loaded: Loaded, known: Registers, words: Mapping[str, Any], _now: datetime
    ) -> list[Fact]:
        facts: list[Fact] = decision(_begun(loaded).facts, known, **words)
        return facts

    return decide


def _begun(loaded: Loaded) -> Loaded:
    if not loaded.facts:
        raise UnknownCase
    return loaded


def _fall_due(
    loaded: Loaded, known: Registers, _words: Mapping[str, Any], now: datetime
) -> list[Fact]:
    return [*deadlines.fall_due(_begun(loaded).facts, known, at=now)]


def _open_site(
    loaded: Loaded, _known: Registers, words: Mapping[str, Any], _now: datetime
) -> list[Fact]:
    site = loaded.state
    assert site is None or isinstance(site, SiteOpened)
    return registers.open_site(site, **words)


def _of_rules(decision: Callable[..., list[Fact]]) -> Decide:
    return lambda _loaded, known, words, _now: decision(known.rules, **words)


BEGINNINGS: Mapping[type[Command], str] = {
    verbs.LodgeComplaint: "complaint",
    verbs.ReportRepair: "repair",
}

_COMPLAINT: Mapping[type[Command], Callable[..., list[Any]]] = {
    verbs.LodgeComplaint: complaint.lodge,
    verbs.ReplyToComplaint: complaint.reply,
    verbs.ProposeSolution: complaint.propose_solution,
    verbs.OfferHandover: complaint.offer_handover,
    verbs.AcceptHandover: complaint.accept_handover,
    verbs.ReclassifyComplaint: complaint.reclassify,
    verbs.ConveneCrisisTeam: complaint.convene_crisis_team,
    verbs.ApproveStatement: complaint.approve_statement,
    verbs.ResolveComplaint: complaint.resolve,
    verbs.FollowUp: complaint.follow_up,
    verbs.RateService: complaint.rate,
    verbs.LeaveUnanswered: complaint.leave_unanswered,
    verbs.ContactResident: complaint.contact,
    verbs.OpenSecondService: complaint.open_second_service,
    verbs.CloseCase: complaint.close,
}
_REPAIR: Mapping[type[Command], Callable[..., list[Any]]] = {
    verbs.ReportRepair: repair.report,
    verbs.AcceptRepair: repair.accept,
    verbs.DispatchRepair: repair.dispatch,
    verbs.RecordArrival: repair.arrive,
    verbs.PauseRepair: repair.pause,
    verbs.ResumeRepair: repair.resume,
    verbs.CompleteRepair: repair.complete,
    verbs.ReopenRepair: repair.reopen,
    verbs.FollowUp: repair.follow_up,
    verbs.RateService: repair.rate,
    verbs.LeaveUnanswered: repair.leave_unanswered,
    verbs.ContactResident: repair.contact,
    verbs.OpenSecondService: repair.open_second_service,
    verbs.CloseCase: repair.close,
}
_CLOCKS: Mapping[type[Command], Decide] = {
    verbs.AcknowledgeEscalation: _of_clocks(deadlines.acknowledge),
    verbs.WaiveBreach: _of_clocks(deadlines.waive),
    verbs.RecordDue: _fall_due,
}

DECISIONS: Mapping[tuple[str, type[Command]], Decide] = {
    **{("complaint", verb): _of_case(decision) for verb, decision in _COMPLAINT.items()},
    **{("repair", verb): _of_case(decision) for verb, decision in _REPAIR.items()},
    **{(kind, verb): decide for kind in KINDS for verb, decide in _CLOCKS.items()},
    (SITE_KIND, verbs.OpenSite): _open_site,
    (RULES_STREAM, verbs.PublishRulebook): _of_rules(registers.publish_rulebook),
    (RULES_STREAM, verbs.PublishCalendar): _of_rules(registers.publish_calendar),
}

COMMANDS: Mapping[str, type[Command]] = {
    verb.__name__: verb for verb in dict.fromkeys(verb for _, verb in DECISIONS)
}

_ADDRESS = frozenset({"case", "site"})
_WORDS: Mapping[type[Command], tuple[str, ...]] = {
    verb: tuple(f.name for f in fields(verb) if f.name not in _ADDRESS)
    for verb in COMMANDS.values()
}


def stream_of(command: Command) -> str:
    """The stream a command is asked of; an opening command without a number gets a new one.

    Raises:
        CommandInvalid: the number is not one this kind of case can have.
    """
    kind = BEGINNINGS.get(type(command))
    if kind is not None:
        case: str = getattr(command, "case", None) or f"{kind}-{new_id()}"
        _check_case(case)
        return case
    if isinstance(command, CaseCommand):
        _check_case(command.case)
        return command.case
    if isinstance(command, verbs.OpenSite):
        _check_case(f"{SITE_KIND}-{command.site}")
        return f"{SITE_KIND}-{command.site}"
    return RULES_STREAM


@lru_cache(maxsize=4096)
def _check_case(case: str) -> None:
    kind, _, number = case.partition("-")
    plain = number.isascii() and number.isprintable() and not set(number) & set(" /?#%\\")
    if not (kind and number and plain and len(case) <= LONGEST_CASE):
        problem = f"{case[:LONGEST_CASE]!r} is not a number such as repair-2026-0001"
        raise CommandInvalid(problem=problem)


def decision_of(command: Command, stream: str) -> Decide:
    """The decision that answers a command asked of a stream.

    Raises:
        WrongKind: the stream is of a kind that does not know the verb.
    """
    try:
        return DECISIONS[kind_of(stream), type(command)]
    except KeyError:
        raise WrongKind(case=stream, verb=type(command).__name__) from None


def words_of(command: Command) -> dict[str, Any]:
    """The keyword arguments of the command's decision."""
    return {name: getattr(command, name) for name in _WORDS[type(command)]}
