"""What a figure may ask of each row set: its own columns, its cases' attributes, words, labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from domain.kernel.kinds import Attribute, Kept, Kind
from domain.promises.clock import Verdict

LABEL: Final = "label."
"""What the name of a label begins with where a rulebook asks for one."""
WAITING: Final = "waiting"
ANSWERS: Final = (
    "very_satisfied", "satisfied", "neutral", "dissatisfied",
    "expired", "unreachable", "declined", WAITING,
)  # fmt: skip
"""What a service can have been answered with: the level, why there is none, or not yet."""
JUDGED: Final = tuple(
    map(
        str,
        (Verdict.MET, Verdict.ENTERED_LATE, Verdict.LATE, Verdict.LAPSED, Verdict.WAIVED),
    )
)
"""The verdicts that are an outcome. A run without one is no row of a figure."""
VERDICTS: Final = tuple(dict.fromkeys((*JUDGED, *map(str, Verdict))))


class Type(StrEnum):
    """What a column holds, which decides how it may be compared and what can be made of it."""

    TEXT = "text"
    NUMBER = "number"
    COUNT = "count"
    TRUTH = "yes or no"
    INSTANT = "instant"
    LENGTH = "length of time"
    WORD = "fact"


_KEPT: Final[Mapping[Kept, Type]] = MappingProxyType(
    {
        "TEXT": Type.TEXT,
        "INTEGER": Type.NUMBER,
        "COUNT": Type.COUNT,
        "TRUTH": Type.TRUTH,
        "INSTANT": Type.INSTANT,
    }
)


class Column(NamedTuple):
    """Something rows can be asked for.

    ``origin`` says where it is found: in the row set itself, in the row's case, among the facts
    of the row, or among the labels of its case. ``values`` are all it can have, None where they
    are open.
    """

    name: str
    type: Type
    origin: Literal["own", "case", "word", "label"] = "own"
    values: tuple[str, ...] | None = None

    @property
    def groups(self) -> bool:
        """Whether a figure can be shown by it."""
        return self.type in {Type.TEXT, Type.NUMBER, Type.COUNT, Type.TRUTH}

    @property
    def measurable(self) -> bool:
        """Whether sums and means can be made of it."""
        return self.type in {Type.NUMBER, Type.COUNT, Type.LENGTH}


RowSet = Literal["cases", "services", "clocks"]

_COMMON: Final = (Column("site", Type.TEXT), Column("opened", Type.INSTANT))
OWN: Final[Mapping[RowSet, tuple[Column, ...]]] = MappingProxyType(
    {
        "cases": (
            *_COMMON,
            Column("served", Type.INSTANT),
            Column("closed", Type.INSTANT),
            Column("cycle", Type.COUNT),
            Column("late_entries", Type.COUNT),
            Column("paused", Type.LENGTH),
            Column("served_after", Type.LENGTH),
            Column("closed_after", Type.LENGTH),
            Column("closed_after_net", Type.LENGTH),
            Column("again_after", Type.LENGTH),
        ),
        "services": (
            *_COMMON,
            Column("served", Type.INSTANT),
            Column("closed", Type.INSTANT),
            Column("rated", Type.INSTANT),
            Column("cycle", Type.COUNT),
            Column("answer", Type.TEXT, values=ANSWERS),
            Column("technician", Type.TEXT),
            Column("visits", Type.COUNT),
            Column("served_after", Type.LENGTH),
            Column("served_again", Type.TRUTH),
        ),
        "clocks": (
            Column("site", Type.TEXT),
            Column("verdict", Type.TEXT, values=VERDICTS),
            Column("cycle", Type.COUNT),
            Column("service", Type.COUNT),
            Column("started", Type.INSTANT),
            Column("due", Type.INSTANT),
            Column("stopped", Type.INSTANT),
            Column("detected", Type.INSTANT),
            Column("provisional", Type.TRUTH),
            Column("rungs", Type.COUNT),
            Column("acknowledged", Type.COUNT),
            Column("late_entries", Type.COUNT),
            Column("stopped_after", Type.LENGTH),
            Column("consumed", Type.LENGTH),
            Column("lateness", Type.LENGTH),
        ),
    }
)
"""The columns of each row set besides `kind` and, of clocks, `clock`."""


class Columns:
    """The columns of a row set for some kinds of case, found by name.

    Own columns come first, then attributes of the case, then words of facts; a label is asked for
    as ``label.NAME``. Words are known where rows hold facts, which runs of clocks do not.
    """

    def __init__(
        self,
        rows: RowSet,
        kinds: Sequence[Kind],
        *,
        among: Iterable[str],
        clocks: Iterable[str] | None = None,
    ) -> None:
        """Know the columns of some kinds.

        ``among`` are all kinds there are, ``clocks`` those one may name, None for any.
        """
        own = [*OWN[rows], Column("kind", Type.TEXT, values=tuple(among))]
        if rows == "clocks":
            own.append(Column("clock", Type.TEXT, values=None if clocks is None else tuple(clocks)))
        known = {column.name: column for column in own}
        for kind in kinds:
            for attribute in kind.attributes:
                known[attribute.name] = _attribute(attribute, known.get(attribute.name))
        self.known: Mapping[str, Column] = known
        self.words = frozenset(
            fact.word for kind in kinds for fact in kind.facts if rows != "clocks"
        )

    def find(self, name: str) -> Column | None:
        """The column of a name, None if there is none."""
        column = self.known.get(name)
        if column is None and name.startswith(LABEL) and name != LABEL:
            return Column(name.removeprefix(LABEL), Type.TEXT, "label")
        if column is None and name in self.words:
            return Column(name, Type.WORD, "word")
        return column

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that can be asked for but labels."""
        return (*self.known, *sorted(self.words - self.known.keys()), f"{LABEL}NAME")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What a figure can be shown by but labels."""
        return tuple(name for name, column in self.known.items() if column.groups)


def _attribute(attribute: Attribute, known: Column | None) -> Column:
    """The column of an attribute; of two kinds' values both can be meant, own columns stay."""
    if known is not None and known.origin == "own":
        return known
    values = tuple(map(str, attribute.values)) or None
    if known is not None:
        open_ = known.values is None or values is None
        values = None if open_ else tuple(dict.fromkeys((*(known.values or ()), *(values or ()))))
    return Column(attribute.name, _KEPT[attribute.type], "case", values)
