"""The window: what covers covers in the call that asks for it, and nothing of the work stays behind."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from shelter.home import actions as home_actions
from tests.stores import HEAD, PASSWORD, TestHome
from tests.ui.sessions import PIN, Here, at
from tests.ui.test_jobs import Page
from ui.main_window import MainWindow
from ui.preferences import Preferences
from ui.session.controller import State
from ui.theme import style
from ui.widgets.brand import PRODUCT

NAME = "Kumala Wijayakusuma"


@pytest.fixture
def here(file_home: TestHome, qtbot: QtBot, preferences: Preferences) -> Iterator[Here]:
    with at(file_home, qtbot, preferences) as here:
        yield here


@pytest.fixture
def window(here: Here, qapp: QApplication) -> Iterator[MainWindow]:
    """The window of a home that somebody called by a long name works in too."""
    style.apply(qapp, "light", 1.0)
    credential = here.home.credential("kumala")
    from shelter.staff import actions

    seat = here.home.enter()
    seat.write(actions.add_account, login="kumala", roles=("PETUGAS",), credential=credential, display_name=NAME)
    made = MainWindow(
        here.session, here.jobs, here.preferences, "file", clock=lambda: datetime(2026, 11, 21, 3, tzinfo=UTC)
    )
    made.show()
    here.qtbot.waitExposed(made)
    yield made
    made.hide()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def come_in(here: Here, window: MainWindow) -> None:
    """Through the page, as a person does."""
    page = window.sign_in
    if page.other_name:
        page.name.edit.setText(HEAD)
    page.entry.field.edit.setText(PASSWORD)
    page.entry.go.click()
    here.until(State.OPEN)
    here.qtbot.waitUntil(lambda: window.desk is not None and len(window.desk.page.views) == 2)


def shown(window: QWidget) -> bytes:
    """What can be seen, as pixels."""
    return bytes(window.grab().toImage().constBits())


def words_in(window: QWidget) -> str:
    """Every word a widget of the window holds."""
    return " ".join(label.text() for label in window.findChildren(QLabel))


def test_the_way_in_leads_to_the_staff(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    assert window.pages.currentWidget() is window.desk
    assert window.sign_in.entry.field.text() == ""
    assert window.windowTitle() == PRODUCT


def test_a_wrong_password_is_said_at_the_page_which_counts_the_seconds(here: Here, window: MainWindow) -> None:
    window.sign_in.name.edit.setText(HEAD)
    window.sign_in.entry.field.edit.setText("bukan kata sandinya")
    window.sign_in.entry.go.click()
    here.refused(1)
    assert window.sign_in.entry.said.startswith("Nama atau kata sandi itu belum tepat.")
    assert window.sign_in.entry.waiting == 1


def test_a_lock_covers_in_the_very_call(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    desk = window.desk
    before = shown(window)
    here.session.lock("key")
    # No event was processed in between: this is the first frame after the call.
    assert window.pages.currentWidget() is window.lock_page
    assert window.desk is None
    assert shown(window) != before
    assert desk is not None
    assert desk.isHidden()
    assert desk.page.views == ()
    here.until(State.LOCKED)
    here.qtbot.waitUntil(lambda: not isValid(desk))
    assert NAME not in words_in(window)
    assert HEAD not in words_in(window)


def test_whatever_hangs_above_goes_too(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    dialog, sheet = QDialog(window), QWidget()
    dialog.setModal(True)
    for above in (dialog, sheet):
        above.show()
    here.session.lock("idle")
    assert [top for top in QApplication.topLevelWidgets() if top.isVisible()] == [window]
    sheet.deleteLater()
    here.until(State.LOCKED)


def test_ctrl_l_locks(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    window.activateWindow()
    here.qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    here.until(State.LOCKED)


def test_coming_back_by_pin_through_the_page(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    assert window.desk is not None
    window.desk.bar.pin_action.trigger()
    assert window.pin is not None
    for _time in range(2):
        window.pin.entry.field.edit.setText("")
        QTest.keyClicks(window.pin.entry.field.edit, PIN)
    here.qtbot.waitUntil(lambda: here.session.has_pin)
    assert window.pages.currentWidget() is window.desk
    here.lock()
    assert window.lock_page is not None
    QTest.keyClicks(window.lock_page.entry.field.edit, PIN)
    here.until(State.OPEN)
    here.qtbot.waitUntil(lambda: window.desk is not None and len(window.desk.page.views) == 2)


def test_switching_shows_the_faces_of_this_pc(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    assert window.desk is not None
    window.desk.bar.switch_action.trigger()
    here.until(State.SIGNED_OUT)
    assert window.pages.currentWidget() is window.sign_in
    assert not window.sign_in.other_name
    come_in(here, window)


def test_what_was_not_saved_and_the_last_minute_are_said_quietly(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    assert window.desk is not None
    here.session.told.emit("Halo")
    assert window.desk.notice.words == "Halo"
    here.session.idle_left.emit(40)
    assert window.desk.status.text() == "Layar dikunci dalam 40 detik."
    here.session.idle_left.emit(-1)
    assert window.desk.status.text() == ""


# --- the privacy cover


def test_tirai_covers_in_the_very_call_and_two_esc_lift_it(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    before = shown(window)
    window.draw_tirai()
    covered = shown(window)
    assert covered != before
    assert window.tirai is not None
    assert window.tirai.geometry() == window.rect()
    image = window.grab().toImage()
    corners = {QColor(image.pixel(x, y)).name() for x in (2, image.width() - 3) for y in (2, image.height() - 3)}
    assert len(corners) == 1
    QTest.keyClick(window.tirai, Qt.Key.Key_A)
    assert not window.tirai.isHidden()
    for _time in range(2):
        QTest.keyClick(window.tirai, Qt.Key.Key_Escape)
    assert window.tirai.isHidden()
    assert here.session.state is State.OPEN


def test_two_esc_that_nothing_else_wanted_draw_it(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    for _time in range(2):
        QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.tirai is not None
    assert not window.tirai.isHidden()


def test_a_lock_under_tirai_shows_the_lock(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    window.draw_tirai()
    assert window.tirai is not None
    window.tirai.password_wanted.emit()
    assert window.tirai.isHidden()
    assert window.pages.currentWidget() is window.lock_page
    here.until(State.LOCKED)


def test_it_grows_with_the_window(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    window.draw_tirai()
    window.resize(1300, 700)
    assert window.tirai is not None
    assert window.tirai.size() == window.size()


# --- the recovery sheet, language, the end


def test_a_recovery_sheet_through_the_pages(here: Here, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    from db.keyring import Kdf

    monkeypatch.setattr(Kdf, "standard", Kdf.floor)
    fresh = "perahu kayu menyeberang danau"
    window.sign_in.recovery_wanted.emit()
    page = window.recovery
    assert page is not None
    page.submitted.emit(["salah"] * 14)
    here.qtbot.waitUntil(lambda: bool(page.notice.words))
    page.submitted.emit(list(here.home.made.words[0]))
    here.qtbot.waitUntil(lambda: not page.asks_for_words)
    page.new_password_ready.emit("pendek")
    here.qtbot.waitUntil(lambda: len(here.heard("password_refused")) == 1)
    page.new_password_ready.emit(fresh)
    here.qtbot.waitUntil(lambda: window.pages.currentWidget() is window.sign_in)
    here.sign_in(HEAD, fresh)


def test_the_language_is_switched_everywhere_and_remembered(here: Here, window: MainWindow) -> None:
    come_in(here, window)
    window.speak("en")
    assert here.preferences.language == "en"
    assert window.desk is not None
    window.speak("id")
    assert window.desk.bar.switch_action.text() == "Ganti petugas"


def test_closing_hides_at_once_and_saves_before_it_ends(here: Here, window: MainWindow) -> None:
    page = Page()
    come_in(here, window)
    here.jobs.write(home_actions.change_setting, owner=page, name="lock.idle_minutes", value=7)
    window.close()
    assert window.isHidden()
    here.qtbot.waitUntil(lambda: bool(here.heard("ended")))
    from shelter.home import queries

    assert here.home.enter().read(queries.settings)["lock.idle_minutes"] == 7
