"""A box to tick with its words; the whole line can be clicked."""

from typing import Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from ui.theme import fitting, fonts, icons, tokens
from ui.widgets import painting

_BOX: Final = 16
_GAP: Final = 9
EDGE: Final = 4
"""Room round box and words for the ring of the keyboard."""
_HEIGHT: Final = 28


class CheckBox(QCheckBox):
    """Paints itself, since a style sheet can draw the tick only from a file of one colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        fitting.dress(self, 13)
        fitting.height(self, _HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def say(self, text: str) -> None:
        self.setText(text)
        # Qt takes a "&" for the sign of a shortcut; here it is part of the words.
        self.setShortcut(QKeySequence())
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        words = QFontMetrics(self.font()).horizontalAdvance(self.text())
        return QSize(2 * EDGE + fonts.scaled(_BOX) + _GAP + words + 2, fonts.scaled(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(fonts.scaled(120), self.sizeHint().width()), self.sizeHint().height())

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        if self.underMouse() and self.isEnabled():
            painting.box(painter, whole, 7, "hover")
        side = fonts.scaled(_BOX)
        square = QRectF(EDGE, (self.height() - side) / 2, side, side)
        if self.isChecked():
            painting.box(painter, square, 5, "primary" if self.isEnabled() else "disabled")
            icons.draw(painter, square.adjusted(2, 2, -2, -2), "check", "on_primary")
        else:
            painting.box(painter, square, 5, "surface", "border_strong" if self.isEnabled() else "border", width=1.5)
        if self.hasFocus():
            painting.ring(painter, whole, 7)
        left = EDGE + side + _GAP
        metrics = QFontMetrics(self.font())
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - left - EDGE)
        painter.setPen(tokens.colour("text" if self.isEnabled() else "disabled"))
        painter.drawText(
            QRect(left, 0, self.width() - left, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            text,
        )
        painter.end()
