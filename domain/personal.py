"""For personal data: the one type through which names, phones, addresses and free text pass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personal:
    """A text that says something about a person.

    ``of`` names the subject whose key will protect the text (a household or a member of staff).
    Rules may carry a ``Personal`` but never look inside, so a cipher can be put beneath it.
    """

    text: str
    of: str = ""

    def belonging_to(self, subject: str) -> Personal:
        """The same text under the subject's key, unless it already names one."""
        return self if self.of else Personal(self.text, subject)

    def __repr__(self) -> str:
        return f"Personal(of={self.of!r}, …)"


def belonging(text: Personal | None, subject: str) -> Personal | None:
    """Put an optional text under the subject's key."""
    return None if text is None else text.belonging_to(subject)
