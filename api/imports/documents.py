"""Reads documents that people write, in YAML or JSON."""

from __future__ import annotations

from pathlib import Path

from api.imports.json_lines import read_json
from api.imports.written import Written
from api.imports.yaml_lines import read_yaml


def read_document(file: Path) -> Written:
    """Read a document: JSON where the file's name ends so, otherwise YAML.

    Raises:
        FileInvalid: it cannot be read, or exceeds a limit.
    """
    return read_json(file) if file.suffix.lower() == ".json" else read_yaml(file)
