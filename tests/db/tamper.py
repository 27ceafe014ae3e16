"""An intruder for tests: somebody with the raw key, or the server's superuser, doing what the program would refuse."""

import contextlib
import hashlib
import hmac
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import Column, Connection, RowMapping, Table, select, text, update

from db import check, filestore, guarding, opening, serverfound, upgrade
from db.files import StoreFolder
from db.opening import Founder, Opening
from db.types import UtcTime
from db.verify import Finding, Report, Wrong, verify
from shelter.codelists import actions as codelist_actions
from shelter.home import actions as home_actions
from shelter.home.rules import NumberKind
from shelter.staff import actions as staff_actions
from shelter.work import Founding, Work
from tests import stores
from tests.stores import HEAD, KDF, PASSWORD, Clock, Seat, Server, TestHome

PAGE: Final = 4096
_SALT, _RESERVE, _IV = 16, 80, 16


# --- homes with little in them, so that a check takes milliseconds


def small_file_home(folder: Path) -> TestHome:
    """A file home without the shipped code lists."""
    clock = Clock()

    def way_in(work: type[Work]) -> Opening[Work]:
        return Opening(StoreFolder(folder), work, clock, patience=lambda _seconds: None)

    with _without_code_lists():
        made = opening.create(way_in(Founding), Founder(HEAD, PASSWORD, KDF, stores.found))
    return TestHome("file", folder, made, clock, way_in)


def small_server_home(server: Server, state: Path) -> TestHome:
    """A home on PostgreSQL without the shipped code lists."""
    with _without_code_lists():
        return stores.found_on(server, state, Clock())


@contextlib.contextmanager
def _without_code_lists() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codelist_actions, "fill", lambda _work: 0)
        yield


def copy_of(home: TestHome, folder: Path) -> TestHome:
    """A file home copied, with everything that lies in its folder."""
    shutil.copytree(home.folder, folder)

    def way_in(work: type[Work]) -> Opening[Work]:
        return Opening(StoreFolder(folder), work, home.clock, patience=lambda _seconds: None)

    return TestHome("file", folder, home.made, home.clock, way_in)


def work_a_while(seat: Seat) -> None:
    """A working day: people come, rest and leave, words and settings change, numbers are taken and cancelled."""
    clock, day = seat.home.clock, seat.home.clock.now.date()
    siti, budi = seat.add("siti", "PEKSOS", "PETUGAS"), seat.add("budi", "PEKSOS")
    wati = seat.add("wati", "INSTRUKTUR")
    clock.forward(minutes=5)
    seat.write(staff_actions.grant_roles, account_id=budi, roles=["PETUGAS", "OPERATOR"])
    seat.write(staff_actions.disable_account, account_id=siti)
    seat.write(staff_actions.enable_account, account_id=siti)
    span = {"from_day": day, "until_day": day + timedelta(days=3)}
    letter = seat.write(staff_actions.delegate, to_account=siti, title="Plh.", letter_number="1/2026", **span)
    seat.write(staff_actions.lend_caseload, lender=siti, borrower=budi, reason="cuti", **span)
    seat.write(staff_actions.end_delegation, delegation_id=letter)
    seat.write(home_actions.rename_home, name="Rumah Baru", place="Singkawang")
    seat.write(home_actions.set_letterhead, kind="RUMAH", lines="DINAS SOSIAL", address="Jalan", logo=b"\x89PNG")
    for minutes in (7, 9):
        seat.write(home_actions.change_setting, name="lock.idle_minutes", value=minutes)
    seat.write(home_actions.change_setting, name="paper.size", value="F4")
    for _ in range(2):
        seat.write(home_actions.take_number, kind=NumberKind.LETTER, day=day)
    word = seat.write(codelist_actions.add_entry, list_name="aid_type", code="BIBIT", label_id="Bibit")
    seat.write(codelist_actions.relabel_entry, entry_id=word, label_id="Bibit padi", label_en="Rice seed")
    seat.write(codelist_actions.show_entry, entry_id=word, active=False)
    seat.write(codelist_actions.add_entry, list_name="aid_type", code="JALA", label_id="Jala")
    clock.forward(days=1)
    reset = seat.home.credential("budi", "perahu kayu di muara sungai", budi)
    seat.write(staff_actions.reset_password, credential=reset)
    seat.write(staff_actions.remove_account, account_id=wati)
    clock.forward(minutes=-30)  # somebody sets the clock back
    seat.add("wati", "PERAWAT")


def report_of(seat: Seat, *, full: bool = True) -> Report:
    """What the program's own check says."""
    if seat.home.owner is not None:
        return serverfound.check_server(seat.store, seat.home.owner if full else None, full=full)
    return check.check_file(seat.store, StoreFolder(seat.home.folder), full=full)


# --- breaking in


