"""Says what is wrong with a command line, in the words of this product and in both languages."""

from __future__ import annotations

from typing import Any

import cyclopts

from api.cli.declared import MOST
from domain.kernel.refusals import Phrase, Refusal


class UsageInvalid(Refusal):
    """The command line cannot be understood: {problem}. See {help}."""

    zh = "无法理解命令行：{problem}。请查看 {help}。"


class OptionUnknown(UsageInvalid):
    """There is no option {option}{meant}: see {help}."""

    zh = "没有选项 {option}{meant}，请查看 {help}。"


class OptionIncomplete(UsageInvalid):
    """The option {option} needs a value: see {help}."""

    zh = "选项 {option} 缺少值，请查看 {help}。"


class OptionRepeated(UsageInvalid):
    """The option {option} is given twice: give it once."""

    zh = "选项 {option} 出现了两次，只能给出一次。"


class OptionsExclude(UsageInvalid):
    """The options {options} exclude each other: give one of them."""

    zh = "选项 {options} 不能同时使用，请只用其中一个。"


class ArgumentMissing(UsageInvalid):
    """{argument} is missing: see {help}."""

    zh = "缺少参数 {argument}，请查看 {help}。"


class ArgumentUnexpected(UsageInvalid):
    """The argument {value!r} is one too many: see {help}."""

    zh = "多出了参数 {value!r}，请查看 {help}。"


class ValueUnusable(UsageInvalid):
    """{option} is {value!r}: it must be {wanted}."""

    zh = "{option} 的值 {value!r} 无效，应为{wanted}。"


class SubcommandUnknown(UsageInvalid):
    """There is no command {name!r}{meant}: the commands are {known}."""

    zh = "没有命令 {name!r}{meant}，可用的命令：{known}。"


def exclude(**given: object) -> None:
    """See that at most one of some options was given.

    Raises:
        OptionsExclude: several were.
    """
    named = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if len(named) > 1:
        raise OptionsExclude(options=", ".join(named))


def told(error: cyclopts.CycloptsError, program: str) -> UsageInvalid:
    """What an error of the library says, as a refusal."""
    chain = " ".join(error.command_chain or ())
    see = " ".join(filter(None, (program, chain, "--help")))
    match error:
        case cyclopts.UnknownOptionError():
            option = (error.token.keyword or error.token.value)[:60]
            names = [name for argument in error.argument_collection for name in argument.names]
            return OptionUnknown(option=option, meant=_meant(option, names), help=see)
        case cyclopts.UnknownCommandError():
            return _unknown_command(error, see)
        case cyclopts.UnusedCliTokensError():
            return ArgumentUnexpected(value=(error.unused_tokens or [""])[0][:60], help=see)
        case cyclopts.RepeatArgumentError():
            return OptionRepeated(option=error.token.keyword)
        case cyclopts.MissingArgumentError():
            return _missing(error, see)
        case cyclopts.CoercionError():
            return _unusable(error)
        case _:
            return UsageInvalid(problem=str(error).rstrip("."), help=see)


def _meant(given: str, known: list[str]) -> Phrase:
    """The name that was probably meant, as a part of a sentence."""
    import difflib  # noqa: PLC0415 - only those who mistype wait for it

    found = difflib.get_close_matches(given, known, n=1, cutoff=0.6)
    return (
        Phrase(f" (did you mean {found[0]}?)", f"（是否指 {found[0]}？）")
        if found
        else Phrase("", "")
    )


def _unknown_command(error: cyclopts.UnknownCommandError, see: str) -> UsageInvalid:
    name = (error.unused_tokens or [""])[0][:60]
    app = error.app
    known = [] if app is None else [
        command for command, inner in app.resolved_commands().items()
        if not command.startswith("-") and inner.show
    ]  # fmt: skip
    return SubcommandUnknown(name=name, meant=_meant(name, known), known=", ".join(known), help=see)


def _missing(error: cyclopts.MissingArgumentError, see: str) -> UsageInvalid:
    argument = error.argument
    assert argument is not None
    name = error.keyword or argument.name
    if name.startswith("-"):
        return OptionIncomplete(option=name, help=see)
    return ArgumentMissing(argument=name.upper(), help=see)


def _unusable(error: cyclopts.CoercionError) -> UsageInvalid:
    token, argument = error.token, error.argument
    name = (token and token.keyword) or (argument and argument.name.lstrip("-").upper()) or ""
    return ValueUnusable(
        option=name, value=(token.value if token else "")[:60], wanted=_wanted(argument)
    )


def _wanted(argument: Any) -> Phrase:  # noqa: ANN401 - the library's
    choices = argument.get_choices(force=True) if argument is not None else None
    if choices:
        return Phrase(f"one of {', '.join(choices)}", f" {'、'.join(choices)} 之一")
    if argument is not None and argument.hint is bool:
        return Phrase("true or false", " true 或 false")
    return Phrase(f"a whole number from 0 to {MOST}", f" 0 到 {MOST} 的整数")
