"""Each function of ours answers those alone who have the right; and what nobody at all may do, by plain SQL."""

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from db import upgrade
from db.guards import functions
from shelter.rights import Permission, Role, Scope
from tests.db.server.homes import connect
from tests.db.server.rights import Harness, compare, name_of, scope
from tests.stores import PASSWORD

MANAGE = (Permission.STAFF_ACCOUNT_WRITE,)
GRANT = (Permission.STAFF_ROLE_GRANT,)
EVERYBODY: tuple[Permission, ...] = (Permission.STORE_CHECK_RUN,)
NOBODY: tuple[Permission, ...] = ()

VERIFIER = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$" + "A" * 43 + "=:" + "B" * 43 + "="


def entry(actor: uuid.UUID, **said: str) -> Jsonb:
    """An audit entry as a client sends it."""
    told = {"at": "2026-11-21T03:00:00.000000Z", "mono": 1, "actor": str(actor), "machine": "pc", "action": "key"}
    return Jsonb([told | {"table": "", "row": "", "subject": "", "reason": "", "mark": "", "image": ""} | said])


def slot(harness: Harness, owner: uuid.UUID, tag: str, **said: object) -> Jsonb:
    """A slot as an administrator sends it."""
    place = harness.home.place
    assert place is not None
    numbers = {"passes": 2, "memory": 19456, "lanes": 1}
    keys = {"public": "00", "salt": "00", "wrapped": "00"}
    return Jsonb({"owner": str(owner), "tag": tag, "login_role": f"{place.database}__u_{tag}"} | numbers | keys | said)


@dataclass(frozen=True)
class Call:
    """A way to call a function, and who may."""

    what: str
    arguments: Callable[[Harness, uuid.UUID], tuple[object, ...]]
    may: tuple[Permission, ...]


# Each function in each way that makes a difference. ``me`` is the account of whoever calls.
CALLS = (
    Call("teduh_me()", lambda h, me: (), EVERYBODY),
    Call("teduh_is(text[])", lambda h, me: (["admin"],), EVERYBODY),
    Call("teduh_audit_head()", lambda h, me: (), EVERYBODY),
    Call("teduh_audit_hash(bigint)", lambda h, me: (1,), EVERYBODY),
    Call("teduh_audit_verify()", lambda h, me: (), EVERYBODY),
    Call("teduh_audit_append(jsonb)", lambda h, me: (entry(me),), EVERYBODY),
    Call("teduh_audit_append(jsonb)", lambda h, me: (entry(h.spare),), NOBODY),
    Call("teduh_audit_append(jsonb)", lambda h, me: (entry(me, action="erased"),), NOBODY),
    Call("teduh_audit_append(jsonb)", lambda h, me: (entry(me, action="migrated"),), NOBODY),
    Call("teduh_audit_append(jsonb)", lambda h, me: (entry(me, action="restored"),), NOBODY),
    Call("teduh_image_key(text,integer,bytea)", lambda h, me: (str(me), 1, b"x"), EVERYBODY),
    Call("teduh_append_only()", lambda h, me: (), NOBODY),
    Call("teduh_login_create(jsonb,text,text[])", lambda h, me: (slot(h, uuid.uuid4(), "ab12"), VERIFIER, []), MANAGE),
    Call("teduh_login_groups(text,text[])", lambda h, me: (str(h.spare), ["petugas"]), GRANT),
    Call("teduh_login_groups(text,text[])", lambda h, me: (str(me), ["admin", "kepala"]), GRANT),
    Call("teduh_login_relock(jsonb,text)", lambda h, me: (slot(h, h.spare, ""), VERIFIER), MANAGE),
    Call("teduh_login_relock(jsonb,text)", lambda h, me: (slot(h, me, ""), VERIFIER), EVERYBODY),
    Call("teduh_login_stop(text)", lambda h, me: (str(h.spare),), MANAGE),
    Call("teduh_login_resume(text)", lambda h, me: (str(h.spare),), MANAGE),
    Call("teduh_login_drop(text)", lambda h, me: (str(h.spare),), MANAGE),
    Call("teduh_key_holders()", lambda h, me: (), EVERYBODY),
    Call("teduh_slot_public(text)", lambda h, me: (str(h.spare),), EVERYBODY),
    Call("teduh_key_seal(text,text,bytea)", lambda h, me: ("house/9", str(me), b"x"), MANAGE),
    Call("teduh_house_rotated(integer)", lambda h, me: (9,), MANAGE),
    Call("teduh_house_rewrap(text,integer,bytea)", lambda h, me: (str(me), 9, b"x"), MANAGE),
)


