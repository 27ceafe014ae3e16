"""Qt's own words are Indonesian while the program is, and Qt's English otherwise."""

import pytest
from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLineEdit
from pytestqt.qtbot import QtBot

from shelter import language
from ui.theme import qt_texts
from ui.theme.qt_texts import QtTexts


def menu_of(line: QLineEdit) -> list[str]:
    menu = line.createStandardContextMenu()
    words = [action.text() for action in menu.actions() if action.text()]
    menu.deleteLater()
    return words


def test_the_menu_of_a_text_field_is_indonesian(look: QApplication, qtbot: QtBot) -> None:
    line = QLineEdit("abc")
    qtbot.addWidget(line)
    words = [text.split("\t")[0].replace("&", "") for text in menu_of(line)]
    assert words[:6] == ["Urungkan", "Ulangi", "Potong", "Salin", "Tempel", "Hapus"]
    assert "Pilih semua" in words


def test_shortcuts_keep_their_whole_name(look: QApplication, qtbot: QtBot) -> None:
    line = QLineEdit("abc")
    qtbot.addWidget(line)
    undo = next(text for text in menu_of(line) if "Urungkan" in text)
    assert undo.endswith("Ctrl+Z")


def test_the_menu_is_english_when_the_program_is(look: QApplication, qtbot: QtBot) -> None:
    line = QLineEdit("abc")
    qtbot.addWidget(line)
    language.use("en")
    assert menu_of(line)[0].replace("&", "").startswith("Undo")


@pytest.mark.parametrize(
    ("button", "word"),
    [
        (QDialogButtonBox.StandardButton.Save, "Simpan"),
        (QDialogButtonBox.StandardButton.Cancel, "Batal"),
        (QDialogButtonBox.StandardButton.Discard, "Buang"),
        (QDialogButtonBox.StandardButton.Yes, "Ya"),
        (QDialogButtonBox.StandardButton.Close, "Tutup"),
        (QDialogButtonBox.StandardButton.Retry, "Coba lagi"),
    ],
)
def test_standard_buttons_are_indonesian(
    look: QApplication, qtbot: QtBot, button: QDialogButtonBox.StandardButton, word: str
) -> None:
    box = QDialogButtonBox(button)
    qtbot.addWidget(box)
    assert box.button(button).text().replace("&", "") == word


def test_what_is_unknown_is_left_to_qt(look: QApplication) -> None:
    assert QtTexts().translate("QLineEdit", "Ctrl") is None
    assert QCoreApplication.translate("QLineEdit", "no such text") == "no such text"


def test_one_translator_is_enough(look: QApplication) -> None:
    first, second = qt_texts.install(look), qt_texts.install(look)
    assert first is second
    assert len([each for each in look.findChildren(QObject) if isinstance(each, QtTexts)]) == 1


def test_no_text_is_left_untranslated() -> None:
    # A word that is the same in both languages may stand: "Folder".
    same = [source for source, word in qt_texts._TEXTS.items() if source == word]
    assert same == ["Folder"]
    assert [source for source, word in qt_texts._TEXTS.items() if source.count("%1") != word.count("%1")] == []
