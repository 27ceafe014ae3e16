"""A home on a server is founded whole or not at all, by an owner who is no superuser; upgrades keep every row."""

import secrets
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db import guarding, serverfound, upgrade
from db.faults import ServerTrouble, StoreExists
from db.keyring import Credential
from db.opening import Founder
from db.serverplace import ServerPlace
from db.serversetup import owner_place
from db.serverstore import ServerOpening
from db.store import Store
from db.unit import Actor
from shelter.work import Founding, Work
from tests import commandline
from tests.commandline import call
from tests.db.server.debian import Cluster
from tests.db.server.homes import set_up
from tests.stores import HEAD, KDF, PASSWORD, found
from ui.messages import sentence, server_sentence

pytestmark = pytest.mark.tls

EMPTY = "kosong"


@pytest.fixture
def empty(debian: Cluster, tmp_path: Path) -> Iterator[ServerPlace]:
    """A database that was set up and holds no home; its owner's way in."""
    assert set_up(debian, EMPTY, tmp_path).code == 0
    yield replace(owner_place(str(tmp_path / f"{EMPTY}.pemilik.json"), tmp_path / "pc"), login_kdf=KDF)
    clear(debian)


def clear(cluster: Cluster) -> None:
    """Take database and roles away."""
    cluster.run(f"DROP DATABASE IF EXISTS {EMPTY} WITH (FORCE)")
    for (role,) in cluster.server.run(f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{EMPTY}__')"):
        cluster.run(f'DROP ROLE "{role}"')


def found_in(owner: ServerPlace, first_rows: Callable[..., None] = found, login: str = HEAD) -> None:
    opening = ServerOpening[Work](owner.without_name(), Founding)
    serverfound.create(owner, opening, Founder(login, PASSWORD, KDF, first_rows))


def enter(owner: ServerPlace) -> Store[Work]:
    return ServerOpening(owner.without_name(), Work).sign_in(HEAD, PASSWORD)


def left_behind(cluster: Cluster) -> list[tuple[Any, ...]]:
    """The logins and the tables with rows that a database holds."""
    logins = cluster.server.run(f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{EMPTY}__u_')")
    with psycopg.connect(cluster.url(EMPTY)) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return [*logins, *(row for row in tables if row != ("alembic_version",))]


def is_sound(owner: ServerPlace) -> bool:
    """Whether a person enters, and check and full check find nothing."""
    store = enter(owner)
    try:
        return serverfound.check_server(store, owner, full=True).sound
    finally:
        store.close()


class PowerCutError(Exception):
    """What the tests let happen in the middle."""


def after_the_rows(store: Store[Work], actor: Actor, credential: Credential) -> None:
    """All first rows are written, the login too; then it is over."""
    found(store, actor, credential)
    raise PowerCutError


def before_any_row(store: Store[Work], actor: Actor, credential: Credential) -> None:
    raise PowerCutError


@pytest.mark.parametrize("failing", [before_any_row, after_the_rows])
def test_a_founding_that_fails_midway_leaves_nothing_and_the_next_one_works(
    debian: Cluster, empty: ServerPlace, failing: Callable[..., None]
) -> None:
    with pytest.raises(PowerCutError):
        found_in(empty, failing)
    assert left_behind(debian) == []
    found_in(empty)
    assert is_sound(empty)


def test_a_founding_whose_connection_is_lost_is_said_plainly_and_leaves_nothing(
    debian: Cluster, empty: ServerPlace
) -> None:
    def cut(store: Store[Work], actor: Actor, credential: Credential) -> None:
        others = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{EMPTY}__owner'"
        debian.run(others)
        found(store, actor, credential)

    with pytest.raises(ServerTrouble) as trouble:
        found_in(empty, cut)
    assert server_sentence(str(trouble.value.facts["reason"])) == server_sentence("lost")
    assert left_behind(debian) == []
    found_in(empty)


@pytest.mark.parametrize("commit", [2, 4, 5])
def test_a_program_killed_while_founding_leaves_a_home_or_what_the_next_init_takes_away(
    debian: Cluster, empty: ServerPlace, tmp_path: Path, commit: int
) -> None:
    words = ["init", "--server", tmp_path / f"{EMPTY}.sambungan.json", "--owner", tmp_path / f"{EMPTY}.pemilik.json"]
    words += ["--home", "Rumah Uji", "--user", HEAD]
    program = (sys.executable, "-m", "tests.driver", f"--change=before:{commit}:db.unit:UnitSession.commit")
    killed = commandline.run(*words, program=program, TEDUH_PASSWORD=PASSWORD)
    assert killed.code == -signal.SIGKILL
    assert left_behind(debian) != []
    again = call(*words, TEDUH_PASSWORD=PASSWORD)
    # Once somebody can enter there is a home, and nothing is taken away from it any more.
    expected = (2, 0) if commit == 5 else (0, 2)
    assert (again.code, len(again.out.splitlines())) == expected, again.err
    assert is_sound(empty)
    assert len([name for (name,) in left_behind(debian) if "__u_" in name]) == 1


def test_a_home_is_never_founded_over(debian: Cluster, empty: ServerPlace, tmp_path: Path) -> None:
    found_in(empty)
    with pytest.raises(StoreExists):
        found_in(empty, login="lain")
    words = ["--server", tmp_path / f"{EMPTY}.sambungan.json", "--owner", tmp_path / f"{EMPTY}.pemilik.json"]
    again = call("init", *words, "--home", "Lain", "--user", "lain", TEDUH_PASSWORD=PASSWORD)
    assert (again.code, again.out, again.err) == (2, "", sentence(StoreExists(place=EMPTY)) + "\n")
    assert is_sound(empty)


def test_an_earlier_homes_people_do_not_enter_a_new_one_of_the_same_name(
    debian: Cluster, empty: ServerPlace, tmp_path: Path
) -> None:
    found_in(empty, login="orang lama")
    place = empty.without_name()
    debian.run(f"DROP DATABASE {EMPTY} WITH (FORCE)")
    assert set_up(debian, EMPTY, tmp_path / "baru").code == 0
    owner = replace(owner_place(str(tmp_path / "baru" / f"{EMPTY}.pemilik.json"), tmp_path / "pc"), login_kdf=KDF)
    found_in(owner)
    engine = place.engine(place.role("orang lama"), place.secret("orang lama", PASSWORD), pooled=False)
    with pytest.raises(Exception, match="authentication failed"):
        engine.connect()
    assert is_sound(owner)


def test_an_upgrade_by_the_owner_keeps_every_row_and_makes_every_guard_again(
    debian: Cluster, empty: ServerPlace, tmp_path: Path
) -> None:
    found_in(empty)
    versions = tmp_path / "versions"
    shutil.copytree(upgrade.VERSIONS, versions, ignore=shutil.ignore_patterns("__pycache__"))
    last = upgrade.known_revisions()[-1]
    following = f"{int(last) + 1:04}"
    (versions / f"{following}_next.py").write_text(
        "from alembic import op\n"
        f'revision = "{following}"\ndown_revision = "{last}"\nbranch_labels = None\ndepends_on = None\n'
        "CHANGED_COUNTS: dict[str, int] = {}\n"
        'def upgrade() -> None:\n    op.create_index("ix_next", "code_entry", ["position"])\n'
        'def downgrade() -> None:\n    op.drop_index("ix_next", "code_entry")\n',
        encoding="utf-8",
    )
    engine = empty.engine(pooled=False)
    try:
        with engine.connect() as connection:
            before = upgrade._counts(connection)
        assert before["code_entry"] > 1000
        for to in ("head", last):
            upgrade.upgrade(engine, to=to, versions=versions)
            with engine.connect() as connection:
                assert upgrade._counts(connection) == before
                assert guarding.compare(connection, upgrade.load_tables()) == []
    finally:
        engine.dispose()
    assert is_sound(empty)


def test_a_home_on_a_database_made_by_hand_works_the_same(debian: Cluster, tmp_path: Path) -> None:
    """Whoever makes role and database himself needs no more than CREATEROLE and the database for it."""
    password = secrets.token_hex()
    debian.run(
        f"CREATE ROLE {EMPTY}__pemilik LOGIN CREATEROLE PASSWORD '{password}'",
        f"CREATE DATABASE {EMPTY} OWNER {EMPTY}__pemilik TEMPLATE template0",
    )
    try:
        with psycopg.connect(debian.url(EMPTY)) as admin:
            # As every database was before PostgreSQL 15.
            admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
        url = f"postgresql://{EMPTY}__pemilik:{password}@127.0.0.1:{debian.port}/{EMPTY}"
        owner = replace(ServerPlace.parse(url, tmp_path), login_kdf=KDF)
        found_in(owner)
        assert is_sound(owner)
        with psycopg.connect(debian.url(EMPTY)) as admin:
            schema = "has_schema_privilege('public', 'public', 'CREATE')"
            database = "has_database_privilege('public', %s, 'TEMP')"
            assert admin.execute(f"SELECT {schema}, {database}".encode(), (EMPTY,)).fetchall() == [(False, False)]
    finally:
        clear(debian)
