"""The two doors to rows, on both stores: all or nothing, noted before it is told, and silent about values."""

import json
import re
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Integer, cast, select
from sqlalchemy.exc import SQLAlchemyError, StatementError

from db.audit import Action, Draft, Entry, bound_to
from db.check import check_file
from db.faults import Conflict, Damaged, DiskTrouble, StoreFault, StoreLocked
from db.files import StoreFolder
from db.serverfound import check_server
from db.slots import Book
from db.unit import UnitSession
from db.verify import Report
from shelter.codelists import actions as codelist_actions
from shelter.codelists import queries as codelist_queries
from shelter.codelists.records import CodeEntry
from shelter.faults import RuleBroken
from shelter.home import actions as home_actions
from shelter.home import queries as home_queries
from shelter.home.records import HomeIdentity, SettingValue
from shelter.rights import Permission
from shelter.staff import actions as staff_actions
from shelter.staff import queries as staff_queries
from shelter.staff.records import CaseloadLoan
from shelter.work import Work
from tests.stores import Seat, TestHome

SECRET = "Dayang Nurhaliza"
"""A value, of which no text that is raised may hold a letter."""


@contextmanager
def _seeing_all(seat: Seat) -> Iterator[Connection]:
    """A connection that sees the audit: of the file itself, or of the server's owner."""
    if seat.home.owner is None:
        with seat.store.ground() as connection:
            yield connection
        return
    engine = seat.home.owner.engine(pooled=False)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _entries(seat: Seat, since: int = 0) -> list[Entry]:
    with _seeing_all(seat) as connection:
        columns = ", ".join(Entry._fields)
        rows = connection.exec_driver_sql(f"SELECT {columns} FROM audit_entry WHERE seq > {since} ORDER BY seq")
        return [Entry(*row) for row in rows]


def _image(seat: Seat, entry: Entry) -> Any:
    with _seeing_all(seat) as connection:
        found = connection.exec_driver_sql(f"SELECT bytes FROM audit_image WHERE seq = {entry.seq}").scalar_one()
        cipher = seat.store.backend.keys.cipher(connection, entry.subject)
        plain = cipher.decrypt(bytes(found[:12]), bytes(found[12:]), bound_to(entry.table_name, entry.row_key))
    return json.loads(plain)


def _checked(seat: Seat) -> Report:
    """Every row against its image, the chain and the head file."""
    if seat.home.owner is None:
        return check_file(seat.store, StoreFolder(seat.home.folder), full=True)
    return check_server(seat.store, seat.home.owner, full=True)


def _as_it_was(seat: Seat, act: Callable[[], object]) -> bool:
    """Do something; whether rows, audit, head file and slots are as before."""

    def state() -> tuple[object, ...]:
        slots = seat.home.folder / "teduh.slots"
        book = Book.from_bytes(slots.read_bytes()) if slots.exists() else None
        people = seat.read(staff_queries.accounts)
        return (seat.store.head(), seat.store.anchor.read(), people, seat.read(home_queries.settings), book)

    before = state()
    act()
    return state() == before


def _row(code: str, **more: object) -> dict[str, Any]:
    return {"list_name": "user_role", "code": code, "label_id": "Uji", "label_en": "Test", "position": 99, **more}


# --- all or nothing


def test_an_action_that_fails_leaves_no_row_no_entry_and_no_way_in(home: TestHome, head: Seat) -> None:
    def half(work: Work) -> None:
        home_actions.change_setting(work, name="paper.size", value="F4")
        staff_actions.add_account(work, login="siti", roles=("PETUGAS",), credential=credential)
        work.add_many(CodeEntry, [_row("X_BANYAK")])
        raise ValueError("midway")

    credential = home.credential("siti")

    def fail() -> None:
        with pytest.raises(ValueError, match="midway"):
            head.write(half)

    assert _as_it_was(head, fail)
    with pytest.raises(StoreFault):
        home.enter("siti")
    head.write(home_actions.change_setting, name="paper.size", value="F4")
    assert _checked(head).findings == []


