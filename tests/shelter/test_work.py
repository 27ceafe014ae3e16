"""Work, the only way to rows: within the scope of the right, at one moment, and told in the audit."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from db.audit import Action, bound_to
from db.types import Base
from shelter.codelists.records import CodeEntry
from shelter.faults import NotAllowed, NotFound
from shelter.home.records import SettingValue
from shelter.rights import Permission, Scope, needs
from shelter.staff.records import Account, Delegation, RoleGrant, StaffIdentity
from shelter.work import Work
from tests.factories import delegation, keep, told
from tests.stores import Clock, Seat, TestHome

SECRET = "ia menyebut nama kampungnya"


@needs(Permission.STAFF_ACCOUNT_READ)
def _get(work: Work, *, model: type[Base], key: object) -> Base:
    """One row, as a query gets it."""
    return work.get(model, key)


@needs(Permission.STAFF_ACCOUNT_READ)
def _visible(work: Work, *, model: type[Base]) -> list[uuid.UUID]:
    """Every row within reach, as a query lists them; their keys."""
    return [key for (key,) in work.rows(work.visible(model, model.id))]  # type: ignore[attr-defined]


def _grants(work: Work, *, account: uuid.UUID) -> list[uuid.UUID]:
    return [row.id for row in work.unit.session.query(RoleGrant) if row.account_id == account]


def test_who_has_a_right_over_own_rows_reaches_no_other(home: TestHome, head: Seat) -> None:
    siti = head.add("siti", "INSTRUKTUR")
    budi = head.add("budi", "PETUGAS")
    (stand_in,) = head.write(keep, rows=[delegation(head.actor.id, budi)])
    own = head.read(_grants, account=siti)
    others = head.read(_grants, account=budi)
    seat = home.enter("siti")
    assert seat.read(_visible, model=Account) == [siti]
    assert seat.read(_visible, model=RoleGrant) == own
    assert seat.read(_visible, model=Delegation) == []
    assert seat.read(_get, model=Account, key=siti).login == "siti"
    for model, key in [(Account, budi), (RoleGrant, others[0]), (Delegation, stand_in)]:
        with pytest.raises(NotFound) as theirs:
            seat.read(_get, model=model, key=key)
        with pytest.raises(NotFound) as nobodys:
            seat.read(_get, model=model, key=uuid.uuid4())
        assert str(theirs.value) == str(nobodys.value), "whether there is such a row is not said"
        assert head.read(_get, model=model, key=key) is not None
    assert set(head.read(_visible, model=Account)) == {head.actor.id, siti, budi}


def test_a_row_already_loaded_is_no_way_around_the_scope(file_home: TestHome) -> None:
    head = file_home.enter()
    head.add("siti", "INSTRUKTUR")

    def sly(work: Work, *, key: uuid.UUID) -> Base:
        work.unit.session.get(Account, key)
        return _get(work, model=Account, key=key)

    with pytest.raises(NotFound):
        file_home.enter("siti").read(sly, key=head.actor.id)


@pytest.mark.parametrize("scope", [Scope.CLASS, Scope.ASSIGNED, Scope.NONE])
def test_a_scope_the_table_cannot_apply_reaches_nothing(
    file_home: TestHome, monkeypatch: pytest.MonkeyPatch, scope: Scope
) -> None:
    head = file_home.enter()
    monkeypatch.setattr(Work, "scope", lambda _work, _permission: scope)

    def under(work: Work, *, look: Callable[[Work], object]) -> object:
        with work.under(Permission.STAFF_ACCOUNT_READ):
            return look(work)

    for look in (lambda work: work.visible(Account), lambda work: work.get(Account, head.actor.id)):
        with pytest.raises(NotAllowed):
            head.read(under, look=look)


def test_a_table_without_owners_is_closed_to_a_right_over_own_rows(home: TestHome, head: Seat) -> None:
    siti = head.add("siti", "INSTRUKTUR")
    seat = home.enter("siti")
    with pytest.raises(NotAllowed):
        seat.read(_visible, model=CodeEntry)
    with pytest.raises(NotAllowed):
        seat.read(_get, model=StaffIdentity, key=siti)


def test_rows_are_reached_under_a_right_only(file_home: TestHome) -> None:
    head = file_home.enter()

    def after_a_guarded_one(work: Work) -> object:
        _visible(work, model=Account)
        return work.visible(Account)

    attempts: list[Callable[[Work], object]] = [
        lambda work: work.visible(Account),
        lambda work: work.visible(Account, Account.id),
        lambda work: work.get(Account, head.actor.id),
        after_a_guarded_one,
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            head.read(attempt)


def test_a_guarded_function_within_another_acts_under_its_own_right(
    file_home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = file_home.enter()
    siti = head.add("siti", "PETUGAS")
    scopes = {Permission.CODELISTS_ENTRY_WRITE: Scope.ALL, Permission.STAFF_ACCOUNT_READ: Scope.OWN}
    monkeypatch.setattr(Work, "scope", lambda _work, permission: scopes[permission])

    @needs(Permission.CODELISTS_ENTRY_WRITE)
    def outer(work: Work) -> tuple[set[uuid.UUID], list[uuid.UUID], set[uuid.UUID]]:
        """Look, let the inner one look, look again."""

        def look() -> set[uuid.UUID]:
            return {key for (key,) in work.rows(work.visible(Account, Account.id))}

        return look(), _visible(work, model=Account), look()

    both = {head.actor.id, siti}
    assert head.read(outer) == (both, [head.actor.id], both)


# --- when and who


def test_one_moment_and_the_day_of_the_house_for_the_whole_unit(file_home: TestHome, clock: Clock) -> None:
    head = file_home.enter()

    def look(work: Work) -> tuple[datetime, date, uuid.UUID, bool]:
        before = work.now
        clock.forward(hours=30)
        return before, work.today, work.me, work.now == before

    for utc, today in [
        (datetime(2026, 11, 21, 16, 59, 59, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 21, 17, 0, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), date(2027, 1, 1)),
    ]:
        clock.now = utc
        assert head.read(look) == (utc, today, head.actor.id, True)
        clock.now = utc
        assert head.write(look) == (utc, today, head.actor.id, True)
    assert utc.tzinfo is UTC


def test_a_reading_unit_changes_nothing(home: TestHome, head: Seat) -> None:
    def change(work: Work) -> None:
        work.add(SettingValue(name="paper.size", value='"F4"'))
        work.flush()

    with pytest.raises(RuntimeError, match="may not change rows"):
        head.read(change)


def test_many_rows_are_added_at_once_each_with_its_entry(home: TestHome, head: Seat) -> None:
    def add(work: Work) -> int:
        return work.add_many(SettingValue, [{"name": f"a.{n}", "value": "1"} for n in range(3)])

    before = len(told(head))
    assert head.write(add) == 3
    entries = told(head)[before:]
    assert [(entry["action"], entry["row_key"]) for entry in entries] == [("insert", f"a.{n}") for n in range(3)]


# --- what is told


def _note(work: Work, *, key: uuid.UUID) -> str:
    work.note(Action.READ, Account, key, subject=key, text=SECRET)
    return "answer"


def _image(seat: Seat, seq: int) -> bytes:
    query = f"SELECT bytes FROM audit_image WHERE seq = {seq}"
    if seat.home.owner is None:
        with seat.store.ground() as connection:
            return bytes(connection.exec_driver_sql(query).scalar_one())
    engine = seat.home.owner.engine(pooled=False)
    with engine.connect() as connection:
        image = bytes(connection.exec_driver_sql(query).scalar_one())
    engine.dispose()
    return image


@pytest.mark.parametrize("door", ["read", "write"])
def test_a_note_is_chained_and_its_text_is_encrypted(home: TestHome, head: Seat, door: str) -> None:
    key = head.actor.id
    assert getattr(head, door)(_note, key=key) == "answer"
    entry = told(head)[-1]
    assert (entry["action"], entry["table_name"], entry["row_key"]) == ("read", "account", str(key))
    assert (entry["subject"], entry["actor"], entry["machine"]) == (str(key), str(key), "pc-uji")
    image = _image(head, entry["seq"])
    assert SECRET.encode() not in image
    assert SECRET not in " ".join(str(value) for value in entry.values())
    with head.store.ground() as connection:
        cipher: Any = head.store.backend.keys.cipher(connection, str(key))
    plain = cipher.decrypt(image[:12], image[12:], bound_to("account", str(key)))
    assert json.loads(plain) == {"t": SECRET}


def test_a_read_that_fails_is_not_told(file_home: TestHome) -> None:
    head = file_home.enter()
    before = len(told(head))

    def fail(work: Work) -> None:
        _note(work, key=work.me)
        raise NotFound("account")

    for door in (head.read, head.write):
        with pytest.raises(NotFound):
            door(fail)
    assert len(told(head)) == before
