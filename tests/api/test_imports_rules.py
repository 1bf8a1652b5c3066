"""Which rules judge an import: it replaces none and runs without clocks only when it is told to."""

from __future__ import annotations

import pytest

from api.imports.backfill import backfill
from api.imports.mapping import load_mapping
from api.imports.rules import ClocksStart, NoClockStarts, RulesDiffer, RulesPolicy
from api.imports.steps import verbs
from api.imports.words import WORDS_OF
from api.parsing import read_message
from commands import ROUTES
from commands.envelope import CommandEnvelope
from commands.registers import OpenSite, PublishCalendar, PublishRulebook
from domain.kinds.rules.decisions import CalendarUnknown
from domain.kinds.site.decisions import ZoneFixed
from tests.support.old_repairs import DAY, MAPPING, RULEBOOK, h, log_of, office
from tests.support.scenario import REASON

CLOCK = {"case": "repair", "starts": "reported", "stops": "closed", "within": "1h"}
OTHER = {"rulebook": "other", "clocks": {"repair.other": CLOCK}}
WEEKDAYS = {"name": "weekdays", "hours": {"mon-fri": ["08:00-12:00"]}}


def ask(handler, *commands):
    """Let commands take effect before everything the import brings."""
    replies = handler.handle_all(
        [CommandEnvelope(message=c, occurred_at=DAY, recorded_at=DAY) for c in commands]
    )
    assert not any(isinstance(reply, Exception) for reply in replies)


def in_force(handler):
    with handler.unit_of_work() as unit:
        rules = unit.directory.rules
        return rules.rulebook(rules.version).name, rules.version


@pytest.fixture
def ruled():
    """A handler where another rulebook is in force."""
    handler = office()
    ask(handler, PublishRulebook(document=OTHER))
    return handler


def test_a_rulebook_in_force_is_not_replaced_unasked(old, ruled, tmp_path):
    """The sentence names both ways out; nothing is stored, the old rejects file stays."""
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("kept")
    with pytest.raises(RulesDiffer) as refused:
        backfill(*old(), ruled, rejects=rejects)
    for sentence in (refused.value.sentence, refused.value.sentence_zh):
        assert "--keep-rules" in sentence
        assert "--publish-rules" in sentence
    assert "rulebook" in refused.value.sentence
    assert "规则手册" in refused.value.sentence_zh
    assert (ruled.log.head(), rejects.read_text()) == (1, "kept")


def test_the_rules_in_force_judge_where_they_are_kept(old, ruled):
    """The mapping's calendar is published all the same: there was none of its name."""
    backfill(*old(), ruled, policy=RulesPolicy.KEEP)
    assert in_force(ruled) == ("other", 2)
    assert {r.fact.clock for r in log_of(ruled) if r.fact.word == "lapsed"} == {"repair.other"}


def test_the_mappings_rules_judge_where_they_are_published(old, ruled):
    """From the first row on, and again each time that they are asked for."""
    backfill(*old(), ruled, policy=RulesPolicy.PUBLISH)
    assert in_force(ruled) == ("old", 3)
    assert {r.fact.clock for r in log_of(ruled) if r.fact.word == "lapsed"} == {"repair.closed"}
    ask(ruled, PublishRulebook(document=OTHER, reason=REASON))
    with pytest.raises(RulesDiffer):
        backfill(*old(), ruled)
    again = backfill(*old(), ruled, policy=RulesPolicy.PUBLISH)
    assert (in_force(ruled), again.facts) == (("old", 5), 1)


@pytest.mark.parametrize("policy", RulesPolicy)
def test_where_no_clock_is_in_force_the_mappings_rulebook_takes_effect(old, policy):
    """On a fresh store and over a rulebook of roles alone; the same mapping again is quiet."""
    handler = office()
    ask(handler, PublishRulebook(document={"rulebook": "roles", "roles": {"manager": {}}}))
    backfill(*old(), handler, policy=policy)
    assert in_force(handler)[0] == "old"
    head = handler.log.head()
    assert backfill(*old(), handler, policy=policy).facts == 0
    assert handler.log.head() == head


