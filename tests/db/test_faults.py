"""Every trouble of a driver becomes one of our own faults, which says what happened and never what was in a row."""

import inspect
import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InvalidRequestError,
    NoResultFound,
    OperationalError,
    StatementError,
)

from db import faults, filestore
from db.faults import Conflict, Damaged, DiskTrouble, Refused, ServerTrouble, StoreFault, StoreLocked
from db.store import fault_of
from tests.house.sources import ROOT
from tests.stores import TestHome

SECRET = "Dayang Nurhaliza"


class _Answer(Exception):
    """What a driver raises; a server gives a SQLSTATE with it."""

    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def _error(text: str, sqlstate: str | None = None) -> DBAPIError:
    return OperationalError("SELECT 1", {"name": SECRET}, _Answer(text, sqlstate), hide_parameters=True)


def _told(fault: StoreFault | None) -> tuple[type[StoreFault] | None, object]:
    return (None, None) if fault is None else (type(fault), fault.facts.get("reason") or fault.facts.get("what"))


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("UNIQUE constraint failed: account.login_key", (Conflict, None)),
        ("database is locked", (StoreLocked, "busy")),
        ("database table is locked: account", (StoreLocked, "busy")),
        ("database or disk is full", (DiskTrouble, "full")),
        ("disk I/O error", (DiskTrouble, "io")),
        ("attempt to write a readonly database", (DiskTrouble, "io")),
        ("unable to open database file", (DiskTrouble, "io")),
        ("file is not a database", (Damaged, "database")),
        ("database disk image is malformed", (Damaged, "database")),
        ("server closed the connection unexpectedly", (ServerTrouble, "lost")),
        ("the connection is lost", (ServerTrouble, "lost")),
        ("CHECK constraint failed: ck_account_x", (None, None)),
        ("NOT NULL constraint failed: account.login", (None, None)),
        ("FOREIGN KEY constraint failed", (None, None)),
        ("no such table: rumah", (None, None)),
        ("not authorized", (None, None)),
    ],
)
def test_without_a_sqlstate_the_drivers_words_tell(text: str, due: tuple[type[StoreFault], object]) -> None:
    assert _told(fault_of(_error(text))) == due


@pytest.mark.parametrize(
    ("sqlstate", "due"),
    [
        ("40001", (Conflict, None)),
        ("40P01", (Conflict, None)),
        ("23505", (Conflict, None)),
        ("23P01", (Conflict, None)),
        ("42501", (Refused, None)),
        ("55P03", (StoreLocked, "busy")),
        ("53100", (DiskTrouble, "full")),
        ("57P01", (ServerTrouble, "lost")),
        ("57P03", (ServerTrouble, "lost")),
        ("08006", (ServerTrouble, "lost")),
        ("58030", (DiskTrouble, "io")),
        ("XX001", (Damaged, "database")),
        ("23502", (None, None)),
        ("23503", (None, None)),
        ("23514", (None, None)),
        ("22P02", (None, None)),
        ("42P01", (None, None)),
    ],
)
def test_a_sqlstate_counts_and_not_the_words_beside_it(sqlstate: str, due: tuple[type[StoreFault], object]) -> None:
    # In whatever language the server speaks, and whatever a row holds that it quotes.
    for text in ("", "Datensatz ist gesperrt", "is locked, disk is full, malformed, connection, unique constraint"):
        assert _told(fault_of(_error(text, sqlstate))) == due


def test_what_is_stopped_on_purpose_is_no_damage_and_no_mistake() -> None:
    for error in (_error("interrupted"), _error("canceling statement due to user request", "57014")):
        assert isinstance(fault_of(error), StoreLocked)


def test_what_is_no_driver_error_is_our_own_mistake() -> None:
    for error in (
        NoResultFound("is locked"),
        InvalidRequestError("disk is full"),
        StatementError("disk is full", "SELECT 1", None, ValueError("disk is full")),
    ):
        assert fault_of(error) is None


