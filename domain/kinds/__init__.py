"""The kinds of stream there are: this list is the only one."""

from typing import Final

from domain.kernel.kinds import Kinds
from domain.kinds import complaint, repair, rules, site
from domain.promises.facts import CLOCK_FACTS

KINDS: Final = Kinds(
    (complaint.KIND, repair.KIND, site.KIND, rules.KIND),
    common=CLOCK_FACTS,
)

__all__ = ["KINDS"]