@dataclass(frozen=True)
class Intruder:
    """At work in one transaction, with every trigger and constraint out of the way."""

    connection: Connection
    seat: Seat

    @property
    def on_server(self) -> bool:
        """Whether the store is a server's."""
        return self.connection.dialect.name == "postgresql"

    def run(self, sql: str, **values: Any) -> None:
        """One statement."""
        self.connection.execute(text(sql), values)

    def rows(self, sql: str, **values: Any) -> list[RowMapping]:
        """The rows of a statement."""
        return list(self.connection.execute(text(sql), values).mappings())

    def value(self, sql: str, **values: Any) -> Any:
        """The one value of a statement."""
        return self.connection.execute(text(sql), values).scalar_one()

    def change(self, table: Table, row: Mapping[str, Any], column: str) -> None:
        """Change one cell of a row to something else of its kind."""
        here = [key == row[key.name] for key in table.primary_key.columns]
        self.connection.execute(
            update(table).where(*here).values({column: another(row[column], kind_of(table.c[column]))})
        )

    def findings(self, *, full: bool = True) -> list[Finding]:
        """What the verifier finds now, on a server also by the function that every login may call."""
        report = Report([])
        store = self.seat.store
        verify(self.connection, upgrade.load_tables(), store.keyring, store.anchor.read(), report, full=full)
        return report.findings + (self.asked() if self.on_server else [])

    def asked(self) -> list[Finding]:
        """What ``teduh_audit_verify`` tells a login that may read no line of the audit."""
        login = self.value(
            "SELECT login_role FROM key_slot WHERE owner = :owner", owner=str(self.seat.store.keyring.owner)
        )
        self.run(f'SET LOCAL SESSION AUTHORIZATION "{login}"')
        found = self.rows("SELECT seq, fault FROM teduh_audit_verify()")
        self.run("RESET SESSION AUTHORIZATION")
        return [Finding(Wrong(row["fault"]), "audit_entry", str(row["seq"]), row["seq"]) for row in found]


@contextlib.contextmanager
def break_in(seat: Seat, *, keep: bool = False) -> Iterator[Intruder]:
    """Get in as whoever has the raw key, or the server; what was done is taken back, unless it is to be kept."""
    tables = upgrade.load_tables()
    with _engine(seat).connect() as connection, connection.begin() as transaction:
        if connection.dialect.name == "sqlite":
            guarding.drop(connection, tables)
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        else:
            for table in tables.metadata.sorted_tables:
                connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER ALL")
            checks = "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
            for name, constraint in connection.exec_driver_sql(checks).all() if not keep else ():
                if name in tables.metadata.tables:
                    connection.exec_driver_sql(f"ALTER TABLE {name} DROP CONSTRAINT {constraint}")
        yield Intruder(connection, seat)
        if not keep:
            transaction.rollback()
            return
        if connection.dialect.name == "sqlite":
            guarding.create(connection, tables)
        else:
            for table in tables.metadata.sorted_tables:
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ENABLE TRIGGER ALL")


def _engine(seat: Seat) -> Any:
    if seat.home.owner is not None:
        return seat.home.owner.engine(pooled=False)
    path = StoreFolder(seat.home.folder).database
    return filestore.engine_for(path, lambda: database_key(seat), foreign_keys=False, guarded=False)


def database_key(seat: Seat) -> bytes:
    """The raw key of a file home: a copy, since what a keyring hands out is overwritten when it is wiped."""
    keys = seat.store.keyring.all_of("database")
    return bytes(bytearray(keys[filestore.fitting_key(StoreFolder(seat.home.folder).database, keys)]))


_ANOTHER: Mapping[type, Callable[[Any], Any]] = {
    bool: lambda old: not old,
    int: lambda old: (old or 0) + 1000,
    str: lambda old: ("B" if (old or " ")[0] != "B" else "C") + (old or " ")[1:],
    bytes: lambda old: bytes([(old or b"\0")[0] ^ 1]) + (old or b"")[1:],
    date: lambda old: (old or date(2026, 1, 1)) + timedelta(days=1),
    datetime: lambda old: (old or stores.Clock().now) + timedelta(seconds=1),
    uuid.UUID: lambda _old: uuid.uuid4(),
}


def kind_of(column: Column[Any]) -> type:
    """What kind of value a column holds."""
    return datetime if isinstance(column.type, UtcTime) else column.type.python_type


def another(old: Any, kind: type) -> Any:
    """Something else of the same kind, no longer than it was."""
    return _ANOTHER[kind](old)


def first_row(intruder: Intruder, table: Table) -> dict[str, Any]:
    """A row of a table."""
    row = intruder.connection.execute(select(table).limit(1)).mappings().one()
    return {column.name: row[column] for column in table.columns}


# --- pages of an encrypted file


def page_of(path: Path, number: int) -> bytes:
    """A page as it lies in the file; the first is 1."""
    with path.open("rb") as file:
        file.seek((number - 1) * PAGE)
        return file.read(PAGE)


def put_page(path: Path, number: int, content: bytes) -> None:
    """Write a page over."""
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(content)


def pages_that_differ(path: Path, other: Path) -> list[int]:
    """The pages both files have, but not alike."""
    count = min(path.stat().st_size, other.stat().st_size) // PAGE
    return [number for number in range(1, count + 1) if page_of(path, number) != page_of(other, number)]


def clear_page(path: Path, number: int, key: bytes) -> bytes:
    """A page in clear: 32 bytes of key open it, the salt behind them proves that it is whole.

    Raises:
        ValueError: its HMAC is wrong.
    """
    page, cipher_key, salt = page_of(path, number), key[:32], key[32:]
    start = _SALT if number == 1 else 0
    body, vector = page[start:-_RESERVE], page[-_RESERVE : -_RESERVE + _IV]
    mac_salt = bytes(byte ^ 0x3A for byte in salt)
    mac_key = hashlib.pbkdf2_hmac("sha512", cipher_key, mac_salt, 2, 32)
    mac = hmac.digest(mac_key, body + vector + number.to_bytes(4, "little"), "sha512")
    if mac != page[-_RESERVE + _IV :]:
        raise ValueError("HMAC")
    return Cipher(algorithms.AES(cipher_key), modes.CBC(vector)).decryptor().update(body)
