"""The walls that no linter keeps: a pure domain, a place for every package, modules of one size."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = {"api", "commands", "domain", "projections", "scheduler", "store"}
BESIDE = {"benchmarks", "tests"}
CEILING = 400  # lines

# What would let the clock, chance or the world into a rule. A name stands for all below it.
IMPURE = {
    "asyncio", "builtins.input", "builtins.open", "builtins.print", "http", "io", "logging",
    "os", "pathlib", "random", "secrets", "shutil", "socket", "sqlite3", "subprocess",
    "tempfile", "threading", "time", "urllib", "uuid.uuid1", "uuid.uuid4",
    "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today",
    "datetime.datetime.utcnow",
}  # fmt: skip


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in found)


def parse(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imported(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """Yield for each import: the full name, the name it binds here, and what that one means."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                top = name.name.partition(".")[0]
                yield name.name, name.asname or top, name.name if name.asname else top
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                full = f"{'.' * node.level}{node.module or ''}.{name.name}"
                yield full, name.asname or name.name, full


def foreign(tree: ast.Module) -> set[str]:
    """Return the imports that are neither the standard library's nor the domain's."""
    known = sys.stdlib_module_names | {"domain"}
    return {full for full, _, _ in imported(tree) if full.partition(".")[0] not in known}


def impure(tree: ast.Module) -> set[str]:
    """Return what a module imports or uses, under whatever alias, that is not pure."""
    used = {full for full, _, _ in imported(tree)}
    meanings = {name: f"builtins.{name}" for name in ("input", "open", "print")}
    meanings |= {local: meaning for _, local, meaning in imported(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            head, dot, rest = ast.unparse(node).partition(".")
            used.add(meanings.get(head, "") + dot + rest)
    return {name for name in used if any(f"{name}.".startswith(f"{bad}.") for bad in IMPURE)}


@pytest.mark.parametrize("path", modules("domain"), ids=str)
def test_the_domain_imports_nothing_but_itself_and_the_standard_library(path: Path):
    assert foreign(parse(path)) == set()


@pytest.mark.parametrize("path", modules("domain"), ids=str)
def test_the_domain_knows_no_clock_no_chance_and_no_world(path: Path):
    assert impure(parse(path)) == set()


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\ndatetime.datetime.now()",
        "import datetime as d\nd.date.today()",
        "from datetime import datetime\ndatetime.now(tz)",
        "from datetime import datetime as moment\nbegin = moment.utcnow",
        "from time import time",
        "import os.path",
        "from os import environ as settings",
        "open('rules.yaml')",
        "import uuid\nuuid.uuid4()",
    ],
)
def test_an_impurity_is_found_behind_any_alias(source: str):
    assert impure(ast.parse(source)) != set()


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import UTC, datetime, time\ndatetime(2026, 1, 1, tzinfo=UTC)\ntime(8, 30)",
        "import uuid\nuuid.uuid5(uuid.NAMESPACE_URL, 'case')",
        "def opens(now, time): return now.time() < time",
    ],
)
def test_arithmetic_with_given_instants_is_pure(source: str):
    assert impure(ast.parse(source)) == set()


@pytest.mark.parametrize("source", ["import yaml", "from store.log import Log", "from . import x"])
def test_a_foreign_import_is_found(source: str):
    assert foreign(ast.parse(source)) != set()


def test_every_top_level_package_has_its_place():
    visible = (path for path in ROOT.glob("[!.]*") if path.is_dir() and path.name != "build")
    packages = {path.name for path in visible if any(path.rglob("*.py"))}
    assert packages - BESIDE == HOUSE


def test_the_walls_and_the_wheel_are_drawn_around_the_same_house():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    linter = tool["importlinter"]
    walls = next(contract for contract in linter["contracts"] if contract["type"] == "layers")
    layers = {name.strip() for layer in walls["layers"] for name in layer.split("|")}
    assert layers == HOUSE
    assert set(linter["root_packages"]) == HOUSE
    assert set(tool["hatch"]["build"]["targets"]["wheel"]["packages"]) == HOUSE
    assert set(tool["coverage"]["run"]["source"]) == HOUSE
    assert set(tool["mypy"]["files"]) == HOUSE | {"benchmarks", "tests/support"}


@pytest.mark.parametrize("path", modules(*HOUSE, *BESIDE), ids=str)
def test_every_module_opens_with_what_it_is_for(path: Path):
    said = ast.get_docstring(parse(path), clean=False) or ""
    assert said.partition("\n")[0].strip()


@pytest.mark.parametrize("path", modules(*HOUSE, *BESIDE), ids=str)
def test_no_module_is_longer_than_the_ceiling(path: Path):
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= CEILING
