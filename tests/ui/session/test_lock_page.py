"""The lock: opaque, nameless, and opened by password or PIN."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.looks import dressed, look, on_stage, settle
from tests.ui.samples import FACES
from ui.session.lock_page import LockPage
from ui.theme import style, tokens

__all__ = ["dressed", "look"]

SECRET, PIN = "gajah payung tenang sore", "204817"


@pytest.fixture
def page(look: QApplication, qtbot: QtBot) -> LockPage:
    made = on_stage(qtbot, LockPage())
    made.set_person(FACES[0])
    made.focus_first()
    return made


def type_in(text: str) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClicks(widget, text)


def press(key: Qt.Key) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key)


def test_a_password_unlocks(page: LockPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.unlock_with_password) as sent, qtbot.assertNotEmitted(page.unlock_with_pin):
        type_in(SECRET)
        press(Qt.Key.Key_Return)
    assert sent.args == [SECRET]


def test_a_pin_is_sent_with_its_last_digit(page: LockPage, qtbot: QtBot) -> None:
    page.offer_pin(True)
    page.focus_first()
    with qtbot.waitSignal(page.unlock_with_pin) as sent, qtbot.assertNotEmitted(page.unlock_with_password):
        type_in(PIN)
    assert sent.args == [PIN]


def test_a_pin_is_digits_only(page: LockPage, qtbot: QtBot) -> None:
    page.offer_pin(True)
    page.focus_first()
    with qtbot.assertNotEmitted(page.unlock_with_pin):
        type_in("2a0-4x8")
    assert page.entry.field.text() == "2048"


def test_one_may_go_from_pin_to_password_and_back(page: LockPage, qtbot: QtBot) -> None:
    page.offer_pin(True)
    page.focus_first()
    type_in("204")
    page.entry.link.setFocus()
    press(Qt.Key.Key_Return)
    assert (page.entry.field.label.text(), page.entry.field.text()) == ("Kata sandi", "")
    with qtbot.waitSignal(page.unlock_with_password) as sent:
        type_in(SECRET)
        press(Qt.Key.Key_Return)
    assert sent.args == [SECRET]
    page.entry.link.click()
    assert page.entry.field.label.text() == "PIN 6 angka"


def test_where_no_pin_is_offered_there_is_no_way_to_it(page: LockPage) -> None:
    page.offer_pin(True)
    page.offer_pin(False)
    assert page.entry.link.isHidden()
    assert page.entry.field.label.text() == "Kata sandi"
    assert page.entry.field.edit.maxLength() > 1000


def test_a_wrong_pin_is_typed_anew(page: LockPage, qtbot: QtBot) -> None:
    page.offer_pin(True)
    page.focus_first()
    type_in(PIN)
    page.set_busy(True)
    page.refuse("PIN itu belum tepat.", 0)
    with qtbot.waitSignal(page.unlock_with_pin) as sent:
        type_in("111222")
    assert sent.args == ["111222"]


def test_switching_is_one_click(page: LockPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.switch_person):
        QTest.mouseClick(page.switch, Qt.MouseButton.LeftButton)


def test_while_it_is_checked_nobody_switches(page: LockPage) -> None:
    page.set_busy(True)
    assert not page.switch.isEnabled()
    page.refuse("Kata sandi itu belum tepat.", 5)
    assert page.switch.isEnabled()
    assert not page.entry.field.edit.isEnabled()


def test_a_stranger_learns_no_name(page: LockPage) -> None:
    words = " ".join([label.text() for label in page.findChildren(QLabel)])
    names = " ".join(widget.accessibleName() + widget.toolTip() for widget in page.findChildren(QWidget))
    assert not any(part in words + names for part in FACES[0].name.split())
    assert page.avatar.accessibleName() == "Petugas RK"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_nothing_shines_through(look: QApplication, qtbot: QtBot, mode: tokens.Mode) -> None:
    style.apply(look, mode, 1.0)
    behind = QWidget()
    palette = behind.palette()
    palette.setColor(QPalette.ColorRole.Window, Qt.GlobalColor.magenta)
    behind.setPalette(palette)
    behind.setAutoFillBackground(True)
    page = LockPage(behind)
    page.setGeometry(0, 0, 1093, 552)
    on_stage(qtbot, behind)
    settle()
    image = behind.grab().toImage()
    magenta = [
        (x, y)
        for x in range(0, image.width(), 5)
        for y in range(0, image.height(), 5)
        if image.pixelColor(x, y) == Qt.GlobalColor.magenta
    ]
    assert magenta == []
    assert image.pixelColor(2, 2).name().upper() == tokens.value("sunken")


def test_clearing_forgets_what_was_typed_and_said(page: LockPage) -> None:
    type_in(SECRET)
    page.refuse("Kata sandi itu belum tepat.", 0)
    page.clear()
    assert (page.entry.field.text(), page.entry.said) == ("", "")
