"""The password line of sign-in and lock: field, button, a link, and the patience asked for after wrong tries."""

from typing import Final

from PySide6.QtCore import QRegularExpression, Qt, QTimer, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from shelter.language import _, ngettext
from ui.theme import fitting
from ui.widgets.button import Button
from ui.widgets.icon_label import IconLabel
from ui.widgets.label import Words
from ui.widgets.notice import announce
from ui.widgets.password_field import PasswordField

_HEIGHT: Final = 42
_LONGEST: Final = 32767
_SLOW_MS: Final = 2000


class PasswordEntry(QWidget):
    """Asks for a password or a PIN and is patient about it."""

    submitted = Signal(str)
    link_followed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verb = ""
        self._link_text = ""
        self._busy = False
        self._left = 0
        self._sentence = ""
        self._good = False
        self._digits = 0
        self.field = PasswordField(_HEIGHT, still=True, parent=self)
        self.go = Button("primary", height=_HEIGHT, parent=self)
        self.link = Button("link", parent=self)
        self._said_icon = IconLabel("circle-alert", "warning", 16, self)
        self._said = Words(13, 500, "warning", parent=self)
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._second = QTimer(self, interval=1000)
        self._slow = QTimer(self, interval=_SLOW_MS, singleShot=True)
        self._build()
        self.field.edit.returnPressed.connect(self._on_submit)
        self.field.edit.textEdited.connect(self._on_edited)
        self.go.clicked.connect(self._on_submit)
        self.link.clicked.connect(self.link_followed)
        self._second.timeout.connect(self._on_second)
        self._slow.timeout.connect(self._say)
        self._say()

    def _build(self) -> None:
        self.field.row.addWidget(self.go)
        self.field.foot.addWidget(self.link)
        said = QHBoxLayout()
        said.setSpacing(8)
        said.addWidget(self._said_icon, 0, Qt.AlignmentFlag.AlignTop)
        said.addWidget(self._said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.field)
        # Two lines are kept free, so that nothing above moves when they are needed.
        room = QWidget(self)
        fitting.least_height(room, 36)
        inside = QVBoxLayout(room)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(said)
        inside.addStretch(1)
        column.addWidget(room)

    @property
    def waiting(self) -> int:
        """Seconds until the next try is taken."""
        return self._left

    @property
    def said(self) -> str:
        """The words under the field."""
        return self._said.words

    def name(self, label: str, verb: str, link: str) -> None:
        """Say what is asked for, what the button does, and where the link leads (empty: no link)."""
        self._verb = verb
        self._link_text = link
        self.field.name(label)
        self.field.retranslate()
        self.link.say(link)
        self.link.setVisible(bool(link))
        self.go.keep_room_for(verb, _("Memeriksa…"))
        self._say()

    def take_digits(self, count: int) -> None:
        """Ask for a PIN of so many digits, sent as soon as it is whole; 0 asks for a password again."""
        if count != self._digits:
            self._digits = count
            self.clear()
            wanted = QRegularExpression(rf"\d{{0,{count}}}" if count else ".*")
            self.field.edit.setValidator(QRegularExpressionValidator(wanted, self))
            self.field.edit.setMaxLength(count or _LONGEST)

    def set_busy(self, busy: bool) -> None:
        """Show that the password is being checked; the words for a slow PC come only after two seconds."""
        if busy == self._busy:
            return
        self._busy = busy
        self._slow.stop()
        if busy:
            self._sentence = ""
            self._slow.start()
        self._say()
        self._open()

    def refuse(self, sentence: str, wait_seconds: int) -> None:
        """Say kindly that it was not right, and take the next try when the wait is over."""
        self._busy = self._good = False
        self._slow.stop()
        self._sentence = sentence
        self._left = max(0, wait_seconds)
        if self._left:
            self._second.start()
        else:
            self._second.stop()
        self._say()
        announce(self, self.said)
        self._open()

    def tell(self, sentence: str) -> None:
        """Say something good under the field."""
        self._sentence, self._good = sentence, True
        self._say()
        announce(self, sentence)

    def clear(self) -> None:
        """Forget what was typed, and what was said about it."""
        self.field.forget()
        self._sentence = ""
        self._say()

    def retranslate(self) -> None:
        self.field.retranslate()
        self._say()

    def take_focus(self) -> None:
        self.field.take_focus()

    def _open(self) -> None:
        """Let the field be used unless something forbids it, and go on where the typing stopped."""
        free = not self._busy and not self._left
        keyboard = self._keyboard()
        if not free and keyboard is not None and self.isAncestorOf(keyboard):
            # Else Qt hands the keyboard to the next control, and an Enter too many would press it.
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.edit.setEnabled(free)
        self.go.setEnabled(free)
        self.link.setEnabled(not self._busy)
        if free:
            self.field.edit.selectAll()
            if keyboard in {None, self}:
                self.field.take_focus()

    def _keyboard(self) -> QWidget | None:
        """What gets the keys when the window does."""
        return self.window().focusWidget()

    def _say(self) -> None:
        self.go.say(_("Memeriksa…") if self._busy else self._verb)
        parts = [self._sentence]
        if self._left:
            again = ngettext("Silakan coba lagi dalam {n} detik.", "Silakan coba lagi dalam {n} detik.", self._left)
            parts.append(again.format(n=self._left))
        elif self._busy and not self._slow.isActive():
            parts = [_("Masih memeriksa. PC ini memerlukan beberapa detik.")]
        tone = "text3" if self._busy else "success" if self._good else "warning"
        self._said.set_tone(tone)
        self._said.set_words(" ".join(part for part in parts if part))
        icon = "clock" if self._busy else "circle-check" if self._good else "circle-alert"
        self._said_icon.show_icon(icon, tone)
        self._said_icon.setVisible(bool(self.said))

    def _on_second(self) -> None:
        self._left = max(0, self._left - 1)
        self._say()
        if not self._left:
            self._second.stop()
            self._open()

    def _on_edited(self) -> None:
        if self._sentence:
            self._sentence = ""
            self._say()
        if self._digits and len(self.field.text()) == self._digits:
            self._on_submit()

    def _on_submit(self) -> None:
        if self._busy or self._left:
            return
        if self.field.text():
            self.field.line.eye.setChecked(False)
            self.submitted.emit(self.field.text())
        else:
            self.field.take_focus()
