"""Masuk, used by keys: who one is, the password, and patience after a wrong one."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from shelter import language
from tests.ui.looks import LEFT, dressed, look, marked, on_stage, settle
from tests.ui.samples import FACES
from ui.session.faces import Face
from ui.session.sign_in_page import SignInPage

__all__ = ["dressed", "look", "marked"]

SECRET = "gajah payung tenang sore"
TAB, ENTER = Qt.Key.Key_Tab, Qt.Key.Key_Return


@pytest.fixture
def page(look: QApplication, qtbot: QtBot) -> SignInPage:
    """Four people on offer, the cursor in the password."""
    made = on_stage(qtbot, SignInPage())
    made.set_faces(FACES, show_names=False)
    made.focus_first()
    return made


@pytest.fixture
def bare(look: QApplication, qtbot: QtBot) -> SignInPage:
    """A PC where nobody has signed in yet."""
    made = on_stage(qtbot, SignInPage())
    made.focus_first()
    return made


def keyboard() -> object:
    return QApplication.focusWidget()


def press(key: Qt.Key) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key)


def type_in(text: str) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClicks(widget, text)


# --- coming in


def test_the_latest_person_types_a_password_and_enter(page: SignInPage, qtbot: QtBot) -> None:
    assert keyboard() is page.entry.field.edit
    with qtbot.waitSignal(page.submitted) as sent:
        type_in(SECRET)
        press(ENTER)
    assert sent.args == ["tag-a", SECRET]


def test_another_person_is_chosen_by_arrows(page: SignInPage, qtbot: QtBot) -> None:
    page.tiles.tiles[0].setFocus()
    press(Qt.Key.Key_Right)
    assert page.entry.field.label.text() == "Kata sandi DL"
    press(ENTER)
    with qtbot.waitSignal(page.submitted) as sent:
        type_in(SECRET)
        press(ENTER)
    assert sent.args == ["tag-b", SECRET]


def test_a_clicked_tile_leads_to_the_password(page: SignInPage) -> None:
    QTest.mouseClick(page.tiles.tiles[2], Qt.MouseButton.LeftButton)
    assert page.who == "tag-3"
    assert keyboard() is page.entry.field.edit


def test_somebody_else_types_a_name(page: SignInPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.other_name_wanted):
        QTest.mouseClick(page.tiles.tiles[4], Qt.MouseButton.LeftButton)
    assert keyboard() is page.name.edit
    type_in("  Ningsih   Hartati ")
    press(ENTER)
    with qtbot.waitSignal(page.submitted) as sent:
        type_in(SECRET)
        press(ENTER)
    assert sent.args == ["Ningsih Hartati", SECRET]


def test_where_nobody_was_before_a_name_is_typed(bare: SignInPage, qtbot: QtBot) -> None:
    assert (bare.other_name, bare.tiles.isVisible()) == (True, False)
    assert keyboard() is bare.name.edit
    type_in("ningsih")
    press(TAB)
    with qtbot.waitSignal(bare.submitted) as sent:
        type_in(SECRET)
        press(ENTER)
    assert sent.args == ["ningsih", SECRET]


def test_without_a_name_it_is_asked_for(bare: SignInPage, qtbot: QtBot) -> None:
    bare.entry.take_focus()
    with qtbot.assertNotEmitted(bare.submitted):
        type_in(SECRET)
        press(ENTER)
    assert keyboard() is bare.name.edit


def test_without_a_password_nothing_is_sent(page: SignInPage, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(page.submitted):
        press(ENTER)
        QTest.mouseClick(page.entry.go, Qt.MouseButton.LeftButton)
    assert keyboard() is page.entry.field.edit


def test_what_one_person_typed_is_not_tried_for_another(page: SignInPage) -> None:
    type_in(SECRET)
    page.tiles.choose(1)
    assert page.entry.field.text() == ""


def test_tab_walks_the_page_in_reading_order(page: SignInPage) -> None:
    page.language.setFocus()
    walked = []
    for _step in range(6):
        press(TAB)
        walked.append(keyboard())
    entry = page.entry
    assert walked == [
        page.tiles.tiles[0],
        entry.field.edit,
        entry.field.line.eye,
        entry.go,
        entry.link,
        page.language,
    ]


def test_only_four_are_offered(page: SignInPage) -> None:
    page.set_faces(tuple(Face(f"tag{n}", f"{n}", "") for n in range(9)), show_names=False)
    assert [tile.accessibleName() for tile in page.tiles.tiles] == [
        *(f"Petugas {n}" for n in range(4)),
        "Nama lain",
    ]


# --- what a stranger sees


def test_no_name_and_no_role_is_shown_unless_wanted(page: SignInPage) -> None:
    assert [tile.caption for tile in page.tiles.tiles] == ["", "", "", "", "Nama lain"]
    seen = " ".join(label.text() for label in page.findChildren(type(page.greeting)))
    assert not any(part in seen for face in FACES for part in face.name.split())
    page.set_faces(FACES, show_names=True)
    assert [tile.caption for tile in page.tiles.tiles][:2] == ["Rina Kartika", "Dewi Lestari"]
    assert page.entry.field.label.text() == "Kata sandi Rina Kartika"


def test_a_name_with_braces_is_shown_as_it_is(page: SignInPage) -> None:
    page.set_faces((Face("t", "A{", "Ani {initials}"),), show_names=True)
    assert page.tiles.tiles[0].accessibleName() == "Ani {initials}"
    assert page.entry.field.label.text() == "Kata sandi Ani {initials}"


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("", ""),
        ("file", "Data tersimpan terenkripsi di PC ini."),
        ("server", "Data tersimpan di server rumah ini; sambungannya terenkripsi."),
    ],
)
def test_the_footer_says_only_what_is_true(page: SignInPage, kind: object, sentence: str) -> None:
    page.set_place(kind)  # type: ignore[arg-type]
    assert page.footer.text() == sentence


@pytest.mark.parametrize(
    ("hours", "greeting"),
    [
        (range(4, 11), "Selamat pagi"),
        (range(11, 15), "Selamat siang"),
        (range(15, 18), "Selamat sore"),
        ([*range(18, 24), *range(4)], "Selamat malam"),
    ],
)
def test_the_greeting_follows_the_hour(page: SignInPage, hours: list[int], greeting: str) -> None:
    for hour in hours:
        page.set_greeting(hour)
        assert page.greeting.text() == greeting


# --- while it is checked, and after a wrong one


def test_while_it_is_checked_nothing_can_be_changed_and_nothing_jumps(page: SignInPage, qtbot: QtBot) -> None:
    type_in(SECRET)
    place, width = page.entry.go.geometry(), page.entry.field.edit.width()
    page.set_busy(True)
    assert page.entry.go.text() == "Memeriksa…"
    assert page.entry.go.geometry() == place
    assert page.entry.field.edit.width() == width
    assert not any(
        part.isEnabled() for part in (page.entry.field.edit, page.entry.go, page.entry.link, page.tiles, page.language)
    )
    # An Enter too many finds nothing to press.
    with qtbot.assertNotEmitted(page.submitted), qtbot.assertNotEmitted(page.recovery_wanted):
        press(ENTER)
    page.set_busy(False)
    assert (page.entry.go.text(), keyboard()) == ("Masuk", page.entry.field.edit)


def test_a_slow_pc_is_spoken_of_only_after_a_while(page: SignInPage) -> None:
    page.set_busy(True)
    assert page.entry.said == ""
    page.entry._slow.stop()
    page.entry._slow.timeout.emit()
    assert page.entry.said == "Masih memeriksa. PC ini memerlukan beberapa detik."
    page.set_busy(False)
    assert page.entry.said == ""


def test_a_wrong_password_is_ready_to_be_typed_over(page: SignInPage, qtbot: QtBot) -> None:
    type_in(SECRET)
    page.set_busy(True)
    page.refuse("Kata sandi itu belum tepat.", 0)
    assert page.entry.said == "Kata sandi itu belum tepat."
    assert page.entry.field.edit.selectedText() != ""
    assert keyboard() is page.entry.field.edit
    with qtbot.waitSignal(page.submitted) as sent:
        type_in("lain lagi sama sekali")
        press(ENTER)
    assert sent.args == ["tag-a", "lain lagi sama sekali"]
    assert page.entry.said == ""


def test_the_wait_counts_down_and_opens_the_field_again(page: SignInPage, qtbot: QtBot) -> None:
    type_in(SECRET)
    page.set_busy(True)
    page.refuse("Kata sandi itu belum tepat.", 3)
    said = []
    while page.entry.waiting:
        assert not page.entry.field.edit.isEnabled()
        with qtbot.assertNotEmitted(page.submitted):
            press(ENTER)
        said.append(page.entry.said.removeprefix("Kata sandi itu belum tepat. "))
        page.entry._second.timeout.emit()
    assert said == [f"Silakan coba lagi dalam {n} detik." for n in (3, 2, 1)]
    assert not page.entry._second.isActive()
    assert page.entry.said == "Kata sandi itu belum tepat."
    assert page.entry.field.edit.isEnabled()
    assert page.entry.field.edit.selectedText() != ""
    assert keyboard() is page.entry.field.edit


def test_the_count_goes_by_itself(page: SignInPage, qtbot: QtBot) -> None:
    page.entry._second.setInterval(1)
    page.refuse("Kata sandi itu belum tepat.", 2)
    qtbot.waitUntil(lambda: page.entry.waiting == 0)


def test_who_went_elsewhere_meanwhile_is_left_there(page: SignInPage) -> None:
    page.refuse("Kata sandi itu belum tepat.", 1)
    page.tiles.tiles[0].setFocus()
    page.entry._second.timeout.emit()
    assert keyboard() is page.tiles.tiles[0]


def test_recovery_can_be_reached_while_one_waits(page: SignInPage, qtbot: QtBot) -> None:
    page.refuse("Kata sandi itu belum tepat.", 60)
    page.entry.link.setFocus()
    with qtbot.waitSignal(page.recovery_wanted):
        press(ENTER)


def test_the_words_under_the_field_move_nothing(page: SignInPage, qtbot: QtBot) -> None:
    settle()
    before = page.greeting.mapTo(page, page.greeting.pos())
    page.refuse("Kata sandi itu belum tepat.", 30)
    settle()
    assert page.greeting.mapTo(page, page.greeting.pos()) == before


def test_a_cleared_password_is_gone_and_hidden(page: SignInPage) -> None:
    type_in(SECRET)
    page.entry.field.line.eye.setChecked(True)
    page.clear_password()
    assert page.entry.field.text() == ""
    assert page.entry.field.edit.echoMode() == QLineEdit.EchoMode.Password


def test_a_shown_password_is_hidden_as_soon_as_it_is_sent(page: SignInPage) -> None:
    type_in(SECRET)
    page.entry.field.line.eye.setChecked(True)
    page.entry.take_focus()
    press(ENTER)
    assert page.entry.field.edit.echoMode() == QLineEdit.EchoMode.Password


def test_good_news_is_told_without_alarm(page: SignInPage) -> None:
    page.tell("Kata sandi baru sudah berlaku.")
    assert page.entry.said == "Kata sandi baru sudah berlaku."
    assert page.entry._said.property("tone") == "success"
    page.refuse("Kata sandi itu belum tepat.", 0)
    assert page.entry._said.property("tone") == "warning"


# --- languages


def test_a_standing_countdown_changes_its_language(page: SignInPage, marked: None) -> None:
    page.refuse("Kata sandi itu belum tepat.", 5)
    language.use("en")
    page.retranslate()
    assert LEFT in page.entry.said
    assert page.tiles.tiles[0].accessibleName().startswith(LEFT)


def test_a_chosen_language_is_handed_on(page: SignInPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.language_chosen) as chosen:
        page.language.menu_of_languages.actions()[1].trigger()
    assert chosen.args == ["en"]
