"""Sites 项目: what is served, and in which time zone."""

from domain.kernel.kinds import Kind, newest
from domain.kernel.refusals import Phrase
from domain.kinds.site.facts import SITE_KIND, SiteOpened

KIND = Kind(
    name=SITE_KIND,
    title=Phrase("site", "项目"),
    facts=(SiteOpened,),
    evolve=newest,
    case=False,
)

__all__ = ["KIND"]
