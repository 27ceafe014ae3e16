"""Logins come, change and go with the people; what one may do follows at once, and the log never sees a password."""

import contextlib
import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import errors

from db import serversetup
from db.faults import Conflict, ServerTrouble, WrongPassword
from shelter.staff import actions, queries
from tests.db.server.debian import Cluster
from tests.db.server.homes import DATABASE, Prepared, connect
from tests.stores import HEAD, KDF, PASSWORD, Seat, TestHome

pytestmark = pytest.mark.tls

FRESH = "perahu kayu menyeberang danau"


@pytest.fixture
def cluster(prepared: Prepared) -> Cluster:
    return prepared.cluster


@pytest.fixture
def head(house: TestHome) -> Iterator[Seat]:
    """The head, who is also the administrator; everybody is signed out when the test ends."""
    yield house.enter()
    house.close()


@pytest.fixture
def name() -> str:
    """A sign-in name nobody has had."""
    return f"orang {uuid.uuid4().hex[:8]}"


def groups(cluster: Cluster, home: TestHome, login: str) -> set[str]:
    """The groups a login is in, as the server knows them."""
    assert home.place is not None
    members = "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = to_regrole('\"{}\"')"
    rows = cluster.server.run(members.format(home.place.role(login)))
    return {group.strip('"').removeprefix(f"{DATABASE}__") for (group,) in rows}


