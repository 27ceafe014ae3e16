"""Words that are only read: never markup, never cut without a way to the whole of them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.looks import on_stage, settle
from ui.theme import style
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.label import Label, Words

LONG = "Raden Ajeng Kartini Wulandari Kusumaningrum Hadiwijoyo"


def test_a_name_is_never_taken_for_markup(look: QApplication, qtbot: QtBot) -> None:
    label, words = Label(), Words()
    for each in (label, words):
        qtbot.addWidget(each)
    label.setText("<b>Melati</b>")
    words.set_words("<b>Melati</b> & Kenanga")
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert "&lt;b&gt;Melati&lt;/b&gt; &amp; Kenanga" in words.text()
    assert words.words == words.accessibleName() == "<b>Melati</b> & Kenanga"


def test_words_take_the_room_their_lines_need(look: QApplication, qtbot: QtBot) -> None:
    page = QWidget()
    column = QVBoxLayout(page)
    words, below = Words(), Label()
    below.setText("di bawah")
    words.set_words(f"{LONG}. {LONG}.")
    column.addWidget(words)
    column.addWidget(below)
    on_stage(qtbot, page, 700, 120)
    at_first = words.minimumHeight()
    page.resize(250, 300)
    settle()
    assert words.minimumHeight() >= 2 * at_first
    assert below.y() >= words.geometry().bottom()
    page.resize(700, 120)
    settle()
    assert words.minimumHeight() == at_first


def test_words_grow_with_their_letters(look: QApplication, qtbot: QtBot) -> None:
    words = Words()
    words.set_words("Kata-kata itu tidak cocok.")
    on_stage(qtbot, words, 600, 60)
    before = words.minimumHeight()
    style.apply(look, "light", 1.3)
    assert words.minimumHeight() > before


def test_no_words_take_no_room(look: QApplication, qtbot: QtBot) -> None:
    words = Words()
    on_stage(qtbot, words, 300, 60)
    words.set_words("Melati\nKenanga")
    two = words.minimumHeight()
    words.set_words("")
    assert (two > 0, words.minimumHeight(), words.text()) == (True, 0, "")


def test_a_long_name_ends_in_dots_and_can_be_read_whole(look: QApplication, qtbot: QtBot) -> None:
    page = QWidget()
    row = QHBoxLayout(page)
    label = ElidedLabel()
    row.addWidget(label)
    label.set_whole(LONG)
    on_stage(qtbot, page, 160, 40)
    assert label.text().endswith("…")
    assert (label.toolTip(), label.accessibleName(), label.whole) == (LONG, LONG, LONG)
    page.resize(800, 40)
    settle()
    assert (label.text(), label.toolTip()) == (LONG, "")


def test_a_long_name_does_not_widen_its_window(look: QApplication, qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.set_whole(LONG * 10)
    assert label.minimumSizeHint().width() < 60


def test_larger_letters_are_elided_anew(look: QApplication, qtbot: QtBot) -> None:
    label = ElidedLabel()
    label.set_whole("Kepala rumah perlindungan")
    on_stage(qtbot, label, label.sizeHint().width() + 4, 30)
    assert label.text() == label.whole
    style.apply(look, "light", 1.3)
    assert label.text().endswith("…")
