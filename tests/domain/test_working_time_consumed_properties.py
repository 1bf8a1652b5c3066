"""Properties of how much of a promise is used, and oracles that count the minutes."""

from __future__ import annotations

from datetime import time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from domain.working_time import (
    BusinessDays,
    Working,
    WorkingDays,
    consumed,
    due,
)
from tests.support.working_time import (
    CIVIL_FORMS,
    RUNNING_FORMS,
    SHANGHAI,
    STARTS,
    ZONES,
    at,
    calendars,
    cases,
    office,
)

HOUR = timedelta(hours=1)
NOTHING = timedelta(0)
AFTERWARDS = st.timedeltas(timedelta(days=-2), timedelta(days=60))


@given(cases())
def test_at_the_due_instant_exactly_the_target_is_used(case):
    """In its own unit, whatever the form, the zone and the pauses; and nothing is late."""
    within = case["within"]
    spent, late = consumed(**case, until=due(**case).at)
    if hasattr(within, "target"):
        assert spent == within.target
    elif hasattr(within, "field"):
        assert spent == max(due(**case).at - case["start"], NOTHING)
    else:
        assert spent == getattr(within, "months", None) or within.days
    assert late == spent * 0


@given(cases(), AFTERWARDS, AFTERWARDS)
def test_what_is_used_never_falls_and_the_rest_of_it_is_late(case, one, other):
    """Later instants use no less; beyond the target all is late, before it nothing."""
    first, second = (case["start"] + after for after in sorted((one, other)))
    earlier, later = consumed(**case, until=first), consumed(**case, until=second)
    assert earlier.used * 0 <= earlier.used <= later.used
    assert earlier.late <= later.late
    at_due = consumed(**case, until=due(**case).at).used
    for until, (spent, late) in ((first, earlier), (second, later)):
        assert late == max(spent - at_due, at_due * 0)
        assert not late or until > due(**case).at


@given(cases(RUNNING_FORMS | CIVIL_FORMS), AFTERWARDS)
def test_a_pause_uses_nothing_and_changes_nothing_before_it(case, after):
    """What was used when a pause began is still used when it ends."""
    begin = case["start"] + after
    end = begin + timedelta(hours=7)
    paused = case | {"pauses": [*case["pauses"], (begin, end)]}
    before = consumed(**case, until=begin)
    assert consumed(**paused, until=begin) == consumed(**paused, until=end) == before


def minutes(begin, end):
    """Every whole minute from one instant to another, as local datetimes."""
    for number in range(int((end - begin) / timedelta(minutes=1))):
        yield (begin + timedelta(minutes=number)).astimezone(SHANGHAI)


def is_paused(minute, pauses):
    return any(begin <= minute < end for begin, end, *_ in pauses)


def whole_minute(instant):
    return instant.replace(second=0, microsecond=0)


PAUSES = st.lists(
    st.tuples(st.integers(-600, 3000), st.integers(0, 1200)),
    max_size=4,
)


def laid_from(start, drawn):
    minute = timedelta(minutes=1)
    return [(start + begin * minute, start + (begin + long) * minute) for begin, long in drawn]


@given(STARTS, st.integers(0, 3000), calendars(), PAUSES)
def test_used_working_time_agrees_with_counting_minutes(start, length, calendar, drawn):
    """Where clocks do not change: the minutes that are worked and not paused, one by one."""
    start = whole_minute(start)
    until, pauses = start + timedelta(minutes=length), laid_from(start, drawn)
    within = Working(target=HOUR, calendar="any")
    found = consumed(
        within, start=start, until=until, zone=SHANGHAI, calendar=calendar, pauses=pauses
    )
    counted = sum(
        any(
            window.opens <= minute.time() and (minute.time() < window.closes or not_closing)
            for window in calendar.windows(minute.date())
            for not_closing in [window.closes == time(0)]
        )
        for minute in minutes(start, until)
        if not is_paused(minute, pauses)
    )
    assert found.used == timedelta(minutes=counted)


@given(STARTS, st.integers(0, 20_000), calendars(), PAUSES)
def test_used_business_days_agree_with_counting_minutes_between_clock_times(
    start, length, calendar, drawn
):
    """The share of unpaused minutes on the two worked days between clock times, day after day."""
    start = whole_minute(start)
    until, pauses = start + timedelta(minutes=length), laid_from(start, drawn)
    within = BusinessDays(days=1, calendar="any")
    found = consumed(
        within, start=start, until=until, zone=SHANGHAI, calendar=calendar, pauses=pauses
    )
    local = start.astimezone(SHANGHAI)
    while not calendar.works(local.date()):
        local += timedelta(days=1)
    total = Fraction(0)
    while local < until:
        following = local + timedelta(days=1)
        while not calendar.works(following.date()):
            following += timedelta(days=1)
        covered = any(begin <= following <= end for begin, end in pauses if begin < end)
        if not covered:
            running = [
                minute
                for minute in minutes(local, following)
                if minute.date() in {local.date(), following.date()}
                and not is_paused(minute, pauses)
            ]
            passed = sum(minute < until for minute in running)
            if following <= until:
                total += 1
            elif running:
                total += Fraction(passed, len(running))
        local = following
    assert found.used == total


@given(st.sampled_from(ZONES), calendars(), STARTS, AFTERWARDS)
def test_working_days_without_pauses_are_used_as_with_one_that_touches_none(
    zone, calendar, start, span
):
    within, afterwards = WorkingDays(days=3, calendar="office"), start + timedelta(days=9000)
    asked = {"start": start, "until": start + span, "zone": zone, "calendar": calendar}
    elsewhere = [(afterwards, afterwards + HOUR)]
    assert consumed(within, **asked) == consumed(within, **asked, pauses=elsewhere)


def test_a_day_that_a_zone_skipped_is_no_working_day():
    """Samoa had no 30 December 2011."""
    apia, daily = ZoneInfo("Pacific/Apia"), office(weekdays=range(1, 8))
    within, start = WorkingDays(days=3, calendar="office"), at("2011-12-28 09:00", apia)
    for hours in range(24 * 5):
        asked = {"start": start, "until": start + hours * HOUR, "zone": apia, "calendar": daily}
        far = start + timedelta(days=9000)
        assert consumed(within, **asked) == consumed(within, **asked, pauses=[(far, far + HOUR)])
