"""The recovery sheet typed in, word by word or pasted, and the new password after it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from db.recovery import word_list
from tests.ui.looks import dressed, look, on_stage
from tests.ui.samples import WORDS, suggest
from ui.session.pass_phrase import suggest as draw_phrase
from ui.session.recovery_page import RecoveryPage

__all__ = ["dressed", "look"]

ENTER = Qt.Key.Key_Return


@pytest.fixture
def page(look: QApplication, qtbot: QtBot) -> RecoveryPage:
    made = on_stage(qtbot, RecoveryPage(suggest))
    made.focus_first()
    return made


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, modifier)


def type_in(text: str) -> None:
    for part in text.replace(" ", "\0 \0").split("\0"):
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClicks(widget, part)


def test_words_are_typed_on_end_with_spaces(page: RecoveryPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.submitted) as sent:
        type_in(" ".join(WORDS) + " ")
    assert sent.args == [list(WORDS)]


def test_enter_leads_from_word_to_word(page: RecoveryPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.submitted) as sent:
        for word in WORDS:
            type_in(word)
            press(ENTER)
    assert sent.args == [list(WORDS)]


def test_tab_follows_the_numbers(page: RecoveryPage) -> None:
    walked = []
    for _step in range(14):
        walked.append(QApplication.focusWidget())
        press(Qt.Key.Key_Tab)
    assert walked == page.grid.lines
    assert QApplication.focusWidget() is page.go


def test_numbers_run_down_the_columns_as_on_the_paper(page: RecoveryPage) -> None:
    lines = page.grid.lines
    assert lines[0].x() == lines[6].x() < lines[7].x() == lines[13].x()
    assert lines[0].y() == lines[7].y() < lines[6].y() == lines[13].y()
    assert [line.accessibleName() for line in lines] == [f"Kata ke-{n}" for n in range(1, 15)]


@pytest.mark.parametrize("text", [" ".join(WORDS), "\n".join(WORDS), "  ".join(WORDS) + " lebih"])
def test_a_whole_sheet_is_pasted_at_once(page: RecoveryPage, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert page.grid.words() == list(WORDS)


def test_one_pasted_word_is_one_word(page: RecoveryPage) -> None:
    QGuiApplication.clipboard().setText("anggrek")
    press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert page.grid.words()[:2] == ["anggrek", ""]


def test_a_word_left_out_is_named_by_its_number(page: RecoveryPage, qtbot: QtBot) -> None:
    for line, word in zip(page.grid.lines, WORDS, strict=True):
        line.setText(word)
    page.grid.lines[4].setText(" ")
    with qtbot.assertNotEmitted(page.submitted):
        page.go.click()
    assert page.notice.words == "Kata ke-5 belum diisi."
    assert QApplication.focusWidget() is page.grid.lines[4]


def test_a_wrong_word_is_shown_and_typed_over(page: RecoveryPage) -> None:
    for line, word in zip(page.grid.lines, WORDS, strict=True):
        line.setText(word)
    page.set_busy(True)
    assert not page.grid.isEnabled()
    page.refuse("Kata ke-9 bukan kata lembar pemulihan.", 9)
    assert page.notice.words == "Kata ke-9 bukan kata lembar pemulihan."
    assert [n for n, line in enumerate(page.grid.lines, 1) if line.property("look") == "refused"] == [9]
    assert page.grid.words() == list(WORDS)
    type_in("jahe")
    assert page.grid.words()[8] == "jahe"
    assert (page.notice.words, page.grid.lines[8].property("look")) == ("", "")


def test_a_sheet_of_another_home_marks_no_word(page: RecoveryPage) -> None:
    page.refuse("Lembar pemulihan ini bukan untuk rumah ini.", 0)
    assert not any(line.property("look") == "refused" for line in page.grid.lines)


def test_while_the_words_are_checked_nothing_is_sent_twice(page: RecoveryPage, qtbot: QtBot) -> None:
    for line, word in zip(page.grid.lines, WORDS, strict=True):
        line.setText(word)
    page.set_busy(True)
    assert page.go.text() == "Memeriksa…"
    with qtbot.assertNotEmitted(page.submitted):
        page._on_go()
        press(ENTER)


def test_then_a_new_password_is_made(page: RecoveryPage, qtbot: QtBot) -> None:
    for line, word in zip(page.grid.lines, WORDS, strict=True):
        line.setText(word)
    page.ask_new_password("Ningsih Hartati")
    assert page.grid.words() == [""] * 14
    assert "Ningsih Hartati" in page.explanation.words
    assert QApplication.focusWidget() is page.password.first.edit
    type_in("sungai kertas bintang")
    press(ENTER)
    with qtbot.waitSignal(page.new_password_ready) as sent:
        type_in("sungai kertas bintang")
        press(ENTER)
    assert sent.args == ["sungai kertas bintang"]


def test_two_that_differ_are_not_taken(page: RecoveryPage, qtbot: QtBot) -> None:
    page.ask_new_password()
    type_in("sungai kertas bintang")
    press(ENTER)
    with qtbot.assertNotEmitted(page.new_password_ready):
        type_in("sungai kertas bulan")
        press(ENTER)
    assert page.password.second.trouble != ""


def test_a_weak_one_is_refused_at_its_line_and_kept(page: RecoveryPage) -> None:
    page.ask_new_password()
    type_in("rahasia")
    page.set_busy(True)
    assert page.go.text() == "Menyimpan…"
    page.refuse_password("Kata sandi terlalu pendek.")
    assert page.password.first.trouble == "Kata sandi terlalu pendek."
    assert page.password.first.text() == "rahasia"
    assert QApplication.focusWidget() is page.password.first.edit


def test_one_may_turn_back_at_any_time(page: RecoveryPage, qtbot: QtBot) -> None:
    for step in (page.clear, page.ask_new_password):
        step()
        with qtbot.waitSignal(page.cancelled):
            page.back.click()


def test_clearing_forgets_all(page: RecoveryPage) -> None:
    type_in("anggrek")
    page.ask_new_password("Ningsih Hartati")
    page.password.take.click()
    page.clear()
    assert page.asks_for_words
    assert page.grid.words() == [""] * 14
    assert page.password.first.text() == ""
    assert "Ningsih" not in page.explanation.words


def test_the_offered_phrase_is_four_words_of_the_list() -> None:
    drawn = {draw_phrase() for _time in range(20)}
    assert len(drawn) == 20
    assert all(len(phrase.split()) == 4 and set(phrase.split()) <= set(word_list()) for phrase in drawn)
