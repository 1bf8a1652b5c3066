"""Adds questions to a router: run among the questions, or as replays through a lens."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial, wraps
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from api.engine import Engine
from api.http import drafts
from api.http.guard import BEHIND
from api.http.openapi import QUESTION, RESPONSES, Told, answered, refused
from api.http.pool import Questions
from api.http.problems import BodyNotADocument, BodyTooLarge, DocumentRefused, Json
from api.http.replays import answered_through, asked_through, takes_lens, with_lens
from api.http.schemas import Schema
from api.queries.rulebooks import RulesVersionUnknown
from domain.kernel.refusals import CommandInvalid, WithoutZone
from domain.kinds.rules.decisions import CalendarUnknown
from store.time_limit import unlimited

LENS: Final = (CommandInvalid, WithoutZone, RulesVersionUnknown, CalendarUnknown)
"""Why a lens may be refused."""
DRAFTS: Final = (BodyNotADocument, BodyTooLarge, DocumentRefused)
"""Why drafts in a body may be."""


class Asking:
    """Adds routes whose functions run among the questions and return plain data."""

    def __init__(
        self, router: APIRouter, engine: Engine, questions: Questions, replays: Questions,
        body_limit: int,
    ) -> None:  # fmt: skip
        """Answer from an engine, in the threads of `questions`, through a lens in `replays`."""
        self._router = router
        self._engine = engine
        self._questions = questions
        self._replays = replays
        self._body_limit = body_limit

    def get(
        self, path: str, model: str, *refusals: Told, settled: bool = True
    ) -> Callable[[Callable[..., Any]], None]:
        """A question and the name of its answer's type; it may be refused for further reasons.

        A question that takes a view, or a replay, can be asked through a lens; by POST it is judged
        by the drafts of the body.
        """

        def add(question: Callable[..., Any]) -> None:
            headers = {BEHIND: "How many facts the answer has not seen."} if settled else None
            answer = {"200": answered("The answer.", model, headers)}
            route = partial(self._add, path, question)
            if not takes_lens(question):
                told = answer | refused(QUESTION, *refusals)
                route(self._pooled(question, settled=settled), told)
                return
            route(self._lensed(question), answer | refused(QUESTION, *refusals, *LENS))
            told = answer | refused(QUESTION, *refusals, *LENS, *DRAFTS)
            route(self._lensed(question, drafted=True), told, drafted=True)

        return add

    def _add(
        self, path: str, question: Callable[..., Any], route: Callable[..., Any],
        responses: dict[str, Schema], *, drafted: bool = False,
    ) -> None:  # fmt: skip
        """Add a route with what the OpenAPI document says of it."""
        about = (question.__doc__ or "").strip().splitlines()[0]
        self._router.add_api_route(
            path,
            route,
            methods=["POST" if drafted else "GET"],
            summary=f"{about} Judged by the drafts of the body." if drafted else about,
            operation_id=f"{question.__name__}_as_if" if drafted else question.__name__,
            response_class=Json,
            openapi_extra={
                RESPONSES: responses,
                **({"requestBody": drafts.described()} if drafted else {}),
            },
        )

    def _lensed(self, question: Callable[..., Any], *, drafted: bool = False) -> Callable[..., Any]:
        """The same for a question that is asked of the live tables or through a lens."""

        async def route(_request: Request, **asked: Any) -> Response:  # noqa: ANN401 - parameters
            lens = asked_through(asked)
            sent = await drafts.drafts_of(_request, self._body_limit) if drafted else None

            def work() -> Response:
                see_everything(self._engine, _request)
                documents = () if sent is None else sent.documents(self._engine.kinds)
                through = replace(lens, as_if=(*documents, *lens.as_if))
                found = answered_through(self._engine, through, question, asked)
                return found if isinstance(found, Response) else Json(found)

            live = lens.live and not drafted
            return await (self._questions if live else self._replays).answer(work)

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


def see_everything(engine: Engine, request: Request) -> None:
    """Let the row sets settle; where they could not in time, the answer's header will say so."""
    with unlimited():  # it has a time of its own, and others need it as well
        settled = engine.settle()
    if not settled:
        request.state.behind = engine.lag
