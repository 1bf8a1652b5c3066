"""Refuses query parameters that a route does not know, so that no question is taken for another."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args, get_origin

from fastapi import Request

from api.reading import QueryInvalid
from domain.refusals import Phrase

SHOWN = 60


async def only_known(request: Request) -> None:
    """See that every parameter is one of the route's, and given once unless it is a list.

    Raises:
        QueryInvalid: one is not.
    """
    given = request.query_params
    if not given:
        return
    asked = request.scope["route"].dependant.query_params
    known = {field.alias: field for field in asked}
    for name, times in Counter(key for key, _ in given.multi_items()).items():
        if name not in known:
            raise _unknown(name, list(known))
        if times > 1 and not _is_list(known[name].field_info.annotation):
            raise _twice(name)


def _is_list(annotation: Any) -> bool:  # noqa: ANN401 - any type
    return list in {get_origin(kind) for kind in (annotation, *get_args(annotation))}


def _unknown(name: str, known: list[str]) -> QueryInvalid:
    shown, names = name[:SHOWN], ", ".join(known)
    if not names:
        return QueryInvalid(
            problem=Phrase(
                f"there is no parameter {shown!r}, none is taken", f"不接受参数 {shown!r}"
            )
        )
    return QueryInvalid(
        problem=Phrase(
            f"there is no parameter {shown!r}; there are {names}",
            f"没有参数 {shown!r}，可用的参数：{names}",
        )
    )


def _twice(name: str) -> QueryInvalid:
    return QueryInvalid(
        problem=Phrase(f"{name} is given more than once", f"参数 {name} 出现了多次")
    )
