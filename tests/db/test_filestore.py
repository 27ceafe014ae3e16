"""The recipe by which the encrypted file is opened: every line of it in force, on every connection."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import textwrap
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlcipher3 import dbapi2

from db import filestore
from db.faults import Damaged, StoreFault
from tests.commandline import ROOT, surroundings
from tests.db.tamper import PAGE, clear_page, page_of, put_page
from tests.stores import TestHome

KEY: Final = bytes(range(48))

# Written out once more, so that a line lost from the recipe is missed: docs/security.md, "Opening the database".
RECIPE: Final[dict[str, object]] = {
    "cipher_memory_security": "1",
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "recursive_triggers": 1,
    "temp_store": 2,
    "secure_delete": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "busy_timeout": 5000,
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new encrypted file with some rows in it."""
    file = tmp_path_factory.mktemp("recipe") / "teduh.db"
    with filestore.plain_connection(file, KEY) as raw:
        raw.execute("BEGIN")
        raw.execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        raw.execute("CREATE TABLE child (word_id INTEGER REFERENCES word (id))")
        raw.execute("CREATE TABLE audit_entry (seq INTEGER PRIMARY KEY, hash BLOB)")
        raw.execute("CREATE TABLE audit_image (seq INTEGER PRIMARY KEY, bytes BLOB)")
        raw.execute("CREATE TABLE alembic_version (version_num TEXT)")
        raw.execute("CREATE INDEX ix_word ON word (text)")
        raw.execute("CREATE TRIGGER word_stays BEFORE DELETE ON word BEGIN SELECT RAISE(ABORT, 'stays'); END")
        with contextlib.closing(raw.cursor()) as cursor:
            cursor.executemany("INSERT INTO word (text) VALUES (?)", [(f"kata {n} " + "x" * 300,) for n in range(300)])
        raw.execute("INSERT INTO audit_entry VALUES (1, x'00')")
        raw.execute("INSERT INTO audit_image VALUES (1, x'00')")
        raw.execute("COMMIT")
    filestore.checkpoint(file, KEY)
    return file


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """A copy of it for this test."""
    return Path(shutil.copyfile(written, tmp_path / "teduh.db"))


@contextlib.contextmanager
def opened(file: Path, **options: bool) -> Iterator[Engine]:
    """An engine on it, closed at the end."""
    engine = filestore.engine_for(file, lambda: KEY, **options)
    yield engine
    engine.dispose()


def in_force(raw: Any) -> dict[str, object]:
    """What the pragmas of the recipe say on a connection."""
    raw.set_authorizer(None)
    return {name: raw.execute(f"PRAGMA {name}").fetchone()[0] for name in RECIPE}


# --- pragmas


def test_every_pragma_is_in_force_on_every_pooled_connection(path: Path) -> None:
    with opened(path) as engine, contextlib.ExitStack() as held:
        connections = [held.enter_context(engine.connect()) for _ in range(8)]
        raws = [connection.connection.driver_connection for connection in connections]
        assert len({id(raw) for raw in raws}) == 8
        assert [in_force(raw) for raw in raws] == [RECIPE] * 8


def test_a_weaker_flush_would_be_noticed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof: NORMAL instead of FULL loses acknowledged saves in a power cut."""
    monkeypatch.setitem(filestore.PRAGMAS, "synchronous", ("NORMAL", 1))
    with opened(path) as engine, engine.connect() as connection:
        found = in_force(connection.connection.driver_connection)
    assert {name for name in RECIPE if found[name] != RECIPE[name]} == {"synchronous"}


@pytest.mark.parametrize("name", [name for name in filestore.PRAGMAS if name in RECIPE])
def test_a_lost_line_of_the_recipe_would_be_noticed(path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Each line is there for a reason: left out, or weakened where SQLite has it anyway, the comparison goes red."""
    weaker = {"journal_mode": ("DELETE", "delete"), "synchronous": ("NORMAL", 1), "temp_store": ("FILE", 1)}
    monkeypatch.setitem(filestore.PRAGMAS, name, weaker.get(name, ("0", 0)))
    if name == "trusted_schema":
        monkeypatch.setitem(filestore.PRAGMAS, name, ("ON", 1))
    with opened(path) as engine, engine.connect() as connection:
        assert in_force(connection.connection.driver_connection) != RECIPE


