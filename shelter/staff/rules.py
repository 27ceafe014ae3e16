"""Rules of accounts and roles: pure, without a store."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from shelter.faults import RuleBroken
from shelter.rights import Role

LONGEST_LOGIN: Final = 60
FIRST_ROLES: Final = (Role.KEPALA, Role.ADMIN)
"""Whoever founds a home decides and administers, until others are added."""


@dataclass(frozen=True)
class Span:
    """Days from one to another, both counted; an open end is None."""

    from_day: date
    until_day: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the day lies within."""
        return self.from_day <= day and (self.until_day is None or day <= self.until_day)

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share a day. A span ended before it began has none to share."""
        first = max(self.from_day, other.from_day)
        return self.covers(first) and other.covers(first)


def clean_login(login: str) -> str:
    """A sign-in name as it is kept: composed, single spaces, no control characters.

    Raises:
        RuleBroken: ``login_empty``, ``login_long`` or ``login_characters``.
    """
    name = " ".join(unicodedata.normalize("NFC", login).split())
    if not name:
        raise RuleBroken("login_empty", "login")
    # Some letters become several when names are compared.
    if max(len(name), len(unicodedata.normalize("NFKC", name).casefold())) > LONGEST_LOGIN:
        raise RuleBroken("login_long", "login", most=LONGEST_LOGIN)
    if any(unicodedata.category(character).startswith("C") for character in name):
        raise RuleBroken("login_characters", "login")
    return name


def known_roles(roles: Iterable[str]) -> tuple[Role, ...]:
    """The roles by name, each once, in the order of the house.

    Raises:
        RuleBroken: ``role_missing`` for none, ``role_unknown`` for a word that is no role.
    """
    wanted = {role.strip().upper() for role in roles if role.strip()}
    unknown = sorted(wanted - set(Role))
    if unknown:
        raise RuleBroken("role_unknown", "roles", role=unknown[0], roles=", ".join(Role))
    if not wanted:
        raise RuleBroken("role_missing", "roles", roles=", ".join(Role))
    return tuple(role for role in Role if role in wanted)


def must_stay_governable(holders: Mapping[Role, Collection[UUID]], leaving: UUID) -> None:
    """Refuse to shut out the last person who can add people or decide.

    Args:
        holders: for each role, the accounts that hold it and may sign in.
        leaving: the account that would go.

    Raises:
        RuleBroken: ``last_of_role``.
    """
    for role in FIRST_ROLES:
        held = set(holders.get(role, ()))
        if leaving in held and held == {leaving}:
            raise RuleBroken("last_of_role", "account", role=role.value)


def may_stand_in(
    from_account: UUID, to_account: UUID, span: Span, *, title: str, letter_number: str, others: Iterable[Span]
) -> None:
    """Whether somebody may stand in for the head: by letter, from a day to a day, one at a time (handbook section 3).

    Raises:
        RuleBroken: ``delegation_self``, ``delegation_title``, ``delegation_letter``, ``span_order`` or
            ``delegation_twice``.
    """
    if from_account == to_account:
        raise RuleBroken("delegation_self", "to_account")
    if title not in {"Plh.", "Plt."}:
        raise RuleBroken("delegation_title", "title")
    if not letter_number.strip():
        raise RuleBroken("delegation_letter", "letter_number")
    in_order(span)
    if any(span.overlaps(other) for other in others):
        raise RuleBroken("delegation_twice", "from_day")


def may_lend(lender: UUID, borrower: UUID, span: Span, others: Iterable[Span]) -> None:
    """Whether a case load may be lent: to somebody else, for days, to one colleague at a time.

    Raises:
        RuleBroken: ``loan_self``, ``span_order`` or ``loan_twice``.
    """
    if lender == borrower:
        raise RuleBroken("loan_self", "borrower")
    in_order(span)
    if any(span.overlaps(other) for other in others):
        raise RuleBroken("loan_twice", "from_day")


def in_order(span: Span) -> None:
    """Refuse a span that ends before it begins.

    Raises:
        RuleBroken: ``span_order``.
    """
    if span.until_day is None or span.until_day < span.from_day:
        raise RuleBroken("span_order", "until_day")
