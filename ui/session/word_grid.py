"""The lines for the words of a recovery sheet, numbered and in columns as on the paper."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from shelter.language import _
from ui.theme import fitting, style
from ui.widgets.label import Label
from ui.widgets.line_field import LineEdit

COUNT: Final = 14
_ROWS: Final = 7


class WordEdit(LineEdit):
    """One word. Space and Enter lead on, and several pasted words are handed over as a whole."""

    finished = Signal(int)
    """The place of this line, whose word is typed."""
    pasted = Signal(int, list)

    def __init__(self, place: int, parent: QWidget | None = None) -> None:
        super().__init__(34, parent)
        self._place = place
        self.setMaxLength(24)
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            words = QApplication.clipboard().text().split()
            if len(words) > 1:
                self.pasted.emit(self._place, words)
                return
        if event.key() in {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if self.text() or event.key() != Qt.Key.Key_Space:
                self.finished.emit(self._place)
            return
        super().keyPressEvent(event)


class WordGrid(QWidget):
    """Fourteen lines, filled downwards: the left column, then the right."""

    edited = Signal()
    completed = Signal()
    """Space or Enter in the last line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = [WordEdit(place, self) for place in range(COUNT)]
        self._numbers = [Label(12, 500, "text3", tabular=True, parent=self) for _place in range(COUNT)]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(2, 16)
        grid.setColumnStretch(4, 1)
        for place, (number, line) in enumerate(zip(self._numbers, self.lines, strict=True)):
            number.setText(str(place + 1))
            number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            fitting.width(number, 18)
            number.setBuddy(line)
            grid.addWidget(number, place % _ROWS, place // _ROWS * 3)
            grid.addWidget(line, place % _ROWS, place // _ROWS * 3 + 1)
            line.finished.connect(self._on_finished)
            line.pasted.connect(self._on_pasted)
            line.textEdited.connect(self._on_edited)
        self.retranslate()

    def words(self) -> list[str]:
        """The words as typed, without spaces round them."""
        return [line.text().strip() for line in self.lines]

    def point_at(self, number: int) -> None:
        """Mark the word of this number, 1 to 14, as the one to look at; 0 marks none."""
        for place, line in enumerate(self.lines, start=1):
            style.look(line, "refused" if place == number else "")
        if number:
            self.lines[number - 1].setFocus(Qt.FocusReason.OtherFocusReason)
            self.lines[number - 1].selectAll()

    def clear(self) -> None:
        self.point_at(0)
        for line in self.lines:
            line.setText("")

    def retranslate(self) -> None:
        for place, line in enumerate(self.lines, start=1):
            line.setAccessibleName(_("Kata ke-{n}").format(n=place))

    def _on_finished(self, place: int) -> None:
        if place + 1 < COUNT:
            self.lines[place + 1].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.completed.emit()

    def _on_pasted(self, place: int, words: list[str]) -> None:
        last = place
        for line, word in zip(self.lines[place:], words, strict=False):
            line.setText(word)
            last += 1
        self.lines[min(last, COUNT - 1)].setFocus(Qt.FocusReason.OtherFocusReason)
        self._on_edited()

    def _on_edited(self) -> None:
        self.point_at(0)
        self.edited.emit()
