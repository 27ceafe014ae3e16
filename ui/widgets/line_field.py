"""A line to fill in: its label above, what is to be mended below, in the words of the summary."""

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from ui.theme import fitting, fonts, style
from ui.widgets.icon_label import IconLabel
from ui.widgets.label import Label, Words

HEIGHT: Final = 36


class LineEdit(QLineEdit):
    """A text line that grows with the size of letters and asks for no more room than it needs."""

    def __init__(self, height: int = HEIGHT, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        fitting.dress(self, 13 if height <= HEIGHT else 14)
        fitting.height(self, height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(fonts.scaled(60), super().minimumSizeHint().height())


class LineField(QWidget):
    """Label, line and error. ``edit`` is the line itself; ``row`` and ``foot`` take what stands beside and below."""

    edited = Signal()

    def __init__(self, edit: LineEdit | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = Label(12, 600, parent=self)
        self.edit = edit or LineEdit(parent=self)
        self.label.setBuddy(self.edit)
        self._hint = Words(12, tone="text3", parent=self)
        self._hint.hide()
        self._trouble = QWidget(self)
        self._trouble_icon = IconLabel("circle-alert", "warning", 14, self._trouble)
        self._trouble_words = Words(12, 500, "warning", parent=self._trouble)
        self._trouble.hide()
        self.row = QHBoxLayout()
        self.foot = QHBoxLayout()
        self._build()
        self.edit.textEdited.connect(self._on_edited)

    def _build(self) -> None:
        self.row.setSpacing(8)
        self.row.addWidget(self.edit, 1)
        trouble = QHBoxLayout(self._trouble)
        trouble.setContentsMargins(0, 2, 0, 0)
        trouble.setSpacing(6)
        trouble.addWidget(self._trouble_icon, 0, Qt.AlignmentFlag.AlignTop)
        trouble.addWidget(self._trouble_words, 1)
        self.foot.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.label)
        column.addLayout(self.row)
        column.addWidget(self._hint)
        column.addWidget(self._trouble)
        column.addLayout(self.foot)

    @property
    def trouble(self) -> str:
        """What is said to be mended; empty when nothing is."""
        return self._trouble_words.words

    def text(self) -> str:
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Show a text; what was there before cannot be brought back with Ctrl+Z."""
        self.edit.setText(text)

    def name(self, label: str, hint: str = "") -> None:
        """Say what belongs here."""
        self.label.setText(label)
        self.edit.setAccessibleName(label)
        self._hint.set_words(hint)
        self._hint.setVisible(bool(hint))
        self._describe()

    def refuse(self, sentence: str) -> None:
        """Say at the line what is to be mended; it goes when somebody types."""
        self._trouble_words.set_words(sentence)
        self._trouble.setVisible(bool(sentence))
        style.look(self.edit, "refused" if sentence else "")
        self._describe()

    def take_focus(self) -> None:
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _describe(self) -> None:
        said = (self._hint.words, self._trouble_words.words)
        self.edit.setAccessibleDescription(" ".join(part for part in said if part))

    def _on_edited(self) -> None:
        if self.trouble:
            self.refuse("")
        self.edited.emit()
