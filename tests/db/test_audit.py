"""The audit chain as it grows: one entry for each change, nothing for what failed, images bound to row and person."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import RowMapping

from db import filestore, upgrade
from db.audit import SEPARATOR, Action, Draft, Entry, clean, image_of
from db.faults import Refused
from db.files import StoreFolder
from db.serverstore import ServerOpening
from db.unit import Unit
from db.verify import Report, verify
from shelter.home import actions as home_actions
from shelter.home import queries as home_queries
from shelter.staff import actions as staff_actions
from shelter.staff.records import Account
from shelter.work import Work
from tests.db.tamper import (
    PAGE,
    break_in,
    clear_page,
    database_key,
    report_of,
    small_file_home,
    small_server_home,
)
from tests.stores import Seat, Server, TestHome, drop_from


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.server)])
def seat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Seat]:
    """The head of a small home, on each kind of store in turn."""
    if request.param == "file":
        home = small_file_home(tmp_path / "rumah")
        yield home.enter()
        home.close()
        return
    server: Server = request.getfixturevalue("pg_server")
    home = small_server_home(server, tmp_path / "rumah")
    yield home.enter()
    drop_from(server, home)


def told(seat: Seat, since: int = 0) -> list[RowMapping]:
    """The entries after a number, as whoever has the key sees them."""
    with break_in(seat) as intruder:
        return intruder.rows("SELECT * FROM audit_entry WHERE seq > :since ORDER BY seq", since=since)


def image(seat: Seat, entry: RowMapping) -> Any:
    """What an entry's image says."""
    with break_in(seat) as intruder:
        content = bytes(intruder.value("SELECT bytes FROM audit_image WHERE seq = :seq", seq=entry["seq"]))
        cipher = seat.store.backend.keys.cipher(intruder.connection, entry["subject"])
    bound = f"{entry['table_name']}/{entry['row_key']}".encode()
    return json.loads(cipher.decrypt(content[:12], content[12:], bound))


# --- what is chained


def test_a_change_leaves_one_entry_and_the_row_as_it_is_now(seat: Seat) -> None:
    before = seat.store.head().seq
    seat.home.clock.forward(minutes=1)
    seat.write(home_actions.rename_home, name="Rumah Lain", place="Singkawang")
    (entry,) = told(seat, before)
    named = {name: entry[name] for name in ("action", "table_name", "row_key", "subject", "actor", "machine", "mark")}
    assert named == {
        "action": "update",
        "table_name": "home_identity",
        "row_key": "1",
        "subject": "",
        "actor": str(seat.actor.id),
        "machine": "pc-uji",
        "mark": "",
    }
    assert entry["at"] == "2026-11-21T03:01:00.000000Z"
    row = image(seat, entry)["v"]
    assert (row["name"], row["place"], row["version"]) == ("Rumah Lain", "Singkawang", 2)


def test_entries_hang_together_over_units_and_people(seat: Seat) -> None:
    seat.add("siti", "PEKSOS")
    seat.home.enter("siti").store.note(seat.home.enter("siti").actor, Draft(Action.SIGN_IN))
    entries = [Entry(**row) for row in told(seat)]
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0].prev == bytes(32)
    assert all(later.prev == earlier.hash for earlier, later in pairwise(entries))
    assert all(entry.hash == entry.computed_hash() for entry in entries)
    assert seat.store.head() == (entries[-1].seq, entries[-1].hash, entries[-1].at)


def test_the_image_is_hashed_as_it_lies_there_encrypted(seat: Seat) -> None:
    with break_in(seat) as intruder:
        query = (
            "SELECT e.image_hash, i.bytes FROM audit_entry e LEFT JOIN audit_image i ON i.seq = e.seq"
            " WHERE length(e.image_hash) > 0"
        )
        rows = intruder.rows(query)
        assert len(rows) > 5
        for row in rows:
            assert hashlib.sha256(row["bytes"]).digest() == row["image_hash"]
            assert b"Rumah" not in row["bytes"]
            assert b"kepala" not in row["bytes"]


