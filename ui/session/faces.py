"""Who may be offered at sign-in: no role, and no more of a name than the house chose to show."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Face:
    """A tile of the sign-in page. ``tag`` is what is handed back when it is chosen."""

    tag: str
    initials: str
    name: str
