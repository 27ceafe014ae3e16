"""The language spoken now, and the way to another. Each language is called by its own name."""

from typing import Final

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from shelter import language
from shelter.language import LANGUAGES, Language, _
from ui.widgets.button import Button

NAMES: Final[dict[Language, str]] = {"id": "Bahasa Indonesia", "en": "English"}


class LanguageButton(Button):
    """Opens the short list of languages."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("ghost", "languages", parent=parent)
        self.menu_of_languages = QMenu(self)
        for code in LANGUAGES:
            action = QAction(NAMES[code], self.menu_of_languages)
            action.setData(code)
            self.menu_of_languages.addAction(action)
        self.menu_of_languages.triggered.connect(self._on_triggered)
        self.clicked.connect(self._on_clicked)
        self.retranslate()

    def retranslate(self) -> None:
        self.say(NAMES[language.current()], _("Ganti bahasa"))
        self.setAccessibleDescription(_("Ganti bahasa"))

    def _on_clicked(self) -> None:
        room = self.menu_of_languages.sizeHint()
        self.menu_of_languages.popup(self.mapToGlobal(QPoint(self.width() - room.width(), self.height() + 4)))

    def _on_triggered(self, action: QAction) -> None:
        self.chosen.emit(action.data())
