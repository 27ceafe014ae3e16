"""Checking: the audit's verifier against a bare scan of the tables it reads."""

import itertools
from collections.abc import Callable

import pytest

from db import filestore, upgrade
from db.verify import Report, verify
from shelter.codelists.records import CodeEntry
from shelter.work import Work
from tests.benchmarks.conftest import Race
from tests.stores import Seat, TestHome

pytestmark = pytest.mark.benchmark

_ADDED = 10_000
_ENTRIES = "SELECT * FROM audit_entry ORDER BY seq"
_IMAGES = "SELECT seq, bytes FROM audit_image ORDER BY seq"


def _grow(work: Work) -> int:
    rows = (
        {"list_name": "uji", "code": f"X_{n}", "label_id": f"Kata {n}", "label_en": "", "position": n}
        for n in range(_ADDED)
    )
    return work.add_many(CodeEntry, rows)


def _checking(seat: Seat, *, full: bool) -> Callable[[], Report]:
    """A check by ``verify`` on a connection of its own, as ``check`` makes it."""
    key = seat.store.keyring.newest("database")[1]
    engine = filestore.engine_for(seat.home.folder / "teduh.db", lambda: key, guarded=False)

    def run() -> Report:
        report = Report([])
        with engine.execution_options(teduh_read=True).connect() as connection:
            verify(connection, upgrade.load_tables(), seat.store.keyring, seat.store.anchor.read(), report, full=full)
        assert report.sound
        return report

    return run


def test_each_entry(file_home: TestHome, race: Race) -> None:
    seat = file_home.enter()
    seat.write(_grow)
    key = seat.store.keyring.newest("database")[1]

    def scan() -> int:
        """The same entries and images, read and let go."""
        with filestore.plain_connection(file_home.folder / "teduh.db", key) as raw:
            return sum(1 for _ in itertools.chain(raw.execute(_ENTRIES), raw.execute(_IMAGES)))

    chain, full = _checking(seat, full=False), _checking(seat, full=True)
    entries = chain().entries
    assert scan() > entries > _ADDED
    # No goal: twice what was measured.
    race.run("verify the chain and images, to a scan", chain, scan, alarm=7, rounds=5, warm=1, per=entries)
    race.run("verify every row as well, to a scan", full, scan, alarm=18, rounds=3, warm=1, per=entries)
