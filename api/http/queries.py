"""Answers questions over HTTP. The row sets see everything first, so one reads what one wrote."""

from __future__ import annotations

from io import StringIO
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from api.csv_lines import figure_lines, write_csv
from api.engine import Engine
from api.http.asking import Asking
from api.http.openapi import CSV, QUESTION, RESPONSES, answered, refused
from api.http.parameters import only_known
from api.http.pool import Questions
from api.http.probe import Probe
from api.http.problems import STATUS, Json
from api.http.replays import Replay
from api.http.schemas import FIGURE
from api.parsing import read_period
from api.queries import cases, compared, figures, health, promises, rulebooks
from api.queries.cases import Answer
from api.queries.promises import RunUnknown
from api.queries.rulebooks import NotComparable, RulesVersionUnknown
from api.view import View
from domain.kernel.refusals import UnknownCase
from domain.promises import Verdict
from store.errors import StoreFault

MOST: Final = 1000
DEEPEST: Final = 100_000

Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=0, le=DEEPEST)]
Verdicts = Annotated[list[Verdict] | None, Query()]


def query_routes(
    engine: Engine, questions: Questions, replays: Questions, body_limit: int
) -> APIRouter:
    """Every question, as GET, and as POST where drafts may judge."""
    router = APIRouter(dependencies=[Depends(only_known)])
    for tag, add in {"cases": _cases, "clocks": _clocks, "kpis": _figures, "state": _rules}.items():
        part = APIRouter(tags=[tag])
        add(Asking(part, engine, questions, replays, body_limit), engine)
        router.include_router(part)
    router.include_router(_health(engine))
    return router


def _cases(ask: Asking, _: Engine) -> None:
    @ask.get("/cases/{case}/history", "CaseHistory", UnknownCase)
    def case_history(view: View, case: str) -> Answer:
        """Every fact of a case; with `as_of`, what was known at that instant."""
        return cases.history(view, case)

    @ask.get("/cases/{case}/clocks", "CaseClocks", UnknownCase)
    def case_clocks(view: View, case: str) -> Answer:
        """Every run of every clock of a case."""
        return {"clocks": promises.runs(view, case=case, limit=MOST)}

    @ask.get(
        "/cases/{case}/clocks/{clock}/{cycle}/explanation", "Explanation", UnknownCase, RunUnknown
    )
    def clock_explanation(view: View, case: str, clock: str, cycle: int) -> Answer:
        """How a deadline came about: stretches that sum to the target."""
        return promises.explained(view, case, clock, cycle)

    @ask.get("/board", "Board")
    def board(view: View, site: str | None = None, limit: Limit = 50, offset: Offset = 0) -> Answer:
        """Open work, worst first."""
        return cases.board(view, site=site, limit=limit, offset=offset)


def _clocks(ask: Asking, engine: Engine) -> None:
    @ask.get("/clocks", "ClockRuns")
    def clocks(
        view: View,
        *,
        clock: str | None = None,
        site: str | None = None,
        verdict: Verdicts = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Answer:
        """Runs of clocks by due instant: verdict=running is due next, verdict=lapsed is broken."""
        rows = promises.runs(
            view, clock=clock, site=site, verdict=verdict or (), limit=limit, offset=offset
        )
        return {"counts": promises.counted(view), "clocks": rows}

    @ask.get("/escalations", "Escalations")
    def escalations(limit: Limit = 50) -> Answer:
        """The newest rungs of promises still open."""
        return {"escalations": promises.raised(engine, limit)}


def _figures(ask: Asking, engine: Engine) -> None:
    @ask.get("/compare", "RulesCompared")
    def compare(
        replay: Replay, *, period: str | None = None, site: str | None = None, limit: Limit = 20
    ) -> Answer:
        """What other rules (as_if) would have judged otherwise: runs, rungs, figures."""
        return compared.compare(
            engine, replay.lens, period=read_period(period), site=site, limit=limit,
            progress=replay.in_time,
        )  # fmt: skip

    @ask.get("/kpis", "KpiNames")
    def kpis() -> Answer:
        """The names of all figures that can be asked for."""
        return {"kpis": figures.names(engine)}

    @ask.get("/kpis/{name}", FIGURE)
    def kpi(
        view: View,
        name: str,
        *,
        by: str | None = None,
        period: str | None = None,
        site: str | None = None,
        cases: bool = False,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Answer:
        """A figure of the rulebook, or first-time-fix, satisfaction, on-time; with its cases."""
        return figure(view, name, figures.Wanted(
            by=by, period=read_period(period), site=site, cases=cases, limit=limit, offset=offset
        ))  # fmt: skip

    @ask.get("/kpis/{name}/csv", CSV)
    def kpi_csv(
        view: View,
        name: str,
        *,
        by: str | None = None,
        period: str | None = None,
        site: str | None = None,
        cases: bool = False,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Response:
        """The same as CSV: the figure, or with `cases` the rows behind it."""
        answer = figure(view, name, figures.Wanted(
            by=by, period=read_period(period), site=site, cases=cases, limit=limit, offset=offset
        ))  # fmt: skip
        text = StringIO()
        write_csv(*figure_lines([answer], cases=cases), text)
        return Response(text.getvalue(), media_type="text/csv; charset=utf-8")

    def figure(view: View, name: str, wanted: figures.Wanted) -> Answer:
        return figures.figure(view, name.replace("-", "_"), wanted)


def _rules(ask: Asking, engine: Engine) -> None:
    @ask.get("/rulebook", "RulebookInForce", settled=False)
    def rulebook() -> Answer:
        """The rulebook in force."""
        return health.rulebook(engine)

    @ask.get("/rulebooks", "Publications", settled=False)
    def publications() -> Answer:
        """Every publication of a rulebook or a calendar, oldest first."""
        return {"publications": rulebooks.publications(engine)}

    @ask.get("/rulebooks/{version}", "PublicationWhole", RulesVersionUnknown, settled=False)
    def publication(version: int) -> Answer:
        """A publication with its whole document."""
        return rulebooks.publication(engine, version)

    @ask.get(
        "/rulebooks/{version}/changes",
        "PublicationChanges",
        RulesVersionUnknown,
        NotComparable,
        settled=False,
    )
    def publication_changes(version: int, since: int | None = None) -> Answer:
        """What a publication changed: since another version, or since the one before it."""
        return rulebooks.changed(engine, version, since)

    @ask.get("/calendars", "Calendars", settled=False)
    def calendars() -> Answer:
        """The newest publication of every calendar."""
        return {"calendars": health.calendars(engine)}


def _health(engine: Engine) -> APIRouter:
    """The probe has a thread of its own: it answers when nothing else does."""
    router = APIRouter(tags=["state"])
    probe, apart = Probe(engine), Questions(threads=1, waiting=16)
    failing = str(STATUS[StoreFault])

    @router.get(
        "/health",
        operation_id="health",
        summary="Whether the service can do what it is for; 503 when anything is wrong.",
        response_class=Json,
        openapi_extra={
            RESPONSES: {
                **refused(QUESTION),
                "200": answered("All is well.", "Health"),
                failing: answered("Something is wrong.", "Health"),
            }
        },
    )
    async def state() -> Json:
        """Reads log, row sets and scheduler; 503 when anything is wrong."""
        found = await apart.answer(probe.look)
        return Json(found, status_code=200 if found["status"] == "ok" else STATUS[StoreFault])

    return router
