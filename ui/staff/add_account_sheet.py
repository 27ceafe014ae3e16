"""The side sheet that lets a new person in."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from shelter.language import _
from ui.staff.role_list import RoleList
from ui.theme import fitting
from ui.widgets.button import Button
from ui.widgets.check_box import EDGE
from ui.widgets.label import Label
from ui.widgets.line_field import LineField
from ui.widgets.notice import Notice
from ui.widgets.pass_phrase_fields import PassPhraseFields
from ui.widgets.scroll import DownScroll

Field = Literal["display_name", "login", "roles", "password"]

WIDTH: Final = 440


class AddAccountSheet(QFrame):
    """Keeps all that was typed until the person is added; the password alone goes when the sheet is closed."""

    wanted = Signal(dict)
    """``display_name``, ``login``, ``roles`` (a tuple of codes) and ``password``."""
    closed = Signal()

    def __init__(self, suggest: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("AddAccountSheet")
        self.setProperty("look", "sheet")
        self._busy = False
        self.title = Label(18, 700, title=True, parent=self)
        self.close_button = Button("icon", "x", height=32, parent=self)
        self.notice = Notice(self)
        # Children in reading order, which is the order Tab follows.
        self._inside = QWidget(self)
        self.display_name = LineField(parent=self._inside)
        self.login = LineField(parent=self._inside)
        self.roles = RoleList(self._inside)
        self.password = PassPhraseFields(suggest, repeated=False, parent=self._inside)
        self.cancel = Button("ghost", height=36, parent=self)
        self.add = Button("primary", parent=self)
        self._build()
        self.close_button.clicked.connect(self.close_sheet)
        self.cancel.clicked.connect(self.close_sheet)
        self.add.clicked.connect(self._on_add)
        self.password.confirmed.connect(self._on_add)
        self.display_name.edit.returnPressed.connect(self.login.take_focus)
        self.login.edit.returnPressed.connect(self.roles.take_focus)
        self.retranslate()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(24, 16, 16, 8)
        top.addWidget(self.title)
        top.addStretch(1)
        top.addWidget(self.close_button)
        fields = QVBoxLayout(self._inside)
        # The boxes of the roles have a margin of their own, in which the ring of the keyboard is drawn.
        fields.setContentsMargins(24 - EDGE, 4, 24, 12)
        fields.setSpacing(12)
        for field in (self.display_name, self.login, self.roles, self.password):
            fields.addWidget(field)
        for field in (self.display_name, self.login, self.password):
            field.setContentsMargins(EDGE, 0, 0, 0)
        above = QHBoxLayout()
        above.setContentsMargins(24, 0, 24, 8)
        above.addWidget(self.notice)
        fields.addStretch(1)
        line = QFrame(self)
        line.setProperty("look", "line")
        line.setFixedHeight(1)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(24, 12, 24, 14)
        bottom.setSpacing(8)
        bottom.addStretch(1)
        bottom.addWidget(self.cancel)
        bottom.addWidget(self.add)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(top)
        whole.addLayout(above)
        whole.addWidget(DownScroll(self._inside, 24, self), 1)
        whole.addWidget(line)
        whole.addLayout(bottom)
        fitting.width(self, WIDTH)

    @property
    def busy(self) -> bool:
        """Whether an answer is being waited for."""
        return self._busy

    def open_sheet(self) -> None:
        """Come to the front, with what was typed before."""
        self.show()
        self.raise_()
        self.display_name.take_focus()

    def close_sheet(self) -> None:
        """Go out of the way; while an answer is awaited there is nothing to close."""
        if not self._busy and not self.isHidden():
            self.password.forget()
            self.hide()
            self.closed.emit()

    def clear(self) -> None:
        """Forget everything that was typed."""
        for field in (self.display_name, self.login):
            field.set_text("")
            field.refuse("")
        self.roles.choose(())
        self.password.forget()
        self.notice.be_quiet()

    def set_busy(self, busy: bool) -> None:
        """Show that the person is being added."""
        if busy:
            self.notice.be_quiet()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._busy = busy
        for part in (self._inside, self.cancel, self.close_button, self.add):
            part.setEnabled(not busy)
        self._name_button()

    def refuse_field(self, field: str, sentence: str) -> None:
        """Say at a field what is to be mended; of an unknown field, above all of them."""
        self.set_busy(False)
        match field:
            case "display_name" | "login":
                line = self.display_name if field == "display_name" else self.login
                line.refuse(sentence)
                line.take_focus()
                line.edit.selectAll()
            case "roles":
                self.roles.refuse(sentence)
                self.roles.take_focus()
            case "password":
                self.password.refuse(sentence)
            case _:
                self.show_fault(sentence)

    def show_fault(self, sentence: str) -> None:
        """Say that the world failed; what was typed stays."""
        self.set_busy(False)
        self.notice.tell("warning", sentence)
        self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_role_labels(self, labels: Mapping[str, str]) -> None:
        self.roles.set_labels(labels)

    def retranslate(self) -> None:
        self.title.setText(_("Tambah orang"))
        self.setAccessibleName(self.title.text())
        self.close_button.say(_("Tutup"))
        self.display_name.name(_("Nama"), _("Nama yang dibaca rekan kerja."))
        self.login.name(_("Nama masuk"), _("Dipakai saat masuk; sebaiknya pendek."))
        self.roles.label.setText(_("Peran"))
        self.roles.setAccessibleName(_("Peran"))
        self.password.retranslate()
        self.cancel.say(_("Batal"))
        self._name_button()

    def _name_button(self) -> None:
        verb, working = _("Tambah orang"), _("Menambahkan…")
        self.add.keep_room_for(verb, working)
        self.add.say(working if self._busy else verb)

    def _on_add(self) -> None:
        if self._busy:
            return
        name, login = (" ".join(field.text().split()) for field in (self.display_name, self.login))
        roles = self.roles.chosen()
        # From the last to the first, so that the keyboard ends at the first that wants something.
        password = self.password.password()
        if not roles:
            self.refuse_field("roles", _("Pilih sedikitnya satu peran."))
        if not login:
            self.refuse_field("login", _("Isi nama masuknya."))
        if not name:
            self.refuse_field("display_name", _("Isi namanya."))
        if name and login and roles and password is not None:
            self.set_busy(True)
            self.wanted.emit({"display_name": name, "login": login, "roles": roles, "password": password})

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
        else:
            super().keyPressEvent(event)
