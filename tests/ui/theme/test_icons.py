"""Icons: only those that are used, with their licence, in the colour of the theme, sharp at any size."""

import ast
import copy
import gc

import pytest
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter
from PySide6.QtWidgets import QApplication

from tests.house.sources import of
from ui.theme import icons, style, tokens

STEMS = sorted(path.stem for path in icons.FOLDER.glob("*.svg"))


def inks(image: QImage) -> set[str]:
    """The colours an image is drawn in, where it is drawn fully."""
    points = ((x, y) for x in range(image.width()) for y in range(image.height()))
    colours = (QColor.fromRgba(image.pixel(x, y)) for x, y in points)
    return {colour.name().upper() for colour in colours if colour.alpha() == 255}


def drawn(icon: QIcon, side: int, mode: QIcon.Mode = QIcon.Mode.Normal) -> QImage:
    return icon.pixmap(QSize(side, side), mode).toImage()


def test_the_licence_lies_beside_the_icons() -> None:
    text = (icons.FOLDER / "LICENSE-lucide.txt").read_text(encoding="utf-8")
    assert text.startswith("ISC License")
    assert "Cole Bemis" in text


def test_every_icon_is_used_and_takes_our_colour() -> None:
    used = {
        node.value
        for source in of("ui")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [name for name in STEMS if name not in used] == []
    drawings = {name: (icons.FOLDER / f"{name}.svg").read_text(encoding="utf-8") for name in STEMS}
    plain = [name for name, text in drawings.items() if "currentColor" in text and 'stroke-width="2"' in text]
    assert plain == STEMS


def test_an_icon_changes_colour_with_the_theme(look: QApplication) -> None:
    light, dark = frozenset({tokens.LIGHT.primary}), frozenset({tokens.DARK.primary})
    made = {name: icons.icon(name, "primary") for name in STEMS}
    assert {name: inks(drawn(icon, 48)) for name, icon in made.items()} == dict.fromkeys(STEMS, light)
    style.apply(look, "dark", 1.0)
    assert {name: inks(drawn(icon, 48)) for name, icon in made.items()} == dict.fromkeys(STEMS, dark)


def test_a_disabled_icon_is_grey(look: QApplication) -> None:
    assert inks(drawn(icons.icon("eye"), 48, QIcon.Mode.Disabled)) == {tokens.LIGHT.disabled}


def test_an_icon_is_drawn_anew_at_each_size(look: QApplication) -> None:
    small, large = (drawn(icons.icon("eye"), side) for side in (18, 72))
    assert (small.width(), large.width()) == (18, 72)
    # Enlarged, the small one would be blurred: nothing of it fully drawn beside something empty.
    assert inks(large) == {tokens.LIGHT.text2}
    assert small.scaled(72, 72) != large


def test_an_icon_outlives_its_copies(look: QApplication) -> None:
    icon = icons.icon("eye")
    copies = [QIcon(icon), copy.copy(icon)]
    del icon
    gc.collect()
    assert [inks(drawn(each, 48)) for each in copies] == [{tokens.LIGHT.text2}] * 2


def test_an_icon_stays_within_its_place(look: QApplication) -> None:
    image = QImage(40, 20, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    icons.draw(painter, QRectF(0, 0, 40, 20), "x", "text")
    painter.end()
    columns = {x for x in range(40) for y in range(20) if QColor.fromRgba(image.pixel(x, y)).alpha()}
    assert min(columns) >= 10
    assert max(columns) < 30


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        icons._source("no-such-icon")
