"""Pengguna: the list by keys, one question before a door is shut, and a sheet that loses nothing."""

from collections.abc import Sequence
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from shelter import language
from shelter.rights import Role
from tests.ui import looking
from tests.ui.looks import LEFT, on_stage, settle
from tests.ui.samples import role_labels, suggest, views
from ui.staff.accounts_page import AccountsPage, AccountView

TAB, ENTER, ESC = Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Escape
STEFANUS = 6


@pytest.fixture
def page(look: QApplication, qtbot: QtBot) -> AccountsPage:
    made = on_stage(qtbot, AccountsPage(suggest))
    made.set_role_labels(role_labels())
    made.show_rows(views())
    made.focus_first()
    return made


@pytest.fixture
def sheet(page: AccountsPage) -> AccountsPage:
    """The page with its sheet open."""
    page.add.click()
    settle()
    return page


def keyboard() -> QWidget | None:
    return QApplication.focusWidget()


def press(*keys: Qt.Key) -> None:
    for key in keys:
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClick(widget, key)


def type_in(text: str) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClicks(widget, text)


def collected(signal: Any) -> list[Any]:
    heard: list[Any] = []
    signal.connect(heard.append)
    return heard


# --- the list


def test_the_list_says_who_may_do_what(page: AccountsPage) -> None:
    model = page.table.model()
    first = [model.index(0, column).data() for column in range(4)]
    assert first == ["Ningsih Hartati", "ningsih", "Kepala rumah perlindungan, Administrator sistem", "Aktif"]
    sentence = model.index(STEFANUS, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert sentence == "Stefanus Igat, igat, Pendamping hukum, Nonaktif"
    assert page.count.text() == "7 orang aktif"


def test_arrows_walk_and_enter_leads_to_what_can_be_done(page: AccountsPage) -> None:
    assert keyboard() is page.table
    assert page.bar.title.whole == "Ningsih Hartati"
    press(Qt.Key.Key_Down)
    assert page.bar.title.whole == "Ratih Anggraini"
    press(ENTER)
    assert keyboard() is page.bar.act
    press(ESC)
    assert keyboard() is page.table


def test_tab_leaves_the_list_for_the_bar(page: AccountsPage) -> None:
    press(TAB)
    assert keyboard() is page.bar.act
    page.reload.setFocus()
    press(TAB)
    assert keyboard() is page.add
    press(TAB)
    assert keyboard() is page.table


def test_disabling_is_asked_once_with_the_safe_answer_at_hand(page: AccountsPage) -> None:
    wanted = collected(page.disable_wanted)
    page.table.selectRow(1)
    page.bar.take_focus()
    press(ENTER)
    assert page.bar.title.whole == "Nonaktifkan Ratih Anggraini?"
    assert "Catatan dan kata sandinya tetap tersimpan." in page.bar.words.words
    assert keyboard() is page.bar.stay
    press(ENTER)
    assert (wanted, page.bar.asking) == ([], False)
    press(ENTER, TAB, ENTER)
    assert wanted == [views()[1].id]
    assert not page.bar.asking


def test_esc_is_the_safe_answer(page: AccountsPage) -> None:
    wanted = collected(page.disable_wanted)
    page.table.selectRow(1)
    page.bar.act.click()
    press(ESC)
    assert (wanted, page.bar.asking, keyboard()) == ([], False, page.bar.act)


def test_enabling_is_done_at_once(page: AccountsPage) -> None:
    wanted = collected(page.enable_wanted)
    page.table.selectRow(STEFANUS)
    assert page.bar.act.text() == "Aktifkan kembali"
    page.bar.take_focus()
    press(ENTER)
    assert wanted == [views()[STEFANUS].id]


def test_a_question_about_one_is_dropped_for_another(page: AccountsPage) -> None:
    page.table.selectRow(1)
    page.bar.act.click()
    page.table.selectRow(2)
    assert not page.bar.asking
    assert page.bar.title.whole == "Theresia Lestari"


def test_fresh_rows_keep_cursor_and_question(page: AccountsPage) -> None:
    page.table.selectRow(1)
    page.bar.act.click()
    page.set_loading(True)
    page.show_rows(tuple(reversed(views())))
    assert page.table.currentIndex().row() == 6
    assert page.bar.stay.isVisible()
    changed = [_disabled(view) if view.login == "ratih" else view for view in views()]
    page.show_rows(tuple(changed))
    assert page.bar.stay.isHidden()
    assert page.bar.act.text() == "Aktifkan kembali"


def test_who_is_gone_is_no_longer_spoken_of(page: AccountsPage) -> None:
    page.table.selectRow(1)
    page.show_rows(tuple(view for view in views() if view.login != "ratih"))
    assert page.table.current_view() is None
    assert page.bar.act.isHidden()


def test_whoever_is_spoken_of_stays_in_sight(page: AccountsPage) -> None:
    page.show_rows(views(60))
    page.table.selectRow(12)
    page.show_notice("Ratih Anggraini dapat masuk sekarang.")
    settle()
    inside = page.table.viewport().rect()
    assert inside.contains(page.table.visualRect(page.table.currentIndex()))


def test_the_row_with_the_keyboard_has_a_ring(page: AccountsPage) -> None:
    page.table.selectRow(2)
    page.table.setFocus()
    focused = page.table.grab().toImage()
    page.add.setFocus()
    assert page.table.grab().toImage() != focused


def test_a_role_nobody_named_stands_for_itself(page: AccountsPage) -> None:
    page.set_role_labels({})
    assert page.table.model().index(1, 2).data() == "PEKSOS"
    page.set_role_labels({"PEKSOS": "Pekerja sosial"})
    assert page.table.model().index(1, 2).data() == "Pekerja sosial"


# --- empty, waiting, troubled


def test_an_empty_list_offers_to_add_the_first(page: AccountsPage) -> None:
    page.show_rows(())
    assert page.places.currentWidget() is page.empty
    assert page.bar.isHidden()
    page.empty.action.click()
    assert page.sheet.isVisible()


def test_rows_stay_while_fresh_ones_come(page: AccountsPage) -> None:
    page.set_loading(True)
    assert page.places.currentWidget() is page.table
    assert not page.reload.isEnabled()
    page.show_rows(())
    page.set_loading(True)
    assert page.places.currentWidget() is page.waiting


def test_a_fault_says_so_and_offers_to_load_again(page: AccountsPage) -> None:
    wanted = []
    page.reload_wanted.connect(lambda: wanted.append(1))
    page.set_loading(True)
    page.show_fault("Server tidak terjangkau.")
    assert page.notice.words == "Server tidak terjangkau."
    assert page.reload.isEnabled()
    page.notice.link.setFocus()
    press(ENTER)
    assert wanted == [1]
    assert len(page.views) == 8


def test_a_fault_stays_and_good_news_goes(page: AccountsPage) -> None:
    page.show_notice("Tersimpan.")
    assert page._quiet.isActive()
    page.show_fault("Server tidak terjangkau.")
    assert not page._quiet.isActive()
    page.show_notice("Tersimpan.")
    page._quiet.timeout.emit()
    assert page.notice.words == ""


# --- the sheet


def fill(page: AccountsPage, roles: Sequence[Role] = (Role.PEKSOS, Role.ADMIN)) -> None:
    sheet = page.sheet
    sheet.display_name.set_text("  Ratih   Anggraini ")
    sheet.login.set_text("ratih")
    for role in roles:
        sheet.roles.boxes[role].setChecked(True)
    sheet.password.first.set_text("gajah payung tenang sore")


def test_somebody_is_added_by_keys_alone(sheet: AccountsPage) -> None:
    wanted = collected(sheet.add_wanted)
    assert keyboard() is sheet.sheet.display_name.edit
    type_in("Ratih Anggraini")
    press(ENTER)
    type_in("ratih")
    press(ENTER)
    assert keyboard() is sheet.sheet.roles.boxes[Role.KEPALA]
    press(TAB, Qt.Key.Key_Space)
    press(*[TAB] * 9)
    assert keyboard() is sheet.sheet.password.first.edit
    type_in("gajah payung tenang sore")
    press(ENTER)
    assert wanted == [
        {
            "display_name": "Ratih Anggraini",
            "login": "ratih",
            "roles": ("PEKSOS",),
            "password": "gajah payung tenang sore",
        }
    ]


def test_tab_goes_round_in_the_sheet_and_never_under_it(sheet: AccountsPage) -> None:
    walked = []
    for _step in range(30):
        walked.append(keyboard())
        press(TAB)
    assert all(widget is not None and sheet.sheet.isAncestorOf(widget) for widget in walked)
    assert walked.index(sheet.sheet.cancel) < walked.index(sheet.sheet.add)
    assert walked.index(sheet.sheet.password.first.edit) < walked.index(sheet.sheet.cancel)


def test_what_lies_below_takes_no_click(sheet: AccountsPage) -> None:
    assert not sheet.add.isEnabled()
    assert not sheet.table.isEnabled()
    assert sheet._shade.geometry().contains(sheet.table.mapTo(sheet, sheet.table.rect().center()))


def test_the_sheet_is_as_wide_as_the_guide_says(sheet: AccountsPage) -> None:
    assert sheet.sheet.width() == 440
    assert sheet.sheet.geometry().right() == sheet.width() - 2


def test_each_gap_is_named_at_its_field_and_the_first_has_the_cursor(sheet: AccountsPage) -> None:
    wanted = collected(sheet.add_wanted)
    sheet.sheet.add.click()
    parts = (sheet.sheet.display_name, sheet.sheet.login, sheet.sheet.roles, sheet.sheet.password.first)
    assert [part.trouble for part in parts] == [
        "Isi namanya.",
        "Isi nama masuknya.",
        "Pilih sedikitnya satu peran.",
        "Isi kata sandinya, atau pakai saran di bawah.",
    ]
    assert keyboard() is sheet.sheet.display_name.edit
    assert wanted == []


def test_while_it_is_being_added_nothing_can_be_changed_or_sent_twice(sheet: AccountsPage) -> None:
    wanted = collected(sheet.add_wanted)
    fill(sheet)
    sheet.sheet.add.click()
    assert sheet.sheet.add.text() == "Menambahkan…"
    sheet.sheet._on_add()
    press(ESC, ENTER)
    assert len(wanted) == 1
    assert sheet.sheet.isVisible()
    assert wanted[0]["display_name"] == "Ratih Anggraini"
    assert wanted[0]["roles"] == ("PEKSOS", "ADMIN")


@pytest.mark.parametrize("field", ["display_name", "login", "roles", "password"])
def test_a_refusal_is_told_at_its_field_and_nothing_is_lost(sheet: AccountsPage, field: str) -> None:
    fill(sheet)
    sheet.sheet.add.click()
    sheet.refuse_field(field, "Itu sudah dipakai.")
    inside = sheet.sheet
    parts: dict[str, Any] = {
        "display_name": inside.display_name,
        "login": inside.login,
        "roles": inside.roles,
        "password": inside.password.first,
    }
    assert parts[field].trouble == "Itu sudah dipakai."
    assert parts[field].isAncestorOf(keyboard())
    assert (inside.display_name.text(), inside.login.text()) == ("  Ratih   Anggraini ", "ratih")
    assert inside.roles.chosen() == ("PEKSOS", "ADMIN")
    assert inside.password.first.text() == "gajah payung tenang sore"


def test_a_refusal_of_no_known_field_is_told_above(sheet: AccountsPage) -> None:
    fill(sheet)
    sheet.sheet.add.click()
    sheet.refuse_field("account", "Anda tidak memiliki hak untuk ini.")
    assert sheet.sheet.notice.words == "Anda tidak memiliki hak untuk ini."


def test_a_fault_of_the_world_is_told_in_the_sheet_that_waits(sheet: AccountsPage) -> None:
    fill(sheet)
    sheet.sheet.add.click()
    sheet.show_fault("Disk penuh.")
    assert (sheet.sheet.notice.words, sheet.notice.words) == ("Disk penuh.", "")
    assert sheet.sheet.login.text() == "ratih"
    wanted = collected(sheet.add_wanted)
    press(ENTER)
    assert len(wanted) == 1


def test_good_news_closes_and_empties_the_sheet(sheet: AccountsPage) -> None:
    fill(sheet)
    sheet.sheet.add.click()
    sheet.show_notice("Ratih Anggraini dapat masuk sekarang.")
    assert sheet.sheet.isHidden()
    assert sheet.table.isEnabled()
    assert sheet.notice.words == "Ratih Anggraini dapat masuk sekarang."
    inside = sheet.sheet
    assert (inside.display_name.text(), inside.login.text(), inside.roles.chosen()) == ("", "", ())
    assert inside.password.first.text() == ""


def test_news_about_something_else_leaves_the_sheet_alone(sheet: AccountsPage) -> None:
    fill(sheet)
    sheet.show_notice("Akun dibuka kembali.")
    assert sheet.sheet.isVisible()
    assert sheet.sheet.login.text() == "ratih"


@pytest.mark.parametrize("way", ["esc", "cancel", "cross"])
def test_closed_it_keeps_all_but_the_password(sheet: AccountsPage, way: str) -> None:
    fill(sheet)
    if way == "esc":
        press(ESC)
    else:
        (sheet.sheet.cancel if way == "cancel" else sheet.sheet.close_button).click()
    assert sheet.sheet.isHidden()
    assert keyboard() is sheet.add
    press(ENTER)
    inside = sheet.sheet
    assert (inside.login.text(), inside.roles.chosen()) == ("ratih", ("PEKSOS", "ADMIN"))
    assert inside.password.first.text() == ""


def test_labels_that_come_late_reach_the_sheet(sheet: AccountsPage) -> None:
    sheet.set_role_labels({"PEKSOS": "Tini & Tono"})
    assert sheet.sheet.roles.boxes[Role.PEKSOS].accessibleName() == "Tini & Tono"


def test_back_from_the_cover_one_goes_on_in_the_sheet(sheet: AccountsPage) -> None:
    sheet.focus_first()
    assert keyboard() is sheet.sheet.display_name.edit


def test_a_sheet_opened_in_another_language_speaks_it(page: AccountsPage, marked: None) -> None:
    language.use("en")
    page.retranslate()
    page.open_sheet()
    assert page.sheet.title.text().startswith(LEFT)
    assert list(looking.unnamed(page)) == []


def _disabled(view: AccountView) -> AccountView:
    return AccountView(view.id, view.login, view.display_name, view.roles, "disabled")
