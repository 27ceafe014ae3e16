"""Tirai: opaque and at once, deaf to every key but Esc twice, and after half a minute to that as well."""

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPalette, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.looks import dressed, look, on_stage, settle
from ui.session.tirai import FREE_FOR, TWICE_WITHIN, Tirai
from ui.theme import tokens

__all__ = ["dressed", "look"]

ESC = Qt.Key.Key_Escape


class Clock:
    """Both clocks of a PC, in the test's hand."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 21, 2, 5, tzinfo=UTC)
        self.running = 100.0

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.running += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def work(look: QApplication, qtbot: QtBot) -> QWidget:
    """What lies behind: a page with a field, in a colour nobody can miss."""
    page = QWidget()
    palette = page.palette()
    palette.setColor(QPalette.ColorRole.Window, Qt.GlobalColor.magenta)
    page.setPalette(palette)
    page.setAutoFillBackground(True)
    QVBoxLayout(page).addWidget(QLineEdit())
    return on_stage(qtbot, page, 900, 540)


@pytest.fixture
def tirai(work: QWidget, clock: Clock) -> Tirai:
    made = Tirai(lambda: clock.wall, work, monotonic=lambda: clock.running)
    made.setGeometry(work.rect())
    made.show()
    return made


def heard(tirai: Tirai) -> list[str]:
    said: list[str] = []
    tirai.lift_wanted.connect(lambda: said.append("lift"))
    tirai.password_wanted.connect(lambda: said.append("password"))
    return said


def test_the_next_picture_is_covered(tirai: Tirai, work: QWidget) -> None:
    # No event is processed in between: one frame.
    image = work.grab().toImage()
    seen = {image.pixelColor(x, y).name() for x in range(0, 900, 3) for y in range(0, 540, 3)}
    assert "#ff00ff" not in seen
    assert image.pixelColor(0, 0).name().upper() == tokens.LIGHT.sunken


def test_it_shows_the_hour_of_the_house_and_a_neutral_word(tirai: Tirai, clock: Clock) -> None:
    assert tirai.shown_time == "09.05"
    assert tirai.accessibleName() == "Jeda sejenak"
    clock.pass_by(60)
    tirai._minute.timeout.emit()
    assert tirai.shown_time == "09.06"


def test_esc_twice_lifts_it(tirai: Tirai, clock: Clock) -> None:
    said = heard(tirai)
    QTest.keyClick(tirai, ESC)
    assert said == []
    clock.pass_by(TWICE_WITHIN)
    QTest.keyClick(tirai, ESC)
    assert said == ["lift"]


def test_two_slow_esc_do_not(tirai: Tirai, clock: Clock) -> None:
    said = heard(tirai)
    for _time in range(3):
        QTest.keyClick(tirai, ESC)
        clock.pass_by(TWICE_WITHIN + 0.01)
    assert said == []


def test_a_key_between_two_esc_spoils_them(tirai: Tirai) -> None:
    said = heard(tirai)
    for key in (ESC, Qt.Key.Key_A, ESC):
        QTest.keyClick(tirai, key)
    assert said == []
    QTest.keyClick(tirai, ESC)
    assert said == ["lift"]


def test_an_esc_held_down_is_one(tirai: Tirai) -> None:
    said = heard(tirai)
    QTest.keyClick(tirai, ESC)
    held = QKeyEvent(QEvent.Type.KeyPress, ESC, Qt.KeyboardModifier.NoModifier, "", True)
    QApplication.sendEvent(tirai, held)
    assert said == []


@pytest.mark.parametrize(
    "key",
    [Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_F1, Qt.Key.Key_A],
)
def test_every_other_key_does_nothing(tirai: Tirai, work: QWidget, key: Qt.Key) -> None:
    said, field = heard(tirai), work.findChild(QLineEdit)
    QTest.keyClick(tirai, key)
    QTest.mouseClick(tirai, Qt.MouseButton.LeftButton)
    assert said == []
    assert QApplication.focusWidget() is tirai
    assert field is not None
    assert field.text() == ""


def test_no_shortcut_of_the_work_is_heard(tirai: Tirai, work: QWidget, qtbot: QtBot) -> None:
    shortcut = QShortcut(QKeySequence("Ctrl+K"), work)
    with qtbot.assertNotEmitted(shortcut.activated):
        QTest.keyClick(tirai, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    tirai.hide()
    settle()
    with qtbot.waitSignal(shortcut.activated):
        QTest.keyClick(work, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize("key", [ESC, Qt.Key.Key_Return, Qt.Key.Key_A])
def test_after_half_a_minute_a_key_asks_for_the_password_once(tirai: Tirai, clock: Clock, key: Qt.Key) -> None:
    said = heard(tirai)
    clock.pass_by(FREE_FOR + 1)
    for _time in range(2):
        QTest.keyClick(tirai, key)
    assert said == ["password"]


def test_after_half_a_minute_a_click_asks_too(tirai: Tirai, clock: Clock) -> None:
    said = heard(tirai)
    clock.pass_by(FREE_FOR + 1)
    QTest.mouseClick(tirai, Qt.MouseButton.LeftButton)
    assert said == ["password"]


def test_at_half_a_minute_esc_twice_still_lifts(tirai: Tirai, clock: Clock) -> None:
    said = heard(tirai)
    clock.pass_by(FREE_FOR)
    for _time in range(2):
        QTest.keyClick(tirai, ESC)
    assert said == ["lift"]


@pytest.mark.parametrize(("wall", "running"), [(3600, 0), (-3600, 31)])
def test_a_sleeping_pc_or_a_clock_set_back_gains_no_time(
    tirai: Tirai, clock: Clock, wall: float, running: float
) -> None:
    said = heard(tirai)
    clock.wall += timedelta(seconds=wall)
    clock.running += running
    for _time in range(2):
        QTest.keyClick(tirai, ESC)
    assert said == ["password"]


def test_hung_again_it_begins_anew(tirai: Tirai, clock: Clock) -> None:
    said = heard(tirai)
    clock.pass_by(FREE_FOR + 1)
    QTest.keyClick(tirai, ESC)
    tirai.hide()
    tirai.show()
    for _time in range(2):
        QTest.keyClick(tirai, ESC)
    assert said == ["password", "lift"]


def test_hidden_it_lets_its_clock_rest(tirai: Tirai) -> None:
    assert tirai._minute.isActive()
    tirai.hide()
    assert not tirai._minute.isActive()


def test_lifted_nothing_is_lost(tirai: Tirai, work: QWidget) -> None:
    field = work.findChild(QLineEdit)
    assert field is not None
    field.setText("Tidur lebih baik pekan")
    field.setCursorPosition(5)
    tirai.hide()
    field.setFocus()
    QTest.keyClicks(field, "X")
    assert field.text() == "TidurX lebih baik pekan"
