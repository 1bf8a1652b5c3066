"""Declares commands and their options, each in both languages, whatever library reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from inspect import Parameter, signature
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from domain.kernel.refusals import Phrase

STANDARD_INPUT: Final = "<stdin>"
"""What a lone hyphen is read as: the library takes it for an option."""
MOST: Final = 1_000_000
"""The largest number an option takes."""


@dataclass(frozen=True, slots=True)
class Option:
    """What an option or an argument means; stands in the annotation of a command's parameter.

    ``label`` stands for the value in the help.
    """

    means: Phrase
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: its name, what runs it, what it does, and examples that work as typed.

    ``run`` takes the context of the run first; its other parameters are the arguments (those that
    are positional only) and the options of the command. ``details`` are further lines of its help.
    """

    name: str
    run: Callable[..., int]
    about: Phrase
    examples: tuple[str, ...]
    details: Callable[[str], list[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Commands under a common name; ``default`` is run where none of them is named."""

    name: str
    about: Phrase
    commands: Callable[[Any], tuple[Command, ...]]
    default: Command | None = None


class Taken(NamedTuple):
    """A parameter of a command, or a field of a group of options that the command takes whole.

    ``group`` is the parameter that takes the group, which is made by ``kind``.
    """

    name: str
    hint: Any
    option: Option
    parameter: Parameter
    group: str | None = None
    kind: Any = None


def parameters(run: Callable[..., int]) -> Iterator[Taken]:
    """What a command takes besides its context; a dataclass stands for the options it has."""
    hints = get_type_hints(run, include_extras=True)
    _, *taken = signature(run).parameters.values()
    for parameter in taken:
        hint = hints[parameter.name]
        if get_origin(hint) is Annotated:
            yield _taken(parameter, hint)
        else:
            inner = get_type_hints(hint, include_extras=True)
            for field in fields(hint):
                one = Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default)
                yield _taken(one, inner[field.name], parameter.name, hint)


def _taken(
    parameter: Parameter,
    hint: Any,  # noqa: ANN401 - an annotation
    group: str | None = None,
    kind: Any = None,  # noqa: ANN401 - a dataclass
) -> Taken:
    base, *extras = get_args(hint)
    option = next(extra for extra in extras if isinstance(extra, Option))
    return Taken(parameter.name, base, option, parameter, group, kind)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Which part of a long list is wanted."""

    limit: Annotated[int, Option(Phrase("how many (50)", "显示条数（50）"), "N")] = 50
    offset: Annotated[int, Option(Phrase("how many to skip (0)", "跳过条数（0）"), "N")] = 0


FIRST: Final = Page()

Site = Annotated[str | None, Option(Phrase("only this site", "仅此项目"), "ID")]
CaseNumber = Annotated[
    str, Option(Phrase("the case's number, here or elsewhere", "工单编号或外部编号"))
]
