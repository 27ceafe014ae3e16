"""A quiet line that says what happened, and where it helps offers the next step."""

from typing import Final, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from ui.theme import style
from ui.widgets.button import Button
from ui.widgets.icon_label import IconLabel
from ui.widgets.label import Words

Kind = Literal["info", "success", "warning"]
_ICONS: Final[dict[Kind, str]] = {"info": "info", "success": "circle-check", "warning": "circle-alert"}


def announce(widget: QWidget, words: str) -> None:
    """Let a screen reader say what has just appeared."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))


class Notice(QFrame):
    """Icon, words, and at most one link. Hidden until it has something to say."""

    wanted = Signal()
    """The link was followed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = IconLabel("info", "info", parent=self)
        self._words = Words(13, 500, "info", parent=self)
        # The room between lines lies below them; one line alone would hang a little high.
        self._words.setContentsMargins(0, 2, 0, 0)
        self.link = Button("link", parent=self)
        self.link.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(10)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._words, 1)
        row.addWidget(self.link, 0, Qt.AlignmentFlag.AlignVCenter)
        self.link.clicked.connect(self.wanted)
        self.hide()

    @property
    def words(self) -> str:
        """What is being said; empty when nothing is."""
        return self._words.words

    def tell(self, kind: Kind, sentence: str, link: str = "") -> None:
        """Say this, and offer ``link`` when there is something to do about it."""
        self._icon.show_icon(_ICONS[kind], kind)
        self._words.set_tone(kind)
        self._words.set_words(sentence)
        self.link.say(link)
        self.link.setVisible(bool(link))
        style.look(self, f"notice-{kind}")
        self.show()
        announce(self, sentence)

    def be_quiet(self) -> None:
        self._words.set_words("")
        self.hide()
