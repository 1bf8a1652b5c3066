"""Runs one command line: reads what is asked, does it, and says plainly what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from types import SimpleNamespace
from typing import Final

import cyclopts

from api.cli.app import Asked, build
from api.cli.context import Context, program
from api.cli.declared import STANDARD_INPUT
from api.cli.errors import Told, tell, told
from api.cli.usage import told as usage_told
from api.settings import chosen_language, read_settings
from commands import ROUTES
from commands.routes import Routes
from store.cycles import be_patient

INTERRUPTED: Final = 130


def main(
    arguments: Sequence[str] | None = None,
    *,
    routes: Routes = ROUTES,
    clock: Callable[[], datetime] | None = None,
) -> int:
    """Run a command; returns the exit code. Without a clock the time is the machine's.

    0 done, 1 something is wrong, 2 usage, 3 refused, 4 store fault, 5 defect, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    be_patient()
    words = list(sys.argv[1:] if arguments is None else arguments)
    lang = chosen_language(_value_of("--lang", words), os.environ)
    try:
        code = _run(words, routes, lang, clock)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, people get one sentence
        return _failed(told(error), words, lang)
    return code


def _run(words: list[str], routes: Routes, lang: str, clock: Callable[[], datetime] | None) -> int:
    app = build(routes, lang, words)
    try:
        asked = app.meta([STANDARD_INPUT if word == "-" else word for word in words])
    except cyclopts.CycloptsError as error:
        raise usage_told(error, program()) from None
    if not isinstance(asked, Asked):  # help or the version was shown
        return 0
    settings = read_settings(
        os.environ, store=asked.store, lang=asked.lang, port=asked.options.get("port"),
        workers=asked.options.get("workers"), kafka=asked.options.get("kafka"),
        kafka_topic=asked.options.get("kafka_topic"),
    )  # fmt: skip
    given = SimpleNamespace(**asked.options, store=asked.store)
    return asked.run(Context(settings, given, routes, asked.json, clock))


def _failed(wrong: Told, words: list[str], lang: str) -> int:
    tell(wrong, lang, as_json=any(word.partition("=")[0] == "--json" for word in words))
    return wrong.exit


def _value_of(option: str, words: list[str]) -> str | None:
    """The value of an option wherever it stands, before the command line is understood."""
    for place, word in enumerate(words):
        if word == option and place + 1 < len(words):
            return words[place + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None