@pytest.mark.parametrize(
    ("name", "setting"),
    [("synchronous", ("FULL", 3)), ("no_such_pragma", ("ON", 1)), ("busy_timeout", ("nonsense", 5000))],
)
def test_a_pragma_that_does_not_take_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str, setting: tuple[str, object]
) -> None:
    monkeypatch.setitem(filestore.PRAGMAS, name, setting)
    with pytest.raises(Damaged) as refused:
        filestore.connect(path, KEY)
    assert refused.value.facts == {"what": f"pragma {name}"}


def test_migrations_have_foreign_keys_off_and_all_else_in_force(path: Path) -> None:
    with opened(path, foreign_keys=False, guarded=False) as engine, engine.connect() as connection:
        assert in_force(connection.connection.driver_connection) == RECIPE | {"foreign_keys": 0}


# --- the key


class _Recorded:
    """A driver's connection that remembers how it was given its key."""

    def __init__(self, raw: Any, heard: list[tuple[str, str]]) -> None:
        self._raw, self._heard = raw, heard

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def set_key(self, spec: str) -> None:
        # Letter by letter: the text itself is overwritten once it has been used.
        self._heard.append(("set_key", "".join(list(spec))))
        self._raw.set_key(spec)

    def execute(self, sql: str) -> Any:
        self._heard.append(("execute", sql))
        return self._raw.execute(sql)


def test_the_key_is_one_raw_key_of_96_digits_and_no_passphrase(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, str]] = []
    real = dbapi2.connect
    monkeypatch.setattr(dbapi2, "connect", lambda *args, **options: _Recorded(real(*args, **options), heard))
    filestore.connect(path, KEY).close()
    said = [what for how, what in heard if how == "set_key"]
    assert said == [f"x'{KEY.hex()}'"]
    assert len(KEY.hex()) == 96
    statements = [what for how, what in heard if how == "execute"]
    assert not [sql for sql in statements if re.search(r"\b(re)?key\b|hexkey", sql, re.IGNORECASE)]
    # Before the key, or the key itself would lie in memory that may be swapped out.
    before = heard[: heard.index(("set_key", said[0]))]
    assert ("execute", "PRAGMA cipher_memory_security = ON") in before
    assert ("execute", "PRAGMA cipher_log_level = NONE") in before


def test_the_key_as_a_passphrase_opens_nothing(path: Path) -> None:
    for phrase in (KEY.hex(), KEY.hex()[:64], f"x'{KEY.hex()}"):
        with contextlib.closing(dbapi2.connect(str(path))) as raw:
            raw.set_key(phrase)
            with pytest.raises(dbapi2.DatabaseError):
                raw.execute("SELECT count(*) FROM sqlite_schema")


def test_without_the_key_not_a_word_can_be_read(path: Path) -> None:
    content = path.read_bytes()
    assert b"kata" not in content
    assert b"SQLite format" not in content
    with contextlib.closing(dbapi2.connect(str(path))) as raw, pytest.raises(dbapi2.DatabaseError):
        raw.execute("SELECT count(*) FROM sqlite_schema")


def test_a_wrong_key_is_a_fault_and_leaves_the_file_alone(path: Path) -> None:
    before = path.read_bytes()
    for wrong in (bytes(48), KEY[:32] + bytes(16), bytes(32) + KEY[32:]):
        with pytest.raises(Damaged):
            filestore.connect(path, wrong)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def _raised(file: Path, key: bytes) -> list[BaseException]:
    """Whatever goes wrong with a key in hand."""
    faults: list[BaseException] = []

    def hear(function: Any) -> None:
        try:
            function()
        except Exception as error:  # noqa: BLE001 - whatever it is, its text is looked at
            faults.append(error)

    hear(lambda: filestore.connect(file, key[::-1]))
    hear(lambda: filestore.connect(file.parent / "no" / "folder.db", key))
    hear(lambda: filestore.connect(file.parent, key))
    hear(lambda: filestore.rekey(file, key[::-1], key))
    hear(lambda: filestore.checkpoint(file.with_name("none") / "x", key))
    for sql in ("SELECT nothing FROM nowhere", "ATTACH ':memory:' AS other", "INSERT INTO word VALUES (1, 'x')"):
        engine = filestore.engine_for(file, lambda: key)
        with engine.connect() as connection:
            hear(lambda: connection.exec_driver_sql(sql))  # noqa: B023 - heard at once
        engine.dispose()
    engine = filestore.engine_for(file, lambda: key[::-1])
    hear(engine.connect)
    faults.append(RuntimeError(repr(engine) + str(engine.url) + repr(engine.pool)))
    return faults