def _rename_and_fail(work: Work) -> None:
    home_actions.rename_home(work, name="Tidak Jadi", place="")
    work.flush()
    raise RuntimeError("not today")


def test_what_failed_leaves_neither_row_nor_entry(seat: Seat) -> None:
    before = seat.store.head()
    with pytest.raises(RuntimeError, match="not today"):
        seat.write(_rename_and_fail)
    assert seat.store.head() == before
    assert seat.read(home_queries.identity).name == "Rumah Uji Coba"
    assert seat.store.anchor.read() == before
    assert report_of(seat).findings == []


def test_a_row_that_stays_as_it_was_leaves_no_entry(seat: Seat) -> None:
    seat.write(home_actions.rename_home, name="Rumah Lain", place="Singkawang")
    before = seat.store.head().seq
    seat.write(home_actions.rename_home, name="Rumah Lain", place="Singkawang")
    assert told(seat, before) == []


def test_a_noted_read_is_chained_before_its_answer_is_seen(seat: Seat) -> None:
    before = seat.store.head().seq

    def look(work: Work) -> str:
        work.note(Action.READ, Account, work.me, subject=work.me, text="kartu")
        return "jawaban"

    assert seat.read(look) == "jawaban"
    (entry,) = told(seat, before)
    assert (entry["action"], entry["table_name"], entry["row_key"]) == ("read", "account", str(seat.actor.id))
    assert image(seat, entry) == {"t": "kartu"}


def test_a_reason_cannot_imitate_the_fields_that_follow(seat: Seat) -> None:
    before = seat.store.head().seq
    seat.store.note(seat.actor, Draft(Action.READ, reason=f"a{SEPARATOR}b\nc"))
    (entry,) = told(seat, before)
    assert entry["reason"] == "a b c" == clean(f"a{SEPARATOR}b\nc")
    assert report_of(seat).findings == []


def test_a_clock_behind_the_last_entry_is_marked_and_told(seat: Seat) -> None:
    clock = seat.home.clock
    seat.store.note(seat.actor, Draft(Action.SIGN_IN))
    before = seat.store.head()
    assert seat.store.clock_behind() is None
    clock.forward(seconds=-30)
    assert seat.store.clock_behind() is None  # within what clocks differ by
    clock.forward(hours=-2)
    assert seat.store.clock_behind() == datetime(2026, 11, 21, 3, tzinfo=UTC)
    seat.store.note(seat.actor, Draft(Action.SIGN_IN))
    seat.store.note(seat.actor, Draft(Action.SIGN_IN))
    marks = [entry["mark"] for entry in told(seat, before.seq)]
    assert marks == ["clock", ""]
    assert report_of(seat).findings == []


def test_an_image_opens_for_its_own_row_alone(seat: Seat) -> None:
    with break_in(seat) as intruder:
        rows = intruder.rows(
            "SELECT e.table_name, e.row_key, e.subject, i.bytes FROM audit_entry e JOIN audit_image i ON i.seq = e.seq"
            " WHERE e.subject = '' ORDER BY e.seq"
        )
        cipher = seat.store.backend.keys.cipher(intruder.connection, "")
        one, other = rows[0], rows[-1]
        content = bytes(one["bytes"])
        assert cipher.decrypt(content[:12], content[12:], f"{one['table_name']}/{one['row_key']}".encode())
        with pytest.raises(InvalidTag):
            cipher.decrypt(content[:12], content[12:], f"{other['table_name']}/{other['row_key']}".encode())


