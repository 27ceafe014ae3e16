"""Accounts of the people who work in the house, and what they may stand for, from when to when."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from db.types import Base, Changing, Key, UtcTime
from shelter.rights import Permission, TableRights

_READ = (Permission.STAFF_ACCOUNT_READ,)
_WRITE = (Permission.STAFF_ACCOUNT_WRITE,)
_GRANT = (Permission.STAFF_ROLE_GRANT, Permission.STAFF_ACCOUNT_WRITE)


class Account(Changing, Base):
    """A person who may sign in. Never deleted: the audit and every paper go on naming who it was."""

    __tablename__ = "account"
    subject_column: ClassVar[str | None] = "id"
    rights: ClassVar[TableRights] = TableRights(_READ, add=_WRITE, change=_WRITE, own="id")

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(60))
    login_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    """The sign-in name as compared; emptied when the person is removed, so that the name is free again."""
    display_name: Mapped[str] = mapped_column(String(120))
    employee_number: Mapped[str] = mapped_column(String(40), default="")
    """NIP, SIPP or social-work registration, as printed under a signature."""
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)


class StaffIdentity(Changing, Base):
    """What only the head and the administrator need of a colleague."""

    __tablename__ = "staff_identity"
    subject_column: ClassVar[str | None] = "account_id"
    rights: ClassVar[TableRights] = TableRights(_GRANT, add=_WRITE, change=_WRITE)

    account_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("account.id"), primary_key=True)
    full_name: Mapped[str] = mapped_column(String(160))
    phone: Mapped[str] = mapped_column(String(40), default="")


class RoleGrant(Changing, Base):
    """A role held from a day on, until a day or until it is ended. Never deleted: who could do what is evidence."""

    __tablename__ = "role_grant"
    __table_args__ = (CheckConstraint("until_day IS NULL OR until_day >= from_day", name="days"),)
    subject_column: ClassVar[str | None] = "account_id"
    rights: ClassVar[TableRights] = TableRights(_READ, add=_GRANT, change=_GRANT, own="account_id")

    id: Mapped[Key]
    account_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("account.id"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    from_day: Mapped[date]
    until_day: Mapped[date | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    granted_by: Mapped[uuid.UUID] = mapped_column(Uuid)


class Delegation(Changing, Base):
    """Somebody stands in for the head by letter, from a day to a day (handbook section 3): *Plh.* or *Plt.*"""

    __tablename__ = "delegation"
    __table_args__ = (CheckConstraint("until_day >= from_day", name="days"),)
    rights: ClassVar[TableRights] = TableRights(
        _READ,
        add=(Permission.STAFF_DELEGATION_WRITE,),
        change=(Permission.STAFF_DELEGATION_WRITE,),
        own="to_account",
    )

    id: Mapped[Key]
    from_account: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("account.id"))
    to_account: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("account.id"), index=True)
    title: Mapped[str] = mapped_column(String(4))
    from_day: Mapped[date]
    until_day: Mapped[date]
    letter_number: Mapped[str] = mapped_column(String(80))
    ended_on: Mapped[date | None]


class CaseloadLoan(Changing, Base):
    """A social worker's cases lent to a colleague during leave."""

    __tablename__ = "caseload_loan"
    __table_args__ = (CheckConstraint("until_day >= from_day", name="days"),)
    rights: ClassVar[TableRights] = TableRights(
        _READ,
        add=(Permission.CASES_ASSIGNMENT_WRITE,),
        change=(Permission.CASES_ASSIGNMENT_WRITE,),
        own="borrower",
    )

    id: Mapped[Key]
    lender: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("account.id"))
    borrower: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("account.id"), index=True)
    from_day: Mapped[date]
    until_day: Mapped[date]
    reason: Mapped[str] = mapped_column(Text, default="")
    ended_on: Mapped[date | None]