def test_no_error_tells_the_key(path: Path) -> None:
    faults = _raised(path, KEY)
    assert len(faults) == 10
    for fault in faults:
        text = "".join(traceback.format_exception(fault)) + repr(fault) + repr(getattr(fault, "facts", ""))
        for key in (KEY, KEY[::-1]):
            for part in (key.hex(), key[:32].hex(), repr(key), repr(key[:8])[2:-1]):
                assert part.lower() not in text.lower()


def test_an_error_of_the_driver_becomes_one_of_ours(path: Path) -> None:
    put_page(path, 1, os.urandom(PAGE))
    with pytest.raises(StoreFault) as fault:
        filestore.connect(path, KEY)
    assert isinstance(fault.value, Damaged)
    assert fault.value.__cause__ is None
    assert str(fault.value) == "Damaged"


# --- a destroyed first sector


def test_the_salt_lies_in_the_key_so_that_losing_it_loses_nothing(path: Path) -> None:
    assert filestore.salt_fits(path, KEY)
    put_page(path, 1, bytes(16) + page_of(path, 1)[16:])
    assert not filestore.salt_fits(path, KEY)
    with filestore.plain_connection(path, KEY) as raw:
        assert raw.execute("SELECT count(*) FROM word").fetchone() == (300,)
        assert raw.execute("PRAGMA cipher_integrity_check").fetchall() == []


def test_a_key_of_64_digits_would_lose_the_file_with_its_salt(path: Path) -> None:
    """The counter-proof: without the salt in the key, sixteen bytes at the beginning are the whole file."""

    def rows() -> list[tuple[int]]:
        with contextlib.closing(dbapi2.connect(str(path))) as raw:
            raw.set_key(f"x'{KEY[:32].hex()}'")
            found: list[tuple[int]] = raw.execute("SELECT count(*) FROM word").fetchall()
            return found

    assert rows() == [(300,)]
    put_page(path, 1, bytes(16) + page_of(path, 1)[16:])
    with pytest.raises(dbapi2.DatabaseError):
        rows()


def test_a_destroyed_first_sector_is_refused_and_leaves_every_other_page_readable(path: Path) -> None:
    """The file opens no more by itself; but only that page is lost, and one from an older copy opens the file again."""
    first, count = page_of(path, 1), path.stat().st_size // PAGE
    clear = [clear_page(path, number, KEY) for number in range(1, count + 1)]
    put_page(path, 1, bytes(512) + first[512:])
    with pytest.raises(Damaged):
        filestore.connect(path, KEY)
    assert [clear_page(path, number, KEY) for number in range(2, count + 1)] == clear[1:]
    assert sum(page.count(b"kata ") for page in clear[1:]) >= 300
    with pytest.raises(ValueError, match="HMAC"):
        clear_page(path, 1, KEY)
    with pytest.raises(ValueError, match="HMAC"):  # had the salt been in the file alone, so would every other
        clear_page(path, 2, KEY[:32] + bytes(16))
    put_page(path, 1, first)
    filestore.connect(path, KEY).close()


# --- the authorizer