def test_one_image_of_a_row_whatever_the_store_gives_back() -> None:
    """Both stores hand the same row over as the same bytes; another row, or a note, never as these."""
    moment = datetime(2026, 11, 21, 10, tzinfo=UTC)
    row = {"b": moment, "a": date(2026, 11, 21), "c": uuid.UUID(int=7), "d": Decimal("1.50"), "e": b"\xff", "f": None}
    assert image_of(row) == (
        b'{"v":{"a":"2026-11-21","b":"2026-11-21T10:00:00.000000Z","c":"00000000-0000-0000-0000-000000000007",'
        b'"d":"1.50","e":"ff","f":null}}'
    )
    assert image_of(dict(reversed(row.items()))) == image_of(row)
    assert image_of(row | {"f": ""}) != image_of(row)
    assert image_of({}) != image_of(None) == b""
    assert image_of(None, "kata") == b'{"t":"kata"}'
    with pytest.raises(TypeError):
        image_of({"a": object()})


# --- erasing a person


def erase(seat: Seat, person: str) -> None:
    """What the owner of a server, or whoever sits at a file home, does for a person's right to be erased."""
    home = seat.home
    if home.owner is None:
        seat.store.found(seat.actor, lambda unit: unit.erase(person))
        return
    way_in = home.way_in(Work)
    assert isinstance(way_in, ServerOpening)
    engine = home.owner.engine(pooled=False)
    store = way_in.around(engine, seat.store.keyring)
    store.found(seat.actor, lambda unit: unit.erase(person))
    store.anchor.close()
    engine.dispose()


def test_an_erased_person_is_reported_as_erased_and_not_as_damage(seat: Seat) -> None:
    person = str(seat.add("siti", "PEKSOS"))
    before = report_of(seat)
    assert (before.findings, before.erased) == ([], 0)
    erase(seat, person)
    after = report_of(seat)
    assert (after.findings, after.erased) == ([], 1)
    assert after.entries == before.entries + 1
    (entry,) = told(seat, before.entries)
    assert (entry["action"], entry["row_key"], entry["subject"]) == ("erased", person, person)


def test_an_erased_person_s_images_open_no_more_and_none_is_added(seat: Seat) -> None:
    account = seat.add("siti", "PEKSOS")
    person = str(account)
    last = next(entry for entry in reversed(told(seat)) if entry["subject"] == person and entry["image_hash"])
    assert image(seat, last)["v"]
    erase(seat, person)
    fresh = seat.home.enter()
    with pytest.raises(LookupError):
        image(fresh, last)
    for word in ("PETUGAS", "OPERATOR"):
        with pytest.raises(LookupError):
            fresh.write(staff_actions.grant_roles, account_id=account, roles=[word])
    assert report_of(fresh).findings == []
    fresh.add("budi", "PEKSOS")  # others go on as before


def test_whoever_has_no_image_yet_can_be_erased_beforehand(seat: Seat) -> None:
    person = str(uuid.uuid4())
    erase(seat, person)
    assert report_of(seat).erased == 1
    with pytest.raises(LookupError):
        seat.store.note(seat.actor, Draft(Action.READ, subject=person, text="kartu"))


def test_what_the_same_unit_changed_before_is_chained_without_an_image(tmp_path: Path) -> None:
    home = small_file_home(tmp_path / "rumah")
    seat = home.enter()
    account = seat.add("siti", "PEKSOS")
    before = seat.store.head().seq

    def purge(unit: Unit) -> None:
        row = unit.session.get_one(Account, account)
        row.display_name = "dihapus"
        unit.erase(str(account))

    seat.store.found(seat.actor, purge)
    entries = told(seat, before)
    assert [(entry["action"], entry["image_hash"]) for entry in entries] == [("update", b""), ("erased", b"")]
    report = report_of(seat)
    assert (report.findings, report.erased) == ([], 1)
    home.close()


def test_a_unit_that_fails_erases_nobody(seat: Seat) -> None:
    person = str(seat.add("siti", "PEKSOS"))

    def half(unit: Unit) -> None:
        if seat.home.owner is None:
            unit.erase(person)
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        seat.store.found(seat.actor, half)
    assert report_of(seat).erased == 0
    last = next(entry for entry in reversed(told(seat)) if entry["subject"] == person and entry["image_hash"])
    assert image(seat, last)["v"]


