"""Guards: whichever is missing, changed or added is named; and each is what stops what it is there to stop."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from db import filestore, guarding, upgrade
from db.check import check_guards
from db.guards import EVERYONE, Guard, file_guards, functions
from db.verify import MOST_FINDINGS, Finding, Report, Wrong
from tests.db.tamper import database_key, small_file_home, small_server_home
from tests.stores import Server, TestHome, drop_from

TABLES: Final = upgrade.load_tables()


@pytest.fixture(scope="module", params=["file", pytest.param("server", marks=pytest.mark.server)])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestHome]:
    """A small home on each kind of store; whatever a test does to its guards is taken back."""
    folder = tmp_path_factory.mktemp("guards") / "rumah"
    if request.param == "file":
        home = small_file_home(folder)
        yield home
        home.close()
        return
    server: Server = request.getfixturevalue("pg_server")
    home = small_server_home(server, folder)
    yield home
    drop_from(server, home)


ON_FILE: Final = pytest.mark.parametrize("home", ["file"], indirect=True, scope="module")


def on_server(test: Any) -> Any:
    """Run a test on the server's home alone."""
    marked = pytest.mark.parametrize("home", ["server"], indirect=True, scope="module")(test)
    return pytest.mark.server(marked)


@pytest.fixture
def connection(home: TestHome) -> Iterator[Connection]:
    """In one transaction, as whoever has the raw key or owns the server; taken back at the end."""
    if home.owner is not None:
        engine = home.owner.engine(pooled=False)
    else:
        key = database_key(home.enter())
        home.close()
        engine = filestore.engine_for(home.folder / "teduh.db", lambda: key, guarded=False)
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
    engine.dispose()


def named(connection: Connection) -> list[str]:
    """What a check says of the guards."""
    report = Report([])
    check_guards(connection, report)
    wrong = guarding.compare(connection, TABLES)
    assert [finding.row for finding in report.findings] == wrong[:MOST_FINDINGS]
    assert all(finding.wrong is Wrong.GUARD for finding in report.findings)
    return wrong


def test_a_founded_home_has_exactly_its_guards(connection: Connection) -> None:
    assert named(connection) == []


def test_dropped_and_made_again_they_are_the_same(connection: Connection) -> None:
    guarding.drop(connection, TABLES)
    assert named(connection)
    guarding.create(connection, TABLES)
    assert named(connection) == []


# --- the file's


@ON_FILE
@pytest.mark.parametrize("guard", file_guards(TABLES), ids=lambda guard: guard.name)
def test_a_trigger_that_is_gone_is_named(connection: Connection, guard: Guard) -> None:
    connection.exec_driver_sql(f"DROP {guard.kind} {guard.name}")
    assert named(connection) == [guard.name]


@ON_FILE
@pytest.mark.parametrize("guard", file_guards(TABLES), ids=lambda guard: guard.name)
def test_a_trigger_with_another_body_is_named(connection: Connection, guard: Guard) -> None:
    connection.exec_driver_sql(f"DROP {guard.kind} {guard.name}")
    weaker = guard.create.replace("BEGIN SELECT", "WHEN 0 BEGIN SELECT", 1) if " WHEN " not in guard.create else (
        guard.create.replace(" WHEN ", " WHEN 0 AND ", 1)
    )  # fmt: skip
    assert weaker != guard.create
    connection.exec_driver_sql(weaker)
    assert named(connection) == [guard.name]


