"""Rights: which role may do what, over which rows. ``rights.toml`` is the table that counts; nothing here widens it."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache, wraps
from pathlib import Path
from types import MappingProxyType
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from shelter.faults import NotAllowed

P = ParamSpec("P")
T = TypeVar("T")


class Role(StrEnum):
    """The roles of the house (code list ``user_role``). One person may hold several."""

    KEPALA = "KEPALA"
    PEKSOS = "PEKSOS"
    PSIKOLOG = "PSIKOLOG"
    INSTRUKTUR = "INSTRUKTUR"
    PETUGAS = "PETUGAS"
    PERAWAT = "PERAWAT"
    PENDAMPING_HUKUM = "PENDAMPING_HUKUM"
    OPERATOR = "OPERATOR"
    ADMIN = "ADMIN"
    AUDITOR = "AUDITOR"


class Scope(IntEnum):
    """Over which rows a right reaches; of several roles the widest counts."""

    NONE = 0
    CLASS = 1
    OWN = 2
    ASSIGNED = 3
    ALL = 4


class Permission(StrEnum):
    """What can be permitted, as ``area:thing:verb``. A room that is built adds its own."""

    STAFF_ACCOUNT_READ = "staff:account:read"
    STAFF_ACCOUNT_WRITE = "staff:account:write"
    STAFF_ROLE_GRANT = "staff:role:grant"
    STAFF_DELEGATION_WRITE = "staff:delegation:write"
    HOME_SETTINGS_READ = "home:settings:read"
    HOME_SETTINGS_WRITE = "home:settings:write"
    HOME_LETTERHEAD_WRITE = "home:letterhead:write"
    CODELISTS_ENTRY_WRITE = "codelists:entry:write"
    CASES_ASSIGNMENT_WRITE = "cases:assignment:write"
    DOCUMENTS_PAPER_CANCEL = "documents:paper:cancel"
    STORE_CHECK_RUN = "store:check:run"


@dataclass(frozen=True)
class TableRights:
    """Which permissions open a table, on a server by grants and row-level security too.

    ``own`` is the column that holds the account a row belongs to, for scopes narrower than the whole house. ``unless``
    names a yes/no column: rows for which it says yes may be read, never added or changed.
    """

    read: tuple[Permission, ...]
    add: tuple[Permission, ...] = ()
    change: tuple[Permission, ...] = ()
    remove: tuple[Permission, ...] = ()
    own: str = ""
    unless: str = ""


@cache
def table() -> Mapping[str, Mapping[str, Scope]]:
    """The table of rights: permission -> role -> scope, from ``rights.toml``."""
    with (Path(__file__).parent / "rights.toml").open("rb") as file:
        stored = tomllib.load(file)["rights"]
    return MappingProxyType(
        {
            name: MappingProxyType({role: Scope[scope.upper()] for role, scope in row.items()})
            for name, row in stored.items()
        }
    )


def scope_of(permission: Permission, roles: Iterable[str]) -> Scope:
    """How far a permission reaches for somebody with these roles."""
    row = table()[permission]
    return max((row.get(role, Scope.NONE) for role in roles), default=Scope.NONE)


class Rightful(Protocol):
    """What ``needs`` asks of its first argument."""

    def scope(self, permission: Permission) -> Scope:
        """How far the permission reaches for whoever acts."""

    def under(self, permission: Permission) -> AbstractContextManager[None]:
        """Act under this permission: rows are loaded within its scope."""


R = TypeVar("R", bound=Rightful)


def needs(permission: Permission) -> Callable[[Callable[Concatenate[R, P], T]], Callable[Concatenate[R, P], T]]:
    """Guard an action or query: without the right it is refused; with it, rows are loaded within the right's scope.

    Raises (from the guarded function):
        NotAllowed: whoever acts has no right to this at all.
    """

    def guard(function: Callable[Concatenate[R, P], T]) -> Callable[Concatenate[R, P], T]:
        @wraps(function)
        def guarded(work: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
            if work.scope(permission) is Scope.NONE:
                raise NotAllowed(permission)
            with work.under(permission):
                return function(work, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return guard
