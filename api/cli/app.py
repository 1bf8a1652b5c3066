"""Builds the command line of a language from the declared commands."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Sequence
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

import cyclopts
from cyclopts import App, Parameter

from api.cli.commands import COMMANDS
from api.cli.context import Context
from api.cli.declared import MOST, Command, Group, Option, parameters
from api.cli.help import Help, said
from api.settings import VARIABLES
from commands.routes import Routes
from domain.kernel.refusals import Phrase

PROGRAM: Final = "guanjia"
ABOUT: Final = Phrase(
    "Guanjia holds a property-management team to its promises.",
    "管家：督促物业团队兑现服务承诺。",
)
BEGIN: Final = ("serve --demo", "init --site garden --name 花园小区", "serve")
CODES: Final = Phrase(
    "Exit codes: 0 done, 1 something is wrong, 2 the command line cannot be understood,\n"
    "3 refused, 4 a fault of the store, 5 a defect of the program, 130 interrupted.",
    "退出码：0 完成，1 有问题，2 无法理解命令行，3 被拒绝，4 存储故障，5 程序出错，130 被中断。",
)
STORE: Final = Phrase(
    f"a SQLite path or a postgresql:// address ({VARIABLES['store']}, guanjia.db)",
    f"SQLite 路径或 postgresql:// 地址（{VARIABLES['store']}，guanjia.db）",
)
JSON: Final = Phrase("answer in JSON, errors as well", "以 JSON 回答，错误也用 JSON")
LANG: Final = Phrase(
    f"the language ({VARIABLES['lang']}, LC_ALL, LANG)",
    f"语言（{VARIABLES['lang']}、LC_ALL、LANG）",
)


class Asked(NamedTuple):
    """A command line that was understood: what to run, with what, and the common options."""

    run: Callable[[Context], int]
    options: dict[str, Any]
    store: str | None
    json: bool
    lang: str | None


def in_language(phrase: Phrase, lang: str) -> str:
    """A phrase in a language."""
    return phrase.zh if lang == "zh" else str(phrase)


def this_version() -> str:
    """The version of the program that runs."""
    try:
        return version("guanjia")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"


def build(routes: Routes, lang: str, words: Container[str] | None = None) -> App:
    """The command line in a language, for the messages that `routes` know.

    With ``words`` only the groups named there are complete: making every command takes a while.
    """
    shown = Help(lang, in_language(ABOUT, lang), BEGIN, epilogue=in_language(CODES, lang))
    app = _app(PROGRAM, shown, lang)
    app.version = this_version
    for declared in COMMANDS:
        if isinstance(declared, Group):
            known = routes if words is None or declared.name in words else None
            _add_group(app, declared, known, lang)
        else:
            _add(app, declared, lang)
    app.meta.group_parameters = cyclopts.Group(said("common", lang), sort_key=9)
    _keep_order(app)
    app["--help"].help = said("help", lang)
    app["--version"].help = said("version", lang)
    app.meta.default(_common(app, lang))
    return app


def _app(name: str, shown: Help, lang: str) -> App:
    return App(
        name=name,
        help=shown.about,
        help_format="plaintext",
        help_formatter=shown,
        group_commands=cyclopts.Group(said("commands", lang), sort_key=1),
        group_arguments=cyclopts.Group(said("arguments", lang), sort_key=2),
        group_parameters=cyclopts.Group(said("options", lang), sort_key=3),
        exit_on_error=False,
        print_error=False,
        result_action="return_value",
    )


def _add_group(app: App, group: Group, routes: Routes | None, lang: str) -> None:
    about = in_language(group.about, lang)
    lines = () if group.default is None else group.default.examples
    examples = tuple(f"{group.name} {line}" for line in lines)
    inner = _app(group.name, Help(lang, about, examples), lang)
    if group.default is not None:
        inner.default(_parsed(group.default, lang))
    for command in () if routes is None else group.commands(routes):
        _add(inner, command, lang, f"{group.name} ")
    _keep_order(inner)
    app.command(inner)


def _keep_order(app: App) -> None:
    """Show the commands in the order in which they are declared, not by their letters."""
    for place, (name, inner) in enumerate(app.resolved_commands().items()):
        inner.sort_key = (name.startswith("-"), place)


def _add(app: App, command: Command, lang: str, group: str = "") -> None:
    examples = tuple(f"{group}{line}" for line in command.examples)
    details = [] if command.details is None else command.details(lang)
    shown = Help(lang, in_language(command.about, lang), examples, details)
    inner = _app(command.name, shown, lang)
    inner.default(_parsed(command, lang))
    app.command(inner)


def _parsed(command: Command, lang: str) -> Callable[..., Callable[[Context], int]]:
    """A function that takes what the command takes but the context, which comes later."""
    taken = list(parameters(command.run))
    groups = {p.group: p.kind for p in taken if p.group is not None}

    def parsed(*arguments: object, **options: Any) -> Callable[[Context], int]:  # noqa: ANN401 - any values
        for name, kind in groups.items():
            own = {f.name: options.pop(f.name) for f in fields(kind) if f.name in options}
            options[name] = kind(**own)
        return lambda context: command.run(context, *arguments, **options)

    shown = {p.name: localised(p.option, p.hint, lang) for p in taken}
    parsed.__annotations__ = shown
    parsed.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.parameter.replace(annotation=shown[p.name]) for p in taken]
    )
    parsed.__doc__ = None
    return parsed


def localised(option: Option, hint: Any, lang: str) -> Any:  # noqa: ANN401 - annotations
    """The annotation by which the library reads an option, in a language."""
    kinds = set(get_args(hint) or (hint,))
    return Annotated[
        hint,
        Parameter(
            help=in_language(option.means, lang),
            metavar=option.label or None,
            negative="",
            show_default=False,
            show_choices=False,
            converter=_number if int in kinds else None,
        ),
    ]


def _number(_kind: object, tokens: Sequence[Any]) -> int:
    text = tokens[0].value
    if not (text.isascii() and text.isdecimal() and int(text) <= MOST):
        raise ValueError(text)
    return int(text)


def _common(app: App, lang: str) -> Callable[..., Asked | None]:
    """What reads the options of every command, wherever they stand, and hands the rest on."""

    def common(
        *words: str, store: str | None = None, json: bool = False, lang: str | None = None
    ) -> Asked | None:
        command, bound, _ = app.parse_args(words)
        made = command(*bound.args, **bound.kwargs)
        if made is None:  # no command was named, and help was shown
            return None
        bound.apply_defaults()
        return Asked(made, dict(bound.arguments), store, json, lang)

    def option(kind: Any, means: Phrase, label: str = "") -> Any:  # noqa: ANN401 - an annotation
        return localised(Option(means, label), kind, lang)

    common.__annotations__ = {
        "words": Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
        "store": option(str | None, STORE, "WHERE"),
        "json": option(bool, JSON),
        "lang": option(Literal["zh", "en"] | None, LANG, "zh|en"),
    }
    common.__doc__ = None
    return common
