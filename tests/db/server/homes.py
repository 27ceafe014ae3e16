"""Clusters made and taken away, homes founded on them, and ways in past the program."""

import itertools
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psycopg

from db import serverfound
from db.opening import Founder
from db.serverplace import ServerPlace
from db.serverstore import ServerOpening
from db.types import utc_now
from shelter.work import Founding, Work
from tests.commandline import Answer, call
from tests.db.server.debian import TEMPORARY, Cluster, binaries
from tests.stores import HEAD, KDF, PASSWORD, Clock, TestHome, found

DATABASE: Final = "rumah"
_numbers = itertools.count(1)


def new_cluster(data: str = "data", **settings: object) -> Cluster:
    """A fresh cluster, running; whoever asks for it takes it away again."""
    binaries()
    folder = TEMPORARY / f"teduh-pg{os.getpid()}-{next(_numbers)}"
    folder.mkdir(mode=0o755)
    cluster = Cluster(folder, data)
    try:
        cluster.make()
        cluster.start(**settings)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return cluster


def take_away(cluster: Cluster) -> None:
    """Stop a cluster, if it runs, and delete it."""
    if (cluster.data / "postmaster.pid").exists():
        cluster.stop()
    shutil.rmtree(cluster.folder)


@dataclass(frozen=True)
class Prepared:
    """What ``server-setup`` left on the lived-in cluster, and how it was before."""

    cluster: Cluster
    answer: Answer
    hba_before: str
    folder: Path

    @property
    def connection(self) -> Path:
        """The file for every PC."""
        return self.folder / f"{DATABASE}.sambungan.json"

    @property
    def owner(self) -> Path:
        """The file for the safe."""
        return self.folder / f"{DATABASE}.pemilik.json"


def set_up(cluster: Cluster, database: str, folder: Path, *hosts: str, admin: str | None = None) -> Answer:
    """Run ``server-setup``; returns once the server goes by it."""
    wanted = [word for host in hosts or ("127.0.0.1", "localhost") for word in ("--host", host)]
    words = ["--admin", admin or cluster.url(), "--database", database, *wanted, "--to", folder]
    answer = call("server-setup", *words, XDG_DATA_HOME=str(folder / "pc"))
    if answer.code == 0:
        cluster.wait_for_tls()
    return answer


def home_of(owner: ServerPlace) -> TestHome:
    """Found a home in a prepared database."""
    place = owner.without_name()
    clock = Clock()
    clock.now = utc_now()

    def way_in(work: type[Work]) -> ServerOpening[Work]:
        return ServerOpening(place, work, clock, patience=lambda _seconds: None)

    made = serverfound.create(owner, ServerOpening[Work](place, Founding, clock), Founder(HEAD, PASSWORD, KDF, found))
    return TestHome("server", place.state, made, clock, way_in, place, owner)


def connect(home: TestHome, login: str, password: str = PASSWORD, database: str | None = None) -> psycopg.Connection:
    """A plain connection as this person, past the program."""
    assert home.place is not None
    place = home.place
    return plain(
        replace(place, url=place.url.set(database=database)) if database else place,
        place.role(login),
        place.secret(login, password),
    )


def plain(place: ServerPlace, user: str | None = None, password: str | None = None) -> psycopg.Connection:
    """A plain connection to a place, made as the program makes its own."""
    url = place.url if user is None else place.url.set(username=user, password=password)
    text = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(text, **place.connect_args())
