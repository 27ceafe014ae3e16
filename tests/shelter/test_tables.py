"""What a server may let whom do follows from the table of rights, table by table."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from db.guards import Access
from db.types import Base
from shelter import tables
from shelter.rights import Permission, Role, Scope, TableRights
from tests.shelter.matrix import rights

MODELS: dict[str, Any] = {
    mapper.class_.__tablename__: mapper.class_
    for mapper in Base.registry.mappers
    if mapper.class_.__module__.startswith("shelter.")
}
GROUP = {role: role.value.lower() for role in Role}


def _groups(permissions: tuple[Permission, ...], scope: str) -> set[str]:
    """The groups whose widest scope over these permissions is this one, by the file of rights."""
    order = ["none", "class", "own", "assigned", "all"]
    widest = {
        role: max((rights()[permission].get(role, "none") for permission in permissions), key=order.index)
        for role in Role
    }
    return {GROUP[role] for role in Role if widest[role] == scope}


def _due() -> list[tuple[str, str, frozenset[str], str]]:
    due = []
    for name, model in MODELS.items():
        given: TableRights = model.rights
        parts = {"SELECT": given.read, "INSERT": given.add, "UPDATE": given.change, "DELETE": given.remove}
        for privilege, permissions in parts.items():
            if not permissions:
                continue
            locked = f"(NOT {given.unless})" if given.unless and privilege in {"INSERT", "UPDATE"} else ""
            if everywhere := _groups(permissions, "all"):
                due.append((name, privilege, frozenset(everywhere), locked))
            if own := _groups(permissions, "own"):
                due.append((name, privilege, frozenset(own), f"({given.own} = (teduh_me())::uuid)"))
    return due


def test_every_room_says_who_may_do_what_to_its_tables() -> None:
    assert {"account", "role_grant", "delegation", "code_entry", "setting_value"} < set(MODELS)
    assert [name for name, model in MODELS.items() if not isinstance(getattr(model, "rights", None), TableRights)] == []
    for name, model in MODELS.items():
        given: TableRights = model.rights
        assert given.read, name
        columns = set(model.__table__.columns.keys())
        assert {given.own, given.unless} - {""} <= columns, name


def test_access_follows_from_the_rights() -> None:
    found = [(each.table, each.privilege, frozenset(each.groups), each.where) for each in tables.ACCESS]
    assert sorted(found, key=repr) == sorted(_due(), key=repr)
    assert len({(each.table, each.name) for each in tables.ACCESS}) == len(tables.ACCESS), "policies have names"


def test_access_says_of_some_tables_what_one_would_expect() -> None:
    """Stated by hand, so that a mistake shared by program and test above does not hide."""
    access = {(each.table, each.name): each for each in tables.ACCESS}
    everyone = tuple(GROUP.values())
    narrow = ("instruktur", "pendamping_hukum")
    wide = tuple(group for group in everyone if group not in narrow)
    assert access["account", "teduh_select_all"].groups == wide
    assert access["account", "teduh_select_some"] == Access("account", "SELECT", narrow, "(id = (teduh_me())::uuid)")
    assert access["account", "teduh_update_all"].groups == ("admin",)
    assert access["delegation", "teduh_insert_all"].groups == ("kepala",)
    assert access["staff_identity", "teduh_select_all"].groups == ("kepala", "admin")
    assert access["number_issued", "teduh_insert_all"].groups == everyone
    assert access["number_issued", "teduh_update_all"].groups == ("kepala", "operator")
    assert access["code_entry", "teduh_update_some"].where == "(NOT locked)"
    assert access["code_entry", "teduh_insert_some"].where == "(NOT locked)"
    assert access["code_entry", "teduh_select_all"].groups == everyone
    assert not any(each.privilege == "DELETE" for each in tables.ACCESS), "nothing of these rooms is ever deleted"


def test_who_lets_people_in_and_who_grants_roles_is_as_the_rights_say() -> None:
    assert set(tables.MANAGERS) == _groups((Permission.STAFF_ACCOUNT_WRITE,), "all")
    assert set(tables.GRANTERS) == _groups((Permission.STAFF_ROLE_GRANT,), "all")
    assert set(tables.GROUPS) == set(GROUP.values())


def test_a_grounds_own_table_is_opened_by_no_room() -> None:
    assert {each.table for each in tables.ACCESS} == set(MODELS)


# --- a table that no policy can keep


def _of(monkeypatch: pytest.MonkeyPatch, given: TableRights, scope: Scope | None = None) -> list[Access]:
    """The access to one made-up table; ``scope`` is what a trainer has of it, instead of what the rights say."""
    fake = type("Fake", (), {"__tablename__": "fake", "rights": given})
    mapper = SimpleNamespace(class_=fake, local_table="fake")
    monkeypatch.setattr(tables, "Base", SimpleNamespace(registry=SimpleNamespace(mappers=[mapper])))
    if scope is not None:
        row: Mapping[str, Scope] = {"KEPALA": Scope.ALL, "INSTRUKTUR": scope}
        monkeypatch.setattr(tables, "table", lambda: dict.fromkeys(Permission, row))
    return list(tables._access())


_ONE = (Permission.HOME_SETTINGS_READ,)
_PARTS: list[Callable[[], TableRights]] = [
    lambda: TableRights(_ONE, own="owner"),
    lambda: TableRights((), add=_ONE, own="owner"),
    lambda: TableRights((), change=_ONE, own="owner"),
    lambda: TableRights((), remove=_ONE, own="owner"),
]


@pytest.mark.parametrize("given", _PARTS)
@pytest.mark.parametrize("scope", [Scope.CLASS, Scope.ASSIGNED])
def test_a_scope_without_a_policy_is_refused_and_not_left_open(
    monkeypatch: pytest.MonkeyPatch, given: Callable[[], TableRights], scope: Scope
) -> None:
    with pytest.raises(TypeError, match="fake is opened to INSTRUKTUR by a scope that has no policy yet"):
        _of(monkeypatch, given(), scope)


def test_own_rows_need_a_column_that_tells_whose_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="no column that tells whose a row is"):
        _of(monkeypatch, TableRights((Permission.STAFF_ACCOUNT_READ,)))
    made = _of(monkeypatch, TableRights((Permission.STAFF_ACCOUNT_READ,), own="owner"))
    assert [each.where for each in made] == ["", "(owner = (teduh_me())::uuid)"]


def test_a_table_without_rights_is_opened_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _of(monkeypatch, TableRights(())) == []
    assert _of(monkeypatch, TableRights(_ONE, own="owner"), Scope.NONE) == [Access("fake", "SELECT", ("kepala",))]
