"""Masuk: the greeting, who one is, and the password."""

from itertools import pairwise
from typing import Final, Literal

from PySide6.QtCore import QRegularExpression, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from shelter.language import _
from ui.session.faces import Face
from ui.session.password_entry import PasswordEntry
from ui.theme import fitting
from ui.widgets.brand import Brand
from ui.widgets.label import Label
from ui.widgets.language_button import LanguageButton
from ui.widgets.line_field import LineEdit, LineField
from ui.widgets.scroll import DownScroll
from ui.widgets.tile import Tile, TileRow

Place = Literal["", "file", "server"]

MOST_FACES: Final = 4
_FIELD_HEIGHT: Final = 42
_COLUMN: Final = 404


class SignInPage(QFrame):
    """Says nothing about the home. A password goes out by ``submitted`` and is forgotten by ``clear_password``."""

    submitted = Signal(str, str)
    """Who (the tag of a face, or the name as typed) and the password."""
    recovery_wanted = Signal()
    language_chosen = Signal(str)
    other_name_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("SignInPage")
        self.setProperty("look", "ground")
        self._faces: tuple[Face, ...] = ()
        self._show_names = False
        self._hour = 8
        self._place: Place = ""
        self.language = LanguageButton(self)
        self.greeting = Label(26, 700, title=True, parent=self)
        self.invitation = Label(14, tone="text2", parent=self)
        self.tiles = TileRow(self)
        self.name = LineField(LineEdit(_FIELD_HEIGHT), self)
        self.entry = PasswordEntry(self)
        self.footer = Label(12, tone="text3", parent=self)
        self._build()
        self._connect()
        self._show_faces()
        self.retranslate()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(20, 16, 20, 0)
        top.addWidget(Brand(self))
        top.addStretch(1)
        top.addWidget(self.language)
        # A name may hold anything but line breaks and control characters.
        self.name.edit.setValidator(QRegularExpressionValidator(QRegularExpression(r"[^\p{C}]*"), self))
        column = QWidget(self)
        fitting.width(column, _COLUMN)
        fields = QVBoxLayout(column)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(12)
        fields.addWidget(self.name)
        fields.addWidget(self.entry)
        middle = QWidget(self)
        stack = QVBoxLayout(middle)
        stack.setContentsMargins(20, 8, 20, 8)
        stack.setSpacing(0)
        stack.addStretch(1)
        stack.addWidget(self.greeting, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addSpacing(4)
        stack.addWidget(self.invitation, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addSpacing(20)
        stack.addWidget(self.tiles, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addSpacing(4)
        stack.addWidget(column, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 16)
        whole.setSpacing(0)
        whole.addLayout(top)
        whole.addWidget(DownScroll(middle, 20, self), 1)
        whole.addSpacing(4)
        whole.addWidget(self.footer, 0, Qt.AlignmentFlag.AlignHCenter)

    def _connect(self) -> None:
        self.language.chosen.connect(self.language_chosen)
        self.tiles.chosen.connect(self._on_tile)
        self.tiles.confirmed.connect(self._on_tile_confirmed)
        self.name.edit.returnPressed.connect(self._on_name_entered)
        self.entry.submitted.connect(self._on_submitted)
        self.entry.link_followed.connect(self.recovery_wanted)

    @property
    def other_name(self) -> bool:
        """Whether a name is to be typed, because nobody is offered or "Nama lain" was chosen."""
        return self._face() is None

    @property
    def who(self) -> str:
        """The tag of the chosen face, or the name as typed; empty when nobody is named yet."""
        face = self._face()
        return face.tag if face else " ".join(self.name.text().split())

    def set_faces(self, faces: tuple[Face, ...], show_names: bool) -> None:
        """Offer these people, the latest first; more than four are left to "Nama lain"."""
        self._faces = faces[:MOST_FACES]
        self._show_names = show_names
        self._show_faces()
        self.retranslate()

    def set_greeting(self, hour: int) -> None:
        """Greet by the hour of the day, 0 to 23."""
        self._hour = hour
        self.greeting.setText(_greeting(hour))

    def set_place(self, kind: Place) -> None:
        """Say where the data lies, once that is known."""
        self._place = kind
        self.footer.setText(_place_sentence(kind))

    def set_busy(self, busy: bool) -> None:
        """Show that the password is being checked."""
        self.tiles.setEnabled(not busy)
        self.name.setEnabled(not busy)
        self.language.setEnabled(not busy)
        self.entry.set_busy(busy)

    def refuse(self, sentence: str, wait_seconds: int) -> None:
        """Say that it was not right; the next try is taken when the wait is over."""
        self.set_busy(False)
        self.entry.refuse(sentence, wait_seconds)

    def tell(self, sentence: str) -> None:
        """Say something good, such as that a new password holds."""
        self.entry.tell(sentence)

    def clear_password(self) -> None:
        self.entry.clear()

    def focus_first(self) -> None:
        """Put the cursor where the typing begins."""
        if self.other_name and not self.name.text():
            self.name.take_focus()
        else:
            self.entry.take_focus()

    def retranslate(self) -> None:
        self.language.retranslate()
        self.set_greeting(self._hour)
        self.set_place(self._place)
        for tile, face in zip(self.tiles.tiles, self._faces, strict=False):
            shown = face.name if self._show_names else ""
            tile.say(shown, shown or _("Petugas {initials}").format(initials=face.initials), tall=self._show_names)
        if self.tiles.tiles:
            self.tiles.tiles[-1].say(_("Nama lain"), _("Nama lain"), tall=self._show_names)
        self.name.name(_("Nama masuk"))
        self._name_password()
        self.invitation.setText(self._invitation())
        self.tiles.setAccessibleName(self.invitation.text())

    def _invitation(self) -> str:
        if not self._faces:
            return _("Ketik nama masuk dan kata sandi Anda.")
        return _("Pilih nama Anda untuk masuk.") if self._show_names else _("Pilih inisial Anda untuk masuk.")

    def _name_password(self) -> None:
        face = self._face()
        if face is None:
            label = _("Kata sandi")
        else:
            shown = face.name if self._show_names and face.name else face.initials
            label = _("Kata sandi {name}").format(name=shown)
        self.entry.name(label, _("Masuk"), _("Lupa kata sandi?"))

    def _face(self) -> Face | None:
        place = self.tiles.place()
        return self._faces[place] if 0 <= place < len(self._faces) else None

    def _show_faces(self) -> None:
        tiles = [Tile(face.initials, face.tag) for face in self._faces]
        self.tiles.show_tiles([*tiles, Tile("", "")] if tiles else [], 0)
        self.tiles.setVisible(bool(tiles))
        self.name.setVisible(self.other_name)
        # New tiles are the youngest children, and Tab would come to them last.
        field = self.entry.field
        keys = [*self.tiles.tiles, self.name.edit, field.edit, field.line.eye, self.entry.go, self.entry.link]
        for before, after in pairwise([self.language, *keys]):
            self.setTabOrder(before, after)

    def _on_tile(self, place: int) -> None:
        self.name.setVisible(self.other_name)
        # What one person typed is not tried for another.
        self.entry.clear()
        self._name_password()
        if self.other_name:
            self.other_name_wanted.emit()

    def _on_tile_confirmed(self) -> None:
        self.focus_first()

    def _on_name_entered(self) -> None:
        self.entry.take_focus()

    def _on_submitted(self, password: str) -> None:
        if self.who:
            self.submitted.emit(self.who, password)
        else:
            self.name.take_focus()


def _greeting(hour: int) -> str:
    if 4 <= hour < 11:
        return _("Selamat pagi")
    if 11 <= hour < 15:
        return _("Selamat siang")
    if 15 <= hour < 18:
        return _("Selamat sore")
    return _("Selamat malam")


def _place_sentence(place: Place) -> str:
    if place == "file":
        return _("Data tersimpan terenkripsi di PC ini.")
    if place == "server":
        return _("Data tersimpan di server rumah ini; sambungannya terenkripsi.")
    return ""