def wrong_answers(harness: Harness, call: Call) -> list[Role]:
    """The roles to whom a function answers although it must not, or the other way round."""
    name, _, rest = call.what.partition("(")
    places = ", ".join("%s" for _ in rest.rstrip(")").split(",") if rest != ")")
    wrong = []
    for role in Role:
        outcome = harness.probe(role, f"SELECT {name}({places})", call.arguments(harness, harness.accounts[role]))
        if (outcome in {"denied", "guard"}) is (scope(call.may, role) is not Scope.NONE):
            wrong.append(role)
    return wrong


def test_every_function_is_in_the_matrix(harness: Harness) -> None:
    assert {call.what for call in CALLS} == {function.signature for function in functions(upgrade.load_tables())}
    assert [role for role in Role if scope(MANAGE, role) is not Scope.NONE] == [Role.ADMIN]


def test_each_function_answers_those_alone_who_have_the_right(harness: Harness) -> None:
    assert {(call.what, at): wrong for at, call in enumerate(CALLS) if (wrong := wrong_answers(harness, call))} == {}


def test_the_functions_matrix_bites_when_one_forgets_to_look_who_asks(harness: Harness) -> None:
    made = {function.signature: function.create for function in functions(upgrade.load_tables())}
    asks = "NOT teduh_is("
    blind = {
        signature: sql.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(asks, f"false AND {asks}")
        for signature, sql in made.items()
        if asks in sql
    }
    assert len(blind) == 8
    unseen = []
    for signature, sql in blind.items():
        harness.admin.execute(sql.encode())
        if not any(wrong_answers(harness, call) for call in CALLS if call.what == signature):
            unseen.append(signature)
        harness.admin.execute(made[signature].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").encode())
    assert unseen == []
    assert compare(harness) == []


def test_everybody_is_told_who_they_are(harness: Harness) -> None:
    for role, connection in harness.people.items():
        assert connection.execute("SELECT teduh_me()").fetchall() == [(str(harness.accounts[role]),)]
        connection.rollback()


@pytest.mark.parametrize(
    "groups",
    [
        ["owner"],
        ["u_ab12"],
        ["_kepala"],
        ["KEPALA"],
        ["kepala; DROP"],
        [""],
        ["2"],
        ["tidak_ada"],
        ['x" TO "y'],
        [None],
    ],
)
def test_an_administrator_puts_nobody_into_anything_but_the_homes_groups(
    harness: Harness, groups: list[str | None]
) -> None:
    connection = harness.people[Role.ADMIN]
    call = "SELECT teduh_login_groups(%s, %s)"
    refused = (errors.InvalidParameterValue, errors.UndefinedObject, errors.NullValueNotAllowed)
    with pytest.raises(refused), connection.transaction():
        connection.execute(call, (str(harness.spare), groups))


def test_an_administrator_puts_nobody_into_a_neighbours_group(harness: Harness) -> None:
    """A home called ``rumah_`` on the same server would have groups that begin as those of ``rumah`` do."""
    neighbours = f"{harness.database}___kepala"
    harness.admin.execute(f"CREATE ROLE {neighbours}".encode())
    try:
        with pytest.raises(errors.InvalidParameterValue), harness.people[Role.ADMIN].transaction():
            harness.people[Role.ADMIN].execute("SELECT teduh_login_groups(%s, %s)", (str(harness.spare), ["_kepala"]))
    finally:
        harness.admin.execute(f"DROP ROLE {neighbours}".encode())


@pytest.mark.parametrize(
    "role_name", ["postgres", "lain__u_ab12", "{db}__owner", "{db}__kepala", "{db}__u_AB", "{db}__u_"]
)
def test_an_administrator_makes_no_login_of_another_name(harness: Harness, role_name: str) -> None:
    place = harness.home.place
    assert place is not None
    named = slot(harness, uuid.uuid4(), "ab12", login_role=role_name.format(db=place.database))
    connection = harness.people[Role.ADMIN]
    with pytest.raises(errors.InvalidParameterValue), connection.transaction():
        connection.execute("SELECT teduh_login_create(%s, %s, %s)", (named, VERIFIER, []))


def test_a_password_never_reaches_the_server_in_clear(harness: Harness) -> None:
    connection = harness.people[Role.ADMIN]
    for statement, values in (
        ("SELECT teduh_login_create(%s, %s, %s)", (slot(harness, uuid.uuid4(), "ab12"), PASSWORD, [])),
        ("SELECT teduh_login_relock(%s, %s)", (slot(harness, harness.spare, ""), PASSWORD)),
    ):
        with pytest.raises(errors.InvalidParameterValue), connection.transaction():
            connection.execute(statement.encode(), values)


# --- what nobody may do


FORBIDDEN = (
    # the guards
    "ALTER POLICY teduh_owner ON account TO CURRENT_USER",
    "DROP POLICY teduh_owner ON account",
    "CREATE POLICY milikku ON account USING (true)",
    "ALTER TABLE account DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE account NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE account OWNER TO CURRENT_USER",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER teduh_append_only ON audit_entry",
    "ALTER FUNCTION teduh_me() SECURITY INVOKER",
    "CREATE OR REPLACE FUNCTION teduh_me() RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
    "GRANT SELECT ON audit_entry TO CURRENT_USER",
    "GRANT EXECUTE ON FUNCTION teduh_append_only() TO CURRENT_USER",
    "TRUNCATE audit_entry",
    "TRUNCATE account",
    "DROP TABLE account",
    "CREATE INDEX ON account (login)",
    "DO 'BEGIN LOCK TABLE audit_entry; END'",
    "SET row_security = off; SELECT * FROM account",
    "SET session_replication_role = replica",
    # being somebody else
    'SET ROLE "{db}__owner"',
    'SET ROLE "{db}__{unheld}"',
    'SET ROLE "{other}"',
    "SET ROLE postgres",
    'SET SESSION AUTHORIZATION "{other}"',
    'SET SESSION AUTHORIZATION "{db}__owner"',
    'GRANT "{db}__owner" TO CURRENT_USER',
    'GRANT "{db}__{unheld}" TO CURRENT_USER',
    'GRANT "{db}__all" TO "{other}"',
    "GRANT pg_read_all_data TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    "ALTER ROLE \"{other}\" PASSWORD 'x'",
    'ALTER ROLE "{other}" SET search_path = pg_temp',
    'DROP ROLE "{other}"',
    "CREATE ROLE lain LOGIN",
    "SELECT pg_terminate_backend({pid})",
    # things that could stand in for ours
    "CREATE TABLE public.lain (x integer)",
    "CREATE TEMP TABLE key_slot (owner text, login_role text)",
    "CREATE VIEW public.lain AS SELECT 1",
    "CREATE TEMP VIEW key_slot AS SELECT 1",
    "CREATE FUNCTION public.teduh_you() RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
    "CREATE FUNCTION pg_temp.teduh_me() RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
    "CREATE TYPE public.lain AS ENUM ()",
    "CREATE OPERATOR public.= (FUNCTION = texteq, LEFTARG = text, RIGHTARG = text)",
    "CREATE SCHEMA lain",
    "CREATE DATABASE lain",
    "DROP EXTENSION plpgsql CASCADE",
    "CREATE EVENT TRIGGER lain ON ddl_command_end EXECUTE FUNCTION teduh_append_only()",
    # the server behind the database
    "SELECT * FROM pg_authid",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/hostname')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/lain'",
    "ALTER SYSTEM SET ssl = off",
    "ALTER DATABASE {db} SET log_statement = 'all'",
    "SET log_statement = 'all'",
    "SELECT pg_reload_conf()",
)


@pytest.mark.parametrize("role", [Role.INSTRUKTUR, Role.KEPALA, Role.ADMIN])
def test_nobody_may(harness: Harness, role: Role) -> None:
    place = harness.home.place
    assert place is not None
    other = Role.PETUGAS
    pid = harness.people[other].info.backend_pid
    unheld = "admin" if role is Role.KEPALA else "kepala"
    names = {"db": place.database, "unheld": unheld, "other": place.role(name_of(other)), "pid": pid}
    allowed = []
    with contextlib.closing(connect(harness.home, name_of(role))) as connection:
        # Not in a transaction: some of them may not be tried in one.
        connection.autocommit = True
        for statement in FORBIDDEN:
            try:
                connection.execute(statement.format(**names).encode())
                allowed.append(statement)
            except errors.InsufficientPrivilege:
                pass
            connection.execute("SET row_security = on")
    assert allowed == []
    assert compare(harness) == []


def test_a_group_one_holds_makes_nobody_else_of_one(harness: Harness) -> None:
    connection, me = harness.people[Role.KEPALA], harness.accounts[Role.KEPALA]
    place = harness.home.place
    assert place is not None
    try:
        connection.execute(f'SET ROLE "{place.database}__kepala"'.encode())
        # The group alone may not even call the functions, which belong to everybody's group.
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute("SELECT teduh_audit_append(%s)", (entry(harness.spare),))
        connection.execute(f'SET ROLE "{place.database}__all"'.encode())
        assert connection.execute("SELECT teduh_me()").fetchall() == [(str(me),)]
        with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
            connection.execute("SELECT teduh_audit_append(%s)", (entry(harness.spare),))
    finally:
        connection.rollback()
        connection.execute("RESET ROLE")
        connection.commit()


def test_an_entry_can_imitate_no_separator(harness: Harness) -> None:
    connection, me = harness.people[Role.INSTRUKTUR], harness.accounts[Role.INSTRUKTUR]
    for field_name in ("machine", "reason", "row", "table"):
        with pytest.raises(errors.InvalidParameterValue), connection.transaction():
            connection.execute("SELECT teduh_audit_append(%s)", (entry(me, **{field_name: "a\x1fb"}),))


def test_another_persons_slot_is_read_by_nobody(harness: Harness) -> None:
    for role, connection in harness.people.items():
        me = str(harness.accounts[role])
        assert connection.execute("SELECT owner FROM key_slot").fetchall() == [(me,)]
        assert set(connection.execute("SELECT owner FROM key_sealed").fetchall()) == {(me,)}
        connection.rollback()


def test_whoever_finds_a_way_to_temporary_tables_is_still_nobody_else(harness: Harness) -> None:
    """Were TEMP granted by mistake, names could be taken; our functions look into ``public`` first all the same."""
    place = harness.home.place
    assert place is not None
    me, victim = str(harness.accounts[Role.INSTRUKTUR]), str(harness.accounts[Role.KEPALA])

    def claimed() -> list[tuple[str]]:
        with contextlib.closing(connect(harness.home, name_of(Role.INSTRUKTUR))) as connection:
            connection.execute("CREATE TEMP TABLE key_slot (owner text, login_role name)")
            connection.execute("GRANT SELECT ON key_slot TO PUBLIC")
            connection.execute("INSERT INTO key_slot VALUES (%s, session_user)", (victim,))
            connection.execute("SET search_path = pg_temp, public, pg_catalog")
            return connection.execute("SELECT public.teduh_me()").fetchall()

    harness.admin.execute(f'GRANT TEMP ON DATABASE {place.database} TO "{place.database}__all"'.encode())
    try:
        assert claimed() == [(me,)]
        # So it bites: a function that goes by the caller's path would believe it.
        harness.admin.execute("ALTER FUNCTION teduh_me() RESET search_path")
        assert claimed() == [(victim,)]
    finally:
        harness.admin.execute("ALTER FUNCTION teduh_me() SET search_path = public, pg_temp")
        harness.admin.execute(f'REVOKE TEMP ON DATABASE {place.database} FROM "{place.database}__all"'.encode())
    assert compare(harness) == []


def test_another_homes_database_on_the_same_server_is_closed(harness: Harness) -> None:
    neighbour = "tetangga"
    harness.admin.execute(f"CREATE DATABASE {neighbour}".encode())
    try:
        connect(harness.home, name_of(Role.ADMIN), database=neighbour).close()
        harness.admin.execute(f"REVOKE ALL ON DATABASE {neighbour} FROM PUBLIC".encode())
        for role in (Role.INSTRUKTUR, Role.KEPALA, Role.ADMIN):
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                connect(harness.home, name_of(role), database=neighbour)
    finally:
        harness.admin.execute(f"DROP DATABASE {neighbour} WITH (FORCE)".encode())
