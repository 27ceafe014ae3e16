"""The mark of the product: a sprout, as in the shade of a tree."""

from typing import Final

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ui.theme import fonts, icons
from ui.widgets import painting
from ui.widgets.label import Label

PRODUCT: Final = "Teduh"
_SIDE: Final = 34


class Mark(QWidget):
    """The sprout on its green ground."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(_SIDE), fonts.scaled(_SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(self.rect())
        painting.box(painter, place, 10, "primary")
        inset = place.width() / 4
        icons.draw(painter, place.adjusted(inset, inset, -inset, -inset), "sprout", "on_primary")
        painter.end()


class Brand(QWidget):
    """Mark and name; never the name of a home."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        name = Label(15, 700, title=True, parent=self)
        name.setText(PRODUCT)
        row.addWidget(Mark(self))
        row.addWidget(name)
