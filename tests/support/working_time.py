"""Draws calendars, promises, starts and pauses at random, and builds them briefly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from domain.working_time import (
    NOTHING_GIVEN,
    At,
    Before,
    BusinessDays,
    Days,
    Elapsed,
    Given,
    Months,
    Pauses,
    Window,
    Within,
    Working,
    WorkingCalendar,
    WorkingDays,
    due,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
# Half an hour of summer time, a change at midnight, and a zone without one.
ZONES = (SHANGHAI, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Havana"))
FIRST, LAST = datetime(2024, 1, 1), datetime(2026, 12, 31)  # noqa: DTZ001  Hypothesis adds UTC


def hours(text: str) -> tuple[Window, ...]:
    """`08:30-12:00 14:00-24:00` as windows."""
    spans = (span.split("-") for span in text.split())
    return tuple(
        Window(
            opens=time.fromisoformat(opens),
            closes=time(0) if closes == "24:00" else time.fromisoformat(closes),
        )
        for opens, closes in spans
    )


def office(
    days: Mapping[date, tuple[bool, str]] | None = None,
    *,
    years: frozenset[int] | None = None,
    day: str = "08:30-12:00 14:00-17:30",
    weekdays: range = range(1, 6),
) -> WorkingCalendar:
    """A calendar of office hours from Monday to Friday, with these exceptions."""
    return WorkingCalendar(
        name="office",
        version=1,
        week=dict.fromkeys(weekdays, hours(day)),
        days=days or {},
        years=years,
        make_up=(),
    )


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A local instant such as `2026-09-30 16:00`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def falls_due(
    within: Within,
    start: str,
    *,
    zone: ZoneInfo = SHANGHAI,
    calendar: WorkingCalendar | None = None,
    pauses: Pauses = (),
    given: Given = NOTHING_GIVEN,
) -> datetime:
    """The instant at which a promise begun at a local instant is due."""
    begin = at(start, zone)
    return due(within, start=begin, zone=zone, calendar=calendar, pauses=pauses, given=given).at


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    """One to three spans of a day in order, at whole quarters of an hour, perhaps to midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=6)))
    clocks = [time(quarter % 96 // 4, quarter % 4 * 15) for quarter in edges]
    return tuple(
        Window(opens=opens, closes=closes)
        for opens, closes in list(pairwise(clocks))[:: draw(st.sampled_from([1, 2]))]
    )


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    """Any week with hours on some day, any exceptions, any years it speaks for."""
    week = draw(st.dictionaries(st.integers(1, 7), windows(), min_size=1))
    days = draw(
        st.dictionaries(
            st.dates(FIRST.date(), LAST.date()), st.tuples(st.booleans(), st.text()), max_size=40
        )
    )
    return WorkingCalendar(
        name=draw(st.text(min_size=1, max_size=5)),
        version=draw(st.integers(1, 9)),
        week=week,
        days=days,
        years=draw(st.none() | st.just(frozenset(range(2023, 2030)))),
        make_up=draw(st.just(()) | windows()),
    )


DURATIONS = st.timedeltas(timedelta(microseconds=1), timedelta(hours=60))
CLOCKS = st.times().map(lambda clock: clock.replace(fold=0))
RUNNING_FORMS = st.builds(Elapsed, target=DURATIONS) | st.builds(
    Working, target=DURATIONS, calendar=st.just("any")
)
COUNTING_FORMS = (
    st.builds(BusinessDays, days=st.integers(1, 12), calendar=st.just("any"))
    | st.builds(
        BusinessDays,
        days=st.integers(1, 12),
        calendar=st.just("any"),
        cutoff=CLOCKS,
        opens=st.none() | CLOCKS,
    )
    | st.builds(
        WorkingDays,
        days=st.integers(1, 12),
        calendar=st.just("any"),
        through_rest_days=st.booleans(),
    )
    | st.builds(
        WorkingDays, days=st.integers(1, 12), calendar=st.just("any"), until=st.just("close")
    )
)
CIVIL_FORMS = st.builds(Days, days=st.integers(1, 40)) | st.builds(
    Months, months=st.integers(1, 14)
)
DATED_FORMS = st.builds(Before, field=st.just("day"), days=st.integers(0, 40)) | st.builds(
    At, field=st.just("instant")
)
FORMS: st.SearchStrategy[Within] = RUNNING_FORMS | COUNTING_FORMS | CIVIL_FORMS | DATED_FORMS
STARTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
GIVEN = st.fixed_dictionaries(
    {"day": st.dates(FIRST.date(), LAST.date()) | STARTS, "instant": STARTS}
)


@st.composite
def cases(draw: st.DrawFn, forms: st.SearchStrategy[Within] = FORMS) -> dict[str, object]:
    """The arguments of `due`, `share` and `explain`, with up to four pauses near the start."""
    start = draw(STARTS)
    pauses = draw(
        st.lists(
            st.tuples(
                st.timedeltas(timedelta(days=-3), timedelta(days=25)),
                st.timedeltas(timedelta(0), timedelta(days=4)),
                st.sampled_from(["", "等配件", "住户不在"]),
            ),
            max_size=4,
        )
    )
    return {
        "within": draw(forms),
        "start": start,
        "zone": draw(st.sampled_from(ZONES)),
        "calendar": draw(calendars()),
        "pauses": [(start + after, start + after + long, why) for after, long, why in pauses],
        "given": draw(GIVEN),
    }
