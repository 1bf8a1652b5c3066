"""For the tables of the reference: read from the code, they cannot say anything else."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from api.cli.parser import build_parser
from api.engine import engine
from api.fields import FIELDS
from api.http import create_app
from api.http.commands import HEADERS
from api.http.problems import status_of
from api.settings import VARIABLES, Settings
from commands import ROUTES
from commands.messages import Message
from domain.kernel.facts import Fact, Recorded
from domain.kernel.personal import Personal
from domain.kernel.refusals import Refusal
from domain.kinds import KINDS
from domain.kinds.aftercare import AFTERCARE_FACTS
from domain.kinds.case import CaseClosed
from domain.promises.facts import CLOCK_FACTS
from store.errors import StoreFault
from store.open import MEMORY
from tests.docs.meanings import COLUMNS, ENVELOPE, meaning

SHARED = (CaseClosed, *AFTERCARE_FACTS)
ROOT = Path(__file__).parents[2]
HOUSE = ("api", "commands", "domain", "projections", "scheduler", "store")
FAMILIES = {
    **{
        f"{kind.title.capitalize()} {kind.title.zh}": tuple(
            fact for fact in kind.facts if fact not in SHARED
        )
        for kind in KINDS
    },
    "Of every case that residents rate": SHARED,
    "Of the clocks of every case": CLOCK_FACTS,
}
PLAIN = {
    str: "text", int: "whole number", bool: "yes or no", datetime: "instant",
    Personal: "personal text", Mapping: "mapping", tuple: "list",
}  # fmt: skip


def table(head: str, rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table; `head` names its columns with bars between them."""
    names = [name.strip() for name in head.split("|")]
    lines = [names, ["---"] * len(names), *(map(_cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def sentence(kind: type) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((kind.__doc__ or "").strip().partition("\n\n")[0].split()).replace("``", "`")


def type_of(hint: Any) -> str:
    """What a field holds, as a person says it."""
    if get_origin(hint) in {Union, types.UnionType}:
        (hint,) = [one for one in get_args(hint) if one is not types.NoneType]
    name = getattr(hint, "__name__", "")
    if name in {"StaffId", "HouseholdId"}:
        return "staff id" if name == "StaffId" else "household id"
    origin = get_origin(hint) or hint
    if isinstance(origin, type) and issubclass(origin, StrEnum):
        return ", ".join(f"`{member}`" for member in origin)
    return next(said for kind, said in PLAIN.items() if origin is kind or origin is get_origin(kind)
                or (kind is Mapping and issubclass(origin, Mapping)))  # fmt: skip


def default_of(field: Field[Any]) -> str:
    """Whether a field must be given, or what stands in for it."""
    if field.default is MISSING and field.default_factory is MISSING:
        return "required"
    value = field.default if field.default is not MISSING else None
    return f"`{str(value).lower()}`" if isinstance(value, str | int) else ""


def _fields(kind: type) -> str:
    hints = get_type_hints(kind)
    described = getattr(kind, "describes", ())
    return table(
        "field | holds | default | meaning",
        (
            (
                f"`{f.name}`" + (" *" if f.name in described else ""), type_of(hints[f.name]),
                default_of(f), meaning(FIELDS, kind.__name__, f.name),
            )
            for f in fields(kind)
        ),
    )  # fmt: skip


def commands() -> str:
    """Every command with its fields."""
    kinds: dict[type[Message], list[str]] = {}
    for kind, verb in ROUTES.pairs:
        kinds.setdefault(verb, []).append(kind)
    parts = []
    for name, verb in ROUTES.messages.items():
        asked = ", ".join(f"`{kind}`" for kind in kinds[verb])
        parts.append(
            f"### {name}\n\n{sentence(verb)}\nAsked of: {asked}.\n\n{_fields(verb)}".rstrip()
        )
    return "\n\n".join(parts)


def events() -> str:
    """Every type of fact with its word and fields."""
    return "\n\n".join(
        f"## {family}\n\n" + "\n\n".join(_event(fact) for fact in facts)
        for family, facts in FAMILIES.items()
    )


def _event(fact: type[Fact]) -> str:
    return f"### {fact.__name__}\n\n`{fact.word}`: {sentence(fact)}\n\n{_fields(fact)}"


def envelope() -> str:
    """The fields around every fact."""
    return table("field | meaning", ((f"`{n}`", ENVELOPE[n]) for n in Recorded._fields))


def classes(root: type[Exception]) -> list[type[Any]]:
    """Every class below one that is raised itself, by name: a base has no Chinese sentence."""
    for package in HOUSE:
        home = importlib.import_module(package)
        for module in pkgutil.walk_packages(home.__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    return sorted(
        (kind for kind in _below(root) if "zh" in vars(kind)), key=lambda kind: kind.__name__
    )


def _below(root: type[Any]) -> Iterator[type[Any]]:
    for kind in root.__subclasses__():
        if kind.__module__.partition(".")[0] in HOUSE:
            yield kind
            yield from _below(kind)


def refusals() -> str:
    """Every refusal with its two sentences and its HTTP number."""
    return table("code | HTTP | sentence | 中文", (_said(kind) for kind in classes(Refusal)))


def faults() -> str:
    """Every fault of the store."""
    kinds: list[type[Any]] = [StoreFault, *classes(StoreFault)]
    return table("code | HTTP | sentence | 中文", (_said(kind) for kind in kinds))


def _said(kind: type[Any]) -> tuple[object, ...]:
    never = kind.__module__.startswith(("api.cli", "api.imports", "api.settings", "api.workers"))
    return f"`{kind.__name__}`", "" if never else status_of(kind), sentence(kind), kind.zh


def settings() -> str:
    """Every setting with its variable and default."""
    return table(
        "setting | environment variable | default",
        ((f"`{f.name}`", f"`{VARIABLES[f.name]}`", _default(f.default)) for f in fields(Settings)),
    )


def _default(value: object) -> str:
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"`{text}`" if text else "none"


def views() -> str:
    """Every view, table and column."""
    parts = []
    with engine(MEMORY, create=True) as opened:
        for view in opened.projector.row_sets.values():
            for kept in view.tables:
                rows = (
                    (f"`{c.name}`", c.type, "" if c.required else "may be empty",
                     meaning(COLUMNS, kept.name, c.name))
                    for c in kept.columns
                )  # fmt: skip
                key = ", ".join(f"`{name}`" for name in kept.key)
                about = f"View `{view.name}`, definition {view.version}: {sentence(type(view))}"
                columns = table("column | type | | meaning", rows)
                parts.append(f"### Table {kept.name}\n\n{about}\nKey: {key}.\n\n{columns}")
    return "\n\n".join(parts)


def subcommands() -> Mapping[str, argparse.ArgumentParser]:
    """The parsers of the command line by name."""
    (found,) = (
        a for a in build_parser(ROUTES)._actions if isinstance(a, argparse._SubParsersAction)
    )
    return found.choices


def cli() -> str:
    """Every command of the command line with its options."""
    return "\n\n".join(
        f"### guanjia {name}\n\n{_subcommand(p)}" for name, p in subcommands().items()
    )


COMMON = ("--help", "--store", "--json", "--lang")


def _subcommand(parser: argparse.ArgumentParser) -> str:
    own = [a for a in parser._actions if not set(a.option_strings) & set(COMMON)]
    about = (parser.description or "").strip()
    examples = (parser.epilog or "").partition("examples:\n")[2].rstrip()
    rows = table("argument | meaning", ((_argument(a), _help(a)) for a in own))
    lines = "\n".join(line.strip() for line in examples.splitlines())
    return (
        f"{about[:1].upper()}{about[1:]}.\n\n"
        + (f"{rows}\n\n" if own else "")
        + f"```sh\n{lines}\n```"
    )


def _argument(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    words = [*action.option_strings, value] if action.option_strings else [value]
    shown = " ".join(filter(None, words))
    return f"`{shown}`" + (" (optional)" if action.nargs in {"?", "*"} else "")


def _help(action: argparse.Action) -> str:
    said = action.help or ""
    if said == ", ".join(ROUTES.messages):
        return "a command of the engine, see [commands](commands.md)"
    return said


def routes() -> str:
    """Every question that is answered over HTTP."""
    with engine(MEMORY, create=True) as opened:
        app = create_app(opened, Settings(), schedule=False)
        found = app.openapi()["paths"]
    rows = [
        (
            f"`GET {path}`",
            ", ".join(f"`{p['name']}`" for p in said.get("parameters", ()) if p["in"] == "query"),
            said.get("description", said["summary"]),
        )
        for path, methods in found.items()
        for method, said in methods.items()
        if method == "get"
    ]
    return table("address | parameters | answers", rows)


def headers() -> str:
    """The headers of a command."""
    return table(
        "header | meaning", ((f"`{name}`", said.meaning) for name, said in HEADERS.items())
    )


TABLES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "commands.md": {"commands": commands},
    "events.md": {"envelope": envelope, "events": events},
    "refusals.md": {"refusals": refusals, "faults": faults},
    "settings.md": {"settings": settings},
    "cli.md": {"cli": cli},
    "http.md": {"headers": headers, "routes": routes},
    "views.md": {"views": views},
}
