"""Choosing a PIN: six digits, typed twice, good on this PC for the rest of the day."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from shelter.language import _
from ui.session.lock_page import PIN_DIGITS
from ui.session.password_entry import PasswordEntry
from ui.theme import fitting
from ui.widgets.label import Label, Words

_COLUMN: Final = 404


class PinPage(QFrame):
    chosen = Signal(str)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("PinPage")
        self.setProperty("look", "ground")
        self._first = ""
        self.title = Label(22, 700, title=True, parent=self)
        self.explanation = Words(13, parent=self)
        self.entry = PasswordEntry(self)
        self.entry.take_digits(PIN_DIGITS)
        fitting.width(self.explanation, _COLUMN)
        fitting.width(self.entry, _COLUMN)
        column = QVBoxLayout(self)
        column.addStretch(1)
        for part in (self.title, self.explanation, self.entry):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
            column.addSpacing(12)
        column.addStretch(1)
        self.entry.submitted.connect(self._on_submitted)
        self.entry.link_followed.connect(self.cancelled)
        self.retranslate()

    def begin(self) -> None:
        """Ask from the start."""
        self._first = ""
        self.entry.clear()
        self.retranslate()
        self.entry.take_focus()

    def refuse(self, sentence: str) -> None:
        """Say why that will not do, and ask from the start."""
        self._first = ""
        self.retranslate()
        self.entry.refuse(sentence, 0)

    def retranslate(self) -> None:
        self.title.setText(_("PIN untuk hari ini"))
        self.explanation.set_words(
            _(
                "Enam angka membuka kunci di PC ini sampai 12 jam setelah Anda masuk. Setelah tiga kali salah, atau"
                " bila PC tidur, kata sandi yang diminta."
            )
        )
        label = _("Sekali lagi") if self._first else _("PIN 6 angka")
        self.entry.name(label, _("Simpan PIN"), _("Batal"))
        self.entry.retranslate()

    def _on_submitted(self, pin: str) -> None:
        if not self._first:
            self._first = pin
            self.entry.clear()
            self.retranslate()
            self.entry.take_focus()
        elif pin == self._first:
            self._first = ""
            self.entry.clear()
            self.chosen.emit(pin)
        else:
            self.refuse(_("Keduanya tidak sama."))
