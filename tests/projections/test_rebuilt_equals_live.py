"""However facts are delivered and whoever projects them, the rows are those of a rebuild."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from commands.cases import CloseCase, LeaveUnanswered, RateService
from commands.clocks import AcknowledgeEscalation, WaiveBreach
from commands.complaint import (
    AcceptHandover,
    OfferHandover,
    ReclassifyComplaint,
    ReplyToComplaint,
    ResolveComplaint,
)
from commands.messages import Message
from commands.registers import PublishCalendar, PublishRulebook
from commands.repair import (
    AcceptRepair,
    CompleteRepair,
    DispatchRepair,
    PauseRepair,
    RecordArrival,
    ReopenRepair,
    ResumeRepair,
)
from domain.kernel.facts import HouseholdId, StaffId
from domain.kernel.personal import Personal
from domain.kinds.aftercare import NonAnswer, Rating
from domain.kinds.repair.facts import PauseReason
from projections.row_sets import CaseProjector, row_sets
from store import case_loader
from store.open import open_log, open_views
from tests.support.neighbourhood import RULES, Neighbourhood, calendar
from tests.support.postgres import PostgresServer
from tests.support.scenario import REASON

STAFF = st.sampled_from([StaffId(name) for name in ("wu", "hu", "li", "ma")])
CASES = st.integers(0, 4)
WAITS = st.sampled_from(["20m", "1h", "6h", "1d", "9d", "120d"])


def asked(case: str) -> st.SearchStrategy[Message]:
    """Whatever may be asked of a case; much of it is refused."""
    commands = [
        st.builds(AcceptRepair, case=st.just(case), technician=STAFF),
        st.builds(DispatchRepair, case=st.just(case), technician=STAFF),
        st.builds(RecordArrival, case=st.just(case), technician=STAFF),
        st.builds(PauseRepair, case=st.just(case), reason=st.sampled_from(PauseReason)),
        st.builds(ResumeRepair, case=st.just(case)),
        st.builds(CompleteRepair, case=st.just(case)),
        st.builds(ReopenRepair, case=st.just(case)),
        st.builds(ReplyToComplaint, case=st.just(case), by=STAFF),
        st.builds(OfferHandover, case=st.just(case), to=STAFF, by=STAFF),
        st.builds(AcceptHandover, case=st.just(case), by=STAFF),
        st.builds(
            ReclassifyComplaint,
            case=st.just(case),
            by=STAFF,
            reason=st.just(Personal("seen")),
            level=st.integers(1, 3),
        ),
        st.builds(ResolveComplaint, case=st.just(case), by=STAFF),
        st.builds(RateService, case=st.just(case), rating=st.sampled_from(Rating)),
        st.builds(LeaveUnanswered, case=st.just(case), reason=st.sampled_from(NonAnswer)),
        st.builds(CloseCase, case=st.just(case), reason=st.just(Personal("enough"))),
        st.builds(
            AcknowledgeEscalation,
            case=st.just(case),
            clock=st.sampled_from(["reply", "accept", "complete"]),
            rung=st.just(1),
            by=STAFF,
        ),
        st.builds(
            WaiveBreach,
            case=st.just(case),
            clock=st.sampled_from(["reply", "accept", "complete"]),
            by=STAFF,
            reason=st.just(Personal("flood")),
        ),
    ]
    return st.one_of(commands)


class Projecting(RuleBasedStateMachine):
    """A command handler, and two processes that project its facts whenever they come to it."""

    address: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.store = self.stack.enter_context(type(self).address())  # type: ignore[call-arg]
        self.log = open_log(self.store)
        self.stack.callback(self.log.close)

    @initialize(pages=st.tuples(st.integers(1, 7), st.integers(1, 7)))
    def begin(self, pages: tuple[int, int]) -> None:
        self.pages = pages
        self.handler = Neighbourhood(self.log, None, calendar(2025), RULES)
        self.stack.callback(self.handler.projector.db.close)
        self.processes = [self.started(page) for page in pages]
        self.cases: list[str] = []
        self.years = [2025]

    def started(self, page: int) -> CaseProjector:
        db = open_views(self.store)
        self.stack.callback(db.close)
        return row_sets(self.log, db, page=page)

    @rule(household=st.integers(1, 2))
    def a_repair_is_reported(self, household: int) -> None:
        words = {"household": HouseholdId(f"h-{household}"), "external_id": f"{len(self.cases)}"}
        self.cases.append(self.handler.repair(**words))

    @rule()
    def a_complaint_is_lodged(self) -> None:
        self.cases.append(self.handler.complaint())

    @precondition(lambda self: self.cases)
    @rule(data=st.data(), number=CASES)
    def something_is_asked(self, data: st.DataObject, number: int) -> None:
        case = self.cases[number % len(self.cases)]
        self.handler.ask(data.draw(asked(case)))

    @rule(length=WAITS)
    def time_passes(self, length: str) -> None:
        self.handler.wait(length)

    @precondition(lambda self: self.cases)
    @rule(number=CASES)
    def the_engine_looks_at_a_case(self, number: int) -> None:
        self.handler.tick(self.cases[number % len(self.cases)])

    @rule()
    def the_next_year_is_published_late(self) -> None:
        year = self.years[-1] + 1
        off = {f"{year}-05-07": "放假", f"{year}-01-04": "元旦"}
        self.years.append(year)
        self.handler.done(PublishCalendar(document=calendar(year, days=off)))

    @rule(hours=st.integers(1, 40))
    def the_rules_change(self, hours: int) -> None:
        clocks = {**RULES["clocks"], "reply": {**RULES["clocks"]["reply"], "within": f"{hours}h"}}
        self.handler.done(PublishRulebook(document={**RULES, "clocks": clocks}, reason=REASON))

    @rule(which=st.integers(0, 1))
    def a_process_catches_up(self, which: int) -> None:
        self.processes[which].catch_up()

    @rule(which=st.integers(0, 1))
    def a_process_projects_one_page(self, which: int) -> None:
        self.processes[which]._step(None)

    @rule(which=st.integers(0, 1))
    def a_process_starts_again(self, which: int) -> None:
        self.processes[which] = self.started(self.pages[which])

    @rule(which=st.integers(0, 1), name=st.sampled_from(["clock_runs", "cases", "services"]))
    def a_view_is_rebuilt_while_facts_come(self, which: int, name: str) -> None:
        other = self.processes[1 - which]

        def meanwhile(_at: int, _until: int) -> None:
            self.handler.wait("1h")
            self.cases.append(self.handler.repair())
            other._step(None)

        self.processes[which].rebuild([name], progress=meanwhile)

    @precondition(lambda self: self.cases)
    @rule(which=st.integers(0, 1))
    def a_rebuild_gives_the_same_rows(self, which: int) -> None:
        views = self.processes[which]
        views.catch_up()
        live = {name: views.digest(name) for name in views.row_sets}
        views.rebuild()
        assert {name: views.digest(name) for name in views.row_sets} == live

    @invariant()
    def nobody_is_ahead_of_the_log(self) -> None:
        if hasattr(self, "processes"):
            assert self.processes[0].position() <= self.log.head()

    def teardown(self) -> None:
        if hasattr(self, "processes") and self.cases:
            self.a_rebuild_gives_the_same_rows(0)
        self.stack.close()


@pytest.fixture
def small_bulks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_loader, "BULK", 5)


def machine(address: Callable[[], object]) -> type[RuleBasedStateMachine]:
    return type("Machine", (Projecting,), {"address": staticmethod(address)})


def examples(count: int, steps: int) -> settings:
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@contextmanager
def beside_a_log() -> Iterator[str]:
    with TemporaryDirectory(prefix="guanjia-test-") as folder:
        yield str(Path(folder) / "guanjia.db")


@pytest.mark.usefixtures("small_bulks")
def test_rebuilt_equals_live_on_sqlite():
    run_state_machine_as_test(machine(beside_a_log), settings=examples(60, 40))


@pytest.mark.usefixtures("small_bulks")
def test_rebuilt_equals_live_on_postgres(postgres_server: PostgresServer):
    @contextmanager
    def new_database() -> Iterator[str]:
        yield postgres_server.new_database()

    run_state_machine_as_test(machine(new_database), settings=examples(5, 30))
