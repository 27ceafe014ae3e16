"""The lock: covers the work and asks who is there."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from shelter.language import _
from ui.session.faces import Face
from ui.session.password_entry import PasswordEntry
from ui.theme import fitting
from ui.widgets.avatar import Avatar
from ui.widgets.brand import Brand
from ui.widgets.button import Button
from ui.widgets.label import Label
from ui.widgets.scroll import DownScroll

PIN_DIGITS: Final = 6
_COLUMN: Final = 404


class LockPage(QFrame):
    """Opaque, and shows initials only: whoever passes by learns no name."""

    unlock_with_password = Signal(str)
    unlock_with_pin = Signal(str)
    switch_person = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("LockPage")
        self.setProperty("look", "ground")
        self._pin_offered = False
        self._pin_asked = False
        self._person: Face | None = None
        self.avatar = Avatar(72, self)
        self.title = Label(22, 700, title=True, parent=self)
        self.invitation = Label(14, tone="text2", parent=self)
        self.entry = PasswordEntry(self)
        self.switch = Button("ghost", "users", parent=self)
        self._build()
        self.entry.submitted.connect(self._on_submitted)
        self.entry.link_followed.connect(self._on_other_way)
        self.switch.clicked.connect(self.switch_person)
        self.retranslate()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(20, 16, 20, 0)
        top.addWidget(Brand(self))
        top.addStretch(1)
        top.addWidget(self.switch)
        fitting.width(self.entry, _COLUMN)
        middle = QWidget(self)
        stack = QVBoxLayout(middle)
        stack.setContentsMargins(20, 8, 20, 8)
        stack.setSpacing(0)
        stack.addStretch(1)
        stack.addWidget(self.avatar, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addSpacing(16)
        stack.addWidget(self.title, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addSpacing(4)
        stack.addWidget(self.invitation, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addSpacing(24)
        stack.addWidget(self.entry, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 16)
        whole.setSpacing(0)
        whole.addLayout(top)
        whole.addWidget(DownScroll(middle, 20, self), 1)

    def set_person(self, person: Face) -> None:
        """Ask this person to come back."""
        self._person = person
        self.avatar.show_person(person.initials, person.tag)
        self.retranslate()

    def offer_pin(self, offered: bool) -> None:
        """Let the PIN open as well, and ask for it first; or for the password only."""
        self._pin_offered = self._pin_asked = offered
        self.entry.take_digits(PIN_DIGITS if offered else 0)
        self.retranslate()

    def refuse(self, sentence: str, wait_seconds: int) -> None:
        """Say that it was not right; the next try is taken when the wait is over."""
        self.switch.setEnabled(True)
        self.entry.refuse(sentence, wait_seconds)

    def set_busy(self, busy: bool) -> None:
        """Show that it is being checked."""
        self.switch.setEnabled(not busy)
        self.entry.set_busy(busy)

    def clear(self) -> None:
        """Forget what was typed, and what was said about it."""
        self.entry.clear()

    def focus_first(self) -> None:
        """Put the cursor where the typing begins."""
        self.entry.take_focus()

    def retranslate(self) -> None:
        self.title.setText(_("Layar terkunci"))
        self.switch.say(_("Ganti petugas"))
        if self._pin_asked:
            self.invitation.setText(_("Masukkan PIN untuk melanjutkan."))
            self.entry.name(_("PIN 6 angka"), _("Buka kunci"), _("Pakai kata sandi"))
        else:
            self.invitation.setText(_("Masukkan kata sandi untuk melanjutkan."))
            other = _("Pakai PIN") if self._pin_offered else ""
            self.entry.name(_("Kata sandi"), _("Buka kunci"), other)
        self.entry.retranslate()
        if self._person is not None:
            self.avatar.setAccessibleName(_("Petugas {initials}").format(initials=self._person.initials))

    def _on_submitted(self, secret: str) -> None:
        if self._pin_asked:
            self.unlock_with_pin.emit(secret)
        else:
            self.unlock_with_password.emit(secret)

    def _on_other_way(self) -> None:
        self._pin_asked = not self._pin_asked
        self.entry.take_digits(PIN_DIGITS if self._pin_asked else 0)
        self.retranslate()
        self.entry.take_focus()
