"""Lucide's icons, drawn from their SVG in a token's colour at any size. A new one is copied into ``icons/``."""

from functools import cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ui.theme import tokens

FOLDER: Final = Path(__file__).parent / "icons"
# Thin lines vanish when an icon is small.
_SMALL: Final = 16


def draw(painter: QPainter, place: QRectF, name: str, tone: str) -> None:
    """Draw an icon into a square of ``place``, in its middle."""
    side = min(place.width(), place.height())
    square = QRectF(0, 0, side, side)
    square.moveCenter(QPointF(place.center()))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(name, tokens.value(tone), "2" if side <= _SMALL else "1.75").render(painter, square)
    painter.restore()


def icon(name: str, tone: str = "text2") -> QIcon:
    """An icon for whatever takes a QIcon; it changes colour with the theme."""
    return QIcon(_Engine(name, tone))


class _Engine(QIconEngine):
    """Draws an icon whenever it is asked for, so that none is left in an old theme's colour."""

    def __init__(self, name: str, tone: str) -> None:
        super().__init__()
        self._name = name
        self._tone = tone

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        tone = "disabled" if mode == QIcon.Mode.Disabled else self._tone
        draw(painter, QRectF(rect), self._name, tone)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        made = QPixmap(size)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return made

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._tone)


@cache
def _renderer(name: str, colour: str, stroke: str) -> QSvgRenderer:
    drawing = _source(name).replace("currentColor", colour).replace('stroke-width="2"', f'stroke-width="{stroke}"')
    return QSvgRenderer(QByteArray(drawing.encode()))


@cache
def _source(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
