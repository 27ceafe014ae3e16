"""What can be done to the person under the cursor, and the one question that is asked before a door is shut."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from shelter.language import _
from ui.staff.account_view import AccountView
from ui.theme import fitting
from ui.widgets.button import Button
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.label import Words


class AccountBar(QFrame):
    """Enabling happens at once; disabling is asked about, with the safe answer under the keyboard."""

    disable_wanted = Signal(object)
    enable_wanted = Signal(object)
    left = Signal()
    """Esc: back to the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self._view: AccountView | None = None
        self._asking = False
        self.title = ElidedLabel(13, 600, parent=self)
        self.words = Words(12, tone="text2", parent=self)
        self.stay = Button("soft", parent=self)
        self.act = Button("soft", parent=self)
        fitting.least_height(self, 58)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self.title)
        text.addWidget(self.words)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 9, 12, 9)
        row.setSpacing(8)
        row.addLayout(text, 1)
        row.addWidget(self.stay)
        row.addWidget(self.act)
        self.stay.clicked.connect(self._on_stay)
        self.act.clicked.connect(self._on_act)
        self.retranslate()

    @property
    def asking(self) -> bool:
        """Whether the question stands there."""
        return self._asking

    def show_person(self, view: AccountView | None) -> None:
        """Turn to another person; a question about the one before is dropped."""
        if view != self._view:
            self._view, self._asking = view, False
            self.retranslate()

    def take_focus(self) -> None:
        (self.stay if self._asking else self.act).setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        view = self._view
        self.stay.setVisible(self._asking)
        self.act.setVisible(view is not None)
        self.title.setVisible(view is not None)
        self.stay.say(_("Biarkan aktif"))
        self.act.say(_("Nonaktifkan") if view is None or view.state == "active" else _("Aktifkan kembali"))
        if view is None:
            self.words.set_words(_("Pilih seseorang untuk melihat apa yang dapat dilakukan."))
            return
        self.title.set_whole(
            _("Nonaktifkan {name}?").format(name=view.display_name) if self._asking else view.display_name
        )
        if self._asking:
            self.words.set_words(
                _("Ia tidak dapat masuk sampai diaktifkan kembali. Catatan dan kata sandinya tetap tersimpan.")
            )
        elif view.state == "active":
            self.words.set_words(_("Dapat masuk dengan nama {login}.").format(login=view.login))
        else:
            self.words.set_words(_("Tidak dapat masuk. Catatan dan kata sandinya tetap tersimpan."))

    def _on_act(self) -> None:
        view = self._view
        if view is None:
            return
        if view.state == "disabled":
            self.enable_wanted.emit(view.id)
        elif self._asking:
            self._asking = False
            self.retranslate()
            self.disable_wanted.emit(view.id)
        else:
            self._asking = True
            self.retranslate()
            self.take_focus()

    def _on_stay(self) -> None:
        self._asking = False
        self.retranslate()
        self.take_focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._asking:
            self._on_stay()
        else:
            self.left.emit()
