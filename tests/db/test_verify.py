"""The verifier finds and names whatever was done to a store behind the program's back, and cries wolf over nothing."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint, delete, insert

from db import upgrade, verify
from db.audit import ENTRY_COLUMNS, EXEMPT, START, Action, Draft, Entry, Head, row_key
from db.verify import Finding, Wrong
from tests.db.tamper import (
    Intruder,
    another,
    break_in,
    first_row,
    kind_of,
    report_of,
    small_file_home,
    small_server_home,
    work_a_while,
)
from tests.stores import Seat, Server, drop_from

TABLES: Final = [table for table in upgrade.load_tables().metadata.sorted_tables if table.name not in EXEMPT]
BYTES: Final = ("image_hash", "prev", "hash", "mac")
# A server keeps to the types of its columns, and its chain key to itself.
ON_FILE: Final = pytest.mark.parametrize("seat", ["file"], indirect=True, scope="module")


@pytest.fixture(scope="module", params=["file", pytest.param("server", marks=pytest.mark.server)])
def seat(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    """The head of a home that has worked for some days; whatever a test breaks there is taken back."""
    folder = tmp_path_factory.mktemp("verify") / "rumah"
    if request.param == "file":
        home = small_file_home(folder)
        seat = home.enter()
        work_a_while(seat)
        yield seat
        home.close()
        return
    server: Server = request.getfixturevalue("pg_server")
    home = small_server_home(server, folder)
    seat = home.enter()
    work_a_while(seat)
    yield seat
    drop_from(server, home)


def where(findings: list[Finding]) -> set[tuple[str, str]]:
    """Tables and rows that were named."""
    return {(finding.table, finding.row) for finding in findings}


def middle(intruder: Intruder) -> int:
    """The number of an entry in the middle that has an image and is not the last about its row."""
    query = "SELECT min(seq) FROM audit_entry WHERE action = 'insert' AND table_name = 'home_identity'"
    return int(intruder.value(query))


def test_a_working_sequence_leaves_nothing_to_find(seat: Seat) -> None:
    reports = [report_of(seat, full=full) for full in (False, True)]
    for report in reports:
        assert report.findings == []
        assert report.anchored
        assert (report.entries, report.erased) == (seat.store.head().seq, 0)
    assert reports[1].rows > 30


def test_every_table_of_the_rooms_is_looked_at(seat: Seat) -> None:
    with break_in(seat) as intruder:
        filled = [table.name for table in TABLES if intruder.value(f"SELECT count(*) FROM {table.name}")]
    assert filled == [table.name for table in TABLES]


# --- entries


@pytest.mark.parametrize("column", ENTRY_COLUMNS)
def test_an_entry_edited_in_any_column_is_named(seat: Seat, column: str) -> None:
    with break_in(seat) as intruder:
        seq = middle(intruder)
        old = intruder.value(f"SELECT {column} FROM audit_entry WHERE seq = :seq", seq=seq)
        new = 10_000 if column == "seq" else another(old, type(old))
        intruder.run(f"UPDATE audit_entry SET {column} = :new WHERE seq = :seq", new=new, seq=seq)
        found = intruder.findings(full=False)
    assert ("audit_entry", str(seq)) in where(found)


@ON_FILE
@pytest.mark.parametrize("column", BYTES)
def test_bytes_replaced_by_their_letters_are_named(seat: Seat, column: str) -> None:
    with break_in(seat) as intruder:
        seq = middle(intruder)
        intruder.run(f"UPDATE audit_entry SET {column} = lower(hex({column})) WHERE seq = :seq", seq=seq)
        found = intruder.findings()
    assert Finding(Wrong.ENTRY_EDITED, "audit_entry", str(seq), seq) in found


@pytest.mark.parametrize("place", ["first", "middle"])
def test_a_deleted_entry_is_named_by_its_number(seat: Seat, place: str) -> None:
    with break_in(seat) as intruder:
        seq = 1 if place == "first" else middle(intruder)
        intruder.run("DELETE FROM audit_entry WHERE seq = :seq", seq=seq)
        found = intruder.findings(full=False)
    assert Finding(Wrong.ENTRY_MISSING, "audit_entry", str(seq), seq) in found


def test_two_entries_swapped_are_named(seat: Seat) -> None:
    with break_in(seat) as intruder:
        one, other = middle(intruder), middle(intruder) + 2
        for old, new in ((one, -1), (other, one), (-1, other)):
            intruder.run("UPDATE audit_entry SET seq = :new WHERE seq = :old", old=old, new=new)
        found = intruder.findings(full=False)
    assert {("audit_entry", str(one)), ("audit_entry", str(other))} <= where(found)


def forge(intruder: Intruder, chain_key: bytes) -> int:
    """Chain an entry by hand, everything right but perhaps the key; its number."""
    seq, prev, at = intruder.seat.store.backend.head(intruder.connection)
    actor = str(intruder.seat.actor.id)
    key_no = intruder.value("SELECT key_no FROM audit_entry ORDER BY seq DESC LIMIT 1")
    told = (seq + 1, at, 1, actor, "pc-lain", "read", "account", actor, actor, "", "", key_no, b"")
    bare = Entry(*told, prev, b"", b"")
    link = bare.computed_hash()
    entry = bare._replace(hash=link, mac=hmac.digest(chain_key, link, "sha256"))
    columns = ", ".join(ENTRY_COLUMNS)
    marks = ", ".join(f":{name}" for name in ENTRY_COLUMNS)
    intruder.run(f"INSERT INTO audit_entry ({columns}) VALUES ({marks})", **entry._asdict())
    return seq + 1


def test_an_entry_forged_with_a_wrong_chain_key_is_named(seat: Seat) -> None:
    with break_in(seat) as intruder:
        seq = forge(intruder, b"\0" * 32)
        found = intruder.findings()
    assert where(found) == {("audit_entry", str(seq))}


@ON_FILE
def test_what_tells_a_forged_entry_is_the_key_alone(seat: Seat) -> None:
    """The counter-proof: the same hand with the right key leaves nothing to find."""
    chain = seat.store.keyring.all_of("chain")
    with break_in(seat) as intruder:
        forge(intruder, chain[max(chain)])
        assert intruder.findings() == []


def test_an_emptied_chain_is_named_even_without_an_anchor(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat.store.anchor, "read", lambda: START)
    with break_in(seat) as intruder:
        intruder.run("DELETE FROM audit_entry")
        intruder.run("DELETE FROM audit_image")
        found = intruder.findings(full=False)
    assert set(found) == {Finding(Wrong.ENTRY_MISSING, "audit_entry", "1", 1)}


# --- images


def test_an_image_edited_missing_or_swapped_is_named(seat: Seat) -> None:
    with break_in(seat) as intruder:
        seqs = [row["seq"] for row in intruder.rows("SELECT seq FROM audit_image ORDER BY seq")]
        edited, gone, one, other = seqs[3], seqs[6], seqs[9], seqs[12]
        entries = {row["seq"]: row for row in intruder.rows("SELECT seq, table_name, row_key FROM audit_entry")}
        content = intruder.value("SELECT bytes FROM audit_image WHERE seq = :seq", seq=edited)
        new = bytes(content[:-1]) + bytes([content[-1] ^ 1])
        intruder.run("UPDATE audit_image SET bytes = :new WHERE seq = :seq", new=new, seq=edited)
        intruder.run("DELETE FROM audit_image WHERE seq = :seq", seq=gone)
        for old, to in ((one, -1), (other, one), (-1, other)):
            intruder.run("UPDATE audit_image SET seq = :new WHERE seq = :old", old=old, new=to)
        found = intruder.findings(full=False)
        asked = intruder.asked() if intruder.on_server else []

    def named(wrong: Wrong, seq: int) -> Finding:
        return Finding(wrong, entries[seq]["table_name"], entries[seq]["row_key"], seq)

    assert {named(Wrong.IMAGE_EDITED, seq) for seq in (edited, one, other)} <= set(found)
    assert named(Wrong.IMAGE_MISSING, gone) in found
    if asked:
        assert {finding.seq for finding in asked} == {edited, gone, one, other}


def test_an_image_no_entry_knows_is_named(seat: Seat) -> None:
    with break_in(seat) as intruder:
        bare = intruder.value("SELECT min(seq) FROM audit_entry WHERE length(image_hash) = 0")
        intruder.run("INSERT INTO audit_image (seq, bytes) VALUES (10000, :new)", new=b"x")
        intruder.run("INSERT INTO audit_image (seq, bytes) VALUES (:seq, :new)", seq=bare, new=b"x")
        found = intruder.findings(full=False)
    assert {finding.seq for finding in found} == {bare, 10_000}


def test_the_right_image_of_another_row_is_no_proof_of_this_one(seat: Seat) -> None:
    """Somebody who holds the chain key could rewrite the hashes too; an image opens for its own row all the same."""
    with break_in(seat) as intruder:
        row = intruder.rows("SELECT * FROM audit_entry WHERE table_name = 'letterhead' ORDER BY seq")[0]
        keys = seat.store.backend.keys
        image = intruder.value("SELECT bytes FROM audit_image WHERE seq = :seq", seq=row["seq"])
        cipher = keys.cipher(intruder.connection, row["subject"])
        assert cipher.decrypt(image[:12], image[12:], f"letterhead/{row['row_key']}".encode())
        with pytest.raises(Exception, match=r"^$") as refused:
            cipher.decrypt(image[:12], image[12:], b"letterhead/LAIN")
    assert type(refused.value).__name__ == "InvalidTag"


# --- rows


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_row_edited_in_any_column_is_named(seat: Seat, table: Table) -> None:
    for column in table.columns.keys():  # noqa: SIM118 - a collection of columns iterates over columns
        with break_in(seat) as intruder:
            row = first_row(intruder, table)
            intruder.change(table, row, column)
            assert (table.name, row_key(table, row)) in where(intruder.findings()), column


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_row_deleted_or_inserted_outside_is_named(seat: Seat, table: Table) -> None:
    with break_in(seat) as intruder:
        row = first_row(intruder, table)
        fresh = unlike(table, row)
        intruder.connection.execute(insert(table).values(fresh))
        intruder.connection.execute(delete(table).where(*(key == row[key.name] for key in table.primary_key.columns)))
        found = intruder.findings()
    assert {(finding.wrong, finding.table, finding.row) for finding in found} == {
        (Wrong.ROW_UNKNOWN, table.name, row_key(table, fresh)),
        (Wrong.ROW_MISSING, table.name, row_key(table, row)),
    }


def unlike(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row like this one, but for what must be there once."""
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    once = {column.name for rule in table.constraints if isinstance(rule, kinds) for column in rule.columns}
    return {
        column.name: another(row[column.name], kind_of(column)) if column.name in once else row[column.name]
        for column in table.columns
    }


