"""The idle checkpoint: the log is brought into the database once nothing has been saved for a while, and at the end."""

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db import filestore, store
from db.faults import Damaged, StoreFault, StoreLocked
from db.files import StoreFolder
from db.opening import Opening
from db.store import _IDLE, _IdleTidy
from shelter.home import actions, queries
from shelter.work import Work
from tests.stores import HEAD, PASSWORD, Seat, TestHome

PATIENCE = 60


class _Ended(threading.Event):
    """An end that never comes by itself; waiting for it moves the clock instead."""

    def __init__(self, clock: "_Clock") -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self._clock.pass_by(timeout)
        return self.is_set()


class _Clock:
    """The seconds since the start, moved by whoever waits; on the way saves may happen."""

    def __init__(self) -> None:
        self.now = 0.0
        self.saves: list[tuple[float, _IdleTidy]] = []

    def monotonic(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        until = self.now + seconds
        while self.saves and self.saves[0][0] < until:
            self.now, tidy = self.saves.pop(0)
            tidy.touch()
        self.now = until


@contextlib.contextmanager
def _tidied(monkeypatch: pytest.MonkeyPatch, *saves: float) -> Iterator[list[float]]:
    """The moments at which the chore ran, when saves happened at these moments."""
    clock = _Clock()
    monkeypatch.setattr(store, "time", clock)
    ran: list[float] = []
    done = threading.Event()

    def chore() -> None:
        ran.append(clock.now)
        done.set()

    tidy = _IdleTidy(chore)
    monkeypatch.setattr(tidy, "_ended", _Ended(clock))
    clock.saves = [(at, tidy) for at in saves[1:]]
    clock.now = saves[0]
    tidy.touch()
    assert done.wait(PATIENCE)
    tidy.stop()
    yield ran


def test_the_chore_runs_two_seconds_after_the_last_save(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _IDLE == 2
    with _tidied(monkeypatch, 10.0) as ran:
        assert ran == [12.0]


def test_each_save_puts_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with _tidied(monkeypatch, 10.0, 11.5, 13.25, 15.0) as ran:
        assert ran[0] == 17.0


def test_without_a_save_there_is_neither_chore_nor_thread() -> None:
    ran: list[int] = []
    tidy = _IdleTidy(lambda: ran.append(1))
    assert tidy._thread is None
    tidy.stop()
    assert ran == []


def test_stopping_does_not_wait_for_the_idle_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_IDLE", 10 * PATIENCE)
    ran: list[int] = []
    tidy = _IdleTidy(lambda: ran.append(1))
    tidy.touch()
    stopping = threading.Thread(target=tidy.stop, daemon=True)
    stopping.start()
    stopping.join(PATIENCE)
    assert not stopping.is_alive()
    assert tidy._thread is not None
    assert not tidy._thread.is_alive()
    assert ran == []


def test_a_store_that_is_held_elsewhere_is_left_alone_and_tried_after_the_next_save(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "_IDLE", 0)
    tried: list[int] = []
    ran = threading.Semaphore(0)

    def chore() -> None:
        tried.append(1)
        ran.release()
        raise (StoreLocked(reason="busy"), Damaged(what="database"))[len(tried) % 2]

    tidy = _IdleTidy(chore)
    for _ in range(3):
        tidy.touch()
        assert ran.acquire(timeout=PATIENCE)
    tidy.now()
    tidy.stop()
    assert len(tried) == 4


# --- of a home


def _log(home: TestHome) -> Path:
    database = StoreFolder(home.folder).database
    return database.with_name(database.name + "-wal")


def _save(seat: Seat, paper: str = "F4") -> None:
    seat.write(actions.change_setting, name="paper.size", value=paper)


def test_an_idle_home_has_an_empty_log_and_the_save_in_its_database(
    file_home: TestHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_IDLE", 0)
    seat = file_home.enter()
    tidy: Any = seat.store._tidy
    may, ran = threading.Event(), threading.Semaphore(0)
    real = tidy._chore

    def chore() -> None:
        assert may.wait(PATIENCE)
        real()
        ran.release()

    monkeypatch.setattr(tidy, "_chore", chore)
    _save(seat)
    assert _log(file_home).stat().st_size > 0
    may.set()
    assert ran.acquire(timeout=PATIENCE)
    assert _log(file_home).stat().st_size == 0
    # Whatever becomes of the log, the save is safe.
    without = tmp_path / "tanpa catatan"
    shutil.copytree(file_home.folder, without, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    again = Opening(StoreFolder(without), Work, file_home.clock).sign_in(HEAD, PASSWORD)
    assert again.read(seat.actor, queries.settings)["paper.size"] == "F4"
    again.close()
    # And so after the next one.
    _save(seat, "A4")
    assert ran.acquire(timeout=PATIENCE)
    assert _log(file_home).stat().st_size == 0


def test_a_closed_home_leaves_no_log_behind(file_home: TestHome) -> None:
    seat = file_home.enter()
    _save(seat)
    assert _log(file_home).stat().st_size > 0
    seat.store.close()
    assert not _log(file_home).exists() or _log(file_home).stat().st_size == 0
    assert file_home.enter().read(queries.settings)["paper.size"] == "F4"


def test_a_checkpoint_that_somebody_elses_reading_holds_up_is_told_and_loses_nothing(
    file_home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(filestore.PRAGMAS, "busy_timeout", ("0", 0))
    seat, other = file_home.enter(), file_home.enter()
    key = seat.store.keyring.newest("database")[1]
    with other.store.ground() as reading:
        reading.exec_driver_sql("SELECT count(*) FROM account").all()
        _save(seat)
        assert not filestore.checkpoint(StoreFolder(file_home.folder).database, key)
        assert _log(file_home).stat().st_size > 0
    assert filestore.checkpoint(StoreFolder(file_home.folder).database, key)
    assert _log(file_home).stat().st_size == 0
    assert other.read(queries.settings)["paper.size"] == "F4"


def test_a_checkpoint_the_driver_refuses_is_a_fault_of_ours(
    file_home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A fault is left for later; any other error would end the waiting thread for good.
    seat = file_home.enter()
    key = seat.store.keyring.newest("database")[1]

    class Broken:
        def execute(self, _statement: str) -> None:
            raise filestore.database_error()("disk I/O error")

        def close(self) -> None:
            pass

    monkeypatch.setattr(filestore, "connect", lambda *_args, **_options: Broken())
    with pytest.raises(StoreFault):
        filestore.checkpoint(StoreFolder(file_home.folder).database, key)
    _tidy: Any = seat.store._tidy
    _tidy.now()


def test_the_chore_of_a_closed_home_needs_no_key(file_home: TestHome) -> None:
    seat = file_home.enter()
    seat.store.close()
    tidy: Any = seat.store._tidy
    tidy.now()
    assert not seat.store.keyring.keys
