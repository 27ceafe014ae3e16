"""A line for a password: hidden until asked for, pasted into but never copied from, and a word when Caps Lock is on."""

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from shelter.language import _
from ui.theme import fonts, icons
from ui.widgets.button import Button
from ui.widgets.label import Label
from ui.widgets.line_field import HEIGHT, LineEdit, LineField

_EYE: Final = 28
_SECRET: Final = (
    Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhNoAutoUppercase
)


class PasswordEdit(LineEdit):
    """The line itself."""

    caps_lock_seen = Signal(bool)

    def __init__(self, height: int = HEIGHT, parent: QWidget | None = None) -> None:
        super().__init__(height, parent)
        self.eye = Button("icon", "eye", height=_EYE, parent=self)
        self.eye.setCheckable(True)
        self.eye.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.eye.toggled.connect(self._on_eye)
        self._caps_lock: bool | None = None
        self._on_eye(False)

    def forget(self) -> None:
        """Empty the line, beyond Ctrl+Z, and hide what is typed next."""
        self.setText("")
        self.eye.setChecked(False)

    def retranslate(self) -> None:
        self.eye.say(_("Sembunyikan kata sandi") if self.eye.isChecked() else _("Tampilkan kata sandi"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._watch_caps_lock(event)
        # A copied password would lie open to whoever sits here next.
        if event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.Cut):
            event.accept()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.createStandardContextMenu()
        for action in menu.actions():
            if action.objectName() in {"edit-copy", "edit-cut"}:
                action.setEnabled(False)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_eye()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "eye"):
            self._place_eye()

    def _place_eye(self) -> None:
        side = fonts.scaled(_EYE)
        self.eye.resize(side, side)
        self.eye.move(self.width() - side - 5, (self.height() - side) // 2)
        self.setTextMargins(0, 0, side, 0)

    def _on_eye(self, shown: bool) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        # Setting the echo mode lets go of these, and a keyboard that learns would learn the password.
        self.setInputMethodHints(self.inputMethodHints() | _SECRET)
        self.eye.setIcon(icons.icon("eye-off" if shown else "eye"))
        self.retranslate()

    def _watch_caps_lock(self, event: QKeyEvent) -> None:
        """Learn from what a key brought forth; no system tells it to all programs alike."""
        typed = event.text()
        if event.key() == Qt.Key.Key_CapsLock and self._caps_lock is not None:
            self._caps_lock = not self._caps_lock
        elif len(typed) == 1 and typed.isalpha() and typed.upper() != typed.lower():
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._caps_lock = typed.isupper() is not shift
        else:
            return
        self.caps_lock_seen.emit(self._caps_lock)


class PasswordField(LineField):
    """Label, password line with an eye, and the hint about Caps Lock in the foot."""

    def __init__(self, height: int = HEIGHT, *, still: bool = False, parent: QWidget | None = None) -> None:
        self.line = PasswordEdit(height)
        super().__init__(self.line, parent)
        self.caps = Label(12, 500, "warning", parent=self)
        policy = self.caps.sizePolicy()
        # Where it is typed often, nothing may move when the hint comes and goes.
        policy.setRetainSizeWhenHidden(still)
        self.caps.setSizePolicy(policy)
        self.caps.hide()
        self.foot.addWidget(self.caps)
        self.foot.addStretch(1)
        self.line.caps_lock_seen.connect(self.caps.setVisible)
        self.retranslate()

    def forget(self) -> None:
        self.line.forget()
        self.refuse("")

    def retranslate(self) -> None:
        self.caps.setText(_("Caps Lock menyala"))
        self.line.retranslate()
