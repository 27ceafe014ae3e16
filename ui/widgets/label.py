"""Text that is only read: one line, or several with room between them."""

from html import escape

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from ui.theme import fitting, fonts, style


class Label(QLabel):
    """A plain text in a token's colour. What it is given is never taken for markup."""

    def __init__(
        self,
        px: int = 13,
        weight: int = 400,
        tone: str = "text",
        *,
        title: bool = False,
        tabular: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("tone", tone)
        fitting.dress(self, px, weight, title=title, tabular=tabular)

    def set_tone(self, tone: str) -> None:
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            style.repolish(self)


class Words(Label):
    """Sentences: they wrap, and their lines stand a little apart, which plain labels cannot do."""

    def __init__(self, px: int = 13, weight: int = 400, tone: str = "text2", *, parent: QWidget | None = None) -> None:
        super().__init__(px, weight, tone, parent=parent)
        self._words = ""
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    @property
    def words(self) -> str:
        """What is to be read, without the markup that carries it."""
        return self._words

    def set_words(self, words: str) -> None:
        """Show these words; a line break is kept."""
        self._words = words
        lines = escape(words).replace("\n", "<br>")
        side = "center" if self.alignment() & Qt.AlignmentFlag.AlignHCenter else "left"
        self.setText(f'<p align="{side}" style="line-height:124%; margin:0">{lines}</p>' if words else "")
        self.setAccessibleName(words)
        self._keep_room()

    def _keep_room(self) -> None:
        # A layout asks for the height at a width it guesses, a scroll area never asks. Both hear a plain minimum.
        self.setMinimumHeight(0)
        if self._words:
            self.setMinimumHeight(self.heightForWidth(self.width()))

    def hasHeightForWidth(self) -> bool:
        return False

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return QSize(fonts.scaled(60), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_room()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Qt reports the first font while the label is still being built.
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_words"):
            self._keep_room()
