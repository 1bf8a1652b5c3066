"""What sites, rulebooks and calendars say, and which version of them judges."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.kernel.context import Context
from domain.kernel.documents import DocumentInvalid
from domain.kernel.personal import Personal
from domain.kernel.refusals import ReasonRequired, TextRequired, UnknownTimeZone
from domain.kinds import KINDS
from domain.kinds.complaint.facts import ComplaintLodged, Nature
from domain.kinds.directory import Directory
from domain.kinds.rules import decisions as rules
from domain.kinds.rules.decisions import CalendarUnknown
from domain.kinds.rules.facts import CalendarPublished, RulebookPublished
from domain.kinds.site.decisions import ZoneFixed, open_site
from domain.kinds.site.facts import SiteOpened
from domain.rulebook.book import NOTHING
from tests.support.scenario import Case, after, book, registers, stored

LODGED = ComplaintLodged(
    channel="phone", household="h", category="noise", level=1, nature=Nature.GENERAL, receiver="li"
)
WORKING = {"within": {"working": "8h", "calendar": "office"}}


def around(directory: Directory) -> Context[Directory]:
    """What surrounds a decision about rules."""
    return Context(now=after("0s"), principal="li", site="", directory=directory)


def office(**words):
    return {"name": "office", "hours": {"mon-fri": ["09:00-17:00"]}, **words}


def test_a_fact_is_judged_by_the_version_it_was_recorded_under_also_after_the_next():
    one, two = book({"within": "24h"}), book({"within": "1h"})
    for known in [registers(one), registers(one, two)]:
        assert Case(known).happens(LODGED, rules=1).clock.due == after("24h")
    assert Case(registers(one, two)).happens(LODGED, rules=2).clock.due == after("1h")


def test_before_the_first_publication_nothing_is_promised():
    known = registers(office(), book({}))
    assert known.rules.rulebook(1) is NOTHING
    assert known.rules.rulebook(2).name == "test"
    assert Case(known).happens(LODGED, rules=1).clocks == []


def test_a_version_asked_for_early_is_right_after_its_publication():
    """What was remembered for a version does not outlive the next publication."""
    known = registers(book({"within": "24h"}))
    assert known.rules.rulebook(2).clocks["reply"].within[0].within.target.days == 1
    known.take("rules", 2, RulebookPublished(name="test", document=book({"within": "72h"})))
    assert known.rules.rulebook(2).clocks["reply"].within[0].within.target.days == 3


def test_the_calendar_of_a_version_is_not_replaced_by_a_later_one():
    known = registers(
        office(years=[2026]),
        book(WORKING),
        office(years=[2026], days={"2026-05-06": "停工"}),
    )
    assert Case(known).happens(LODGED, rules=2).clock.due == after("8h")  # Wednesday, 17:00
    assert Case(known).happens(LODGED, rules=3).clock.due == after("32h")


def test_years_a_calendar_does_not_speak_for_are_completed_from_the_first_later_one_that_does():
    new_year = datetime(2026, 12, 31, 1, tzinfo=UTC)  # nine in the morning, a Thursday
    within = {"within": {"working": "9h", "calendar": "office"}}
    short = [office(years=[2026]), book(within)]
    clock = Case(registers(*short)).happens(LODGED, new_year, rules=2).clock
    assert (clock.provisional, clock.due) == (True, datetime(2027, 1, 1, 2, tzinfo=UTC))
    longer = [
        *short,
        office(years=[2027], days={"2027-01-01": "元旦"}),
        office(years=[2027], days={"2027-01-01": "元旦", "2027-01-04": "更正"}),
    ]
    clock = Case(registers(*longer)).happens(LODGED, new_year, rules=2).clock
    assert (clock.provisional, clock.due) == (False, datetime(2027, 1, 4, 2, tzinfo=UTC))


def test_a_later_calendar_for_every_year_completes_them_all():
    known = registers(
        office(years=[2026], days={"2026-05-06": "停工"}),
        office(days={"2026-05-07": "不算", "2030-01-01": "元旦"}),
    )
    calendar = known.rules.calendar("office", 1)
    assert calendar.years is None
    assert set(calendar.days) == {date(2026, 5, 6), date(2030, 1, 1)}


def test_a_calendar_nobody_published_is_none():
    assert registers().rules.calendar("office", 1) is None


def test_a_site_that_was_not_opened_counts_in_utc():
    known = registers(zone="Asia/Tokyo")
    assert known.zone("north") == ZoneInfo("Asia/Tokyo")
    assert known.zone("nowhere") == ZoneInfo("UTC")


def test_publishing_a_rulebook_does_refuses_and_stays_quiet():
    document = book({})
    (published,) = rules.publish_rulebook(None, context=around(Directory(KINDS)), document=document)
    assert published == RulebookPublished(name="test", document=document)
    assert stored(published) == published
    known = registers(document)
    assert rules.publish_rulebook(None, context=around(known), document=document) == []
    with pytest.raises(DocumentInvalid):
        rules.publish_rulebook(None, context=around(known), document={})
    with pytest.raises(CalendarUnknown) as refused:
        rules.publish_rulebook(None, context=around(known), document=book(WORKING))
    assert refused.value.details == {"calendar": "office"}


def test_replacing_a_rulebook_needs_a_reason_which_belongs_to_whoever_publishes():
    one, two = book({"within": "24h"}), book({"within": "12h"})
    known = registers(one)
    for reason in (None, Personal(" ")):
        with pytest.raises(ReasonRequired) as refused:
            rules.publish_rulebook(None, context=around(known), document=two, reason=reason)
        assert refused.value.details["what"].zh == "替换生效的规则手册"
        assert (
            rules.publish_rulebook(None, context=around(known), document=one, reason=reason) == []
        )
    why = Personal("年度方案修订")
    (published,) = rules.publish_rulebook(None, context=around(known), document=two, reason=why)
    assert published.reason == Personal("年度方案修订", "li")
    assert stored(published) == published
    # what was never published, or had no clocks, is not replaced
    for before in ((), ({"rulebook": "empty"},)):
        assert rules.publish_rulebook(None, context=around(registers(*before)), document=two)


def test_a_calendar_may_say_why_and_needs_not():
    known = registers(office())
    changed = office(days={"2026-05-06": "停工"})
    (published,) = rules.publish_calendar(
        None, context=around(known), document=changed, reason=Personal("通知")
    )
    assert published.reason == Personal("通知", "li")
    assert stored(published) == published
    (published,) = rules.publish_calendar(None, context=around(known), document=changed)
    assert published.reason is None


def test_what_can_never_hold_is_refused_at_publishing_and_stays_readable_where_it_is_published():
    """A rulebook published by an earlier version of the program judges what it judged."""
    document = book({"where": {"chanel": "app"}})
    with pytest.raises(DocumentInvalid) as fault:
        rules.publish_rulebook(None, context=around(registers()), document=document)
    assert fault.value.path == ("clocks", "reply", "where", "chanel")
    known = registers(document)
    assert known.rules.in_force.clocks.keys() == {"reply"}
    assert Case(known).happens(LODGED).clocks == []


def test_a_condition_names_a_site_that_is_open():
    document = book({"where": {"site": "south"}})
    with pytest.raises(DocumentInvalid, match="site is never 'south'; known: north"):
        rules.publish_rulebook(None, context=around(registers()), document=document)
    known = registers()
    known.take("site-south", 1, SiteOpened(name="South", zone="Asia/Shanghai"))
    assert rules.publish_rulebook(None, context=around(known), document=document)


def test_what_yaml_made_of_dates_is_published_as_the_log_keeps_it():
    document = book({})
    document["roles"]["manager"] = {"holders": ({"staff": "ma", "since": date(2026, 1, 1)},)}
    (published,) = rules.publish_rulebook(None, context=around(Directory(KINDS)), document=document)
    assert stored(published) == published
    assert (
        rules.publish_rulebook(
            None, context=around(registers(published.document)), document=document
        )
        == []
    )


def test_publishing_a_calendar_counts_its_versions_by_name():
    known = registers(office(), {**office(), "name": "other"})
    changed = office(days={"2026-05-06": "停工"})
    (published,) = rules.publish_calendar(None, context=around(known), document=changed)
    assert published == CalendarPublished(name="office", version=2, document=changed)
    assert stored(published) == published
    assert rules.publish_calendar(None, context=around(known), document=office()) == []
    with pytest.raises(DocumentInvalid) as fault:
        rules.publish_calendar(None, context=around(known), document=office(hours={"someday": []}))
    assert fault.value.path == ("hours", "someday")


def test_opening_a_site_does_refuses_and_stays_quiet():
    opened = SiteOpened(name="North", zone="Asia/Shanghai", buildings=("1", "2"))
    words = {"name": "North", "zone": "Asia/Shanghai", "buildings": ("1", "2")}
    assert open_site(None, **words) == [opened]
    assert stored(opened) == opened
    assert open_site(opened, **words) == []
    with pytest.raises(TextRequired):
        open_site(None, name=" ", zone="Asia/Shanghai")
    for zone in ["Mars/Base", "", "../etc/passwd", "Asia"]:
        with pytest.raises(UnknownTimeZone):
            open_site(None, name="North", zone=zone)


def test_a_site_may_be_described_anew_but_keeps_its_zone():
    """Deadlines already judged in one zone must not be judged again in another."""
    opened = SiteOpened(name="North", zone="Asia/Shanghai", buildings=("1",))
    words = {"name": "North Court", "buildings": ("1", "2")}
    assert open_site(opened, zone="Asia/Shanghai", **words) == [
        SiteOpened(name="North Court", zone="Asia/Shanghai", buildings=("1", "2"))
    ]
    with pytest.raises(ZoneFixed) as refused:
        open_site(opened, zone="Asia/Tokyo", **words)
    assert refused.value.details == {"zone": "Asia/Shanghai"}
