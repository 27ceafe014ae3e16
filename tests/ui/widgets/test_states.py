"""What a page says about itself: a notice, an empty place, a wait, a pass phrase to take."""

from itertools import count

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from tests.ui.looks import on_stage, settle
from ui.widgets.empty import Empty
from ui.widgets.notice import Kind, Notice
from ui.widgets.pass_phrase_fields import PassPhraseFields
from ui.widgets.waiting import Waiting


@pytest.mark.parametrize("kind", ["info", "success", "warning"])
def test_a_notice_speaks_and_is_quiet_again(look: QApplication, qtbot: QtBot, kind: Kind) -> None:
    notice = Notice()
    qtbot.addWidget(notice)
    assert notice.isHidden()
    notice.tell(kind, "Catatan tersimpan.")
    assert (notice.isHidden(), notice.words, notice.property("look")) == (False, "Catatan tersimpan.", f"notice-{kind}")
    assert notice.link.isHidden()
    notice.be_quiet()
    assert (notice.isHidden(), notice.words) == (True, "")


def test_a_notice_offers_the_next_step(look: QApplication, qtbot: QtBot) -> None:
    notice = Notice()
    notice.tell("warning", "Server tidak terjangkau.", "Muat lagi")
    on_stage(qtbot, notice, 500, 40)
    notice.link.setFocus()
    with qtbot.waitSignal(notice.wanted):
        QTest.keyClick(notice.link, Qt.Key.Key_Return)
    notice.tell("success", "Tersimpan.")
    assert notice.link.isHidden()


def test_a_long_notice_wraps_in_its_room(look: QApplication, qtbot: QtBot) -> None:
    notice = Notice()
    notice.tell("warning", "Server tidak terjangkau. Periksa jaringan dan firewall. " * 4, "Muat lagi")
    on_stage(qtbot, notice, 400, 200)
    settle()
    assert notice.minimumSizeHint().height() > 80
    assert notice.link.geometry().right() < notice.width()


def test_an_empty_place_says_what_to_do(look: QApplication, qtbot: QtBot) -> None:
    empty = on_stage(qtbot, Empty("users"), 400, 300)
    empty.say("Belum ada pengguna di sini.", "Tambah orang pertama")
    with qtbot.waitSignal(empty.wanted):
        QTest.keyClick(empty.action, Qt.Key.Key_Space)


def test_a_short_wait_shows_nothing(look: QApplication, qtbot: QtBot) -> None:
    waiting = Waiting()
    waiting.say("Memuat daftar…")
    on_stage(qtbot, waiting, 600, 300)
    empty = waiting.grab().toImage()
    waiting._soon.timeout.emit()
    assert waiting.has_bars
    assert waiting.grab().toImage() != empty
    waiting._later.timeout.emit()
    assert waiting._word.isVisible()
    waiting.hide()
    waiting.show()
    assert (waiting.has_bars, waiting._word.isVisible()) == (False, False)


def test_the_bars_come_by_themselves(look: QApplication, qtbot: QtBot) -> None:
    waiting = Waiting()
    waiting._soon.setInterval(1)
    on_stage(qtbot, waiting, 600, 300)
    qtbot.waitUntil(lambda: waiting.has_bars)


# --- a new password


@pytest.fixture
def alone(look: QApplication, qtbot: QtBot) -> PassPhraseFields:
    return on_stage(qtbot, _fields(repeated=False), 404, 260)


@pytest.fixture
def pair(look: QApplication, qtbot: QtBot) -> PassPhraseFields:
    return on_stage(qtbot, _fields(repeated=True), 404, 300)


def _fields(*, repeated: bool) -> PassPhraseFields:
    numbers = count(1)
    return PassPhraseFields(lambda: f"gajah payung tenang {next(numbers)}", repeated=repeated)


def test_a_taken_phrase_is_shown_to_be_passed_on(alone: PassPhraseFields, qtbot: QtBot) -> None:
    phrase = alone.phrase
    QTest.mouseClick(alone.take, Qt.MouseButton.LeftButton)
    assert alone.first.edit.echoMode() == QLineEdit.EchoMode.Normal
    assert (alone.first.edit.displayText(), alone.password()) == (phrase, phrase)


def test_a_taken_phrase_is_still_typed_once_by_whoever_will_use_it(pair: PassPhraseFields, qtbot: QtBot) -> None:
    QTest.mouseClick(pair.take, Qt.MouseButton.LeftButton)
    assert pair.second.edit.hasFocus()
    assert pair.password() is None
    QTest.keyClicks(pair.second.edit, pair.phrase)
    assert pair.password() == pair.phrase


def test_another_phrase_is_drawn(alone: PassPhraseFields, qtbot: QtBot) -> None:
    first = alone.phrase
    QTest.mouseClick(alone.another, Qt.MouseButton.LeftButton)
    assert alone.phrase != first


def test_an_empty_password_is_asked_for(alone: PassPhraseFields) -> None:
    assert alone.password() is None
    assert alone.first.trouble == "Isi kata sandinya, atau pakai saran di bawah."
    assert alone.first.edit.hasFocus()


def test_two_that_differ_are_told_at_the_second(pair: PassPhraseFields, qtbot: QtBot) -> None:
    QTest.keyClicks(pair.first.edit, "gajah payung")
    QTest.keyClicks(pair.second.edit, "gajah paying")
    assert pair.password() is None
    assert pair.second.trouble.startswith("Kedua kata sandi belum sama.")
    assert pair.second.edit.selectedText() != ""


def test_enter_leads_on_and_confirms(pair: PassPhraseFields, qtbot: QtBot) -> None:
    pair.first.take_focus()
    QTest.keyClick(pair.first.edit, Qt.Key.Key_Return)
    assert pair.second.edit.hasFocus()
    with qtbot.waitSignal(pair.confirmed):
        QTest.keyClick(pair.second.edit, Qt.Key.Key_Return)


def test_one_line_alone_is_confirmed_by_enter(alone: PassPhraseFields, qtbot: QtBot) -> None:
    with qtbot.waitSignal(alone.confirmed):
        QTest.keyClick(alone.first.edit, Qt.Key.Key_Return)


def test_forgetting_empties_both_and_draws_anew(pair: PassPhraseFields, qtbot: QtBot) -> None:
    phrase = pair.phrase
    QTest.mouseClick(pair.take, Qt.MouseButton.LeftButton)
    QTest.keyClicks(pair.second.edit, phrase)
    pair.forget()
    assert (pair.first.text(), pair.second.text()) == ("", "")
    assert pair.phrase != phrase
    assert pair.first.edit.echoMode() == QLineEdit.EchoMode.Password