def test_a_calendar_in_force_is_not_replaced_unasked(old):
    """Nor is it when it is kept."""
    handler = office()
    ask(handler, PublishCalendar(document=WEEKDAYS))
    with pytest.raises(RulesDiffer) as refused:
        backfill(*old(), handler)
    assert "calendar weekdays" in refused.value.sentence
    backfill(*old(), handler, policy=RulesPolicy.KEEP)
    with handler.unit_of_work() as unit:
        rules = unit.directory.rules
        assert rules.calendar_document("weekdays") == WEEKDAYS
        assert rules.rulebook(rules.version).name == "old"
    backfill(*old(), handler, policy=RulesPolicy.PUBLISH)
    with handler.unit_of_work() as unit:
        assert unit.directory.rules.calendar_versions("weekdays") == 2


def test_an_open_site_stays_as_it_is(old):
    """A mapping does not describe it anew; another zone is refused, and nothing is stored."""
    handler = office()
    ask(handler, OpenSite(site="garden", name="花园", zone="Asia/Shanghai", buildings=("1",)))
    backfill(*old(), handler)
    with handler.unit_of_work() as unit:
        assert unit.directory.sites["garden"].buildings == ("1",)
    abroad = office()
    ask(abroad, OpenSite(site="garden", name="花园", zone="Asia/Tokyo"))
    with pytest.raises(ZoneFixed):
        backfill(*old(), abroad)
    assert abroad.log.head() == 1


def test_publications_are_stored_all_or_none(old, tmp_path):
    """A rulebook that cannot be published leaves neither calendar nor site behind."""
    _, path = old()
    text = RULEBOOK.replace("within: 24h", "within: {working: 8h, calendar: cn}")
    (tmp_path / "rulebook.yaml").write_text(text, "utf-8")
    handler = office()
    with pytest.raises(CalendarUnknown):
        backfill(load_mapping(tmp_path / "mapping.yaml"), path, handler)
    assert handler.log.head() == 0


STARTLESS = {
    "no rulebook": None,
    "another kind": {**CLOCK, "case": "complaint", "starts": "lodged"},
    "a fact that no step records": {**CLOCK, "starts": "dispatched"},
    "a clock that no clock precedes": {**CLOCK, "starts": "lapsed"},
}


@pytest.mark.parametrize("clock", STARTLESS.values(), ids=STARTLESS)
def test_an_import_that_would_start_no_clock_asks_first(old, tmp_path, clock):
    """Refused with what to do; with the flag it is taken, again and again."""
    text = MAPPING if clock else MAPPING.replace("rulebook: rulebook.yaml\n", "")
    mapping, path = old()
    (tmp_path / "mapping.yaml").write_text(text, "utf-8")
    if clock:
        (tmp_path / "rulebook.yaml").write_text(
            f"rulebook: idle\nclocks:\n  a: {clock}\n".replace("'", ""), "utf-8"
        )
    mapping = load_mapping(tmp_path / "mapping.yaml")
    handler = office()
    with pytest.raises(NoClockStarts) as refused:
        backfill(mapping, path, handler)
    assert refused.value.code == ("NoClockStarts" if clock else "NoRulebook")
    assert "--without-clocks" in refused.value.sentence
    assert ("报修" if clock else "没有生效的规则手册") in refused.value.sentence_zh
    assert handler.log.head() == 0
    result = backfill(mapping, path, handler, without_clocks=True)
    assert (result.commands, result.clocks) == (10, 0)
    assert backfill(mapping, path, handler, without_clocks=True).facts == 0


def test_clocks_are_not_started_where_none_were_wanted(old):
    """Their lapses could never be taken back."""
    handler = office()
    with pytest.raises(ClocksStart, match="such as repair"):
        backfill(*old(), handler, without_clocks=True)
    assert handler.log.head() == 0