def test_what_is_undone_is_undone_even_when_rolling_back_fails(
    file_home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat = file_home.enter()
    credential = file_home.credential("siti")

    def lost(_session: UnitSession) -> None:
        raise StoreLocked(reason="busy")

    def half(work: Work) -> None:
        staff_actions.add_account(work, login="siti", roles=("PETUGAS",), credential=credential)
        monkeypatch.setattr(UnitSession, "rollback", lost)
        raise ValueError("midway")

    before = (file_home.folder / "teduh.slots").read_bytes()
    with pytest.raises(StoreLocked):
        seat.write(half)
    monkeypatch.undo()
    assert (file_home.folder / "teduh.slots").read_bytes() == before


def test_a_change_and_its_entries_appear_together(head: Seat) -> None:
    since = head.store.head().seq
    head.write(home_actions.change_setting, name="paper.size", value="F4")
    (entry,) = _entries(head, since)
    assert (entry.action, entry.table_name, entry.row_key) == ("insert", "setting_value", "paper.size")
    assert (entry.actor, entry.machine) == (str(head.actor.id), "pc-uji")
    assert _image(head, entry) == {"v": {"name": "paper.size", "value": '"F4"', "version": 1}}
    head.write(home_actions.change_setting, name="paper.size", value="A4")
    entry = _entries(head, since + 1)[0]
    assert (entry.action, _image(head, entry)["v"]["version"]) == ("update", 2)


def test_an_action_that_changes_nothing_leaves_no_entry(file_home: TestHome) -> None:
    head = file_home.enter()

    def nothing() -> None:
        head.write(lambda work: None)
        head.write(home_actions.rename_home, name="Rumah Uji Coba", place="")

    assert _as_it_was(head, nothing)


def test_many_rows_are_audited_as_single_ones_are(head: Seat) -> None:
    since = head.store.head().seq
    note = "catatan — dengan \u201ctanda\u201d"

    def add(work: Work) -> None:
        work.add(CodeEntry(**_row("X_SATU", note=note, own=True)))
        work.flush()
        work.add_many(CodeEntry, [_row("X_DUA", note=note, own=True)])

    head.write(add)
    one, many = _entries(head, since)
    images = [_image(head, entry)["v"] for entry in (one, many)]
    assert [(image.pop("id"), image.pop("code")) for image in images] == [
        (one.row_key, "X_SATU"),
        (many.row_key, "X_DUA"),
    ]
    assert images[0] == images[1]
    assert {field for field in Entry._fields if getattr(one, field) != getattr(many, field)} == {
        *("seq", "mono", "row_key", "image_hash", "prev", "hash", "mac")
    }
    assert _checked(head).findings == []


# --- reading


def test_a_query_cannot_change_anything(head: Seat) -> None:
    def add(work: Work) -> None:
        work.add(SettingValue(name="paper.size", value='"F4"'))
        work.flush()

    def add_many(work: Work) -> None:
        work.add_many(SettingValue, [{"name": "paper.size", "value": '"F4"'}])

    def change(work: Work) -> object:
        with work.under(Permission.HOME_SETTINGS_READ):
            work.get(HomeIdentity, 1).name = "Lain"
        return work.unit.session.scalars(select(SettingValue)).all()

    def remove(work: Work) -> None:
        work.remove(work.unit.session.scalars(select(HomeIdentity)).one())
        work.flush()

    def try_all() -> None:
        for query in (add, add_many, change, remove):
            with pytest.raises(RuntimeError, match="reading"):
                head.read(query)

    assert _as_it_was(head, try_all)
    assert head.read(home_queries.identity).name == "Rumah Uji Coba"


def test_a_noted_read_is_chained_before_its_answer_is_given(head: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(work: Work) -> str:
        work.note(Action.READ, HomeIdentity, 1, text=SECRET)
        return "the answer"

    since = head.store.head().seq
    assert head.read(look) == "the answer"
    (entry,) = _entries(head, since)
    assert (entry.action, entry.table_name, entry.row_key, entry.actor) == (
        "read",
        "home_identity",
        "1",
        str(head.actor.id),
    )
    assert _image(head, entry) == {"t": SECRET}

    def broken(*_: object) -> None:
        raise DiskTrouble(reason="full")

    monkeypatch.setattr(head.store.backend, "append", broken)
    with pytest.raises(DiskTrouble):
        head.read(look)


def test_a_read_that_fails_is_not_noted(file_home: TestHome) -> None:
    head = file_home.enter()

    def look(work: Work) -> None:
        work.note(Action.READ, HomeIdentity, 1)
        raise RuleBroken("own_account", "account")

    def fail() -> None:
        with pytest.raises(RuleBroken):
            head.read(look)

    assert _as_it_was(head, fail)


# --- two people, one row


def test_a_row_changed_meanwhile_is_a_conflict_and_nothing_is_saved(home: TestHome, head: Seat) -> None:
    head.add("siti", "ADMIN", "KEPALA")
    head.write(home_actions.change_setting, name="paper.size", value="F4")
    other = home.enter("siti")

    def change(work: Work) -> None:
        row = work.unit.session.get(SettingValue, "paper.size")
        assert row is not None
        if home.kind == "server":
            other.write(home_actions.change_setting, name="paper.size", value="A4")
        else:
            # The file lets one program write at a time: only a version that rose behind the session's back is left.
            work.unit.connection.exec_driver_sql("UPDATE setting_value SET version = version + 1")
        row.value = '"F4"' if row.value != '"F4"' else '"A4"'
        work.add(CodeEntry(**_row("X_LAIN")))

    with pytest.raises(Conflict) as caught:
        head.write(change)
    assert caught.value.facts == {"table": ""}
    codes = [row.code for row in head.read(codelist_queries.entries, list_name="user_role")]
    assert "X_LAIN" not in codes
    assert head.read(home_queries.settings)["paper.size"] == ("A4" if home.kind == "server" else "F4")
    assert _checked(head).findings == []


def test_what_another_added_first_is_a_conflict(head: Seat) -> None:
    head.write(lambda work: work.add(CodeEntry(**_row("X_SATU"))))

    def again() -> None:
        with pytest.raises(Conflict):
            head.write(lambda work: work.add(CodeEntry(**_row("X_SATU"))))
        with pytest.raises(Conflict):
            head.write(lambda work: work.add_many(CodeEntry, [_row("X_DUA"), _row("X_SATU")]))

    assert _as_it_was(head, again)


# --- what is said


def _everything_said(error: BaseException) -> str:
    return "\n".join([str(error), repr(error), repr(error.args), *traceback.format_exception(error)])


def _loan(seat: Seat, **fields: Any) -> CaseloadLoan:
    day = datetime(2026, 11, 21, tzinfo=UTC).date()
    own: dict[str, Any] = {"lender": seat.actor.id, "borrower": seat.actor.id, "from_day": day, "until_day": day}
    return CaseloadLoan(**(own | {"reason": SECRET} | fields))


def test_no_text_of_a_driver_is_passed_on_with_what_it_quotes(head: Seat) -> None:
    before = datetime(2026, 11, 20, tzinfo=UTC).date()
    mistakes: dict[str, Callable[[], object]] = {
        "check": lambda: _loan(head, until_day=before),
        "null": lambda: _loan(head, lender=None),
        "parent": lambda: _loan(head, borrower=uuid.UUID(int=7)),
        "type": lambda: _loan(head, from_day=SECRET),
        "bytes": lambda: _loan(head, reason=object()),
        "no zone": lambda: SettingValue(name=SECRET, value=None),
        "length": lambda: CodeEntry(**_row("X_" + SECRET, label_id=SECRET * 40)),
    }

    def try_all() -> None:
        for name, make in mistakes.items():
            if name == "length" and head.home.kind == "file":
                continue  # SQLite keeps no lengths
            with pytest.raises((SQLAlchemyError, StoreFault)) as caught:
                head.write(lambda work, make=make: work.add(make()))
            assert SECRET not in _everything_said(caught.value), name
            if isinstance(caught.value, StatementError):
                assert caught.value.params is None
                # The kind of mistake and its place are still told.
                kind = str(caught.value).partition("\n")[0]
                assert re.fullmatch(r"\w+Error|\w+ \d\w{4}", kind)
                assert "session.flush()" in _everything_said(caught.value)

    assert _as_it_was(head, try_all)


@pytest.mark.server
def test_a_query_of_ours_that_is_mistaken_quotes_no_row(server_home: TestHome) -> None:
    # "invalid input syntax for type integer: ..." comes with the value that was read.
    mistaken = select(cast(HomeIdentity.name, Integer))
    with pytest.raises(StatementError) as caught:
        server_home.enter().read(lambda work: work.unit.session.execute(mistaken).all())
    assert "Rumah" not in _everything_said(caught.value)
    assert "InvalidTextRepresentation 22P02" in str(caught.value)


# --- the clock


def test_entries_made_while_the_clock_is_behind_are_marked_and_it_is_told(home: TestHome, head: Seat) -> None:
    last = home.clock.now
    head.write(home_actions.change_setting, name="paper.size", value="F4")
    assert head.store.clock_behind() is None
    home.clock.forward(seconds=-59)
    assert head.store.clock_behind() is None
    since = head.store.head().seq
    head.write(home_actions.change_setting, name="paper.size", value="A4")
    home.clock.now = last - timedelta(hours=1)
    # Somebody who signs in now has seen nothing of the chain yet.
    later = home.enter()
    assert later.store.clock_behind() == last - timedelta(seconds=59)
    later.write(home_actions.change_setting, name="paper.size", value="F4")
    assert [entry.mark for entry in _entries(head, since)] == ["", "clock"]


def test_a_mark_of_acting_alone_stands_beside_that_of_the_clock(file_home: TestHome) -> None:
    head = file_home.enter()
    head.home.clock.forward(hours=-1)
    since = head.store.head().seq
    head.add("siti", "PETUGAS")
    assert {entry.mark for entry in _entries(head, since)} == {"alone clock"}


# --- who is told


def test_listeners_are_told_which_tables_a_save_touched(file_home: TestHome) -> None:
    seat = file_home.enter()
    told: list[frozenset[str]] = []
    seat.store.on_change(told.append)
    seat.store.on_change(lambda _tables: told.append(frozenset({str(threading.get_ident())})))
    me = frozenset({str(threading.get_ident())})
    seat.write(home_actions.change_setting, name="paper.size", value="F4")
    assert told == [frozenset({"setting_value"}), me]
    told.clear()
    seat.add("siti", "PETUGAS")
    assert told == [frozenset({"account", "staff_identity", "role_grant"}), me]
    told.clear()
    seat.write(codelist_actions.fill)
    assert told == [frozenset(), me]


def test_nobody_is_told_of_a_save_that_failed_or_of_a_read(file_home: TestHome) -> None:
    seat = file_home.enter()
    told: list[frozenset[str]] = []
    seat.store.on_change(told.append)

    def fail(work: Work) -> None:
        work.add(SettingValue(name="paper.size", value='"F4"'))
        work.flush()
        raise ValueError("midway")

    with pytest.raises(ValueError, match="midway"):
        seat.write(fail)
    seat.read(home_queries.identity)
    assert told == []


def test_what_listeners_do_comes_after_the_save(file_home: TestHome) -> None:
    seat = file_home.enter()
    seen: list[object] = []
    seat.store.on_change(lambda _tables: seen.append(seat.read(home_queries.settings)["paper.size"]))
    seat.write(home_actions.change_setting, name="paper.size", value="F4")
    assert seen == ["F4"]


# --- closing


def test_a_closed_store_has_no_key_left_and_refuses(home: TestHome, head: Seat) -> None:
    head.read(home_queries.identity)
    store = head.store
    secrets = [store.keyring.private, *store.keyring.keys.values()]
    assert all(any(secret) for secret in secrets)
    store.close()
    assert not any(any(secret) for secret in secrets)
    assert not store.keyring.keys
    uses: tuple[Callable[[], object], ...] = (
        lambda: head.read(home_queries.identity),
        lambda: head.write(home_actions.change_setting, name="paper.size", value="F4"),
        lambda: store.note(head.actor, Draft(Action.SIGN_IN)),
        store.head,
        store.clock_behind,
        store.behind_anchor,
    )
    for use in uses:
        with pytest.raises(StoreLocked) as caught:
            use()
        assert caught.value.facts == {"reason": "closed"}
    store.close()
    # Whoever comes next is not kept out.
    assert home.enter().read(home_queries.settings)["paper.size"] == "A4"


def test_keys_are_gone_even_when_closing_meets_trouble(file_home: TestHome, monkeypatch: pytest.MonkeyPatch) -> None:
    seat = file_home.enter()
    seat.write(home_actions.change_setting, name="paper.size", value="F4")
    secrets = [seat.store.keyring.private, *seat.store.keyring.keys.values()]

    def broken() -> None:
        raise OSError("the disk is gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seat.store._tidy, "_chore", broken)
        with pytest.raises(OSError, match="the disk is gone"):
            seat.store.close()
    assert not any(any(secret) for secret in secrets)


# --- the file's own troubles


def _turned_by_another(home: TestHome) -> Seat:
    """Somebody's seat, after another has removed a person and so turned the database key."""
    boss = home.enter()
    boss.add("siti", "ADMIN", "KEPALA")
    budi = boss.add("budi", "PETUGAS")
    seat = home.enter("siti")
    seat.read(home_queries.identity)
    boss.write(staff_actions.remove_account, account_id=budi)
    assert not boss.store.turning()
    return seat


def test_a_key_turned_by_another_is_told_as_such_and_not_as_damage(file_home: TestHome) -> None:
    seat = _turned_by_another(file_home)
    for _ in range(2):
        with pytest.raises(StoreLocked) as reading:
            seat.read(home_queries.identity)
        with pytest.raises(StoreLocked) as writing:
            seat.write(codelist_actions.fill)
        assert reading.value.facts == writing.value.facts == {"reason": "rekeyed"}
    assert file_home.enter("siti").read(home_queries.identity).name == "Rumah Uji Coba"


def test_a_turned_key_is_told_as_such_also_by_whoever_has_fetched_the_new_keys(file_home: TestHome) -> None:
    seat = _turned_by_another(file_home)
    # Needed by an image key that was wrapped anew; the new database key comes with it.
    assert seat.store.keyring.key("house/2")
    with pytest.raises(StoreLocked) as caught:
        seat.read(home_queries.identity)
    assert caught.value.facts == {"reason": "rekeyed"}


def test_a_damaged_database_is_told_as_damage(file_home: TestHome) -> None:
    file_home.enter().store.close()
    database = StoreFolder(file_home.folder).database
    content = bytearray(database.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    database.write_bytes(content)
    with pytest.raises(Damaged):
        file_home.enter().read(staff_queries.accounts)


def test_a_full_disk_saves_nothing_and_undoes_everything(file_home: TestHome) -> None:
    seat = file_home.enter()
    credential = file_home.credential("siti")

    def too_much(work: Work) -> None:
        raw: Any = work.unit.connection.connection.driver_connection
        staff_actions.add_account(work, login="siti", roles=("PETUGAS",), credential=credential)
        # A disk with no page left, as SQLite itself sees it; the authorizer would not let a program set that.
        raw.set_authorizer(None)
        raw.execute("PRAGMA max_page_count = 1")
        work.add_many(CodeEntry, (_row(f"X_{n}", note="x" * 4000) for n in range(500)))

    def fail() -> None:
        with pytest.raises(DiskTrouble) as caught:
            seat.write(too_much)
        assert caught.value.facts == {"reason": "full"}

    assert _as_it_was(seat, fail)
    seat.store.close()
    again = file_home.enter()
    again.write(home_actions.change_setting, name="paper.size", value="F4")
    assert _checked(again).findings == []


def test_two_threads_that_save_at_once_both_succeed(file_home: TestHome) -> None:
    seat = file_home.enter()
    begin = threading.Barrier(4)
    troubles: list[BaseException] = []

    def many(number: int) -> None:
        begin.wait()
        try:
            for n in range(10):
                seat.write(lambda work, n=n: work.add(CodeEntry(**_row(f"X_{number}_{n}"))))
                seat.read(home_queries.identity)
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the test's thread
            troubles.append(error)

    threads = [threading.Thread(target=many, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    codes = [row.code for row in seat.read(codelist_queries.entries, list_name="user_role")]
    assert sum(code.startswith("X_") for code in codes) == 40
    assert _checked(seat).findings == []
