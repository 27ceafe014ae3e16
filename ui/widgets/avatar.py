"""Initials in a soft circle. The colour follows from a key, so the same person has the same colour tomorrow."""

from typing import Final
from zlib import crc32

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import fonts, tokens
from ui.theme.fonts import Typeface

TONES: Final = ("primary", "plum", "warm", "info", "success", "warning")


def tone_of(key: str) -> str:
    """The colour that belongs to a key."""
    return TONES[crc32(key.encode()) % len(TONES)]


def grounds(tone: str) -> tuple[str, str]:
    """The soft ground of a tone, and what is written on it."""
    return f"{tone}_soft", "on_primary_soft" if tone == "primary" else tone


def draw_avatar(painter: QPainter, place: QRectF, initials: str, tone: str, *, ground: str = "") -> None:
    """Draw the circle into a square; on a coloured row it wants another ground than its own."""
    soft, ink = grounds(tone)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tokens.colour(ground or soft))
    painter.drawEllipse(place)
    font = Typeface(13, 700, title=True).font()
    font.setPixelSize(max(1, round(place.height() * 0.38)))
    painter.setFont(font)
    painter.setPen(tokens.colour(ink))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, initials)
    painter.restore()


class Avatar(QWidget):
    """A person as a circle with initials."""

    def __init__(self, px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._px = px
        self._initials = ""
        self._tone = TONES[0]
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_person(self, initials: str, key: str) -> None:
        self._initials, self._tone = initials, tone_of(key)
        self.setAccessibleName(initials)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(self._px), fonts.scaled(self._px))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_avatar(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), self._initials, self._tone)
        painter.end()