def test_a_fact_that_a_command_brings_along_counts_as_well(old, tmp_path):
    """Closing a repair that waits resumes it."""
    rulebook = {**CLOCK, "starts": "resumed"}
    old()
    (tmp_path / "rulebook.yaml").write_text(
        f"rulebook: r\nclocks:\n  a: {rulebook}\n".replace("'", "")
    )
    mapping = load_mapping(tmp_path / "mapping.yaml")
    assert backfill(mapping, tmp_path / "rows.csv", office()).commands == 10


REPAIR = {"case": "repair-1"}
COMPLAINT = {"case": "complaint-1"}
OPENED = {"site": "s", "household": "h", "category": "c"}
LIFE: list[tuple[str, dict]] = [
    ("ReportRepair", {**REPAIR, **OPENED}),
    ("RecordDue", REPAIR),
    ("AcknowledgeEscalation", {**REPAIR, "clock": "a", "rung": 1, "by": "m"}),
    ("WaiveBreach", {**REPAIR, "clock": "a", "by": "m", "reason": "x"}),
    ("DispatchRepair", {**REPAIR, "team": "t"}),
    ("AcceptRepair", {**REPAIR, "technician": "w"}),
    ("ReprioritiseRepair", {**REPAIR, "priority": 1, "by": "w", "reason": "x"}),
    ("RecordArrival", REPAIR),
    ("PauseRepair", {**REPAIR, "reason": "parts"}),
    ("ResumeRepair", REPAIR),
    ("PauseRepair", {**REPAIR, "reason": "parts"}),
    ("CompleteRepair", REPAIR),
    ("FollowUp", {**REPAIR, "by": "w"}),
    ("RateService", {**REPAIR, "rating": "dissatisfied"}),
    ("ContactResident", {**REPAIR, "by": "w"}),
    ("PauseRepair", {**REPAIR, "reason": "parts"}),
    ("CloseCase", {**REPAIR, "reason": "x"}),
    ("ReopenRepair", REPAIR),
    ("LodgeComplaint", {**COMPLAINT, **OPENED, "channel": "x", "receiver": "r"}),
    ("ReplyToComplaint", {**COMPLAINT, "by": "r"}),
    ("ProposeSolution", {**COMPLAINT, "by": "r"}),
    ("OfferHandover", {**COMPLAINT, "to": "w", "by": "r"}),
    ("AcceptHandover", {**COMPLAINT, "by": "w"}),
    ("ReclassifyComplaint", {**COMPLAINT, "by": "w", "reason": "x", "level": 3}),
    ("ConveneCrisisTeam", {**COMPLAINT, "leader": "w"}),
    ("ApproveStatement", {**COMPLAINT, "by": "w", "text": "x"}),
    ("ResolveComplaint", {**COMPLAINT, "by": "w"}),
    ("LeaveUnanswered", {**COMPLAINT, "reason": "declined"}),
    ("OpenSecondService", COMPLAINT),
    ("CloseCase", {**COMPLAINT, "reason": "x"}),
]  # fmt: skip
"""Every command at least once, so that each records all the facts that it can."""


def test_every_command_of_a_mapping_has_the_words_of_what_it_records():
    """The list is what the decisions do, no more and no less."""
    handler = office()
    ladder = {"ladder": [{"at": "100%", "to": "m"}]}
    book = {"rulebook": "x", "roles": {"m": {}}, "clocks": {"a": {**CLOCK, **ladder}}}
    ask(handler, OpenSite(site="s", name="s"), PublishRulebook(document=book))
    recorded: dict[str, set[str]] = {}
    for number, (name, fields) in enumerate(LIFE):
        command = read_message(ROUTES, name, fields)
        at = DAY + h(3 * (name == "RecordDue") + number / 60)
        with handler.unit_of_work() as unit:
            answered = unit.handle(CommandEnvelope(message=command, recorded_at=at))
            facts = unit.load(answered.stream).facts[-answered.facts :]
        recorded.setdefault(name, set()).update(one.fact.word for one in facts)
    assert recorded.pop("RecordDue") == {"lapsed", "escalated"}
    assert recorded == WORDS_OF
    assert set(WORDS_OF) == {command.__name__ for command in verbs(ROUTES).values()}