@pytest.mark.parametrize("kind", [IntegrityError, DatabaseError, DBAPIError, OperationalError])
def test_the_class_of_the_error_does_not_matter(kind: type[DBAPIError]) -> None:
    assert isinstance(fault_of(kind("SELECT 1", None, _Answer("database is locked"))), StoreLocked)


# --- as SQLite itself says it


def _full() -> None:
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 1")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 4000,)] * 10)


def _readonly() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA query_only = 1")
    connection.execute("CREATE TABLE t (x)")


def _no_place() -> None:
    sqlite3.connect("file:/tidak/ada/di/sini?mode=ro", uri=True).execute("SELECT 1")


def _unique() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (x UNIQUE)")
    connection.executemany("INSERT INTO t VALUES (?)", [(SECRET,), (SECRET,)])


@pytest.mark.parametrize(
    ("act", "due"),
    [
        (_full, (DiskTrouble, "full")),
        (_readonly, (DiskTrouble, "io")),
        (_no_place, (DiskTrouble, "io")),
        (_unique, (Conflict, None)),
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_sqlites_own_words_are_known(act: Callable[[], None], due: tuple[type[StoreFault], object]) -> None:
    with pytest.raises(sqlite3.DatabaseError) as caught:
        act()
    fault = fault_of(OperationalError("x", None, caught.value))
    assert _told(fault) == due
    assert SECRET not in f"{fault!r} {fault} {fault.facts if fault else ''}"


def test_a_wrong_key_and_a_held_file_are_told_apart(file_home: TestHome, monkeypatch: pytest.MonkeyPatch) -> None:
    seat = file_home.enter()
    database, key = file_home.folder / "teduh.db", seat.store.keyring.newest("database")[1]
    with pytest.raises(Damaged):
        filestore.connect(database, bytes(48))
    # Not to be waited for in a test: another program that holds on is the same after five seconds.
    real: Any = filestore.PRAGMAS["busy_timeout"]
    monkeypatch.setitem(filestore.PRAGMAS, "busy_timeout", ("0", 0))
    holder = filestore.connect(database, key, guarded=False)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreLocked):
            filestore.rekey(database, key, bytes(48))
    finally:
        holder.close()
        monkeypatch.setitem(filestore.PRAGMAS, "busy_timeout", real)
    filestore.connect(database, key).close()


# --- the faults themselves


def _kinds() -> Iterator[type[StoreFault]]:
    for _, kind in inspect.getmembers(faults, inspect.isclass):
        if issubclass(kind, StoreFault) and kind is not StoreFault:
            yield kind


@pytest.mark.parametrize("kind", list(_kinds()), ids=lambda kind: kind.__name__)
def test_a_fault_says_its_kind_and_keeps_its_facts_to_itself(kind: type[StoreFault]) -> None:
    fault = kind(reason=SECRET, place=SECRET)
    assert str(fault) == kind.__name__
    assert SECRET not in f"{fault!r} {fault} {fault.args}"
    assert fault.facts == {"reason": SECRET, "place": SECRET}
    assert kind.__doc__


def test_exit_codes_tell_what_a_script_can_act_on() -> None:
    codes = {kind.__name__: kind.exit_code for kind in _kinds()}
    assert faults.SOUND == 0
    assert codes["NoStore"] == faults.NO_STORE == 10
    assert codes["StoreLocked"] == faults.LOCKED == 11
    assert codes["WrongPassword"] == codes["WrongWords"] == faults.WRONG_PASSWORD == 12
    assert codes["Damaged"] == faults.DAMAGED == 1
    assert faults.SOUND not in codes.values()


def test_every_reason_a_fault_is_raised_with_is_told_in_its_docstring() -> None:
    # The sentences in ui/messages.py are written from these lists.
    program = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "db").glob("*.py")))
    said = set(re.findall(r"\b(StoreLocked|WeakPassword|DiskTrouble)\(reason=\"(\w+)\"", program))
    assert len(said) > 5
    assert not [(name, reason) for name, reason in said if f"``{reason}``" not in getattr(faults, name).__doc__]
