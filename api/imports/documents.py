"""Reads documents that people write, in YAML or JSON."""

from __future__ import annotations

from pathlib import Path

from api.imports.files import text_of
from api.imports.json_lines import parse_json, read_json
from api.imports.written import Written
from api.imports.yaml_lines import parse_yaml, read_yaml


def read_document(file: Path) -> Written:
    """Read a document: JSON where the file's name ends so, otherwise YAML.

    Raises:
        FileInvalid: it cannot be read, or exceeds a limit.
    """
    return read_json(file) if file.suffix.lower() == ".json" else read_yaml(file)


def parse_document(content: bytes, called: Path) -> Written:
    """Read a document that somebody sent, by the name that it is called by.

    Raises:
        FileInvalid: it cannot be read, or exceeds a limit.
    """
    text = text_of(called, content)
    return (parse_json if called.suffix.lower() == ".json" else parse_yaml)(called, text)
