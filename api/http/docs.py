"""Shows the OpenAPI document to a browser: plain HTML from this machine, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from html import escape
from typing import Any, Final

import orjson
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import HTMLResponse

from api.http.page import Language
from api.http.parameters import only_known
from api.http.schemas import Schema

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "title": "接口文档", "page": "看板", "other": "English", "types": "数据类型",
        "parameters": "参数", "body": "请求内容", "example": "示例", "answers": "应答",
        "name": "名称", "type": "类型", "required": "必填", "meaning": "含义", "status": "状态码",
        "yes": "是", "no": "", "values": "取值",
    },
    "en": {
        "title": "Interface", "page": "Board", "other": "中文", "types": "Types",
        "parameters": "Parameters", "body": "Body", "example": "Example", "answers": "Answers",
        "name": "Name", "type": "Type", "required": "Required", "meaning": "Meaning",
        "status": "Status", "yes": "yes", "no": "", "values": "Values",
    },
}  # fmt: skip
HEAD: Final = """\
<!doctype html>
<html lang="{tongue}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{name} · {title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<h1>{name} · {title}</h1>
<a href="/?lang={lang}">{page}</a>
<a href="/openapi.json">openapi.json</a>
<a href="/docs?lang={other_lang}" lang="{other_lang}">{other}</a>
</header>
"""


def docs_routes(app: FastAPI, usual: str) -> APIRouter:
    """The page, made once in each language."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(only_known)])

    @cache
    def page(lang: str) -> str:
        return "".join(_page(app.openapi(), lang))

    @router.get("/docs")
    async def docs(lang: Language | None = None) -> Response:
        return HTMLResponse(page(lang or usual))

    return router


def _page(document: Schema, lang: str) -> Iterator[str]:
    words = WORDS[lang]
    yield HEAD.format(
        name=escape(document["info"]["title"]),
        tongue="zh-CN" if lang == "zh" else "en",
        lang=lang,
        other_lang="en" if lang == "zh" else "zh",
        **{key: words[key] for key in ("title", "page", "other")},
    )
    yield from (f"<p>{_text(part)}</p>" for part in document["info"]["description"].split("\n\n"))
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['description'])}</h2>"
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(method.upper(), path, operation, document, words)
    yield f"<h2>{words['types']}</h2>"
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from _type(name, schema, words)
    yield "</body></html>"


def _operation(
    method: str, path: str, operation: Schema, document: Schema, words: Mapping[str, str]
) -> Iterator[str]:
    yield (
        f'<details id="{escape(operation["operationId"])}"><summary><code>{method} {escape(path)}'
        f"</code> {_text(operation['summary'])}</summary>"
    )
    parameters = [
        (p["name"], p["in"], _shown(p["schema"]), _whether(p["required"], words),
         _text(p["description"]))
        for p in operation.get("parameters", ())
    ]  # fmt: skip
    if parameters:
        head = [words["name"], "", *(words[w] for w in ("type", "required", "meaning"))]
        yield _table(words["parameters"], head, ((escape(n), i, *r) for n, i, *r in parameters))
    if body := operation.get("requestBody"):
        for kind, content in body["content"].items():
            yield f"<h3>{words['body']} <code>{kind}</code></h3><p>{_shown(content['schema'])}</p>"
            for example in _examples(content):
                yield f"<h3>{words['example']}</h3><pre>{escape(example)}</pre>"
    yield _table(words["answers"], [words["status"], words["type"], words["meaning"]],
                 _answers(operation, document))  # fmt: skip
    yield "</details>"


def _examples(content: Schema) -> Iterator[str]:
    """The examples of a body as one would send them."""
    for example in content.get("examples", {"": {"value": content.get("example")}}).values():
        value = example["value"]
        yield value if isinstance(value, str) else _indented(value)


def _indented(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _answers(operation: Schema, document: Schema) -> Iterator[Sequence[str]]:
    for status, response in operation["responses"].items():
        if "$ref" in response:
            name = response["$ref"].rpartition("/")[2]
            response = document["components"]["responses"][name]  # noqa: PLW2901 - what it stands for
        (content,) = response["content"].values()
        yield status, _shown(content["schema"]), _text(response["description"])


def _type(name: str, schema: Schema, words: Mapping[str, str]) -> Iterator[str]:
    yield f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{_text(schema["description"])}</p>'
    required = set(schema.get("required", ()))
    rows = [
        (f"<code>{escape(field)}</code>", _shown(described), _whether(field in required, words),
         _text(described.get("description", "")), _example(described))
        for field, described in schema.get("properties", {}).items()
    ]  # fmt: skip
    if rows:
        head = [words[w] for w in ("name", "type", "required", "meaning", "example")]
        yield _table("", head, rows)
    elif "enum" in schema:
        yield f"<p>{words['values']}: {_codes(schema['enum'])}</p>"
    else:
        yield f"<p>{_shown(schema)}</p>"


def _shown(schema: Schema) -> str:
    """A schema in a few words, types as links."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(map(_shown, schema[key]))
    if "enum" in schema:
        return _codes(schema["enum"])
    if schema.get("type") == "array":
        return f"[{_shown(schema.get('items') or {})}]"
    return escape(str(schema.get("format") or schema.get("type", "")))


def _text(text: str) -> str:
    """A description, words in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _example(schema: Schema) -> str:
    found = schema.get("examples", ())
    return _codes(found) if found else ""


def _codes(values: Iterable[Any]) -> str:
    texts = (v if isinstance(v, str) else orjson.dumps(v).decode() for v in values)
    return ", ".join(f"<code>{escape(text)}</code>" for text in texts)


def _whether(required: bool, words: Mapping[str, str]) -> str:  # noqa: FBT001 - a cell of a table
    return words["yes" if required else "no"]


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are escaped already."""
    cells = "".join(f"<th>{cell}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    named = f"<h3>{title}</h3>" if title else ""
    return f'{named}<div class="wide"><table><tr>{cells}</tr>{lines}</table></div>'
