"""Shows open work, broken promises and escalations to a browser, without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from api.engine import Engine
from api.http.asking import see_everything
from api.http.parameters import only_known
from api.http.pool import Questions
from api.queries import cases, health, promises
from api.queries.cases import Answer
from api.wording import left, length, when, word

Language = Literal["zh", "en"]

STYLE: Final = Path(__file__).with_name("style.css")
REFRESH: Final = 15
SHOWN: Final = 50
HEAD: Final = """\
<!doctype html>
<html lang="{tongue}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="{refresh}">
<title>{title} · {counts} · {broken}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1>{title}</h1>
<span>{counts} · <span class="bad">{broken}</span></span>
<span class="soft">{seen}</span>
<a href="/?lang={lang}" lang="{lang}">{other}</a>
</header>
"""

WORDS: Final = {
    "zh": {
        "title": "管家",
        "open": "待办工单",
        "broken": "已超时",
        "lapsed": "超时的承诺",
        "raised": "升级",
        "case": "工单",
        "kind": "类型",
        "category": "类别",
        "status": "状态",
        "clock": "承诺",
        "due": "到期",
        "left": "剩余",
        "steward": "管家",
        "technician": "维修工",
        "late": "超时",
        "to": "上报",
        "reached": "升级时间",
        "answer": "确认",
        "nobody": "尚未确认",
        "none": "暂无",
        "seen": "调度器上次检查",
        "ago": "前",
        "other": "English",
        "level": "级",
    },
    "en": {
        "title": "Guanjia",
        "open": "Open work",
        "broken": "broken",
        "lapsed": "Broken promises",
        "raised": "Escalations",
        "case": "Case",
        "kind": "Kind",
        "category": "Category",
        "status": "Status",
        "clock": "Promise",
        "due": "Due",
        "left": "Left",
        "steward": "Steward",
        "technician": "Technician",
        "late": "Overdue",
        "to": "To",
        "reached": "Raised",
        "answer": "Acknowledged",
        "nobody": "not yet",
        "none": "nothing",
        "seen": "the scheduler looked",
        "ago": " ago",
        "other": "中文",
        "level": "rung",
    },
}


def page_routes(engine: Engine, questions: Questions, usual: str) -> APIRouter:
    """The page and its style."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(only_known)])
    css = STYLE.read_bytes()

    @router.get("/")
    async def page(request: Request, lang: Language | None = None) -> Response:
        def work() -> Response:
            see_everything(engine, request)
            return HTMLResponse(_page(engine, lang or usual))

        return await questions.answer(work)

    @router.get("/style.css")
    async def style() -> Response:
        return Response(css, media_type="text/css")

    return router


def _page(engine: Engine, lang: str) -> str:
    words, now = WORDS[lang], datetime.now(UTC)
    board = cases.board(engine, limit=SHOWN)
    lapsed = promises.runs(engine, verdict=("lapsed",), limit=SHOWN)
    rungs = promises.raised(engine, SHOWN)
    other = "en" if lang == "zh" else "zh"
    looked = round(health.timers(engine).last_tick_age)
    seen = length(timedelta(seconds=looked), lang)
    head = HEAD.format(
        tongue="zh-CN" if lang == "zh" else "en",
        refresh=REFRESH,
        counts=f"{words['open']} {board['open']}",
        broken=f"{words['broken']} {board['broken']}",
        seen=f"{words['seen']} {seen}{words['ago']}",
        lang=other,
        other=words["other"],
        title=words["title"],
    )
    return "".join(
        (
            head,
            _section(words["raised"], _raised(rungs, words, now, lang), words),
            _section(words["lapsed"], _lapsed(lapsed, words, now, lang), words),
            _section(words["open"], _board(board["cases"], words, now, lang), words),
            "</body></html>",
        )
    )


Row = Sequence[str]


def _board(rows: Iterable[Answer], words: dict[str, str], now: datetime, lang: str) -> list[Row]:
    head = [
        words[w]
        for w in ("case", "kind", "category", "status", "clock", "left", "steward", "technician")
    ]
    return [head] + [
        [
            row["case"],
            word(row["kind"], lang),
            row["category_title"] or "",
            _marked(word(row["status"], lang), row, lang),
            row["clock_title"] or "",
            left(row["due"], now, lang),
            row["steward"] or "",
            row["technician"] or "",
        ]
        for row in rows
    ]


def _marked(text: str, row: Answer, lang: str) -> str:
    """A status with a mark where facts of the case were entered late."""
    return f"{text} · {word('late_entries', lang)}" if row["late_entries"] else text


def _lapsed(rows: Iterable[Answer], words: dict[str, str], now: datetime, lang: str) -> list[Row]:
    head = [words[w] for w in ("case", "clock", "due", "late", "raised")]
    return [head] + [
        [
            row["case"],
            row["title"],
            when(row["due"], now, lang),
            left(row["due"], now, lang),
            str(row["rungs"]),
        ]
        for row in rows
    ]


def _raised(rows: Iterable[Answer], words: dict[str, str], now: datetime, lang: str) -> list[Row]:
    head = [words[w] for w in ("case", "clock", "level", "to", "reached", "answer")]
    return [head] + [
        [
            row["case"],
            row["clock_title"],
            str(row["rung"]),
            " ".join(filter(None, (row["title"] or row["to"], row["addressee"]))),
            when(row["reached"], now, lang),
            row["acknowledged_by"] or words["nobody"],
        ]
        for row in rows
    ]


def _section(title: str, rows: list[Row], words: dict[str, str]) -> str:
    """A titled table; every cell is escaped here and nowhere else."""
    head, *body = rows
    if not body:
        return f'<h2>{escape(title)}</h2><p class="soft">{words["none"]}</p>'
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in body
    )
    return f'<h2>{escape(title)}</h2><div class="wide"><table><tr>{cells}</tr>{lines}</table></div>'
