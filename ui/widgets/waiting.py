"""What a page shows while it has nothing to show yet: at first nothing, then quiet bars, then a word."""

from typing import Final

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ui.theme import fonts
from ui.widgets import painting
from ui.widgets.label import Label

BARS_AFTER: Final = 300
WORD_AFTER: Final = 2000
_HEADER: Final = 34
_ROW: Final = 38


class Waiting(QWidget):
    """Grey bars where rows will be. Times run while it is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._bars = False
        self._word = Label(12, tone="text3", parent=self)
        self._word.hide()
        self._soon = QTimer(self, interval=BARS_AFTER, singleShot=True)
        self._later = QTimer(self, interval=WORD_AFTER, singleShot=True)
        self._soon.timeout.connect(self._show_bars)
        self._later.timeout.connect(self._word.show)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self._word, 0, Qt.AlignmentFlag.AlignHCenter)

    @property
    def has_bars(self) -> bool:
        return self._bars

    def say(self, text: str) -> None:
        """Name what is being waited for."""
        self._word.setText(text)
        self.setAccessibleName(text)

    def _show_bars(self) -> None:
        self._bars = True
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bars:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row, height = fonts.scaled(_ROW), fonts.scaled(10)
        for number in range(min(6, (self.height() - row) // row)):
            middle = fonts.scaled(_HEADER) + row * (number + 0.5) - height / 2
            circle = fonts.scaled(26)
            painting.box(painter, QRectF(12, middle + height / 2 - circle / 2, circle, circle), circle / 2, "hover")
            for left, share in ((0.0, 0.2), (0.34, 0.12), (0.52, 0.28)):
                start = 12 + circle + 10 + left * self.width()
                width = share * self.width() * (1 - 0.12 * (number % 3))
                painting.box(painter, QRectF(start, middle, width, height), height / 2, "hover")
        painter.end()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()
        self._later.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._soon.stop()
        self._later.stop()
        self._bars = False
        self._word.hide()
