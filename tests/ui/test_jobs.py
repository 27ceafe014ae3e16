"""Jobs: in order, off the window's thread, answered only to the living and only while nothing is locked."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from db.faults import Conflict, StoreLocked, WeakPassword
from shelter.faults import NotAllowed, RuleBroken
from shelter.home import actions as home_actions
from shelter.home import queries as home_queries
from shelter.staff import queries
from shelter.work import Work
from tests.guards import ExpectLog
from tests.stores import Seat, TestHome
from ui.jobs import Jobs, Trouble


class Page(QObject):
    """Whoever asked."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []
        self.troubles: list[Trouble] = []

    def hear(self, value: object) -> None:
        assert QThread.currentThread() is self.thread()
        self.told.append(value)

    def sigh(self, trouble: Trouble) -> None:
        assert QThread.currentThread() is self.thread()
        self.troubles.append(trouble)


class Paper:
    """A store of paper: it runs what it is given, and can be made to wait."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.threads: list[int] = []
        self.done: list[str] = []
        self.interrupted: list[int] = []
        self.listeners: list[Callable[[frozenset[str]], None]] = []
        self.closed = self.sealed = False

    def write(self, actor: object, action: Callable[..., Any], /, **kwargs: Any) -> Any:
        if self.closed:
            raise StoreLocked(reason="closed")
        self.threads.append(threading.get_ident())
        result = action(self, **kwargs)
        for listener in self.listeners:
            listener(frozenset({"paper"}))
        return result

    read = write

    def on_change(self, listener: Callable[[frozenset[str]], None]) -> None:
        self.listeners.append(listener)

    def interrupt(self, thread: int) -> None:
        self.interrupted.append(thread)
        self.gate.set()

    def seal(self) -> None:
        self.sealed = True

    def close(self, patience: float = 10.0) -> None:
        self.closed = True


def note(paper: Paper, *, word: str = "") -> str:
    """Write a word down, once the gate is open."""
    assert paper.gate.wait(10)
    paper.done.append(word)
    return word


def fail(paper: Paper, *, error: Exception) -> None:
    """Go wrong."""
    raise error


@pytest.fixture
def paper(jobs: Jobs) -> Paper:
    store = Paper()
    jobs.open(store, None)
    return store


def test_saves_run_in_order_in_one_thread_that_is_not_the_windows(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page = Page()
    words = [str(number) for number in range(50)]
    for word in words:
        assert jobs.write(note, owner=page, done=page.hear, word=word)
    qtbot.waitUntil(lambda: page.told == words)
    assert paper.done == words
    assert len(set(paper.threads)) == 1
    assert threading.get_ident() not in paper.threads


def test_four_reads_run_at_once_and_saves_do_not_wait_for_them(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page = Page()
    together = threading.Barrier(4)

    def meet(store: Paper) -> int:
        return together.wait(10)

    for _number in range(4):
        jobs.read(meet, owner=page, done=page.hear)
    qtbot.waitUntil(lambda: sorted(page.told) == [0, 1, 2, 3])
    paper.gate.clear()
    for _number in range(4):
        jobs.read(note, owner=page, done=page.hear)
    jobs.write(lambda store: "saved", owner=page, done=page.hear)
    qtbot.waitUntil(lambda: "saved" in page.told)
    paper.gate.set()


def test_a_page_that_is_gone_hears_nothing_and_can_die_while_it_waits(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    heard: list[object] = []
    page, stays = Page(), Page()
    died: list[bool] = []
    page.destroyed.connect(lambda: died.append(True))
    paper.gate.clear()
    jobs.write(note, owner=page, done=page.hear, failed=page.sigh, word="a")
    jobs.write(note, owner=page, done=heard.append, word="b")
    jobs.write(note, owner=stays, done=stays.hear, word="c")
    delete(page)
    paper.gate.set()
    qtbot.waitUntil(lambda: stays.told == ["c"])
    assert paper.done == ["a", "b", "c"]
    assert (heard, died) == ([], [True])


def test_a_waiting_job_keeps_no_page_alive(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page, stays = Page(), Page()
    died: list[bool] = []
    page.destroyed.connect(lambda: died.append(True))
    paper.gate.clear()
    jobs.read(note, owner=page, done=page.hear)
    del page
    assert died == [True]
    paper.gate.set()
    jobs.read(note, owner=stays, done=stays.hear)
    qtbot.waitUntil(lambda: stays.told == [""])


def test_of_several_reads_in_a_slot_the_latest_is_answered_and_the_running_one_is_stopped(
    qtbot: QtBot, jobs: Jobs, paper: Paper
) -> None:
    page = Page()
    paper.gate.clear()
    started = threading.Event()

    def first(store: Paper) -> str:
        started.set()
        return note(store, word="first")

    jobs.read(first, owner=page, slot="list", done=page.hear)
    assert started.wait(10)
    for word in ("second", "third"):
        jobs.read(note, owner=page, slot="list", done=page.hear, word=word)
    jobs.read(note, owner=page, slot="other", done=page.hear, word="other")
    qtbot.waitUntil(lambda: sorted(page.told) == ["other", "third"])
    # Whoever stopped the gate's keeper let the others through.
    assert paper.interrupted == [paper.threads[0]]


def test_a_read_hit_by_an_order_meant_for_another_is_asked_again(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page = Page()
    answers: list[Exception | str] = [StoreLocked(reason="stopped"), "rows"]

    def unlucky(store: Paper) -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    jobs.read(unlucky, owner=page, done=page.hear, failed=page.sigh)
    qtbot.waitUntil(lambda: page.told == ["rows"])
    assert not page.troubles


@pytest.mark.parametrize(
    ("error", "field", "begins"),
    [
        (RuleBroken("login_taken", "login", login="siti"), "login", "Nama siti"),
        (NotAllowed("staff:account:write"), "", "Anda tidak memiliki hak"),
        (Conflict(table="account"), "", "Orang lain baru saja"),
        (WeakPassword(reason="short"), "", "Kata sandi terlalu pendek"),
        (OSError(28, "no space"), "", "Disk penuh"),
    ],
)
def test_a_failure_is_told_as_a_sentence(
    qtbot: QtBot, jobs: Jobs, paper: Paper, error: Exception, field: str, begins: str
) -> None:
    page = Page()
    jobs.write(fail, owner=page, done=page.hear, failed=page.sigh, error=error)
    qtbot.waitUntil(lambda: len(page.troubles) == 1)
    assert page.troubles[0].sentence.startswith(begins)
    assert page.troubles[0].field == field
    assert not page.told


def test_our_own_mistake_is_logged_by_its_place_and_told_without_its_words(
    qtbot: QtBot, jobs: Jobs, paper: Paper, expect_log: ExpectLog
) -> None:
    page = Page()
    with expect_log("^ValueError, ", level=40, logger="teduh.jobs"):
        jobs.write(fail, owner=page, failed=page.sigh, error=ValueError("Melati"))
        qtbot.waitUntil(lambda: len(page.troubles) == 1)
    assert "Melati" not in page.troubles[0].sentence
    assert "ValueError" in page.troubles[0].sentence


def test_a_failure_nobody_asked_for_reaches_the_window(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page = Page()
    with qtbot.waitSignal(jobs.trouble) as told:
        jobs.write(fail, owner=page, error=RuleBroken("reason_missing"))
    assert told.args == ["Isi alasannya."]


def test_a_save_tells_which_tables_it_touched(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page = Page()
    with qtbot.waitSignal(jobs.changed) as told:
        jobs.write(note, owner=page, word="a")
    assert told.args == [frozenset({"paper"})]


def test_what_takes_long_is_made_ready_in_the_lane_and_wiped(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page = Page()
    wiped: list[str] = []

    class Secret:
        word = "kunci"

        def wipe(self) -> None:
            wiped.append(self.word)

    def use(store: Paper, *, secret: Secret, word: str) -> str:
        assert not wiped
        return secret.word + word

    def ready(store: Paper) -> dict[str, object]:
        assert threading.get_ident() != threading.main_thread().ident
        return {"secret": Secret()}

    jobs.write(use, owner=page, done=page.hear, ready=ready, word="!")
    qtbot.waitUntil(lambda: page.told == ["kunci!"])
    assert wiped == ["kunci"]


# --- the lock


def test_a_lock_refuses_new_jobs_and_shows_nothing_more(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page, closed = Page(), Page()
    paper.gate.clear()
    jobs.write(note, owner=page, done=page.hear, failed=page.sigh, word="a")
    jobs.read(note, owner=page, done=page.hear, failed=page.sigh, word="b")
    close = jobs.seal()
    assert not jobs.write(note, owner=page, done=page.hear)
    assert not jobs.read(note, owner=page, done=page.hear)
    assert jobs.store is None
    jobs.aside(close, owner=closed, done=closed.hear)
    qtbot.waitUntil(lambda: paper.sealed)
    paper.gate.set()
    qtbot.waitUntil(lambda: closed.told == [0])
    assert paper.closed
    assert "a" in paper.done
    assert not page.told
    assert not page.troubles


def test_every_save_handed_over_before_the_lock_is_made(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page, closed = Page(), Page()
    paper.gate.clear()
    words = [str(number) for number in range(20)]
    for word in words:
        jobs.write(note, owner=page, done=page.hear, word=word)
    jobs.aside(jobs.seal(), owner=closed, done=closed.hear)
    paper.gate.set()
    qtbot.waitUntil(lambda: closed.told == [0])
    assert paper.done == words


def test_a_save_that_failed_behind_the_lock_is_counted(qtbot: QtBot, jobs: Jobs, paper: Paper) -> None:
    page, closed = Page(), Page()
    paper.gate.clear()
    jobs.write(note, owner=page, word="a")
    jobs.write(fail, owner=page, failed=page.sigh, error=RuleBroken("reason_missing"))
    jobs.aside(jobs.seal(), owner=closed, done=closed.hear)
    paper.gate.set()
    qtbot.waitUntil(lambda: closed.told == [1])
    assert not page.troubles


def test_saves_that_do_not_end_in_time_are_given_up_and_counted(
    qtbot: QtBot, jobs: Jobs, paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.jobs.PATIENCE", 0.05)
    page, closed = Page(), Page()
    paper.gate.clear()
    for word in ("a", "b", "c"):
        jobs.write(note, owner=page, word=word)
    qtbot.waitUntil(lambda: len(paper.threads) == 1)
    jobs.aside(jobs.seal(), owner=closed, done=closed.hear)
    qtbot.waitUntil(lambda: closed.told == [3])
    assert paper.closed
    paper.gate.set()


# --- on real stores


def forever(work: Work) -> int:
    """A statement that ends only when it is stopped."""
    connection = work.unit.connection
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT 1 FROM pg_sleep(60)").scalar_one())
    count = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
    return int(connection.exec_driver_sql(count).scalar_one())


@pytest.fixture
def seat(home: TestHome, jobs: Jobs) -> Seat:
    seat = home.enter()
    jobs.open(seat.store, seat.actor)
    return seat


def test_actions_and_queries_run_on_a_store(qtbot: QtBot, jobs: Jobs, seat: Seat) -> None:
    page = Page()
    with qtbot.waitSignal(jobs.changed) as told:
        jobs.write(home_actions.change_setting, owner=page, done=page.hear, name="lock.idle_minutes", value=7)
    assert "setting_value" in told.args[0]
    jobs.read(home_queries.settings, owner=page, done=page.hear)
    qtbot.waitUntil(lambda: len(page.told) == 2)
    assert page.told[1]["lock.idle_minutes"] == 7


def test_a_newer_read_stops_the_statement_of_the_older_one(qtbot: QtBot, jobs: Jobs, seat: Seat) -> None:
    page = Page()
    jobs.read(forever, owner=page, slot="list", done=page.hear, failed=page.sigh)
    qtbot.waitUntil(lambda: bool(seat.store._running._in_use))
    jobs.read(queries.accounts, owner=page, slot="list", done=page.hear, failed=page.sigh)
    qtbot.waitUntil(lambda: len(page.told) == 1)
    qtbot.waitUntil(lambda: not seat.store._running._depth)
    assert not page.troubles


def test_a_lock_stops_reads_and_closes_every_connection(qtbot: QtBot, jobs: Jobs, seat: Seat) -> None:
    page, closed = Page(), Page()
    for _number in range(3):
        jobs.read(forever, owner=page, done=page.hear, failed=page.sigh)
    qtbot.waitUntil(lambda: len(seat.store._running._in_use) == 3)
    raw = list(seat.store._running._in_use.values())
    begun = time.monotonic()
    jobs.aside(jobs.seal(), owner=closed, done=closed.hear)
    qtbot.waitUntil(lambda: closed.told == [0], timeout=20_000)
    assert time.monotonic() - begun < 60
    assert not seat.store.keyring.keys
    for connection in raw:
        with pytest.raises(Exception, match="closed"):
            connection.execute("SELECT 1")
    assert not page.told
    assert not page.troubles


def slow_save(work: Work, *, begun: threading.Event, go_on: threading.Event) -> None:
    """A save that is under way for as long as the test wants."""
    home_actions.change_setting(work, name="lock.idle_minutes", value=9)
    work.flush()
    begun.set()
    assert go_on.wait(10)


def test_a_save_under_way_is_finished_behind_the_lock(qtbot: QtBot, jobs: Jobs, seat: Seat, home: TestHome) -> None:
    page, closed = Page(), Page()
    begun, go_on = threading.Event(), threading.Event()
    jobs.write(slow_save, owner=page, done=page.hear, begun=begun, go_on=go_on)
    assert begun.wait(10)
    jobs.aside(jobs.seal(), owner=closed, done=closed.hear)
    qtbot.waitUntil(lambda: seat.store._running._sealed)
    go_on.set()
    qtbot.waitUntil(lambda: closed.told == [0])
    assert not page.told
    assert home.enter().read(home_queries.settings)["lock.idle_minutes"] == 9


def test_a_save_that_takes_too_long_is_stopped_and_nothing_of_it_is_kept(
    qtbot: QtBot, jobs: Jobs, seat: Seat, home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.jobs.PATIENCE", 0.05)

    def endless(work: Work) -> None:
        home_actions.change_setting(work, name="lock.idle_minutes", value=9)
        work.flush()
        forever(work)

    page, closed = Page(), Page()
    jobs.write(endless, owner=page, done=page.hear, failed=page.sigh)
    qtbot.waitUntil(lambda: bool(seat.store._running._in_use))
    jobs.aside(jobs.seal(), owner=closed, done=closed.hear)
    qtbot.waitUntil(lambda: closed.told == [1], timeout=20_000)
    assert home.enter().read(home_queries.settings)["lock.idle_minutes"] == 5
