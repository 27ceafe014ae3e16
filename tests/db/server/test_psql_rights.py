"""PostgreSQL itself refuses what the table of rights does not give: every table and every role, by plain SQL."""

import shutil
import subprocess
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from db import upgrade
from db.guards import functions
from shelter.rights import Role, Scope
from tests.commandline import QUICK, Answer, call, run
from tests.db.server.homes import Prepared
from tests.db.server.rights import Harness, Outcome, compare, name_of, policies, rights_of, sample, scope, tables
from tests.stores import HEAD, PASSWORD, TestHome
from ui.terminal import servers

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE")
# Tables of the ground: what everybody who signs in may read, all rows or only their own; nothing else of them.
READ_BY_ALL = {"store_meta", "alembic_version"}
READ_OWN = {"key_slot": "owner", "key_sealed": "owner"}
EVERY_TABLE = list(tables())


# --- tables


def count(harness: Harness, table: str, where: str = "true", values: Any = None) -> int:
    """How many rows there are, past every policy."""
    found = harness.admin.execute(f"SELECT count(*) FROM {table} WHERE {where}".encode(), values).fetchall()
    return int(found[0][0])


def due(harness: Harness, name: str, privilege: str, role: Role) -> dict[str, Outcome]:
    """What the table of rights says, for each way this cell is tried (see ``seen``)."""
    rights = rights_of(tables()[name])
    me = harness.accounts[role]
    if rights is None:
        return of_ground(harness, name, privilege, me)
    given = {"SELECT": rights.read, "INSERT": rights.add, "UPDATE": rights.change, "DELETE": rights.remove}[privilege]
    reach = scope(given, role)
    if privilege == "INSERT":
        let: Outcome = "denied" if reach is Scope.NONE else "let"
        told = {"own": let, "another's": "policy" if reach is Scope.OWN else let}
        return told | ({"locked": "policy" if let == "let" else let} if rights.unless else {})
    if reach is Scope.NONE:
        return each_way(privilege, "denied")
    where = f"NOT {rights.unless}" if rights.unless and privilege == "UPDATE" else "true"
    if Scope.OWN in {reach, scope(rights.read, role)}:
        where += f" AND {rights.own} = '{me}'"
    return each_way(privilege, count(harness, name, where))


def of_ground(harness: Harness, name: str, privilege: str, me: uuid.UUID) -> dict[str, Outcome]:
    """What everybody may do to a table of the ground: read three of them, partly."""
    if privilege == "SELECT" and name in READ_BY_ALL:
        return {"rows": count(harness, name)}
    if privilege == "SELECT" and name in READ_OWN:
        return {"rows": count(harness, name, f"{READ_OWN[name]} = %s", (str(me),))}
    return {"own": "denied", "another's": "denied"} if privilege == "INSERT" else each_way(privilege, "denied")


def each_way(privilege: str, rows: Outcome) -> dict[str, Outcome]:
    """A change can also be tried without reading: the rows it reaches refuse to lose their key, so it was let."""
    if privilege != "UPDATE":
        return {"rows": rows}
    return {"rows": rows, "blind": "let" if isinstance(rows, int) and rows else rows}


def seen(harness: Harness, name: str, privilege: str, role: Role) -> dict[str, Outcome]:
    """What PostgreSQL does, over this person's own connection."""
    table = tables()[name]
    key = next(iter(table.columns)).key
    if privilege == "INSERT":
        series = harness.admin.execute("SELECT id FROM number_series").fetchall()[0][0]
        people = {"own": harness.accounts[role], "another's": harness.spare}
        rows = {way: sample(table, account, {"number_series": series}) for way, account in people.items()}
        rights = rights_of(table)
        if rights is not None and rights.unless:
            rows["locked"] = rows["own"] | {rights.unless: True}
        return {way: harness.insert(role, table, values) for way, values in rows.items()}
    if privilege == "UPDATE":
        ways = {"rows": key, "blind": "DEFAULT"}
        return {way: harness.probe(role, f"UPDATE {name} SET {key} = {value}") for way, value in ways.items()}
    return {"rows": harness.probe(role, f"SELECT * FROM {name}" if privilege == "SELECT" else f"DELETE FROM {name}")}


def differences(harness: Harness, name: str, privilege: str) -> dict[Role, tuple[object, object]]:
    """Where PostgreSQL and the table of rights do not agree: what it does, and what it should."""
    both = {role: (seen(harness, name, privilege, role), due(harness, name, privilege, role)) for role in Role}
    return {role: pair for role, pair in both.items() if pair[0] != pair[1]}


def test_the_matrix_holds_every_table_of_the_database(harness: Harness) -> None:
    found = harness.admin.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND "
        "relnamespace = 'public'::regnamespace"
    ).fetchall()
    assert {name for (name,) in found} == set(EVERY_TABLE)
    assert all(count(harness, name) for name in EVERY_TABLE), "a table without rows proves nothing"