DENIED: Final = (
    "ATTACH ':memory:' AS other",
    "DETACH other",
    "CREATE TABLE other (a)",
    "CREATE TEMP TABLE other (a)",
    "CREATE TABLE other AS SELECT * FROM word",
    "DROP TABLE word",
    "ALTER TABLE word ADD COLUMN b",
    "ALTER TABLE word RENAME TO other",
    "CREATE INDEX other ON word (text)",
    "DROP INDEX ix_word",
    "CREATE TRIGGER other AFTER INSERT ON word BEGIN SELECT 1; END",
    "CREATE TEMP TRIGGER other AFTER INSERT ON word BEGIN SELECT 1; END",
    "DROP TRIGGER word_stays",
    "CREATE VIEW other AS SELECT 1",
    "CREATE TEMP VIEW other AS SELECT 1",
    "CREATE VIRTUAL TABLE other USING fts5 (a)",
    "REINDEX",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO 'other.db'",
    "PRAGMA synchronous = OFF",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA recursive_triggers = OFF",
    "PRAGMA secure_delete = OFF",
    "PRAGMA temp_store = FILE",
    "PRAGMA trusted_schema = ON",
    "PRAGMA writable_schema = ON",
    "PRAGMA ignore_check_constraints = ON",
    "PRAGMA user_version = 7",
    "PRAGMA cipher_memory_security = OFF",
    "PRAGMA cipher_log = 'other.log'",
    "PRAGMA key = 'x'",
    "PRAGMA rekey = 'x'",
    "PRAGMA cipher_export = 'x'",
    "SELECT * FROM pragma_user_version",
    "SELECT load_extension('x')",
    "SELECT LOAD_EXTENSION('x')",
    "SELECT sqlcipher_export('main')",
    "UPDATE audit_entry SET hash = x'01'",
    "DELETE FROM audit_entry",
    "UPDATE audit_image SET bytes = x'01'",
    "DELETE FROM audit_image",
    "UPDATE alembic_version SET version_num = '9'",
    "INSERT INTO alembic_version VALUES ('9')",
    "DELETE FROM alembic_version",
)
ALLOWED: Final = (
    "SELECT count(*), max(text), upper(text) FROM word GROUP BY id ORDER BY 2",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n",
    "INSERT INTO word (text) VALUES ('x')",
    "INSERT INTO word (text) VALUES ('x') RETURNING id",
    "UPDATE word SET text = 'y' WHERE id = 1",
    "DELETE FROM child",
    "INSERT INTO audit_entry VALUES (2, x'00')",
    "INSERT INTO audit_image VALUES (2, x'00')",
    "BEGIN IMMEDIATE",
    "SAVEPOINT one",
    "ROLLBACK TO one",
    "RELEASE one",
    "COMMIT",
    "BEGIN",
    "ROLLBACK",
    "PRAGMA read_uncommitted",
    "PRAGMA main.table_info(word)",
    "PRAGMA main.table_xinfo(word)",
    "PRAGMA main.index_list(word)",
    "PRAGMA main.index_info(ix_word)",
    "PRAGMA main.foreign_key_list(child)",
    "PRAGMA table_list",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA integrity_check",
    "PRAGMA quick_check",
    "PRAGMA cipher_integrity_check",
    "PRAGMA foreign_key_check",
)


