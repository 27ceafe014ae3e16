"""Letters come from our own files, in the weights that are asked for, and grow with the setting."""

import ast

import pytest
from PySide6.QtGui import QFontDatabase, QFontInfo, QFontMetrics, QRawFont
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.house.sources import of
from ui.theme import fitting, fonts, style
from ui.theme.fonts import Typeface


@pytest.mark.parametrize("file", sorted(path.name for path in fonts.FOLDER.glob("*.ttf")))
def test_every_file_is_a_font_with_its_licence_beside_it(look: QApplication, file: str) -> None:
    licence = "LICENSE-inter.txt" if file.startswith("Inter") else "LICENSE-plus-jakarta-sans.txt"
    assert (fonts.FOLDER / licence).exists()
    assert QRawFont(str(fonts.FOLDER / file), 13).isValid()


@pytest.mark.parametrize(
    ("title", "weights"), [(False, {"Regular", "Medium", "SemiBold", "Bold"}), (True, {"SemiBold", "Bold"})]
)
def test_one_family_has_all_its_weights(look: QApplication, title: bool, weights: set[str]) -> None:
    assert weights <= set(QFontDatabase.styles(fonts.TITLE if title else fonts.TEXT))


@pytest.mark.parametrize("face", [Typeface(13), Typeface(12, 600), Typeface(26, 700, title=True)])
def test_a_face_is_drawn_with_our_font(look: QApplication, face: Typeface) -> None:
    found = QFontInfo(face.font())
    assert found.family() == (fonts.TITLE if face.title else fonts.TEXT)
    assert found.pixelSize() == face.px
    assert found.weight() == face.weight


def test_a_face_survives_as_a_property() -> None:
    face = Typeface(11, 500, title=True, tabular=True)
    assert Typeface.of_text(face.as_text()) == face


def test_digits_of_a_column_are_equally_wide(look: QApplication) -> None:
    metrics = QFontMetrics(Typeface(13, tabular=True).font())
    assert len({metrics.horizontalAdvance(digit * 10) for digit in "0123456789"}) == 1


def test_the_font_has_every_letter_the_window_writes(look: QApplication) -> None:
    written = {
        letter
        for source in of("ui")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for letter in node.value
        if letter.isprintable()
    }
    names = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿĀāĒēĪīŌōŪūŠšŽžʼ’"
    raw = QRawFont.fromFont(Typeface(13).font())
    assert sorted(letter for letter in {*written, *names, "•"} if not raw.supportsCharacter(ord(letter))) == []


@pytest.mark.parametrize(("scale", "px", "height"), [(1.0, 13, 34), (1.15, 15, 39), (1.3, 17, 44)])
def test_letters_and_controls_grow_together(
    look: QApplication, qtbot: QtBot, scale: float, px: int, height: int
) -> None:
    label = QLabel("Melati")
    qtbot.addWidget(label)
    fitting.dress(label, 13)
    fitting.height(label, 34)
    style.apply(look, "light", scale)
    assert (label.font().pixelSize(), label.height()) == (px, height)
    style.apply(look, "light", 1.0)
    assert (label.font().pixelSize(), label.height()) == (13, 34)


def test_a_missing_font_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    monkeypatch.setattr(fonts, "TITLE", "No Such Family")
    with pytest.raises(FileNotFoundError, match="No Such Family"):
        fonts.load.__wrapped__()
