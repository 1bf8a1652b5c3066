"""The rulebook: one document that says every promise, refused where it is unclear."""

from domain.rulebook.book import NOTHING, Rulebook
from domain.rulebook.kpis import Kpi
from domain.rulebook.reader import read_rulebook, read_strictly

__all__ = ["NOTHING", "Kpi", "Rulebook", "read_rulebook", "read_strictly"]
