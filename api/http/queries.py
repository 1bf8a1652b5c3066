"""For questions over HTTP. The views see everything first, so one reads what one wrote."""

from __future__ import annotations

from io import StringIO
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from api.csv_lines import figure_lines, write_csv
from api.engine import Engine
from api.http.problems import STATUS, Json
from api.parsing import read_period, read_time
from api.queries import cases, figures, health, promises
from store.errors import StoreFault

MOST = 1000
DEEPEST = 100_000

Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=0, le=DEEPEST)]


def query_routes(engine: Engine) -> APIRouter:
    """Every question, as GET."""
    router = APIRouter(default_response_class=Json)

    def settle(request: Request) -> None:
        see_everything(engine, request)

    settled = Depends(settle)
    router.include_router(_cases(engine), dependencies=[settled])
    router.include_router(_clocks(engine), dependencies=[settled])
    router.include_router(_figures(engine), dependencies=[settled])
    router.include_router(_state(engine))
    return router


def see_everything(engine: Engine, request: Request) -> None:
    """Let the views settle; where they could not in time, the answer's header will say so."""
    if not engine.settle():
        request.state.behind = engine.lag


def _cases(engine: Engine) -> APIRouter:
    router = APIRouter(tags=["cases"], default_response_class=Json)

    @router.get("/cases/{case}/history")
    def history(case: str, as_of: str | None = None) -> Response:
        """Every fact of a case; with `as_of`, what was known at that instant."""
        at = read_time(as_of.replace(" ", "+"), "as_of") if as_of else None
        return Json(cases.history(engine, case, at))

    @router.get("/cases/{case}/clocks")
    def clocks_of_case(case: str) -> Response:
        """Every run of every clock of a case."""
        return Json({"clocks": promises.runs(engine, case=case, limit=MOST)})

    @router.get("/cases/{case}/clocks/{clock}/{cycle}/explanation")
    def explanation(case: str, clock: str, cycle: int) -> Response:
        """How a deadline came about: stretches that sum to the target."""
        return Json(promises.explained(engine, case, clock, cycle))

    @router.get("/board")
    def board(site: str | None = None, limit: Limit = 50, offset: Offset = 0) -> Response:
        """Open work, worst first."""
        return Json(cases.board(engine, site=site, limit=limit, offset=offset))

    return router


def _clocks(engine: Engine) -> APIRouter:
    router = APIRouter(tags=["clocks"], default_response_class=Json)

    @router.get("/clocks")
    def clocks(
        clock: str | None = None,
        site: str | None = None,
        verdict: Annotated[list[str] | None, Query()] = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Response:
        """Runs of clocks by due instant: verdict=running is due next, verdict=lapsed is broken."""
        rows = promises.runs(
            engine, clock=clock, site=site, verdict=verdict or (), limit=limit, offset=offset
        )
        return Json({"counts": promises.counted(engine), "clocks": rows})

    @router.get("/escalations")
    def escalations(limit: Limit = 50) -> Response:
        """The newest rungs of promises still open."""
        return Json({"escalations": promises.raised(engine, limit)})

    return router


def _figures(engine: Engine) -> APIRouter:
    router = APIRouter(prefix="/kpis", tags=["kpis"], default_response_class=Json)

    @router.get("")
    def kpis() -> Response:
        """The names of all figures that can be asked for."""
        return Json({"kpis": figures.names(engine)})

    @router.get("/{name}")
    def kpi(name: str, wanted: Annotated[figures.Wanted, Depends(_wanted)]) -> Response:
        """A figure of the rulebook, or first-time-fix, satisfaction, on-time; with the rows behind.

        `by` is an attribute, a label, or day, week, month, quarter, half_year or year; `period` is
        2026-01, 2026-Q1, 2026, or a span 2026-01..2026-03.
        """
        return Json(figures.figure(engine, name.replace("-", "_"), wanted))

    @router.get("/{name}/csv")
    def kpi_as_csv(name: str, wanted: Annotated[figures.Wanted, Depends(_wanted)]) -> Response:
        """The same as CSV: the figure, or with `cases` the rows behind it."""
        answer = figures.figure(engine, name.replace("-", "_"), wanted)
        text = StringIO()
        write_csv(*figure_lines([answer], cases=wanted.cases), text)
        return Response(text.getvalue(), media_type="text/csv; charset=utf-8")

    return router


def _wanted(  # noqa: PLR0917 - query parameters
    by: str | None = None,
    period: str | None = None,
    site: str | None = None,
    cases: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    limit: Limit = 50,
    offset: Offset = 0,
) -> figures.Wanted:
    return figures.Wanted(
        by=by, period=read_period(period), site=site, cases=cases, limit=limit, offset=offset
    )


def _state(engine: Engine) -> APIRouter:
    router = APIRouter(tags=["state"], default_response_class=Json)

    @router.get("/rulebook")
    def rulebook() -> Response:
        """The rulebook in force."""
        return Json(health.rulebook(engine))

    @router.get("/calendars")
    def calendars() -> Response:
        """The newest publication of every calendar."""
        return Json({"calendars": health.calendars(engine)})

    @router.get("/health")
    def state() -> Response:
        """Positions, the views' lag, the scheduler's last look; 503 when something is wrong."""
        answer: dict[str, Any] = health.health(engine)
        fine = answer["status"] == "ok"
        return Json(answer, status_code=200 if fine else STATUS[StoreFault])

    return router
