"""A public data set after its import, and its live tables as they stood at a position."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from api.engine import Engine
from api.imports.backfill import backfill
from api.imports.mapping import load_mapping
from domain.kernel.facts import Recorded, kind_of
from domain.kinds import KINDS
from domain.promises import Clock, Fold
from store.codec import Codec
from store.open import MEMORY
from store.register_reader import read_directory
from tests.support.data import shared_data

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Lived:
    """A data set after its import: the result, every case's facts and the registers."""

    def __init__(self, name: str, file: str) -> None:
        folder = shared_data(name)
        (self.expected,) = json.loads((folder / "expected.json").read_text("utf-8")).values()
        self.folder = folder
        self.file = folder / file
        mapping = load_mapping(EXAMPLES / name / "mapping.yaml")
        self.engine = Engine(MEMORY, create=True)
        self.handler = self.engine.handler
        self.result = backfill(mapping, self.file, self.handler)
        self.registers = read_directory(self.handler.log, Codec())

    def cases(self) -> dict[str, list[Recorded]]:
        """Each case with its facts."""
        codec, kept = Codec(), defaultdict(list)
        for page in self.handler.log.follow(0):
            for row in page:
                if row.stream.startswith(("repair-", "complaint-")):
                    kept[row.stream].append(codec.decode(row))
        return kept

    def clocks(self) -> Iterator[tuple[Recorded, dict[str, Clock]]]:
        """Each case's first fact with its clocks by name."""
        for facts in self.cases().values():
            yield (
                facts[0],
                {
                    c.name: c
                    for c in Fold.of(KINDS[kind_of(facts[0].stream)], facts, self.registers).clocks
                    if c.cycle == 1
                },
            )

    def rows(self) -> list[dict[str, str]]:
        """The file as others read it."""
        with gzip.open(self.file, "rt", encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))
