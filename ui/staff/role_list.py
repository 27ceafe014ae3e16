"""The roles one person may hold, to tick several of."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from shelter.rights import Role
from ui.theme import fitting
from ui.widgets.check_box import EDGE, CheckBox
from ui.widgets.label import Label, Words


class RoleList(QWidget):
    """One box per role, in the order of the house."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = Label(12, 600, parent=self)
        self._trouble = Words(12, 500, "warning", parent=self)
        self._trouble.hide()
        self.boxes = {role: CheckBox(self) for role in Role}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.label)
        column.addSpacing(2)
        for role, box in self.boxes.items():
            box.setObjectName(f"role-{role.value}")
            box.toggled.connect(self._on_toggled)
            column.addWidget(box)
        column.addWidget(self._trouble)
        for words in (self.label, self._trouble):
            words.setContentsMargins(EDGE, 0, 0, 0)
        fitting.least_height(self.label, 16)
        self.set_labels({})

    @property
    def trouble(self) -> str:
        """What is said to be mended; empty when nothing is."""
        return self._trouble.words

    def chosen(self) -> tuple[str, ...]:
        return tuple(role.value for role, box in self.boxes.items() if box.isChecked())

    def choose(self, roles: tuple[str, ...]) -> None:
        for role, box in self.boxes.items():
            box.setChecked(role.value in roles)

    def set_labels(self, labels: Mapping[str, str]) -> None:
        for role, box in self.boxes.items():
            box.say(labels.get(role.value, role.value))

    def refuse(self, sentence: str) -> None:
        self._trouble.set_words(sentence)
        self._trouble.setVisible(bool(sentence))

    def take_focus(self) -> None:
        next(iter(self.boxes.values())).setFocus()

    def _on_toggled(self) -> None:
        self.refuse("")
        self.edited.emit()