@pytest.mark.parametrize("name", EVERY_TABLE)
def test_each_role_may_do_exactly_what_the_table_of_rights_gives(harness: Harness, name: str) -> None:
    assert {privilege: differences(harness, name, privilege) for privilege in PRIVILEGES} == {
        privilege: {} for privilege in PRIVILEGES
    }


def test_a_trainer_sees_own_rows_alone(harness: Harness) -> None:
    me, connection = harness.accounts[Role.INSTRUKTUR], harness.people[Role.INSTRUKTUR]
    for table, column in (("account", "id"), ("role_grant", "account_id"), ("delegation", "to_account"),
                          ("caseload_loan", "borrower")):  # fmt: skip
        rows = connection.execute(f"SELECT {column} FROM {table}".encode()).fetchall()
        assert set(rows) == {(me,)}
        assert count(harness, table) > len(rows)
    connection.rollback()


@pytest.mark.parametrize("role", [Role.INSTRUKTUR, Role.PETUGAS, Role.AUDITOR])
def test_audit_tables_sealed_rows_and_identities_are_closed(harness: Harness, role: Role) -> None:
    for name in ("audit_entry", "audit_image", "audit_secret", "image_key", "sealed", "staff_identity"):
        assert harness.probe(role, f"SELECT 1 FROM {name}") == "denied"
        assert seen(harness, name, "INSERT", role) == {"another's": "denied", "own": "denied"}


# --- the matrix bites


def test_the_matrix_finds_every_single_grant_that_is_added(harness: Harness) -> None:
    everyone = f"{harness.database}__all"
    unseen = []
    for name in EVERY_TABLE:
        for privilege in PRIVILEGES:
            held = all(outcome != "denied" for role in Role for outcome in due(harness, name, privilege, role).values())
            if held:
                continue
            harness.admin.execute(f'GRANT {privilege} ON {name} TO "{everyone}"'.encode())
            if not differences(harness, name, privilege):
                unseen.append((name, privilege))
            harness.admin.execute(f'REVOKE {privilege} ON {name} FROM "{everyone}"'.encode())
    assert unseen == []


def test_the_matrix_finds_every_single_policy_that_is_dropped(harness: Harness) -> None:
    unseen = []
    for table, name, privilege, again in policies(harness):
        if name == "teduh_owner":
            continue
        harness.admin.execute(f"DROP POLICY {name} ON {table}".encode())
        if not differences(harness, table, privilege):
            unseen.append((table, name))
        harness.admin.execute(again.encode())
    assert unseen == []


def test_the_matrix_finds_row_security_switched_off(harness: Harness) -> None:
    for name in ("account", "key_slot", "code_entry"):
        harness.admin.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY".encode())
        assert any(differences(harness, name, privilege) for privilege in ("SELECT", "UPDATE"))
        harness.admin.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY".encode())


MEDDLING = {
    "a grant on a table": ("GRANT SELECT ON staff_identity TO {all}", "REVOKE SELECT ON staff_identity FROM {all}"),
    "a grant on a column": (
        "GRANT SELECT (full_name) ON staff_identity TO {all}",
        "REVOKE SELECT (full_name) ON staff_identity FROM {all}",
    ),
    "a grant to everybody": ("GRANT SELECT ON account TO PUBLIC", "REVOKE SELECT ON account FROM PUBLIC"),
    "a grant on the database": ("GRANT TEMP ON DATABASE {db} TO {all}", "REVOKE TEMP ON DATABASE {db} FROM {all}"),
    "a grant on the schema": ("GRANT CREATE ON SCHEMA public TO {all}", "REVOKE CREATE ON SCHEMA public FROM {all}"),
    "a grant on a function": (
        "GRANT EXECUTE ON FUNCTION teduh_me() TO PUBLIC",
        "REVOKE EXECUTE ON FUNCTION teduh_me() FROM PUBLIC",
    ),
    "a function's search path": (
        "ALTER FUNCTION teduh_me() RESET search_path",
        "ALTER FUNCTION teduh_me() SET search_path = public, pg_temp",
    ),
    "a function too many": ("CREATE FUNCTION public.length(x xid) RETURNS int RETURN 1", "DROP FUNCTION length(xid)"),
    "the owner's policy widened": (
        "ALTER POLICY teduh_owner ON account TO PUBLIC",
        "ALTER POLICY teduh_owner ON account TO {db}__owner",
    ),
    "a view past row security": (
        "CREATE VIEW semua AS SELECT * FROM account; GRANT SELECT ON semua TO {all}",
        "DROP VIEW semua",
    ),
    "row security off": (
        "ALTER TABLE account DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE account ENABLE ROW LEVEL SECURITY",
    ),
    "row security not forced": (
        "ALTER TABLE account NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE account FORCE ROW LEVEL SECURITY",
    ),
    "a trigger off": (
        "ALTER TABLE audit_entry DISABLE TRIGGER teduh_append_only",
        "ALTER TABLE audit_entry ENABLE TRIGGER teduh_append_only",
    ),
    "the owner's role lent": (
        "CREATE ROLE {db}__u_ab; GRANT {db}__owner TO {db}__u_ab",
        "DROP ROLE {db}__u_ab",
    ),
    "one person's role lent to another": ("GRANT {kepala} TO {siti}", "REVOKE {kepala} FROM {siti}"),
    "one group inside another": ("GRANT {db}__kepala TO {db}__instruktur", "REVOKE {db}__kepala FROM {db}__instruktur"),
    "a login past row security": ("ALTER ROLE {siti} BYPASSRLS", "ALTER ROLE {siti} NOBYPASSRLS"),
    "a group that makes roles": ("ALTER ROLE {all} CREATEROLE", "ALTER ROLE {all} NOCREATEROLE"),
}


