"""Answers errors over HTTP: one table of numbers, and RFC 9457 problems in two languages."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.parsing import CommandUnknown, DataUnreadable, QueryInvalid
from api.principals import ActorReserved
from api.queries.rulebooks import NotComparable, RulesVersionUnknown
from commands.routes import WrongKind
from commands.validation import TextUnreadable, TooManyLabels
from domain.kernel.documents import DocumentInvalid
from domain.kernel.refusals import (
    BeforeTheCase,
    CommandIdTaken,
    CommandInvalid,
    InTheFuture,
    LevelOutOfRange,
    Phrase,
    ReasonRequired,
    Refusal,
    TextRequired,
    TextTooLong,
    UnknownCase,
    UnknownClock,
    UnknownRung,
    UnknownSite,
    UnknownTimeZone,
    VersionMoved,
    WithoutZone,
)
from domain.rulebook.vocabulary import LabelNotADate, LabelNotDeclared, ValueNotDeclared
from store.errors import StoreFault
from store.log import IntegrityError

log = logging.getLogger("guanjia.http")


class BodyTooLarge(Refusal):
    """The body is longer than {limit} bytes: send less at once."""

    zh = "请求内容超过 {limit} 字节，请减少后重新提交。"


class BodyNotJson(Refusal):
    """The body must be sent as application/json, not as {kind}."""

    zh = "请求内容类型应为 application/json，而不是 {kind}。"


class BodyNotADocument(Refusal):
    """The body must be sent as application/json or application/yaml, not as {kind}."""

    zh = "请求内容类型应为 application/json 或 application/yaml，而不是 {kind}。"


class HeadTooLarge(Refusal):
    """The request's address and headers are longer than {limit} bytes: send fewer."""

    zh = "请求地址和请求头超过 {limit} 字节，请减少后重新提交。"


class RequestTooSlow(Refusal):
    """The request did not arrive in time: send it again without pauses."""

    zh = "请求没有及时发送完整，请重新提交。"


class RequestUnreadable(Refusal):
    """The bytes received are not an HTTP/1.1 request: check the program that sent them."""

    zh = "收到的内容不是 HTTP/1.1 请求，请检查发送它的程序。"


class ServerFull(Refusal):
    """All connections are being answered: send the request again in a moment."""

    zh = "当前连接已满，请稍后重试。"


class TooManyQuestions(Refusal):
    """Too many questions are waiting for an answer: ask again in a moment."""

    zh = "等待回答的查询过多，请稍后重试。"


class QuestionTooSlow(Refusal):
    """The question was not answered within {seconds} seconds: ask for less, or ask again later."""

    zh = "查询未能在 {seconds} 秒内完成，请缩小范围或稍后重试。"


class HostUnknown(Refusal):
    """The service does not answer as {host}: add the name to GUANJIA_HOSTS if it should."""

    zh = "本服务不以 {host} 的名义应答，如需要请在 GUANJIA_HOSTS 中添加。"


class NotFound(Refusal):
    """There is nothing at {path}: see /openapi.json for what there is."""

    zh = "{path} 不存在，可用的地址见 /openapi.json。"


class MethodNotAllowed(Refusal):
    """{path} cannot be asked by {method}."""

    zh = "{path} 不支持 {method}。"


class DocumentRefused(Refusal):
    """The document cannot be taken at {place}: {problem}."""

    zh = "文档的 {place} 处有误：{problem}。"


class Busy(Refusal):
    """Others stored something at the same moment, again and again: send the request once more."""

    zh = "同时有其他写入，请重新提交。"


class Defect(Refusal):
    """The program failed: its log says how, tell whoever keeps it running."""

    zh = "程序出错，详情见日志，请联系维护人员。"


STATUS: Final[Mapping[type[Exception], int]] = {
    DataUnreadable: 400,
    RequestUnreadable: 400,
    ActorReserved: 403,
    RulesVersionUnknown: 404,
    UnknownCase: 404,
    UnknownSite: 404,
    UnknownClock: 404,
    UnknownRung: 404,
    CommandUnknown: 404,
    NotFound: 404,
    MethodNotAllowed: 405,
    RequestTooSlow: 408,
    Refusal: 409,
    VersionMoved: 412,
    BodyTooLarge: 413,
    BodyNotADocument: 415,
    BodyNotJson: 415,
    HostUnknown: 421,
    CommandIdTaken: 422,
    CommandInvalid: 422,
    DocumentRefused: 422,
    InTheFuture: 422,
    BeforeTheCase: 422,
    LabelNotADate: 422,
    LabelNotDeclared: 422,
    LevelOutOfRange: 422,
    NotComparable: 422,
    QueryInvalid: 422,
    ReasonRequired: 422,
    TextRequired: 422,
    TextTooLong: 422,
    TextUnreadable: 422,
    TooManyLabels: 422,
    UnknownTimeZone: 422,
    ValueNotDeclared: 422,
    WithoutZone: 422,
    WrongKind: 422,
    HeadTooLarge: 431,
    Defect: 500,
    Busy: 503,
    QuestionTooSlow: 503,
    ServerFull: 503,
    TooManyQuestions: 503,
    StoreFault: 503,
}
"""The one table of HTTP numbers: the nearest class of an error decides."""


