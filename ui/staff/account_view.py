"""One person of the staff as the list shows it, and the labels of what it is told by codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shelter.language import _

State = Literal["active", "disabled"]


@dataclass(frozen=True)
class AccountView:
    """A row of the list."""

    id: UUID
    login: str
    display_name: str
    roles: tuple[str, ...]
    state: State


def state_label(state: State) -> str:
    return _("Aktif") if state == "active" else _("Nonaktif")


def roles_label(roles: tuple[str, ...], labels: Mapping[str, str]) -> str:
    """The roles in words; a code without words stands for itself."""
    return ", ".join(labels.get(role, role) for role in roles)


def initials(name: str) -> str:
    """At most two letters that stand for a name."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
