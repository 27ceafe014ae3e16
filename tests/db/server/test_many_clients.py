"""A hundred people at once: no number twice, none left out, no change lost; and the harness would notice."""

import contextlib
import json
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from db import serverfound
from db.serversetup import owner_place
from shelter.codelists import actions
from tests.commandline import ROOT, surroundings
from tests.db.server.debian import Cluster
from tests.db.server.homes import home_of, set_up
from tests.stores import KDF, PASSWORD, TestHome

pytestmark = [pytest.mark.tls, pytest.mark.timeout(240)]

DATABASE = "ramai"
LOGINS = ("satu", "dua", "tiga", "empat")


@dataclass(frozen=True)
class Told:
    """What happened to the crowd, and what the server holds afterwards."""

    connected: int
    numbers: list[str]
    conflicts: Counter[str]
    troubles: list[str]
    registered: list[int]
    last: int
    counted: int

    @property
    def twice(self) -> list[str]:
        """The numbers that were handed out more than once."""
        return [number for number, times in Counter(self.numbers).items() if times > 1]

    def gaps(self) -> set[int]:
        """The numbers left out of the register."""
        return set(range(1, len(self.numbers) + 1)) - set(self.registered)


@dataclass(frozen=True)
class Place:
    """A home where a crowd may gather."""

    home: TestHome
    cluster: Cluster
    connection: Path
    entry: uuid.UUID

    def gather(self, year: int, people: int, rounds: int, *, programs: int = 2, without: tuple[str, ...] = ()) -> Told:
        """Have so many people, at some programs, each take this year's numbers and change the one row, so often."""
        orders = {
            "server": str(self.connection),
            "state": str(self.connection.parent / "pc"),
            "entry": str(self.entry),
            "year": year,
            "people": people // programs,
            "rounds": rounds,
            "password": PASSWORD,
            "without": without,
        }
        with contextlib.ExitStack() as stack:
            running = [stack.enter_context(_program(orders | {"login": login})) for login in LOGINS[:programs]]
            for program in running:
                assert program.stdout is not None
                assert program.stdout.readline() == "ready\n"
            connected = len(self._rows("SELECT 1 FROM pg_stat_activity WHERE usename LIKE 'ramai\\_\\_u\\_%'"))
            for program in running:
                assert program.stdin is not None
                program.stdin.write("\n")
                program.stdin.flush()
            told = [json.loads(program.communicate()[0]) for program in running]
        series = f"WHERE s.year = {year} AND s.kind = 'letter'"
        return Told(
            connected,
            [number for crowd in told for number in crowd["numbers"]],
            sum((Counter(crowd["conflicts"]) for crowd in told), Counter()),
            [trouble for crowd in told for trouble in crowd["troubles"]],
            [
                seq
                for (seq,) in self._rows(
                    f"SELECT n.seq FROM number_issued n JOIN number_series s ON s.id = series_id {series}"
                )
            ],
            self._rows(f"SELECT max(s.last) FROM number_series s {series}")[0][0],
            self.counted(),
        )

    def counted(self) -> int:
        """What the one row has been counted up to."""
        return self._rows(f"SELECT position FROM code_entry WHERE id = '{self.entry}'")[0][0]

    def _rows(self, query: str) -> list[tuple[int, ...]]:
        with psycopg.connect(self.cluster.url(DATABASE)) as connection:
            return connection.execute(query.encode()).fetchall()


@contextlib.contextmanager
def _program(orders: dict[str, object]) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.db.server.clients"]
    with subprocess.Popen(
        command, cwd=ROOT, env=surroundings(), encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        try:
            assert program.stdin is not None
            program.stdin.write(json.dumps(orders) + "\n")
            program.stdin.flush()
            yield program
        finally:
            program.kill()


@pytest.fixture(scope="module")
def place(debian: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A home of its own, with people who may do both, and one row for all of them."""
    tmp_path = tmp_path_factory.mktemp(DATABASE)
    assert set_up(debian, DATABASE, tmp_path).code == 0
    home = home_of(replace(owner_place(str(tmp_path / f"{DATABASE}.pemilik.json"), tmp_path / "pc"), login_kdf=KDF))
    head = home.enter()
    for login in LOGINS:
        head.add(login, "OPERATOR")
    entry = head.write(actions.add_entry, list_name="religion", code="UJI", label_id="Uji")
    home.close()
    yield Place(home, debian, tmp_path / f"{DATABASE}.sambungan.json", entry)
    home.close()
    debian.run(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    for (role,) in debian.server.run(f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{DATABASE}__')"):
        debian.run(f'DROP ROLE "{role}"')


def test_a_hundred_people_lose_nothing(place: Place) -> None:
    before = place.counted()
    told = place.gather(2026, 100, 2, programs=4)
    assert (told.troubles, told.connected, len(told.numbers)) == ([], 100, 200)
    assert (told.twice, told.gaps(), told.last) == ([], set(), 200)
    assert told.conflicts["take"] == 0, "a number is waited for, never fought over"
    assert told.counted - before == 200
    assert told.conflicts["count_up"] > 0, "nobody met anybody, so nothing was proved"
    seat = place.home.enter()
    assert serverfound.check_server(seat.store, place.home.owner, full=True).findings == []


def test_without_the_lock_people_fight_over_numbers(place: Place) -> None:
    told = place.gather(2027, 12, 4, without=("lock",))
    assert told.conflicts["take"] > 0
    # The versions still hold what the lock let through.
    assert (told.troubles, told.twice, told.gaps()) == ([], [], set())


def test_without_the_versions_changes_are_lost(place: Place) -> None:
    before = place.counted()
    told = place.gather(2028, 12, 8, without=("version",))
    assert told.troubles == []
    assert told.counted - before < 96
    # The lock still holds what the versions let through.
    assert (told.twice, told.gaps()) == ([], set())


def test_without_lock_versions_and_constraints_numbers_come_twice(place: Place) -> None:
    with psycopg.connect(place.cluster.url(DATABASE)) as admin:
        for name in ("uq_number_issued_series_id_seq", "uq_number_issued_text"):
            admin.execute(f"ALTER TABLE number_issued DROP CONSTRAINT {name}".encode())
    told = place.gather(2029, 12, 4, without=("lock", "version", "known"))
    assert told.troubles == []
    assert told.twice
    assert told.gaps()
