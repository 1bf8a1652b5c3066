"""Fills the fields of commands: from a row's text to the type a field is declared with."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints

from api.imports.faults import ValueMissing, ValueUnknown
from api.imports.forms import Fill, Form, Index, read_form
from api.imports.limits import DIGITS
from api.imports.rows import Cells
from api.imports.times import Times
from commands.messages import Message
from domain.kernel.documents import DocumentInvalid, Path, Section
from domain.kernel.personal import Personal
from domain.kernel.refusals import Phrase

Convert = Callable[[str], Any]
Put = Callable[[Cells], Any]
"""The value of a field for one row, MISSING where the row leaves it out."""

_WHOLE: Final = re.compile(rf"\s*[-+]?[0-9]{{1,{DIGITS}}}\s*")
_WHOLE_NUMBER: Final = Phrase(
    f"a whole number of at most {DIGITS} digits", f"最多 {DIGITS} 位的整数"
)
TRUTHS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Field:
    """One field of a step, and what it is made of."""

    def __init__(self, command: type[Message], name: str, value: object, path: Path) -> None:
        """Read the form of the field.

        Raises:
            DocumentInvalid: it is unclear, or the field cannot be filled from a file.
        """
        self.name = name
        self.required = name in _required(command)
        self.kind = _kind(get_type_hints(command)[name])
        self.labels: dict[str, Form] = {}
        self.form: Form | None = None
        if self.kind is Mapping:
            part = Section(value, path)
            self.labels = {key: read_form(form, part.at(key)) for key, form in part.value.items()}
        elif self.kind is None:
            raise DocumentInvalid(
                path, Phrase(f"{name} cannot be filled from a file.", f"{name} 不能由文件填写。")
            )
        else:
            self.form = read_form(value, path)
            self._try_constant(path)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the field looks at."""
        forms = [*self.labels.values(), *filter(None, [self.form])]
        return tuple(column for form in forms for column in form.columns)

    def bind(self, index: Index, times: Times) -> Put:
        """How the field is filled from a row's cells."""
        if self.form is None:
            return _labels({key: form.bind(index) for key, form in self.labels.items()})
        fill, convert = self.form.bind(index), self._convert(times)
        if not self.required:
            return _optional(fill, convert)
        missing = {"field": self.name, "column": self.form.shown}

        def put(cells: Cells) -> object:
            text = fill(cells)
            if text is None:
                raise ValueMissing(**missing)
            return text if convert is None else convert(text)

        return put

    def _convert(self, times: Times) -> Convert | None:
        name, kind = self.name, self.kind
        assert kind is not None
        if kind is str:
            return None
        if kind is Personal:
            return Personal
        if kind is datetime:
            return lambda text: times.read(text, name)
        if kind is bool:
            return choice(name, TRUTHS)
        if kind is int:
            return lambda text: _whole(name, text)
        return choice(name, {str(member): member for member in kind})

    def _try_constant(self, path: Path) -> None:
        """Refuse a constant the field can never take while its line can still be named."""
        assert self.form is not None
        if self.form.columns or self.kind is datetime:
            return
        convert = self._convert(Times())
        text = self.form.bind({})(())
        try:
            if convert is not None and text is not None:
                convert(text)
        except ValueUnknown as fault:
            sentence = Phrase(fault.sentence, fault.sentence_zh)
            raise DocumentInvalid(path, sentence) from fault


def _required(command: type[Message]) -> frozenset[str]:
    return frozenset(
        f.name for f in fields(command) if f.default is MISSING and f.default_factory is MISSING
    )


def missing_fields(command: type[Message], given: frozenset[str]) -> list[str]:
    """The fields a step must still say, in order."""
    return sorted(_required(command) - given)


def _kind(annotation: Any) -> Any:  # noqa: ANN401 - types as values
    """What a field holds besides None; None if no text can become it."""
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = [a for a in get_args(annotation) if a is not types.NoneType]
    if isinstance(annotation, NewType):
        annotation = annotation.__supertype__
    if get_origin(annotation) is Mapping or get_origin(annotation) is get_origin(Mapping[str, str]):
        return Mapping
    if annotation in (str, int, bool, datetime, Personal):
        return annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, StrEnum) else None


def _optional(fill: Fill, convert: Convert | None) -> Put:
    def put(cells: Cells) -> object:
        text = fill(cells)
        if text is None:
            return MISSING
        return text if convert is None else convert(text)

    return put


def _labels(fills: Mapping[str, Fill]) -> Put:
    def put(cells: Cells) -> dict[str, str]:
        found = ((key, fill(cells)) for key, fill in fills.items())
        return {key: text for key, text in found if text is not None}

    return put


def choice(field: str, known: Mapping[str, Any]) -> Convert:
    """How one of the known texts becomes its value."""

    def convert(text: str) -> object:
        try:
            return known[text]
        except KeyError:
            raise ValueUnknown(field=field, text=text, known=", ".join(known)) from None

    return convert


def _whole(field: str, text: str) -> int:
    if _WHOLE.fullmatch(text) is None:
        raise ValueUnknown(field=field, text=text, known=_WHOLE_NUMBER)
    return int(text)
