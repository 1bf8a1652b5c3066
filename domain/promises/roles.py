"""Who stands behind a role: the roster of a rulebook."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who stands behind a role: at one site or everywhere, from one date to another or always."""

    staff: str
    site: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of the rulebook and its roster; the first holder that fits is the addressee."""

    name: str
    title: str = ""
    holders: tuple[Holder, ...] = ()

    def holder(self, site: str, day: str) -> str | None:
        """The staff id behind the role at a site on a local ISO date, None if nobody is."""
        for holder in self.holders:
            if holder.site not in (None, site):
                continue
            if (holder.since or "") <= day <= (holder.until or "9999"):
                return holder.staff
        return None
