"""The list itself: a sound model, painted by delegates, quick with many rows."""

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, qInstallMessageHandler
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QHeaderView
from pytestqt.qtbot import QtBot

from shelter import language
from tests.ui.looks import LEFT, on_stage
from tests.ui.samples import role_labels, views
from ui.staff.account_view import initials, roles_label, state_label
from ui.staff.accounts_table import AccountsModel, AccountsTable
from ui.theme import style, tokens


@pytest.fixture
def table(look: QApplication, qtbot: QtBot) -> AccountsTable:
    made = on_stage(qtbot, AccountsTable(), 800, 400)
    made.show_views(views(), role_labels())
    return made


def test_the_model_keeps_qts_rules(look: QApplication) -> None:
    model = AccountsModel()
    # The tester outlives this block's every change; a broken rule is a Qt message, which fails the test.
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    model.show_views(views(), role_labels())
    model.show_views(views(3), {})
    model.show_views((), {})
    assert tester.model() is model


def test_the_tester_finds_a_broken_model(look: QApplication, qtlog: Any) -> None:
    class Broken(AccountsModel):
        def rowCount(self, parent: object = None) -> int:
            return -1

    model, heard = Broken(), []
    with qtlog.disabled():
        before = qInstallMessageHandler(lambda _kind, _context, message: heard.append(message))
        tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
        qInstallMessageHandler(before)
    assert any("rowCount() >= 0" in message for message in heard)
    assert tester.model() is model


def test_rows_are_of_one_height_and_grow_with_the_letters(table: AccountsTable, look: QApplication) -> None:
    assert {table.rowHeight(row) for row in range(8)} == {38}
    style.apply(look, "light", 1.3)
    assert {table.rowHeight(row) for row in range(8)} == {49}


def test_no_column_is_sized_by_its_contents(table: AccountsTable) -> None:
    header = table.horizontalHeader()
    modes = {header.sectionResizeMode(column) for column in range(4)}
    assert QHeaderView.ResizeMode.ResizeToContents not in modes
    assert sum(header.sectionSize(column) for column in range(4)) == table.viewport().width()


def test_a_row_paints_its_own_ground_and_its_state_in_words(table: AccountsTable) -> None:
    table.selectRow(1)
    image = table.viewport().grab().toImage()
    middle = table.visualRect(table.model().index(1, 1)).center()
    assert image.pixelColor(middle.x() + 60, middle.y()).name().upper() == tokens.LIGHT.primary_soft
    # The circle of the initials would be lost on its own colour.
    circle = table.visualRect(table.model().index(1, 0)).topLeft() + QPoint(12 + 13, 9)
    assert image.pixelColor(circle).name().upper() == tokens.LIGHT.surface
    assert table.model().index(6, 3).data() == "Nonaktif"


def test_headers_change_their_language(table: AccountsTable, marked: None) -> None:
    language.use("en")
    table.retranslate()
    orientation = Qt.Orientation.Horizontal
    assert all(table.model().headerData(column, orientation).startswith(LEFT) for column in range(4))
    assert table.accessibleName().startswith(LEFT)


def test_a_model_says_nothing_it_was_not_asked(table: AccountsTable) -> None:
    model = table.model()
    assert model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is None
    assert model.headerData(0, Qt.Orientation.Vertical) is None
    assert model.headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.DecorationRole) is None


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Rina Kartika", "RK"),
        ("Halimah", "H"),
        ("dr. Ayu Sari Dewi", "DD"),
        ("  ", "?"),
        ("- Tini", "T"),
        ("élodie öz", "ÉÖ"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_words_for_codes() -> None:
    assert roles_label(("PEKSOS", "X"), {"PEKSOS": "Pekerja sosial"}) == "Pekerja sosial, X"
    assert (state_label("active"), state_label("disabled")) == ("Aktif", "Nonaktif")