# Each is read by the program as what stood there before, or is no value at all; the file store keeps it all the same.
SPELLINGS: Final = (
    ("code_entry", "active", "2"),
    ("code_entry", "label_id", "CAST(label_id AS BLOB)"),
    ("code_entry", "position", "'satu'"),
    ("code_entry", "id", "upper(id)"),
    ("home_identity", "started_on", "replace(started_on, '.000000Z', 'Z')"),
    ("home_identity", "started_on", "'kemarin'"),
    ("letterhead", "logo", "lower(hex(logo))"),
    ("role_grant", "from_day", "replace(from_day, '-11-', '-011-')"),
    ("role_grant", "from_day", "20261121"),
    ("role_grant", "account_id", "'siapa'"),
)


@ON_FILE
@pytest.mark.parametrize(("table", "column", "spelling"), SPELLINGS)
def test_a_cell_in_a_spelling_the_program_never_writes_is_named(
    seat: Seat, table: str, column: str, spelling: str
) -> None:
    with break_in(seat) as intruder:
        intruder.run(f"UPDATE {table} SET {column} = {spelling} WHERE {column} IS NOT NULL")
        found = intruder.findings()
    assert found
    assert {finding.table for finding in found} == {table}


# --- image keys


def test_an_image_key_edited_or_deleted_is_named(seat: Seat) -> None:
    with break_in(seat) as intruder:
        one, other = (row["subject"] for row in intruder.rows("SELECT subject FROM image_key ORDER BY subject")[:2])
        intruder.run("UPDATE image_key SET wrapped = :new WHERE subject = :one", new=b"x" * 60, one=one)
        intruder.run("DELETE FROM image_key WHERE subject = :other", other=other)
        found = intruder.findings()
    assert Finding(Wrong.ROW_EDITED, "image_key", one) in found
    assert Finding(Wrong.ROW_MISSING, "image_key", other) in found


