"""The way in when a password is forgotten: the words of the recovery sheet, then a new password."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from shelter.language import _
from ui.session.word_grid import WordGrid
from ui.theme import fitting
from ui.widgets.brand import Brand
from ui.widgets.button import Button
from ui.widgets.label import Label, Words
from ui.widgets.notice import Notice
from ui.widgets.pass_phrase_fields import PassPhraseFields
from ui.widgets.scroll import DownScroll

_COLUMN: Final = 520
_NARROW: Final = 404


class RecoveryPage(QFrame):
    """First the words, sent by ``submitted``; after ``ask_new_password`` the new password."""

    submitted = Signal(list)
    new_password_ready = Signal(str)
    cancelled = Signal()

    def __init__(self, suggest: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("RecoveryPage")
        self.setProperty("look", "ground")
        self._person = ""
        self._busy = False
        self.back = Button("ghost", "arrow-left", parent=self)
        self.title = Label(22, 700, title=True, parent=self)
        self.explanation = Words(13, parent=self)
        self.grid = WordGrid(self)
        self.password = PassPhraseFields(suggest, repeated=True, parent=self)
        self.password.hide()
        self._column = QWidget(self)
        self.notice = Notice(self)
        self.go = Button("primary", parent=self)
        self._build()
        self.back.clicked.connect(self.cancelled)
        self.go.clicked.connect(self._on_go)
        self.grid.completed.connect(self._on_go)
        self.grid.edited.connect(self.notice.be_quiet)
        self.password.confirmed.connect(self._on_go)
        self.retranslate()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(20, 16, 20, 0)
        top.addWidget(Brand(self))
        top.addStretch(1)
        top.addWidget(self.back)
        fields = QVBoxLayout(self._column)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(0)
        fields.addWidget(self.title)
        fields.addSpacing(4)
        fields.addWidget(self.explanation)
        fields.addSpacing(12)
        # Above the words, so that on a small screen it is not below what can be seen.
        fields.addWidget(self.notice)
        fields.addSpacing(8)
        fields.addWidget(self.grid)
        fields.addWidget(self.password)
        fields.addSpacing(20)
        fields.addWidget(self.go, 0, Qt.AlignmentFlag.AlignLeft)
        fitting.width(self._column, _COLUMN)
        middle = QWidget(self)
        stack = QVBoxLayout(middle)
        stack.setContentsMargins(20, 8, 20, 8)
        stack.addStretch(1)
        stack.addWidget(self._column, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 12)
        whole.setSpacing(0)
        whole.addLayout(top)
        whole.addWidget(DownScroll(middle, 20, self), 1)

    @property
    def asks_for_words(self) -> bool:
        """Whether this is the first step."""
        return self.password.isHidden()

    def ask_new_password(self, person: str = "") -> None:
        """The words were right: ask for the new password, saying whose it will be."""
        self._person = person
        self.grid.clear()
        self.set_busy(False)
        self._ask_for(words=False)

    def refuse(self, sentence: str, at: int) -> None:
        """Say what is wrong with the words and lead to the one with this number; 0 when it is no single word."""
        self.set_busy(False)
        self.notice.tell("warning", sentence)
        self.grid.point_at(at)

    def refuse_password(self, sentence: str) -> None:
        """Say why the new password will not do."""
        self.set_busy(False)
        self.password.refuse(sentence)

    def set_busy(self, busy: bool) -> None:
        """Show that the words, or the password, are being worked on."""
        self._busy = busy
        if busy:
            self.notice.be_quiet()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.grid.setEnabled(not busy)
        self.password.setEnabled(not busy)
        self.go.setEnabled(not busy)
        self._name_button()

    def clear(self) -> None:
        """Forget everything that was typed and begin anew."""
        self._person = ""
        self.grid.clear()
        self.password.forget()
        self.set_busy(False)
        self._ask_for(words=True)

    def focus_first(self) -> None:
        """Put the cursor where the typing begins."""
        if self.asks_for_words:
            self.grid.lines[0].setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.password.first.take_focus()

    def retranslate(self) -> None:
        self.back.say(_("Kembali ke halaman masuk"))
        self.grid.retranslate()
        self.password.retranslate()
        if self.asks_for_words:
            self.title.setText(_("Lembar pemulihan"))
            self.explanation.set_words(
                _("Ketik 14 kata dari lembar pemulihan. Empat huruf pertama tiap kata sudah cukup.")
            )
        else:
            self.title.setText(_("Kata sandi baru"))
            self.explanation.set_words(
                _("Lembar pemulihan cocok. Buat kata sandi baru untuk {name}.").format(name=self._person)
                if self._person
                else _("Lembar pemulihan cocok. Sekarang buat kata sandi baru.")
            )
        self._name_button()

    def _ask_for(self, *, words: bool) -> None:
        self.notice.be_quiet()
        self.grid.setVisible(words)
        self.password.setVisible(not words)
        fitting.width(self._column, _COLUMN if words else _NARROW)
        self.retranslate()
        self.focus_first()

    def _name_button(self) -> None:
        verb = _("Periksa kata-kata") if self.asks_for_words else _("Simpan kata sandi")
        working = _("Memeriksa…") if self.asks_for_words else _("Menyimpan…")
        self.go.keep_room_for(verb, working)
        self.go.say(working if self._busy else verb)

    def _on_go(self) -> None:
        if self._busy:
            return
        if self.asks_for_words:
            self._send_words()
        elif (password := self.password.password()) is not None:
            self.new_password_ready.emit(password)

    def _send_words(self) -> None:
        words = self.grid.words()
        empty = next((number for number, word in enumerate(words, start=1) if not word), 0)
        if empty:
            self.refuse(_("Kata ke-{n} belum diisi.").format(n=empty), empty)
        else:
            self.submitted.emit(words)
