"""For errors over HTTP: one table of numbers, and RFC 9457 problems in two languages."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Final

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.parsing import CommandUnknown, DataUnreadable, QueryInvalid
from commands.routes import WrongKind
from commands.validation import TextUnreadable, TooManyLabels
from domain.kernel.documents import DocumentInvalid
from domain.kernel.refusals import (
    CommandInvalid,
    InTheFuture,
    LevelOutOfRange,
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


class HostUnknown(Refusal):
    """The service does not answer as {host}: name it in GUANJIA_HOSTS if it shall."""

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
    UnknownCase: 404,
    UnknownSite: 404,
    UnknownClock: 404,
    UnknownRung: 404,
    CommandUnknown: 404,
    NotFound: 404,
    MethodNotAllowed: 405,
    Refusal: 409,
    VersionMoved: 412,
    BodyTooLarge: 413,
    BodyNotJson: 415,
    HostUnknown: 421,
    CommandInvalid: 422,
    DocumentRefused: 422,
    InTheFuture: 422,
    LabelNotADate: 422,
    LabelNotDeclared: 422,
    LevelOutOfRange: 422,
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
    Defect: 500,
    Busy: 503,
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
    status = status_of(type(error))
    words = re.sub(r"(?<!^)([A-Z])", lambda match: f" {match[1].lower()}", error.code)
    body = {
        "type": f"urn:guanjia:problem:{error.code}",
        "title": words,
        "status": status,
        "detail": error.sentence,
        "code": error.code,
        "detail_zh": error.sentence_zh,
        "instance": instance,
    }
    return Problem(body, status_code=status)


def tell_problems(app: FastAPI) -> None:
    """Let every error of the application be answered with a problem document."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(StoreFault, _refused)
    app.add_exception_handler(DocumentInvalid, _document)
    app.add_exception_handler(IntegrityError, _busy)
    app.add_exception_handler(RequestValidationError, _query)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal | StoreFault)
    if isinstance(error, StoreFault):
        log.error("%s", error)
    return problem_of(error, request.url.path)


async def _document(request: Request, error: Exception) -> Response:
    assert isinstance(error, DocumentInvalid)
    place = ".".join(map(str, error.path)) or "document"
    return problem_of(
        DocumentRefused(place=place, problem=error.sentence.rstrip(".")), request.url.path
    )


async def _busy(request: Request, _: Exception) -> Response:
    return problem_of(Busy(), request.url.path)


async def _query(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"][1:]))
    return problem_of(QueryInvalid(problem=f"{place}: {first['msg']}"), request.url.path)


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
    return problem_of(found, path)


async def _defect(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem_of(Defect(), request.url.path)
