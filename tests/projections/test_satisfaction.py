"""How satisfied residents are: four levels, with everything that is no answer kept apart."""

from commands.cases import LeaveUnanswered, RateService
from commands.complaint import AcceptHandover, OfferHandover, ResolveComplaint
from commands.repair import AcceptRepair, CompleteRepair, DispatchRepair, ReopenRepair
from domain.kernel.facts import StaffId
from domain.kinds.aftercare import NonAnswer, Rating
from projections.satisfaction import WAITING, SatisfactionFigure, behind, figures
from tests.support.neighbourhood import Neighbourhood


def rate(place: Neighbourhood, case: str, rating: Rating) -> None:
    place.done(RateService(case=case, rating=rating))


def whole(place: Neighbourhood) -> SatisfactionFigure:
    (figure,) = figures(place.db)
    return figure


def test_no_service_done_gives_no_figure(place: Neighbourhood):
    place.repair()
    assert figures(place.db) == []


def test_each_level_is_counted_for_itself(place: Neighbourhood):
    for rating in (*Rating, Rating.SATISFIED):
        rate(place, place.repaired(), rating)
    figure = whole(place)
    assert figure.levels == {
        "very_satisfied": 1,
        "satisfied": 2,
        "neutral": 1,
        "dissatisfied": 1,
    }
    assert (figure.served, figure.answered, figure.satisfied) == (5, 5, 3 / 5)


def test_no_answer_is_never_counted_as_satisfied(place: Neighbourhood):
    rate(place, place.repaired(), Rating.SATISFIED)
    rate(place, place.repaired(), Rating.NEUTRAL)
    for reason in NonAnswer:
        place.done(LeaveUnanswered(case=place.repaired(), reason=reason))
    place.repaired()
    figure = whole(place)
    assert (figure.served, figure.answered, figure.unanswered, figure.waiting) == (6, 2, 3, 1)
    assert figure.satisfied == 1 / 2
    assert figure.answer_rate == 2 / 6


def test_where_nobody_answered_there_is_no_share_of_satisfied(place: Neighbourhood):
    place.done(LeaveUnanswered(case=place.repaired(), reason=NonAnswer.DECLINED))
    assert whole(place).satisfied is None
    assert whole(place).answer_rate == 0


def test_a_late_answer_takes_the_place_of_none(place: Neighbourhood):
    case = place.repaired()
    place.done(LeaveUnanswered(case=case, reason=NonAnswer.UNREACHABLE))
    rate(place, case, Rating.SATISFIED)
    assert (whole(place).unanswered, whole(place).answered) == (0, 1)


def test_dissatisfaction_stays_when_the_second_service_pleases(place: Neighbourhood):
    case = place.repaired()
    rate(place, case, Rating.DISSATISFIED)
    assert whole(place).served == 1  # the second service is not done yet
    place.done(CompleteRepair(case=case))
    rate(place, case, Rating.VERY_SATISFIED)
    first, second = figures(place.db, by="cycle")
    assert (first.group, first.levels["dissatisfied"]) == ("1", 1)
    assert (second.group, second.levels["very_satisfied"]) == ("2", 1)
    assert figures(place.db, cycle=1) == [first._replace(group=None)]
    assert whole(place).satisfied == 1 / 2


def test_every_reopening_asks_again(place: Neighbourhood):
    case = place.repaired()
    rate(place, case, Rating.NEUTRAL)
    place.done(ReopenRepair(case=case))
    place.done(CompleteRepair(case=case))
    assert behind(place.db, answer=WAITING) == [(case, 2)]
    assert behind(place.db, answer="neutral") == [(case, 1)]


def test_a_service_belongs_to_the_local_month_in_which_it_was_done(place: Neighbourhood):
    place.wait("25d6h59m59s")  # 31 May, a second before four in the afternoon
    place.wait("8h")  # a second before midnight in Shanghai, still May in UTC too
    may = place.repaired()
    place.wait("1s")  # 1 June in Shanghai, 31 May in UTC
    june = place.repaired()
    rate(place, may, Rating.SATISFIED)
    assert [(f.group, f.served) for f in figures(place.db, by="month")] == [
        ("2026-05", 1),
        ("2026-06", 1),
    ]
    assert figures(place.db, months=("2026-05", "2026-05"))[0].answered == 1
    assert behind(place.db, answer=WAITING, months=("2026-06", "2026-06")) == [(june, 1)]


def test_figures_split_by_steward_technician_building_category_kind_and_site(place: Neighbourhood):
    rate(
        place,
        place.repaired("wu", steward=StaffId("li"), building="b-1", category="water"),
        Rating.SATISFIED,
    )
    rate(
        place,
        place.repaired("hu", steward=StaffId("ma"), building="b-2", category="power"),
        Rating.DISSATISFIED,
    )
    rate(place, place.solved(building="b-2", receiver=StaffId("ma")), Rating.SATISFIED)

    def by(dimension: str) -> dict[str | None, tuple[int, int]]:
        found = figures(place.db, by=dimension)
        return {f.group: (f.levels["satisfied"], f.levels["dissatisfied"]) for f in found}

    assert by("steward") == {"li": (1, 0), "ma": (1, 1)}
    assert by("technician") == {None: (1, 0), "hu": (0, 1), "wu": (1, 0)}
    assert by("building") == {"b-1": (1, 0), "b-2": (1, 1)}
    assert by("category") == {"noise": (1, 0), "power": (0, 1), "water": (1, 0)}
    assert by("kind") == {"complaint": (1, 0), "repair": (1, 1)}
    assert by("site") == {"north": (2, 1)}
    (chosen,) = figures(place.db, chosen={"building": "b-2", "kind": "repair"})
    assert chosen.served == 1


def test_a_rating_belongs_to_the_technician_who_did_that_service(place: Neighbourhood):
    case = place.repaired("wu")
    rate(place, case, Rating.DISSATISFIED)
    place.done(DispatchRepair(case=case, technician=StaffId("hu")))
    place.done(CompleteRepair(case=case))
    rate(place, case, Rating.SATISFIED)
    found = {f.group: f.levels for f in figures(place.db, by="technician")}
    assert found["wu"]["dissatisfied"] == 1
    assert found["hu"]["satisfied"] == 1


def test_a_rating_belongs_to_the_steward_who_is_accountable_now(place: Neighbourhood):
    case = place.complaint(receiver=StaffId("li"))
    place.done(OfferHandover(case=case, to=StaffId("ma"), by=StaffId("li")))
    place.done(AcceptHandover(case=case, by=StaffId("ma")))
    place.done(ResolveComplaint(case=case, by=StaffId("ma")))
    assert {f.group: f.served for f in figures(place.db, by="steward")} == {"ma": 1}


def test_a_repair_nobody_visited_has_no_technician(place: Neighbourhood):
    case = place.repair()
    place.done(CompleteRepair(case=case))
    assert figures(place.db, by="technician")[0].group is None
    place.done(AcceptRepair(case=place.repair(), technician=StaffId("wu")))
    assert whole(place).served == 1
