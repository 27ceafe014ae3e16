"""Valid rows and arguments by default: a test names only what it is about."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from db.types import Base
from shelter.codelists.records import CodeEntry
from shelter.faults import RuleBroken
from shelter.rights import Role
from shelter.staff.records import CaseloadLoan, Delegation, RoleGrant
from shelter.work import WIB, Work
from tests.stores import Seat

TODAY = date(2026, 11, 21)
"""The day every test begins on, as ``Clock`` shows it."""


def day(offset: int = 0) -> date:
    """A day so many days after the first one."""
    return TODAY + timedelta(days=offset)


def wib(on: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A moment by the clock on the house's wall, in UTC as every clock of the program tells it."""
    return datetime(on.year, on.month, on.day, hour, minute, second, tzinfo=WIB).astimezone(UTC)


def refusal(call: Callable[[], object]) -> str:
    """The code of the rule that says no to a call; empty when none does."""
    try:
        call()
    except RuleBroken as broken:
        return broken.code
    return ""


def letter(**changes: object) -> dict[str, Any]:
    """What ``delegate`` asks for besides the person: today and two days more."""
    usual = {"title": "Plh.", "from_day": day(), "until_day": day(2), "letter_number": "800/12/DINSOS/2026"}
    return usual | changes


def grant(account: uuid.UUID, role: Role = Role.PETUGAS, **changes: Any) -> RoleGrant:
    """A role held from today on, without an end."""
    usual = {"account_id": account, "role": role.value, "from_day": day(), "granted_by": account}
    return RoleGrant(**usual | changes)


def delegation(head: uuid.UUID, to_account: uuid.UUID, **changes: Any) -> Delegation:
    """A letter that makes somebody stand in for the head."""
    return Delegation(from_account=head, to_account=to_account, **letter(**changes))


def loan(lender: uuid.UUID, borrower: uuid.UUID, **changes: Any) -> CaseloadLoan:
    """A case load lent today and for two days more."""
    usual = {"lender": lender, "borrower": borrower, "from_day": day(), "until_day": day(2)}
    return CaseloadLoan(**usual | changes)


def entry(**changes: Any) -> CodeEntry:
    """A word of the house's own."""
    usual = {"list_name": "aid_type", "code": "X_BIBIT", "label_id": "Bibit", "label_en": "Seeds", "position": 90}
    return CodeEntry(**usual | {"own": True} | changes)


def keep(work: Work, *, rows: Iterable[Base]) -> list[Any]:
    """Add rows as they are, past every rule; their keys. To be handed to ``Seat.write``."""
    kept: list[Any] = list(rows)
    for row in kept:
        work.add(row)
    work.flush()
    return [row.id for row in kept]


def told(seat: Seat) -> Sequence[RowMapping]:
    """Every entry of the audit in order; on a server, where no login may read it, as the owner sees it."""
    query = "SELECT * FROM audit_entry ORDER BY seq"
    if seat.home.owner is None:
        with seat.store.ground() as connection:
            return connection.exec_driver_sql(query).mappings().all()
    engine = seat.home.owner.engine(pooled=False)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(query).mappings().all()
    engine.dispose()
    return rows