@pytest.mark.server
def test_on_a_server_no_login_erases_anybody(pg_server: Server, tmp_path: Path) -> None:
    home = small_server_home(pg_server, tmp_path / "state")
    seat = home.enter()
    person = str(seat.actor.id)
    with pytest.raises(Refused):
        seat.store.found(seat.actor, lambda unit: unit.erase(person))
    with pytest.raises(Refused):  # nor tells that it was done
        seat.store.note(seat.actor, Draft(Action.ERASED, row=person, subject=person))
    report = report_of(seat)
    assert (report.findings, report.erased) == ([], 0)
    drop_from(pg_server, home)


def _where_in_clear(home: TestHome, key: bytes, wanted: bytes) -> list[int]:
    """The pages of the database that hold any part of these bytes, once decrypted."""
    path = StoreFolder(home.folder).database
    parts = [wanted[at : at + 8] for at in range(len(wanted) - 8)]
    pages = {number: clear_page(path, number, key) for number in range(1, path.stat().st_size // PAGE + 1)}
    return [number for number, page in pages.items() if any(part in page for part in parts)]


def _erase_and_look(home: TestHome) -> list[int]:
    """Where the wrapped key of somebody erased still lies when the store is closed."""
    seat = home.enter()
    people = [str(seat.add(login, "PEKSOS")) for login in ("siti", "budi", "rina", "wati")]
    key = database_key(seat)
    filestore.checkpoint(StoreFolder(home.folder).database, key)
    with break_in(seat) as intruder:
        wrapped = bytes(intruder.value("SELECT wrapped FROM image_key WHERE subject = :p", p=people[2]))
    assert _where_in_clear(home, key, wrapped)
    erase(seat, people[2])
    home.close()
    log = StoreFolder(home.folder).database.with_name("teduh.db-wal")
    assert not log.exists() or log.stat().st_size == 0
    return _where_in_clear(home, key, wrapped)


def test_an_erased_key_lies_nowhere_in_the_file_any_more(tmp_path: Path) -> None:
    assert _erase_and_look(small_file_home(tmp_path / "rumah")) == []


def test_without_secure_delete_an_erased_key_would_still_lie_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(filestore.PRAGMAS, "secure_delete", ("OFF", 0))
    assert _erase_and_look(small_file_home(tmp_path / "rumah"))


def test_an_erased_person_may_not_be_given_a_key_again(tmp_path: Path) -> None:
    """A key put back from an old copy would make the images readable: the verifier says so."""
    home = small_file_home(tmp_path / "rumah")
    seat = home.enter()
    person = str(seat.add("siti", "PEKSOS"))
    with break_in(seat) as intruder:
        kept = intruder.rows("SELECT * FROM image_key WHERE subject = :p", p=person)[0]
    erase(seat, person)
    store = seat.store
    with break_in(seat) as intruder:
        intruder.run("UPDATE image_key SET wrapped = :w, house_no = :n WHERE subject = :p",
                     w=kept["wrapped"], n=kept["house_no"], p=person)  # fmt: skip
        report = Report([])
        verify(intruder.connection, upgrade.load_tables(), store.keyring, store.anchor.read(), report, full=True)
    assert [(finding.table, finding.row) for finding in report.findings] == [("image_key", person)]
    home.close()


def test_a_day_of_work_is_chained_in_its_order(seat: Seat) -> None:
    before = seat.store.head().seq
    account = seat.add("siti", "PEKSOS")
    seat.home.clock.forward(days=1)
    seat.write(staff_actions.disable_account, account_id=account)
    entries = told(seat, before)
    order = [(entry["action"], entry["table_name"]) for entry in entries]
    assert order[0] == ("insert", "account")
    assert set(order[1:3]) == {("insert", "role_grant"), ("insert", "staff_identity")}
    assert order[3:] == [("key", ""), ("update", "account"), ("key", "")]
    assert {entry["subject"] for entry in entries} == {str(account)}
    monos = [entry["mono"] for entry in entries]
    assert monos == sorted(monos)
    assert entries[-1]["at"][:10] == str(date(2026, 11, 21) + timedelta(days=1))
