"""Refuses query parameters that a route does not know, so that no question is taken for another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from fastapi import Request

from api.parsing import QueryInvalid
from domain.kernel.refusals import Phrase

SHOWN = 60


async def only_known(request: Request) -> None:
    """See that every parameter is one of the route's, and given once unless it is a list.

    Raises:
        QueryInvalid: one is not.
    """
    if request.scope["query_string"]:
        asked = request.scope["route"].dependant.query_params
        check_parameters(request, {f.alias: _is_list(f.field_info.annotation) for f in asked})


def check_parameters(request: Request, known: Mapping[str, bool]) -> None:
    """See that every parameter is known, and given once unless it is a list.

    Raises:
        QueryInvalid: one is not.
    """
    if not request.scope["query_string"]:
        return
    times = Counter(key for key, _ in request.query_params.multi_items())
    for name, count in times.items():
        if name not in known:
            raise _unknown(name, list(known))
        if count > 1 and not known[name]:
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