@ON_FILE
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER stranger AFTER INSERT ON account BEGIN DELETE FROM role_grant; END",
        "CREATE INDEX stranger ON account (upper(display_name))",
        "CREATE UNIQUE INDEX stranger ON account (display_name)",
    ],
)
def test_a_trigger_or_index_nobody_declared_is_named(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
    assert named(connection) == ["stranger"]
    guarding.drop(connection, TABLES)  # a migration takes an unknown trigger away with the others
    guarding.create(connection, TABLES)
    assert named(connection) == ([] if "TRIGGER" in statement else ["stranger"])


@ON_FILE
def test_a_missing_guard_makes_a_check_unsound(connection: Connection) -> None:
    report = Report([])
    connection.exec_driver_sql("DROP TRIGGER code_entry_locked")
    check_guards(connection, report)
    assert not report.sound
    assert report.findings == [Finding(Wrong.GUARD, row="code_entry_locked")]


# What each trigger stops, tried on the raw file.
STOPPED: Final = {
    "audit_entry_no_update": "UPDATE audit_entry SET machine = 'x' WHERE seq = 2",
    "audit_entry_no_delete": "DELETE FROM audit_entry WHERE seq = 2",
    "audit_entry_no_replace": "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 2",
    "audit_image_no_update": "UPDATE audit_image SET bytes = x'00' WHERE seq = (SELECT min(seq) FROM audit_image)",
    "audit_image_no_delete": "DELETE FROM audit_image WHERE seq = (SELECT min(seq) FROM audit_image)",
    "audit_image_no_replace": "INSERT OR REPLACE INTO audit_image SELECT * FROM audit_image",
    "store_meta_no_delete": "DELETE FROM store_meta",
}


def _row_of(connection: Connection) -> None:
    """Rows for the triggers that look at what a row says."""
    connection.exec_driver_sql(
        "INSERT INTO code_entry (id, list_name, code, label_id, label_en, note, position, active, own, locked, version)"
        " VALUES ('1', 'tppo_cara', 'A', 'a', 'a', '', 1, 1, 0, 1, 1),"
        " ('2', 'aid_type', 'B', 'b', 'b', '', 1, 1, 0, 0, 1)"
    )
    connection.exec_driver_sql(
        "INSERT INTO number_issued (id, series_id, seq, text, issued_at, issued_by, cancel_reason, version)"
        " VALUES ('3', '4', 1, '001', '', '5', '', 1)"
    )


STOPPED_IN_ROOMS: Final = {
    "code_entry_no_delete": "DELETE FROM code_entry WHERE id = '2'",
    "code_entry_locked": "UPDATE code_entry SET label_id = 'x' WHERE id = '1'",
    "number_issued_no_delete": "DELETE FROM number_issued WHERE id = '3'",
}


@ON_FILE
@pytest.mark.parametrize("name", [*STOPPED, *STOPPED_IN_ROOMS])
def test_a_trigger_stops_what_would_pass_without_it(connection: Connection, name: str) -> None:
    connection.connection.driver_connection.execute("PRAGMA defer_foreign_keys = ON")  # type: ignore[union-attr]
    _row_of(connection)
    statement = (STOPPED | STOPPED_IN_ROOMS)[name]
    with pytest.raises(DBAPIError, match=r"only grows|keeps its name|never removed|the law words|numbers stay"):
        connection.exec_driver_sql(statement)
    for trigger in [name, *(["audit_entry_no_delete", "audit_image_no_delete"] if "replace" in name else [])]:
        connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
    assert connection.exec_driver_sql(statement).rowcount > 0


def test_every_trigger_is_tried_above() -> None:
    assert {guard.name for guard in file_guards(TABLES)} == STOPPED.keys() | STOPPED_IN_ROOMS.keys()


@ON_FILE
def test_replacing_an_entry_is_stopped_where_triggers_do_not_recurse(home: TestHome) -> None:
    """INSERT OR REPLACE passes by UPDATE and DELETE triggers once ``recursive_triggers`` is off."""
    key = database_key(home.enter())
    home.close()
    replace = STOPPED["audit_entry_no_replace"]
    with filestore.plain_connection(home.folder / "teduh.db", key) as raw:
        raw.execute("PRAGMA recursive_triggers = OFF")
        raw.execute("BEGIN")
        with pytest.raises(filestore.database_error(), match="only grows"):
            raw.execute(replace)
        raw.execute("DROP TRIGGER audit_entry_no_replace")
        raw.execute(replace)  # the counter-proof: neither of the other two notices
        raw.execute("ROLLBACK")


# --- the server's

ALL: Final = "<all>"
TRAINERS: Final = "<instruktur>"
ANYBODY: Final = (
    "CREATE OR REPLACE FUNCTION teduh_me() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER"
    " SET search_path = public, pg_temp AS 'SELECT owner FROM key_slot LIMIT 1'"
)
AGAIN: Final = (
    "DROP TRIGGER teduh_append_only ON audit_image; CREATE TRIGGER teduh_append_only"
    " BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_image FOR EACH STATEMENT "
)
TOUCHED: Final = {
    "a function's body": (ANYBODY, "teduh_me()"),
    "a function that is gone": ("DROP FUNCTION teduh_audit_verify()", "teduh_audit_verify()"),
    "a function more": ("CREATE FUNCTION teduh_more() RETURNS int LANGUAGE sql AS 'SELECT 1'", "teduh_more()"),
    "a function of the asker's rights": ("ALTER FUNCTION teduh_audit_head() SECURITY INVOKER", "teduh_audit_head()"),
    "a function's search path": ("ALTER FUNCTION teduh_audit_head() RESET search_path", "teduh_audit_head()"),
    "a function open to all": ("GRANT EXECUTE ON FUNCTION teduh_append_only() TO PUBLIC", "teduh_append_only()"),
    "a function closed": (f'REVOKE EXECUTE ON FUNCTION teduh_me() FROM "{ALL}"', "teduh_me()"),
    "a policy that is gone": ("DROP POLICY teduh_select_all ON home_identity", "teduh_select_all home_identity"),
    "a policy's condition": ("ALTER POLICY teduh_select_some ON account USING (true)", "teduh_select_some account"),
    "a policy's roles": ("ALTER POLICY teduh_select_all ON account TO PUBLIC", "teduh_select_all account"),
    "a policy more": ("CREATE POLICY more ON audit_image USING (true)", "more audit_image"),
    "a policy that narrows": ("CREATE POLICY less ON account AS RESTRICTIVE USING (false)", "less account"),
    "the owner's policy": ("ALTER POLICY teduh_owner ON audit_entry TO PUBLIC", "teduh_owner audit_entry"),
    "a grant more": (f'GRANT SELECT ON audit_image TO "{TRAINERS}"', f"grant SELECT on audit_image to {TRAINERS}"),
    "a grant to the public": ("GRANT INSERT ON audit_entry TO PUBLIC", "grant INSERT on audit_entry to PUBLIC"),
    "a grant of a column": (
        f'GRANT SELECT (bytes) ON audit_image TO "{TRAINERS}"',
        f"grant SELECT on audit_image.bytes to {TRAINERS}",
    ),
    "a grant that is gone": (
        f'REVOKE SELECT ON alembic_version FROM "{ALL}"',
        f"grant SELECT on alembic_version to {ALL}",
    ),
    "a view of the audit": (
        f'CREATE VIEW peek AS SELECT * FROM audit_image; GRANT SELECT ON peek TO "{TRAINERS}"',
        f"grant SELECT on peek to {TRAINERS}",
    ),
    "row security off": ("ALTER TABLE account DISABLE ROW LEVEL SECURITY", "row security account"),
    "row security not for the owner": ("ALTER TABLE account NO FORCE ROW LEVEL SECURITY", "row security account"),
    "a trigger off": ("ALTER TABLE audit_entry DISABLE TRIGGER teduh_append_only", "teduh_append_only audit_entry"),
    "a trigger for replicas": (
        "ALTER TABLE audit_entry ENABLE REPLICA TRIGGER teduh_append_only",
        "teduh_append_only audit_entry",
    ),
    "a trigger that is gone": ("DROP TRIGGER teduh_append_only ON audit_image", "teduh_append_only audit_image"),
    "a trigger that does nothing": (
        AGAIN + "EXECUTE FUNCTION idle()",
        "teduh_append_only audit_image",
    ),
    "a trigger on a condition": (
        AGAIN + "WHEN (false) EXECUTE FUNCTION teduh_append_only()",
        "teduh_append_only audit_image",
    ),
    "a trigger more": (
        "CREATE TRIGGER more BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION teduh_append_only()",
        "more account",
    ),
    "a rule": ("CREATE RULE silent AS ON INSERT TO audit_entry DO INSTEAD NOTHING", "silent audit_entry"),
    "a group above row security": (f'ALTER ROLE "{TRAINERS}" BYPASSRLS', f"powers of {TRAINERS}"),
}


@on_server
@pytest.mark.parametrize("name", TOUCHED)
def test_whatever_is_touched_on_a_server_is_named(home: TestHome, connection: Connection, name: str) -> None:
    assert home.place is not None
    prefix = f"{home.place.database}__"
    statement, expected = (
        part.replace(ALL, prefix + EVERYONE).replace(TRAINERS, prefix + "instruktur") for part in TOUCHED[name]
    )
    connection.exec_driver_sql("CREATE FUNCTION idle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    connection.execute(text(statement))
    assert expected in named(connection)


@on_server
def test_every_function_is_compared(connection: Connection) -> None:
    for function in functions(TABLES):
        connection.exec_driver_sql(f"DROP FUNCTION {function.signature} CASCADE")
    missing = {function.signature for function in functions(TABLES)}
    assert missing <= set(named(connection))


@on_server
def test_every_policy_and_grant_is_compared(connection: Connection) -> None:
    for access in TABLES.ACCESS:
        with connection.begin_nested() as part:
            connection.exec_driver_sql(f"DROP POLICY {access.name} ON {access.table}")
            assert named(connection) == [f"{access.name} {access.table}"]
            part.rollback()


@on_server
def test_any_login_sees_what_is_wrong_with_the_guards(home: TestHome) -> None:
    """Whoever checks without the owner's connection is told the same."""
    assert home.owner is not None
    seat = home.enter()
    with seat.store.ground() as reading:
        assert named(reading) == []
    engine = home.owner.engine(pooled=False).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as owner:
        owner.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER teduh_append_only")
        with seat.store.ground() as reading:
            assert named(reading) == ["teduh_append_only audit_entry"]
        owner.exec_driver_sql("ALTER TABLE audit_entry ENABLE TRIGGER teduh_append_only")
    home.close()


@on_server
@pytest.mark.parametrize("table", ["audit_entry", "audit_image"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET seq = seq", "DELETE FROM {}", "TRUNCATE {}"])
def test_even_the_owner_cannot_change_the_audit_while_its_trigger_is_on(
    connection: Connection, table: str, verb: str
) -> None:
    with pytest.raises(DBAPIError, match="only grows"), connection.begin_nested():
        connection.exec_driver_sql(verb.format(table))
    connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER teduh_append_only")
    connection.exec_driver_sql(verb.format(table))  # the counter-proof


def test_a_guard_is_told_by_its_whole_text(tmp_path: Path) -> None:
    names = [guard.name for guard in file_guards(TABLES)]
    assert len(names) == len(set(names))
    assert all(guard.create.startswith(f"CREATE {guard.kind} {guard.name} ") for guard in file_guards(TABLES))