def role_exists(cluster: Cluster, home: TestHome, login: str) -> bool:
    assert home.place is not None
    return bool(cluster.server.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{home.place.role(login)}'"))


def may_read(connection: psycopg.Connection, table: str) -> bool:
    """Whether this connection may read a table, asked anew."""
    try:
        connection.execute(f"SELECT 1 FROM {table} LIMIT 1".encode())
    except errors.InsufficientPrivilege:
        return False
    finally:
        connection.rollback()
    return True


def is_cut(connection: psycopg.Connection) -> bool:
    """Whether the server has ended a connection."""
    try:
        connection.execute("SELECT 1")
    except (errors.AdminShutdown, psycopg.OperationalError):
        return True
    connection.rollback()
    return False


# --- passwords


def test_ones_own_new_password_opens_and_the_old_one_does_not(house: TestHome, head: Seat, name: str) -> None:
    head.add(name, "PETUGAS")
    seat = house.enter(name)
    credential = house.way_in(type(None)).relocked(seat.store, name, FRESH, KDF)  # type: ignore[arg-type]
    seat.write(actions.change_password, credential=credential)
    with pytest.raises(WrongPassword):
        house.enter(name)
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        connect(house, name)
    before, after = seat.store.keyring.private, house.enter(name, FRESH).store.keyring.private
    assert bytes(before) == bytes(after), "the key pair stays"


def test_a_reset_gives_a_new_password_and_a_new_key_pair(house: TestHome, head: Seat, name: str) -> None:
    account = head.add(name, "PETUGAS")
    before = bytes(house.enter(name).store.keyring.private)
    head.write(actions.reset_password, credential=house.credential(name, FRESH, account))
    with pytest.raises(WrongPassword):
        house.enter(name)
    seat = house.enter(name, FRESH)
    assert bytes(seat.store.keyring.private) != before
    assert [row.login for row in seat.read(queries.accounts) if row.id == account] == [name]


def test_the_servers_verifier_gives_nobody_a_password(cluster: Cluster, house: TestHome, head: Seat, name: str) -> None:
    head.add(name, "PETUGAS")
    assert house.place is not None
    [(kept,)] = cluster.server.run(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{house.place.role(name)}'")
    assert kept.startswith("SCRAM-SHA-256$")
    # The password itself is no way in: what proves a login is derived from it first, at length.
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(
            host="127.0.0.1", port=cluster.port, dbname=DATABASE, user=house.place.role(name), password=PASSWORD
        )


# --- shut out, and in again


def test_a_disabled_persons_connections_are_cut_and_none_comes_back(
    cluster: Cluster, house: TestHome, head: Seat, name: str
) -> None:
    account = head.add(name, "KEPALA")
    seat = house.enter(name)
    with contextlib.closing(connect(house, name)) as open_connection:
        assert may_read(open_connection, "staff_identity")
        seat.read(queries.accounts)
        head.write(actions.disable_account, account_id=account)
        assert is_cut(open_connection)
    with pytest.raises(ServerTrouble):
        seat.read(queries.accounts)
    with pytest.raises(ServerTrouble):
        seat.read(queries.accounts)
    with pytest.raises(WrongPassword):
        house.enter(name)
    assert groups(cluster, house, name) == set()
    head.write(actions.enable_account, account_id=account)
    assert groups(cluster, house, name) == {"all", "kepala"}
    assert house.enter(name).read(queries.accounts)


def test_a_connection_that_cannot_be_cut_has_no_rights_left(
    cluster: Cluster, house: TestHome, head: Seat, name: str
) -> None:
    """A database that was not made by ``server-setup`` has an owner who may not cut connections."""
    account = head.add(name, "KEPALA")
    cluster.run(f"REVOKE pg_signal_backend FROM {DATABASE}__owner")
    try:
        with contextlib.closing(connect(house, name)) as survivor:
            assert may_read(survivor, "staff_identity")
            head.write(actions.disable_account, account_id=account)
            assert not is_cut(survivor)
            for table in ("staff_identity", "account", "code_entry", "key_slot", "store_meta"):
                assert not may_read(survivor, table)
            with pytest.raises(errors.InsufficientPrivilege):
                survivor.execute("SELECT teduh_audit_head()")
    finally:
        cluster.run(f"GRANT pg_signal_backend TO {DATABASE}__owner")


def test_roles_changed_while_shut_out_hold_after_the_return(
    cluster: Cluster, house: TestHome, head: Seat, name: str
) -> None:
    account = head.add(name, "KEPALA", "OPERATOR")
    head.write(actions.disable_account, account_id=account)
    head.write(actions.grant_roles, account_id=account, roles=("INSTRUKTUR",))
    assert groups(cluster, house, name) == set()
    head.write(actions.enable_account, account_id=account)
    assert groups(cluster, house, name) == {"all", "instruktur"}
    with contextlib.closing(connect(house, name)) as connection:
        assert not may_read(connection, "staff_identity")


def test_groups_follow_the_roles_even_on_an_open_connection(
    cluster: Cluster, house: TestHome, head: Seat, name: str
) -> None:
    account = head.add(name, "INSTRUKTUR")
    with contextlib.closing(connect(house, name)) as connection:
        assert (groups(cluster, house, name), may_read(connection, "staff_identity")) == ({"all", "instruktur"}, False)
        head.write(actions.grant_roles, account_id=account, roles=("INSTRUKTUR", "KEPALA", "ADMIN"))
        assert groups(cluster, house, name) == {"all", "instruktur", "kepala", "admin"}
        assert may_read(connection, "staff_identity")
        head.write(actions.grant_roles, account_id=account, roles=("PETUGAS",))
        assert (groups(cluster, house, name), may_read(connection, "staff_identity")) == ({"all", "petugas"}, False)


# --- gone for good


def test_a_removed_persons_login_slot_and_keys_are_gone(
    cluster: Cluster, house: TestHome, head: Seat, name: str
) -> None:
    account = head.add(name, "PETUGAS")
    stays = head.add(f"{name} teman", "PETUGAS")
    friend = house.enter(f"{name} teman")
    with contextlib.closing(connect(house, name)) as open_connection:
        head.write(actions.remove_account, account_id=account)
        assert is_cut(open_connection)
    assert not role_exists(cluster, house, name)
    with psycopg.connect(cluster.url(DATABASE)) as admin:
        for table in ("key_slot", "key_sealed"):
            found = admin.execute(f"SELECT 1 FROM {table} WHERE owner = %s".encode(), (str(account),))
            assert found.fetchall() == []
        newest = f"house/{head.store.keyring.newest('house')[0]}"
        holders = {owner for (owner,) in admin.execute("SELECT owner FROM key_sealed WHERE name = %s", (newest,))}
    assert {str(stays), str(head.actor.id)} <= holders
    with pytest.raises(WrongPassword):
        house.enter(name)
    # Whoever was signed in all the while goes on under the new key.
    friend.write(actions.change_password, credential=house.way_in(type(None)).relocked(  # type: ignore[arg-type]
        friend.store, f"{name} teman", FRESH, KDF
    ))  # fmt: skip


def test_whoever_owns_something_in_the_database_is_removed_all_the_same(
    cluster: Cluster, house: TestHome, head: Seat, name: str
) -> None:
    """Everybody may make a large object, and PostgreSQL drops no role that owns one."""
    account = head.add(name, "KEPALA")
    with contextlib.closing(connect(house, name)) as connection:
        connection.execute("SELECT lo_create(0)")
        connection.commit()
        head.write(actions.remove_account, account_id=account)
        assert is_cut(connection)
    assert role_exists(cluster, house, name)
    assert groups(cluster, house, name) == set()
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        connect(house, name)
    head.add(name, "PETUGAS", password=FRESH)
    assert groups(cluster, house, name) == {"all", "petugas"}
    house.enter(name, FRESH)


def test_a_unit_that_fails_leaves_no_login_behind(cluster: Cluster, house: TestHome, head: Seat, name: str) -> None:
    credential = house.credential(name)

    def add_and_fail(work: object) -> None:
        actions.add_account(work, login=name, roles=("PETUGAS",), credential=credential)  # type: ignore[arg-type]
        raise Conflict(table="account")

    with pytest.raises(Conflict):
        head.store.write(head.actor, add_and_fail)
    assert not role_exists(cluster, house, name)
    head.add(name, "PETUGAS")
    house.enter(name)


# --- what the server writes down


@pytest.fixture
def talkative(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster with what set-up told it to keep to itself undone: every statement is logged, values and all."""
    cluster.run(f"ALTER DATABASE {DATABASE} RESET ALL")
    yield cluster
    for setting, value in serversetup._SILENT.items():
        cluster.run(f"ALTER DATABASE {DATABASE} SET {setting} = '{value}'")


def come_and_go(house: TestHome, name: str, look: Callable[[], None] = lambda: None) -> list[str]:
    """Everything that has to do with a password, once; every password and derived secret that took part.

    ``look`` is called inside each unit, while the server still shows its last statement.
    """
    assert house.place is not None

    def seen(action: Callable[..., object]) -> Callable[..., None]:
        def act(work: object, **arguments: object) -> None:
            action(work, **arguments)
            look()

        return act

    first, second, third = (f"{words} {name}" for words in ("jendela kayu", "lampu minyak", "kebun kelapa"))
    head, credential = house.enter(), house.credential(name, first)
    head.write(seen(actions.add_account), login=name, roles=("PETUGAS",), credential=credential)
    seat = house.enter(name, first)
    own = house.way_in(type(None)).relocked(seat.store, name, second, KDF)  # type: ignore[arg-type]
    seat.write(seen(actions.change_password), credential=own)
    new = house.credential(name, third, credential.slot.owner)
    head.write(seen(actions.reset_password), credential=new)
    house.enter(name, third)
    with pytest.raises(WrongPassword):
        house.enter(name, first)
    house.close()
    passwords = (first, second, third)
    return [
        *passwords,
        *(house.place.secret(name, told) for told in passwords),
        house.place.secret(HEAD, PASSWORD),
        PASSWORD,
    ]


def test_log_and_activity_hold_no_password_and_no_secret_even_when_every_statement_is_logged(
    talkative: Cluster, house: TestHome, name: str
) -> None:
    shown: list[str] = []
    with psycopg.connect(talkative.url(), autocommit=True) as admin:
        secrets = come_and_go(
            house, name, lambda: shown.append(str(admin.execute("SELECT * FROM pg_stat_activity").fetchall()))
        )
    log, activity = talkative.log, " ".join(shown)
    # Each of them would have been seen.
    assert all(call in log for call in ("teduh_login_create", "teduh_login_relock", name))
    assert all(call in activity for call in ("teduh_key_seal", "teduh_login_relock"))
    assert [secret for secret in secrets if secret in log or secret in activity] == []


def test_as_set_up_the_log_holds_no_persons_name_even_when_a_statement_fails(
    cluster: Cluster, house: TestHome, name: str
) -> None:
    come_and_go(house, name)
    head = house.enter()

    def twice(work: object) -> None:
        session = work.unit.session  # type: ignore[attr-defined]
        row = "INSERT INTO code_entry SELECT * FROM code_entry WHERE list_name <> %s"
        session.connection().exec_driver_sql(row, (f"Halimah {name}",))

    with pytest.raises(Conflict):
        head.store.write(head.actor, twice)
    log = cluster.log
    assert "duplicate key value" in log, "the failure itself is told"
    assert name not in log
    house.close()
