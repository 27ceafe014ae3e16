"""The list of all tables. ``alembic.ini`` names this module, so that the ground need not know the rooms above it."""

from collections.abc import Iterator
from typing import Final

import db.records
import shelter.codelists.records
import shelter.home.records
import shelter.staff.records
from db.guards import Access, Privilege
from db.types import Base
from shelter.rights import Permission, Role, Scope, TableRights, table

metadata = Base.metadata

GROUPS: Final = tuple(role.value.lower() for role in Role)
"""On a server: one group for each role."""
MANAGERS: Final = ("admin",)
"""Groups that let people in and out (``staff:account:write``)."""
GRANTERS: Final = ("admin", "kepala")
"""Groups that grant roles (``staff:role:grant``)."""


def _access() -> Iterator[Access]:
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: str(mapper.local_table)):
        rights: TableRights | None = getattr(mapper.class_, "rights", None)
        if rights is not None:
            name: str = mapper.class_.__tablename__
            yield from _of_table(name, rights, "SELECT", rights.read)
            yield from _of_table(name, rights, "INSERT", rights.add)
            yield from _of_table(name, rights, "UPDATE", rights.change)
            yield from _of_table(name, rights, "DELETE", rights.remove)


def _of_table(
    name: str, rights: TableRights, privilege: Privilege, permissions: tuple[Permission, ...]
) -> Iterator[Access]:
    reach = {
        role: max((table()[permission].get(role.value, Scope.NONE) for permission in permissions), default=Scope.NONE)
        for role in Role
    }
    lock = f"(NOT {rights.unless})" if rights.unless and privilege in {"INSERT", "UPDATE"} else ""
    everywhere = tuple(role.value.lower() for role, scope in reach.items() if scope is Scope.ALL)
    if everywhere:
        yield Access(name, privilege, everywhere, lock)
    own = tuple(role.value.lower() for role, scope in reach.items() if scope is Scope.OWN)
    if own:
        if not rights.own:
            raise TypeError(f"{name} has no column that tells whose a row is")
        yield Access(name, privilege, own, f"({rights.own} = (teduh_me())::uuid)")
    narrower = [role for role, scope in reach.items() if scope in {Scope.CLASS, Scope.ASSIGNED}]
    if narrower:
        raise TypeError(f"{name} is opened to {narrower[0]} by a scope that has no policy yet")


ACCESS: Final = tuple(_access())
