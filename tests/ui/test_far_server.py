"""A server a hundred milliseconds away: the window never waits for it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from shelter.home import actions as home_actions
from shelter.home import queries as home_queries
from shelter.staff import queries
from shelter.work import Work
from tests.proxy import Proxy, far
from tests.stores import PASSWORD, TestHome
from tests.ui.sessions import Here, at
from tests.ui.test_jobs import Page, forever
from ui.preferences import Preferences
from ui.session.controller import State

pytestmark = pytest.mark.server


@pytest.fixture
def proxy(server_home: TestHome) -> Iterator[Proxy]:
    """The way there."""
    assert server_home.place is not None
    with far(server_home.place) as (place, proxy):
        near = server_home.way_in
        server_home.way_in = lambda work: replace(near(work), place=place)  # type: ignore[arg-type]
        yield proxy


@pytest.fixture
def here(server_home: TestHome, proxy: Proxy, qtbot: QtBot, preferences: Preferences) -> Iterator[Here]:
    with at(server_home, qtbot, preferences) as here:
        yield here


def test_a_morning_at_a_far_server_keeps_no_window_waiting(here: Here, proxy: Proxy) -> None:
    page = Page()
    here.sign_in()
    assert proxy.turns > 0
    for turn in range(5):
        here.jobs.read(queries.accounts, owner=page, slot="list", done=page.hear)
        here.jobs.write(
            home_actions.change_setting, owner=page, done=page.hear, name="lock.idle_minutes", value=turn + 1
        )
        here.qtbot.wait(30)
    here.qtbot.waitUntil(lambda: page.told.count(None) == 5, timeout=20_000)
    here.jobs.read(home_queries.settings, owner=page, slot="settings", done=page.hear)
    here.qtbot.waitUntil(lambda: isinstance(page.told[-1], dict), timeout=20_000)
    assert page.told[-1]["lock.idle_minutes"] == 5
    here.lock()
    here.session.unlock_with_password(PASSWORD)
    here.until(State.OPEN)
    assert not page.troubles


def test_typing_stops_the_question_before(here: Here) -> None:
    page = Page()
    here.sign_in()
    here.jobs.read(forever, owner=page, slot="search", done=page.hear, failed=page.sigh)
    store = here.jobs.store
    here.qtbot.waitUntil(lambda: bool(store._running._in_use))
    for _letter in range(4):
        here.jobs.read(queries.accounts, owner=page, slot="search", done=page.hear, failed=page.sigh)
        here.qtbot.wait(20)
    here.qtbot.waitUntil(lambda: len(page.told) == 1, timeout=20_000)
    here.qtbot.waitUntil(lambda: not store._running._depth, timeout=20_000)
    assert not page.troubles


def test_a_lock_covers_at_once_while_the_server_takes_its_time(here: Here) -> None:
    page = Page()
    here.sign_in()
    for _number in range(3):
        here.jobs.read(forever, owner=page, done=page.hear, failed=page.sigh)
    here.jobs.write(home_actions.change_setting, owner=page, name="lock.idle_minutes", value=8)
    here.session.lock("key")
    assert here.session.state is State.LOCKING
    here.until(State.LOCKED)
    seat = here.home.enter()
    assert seat.read(home_queries.settings)["lock.idle_minutes"] == 8


def test_a_pulled_cable_is_said_and_the_window_lives(here: Here, proxy: Proxy) -> None:
    page = Page()

    def ask(work: Work) -> int:
        return int(work.unit.connection.exec_driver_sql("SELECT 1").scalar_one())

    here.sign_in()
    proxy.cut()
    here.jobs.read(ask, owner=page, done=page.hear, failed=page.sigh)
    here.qtbot.waitUntil(lambda: len(page.troubles) + len(page.told) == 1, timeout=20_000)
    assert page.troubles[0].sentence.startswith("Sambungan ke server terputus")
    here.lock()
