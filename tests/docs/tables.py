"""Makes the tables of the reference from the code, so that they cannot say anything else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from api.cli.commands import COMMANDS
from api.cli.declared import Command, Group, Option, parameters
from api.engine import engine
from api.fields import FIELDS, type_said
from api.http import create_app
from api.http.commands import HEADERS
from api.http.problems import status_of
from api.settings import VARIABLES, Settings
from commands import ROUTES
from commands.messages import Message
from domain.kernel.facts import Fact, Recorded
from domain.kernel.refusals import Refusal
from domain.kinds import KINDS
from domain.kinds.aftercare import AFTERCARE_FACTS
from domain.kinds.case import CaseClosed
from domain.promises.facts import CLOCK_FACTS
from domain.rulebook.columns import Column, Columns, RowSet
from store.errors import StoreFault
from store.open import MEMORY
from tests.docs.meanings import COLUMNS, COMPUTED, ENVELOPE, meaning

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
                f"`{f.name}`" + (" *" if f.name in described else ""), type_said(hints[f.name]),
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


def row_sets() -> str:
    """Every row set, table and column."""
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
                about = f"Row set `{view.name}`, definition {view.version}: {sentence(type(view))}"
                columns = table("column | type | | meaning", rows)
                parts.append(f"### Table {kept.name}\n\n{about}\nKey: {key}.\n\n{columns}")
    return "\n\n".join(parts)


def columns() -> str:
    """What figures can ask of each row set."""
    said = {**COLUMNS, **COMPUTED}
    tables: dict[RowSet, str] = {"cases": "cases", "services": "services", "clocks": "clock_runs"}
    kinds = tuple(KINDS.cases.values())
    parts = []
    for rows, name in tables.items():
        known = Columns(rows, kinds, among=KINDS.cases).known.values()
        own = [(*_asked(c), meaning(said, name, c.name)) for c in known if c.origin == "own"]
        parts.append(f"### Columns of {rows}\n\n{table('column | holds | values | meaning', own)}")
    known = Columns("cases", kinds, among=KINDS.cases).known.values()
    of = {c.name: [kind.name for kind in kinds if c.name in kind.attribute] for c in known}
    case = [(*_asked(c), ", ".join(of[c.name])) for c in known if c.origin == "case"]
    parts.append(f"### Attributes of the case\n\n{table('column | holds | values | of', case)}")
    return "\n\n".join(parts)


def _asked(column: Column) -> tuple[str, str, str]:
    values = ", ".join(f"`{value}`" for value in column.values or ())
    return f"`{column.name}`", column.type, values


class Argument(NamedTuple):
    """An argument or option of a command, as the help shows it."""

    shown: str
    option: Option


def subcommands() -> Mapping[str, Command]:
    """The commands of the command line by name, those of a group with its name before their own."""
    return dict(_named(COMMANDS))


def _named(commands: Iterable[Command | Group]) -> Iterator[tuple[str, Command]]:
    for command in commands:
        if isinstance(command, Command):
            yield command.name, command
        elif command.default is not None:  # its commands are those of commands.md
            yield command.name, command.default
        else:
            yield from ((f"{command.name} {c.name}", c) for c in command.commands(ROUTES))


def arguments(command: Command) -> Iterator[Argument]:
    """What a command takes besides the options of every command."""
    for taken in parameters(command.run):
        parameter, option = taken.parameter, taken.option
        if parameter.kind is parameter.KEYWORD_ONLY:
            shown = f"--{taken.name.replace('_', '-')} {option.label}".rstrip()
            yield Argument(f"`{shown}`", option)
        else:
            several = parameter.kind is parameter.VAR_POSITIONAL
            optional = several or parameter.default is not parameter.empty
            yield Argument(f"`{taken.name.upper()}`" + " (optional)" * optional, option)


def cli() -> str:
    """Every command of the command line with its options."""
    return "\n\n".join(
        f"### guanjia {name}\n\n{_subcommand(name, command)}"
        for name, command in subcommands().items()
    )


def _subcommand(name: str, command: Command) -> str:
    rows = [(argument.shown, argument.option.means) for argument in arguments(command)]
    group = name.rpartition(" ")[0] or ("ask" if name == "ask" else "")
    lines = (" ".join(filter(None, ("guanjia", group, line))) for line in command.examples)
    return "\n\n".join(
        (
            str(command.about),
            *((table("argument | meaning", rows),) if rows else ()),
            "\n".join(("```sh", *lines, "```")),
        )
    )


def routes() -> str:
    """Every question that is answered over HTTP."""
    with engine(MEMORY, create=True) as opened:
        app = create_app(opened, Settings(), schedule=False)
        found = app.openapi()["paths"]
    rows = [
        (
            f"`GET {path}`" + " or `POST`" * ("post" in methods),
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
    "row-sets.md": {"row sets": row_sets},
    "figures.md": {"columns": columns},
}
