"""Buttons: by mouse and by key, named, of one size whatever they say, and with a ring that can be seen."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.looks import on_stage
from ui.theme import style, tokens
from ui.widgets.button import Button, Kind

_NONE = Qt.KeyboardModifier.NoModifier
KINDS: tuple[Kind, ...] = ("primary", "ghost", "soft", "link", "icon")


def pixel(button: Button, x: int, y: int) -> str:
    return button.grab().toImage().pixelColor(x, y).name().upper()


def made(qtbot: QtBot, kind: Kind = "ghost", icon: str = "") -> Button:
    button = Button(kind, icon)
    button.say("Simpan catatan")
    on_stage(qtbot, button, button.sizeHint().width(), button.sizeHint().height())
    button.clearFocus()
    return button


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_every_button_is_pressed_by_key(look: QApplication, qtbot: QtBot, kind: Kind, key: Qt.Key) -> None:
    button = made(qtbot, kind, "eye")
    button.setFocus()
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, key)


@pytest.mark.parametrize("kind", KINDS)
def test_every_button_is_pressed_at_its_very_edge(look: QApplication, qtbot: QtBot, kind: Kind) -> None:
    button = made(qtbot, kind, "eye")
    with qtbot.waitSignal(button.clicked):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().topLeft())


def test_a_disabled_button_does_nothing(look: QApplication, qtbot: QtBot) -> None:
    button = made(qtbot)
    button.setEnabled(False)
    with qtbot.assertNotEmitted(button.clicked):
        button.click()
        QApplication.sendEvent(button, QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Return, _NONE))


def test_an_icon_alone_is_named_and_square(look: QApplication, qtbot: QtBot) -> None:
    button = made(qtbot, "icon", "eye")
    assert (button.text(), button.accessibleName(), button.toolTip()) == ("", "Simpan catatan", "Simpan catatan")
    assert button.width() == button.height() == 34


def test_a_key_held_down_presses_once(look: QApplication, qtbot: QtBot) -> None:
    button, pressed = made(qtbot), []
    button.clicked.connect(lambda: pressed.append(1))
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)
    QApplication.sendEvent(button, _held(Qt.Key.Key_Return))
    assert pressed == [1]


@pytest.mark.parametrize(("kind", "tone"), [("primary", "on_primary"), ("ghost", "focus"), ("soft", "focus")])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_ring_stands_out_from_the_button(
    look: QApplication, qtbot: QtBot, kind: Kind, tone: str, mode: tokens.Mode
) -> None:
    style.apply(look, mode, 1.0)
    button = made(qtbot, kind)
    # The ring of the main button lies inside, where its own colour surrounds it.
    depth = 4 if kind == "primary" else 1
    middle = button.width() // 2
    assert pixel(button, middle, depth) != tokens.value(tone)
    button.setFocus()
    assert pixel(button, middle, depth) == tokens.value(tone)


def test_a_button_does_not_jump_when_it_says_something_else(look: QApplication, qtbot: QtBot) -> None:
    button = Button("primary")
    qtbot.addWidget(button)
    button.keep_room_for("Masuk", "Memeriksa…")
    button.say("Masuk")
    before = button.sizeHint()
    button.say("Memeriksa…")
    assert button.sizeHint() == before


def test_a_name_with_an_ampersand_makes_no_shortcut_line(look: QApplication, qtbot: QtBot) -> None:
    button = Button()
    qtbot.addWidget(button)
    button.say("Tini & Tono")
    assert button.text() == "Tini & Tono"
    assert button.shortcut().isEmpty()


def test_words_without_room_end_in_dots_and_stay_inside(look: QApplication, qtbot: QtBot) -> None:
    button = made(qtbot)
    button.setFixedWidth(70)
    image = button.grab().toImage()
    # The pointer may happen to lie on it.
    grounds = {tokens.LIGHT.raised, tokens.LIGHT.hover}
    assert {image.pixelColor(x, 17).name().upper() for x in (2, 67)} <= grounds


def _held(key: Qt.Key) -> QKeyEvent:
    return QKeyEvent(QKeyEvent.Type.KeyPress, key, _NONE, "", True)
