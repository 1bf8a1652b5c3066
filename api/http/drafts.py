"""Takes the drafts by which a question is judged from the body of its POST; none is stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from fastapi import Request

from api.http.bodies import JSON, body_of, media_type
from api.http.problems import BodyNotADocument, document_refused
from api.http.schemas import Schema, reference
from api.imports.documents import parse_document
from api.imports.files import FileInvalid
from api.imports.written import Written
from api.queries.drafts import readable
from domain.kernel.documents import DocumentInvalid
from domain.kernel.kinds import Kinds
from domain.kernel.refusals import Phrase

YAML: Final = "application/yaml"
NAMES: Final[Mapping[str, Path]] = {JSON: Path("body.json"), YAML: Path("body.yaml")}
"""What a body of a type is called where its reader wants a file."""
CALENDAR: Final = {"name": "cn", "hours": {"mon-fri": ["09:00-18:00"]}}
RULEBOOK: Final = {
    "rulebook": "stricter",
    "clocks": {
        "repair.response": {
            "case": "repair", "starts": "reported", "stops": "accepted", "within": "15m",
        }
    },
}  # fmt: skip
IN_YAML: Final = """\
rulebook: stricter
clocks:
  repair.response: {case: repair, starts: reported, stops: accepted, within: 15m}
"""


class Drafts(NamedTuple):
    """Rulebooks and calendars as somebody sent them, not read yet."""

    content: bytes
    name: Path

    def documents(self, kinds: Kinds) -> tuple[Mapping[str, Any], ...]:
        """The documents: the one that the body is, or those of its list.

        Raises:
            DocumentRefused: the body cannot be read, or one of them is no rulebook nor a calendar.
        """
        try:
            written = parse_document(self.content, self.name)
            return _readable(written, kinds)
        except FileInvalid as fault:
            place = Phrase(f"line {fault.line}", f"第 {fault.line} 行")
            raise document_refused(place, fault.sentence) from None


async def drafts_of(request: Request, limit: int) -> Drafts:
    """The drafts that a request carries.

    Only what a page elsewhere cannot send without the browser asking first is taken.

    Raises:
        BodyNotADocument: it is said to be neither JSON nor YAML.
        BodyTooLarge: it is longer than `limit` bytes.
    """
    kind = media_type(request)
    if kind not in NAMES:
        raise BodyNotADocument(kind=kind[:60] or "nothing")
    return Drafts(await body_of(request, limit), NAMES[kind])


def described() -> Schema:
    """What the OpenAPI document says of the body."""
    return {
        "required": True,
        "description": "A rulebook or a calendar, or a list of them; the same as JSON or YAML.",
        "content": {
            JSON: {
                "schema": reference("Drafts"),
                "examples": {
                    "rulebook": {"summary": "One rulebook.", "value": RULEBOOK},
                    "both": {
                        "summary": "A rulebook and a calendar.", "value": [RULEBOOK, CALENDAR],
                    },
                },
            },
            YAML: {"schema": {"type": "string", "format": "binary"}, "example": IN_YAML},
        },
    }  # fmt: skip


def _readable(written: Written, kinds: Kinds) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(written.value, list):
        with written.located():
            return (readable(written.value, kinds),)
    found = []
    with written.located():
        if not written.value:
            raise DocumentInvalid(
                (), Phrase("the list is empty: name at least one.", "列表为空，请至少填写一项。")
            )
    for index, document in enumerate(written.value):
        with written.located((index,)):
            found.append(readable(document, kinds))
    return tuple(found)
