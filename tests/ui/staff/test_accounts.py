"""The staff page at work: what is asked for reaches the store, and what it says reaches the page."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from shelter.staff import queries
from tests.stores import PASSWORD, TestHome
from tests.ui.sessions import Here, at
from ui.desk import Desk
from ui.preferences import Preferences
from ui.session.controller import State
from ui.staff.accounts_page import AccountsPage

NEW = {
    "display_name": "Siti Rahma",
    "login": "siti",
    "roles": ("PETUGAS", "PERAWAT"),
    "password": "kebun jeruk di belakang dapur",
}


@pytest.fixture
def here(home: TestHome, qtbot: QtBot, preferences: Preferences) -> Iterator[Here]:
    with at(home, qtbot, preferences) as here:
        here.sign_in()
        yield here


@pytest.fixture
def page(here: Here) -> Iterator[AccountsPage]:
    """The page of whoever is signed in, filled; on either kind of store."""
    yield from filled(here)


@pytest.fixture
def file_here(file_home: TestHome, qtbot: QtBot, preferences: Preferences) -> Iterator[Here]:
    with at(file_home, qtbot, preferences) as here:
        here.sign_in()
        yield here


@pytest.fixture
def file_page(file_here: Here) -> Iterator[AccountsPage]:
    """The same where the kind of store makes no difference."""
    yield from filled(file_here)


def filled(here: Here) -> Iterator[AccountsPage]:
    """A page with its first row."""
    desk = Desk(here.jobs, here.session)
    desk.begin()
    here.qtbot.waitUntil(lambda: len(desk.page.views) == 1)
    yield desk.page
    desk.deleteLater()


def add(here: Here, page: AccountsPage, **changes: object) -> None:
    """Fill in the sheet, as far as the page is concerned, and send it."""
    page.open_sheet()
    page.sheet.set_busy(True)
    page.add_wanted.emit(NEW | changes)


def test_adding_a_person(here: Here, page: AccountsPage) -> None:
    add(here, page)
    here.qtbot.waitUntil(lambda: len(page.views) == 2)
    here.qtbot.waitUntil(lambda: page.notice.words == "Siti Rahma dapat masuk sekarang.")
    view = page.views[1]
    assert (view.login, view.display_name, set(view.roles), view.state) == (
        *("siti", "Siti Rahma"),
        *({"PETUGAS", "PERAWAT"}, "active"),
    )
    assert here.home.enter("siti", str(NEW["password"])).read(queries.accounts)


def test_shutting_and_opening_the_door(here: Here, page: AccountsPage) -> None:
    add(here, page)
    here.qtbot.waitUntil(lambda: len(page.views) == 2)
    page.disable_wanted.emit(page.views[1].id)
    here.qtbot.waitUntil(lambda: page.views[1].state == "disabled")
    page.enable_wanted.emit(page.views[1].id)
    here.qtbot.waitUntil(lambda: page.views[1].state == "active")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "KEPALA"}, "login"),
        ({"login": "x" * 61}, "login"),
        ({"roles": ("RAJA",)}, "roles"),
        ({"password": "pendek"}, "password"),
        ({"password": "passwordpassword"}, "password"),
    ],
)
def test_what_will_not_do_is_said_at_its_field(
    file_here: Here, file_page: AccountsPage, changes: dict[str, object], field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[tuple[str, str]] = []
    monkeypatch.setattr(file_page, "refuse_field", lambda field, sentence: refused.append((field, sentence)))
    add(file_here, file_page, **changes)
    file_here.qtbot.waitUntil(lambda: len(refused) == 1)
    assert refused[0][0] == field
    assert refused[0][1]
    assert len(file_page.views) == 1


def test_what_a_rule_refuses_is_said_above_the_list(file_here: Here, file_page: AccountsPage) -> None:
    file_page.disable_wanted.emit(file_page.views[0].id)
    file_here.qtbot.waitUntil(lambda: file_page.notice.words == "Anda tidak dapat menutup akun Anda sendiri.")
    assert file_page.views[0].state == "active"


def test_a_save_elsewhere_in_the_window_reloads_the_list(file_here: Here, file_page: AccountsPage) -> None:
    other = Desk(file_here.jobs, file_here.session)
    other.begin()
    file_here.qtbot.waitUntil(lambda: len(other.page.views) == 1)
    add(file_here, file_page)
    file_here.qtbot.waitUntil(lambda: len(other.page.views) == 2)
    other.deleteLater()


def test_roles_are_called_by_the_words_of_the_house(file_here: Here, file_page: AccountsPage) -> None:
    file_here.qtbot.waitUntil(lambda: bool(file_page._labels))
    assert file_page._labels["PETUGAS"] != "PETUGAS"


def test_a_locked_session_answers_no_page(file_here: Here, file_page: AccountsPage) -> None:
    add(file_here, file_page)
    file_here.session.lock("key")
    file_here.until(State.LOCKED)
    assert len(file_page.views) == 1
    # What was sent before the lock is saved all the same.
    assert file_here.home.enter("siti", str(NEW["password"])).read(queries.accounts)
    file_here.session.unlock_with_password(PASSWORD)
    file_here.until(State.OPEN)
