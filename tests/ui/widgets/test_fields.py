"""Lines to fill in: named, mended at the spot, and a password that leaves by its signal only."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from shelter import language
from tests.ui.looks import LEFT, menus_open, on_stage
from ui.widgets.line_field import LineField
from ui.widgets.password_field import PasswordField

SECRET = "gajah payung tenang sore"


@pytest.fixture
def field(look: QApplication, qtbot: QtBot) -> PasswordField:
    made = on_stage(qtbot, PasswordField(), 320, 110)
    made.take_focus()
    return made


def test_a_line_is_named_and_described(look: QApplication, qtbot: QtBot) -> None:
    line = on_stage(qtbot, LineField(), 320, 110)
    line.name("Nama masuk", "Sebaiknya pendek.")
    line.refuse("Nama itu sudah dipakai.")
    assert line.edit.accessibleName() == "Nama masuk"
    assert line.edit.accessibleDescription() == "Sebaiknya pendek. Nama itu sudah dipakai."
    assert line.label.buddy() is line.edit


def test_what_was_refused_is_forgiven_at_the_next_key(look: QApplication, qtbot: QtBot) -> None:
    line = on_stage(qtbot, LineField(), 320, 110)
    line.name("Nama masuk")
    line.set_text("ratih")
    line.refuse("Nama itu sudah dipakai.")
    assert (line.trouble, line.edit.property("look"), line.text()) == ("Nama itu sudah dipakai.", "refused", "ratih")
    with qtbot.waitSignal(line.edited):
        QTest.keyClicks(line.edit, "2")
    assert (line.trouble, line.edit.property("look"), line.text()) == ("", "", "ratih2")


def test_a_password_is_hidden_until_the_eye_is_pressed(field: PasswordField, qtbot: QtBot) -> None:
    QTest.keyClicks(field.edit, SECRET)
    assert field.edit.echoMode() == QLineEdit.EchoMode.Password
    assert field.line.eye.accessibleName() == "Tampilkan kata sandi"
    QTest.keyClick(field.edit, Qt.Key.Key_Tab)
    assert field.line.eye.hasFocus()
    QTest.keyClick(field.line.eye, Qt.Key.Key_Space)
    assert (field.edit.echoMode(), field.edit.displayText()) == (QLineEdit.EchoMode.Normal, SECRET)
    assert field.line.eye.accessibleName() == "Sembunyikan kata sandi"


def test_the_keyboard_learns_nothing_from_a_password(field: PasswordField) -> None:
    for shown in (False, True, False):
        field.line.eye.setChecked(shown)
        hints = field.edit.inputMethodHints()
        assert hints & Qt.InputMethodHint.ImhSensitiveData
        assert hints & Qt.InputMethodHint.ImhNoPredictiveText


def test_a_password_is_pasted_but_never_copied_or_cut(field: PasswordField, qtbot: QtBot) -> None:
    clipboard = QGuiApplication.clipboard()
    clipboard.setText(SECRET)
    QTest.keyClick(field.edit, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == SECRET
    clipboard.setText("kosong")
    field.line.eye.setChecked(True)
    field.edit.selectAll()
    for key in (Qt.Key.Key_C, Qt.Key.Key_X):
        QTest.keyClick(field.edit, key, Qt.KeyboardModifier.ControlModifier)
    assert (clipboard.text(), field.text()) == ("kosong", SECRET)


@menus_open
def test_the_menu_of_a_shown_password_pastes_only(field: PasswordField, qtbot: QtBot) -> None:
    field.set_text(SECRET)
    field.line.eye.setChecked(True)
    field.edit.selectAll()
    QGuiApplication.clipboard().setText("x")
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), field.edit.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(field.edit, event)
    menu = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QMenu) and each.isVisible())
    enabled = {action.objectName(): action.isEnabled() for action in menu.actions() if action.objectName()}
    assert (enabled["edit-copy"], enabled["edit-cut"], enabled["edit-paste"]) == (False, False, True)
    menu.close()


def test_a_forgotten_password_cannot_be_brought_back(field: PasswordField, qtbot: QtBot) -> None:
    QTest.keyClicks(field.edit, SECRET)
    field.line.eye.setChecked(True)
    field.forget()
    assert field.edit.echoMode() == QLineEdit.EchoMode.Password
    field.line.eye.setChecked(True)
    QTest.keyClick(field.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == ""


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier])
def test_ordinary_typing_gives_no_hint(field: PasswordField, modifier: Qt.KeyboardModifier) -> None:
    field.line.keyPressEvent(_key("A" if modifier == Qt.KeyboardModifier.ShiftModifier else "a", modifier))
    assert len(field.text()) == 1
    assert not field.caps.isVisible()


def test_caps_lock_is_noticed_by_what_is_typed(field: PasswordField, qtbot: QtBot) -> None:
    # Large letters without Shift, or small ones with it, come from Caps Lock alone.
    field.line.keyPressEvent(_key("A", Qt.KeyboardModifier.NoModifier))
    assert field.caps.isVisible()
    assert field.caps.text() == "Caps Lock menyala"
    field.line.keyPressEvent(_key("a", Qt.KeyboardModifier.NoModifier))
    assert not field.caps.isVisible()
    field.line.keyPressEvent(_key("a", Qt.KeyboardModifier.ShiftModifier))
    assert field.caps.isVisible()
    QTest.keyClick(field.edit, Qt.Key.Key_CapsLock)
    assert not field.caps.isVisible()
    QTest.keyClick(field.edit, Qt.Key.Key_CapsLock)
    assert field.caps.isVisible()


def test_digits_tell_nothing_about_caps_lock(field: PasswordField, qtbot: QtBot) -> None:
    field.line.keyPressEvent(_key("A", Qt.KeyboardModifier.NoModifier))
    QTest.keyClicks(field.edit, "7 ")
    assert field.caps.isVisible()


def test_before_any_letter_the_caps_lock_key_tells_nothing(field: PasswordField, qtbot: QtBot) -> None:
    QTest.keyClick(field.edit, Qt.Key.Key_CapsLock)
    assert not field.caps.isVisible()


def test_the_hint_moves_nothing_where_it_is_typed_often(look: QApplication, qtbot: QtBot) -> None:
    still = on_stage(qtbot, PasswordField(still=True), 320, 110)
    before = still.sizeHint()
    still.caps.show()
    assert still.sizeHint() == before


def test_the_eye_stays_inside_the_line_at_any_size(field: PasswordField) -> None:
    for width in (90, 200, 500):
        field.resize(width, 110)
        assert field.edit.rect().contains(field.line.eye.geometry())
        assert min(field.line.eye.width(), field.line.eye.height()) >= 24


def test_a_standing_field_changes_its_language(field: PasswordField, marked: None) -> None:
    language.use("en")
    field.retranslate()
    assert field.caps.text().startswith(LEFT)
    assert field.line.eye.accessibleName().startswith(LEFT)


def _key(text: str, modifier: Qt.KeyboardModifier) -> QKeyEvent:
    return QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key(ord(text.upper())), modifier, text)
