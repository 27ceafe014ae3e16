"""Reading accounts and roles."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_

from db.keyring import fold_login
from shelter.faults import NotFound
from shelter.rights import Permission, Role, needs
from shelter.staff.records import Account, CaseloadLoan, Delegation, RoleGrant
from shelter.work import Work


@dataclass(frozen=True)
class AccountRow:
    """An account as a list shows it."""

    id: UUID
    login: str
    display_name: str
    roles: tuple[Role, ...]
    disabled_at: datetime | None
    removed_at: datetime | None


@dataclass(frozen=True)
class StandingIn:
    """Who stands in for the head today, and how papers print it."""

    account_id: UUID
    title: str
    letter_number: str


@needs(Permission.STAFF_ACCOUNT_READ)
def accounts(work: Work, *, with_removed: bool = False) -> list[AccountRow]:
    """The accounts this person may see, by sign-in name, with the roles each holds today. Two statements."""
    day = work.today
    grants = work.visible(RoleGrant, RoleGrant.account_id, RoleGrant.role).where(
        RoleGrant.ended_at.is_(None),
        RoleGrant.from_day <= day,
        or_(RoleGrant.until_day.is_(None), RoleGrant.until_day >= day),
    )
    held: dict[UUID, set[str]] = defaultdict(set)
    for row in work.rows(grants):
        held[row.account_id].add(row.role)
    columns = (Account.id, Account.login, Account.display_name, Account.disabled_at, Account.removed_at)
    statement = work.visible(Account, *columns).order_by(Account.login, Account.id)
    if not with_removed:
        statement = statement.where(Account.removed_at.is_(None))
    return [
        AccountRow(row.id, row.login, row.display_name, _in_order(held[row.id]), row.disabled_at, row.removed_at)
        for row in work.rows(statement)
    ]


@needs(Permission.STAFF_ACCOUNT_READ)
def account_named(work: Work, *, login: str) -> AccountRow:
    """The account with this sign-in name.

    Raises:
        NotFound: nobody of that name, or not for this person's eyes.
    """
    key = fold_login(login)
    for row in accounts(work):
        if fold_login(row.login) == key:
            return row
    raise NotFound("account")


@needs(Permission.STAFF_ACCOUNT_READ)
def standing_in(work: Work) -> StandingIn | None:
    """Who stands in for the head today, if anybody does."""
    day = work.today
    statement = (
        work.visible(Delegation, Delegation.to_account, Delegation.title, Delegation.letter_number)
        .join(Account, Account.id == Delegation.to_account)
        .where(
            Delegation.from_day <= day,
            Delegation.until_day >= day,
            or_(Delegation.ended_on.is_(None), Delegation.ended_on > day),
            Account.disabled_at.is_(None),
        )
    )
    found = work.rows(statement)
    return StandingIn(*tuple(found[0])) if found else None


@needs(Permission.STAFF_ACCOUNT_READ)
def borrowed_from(work: Work) -> list[UUID]:
    """Whose cases are lent to whoever asks, today."""
    day = work.today
    statement = work.visible(CaseloadLoan, CaseloadLoan.lender).where(
        CaseloadLoan.borrower == work.me,
        CaseloadLoan.from_day <= day,
        CaseloadLoan.until_day >= day,
        or_(CaseloadLoan.ended_on.is_(None), CaseloadLoan.ended_on > day),
    )
    return [lender for (lender,) in work.rows(statement)]


def _in_order(roles: set[str]) -> tuple[Role, ...]:
    return tuple(role for role in Role if role in roles)
