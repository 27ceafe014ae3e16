"""One sheet for colour, border and padding; theme and size change while the window stands."""

import re

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from tests.house.sources import of
from tests.ui.looks import on_stage
from ui.theme import style, tokens
from ui.widgets.label import Label


def colour_at_edge(widget: QLineEdit) -> QColor:
    image = widget.grab().toImage()
    return image.pixelColor(image.width() // 2, 0)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_sheet_speaks_of_colour_border_and_padding_only(mode: tokens.Mode) -> None:
    tokens.use(mode)
    text = style.sheet()
    tokens.use("light")
    assert "font" not in text
    # Rules for the items of a list cost a third of its speed; a menu is short.
    assert set(re.findall(r"(\w+)::item", text)) == {"QMenu"}
    assert "$" not in text
    known = {
        "background",
        "color",
        "border",
        "padding",
        "margin",
        "width",
        "height",
        "min",
        "selection",
        "lineedit",
        "outline",
    }
    assert {name.split("-")[0] for name in re.findall(r"([a-z-]+) *:(?!:)(?![a-z-]+[ ,{\[:])", text)} <= known


def test_nobody_else_sets_a_sheet() -> None:
    callers = [
        source.path for source in of("ui") for name, _node in source.calls() if name.split(".")[-1] == "setStyleSheet"
    ]
    assert callers == ["ui/theme/style.py"]


def test_nobody_else_names_a_colour() -> None:
    named = [source.path for source in of("ui") if re.search(r"#[0-9A-Fa-f]{6}\b", source.text)]
    assert named == ["ui/theme/tokens.py"]


def test_no_effects_and_no_animation_that_never_ends() -> None:
    heavy = re.compile(r"QGraphics\w*Effect|FramelessWindowHint|setLoopCount")
    assert [source.path for source in of("ui") if heavy.search(source.text)] == []


def test_a_standing_window_changes_its_theme(look: QApplication, qtbot: QtBot) -> None:
    ground = QFrame()
    ground.setProperty("look", "ground")
    on_stage(qtbot, ground, 60, 40)
    assert ground.grab().toImage().pixelColor(30, 20).name().upper() == tokens.LIGHT.sunken
    style.apply(look, "dark", 1.0)
    assert ground.grab().toImage().pixelColor(30, 20).name().upper() == tokens.DARK.sunken
    assert look.palette().color(QPalette.ColorRole.Base).name().upper() == tokens.DARK.surface


def test_every_tone_of_a_label_is_its_token(look: QApplication, qtbot: QtBot) -> None:
    label = Label()
    label.setText("Melati")
    on_stage(qtbot, label, 100, 30)
    for tone in style.TONES:
        label.set_tone(tone)
        assert label.palette().color(QPalette.ColorRole.WindowText).name().upper() == tokens.value(tone)


def test_no_widget_asks_for_a_tone_or_a_look_the_sheet_has_not(look: QApplication) -> None:
    asked = {found for source in of("ui") for found in re.findall(r'tone="(\w+)"', source.text)}
    assert asked <= set(style.TONES)
    looks = {
        found for source in of("ui") for found in re.findall(r'(?:look\(\w[\w.]*, |"look", )"([\w-]+)"', source.text)
    }
    assert {each for each in looks if f'[look="{each}"]' not in style.sheet()} == set()


def test_a_changed_look_is_felt(look: QApplication, qtbot: QtBot) -> None:
    line = on_stage(qtbot, QLineEdit(), 120, 36)
    line.clearFocus()
    before = colour_at_edge(line)
    style.look(line, "refused")
    assert colour_at_edge(line) != before
    style.look(line, "")
    assert colour_at_edge(line) == before


def test_the_line_with_the_keyboard_has_a_ring(look: QApplication, qtbot: QtBot) -> None:
    line = on_stage(qtbot, QLineEdit(), 120, 36)
    line.setFocus()
    image = line.grab().toImage()
    assert [image.pixelColor(60, y).name().upper() for y in (0, 1)] == [tokens.LIGHT.focus] * 2
    assert image.pixelColor(60, 2).name().upper() == tokens.LIGHT.surface


def test_a_plain_label_is_not_touched(look: QApplication, qtbot: QtBot) -> None:
    label = on_stage(qtbot, QLabel("x"), 60, 20)
    assert label.palette().color(QPalette.ColorRole.WindowText).name().upper() == tokens.LIGHT.text
