"""What may be decided about a site: opening it, or describing it anew."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from domain.kernel.refusals import Refusal, TextRequired, UnknownTimeZone
from domain.kinds.site.facts import SiteOpened


class ZoneFixed(Refusal):
    """Deadlines were judged in the zone {zone} of this site: keep it, or open another site."""

    zh = "该项目已按时区 {zone} 计算时限，请保留原时区，或另行登记项目。"


def open_site(
    site: SiteOpened | None, *, name: str, zone: str, buildings: tuple[str, ...] = ()
) -> list[SiteOpened]:
    """Serve a site from now on, or describe it anew; quiet where all of it is known.

    Raises:
        TextRequired: the name is empty.
        UnknownTimeZone: the zone is not in the time-zone database.
        ZoneFixed: the site is open in another time zone.
    """
    if not name.strip():
        raise TextRequired(field="name")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise UnknownTimeZone(zone=zone) from None
    if site is not None and site.zone != zone:
        raise ZoneFixed(zone=site.zone)
    opened = SiteOpened(name=name, zone=zone, buildings=tuple(buildings))
    return [] if opened == site else [opened]
