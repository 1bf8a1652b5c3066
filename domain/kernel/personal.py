"""Personal data: the one type through which names, phones, addresses and free text pass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    """A text that says something about a person.

    ``of`` names the subject whose key will protect the text: `SITE/HOUSEHOLD`, or a member of
    staff. Rules may carry a ``Personal`` but never look inside, so a cipher can be put beneath it.
    """

    text: str
    of: str = ""

    def belonging_to(self, subject: str) -> Personal:
        """The same text under the subject's key, unless it already names one."""
        return self if self.of else Personal(self.text, subject)

    @property
    def blank(self) -> bool:
        """Whether nothing is said."""
        return not self.text.strip()

    def __repr__(self) -> str:
        return f"Personal(of={self.of!r}, …)"


def belonging(text: Personal | None, subject: str) -> Personal | None:
    """Put an optional text under the subject's key."""
    return None if text is None else text.belonging_to(subject)


def household_subject(site: str, household: str) -> str:
    """The subject that a household is: the same number at two sites is two households."""
    return f"{site}/{household}"
