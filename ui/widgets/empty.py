"""What stands where a list would be when there is nothing in it: an icon, a friendly sentence, one thing to do."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.widgets.button import Button
from ui.widgets.icon_label import IconLabel
from ui.widgets.label import Label


class Empty(QWidget):
    """Never an empty grid."""

    wanted = Signal()

    def __init__(self, icon_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = Label(13, tone="text2", parent=self)
        self.action = Button("soft", parent=self)
        self.action.clicked.connect(self.wanted)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(IconLabel(icon_name, "text3", 32, self), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._words, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)

    def say(self, sentence: str, action: str) -> None:
        self._words.setText(sentence)
        self.action.say(action)