class Json(Response):
    """A JSON answer; instants keep their offset."""

    media_type: str | None = "application/json"

    def render(self, content: object) -> bytes:
        """The bytes of an answer."""
        return orjson.dumps(content)


class Problem(Json):
    """A JSON answer that says what is wrong."""

    media_type: str | None = "application/problem+json"


def status_of(error: type[Exception]) -> int:
    """The HTTP number of an error."""
    return next(STATUS[kind] for kind in error.__mro__ if kind in STATUS)


def problem_of(error: Refusal | StoreFault, instance: str) -> Problem:
    """The problem document of an error."""
    kind = type(error)
    status = status_of(kind)
    body = document(kind, error.sentence, error.sentence_zh, instance)
    headers = {"Retry-After": "1"} if status == STATUS[Busy] else None
    return Problem(body, status_code=status, headers=headers)


def document(
    kind: type[Refusal | StoreFault], detail: str, detail_zh: str, instance: str
) -> dict[str, str | int]:
    """The members of a problem, as RFC 9457 names them."""
    code = kind.__name__
    return {
        "type": f"urn:guanjia:problem:{code}",
        "title": re.sub(r"(?<!^)([A-Z])", lambda match: f" {match[1].lower()}", code),
        "status": status_of(kind),
        "detail": detail,
        "code": code,
        "detail_zh": detail_zh,
        "instance": instance,
    }


def tell_problems(app: FastAPI) -> None:
    """Let every error of the application be answered with a problem document."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(StoreFault, _refused)
    app.add_exception_handler(DocumentInvalid, _document)
    app.add_exception_handler(IntegrityError, _busy)
    app.add_exception_handler(RequestValidationError, _query)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal | StoreFault)
    if isinstance(error, StoreFault):
        log.error("%s", error)
    return problem_of(error, request.url.path)


async def _document(request: Request, error: Exception) -> Response:
    assert isinstance(error, DocumentInvalid)
    place = ".".join(map(str, error.path)) or "document"
    return problem_of(document_refused(place, error.sentence), request.url.path)


def document_refused(place: str, sentence: Phrase) -> DocumentRefused:
    """The refusal of a document at a place, for the reason that a sentence gives."""
    problem = Phrase(sentence.rstrip("."), sentence.zh.rstrip("。"))
    return DocumentRefused(place=place, problem=problem)


async def _busy(request: Request, _: Exception) -> Response:
    return problem_of(Busy(), request.url.path)


async def _query(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_of(QueryInvalid(problem=_said(error.errors()[0])), request.url.path)


def _said(fault: Mapping[str, Any]) -> Phrase:
    """What is wrong with a parameter: its name, what was given, what is allowed."""
    name = ".".join(map(str, fault["loc"][1:2]))
    shown = repr(fault.get("input"))[:60]
    english = f"{name} is {shown}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
    wanted = _WANTED.get(fault["type"], "格式不对").format_map(fault.get("ctx", {}))
    wanted = wanted.replace(" or ", " 或 ")
    return Phrase(
        english.replace(" input should be ", " it must be "), f"{name} 的值 {shown} 无效，{wanted}"
    )


_WANTED: Final = {
    "bool_parsing": "应为 true 或 false",
    "enum": "应为 {expected}",
    "greater_than_equal": "应不小于 {ge}",
    "int_from_float": "应为整数",
    "int_parsing": "应为整数",
    "less_than_equal": "应不大于 {le}",
    "literal_error": "应为 {expected}",
}


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    known: dict[int, Refusal] = {
        STATUS[NotFound]: NotFound(path=path),
        STATUS[MethodNotAllowed]: MethodNotAllowed(path=path, method=request.method),
    }
    found = known.get(error.status_code)
    if found is None:
        body = {"status": error.status_code, "detail": error.detail}
        return Problem(body, status_code=error.status_code)
    problem = problem_of(found, path)
    if allowed := (error.headers or {}).get("Allow"):
        methods = {method.strip() for method in allowed.split(",")} | _described(request)
        methods |= {"HEAD"} if "GET" in methods else set()
        problem.headers["Allow"] = ", ".join(sorted(methods))
    return problem


def _described(request: Request) -> set[str]:
    """The methods that the OpenAPI document has for a route, of which Starlette names the first."""
    path = getattr(request.scope.get("route"), "path", "")
    return {method.upper() for method in request.app.openapi()["paths"].get(path, ())}


async def _gone(_: Request, __: Exception) -> Response:
    """Nobody is there to be answered: a client that goes away while it sends is no error."""
    return Response(status_code=STATUS[RequestTooSlow])
