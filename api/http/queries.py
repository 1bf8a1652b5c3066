"""Answers questions over HTTP. The views see everything first, so one reads what one wrote."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from io import StringIO
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from api.csv_lines import figure_lines, write_csv
from api.engine import Engine
from api.http.guard import BEHIND
from api.http.openapi import CSV, QUESTION, RESPONSES, Told, answered, refused
from api.http.parameters import only_known
from api.http.pool import Questions
from api.http.probe import Probe
from api.http.problems import STATUS, Json
from api.http.replays import Replay, answered_through, asked_through, takes_lens, with_lens
from api.http.schemas import FIGURE
from api.parsing import read_period
from api.queries import cases, compared, figures, health, promises, rulebooks
from api.queries.cases import Answer
from api.queries.promises import RunUnknown
from api.queries.rulebooks import NotComparable, RulesVersionUnknown
from api.view import View
from domain.kernel.refusals import CommandInvalid, UnknownCase, WithoutZone
from domain.kinds.rules.decisions import CalendarUnknown
from domain.promises import Verdict
from store.errors import StoreFault

MOST: Final = 1000
DEEPEST: Final = 100_000

Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=0, le=DEEPEST)]
LENS: Final = (CommandInvalid, WithoutZone, RulesVersionUnknown, CalendarUnknown)
"""Why a lens may be refused."""
Verdicts = Annotated[list[Verdict] | None, Query()]


class Asking:
    """Adds routes whose functions run among the questions and return plain data."""

    def __init__(
        self, router: APIRouter, engine: Engine, questions: Questions, replays: Questions
    ) -> None:
        """Answer from an engine, in the threads of `questions`, through a lens in `replays`."""
        self._router = router
        self._engine = engine
        self._questions = questions
        self._replays = replays

    def get(
        self, path: str, model: str, *refusals: Told, settled: bool = True
    ) -> Callable[[Callable[..., Any]], None]:
        """A question and the name of its answer's type; it may be refused for further reasons.

        A question that takes a view, or a replay, can be asked through a lens.
        """

        def add(question: Callable[..., Any]) -> None:
            headers = {BEHIND: "How many facts the answer has not seen."} if settled else None
            lensed = takes_lens(question)
            self._router.add_api_route(
                path,
                self._lensed(question) if lensed else self._pooled(question, settled=settled),
                methods=["GET"],
                summary=(question.__doc__ or "").strip().splitlines()[0],
                operation_id=question.__name__,
                response_class=Json,
                openapi_extra={
                    RESPONSES: {
                        "200": answered("The answer.", model, headers),
                        **refused(QUESTION, *refusals, *(LENS if lensed else ())),
                    }
                },
            )

        return add

    def _lensed(self, question: Callable[..., Any]) -> Callable[..., Any]:
        """The same for a question that is asked of the live tables or through a lens."""

        async def route(_request: Request, **asked: Any) -> Response:  # noqa: ANN401 - parameters
            lens = asked_through(asked)

            def work() -> Response:
                see_everything(self._engine, _request)
                found = answered_through(self._engine, lens, question, asked)
                return found if isinstance(found, Response) else Json(found)

            return await (self._questions if lens.live else self._replays).answer(work)

        _sign(route, with_lens(question))
        return route

    def _pooled(self, question: Callable[..., Any], *, settled: bool) -> Callable[..., Any]:
        """The question as a route's function: its parameters, and the request for ourselves."""

        @wraps(question)
        async def route(_request: Request, **asked: Any) -> Response:  # noqa: ANN401 - parameters
            def work() -> Response:
                if settled:
                    see_everything(self._engine, _request)
                found = question(**asked)
                return found if isinstance(found, Response) else Json(found)

            return await self._questions.answer(work)

        _sign(route, inspect.signature(question, eval_str=True).parameters.values())
        return route


def _sign(route: Callable[..., Any], parameters: Iterable[inspect.Parameter]) -> None:
    """Let a route have the parameters of its question, and the request for ourselves."""
    own = inspect.Parameter("_request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    named = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    route.__signature__ = inspect.Signature([*named, own])  # type: ignore[attr-defined]


def query_routes(engine: Engine, questions: Questions, replays: Questions) -> APIRouter:
    """Every question, as GET."""
    router = APIRouter(dependencies=[Depends(only_known)])
    for tag, add in {"cases": _cases, "clocks": _clocks, "kpis": _figures, "state": _rules}.items():
        part = APIRouter(tags=[tag])
        add(Asking(part, engine, questions, replays), engine)
        router.include_router(part)
    router.include_router(_health(engine))
    return router


def see_everything(engine: Engine, request: Request) -> None:
    """Let the views settle; where they could not in time, the answer's header will say so."""
    if not engine.settle():
        request.state.behind = engine.lag


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
        """Reads log, views and scheduler; 503 when anything is wrong."""
        found = await apart.answer(probe.look)
        return Json(found, status_code=200 if found["status"] == "ok" else STATUS[StoreFault])

    return router
