"""Debian's server for the tests of this folder: set up and lived in once, and bare clusters for what goes wrong."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from db import serversetup
from db.serverplace import ServerPlace
from db.serversetup import owner_place
from tests.db.server.debian import Cluster
from tests.db.server.homes import DATABASE, Prepared, home_of, new_cluster, set_up, take_away
from tests.db.server.rights import Harness, prepare
from tests.stores import KDF, Server, TestHome

CONNECTIONS = 140


@pytest.fixture
def bare(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster nobody has set up, of this test's own."""
    cluster = new_cluster()
    yield cluster
    take_away(cluster)


@pytest.fixture(scope="session")
def debian() -> Iterator[Cluster]:
    """The cluster that is lived in; it logs every statement and every connection."""
    cluster = new_cluster(log_statement="all", log_connections="on", max_connections=CONNECTIONS)
    yield cluster
    take_away(cluster)


@pytest.fixture(scope="session")
def prepared(debian: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The lived-in cluster, set up."""
    folder = tmp_path_factory.mktemp("kunci")
    before = (debian.data / "pg_hba.conf").read_text(encoding="utf-8")
    return Prepared(debian, set_up(debian, DATABASE, folder), before, folder)


@pytest.fixture(scope="session")
def house(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestHome]:
    """A home on Debian's server, reached over TLS by its connection file."""
    owner = owner_place(str(prepared.owner), tmp_path_factory.mktemp("pc"))
    home = home_of(replace(owner, login_kdf=KDF))
    yield home
    home.close()


@pytest.fixture(scope="session")
def siti(house: TestHome) -> str:
    """The sign-in name of a trainer in that home."""
    house.enter().add("siti", "INSTRUKTUR")
    house.close()
    return "siti"


@pytest.fixture(
    scope="session",
    params=[pytest.param("debian", marks=pytest.mark.tls), pytest.param("wheel", marks=pytest.mark.server)],
)
def harness(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The harness of rights on Debian's server and on the wheel's newer one; neither home is owned by a superuser."""
    folder = tmp_path_factory.mktemp("hak")
    if request.param == "debian":
        cluster: Cluster = request.getfixturevalue("debian")
        assert set_up(cluster, "hak", folder).code == 0
        owner, server = owner_place(str(folder / "hak.pemilik.json"), folder), cluster.server
    else:
        server = request.getfixturevalue("pg_server")
        owner = owned(server, "roda", folder)
    made = prepare(home_of(replace(owner, login_kdf=KDF)), server.url_of(owner.database))
    yield made
    made.close()


def owned(server: Server, database: str, folder: Path) -> ServerPlace:
    """A database as set-up makes it, on a server that can do no TLS; its owner's way in."""
    admin, password = ServerPlace.parse(server.url, folder), secrets.token_hex()
    with admin.engine(pooled=False).execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        serversetup._make_database(connection, database, password)
    serversetup._close_schema(admin, database)
    return replace(admin, url=admin.url.set(database=database, username=f"{database}__owner", password=password))