@pytest.mark.parametrize("what", MEDDLING)
def test_check_finds(harness: Harness, what: str) -> None:
    place = harness.home.place
    assert place is not None
    names = {
        "db": place.database,
        "all": f"{place.database}__all",
        "siti": place.role(name_of(Role.INSTRUKTUR)),
        "kepala": place.role(name_of(Role.KEPALA)),
    }
    statement, back = (text.format(**names).encode() for text in MEDDLING[what])
    assert compare(harness) == []
    harness.admin.execute(statement)
    try:
        assert compare(harness) != []
    finally:
        harness.admin.execute(back)
    assert compare(harness) == []


def test_check_finds_every_policy_and_every_function_that_is_gone(harness: Harness) -> None:
    unseen = []
    for table, name, _privilege, again in policies(harness):
        harness.admin.execute(f"DROP POLICY {name} ON {table}".encode())
        if not compare(harness):
            unseen.append((table, name))
        harness.admin.execute(again.encode())
    for function in functions(upgrade.load_tables()):
        name, _, arguments = function.signature.partition("(")
        harness.admin.execute(f"ALTER FUNCTION {function.signature} RENAME TO diambil".encode())
        if not compare(harness):
            unseen.append((function.signature, ""))
        harness.admin.execute(f"ALTER FUNCTION diambil({arguments} RENAME TO {name}".encode())
    assert unseen == []
    assert compare(harness) == []


# --- psql itself


@pytest.fixture
def psql(prepared: Prepared, siti: str) -> Callable[..., Answer]:
    """``server-psql`` as a trainer."""
    if shutil.which("psql") is None:
        pytest.skip("needs psql")

    def ask(*words: str, password: str = PASSWORD) -> Answer:
        place = ("--server", prepared.connection, "--user", siti)
        return run("server-psql", *place, "--", "-X", *words, program=QUICK, TEDUH_PASSWORD=password)

    return ask


CLOSED = ("audit_entry", "audit_image", "audit_secret", "image_key", "sealed", "staff_identity", "key_recovery")


@pytest.mark.tls
def test_psql_as_a_trainer_is_refused_by_postgresql_itself(psql: Callable[..., Answer]) -> None:
    asked = [f"SELECT * FROM {name}" for name in CLOSED] + [f"INSERT INTO {name} DEFAULT VALUES" for name in CLOSED]
    answer = psql(*(word for statement in asked for word in ("-c", statement)))
    assert answer.out == ""
    refused = [f"ERROR:  permission denied for table {name}" for name in (*CLOSED, *CLOSED)]
    assert answer.err.splitlines() == refused


@pytest.mark.tls
def test_psql_goes_over_tls_as_the_person_and_shows_own_rows(psql: Callable[..., Answer]) -> None:
    seen = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    answer = psql("-At", "-c", seen, "-c", "SELECT login FROM account", "-c", "SELECT count(*) FROM key_slot")
    assert answer.good().splitlines() == ["t|TLSv1.3", "siti", "1"]


@pytest.mark.tls
def test_psql_lets_nobody_in_by_a_wrong_password(psql: Callable[..., Answer]) -> None:
    answer = psql("-c", "SELECT 1", password="bukan kata sandinya")
    assert answer.code != 0
    assert "password authentication failed" in answer.err


@pytest.mark.tls
def test_psql_is_given_the_secret_out_of_sight(
    prepared: Prepared, house: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[str], str]] = []

    def note(command: list[str], env: dict[str, str], **_options: object) -> subprocess.CompletedProcess[str]:
        seen.append((command, env["PGPASSWORD"]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(servers, "subprocess", SimpleNamespace(run=note))
    monkeypatch.setattr(servers, "shutil", SimpleNamespace(which=lambda _name: "psql"))
    words = ["--server", prepared.connection, "--user", HEAD]
    assert call("server-psql", *words, "--", "-c", "SELECT 1", TEDUH_PASSWORD=PASSWORD).code == 0
    assert house.place is not None
    [(command, secret)] = seen
    assert secret == house.place.secret(HEAD, PASSWORD)
    assert command[2:] == ["-c", "SELECT 1"]
    assert secret not in " ".join(command)
    assert PASSWORD not in " ".join(command)
