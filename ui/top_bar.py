"""The bar above the work: the product, the privacy cover, and who is at the desk."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from shelter.language import _
from ui.session.faces import Face
from ui.theme import fitting
from ui.widgets.avatar import Avatar
from ui.widgets.brand import Brand
from ui.widgets.button import Button

_HEIGHT = 54


class TopBar(QFrame):
    tirai_wanted = Signal()
    lock_wanted = Signal()
    switch_wanted = Signal()
    pin_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("TopBar")
        self.setProperty("look", "ground")
        fitting.height(self, _HEIGHT)
        self.tirai = Button("ghost", "eye-off", parent=self)
        self.avatar = Avatar(30, self)
        self.person = Button("ghost", "user", parent=self)
        self.menu = QMenu(self)
        self.lock_action = QAction(self)
        self.switch_action = QAction(self)
        self.pin_action = QAction(self)
        self.menu.addActions([self.lock_action, self.switch_action, self.pin_action])
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(Brand(self))
        row.addStretch(1)
        row.addWidget(self.tirai)
        row.addWidget(self.avatar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.person)
        self.tirai.clicked.connect(self.tirai_wanted)
        self.person.clicked.connect(self._open_menu)
        self.lock_action.triggered.connect(self.lock_wanted)
        self.switch_action.triggered.connect(self.switch_wanted)
        self.pin_action.triggered.connect(self.pin_wanted)
        self.retranslate()

    def show_person(self, person: Face, *, may_set_pin: bool) -> None:
        """Say who is at the desk: on screen by initials, the name only to whoever asks for it."""
        self.avatar.show_person(person.initials, person.tag)
        self.person.say(person.initials, person.name)
        self.pin_action.setVisible(may_set_pin)

    def forget(self) -> None:
        """Nobody is at the desk."""
        self.menu.hide()
        self.person.say("")

    def retranslate(self) -> None:
        self.tirai.say(_("Tirai"), _("Tutup layar sejenak (Esc dua kali)"))
        self.lock_action.setText(_("Kunci (Ctrl+L)"))
        self.switch_action.setText(_("Ganti petugas"))
        self.pin_action.setText(_("Pasang PIN untuk hari ini…"))

    def _open_menu(self) -> None:
        self.menu.popup(self.person.mapToGlobal(self.person.rect().bottomLeft()))
