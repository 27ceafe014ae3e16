"""What several painted controls share: rounded boxes and the ring round whatever has the keyboard."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from ui.theme import tokens


def box(painter: QPainter, place: QRectF, radius: float, ground: str, line: str = "", *, width: float = 1) -> None:
    """Fill a rounded box, with a line inside its edge when a colour for one is named."""
    half = width / 2 if line else 0
    painter.setPen(QPen(tokens.colour(line), width) if line else Qt.PenStyle.NoPen)
    painter.setBrush(tokens.colour(ground) if ground else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(place.adjusted(half, half, -half, -half), radius - half, radius - half)


def ring(painter: QPainter, place: QRectF, radius: float, tone: str = "focus") -> None:
    """Draw the 2 px ring of the keyboard inside a place."""
    box(painter, place, radius, "", tone, width=2)
