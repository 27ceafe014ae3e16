"""Things to choose from: tiles, boxes, languages. One stop for Tab, arrows inside, everything named."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from shelter import language
from tests.ui.looks import LEFT, menus_open, on_stage
from ui.theme import style, tokens
from ui.widgets.avatar import TONES, Avatar, tone_of
from ui.widgets.check_box import CheckBox
from ui.widgets.language_button import LanguageButton
from ui.widgets.tile import Tile, TileRow


@pytest.fixture
def row(look: QApplication, qtbot: QtBot) -> TileRow:
    made = TileRow()
    tiles = [Tile(initials, f"tag {initials}") for initials in ("RK", "DL", "HB")]
    for tile in tiles:
        tile.say("", f"Petugas {tile._initials}", tall=False)
    made.show_tiles(tiles, 0)
    on_stage(qtbot, made, 500, 150)
    made.tiles[0].setFocus()
    return made


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ([Qt.Key.Key_Right], 1),
        ([Qt.Key.Key_Right, Qt.Key.Key_Down], 2),
        ([Qt.Key.Key_Left], 2),
        ([Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right], 0),
        ([Qt.Key.Key_Up, Qt.Key.Key_Right], 0),
    ],
)
def test_arrows_choose_and_go_round(row: TileRow, qtbot: QtBot, keys: list[Qt.Key], place: int) -> None:
    chosen: list[int] = []
    row.chosen.connect(chosen.append)
    for key in keys:
        QTest.keyClick(row.tiles[row.place()], key)
    assert (row.place(), chosen[-1]) == (place, place)
    assert row.tiles[place].hasFocus()
    assert [tile.isChecked() for tile in row.tiles] == [number == place for number in range(3)]


def test_the_row_is_one_stop_for_tab(row: TileRow, qtbot: QtBot) -> None:
    QTest.keyClick(row.tiles[0], Qt.Key.Key_Right)
    stops = [tile for tile in row.tiles if tile.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == [row.tiles[1]]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_and_space_confirm(row: TileRow, qtbot: QtBot, key: Qt.Key) -> None:
    with qtbot.waitSignal(row.confirmed):
        QTest.keyClick(row.tiles[0], key)
    assert row.place() == 0


def test_a_click_chooses_and_confirms(row: TileRow, qtbot: QtBot) -> None:
    with qtbot.waitSignals([row.chosen, row.confirmed]):
        QTest.mouseClick(row.tiles[2], Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert row.place() == 2


def test_other_tiles_take_the_place_of_the_old(row: TileRow, qtbot: QtBot) -> None:
    row.show_tiles([Tile("U", "tag u")], 0)
    assert (len(row.tiles), row.place()) == (1, 0)
    row.show_tiles([], 0)
    assert row.place() == -1
    with qtbot.assertNotEmitted(row.chosen):
        QTest.keyClick(row, Qt.Key.Key_Right)


def test_a_long_caption_ends_in_dots_and_is_whole_for_a_reader(look: QApplication, qtbot: QtBot) -> None:
    tile = on_stage(qtbot, Tile("HB", "x"), 120, 142)
    tile.say("Halimah binti Abdul Wahab Siregar", "Halimah binti Abdul Wahab Siregar", tall=True)
    image = tile.grab().toImage()
    # Nothing of the caption reaches the edge of its card.
    column = {image.pixelColor(8, y).name().upper() for y in range(90, 130)}
    assert column <= {tokens.LIGHT.raised, tokens.LIGHT.hover}
    assert tile.accessibleName() == "Halimah binti Abdul Wahab Siregar"


def test_the_chosen_tile_and_the_one_with_the_keyboard_differ(row: TileRow) -> None:
    ring, edge = (row.width() // 6, 0), (row.width() // 6, 3)
    tile = row.tiles[0]
    middle = tile.width() // 2
    image = tile.grab().toImage()
    assert {image.pixelColor(middle, ring[1]).name().upper(), image.pixelColor(middle, edge[1]).name().upper()} == {
        tokens.LIGHT.focus
    }
    tile.clearFocus()
    image = tile.grab().toImage()
    assert image.pixelColor(middle, ring[1]).name().upper() != tokens.LIGHT.focus
    assert image.pixelColor(middle, edge[1] + 1).name().upper() == tokens.LIGHT.primary


# --- avatar


def test_a_person_keeps_the_colour() -> None:
    assert tone_of("tag") == tone_of("tag")
    assert {tone_of(str(number)) for number in range(200)} == set(TONES)


def test_an_avatar_is_named_and_changes_with_the_theme(look: QApplication, qtbot: QtBot) -> None:
    avatar = Avatar(72)
    avatar.show_person("RK", "tag")
    on_stage(qtbot, avatar, 72, 72)
    assert avatar.accessibleName() == "RK"
    tone = f"{tone_of('tag')}_soft"
    assert avatar.grab().toImage().pixelColor(36, 6).name().upper() == tokens.value(tone)
    style.apply(look, "dark", 1.0)
    assert avatar.grab().toImage().pixelColor(36, 6).name().upper() == getattr(tokens.DARK, tone)


# --- boxes


@pytest.fixture
def box(look: QApplication, qtbot: QtBot) -> CheckBox:
    made = CheckBox()
    made.say("Pekerja sosial")
    return on_stage(qtbot, made, 300, 28)


def test_the_whole_line_ticks_the_box(box: CheckBox, qtbot: QtBot) -> None:
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().bottomRight())
    assert box.isChecked()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert not box.isChecked()


def test_a_tick_and_a_ring_are_drawn(box: CheckBox) -> None:
    box.clearFocus()
    plain = box.grab().toImage()
    box.setChecked(True)
    ticked = box.grab().toImage()
    assert ticked.pixelColor(5, 14).name().upper() == tokens.LIGHT.primary
    box.setFocus()
    assert box.grab().toImage().pixelColor(150, 0).name().upper() == tokens.LIGHT.focus
    assert plain != ticked


def test_a_box_that_rests_keeps_its_tick(box: CheckBox, qtbot: QtBot) -> None:
    box.setChecked(True)
    box.setEnabled(False)
    QTest.mouseClick(box, Qt.MouseButton.LeftButton)
    assert box.isChecked()
    assert box.grab().toImage().pixelColor(5, 14).name().upper() == tokens.LIGHT.disabled


# --- languages


def test_languages_are_called_by_their_own_names(look: QApplication, qtbot: QtBot, marked: None) -> None:
    button = on_stage(qtbot, LanguageButton(), 200, 34)
    assert [action.text() for action in button.menu_of_languages.actions()] == ["Bahasa Indonesia", "English"]
    assert button.text() == "Bahasa Indonesia"
    language.use("en")
    button.retranslate()
    assert button.text() == "English"
    assert button.toolTip().startswith(LEFT)


@menus_open
def test_a_language_is_chosen_by_key(look: QApplication, qtbot: QtBot) -> None:
    button = on_stage(qtbot, LanguageButton(), 200, 34)
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Return)
    menu = button.menu_of_languages
    qtbot.waitUntil(menu.isVisible)
    with qtbot.waitSignal(button.chosen) as chosen:
        QTest.keyClick(menu, Qt.Key.Key_Down)
        QTest.keyClick(menu, Qt.Key.Key_Down)
        QTest.keyClick(menu, Qt.Key.Key_Return)
    assert chosen.args == ["en"]