def test_a_key_destroyed_without_an_entry_is_no_erasure(seat: Seat) -> None:
    """Else whoever edits a person's row would only have to destroy her key, and the edit would look like her right."""
    person = str(seat.actor.id)
    with break_in(seat) as intruder:
        intruder.run("UPDATE image_key SET wrapped = NULL WHERE subject = :person", person=person)
        intruder.run("UPDATE account SET display_name = 'Orang Lain'")
        found = intruder.findings()
    assert Finding(Wrong.ROW_EDITED, "image_key", person) in found


# --- the head and what is remembered of it


def test_a_cut_tail_is_named_by_its_last_number(seat: Seat) -> None:
    head = seat.store.head()
    with break_in(seat) as intruder:
        for table in ("audit_entry", "audit_image"):
            intruder.run(f"DELETE FROM {table} WHERE seq > :seq", seq=head.seq - 3)
        found = intruder.findings(full=False)
    assert Finding(Wrong.ROLLED_BACK, "audit_entry", str(head.seq), head.seq) in found


def test_a_history_that_took_another_way_is_told_apart(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain is whole and longer than what is remembered; only the remembered entry is another one."""
    head = seat.store.head()
    elsewhere = Head(head.seq, hashlib.sha256(head.hash).digest(), head.at)
    monkeypatch.setattr(seat.store.anchor, "read", lambda: elsewhere)
    with break_in(seat) as intruder:
        found = intruder.findings(full=False)
    assert found == [Finding(Wrong.OTHER_HISTORY, "audit_entry", str(head.seq), head.seq)]
    assert seat.store.behind_anchor() == found[0]


def test_a_head_that_lags_is_harmless(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head file is not flushed: after a power cut it may be older than the database."""
    with break_in(seat) as intruder:
        row = intruder.rows("SELECT seq, hash, at FROM audit_entry ORDER BY seq")[-4]
        older = Head(row["seq"], row["hash"], row["at"])
        monkeypatch.setattr(seat.store.anchor, "read", lambda: older)
        assert intruder.findings() == []
    assert seat.store.behind_anchor() is None


def test_without_a_head_nothing_is_claimed_about_old_copies(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat.store.anchor, "read", lambda: START)
    for full in (False, True):
        report = report_of(seat, full=full)
        assert (report.sound, report.anchored) == (True, False)


# --- the counter-proof: each comparison is what finds what it finds


def _edit_entry(intruder: Intruder) -> None:
    intruder.run("UPDATE audit_entry SET machine = 'pc-lain' WHERE seq = 5")


def _edit_image(intruder: Intruder) -> None:
    # Not the last one about its row, so that no row is compared with it.
    intruder.run("UPDATE audit_image SET bytes = :new WHERE seq = :seq", new=b"x" * 40, seq=middle(intruder))


def _edit_row(intruder: Intruder) -> None:
    intruder.run("UPDATE home_identity SET place = 'Kota Lain'")


def _cut_tail(intruder: Intruder) -> None:
    last = intruder.value("SELECT max(seq) FROM audit_entry WHERE length(image_hash) = 0")
    intruder.run("DELETE FROM audit_entry WHERE seq >= :seq AND length(image_hash) = 0", seq=last)


def _break_image_key(intruder: Intruder) -> None:
    intruder.run("UPDATE image_key SET wrapped = NULL WHERE subject = :me", me=str(intruder.seat.actor.id))


OFF: Final = {
    "links": (_edit_entry, "_check_link"),
    "images": (_edit_image, "_check_images"),
    "rows": (_edit_row, "_check_rows"),
    "keys": (_break_image_key, "_Ciphers.check_keys"),
}


@pytest.mark.parametrize("name", OFF)
def test_with_a_comparison_off_its_tamper_is_not_found(seat: Seat, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper, comparison = OFF[name]
    monkeypatch.setattr(Intruder, "asked", lambda _intruder: [])
    with break_in(seat) as intruder:
        tamper(intruder)
        assert intruder.findings()
        *owner, function = comparison.split(".")
        target = getattr(verify, owner[0]) if owner else verify
        monkeypatch.setattr(target, function, lambda *_arguments: None)
        assert intruder.findings() == []


def test_without_an_anchor_a_cut_tail_is_not_found(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    seat.store.note(seat.actor, Draft(Action.SIGN_IN))
    with break_in(seat) as intruder:
        _cut_tail(intruder)
        assert intruder.findings()
        monkeypatch.setattr(seat.store.anchor, "read", lambda: START)
        assert intruder.findings() == []


# --- any single tamper of the audit's tables


@st.composite
def tampers(draw: st.DrawFn) -> tuple[str, str, float, int]:
    """What is done, to which column, to the row how far down, and how."""
    table = draw(st.sampled_from(["audit_entry", "audit_image", "image_key"]))
    columns = {"audit_entry": ENTRY_COLUMNS, "audit_image": ("seq", "bytes"), "image_key": ("wrapped", "house_no")}
    column = draw(st.sampled_from(["", *columns[table]]))
    return table, column, draw(st.floats(0, 1, exclude_max=True)), draw(st.integers(1, 255))


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tamper=tampers())
def test_any_single_tamper_of_the_audit_is_found(seat: Seat, tamper: tuple[str, str, float, int]) -> None:
    table, column, place, how = tamper
    key = "subject" if table == "image_key" else "seq"
    with break_in(seat) as intruder:
        rows = intruder.rows(f"SELECT * FROM {table} ORDER BY {key}")
        row = rows[int(place * len(rows))]
        if not column:
            intruder.run(f"DELETE FROM {table} WHERE {key} = :key", key=row[key])
        else:
            new = bent(row[column], how)
            intruder.run(f"UPDATE {table} SET {column} = :new WHERE {key} = :key", new=new, key=row[key])
        assert intruder.findings()


def bent(old: object, how: int) -> object:
    """A value changed by chance, no longer than it was."""
    match old:
        case int():
            return old + how * 1000
        case str():
            at = how % max(len(old), 1)
            letter = "a" if old[at : at + 1] != "a" else "b"
            return old[:at] + letter + old[at + 1 :]
        case _:
            content = bytearray(old or b"\0")  # type: ignore[call-overload]
            content[how % len(content)] ^= how
            return bytes(content)