@pytest.mark.parametrize("statement", DENIED)
def test_the_running_program_may_not(path: Path, statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    with contextlib.closing(filestore.connect(path, KEY)) as raw:
        with pytest.raises(dbapi2.DatabaseError, match=r"not authorized|authorization denied|prohibited") as refused:
            raw.execute(statement).fetchall()
        assert KEY.hex() not in str(refused.value)
    assert list(path.parent.iterdir()) == [path]


def test_with_the_authorizer_off_it_could(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter-proof: it is the authorizer that refuses, not a slip in the statements."""
    monkeypatch.chdir(path.parent)
    nothing_there = {"DETACH other", "SELECT sqlcipher_export('main')"}
    nothing_there |= {"SELECT load_extension('x')", "SELECT LOAD_EXTENSION('x')"}
    still_refused = set()
    for number, statement in enumerate(DENIED):
        copy = path.with_name(f"copy{number}.db")
        copy.write_bytes(path.read_bytes())
        with contextlib.closing(filestore.connect(copy, KEY, guarded=False)) as raw:
            try:
                raw.execute(statement).fetchall()
            except dbapi2.DatabaseError:
                still_refused.add(statement)
    assert still_refused == nothing_there


def test_the_running_program_may(path: Path) -> None:
    with contextlib.closing(filestore.connect(path, KEY)) as raw:
        for statement in ALLOWED:
            raw.execute(statement).fetchall()


def test_reflection_works_under_the_authorizer(file_home: TestHome) -> None:
    from sqlalchemy import inspect

    with file_home.enter().store.ground() as connection:
        inspector = inspect(connection)
        assert "account" in inspector.get_table_names()
        assert inspector.get_columns("account")
        assert inspector.get_indexes("role_grant")
        assert inspector.get_foreign_keys("role_grant")


# --- writers


def test_a_unit_of_work_takes_the_write_lock_at_once_and_a_reading_one_does_not(path: Path) -> None:
    with opened(path) as engine:
        reading = engine.execution_options(teduh_read=True)
        with engine.begin() as writer:
            with contextlib.closing(filestore.connect(path, KEY)) as other:
                other.set_authorizer(None)
                other.execute("PRAGMA busy_timeout = 1")
                with pytest.raises(dbapi2.OperationalError, match="locked"):
                    other.execute("BEGIN IMMEDIATE")
            with reading.connect() as reader:
                assert reader.exec_driver_sql("SELECT count(*) FROM word").scalar() == 300
            writer.exec_driver_sql("UPDATE word SET text = 'z' WHERE id = 1")
        with reading.connect() as reader:
            assert reader.exec_driver_sql("SELECT text FROM word WHERE id = 1").scalar() == "z"


def test_a_closed_engine_asks_for_the_key_again(path: Path) -> None:
    asked = []

    def key() -> bytes:
        asked.append(1)
        if len(asked) > 1:
            raise StoreFault(reason="closed")
        return KEY

    engine = filestore.engine_for(path, key)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    with pytest.raises(StoreFault):
        engine.connect()
    engine.dispose()


def test_no_driver_text_reaches_a_log_with_values(path: Path) -> None:
    with opened(path) as engine, engine.connect() as connection, pytest.raises(DBAPIError) as error:
        connection.exec_driver_sql("INSERT INTO word (id, text) VALUES (?, ?)", (1, "Nama Penyintas"))
    assert "Nama Penyintas" not in str(error.value)


# --- nothing in clear, anywhere

MARKER: Final = "Rumah Penanda Tujuh Belas"
SESSION: Final = """
    import os, sys
    from pathlib import Path

    from db import filestore, opening
    from db.files import StoreFolder
    from db.keyring import Kdf
    from db.opening import Founder, Opening
    from db.unit import Actor
    from shelter.codelists import actions as codelist_actions
    from shelter.home import actions as home_actions
    from shelter.staff import actions as staff_actions
    from shelter.work import Founding, Work

    folder, temp, marker, temp_store = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    filestore.PRAGMAS["temp_store"] = {"MEMORY": ("MEMORY", 2), "FILE": ("FILE", 1)}[temp_store]
    # A small cache, so that little is enough to overflow it.
    filestore.PRAGMAS["cache_size"] = ("-512", -512)
    wanted = marker.encode()
    found = set()

    def search(when):
        for base in (folder, temp):
            for path in base.rglob("*"):
                if path.is_file() and wanted in path.read_bytes():
                    found.add(f"{when}: file {path.name}")
        for number in os.listdir("/proc/self/fd"):
            target = f"/proc/self/fd/{number}"
            try:
                if os.readlink(target).startswith("/") and Path(target).is_file():
                    with open(target, "rb") as file:
                        if wanted in file.read():
                            found.add(f"{when}: open file")
            except OSError:
                continue

    def first_rows(store, actor, credential):
        store.write(actor, home_actions.found, name=marker)
        store.write(actor, codelist_actions.fill)
        store.write(actor, staff_actions.add_account, login="kepala", roles=("KEPALA", "ADMIN"), credential=credential)

    opening.create(Opening(StoreFolder(folder), Founding), Founder("kepala", "payung teduh", Kdf.floor(), first_rows))
    search("founded")
    store = Opening(StoreFolder(folder), Work).sign_in("kepala", "payung teduh")
    actor = Actor(store.keyring.owner, marker)
    # Far more than a sort may hold there: it must go somewhere.
    big = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 16000)"
        " SELECT h.name || printf('%0300d', (n.i * 7919) % 16000) AS text FROM home_identity h, n ORDER BY text DESC"
    )
    with store.ground() as connection:
        rows = connection.exec_driver_sql(big)
        rows.fetchmany(10)
        search("sorting")
        rows.close()
        connection.exec_driver_sql(big.replace("SELECT h", "SELECT DISTINCT h")).fetchmany(10)
        search("telling apart")
    for number in range(20):
        store.write(actor, home_actions.rename_home, name=f"{marker} {number}", place="Pontianak")
    search("working")
    store.close()
    search("closed")
    print(sorted(found))
"""


def session(tmp_path: Path, temp_store: str) -> str:
    """A long session in a process of its own: where the home's name was found in clear."""
    temp = tmp_path / "temp"
    temp.mkdir()
    places = (str(tmp_path / "rumah"), str(temp))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SESSION), *places, MARKER, temp_store],
        cwd=ROOT,
        env=surroundings(SQLITE_TMPDIR=str(temp), TMPDIR=str(temp)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at open files through /proc")
def test_a_name_lies_in_clear_in_no_file_not_even_a_deleted_one(tmp_path: Path) -> None:
    assert session(tmp_path, "MEMORY") == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="looks at open files through /proc")
def test_with_temporary_files_allowed_the_name_would_be_found(tmp_path: Path) -> None:
    """The counter-proof: what SQLite writes there is not encrypted by anybody."""
    assert "sorting: open file" in session(tmp_path, "FILE")
