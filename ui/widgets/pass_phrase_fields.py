"""A new password: typed, or taken from a pass phrase that is offered."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from shelter.language import _
from ui.widgets.button import Button
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.label import Label
from ui.widgets.password_field import PasswordField


class PassPhraseFields(QWidget):
    """One password line, or two when whoever types is to keep it in mind. ``suggest`` draws the phrase to offer."""

    confirmed = Signal()
    """Enter in the last line."""
    edited = Signal()

    def __init__(self, suggest: Callable[[], str], *, repeated: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._suggest = suggest
        self._repeated = repeated
        self.first = PasswordField(parent=self)
        self.second = PasswordField(parent=self)
        self.second.setVisible(repeated)
        self._offer = QFrame(self)
        self._offer.setProperty("look", "card")
        self._offer.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._offer_says = Label(12, tone="text3", parent=self._offer)
        self._phrase = ElidedLabel(13, 600, parent=self._offer)
        self.take = Button("link", parent=self._offer)
        self.another = Button("icon", "refresh-cw", height=28, parent=self._offer)
        self._build()
        self.first.edit.returnPressed.connect(self._on_first_entered)
        self.second.edit.returnPressed.connect(self.confirmed)
        self.first.edited.connect(self.edited)
        self.second.edited.connect(self.edited)
        self.take.clicked.connect(self._on_take)
        self.another.clicked.connect(self.draw_another)
        self.draw_another()
        self.retranslate()

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._offer_says)
        words.addWidget(self._phrase)
        offer = QHBoxLayout(self._offer)
        offer.setContentsMargins(12, 7, 8, 8)
        offer.setSpacing(6)
        offer.addLayout(words, 1)
        offer.addWidget(self.take)
        offer.addWidget(self.another)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.first)
        column.addWidget(self._offer)
        column.addWidget(self.second)

    @property
    def phrase(self) -> str:
        """The pass phrase offered now."""
        return self._phrase.whole

    def password(self) -> str | None:
        """What was typed; None, with words at the line, when it is not ready to be used."""
        if not self.first.text():
            self.first.refuse(_("Isi kata sandinya, atau pakai saran di bawah."))
            self.first.take_focus()
        elif self._repeated and self.first.text() != self.second.text():
            self.second.refuse(_("Kedua kata sandi belum sama. Ketik sekali lagi."))
            self.second.take_focus()
            self.second.edit.selectAll()
        else:
            return self.first.text()
        return None

    def refuse(self, sentence: str) -> None:
        """Say at the line why this password will not do."""
        self.first.refuse(sentence)
        self.first.take_focus()
        self.first.edit.selectAll()

    def forget(self) -> None:
        """Empty both lines and offer another phrase."""
        self.first.forget()
        self.second.forget()
        self.draw_another()

    def draw_another(self) -> None:
        self._phrase.set_whole(self._suggest())

    def retranslate(self) -> None:
        self.first.name(_("Kata sandi baru"), _("Sedikitnya 12 huruf. Beberapa kata acak sudah baik."))
        self.second.name(_("Kata sandi baru, sekali lagi"))
        self.first.retranslate()
        self.second.retranslate()
        self._offer_says.setText(_("Saran empat kata acak"))
        self.take.say(_("Pakai"))
        self.take.setAccessibleName(_("Pakai saran kata sandi"))
        self.another.say(_("Saran lain"))

    def _on_first_entered(self) -> None:
        if self._repeated:
            self.second.take_focus()
        else:
            self.confirmed.emit()

    def _on_take(self) -> None:
        """Show what was taken, since it has to be learned or passed on; the second line is still typed by hand."""
        self.first.set_text(self.phrase)
        self.first.refuse("")
        self.first.line.eye.setChecked(True)
        self.edited.emit()
        (self.second if self._repeated else self.first).take_focus()
