"""Sizes and fonts that follow the setting "Ukuran huruf": given once in pixels at 100 %, and again when it changes."""

from typing import Final

from PySide6.QtWidgets import QWidget

from ui.theme import fonts
from ui.theme.fonts import Typeface

_HEIGHT: Final = "teduhHeight"
_WIDTH: Final = "teduhWidth"
_LEAST_WIDTH: Final = "teduhLeastWidth"
_MOST_WIDTH: Final = "teduhMostWidth"
_LEAST_HEIGHT: Final = "teduhLeastHeight"
_FACE: Final = "teduhFace"


def height(widget: QWidget, px: int) -> None:
    """Give a widget this height, whatever it holds."""
    widget.setProperty(_HEIGHT, px)
    refit(widget)


def width(widget: QWidget, px: int) -> None:
    """Give a widget this width."""
    widget.setProperty(_WIDTH, px)
    refit(widget)


def widths(widget: QWidget, least: int, most: int) -> None:
    """Let a widget's width lie between two."""
    widget.setProperty(_LEAST_WIDTH, least)
    widget.setProperty(_MOST_WIDTH, most)
    refit(widget)


def least_height(widget: QWidget, px: int) -> None:
    """Keep room for a widget that is sometimes empty."""
    widget.setProperty(_LEAST_HEIGHT, px)
    refit(widget)


def dress(widget: QWidget, px: int, weight: int = 400, *, title: bool = False, tabular: bool = False) -> None:
    """Give a widget its font; the style sheet never does, since its size would win over this one."""
    widget.setProperty(_FACE, Typeface(px, weight, title=title, tabular=tabular).as_text())
    refit(widget)


def refit(widget: QWidget) -> None:
    """Apply what was given to a widget, at the size of letters that holds now."""
    if px := widget.property(_HEIGHT):
        widget.setFixedHeight(fonts.scaled(px))
    if px := widget.property(_WIDTH):
        widget.setFixedWidth(fonts.scaled(px))
    if px := widget.property(_LEAST_WIDTH):
        widget.setMinimumWidth(fonts.scaled(px))
    if px := widget.property(_MOST_WIDTH):
        widget.setMaximumWidth(fonts.scaled(px))
    if px := widget.property(_LEAST_HEIGHT):
        widget.setMinimumHeight(fonts.scaled(px))
    if text := widget.property(_FACE):
        widget.setFont(Typeface.of_text(text).font())
