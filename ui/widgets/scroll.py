"""Room that grows downwards only: what does not fit is reached by scrolling down, never sideways."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class DownScroll(QScrollArea):
    """Shows one widget as wide as itself; ``edge`` is the room at the right, of which the bar takes its part."""

    def __init__(self, inside: QWidget, edge: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edge = edge
        self._inside = inside
        inside.setProperty("look", "clear")
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setProperty("look", "clear")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Else everything would stand a little further left as soon as there is more than fits.
        bar = self.width() - self.viewport().width()
        layout = self._inside.layout()
        if layout is not None:
            margins = layout.contentsMargins()
            margins.setRight(max(0, self._edge - bar))
            layout.setContentsMargins(margins)
