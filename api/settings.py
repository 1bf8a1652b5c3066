"""Reads the settings: one frozen object, made once at the edge from flags and the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.kernel.refusals import Refusal

LANGUAGES: Final = ("zh", "en")
HOST: Final = "127.0.0.1"
HIGHEST_PORT: Final = 65535
MOST_WORKERS: Final = 64


class SettingInvalid(Refusal):
    """{name} is {value!r}: it must be {wanted}."""

    zh = "{name} 的值 {value!r} 无效，应为：{wanted}。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be set; a flag goes before the environment variable that `VARIABLES` names.

    ``store`` is a SQLite path or a PostgreSQL address, ``lang`` is zh or en, ``port`` 0 lets the
    system choose one, ``body_limit`` is the longest request body in bytes, ``hosts`` are the names
    under which the HTTP service answers, ``workers`` is how many processes answer, ``kafka`` are
    the brokers to which every fact is published on the topic ``kafka_topic``; none: nowhere.
    """

    store: str = "guanjia.db"
    lang: str = "zh"
    port: int = 8484
    body_limit: int = 1 << 20
    hosts: tuple[str, ...] = (HOST, "localhost")
    workers: int = 1
    kafka: tuple[str, ...] = ()
    kafka_topic: str = "guanjia"


VARIABLES: Final[Mapping[str, str]] = {
    "store": "GUANJIA_STORE",
    "lang": "GUANJIA_LANG",
    "port": "GUANJIA_PORT",
    "body_limit": "GUANJIA_BODY_LIMIT",
    "hosts": "GUANJIA_HOSTS",
    "workers": "GUANJIA_WORKERS",
    "kafka": "GUANJIA_KAFKA",
    "kafka_topic": "GUANJIA_KAFKA_TOPIC",
}


def read_settings(
    environment: Mapping[str, str],
    *,
    store: str | None = None,
    lang: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    kafka: str | None = None,
    kafka_topic: str | None = None,
) -> Settings:
    """The settings that flags and environment ask for.

    Raises:
        SettingInvalid: a variable or a flag says something it cannot say.
    """
    default = Settings()
    named = {key: environment[name] for key, name in VARIABLES.items() if environment.get(name)}
    hosts = tuple(host.strip() for host in named["hosts"].split(",")) if "hosts" in named else ()
    return Settings(
        store=store or named.get("store", default.store),
        lang=_language(lang or named.get("lang"), environment),
        port=_number("port", _text(port, named, "port"), default.port, HIGHEST_PORT),
        body_limit=_number("body_limit", named.get("body_limit"), default.body_limit, 1 << 30),
        hosts=hosts or default.hosts,
        workers=_number("workers", _text(workers, named, "workers"), 1, MOST_WORKERS, least=1),
        kafka=_brokers(kafka or named.get("kafka")),
        kafka_topic=_topic(kafka_topic or named.get("kafka_topic", default.kafka_topic)),
    )


def chosen_language(chosen: str | None, environment: Mapping[str, str]) -> str:
    """The language that a flag or the environment asks for, whatever else they say."""
    return next(
        (lang for lang in (chosen, environment.get(VARIABLES["lang"])) if lang in LANGUAGES),
        None,
    ) or _of_the_system(environment)


def _language(chosen: str | None, environment: Mapping[str, str]) -> str:
    """What was chosen, else the language of the system."""
    if chosen is None:
        return _of_the_system(environment)
    if chosen not in LANGUAGES:
        raise SettingInvalid(name=VARIABLES["lang"], value=chosen, wanted=" / ".join(LANGUAGES))
    return chosen


def _brokers(text: str | None) -> tuple[str, ...]:
    """The brokers of a list with commas, each a host and a port."""
    found = tuple(broker.strip() for broker in text.split(",")) if text else ()
    for broker in found:
        host, _, port = broker.rpartition(":")
        number = int(port) if port.isascii() and port.isdecimal() else 0
        if not host or not 0 < number <= HIGHEST_PORT:
            raise SettingInvalid(
                name=VARIABLES["kafka"], value=text, wanted="HOST:PORT[,HOST:PORT]"
            )
    return found


def _topic(text: str) -> str:
    """A name that Kafka takes for a topic."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", text) or text in {".", ".."}:
        wanted = "1-249 of A-Z a-z 0-9 . _ -"
        raise SettingInvalid(name=VARIABLES["kafka_topic"], value=text, wanted=wanted)
    return text


def _text(flag: int | None, named: Mapping[str, str], key: str) -> str | None:
    return named.get(key) if flag is None else str(flag)


def _of_the_system(environment: Mapping[str, str]) -> str:
    """The first of LC_ALL and LANG that names a language of ours decides, else Chinese."""
    for name in ("LC_ALL", "LANG"):
        said = environment.get(name, "").lower()
        if said[:2] in LANGUAGES:
            return said[:2]
    return "zh"


def _number(key: str, text: str | None, default: int, most: int, *, least: int = 0) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise SettingInvalid(name=VARIABLES[key], value=text, wanted=f"{least}-{most}")
    return int(text)
