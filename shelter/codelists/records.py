"""Entries of the code lists. Those the law words are locked, in the database itself too."""

from typing import ClassVar

from sqlalchemy import CheckConstraint, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.guards import refuse
from db.types import Base, Changing, Key
from shelter.rights import Permission, TableRights

_WRITE = (Permission.CODELISTS_ENTRY_WRITE,)


class CodeEntry(Changing, Base):
    """One word of one list. Hidden when no longer used, never removed: old rows go on naming it."""

    __tablename__ = "code_entry"
    __table_args__ = (
        UniqueConstraint("list_name", "code"),
        CheckConstraint("NOT (own AND locked)", name="own_unlocked"),
        # Not IN: for a list of three SQLite builds a little table at each insert, which costs five times the insert.
        CheckConstraint(
            "locked = (list_name = 'tppo_cara' OR list_name = 'tppo_proses' OR list_name = 'tppo_tujuan')",
            name="statutory",
        ),
        {
            "info": {
                "guards": [
                    refuse("code_entry", "code_entry_no_delete", "DELETE", "", "entries are hidden, never removed"),
                    refuse("code_entry", "code_entry_locked", "UPDATE", "OLD.locked", "the law words this list"),
                ]
            }
        },
    )
    rights: ClassVar[TableRights] = TableRights(
        (Permission.HOME_SETTINGS_READ,), add=_WRITE, change=_WRITE, unless="locked"
    )

    id: Mapped[Key]
    list_name: Mapped[str] = mapped_column(String(60))
    code: Mapped[str] = mapped_column(String(60))
    label_id: Mapped[str] = mapped_column(String(300))
    label_en: Mapped[str] = mapped_column(String(300))
    note: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(default=True)
    own: Mapped[bool] = mapped_column(default=False)
    locked: Mapped[bool] = mapped_column(default=False)
