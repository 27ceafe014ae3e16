"""Pengguna: who works here, adding somebody, and shutting or opening the door for a person."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from shelter.language import _, ngettext
from ui.staff.account_bar import AccountBar
from ui.staff.account_view import AccountView
from ui.staff.accounts_table import AccountsTable
from ui.staff.add_account_sheet import WIDTH, AddAccountSheet
from ui.theme import fonts
from ui.widgets.button import Button
from ui.widgets.empty import Empty
from ui.widgets.label import Label
from ui.widgets.notice import Notice
from ui.widgets.waiting import Waiting

__all__ = ["AccountView", "AccountsPage"]

_NOTICE_MS: Final = 6000


class AccountsPage(QFrame):
    """Shows rows it is given and says what is wanted; it knows no store."""

    reload_wanted = Signal()
    add_wanted = Signal(dict)
    disable_wanted = Signal(object)
    enable_wanted = Signal(object)

    def __init__(self, suggest: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("AccountsPage")
        self.setProperty("look", "panel")
        self._views: tuple[AccountView, ...] = ()
        self._labels: Mapping[str, str] = {}
        self._loading = False
        self._panel = QWidget(self)
        self.title = Label(22, 700, title=True, parent=self._panel)
        self.count = Label(13, tone="text3", parent=self._panel)
        self.reload = Button("icon", "refresh-cw", parent=self._panel)
        self.add = Button("primary", "plus", parent=self._panel)
        self.notice = Notice(self._panel)
        self.places = QStackedWidget(self._panel)
        self.table = AccountsTable(self.places)
        self.waiting = Waiting(self.places)
        self.empty = Empty("users", self.places)
        self.bar = AccountBar(self._panel)
        self._shade = QFrame(self)
        self._suggest = suggest
        self._sheet: AddAccountSheet | None = None
        self._quiet = QTimer(self, interval=_NOTICE_MS, singleShot=True)
        self._build()
        self._connect()
        self._show_place()
        self.retranslate()

    def _build(self) -> None:
        self._shade.setProperty("look", "shade")
        self._shade.hide()
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(8)
        head.addWidget(self.title)
        head.addSpacing(4)
        head.addWidget(self.count)
        head.addStretch(1)
        head.addWidget(self.reload)
        head.addWidget(self.add)
        # Smaller letters on the same line as the title's.
        self.count.setContentsMargins(0, 7, 0, 0)
        self.places.setProperty("look", "clear")
        for place in (self.table, self.waiting, self.empty):
            self.places.addWidget(place)
        column = QVBoxLayout(self._panel)
        column.setContentsMargins(24, 18, 24, 18)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.notice)
        column.addWidget(self.places, 1)
        column.addWidget(self.bar)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._panel)

    def _connect(self) -> None:
        self.reload.clicked.connect(self.reload_wanted)
        self.notice.wanted.connect(self.reload_wanted)
        self.add.clicked.connect(self.open_sheet)
        self.empty.wanted.connect(self.open_sheet)
        self.table.chosen.connect(self.bar.show_person)
        self.table.confirmed.connect(self._on_row_confirmed)
        self.bar.left.connect(self.table.setFocus)
        self.bar.disable_wanted.connect(self.disable_wanted)
        self.bar.enable_wanted.connect(self.enable_wanted)
        self._quiet.timeout.connect(self.notice.be_quiet)

    @property
    def views(self) -> tuple[AccountView, ...]:
        """The rows shown."""
        return self._views

    @property
    def sheet(self) -> AddAccountSheet:
        """The side sheet, built when it is first needed."""
        if self._sheet is None:
            self._sheet = AddAccountSheet(self._suggest, self)
            self._sheet.hide()
            self._sheet.set_role_labels(self._labels)
            self._sheet.wanted.connect(self.add_wanted)
            self._sheet.closed.connect(self._on_sheet_closed)
        return self._sheet

    def show_rows(self, views: tuple[AccountView, ...]) -> None:
        """Show these people; whoever was under the cursor stays there."""
        self._views = views
        self._loading = False
        self.table.show_views(views, self._labels)
        self._show_place()
        self._count()

    def set_role_labels(self, labels: Mapping[str, str]) -> None:
        """Call the roles by these words, in the language spoken now."""
        self._labels = dict(labels)
        if self._sheet is not None:
            self._sheet.set_role_labels(self._labels)
        self.table.show_views(self._views, self._labels)

    def set_loading(self, loading: bool) -> None:
        """Rows are on their way. Those already here stay; else quiet bars come after a moment."""
        self._loading = loading
        self.reload.setEnabled(not loading)
        self._show_place()

    def show_fault(self, sentence: str) -> None:
        """Say that something failed: in the sheet when it was waiting for an answer, else above the list."""
        self.set_loading(False)
        if self._sheet is not None and self._sheet.busy:
            self._sheet.show_fault(sentence)
        else:
            self._quiet.stop()
            self.notice.tell("warning", sentence, _("Muat lagi"))

    def show_notice(self, sentence: str) -> None:
        """Say what was done. If that was adding the person in the sheet, the sheet has served."""
        if self._sheet is not None and self._sheet.busy:
            self._sheet.set_busy(False)
            self._sheet.clear()
            self._sheet.close_sheet()
        self.notice.tell("success", sentence)
        self._quiet.start()

    def refuse_field(self, field: str, sentence: str) -> None:
        """Say at a field of the sheet (``display_name``, ``login``, ``roles``, ``password``) what is to be mended."""
        self.sheet.refuse_field(field, sentence)

    def open_sheet(self) -> None:
        """Let somebody be added."""
        # What lies below keeps its place but takes no key and no click.
        self._panel.setEnabled(False)
        sheet = self.sheet
        self._place_sheet()
        self._shade.show()
        self._shade.raise_()
        sheet.open_sheet()

    def close_sheet(self) -> None:
        """Put the sheet away; what was typed in it stays, but not the password."""
        if self._sheet is not None:
            self._sheet.close_sheet()

    def focus_first(self) -> None:
        """Put the keyboard where the work begins."""
        if self._sheet is not None and not self._sheet.isHidden():
            self._sheet.open_sheet()
        elif self._views:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        self.title.setText(_("Pengguna"))
        self.reload.say(_("Muat lagi"))
        self.add.say(_("Tambah orang"))
        self.waiting.say(_("Memuat daftar pengguna…"))
        self.empty.say(_("Belum ada pengguna di sini."), _("Tambah orang pertama"))
        self.table.retranslate()
        self.table.show_views(self._views, self._labels)
        self.bar.retranslate()
        if not self.notice.link.isHidden():
            self.notice.link.say(_("Muat lagi"))
        if self._sheet is not None:
            self._sheet.retranslate()
        self._count()

    def _count(self) -> None:
        active = sum(view.state == "active" for view in self._views)
        text = ngettext("{n} orang aktif", "{n} orang aktif", active).format(n=active)
        self.count.setText(text if self._views else "")

    def _show_place(self) -> None:
        place: QWidget = self.table
        if not self._views:
            place = self.waiting if self._loading else self.empty
        self.places.setCurrentWidget(place)
        self.bar.setVisible(bool(self._views))

    def _place_sheet(self) -> None:
        inside = self.rect().adjusted(1, 1, -1, -1)
        width = min(fonts.scaled(WIDTH), inside.width())
        self._shade.setGeometry(inside)
        if self._sheet is not None:
            self._sheet.setGeometry(inside.right() + 1 - width, inside.top(), width, inside.height())

    def _on_row_confirmed(self) -> None:
        if self.table.current_view() is not None:
            self.bar.take_focus()

    def _on_sheet_closed(self) -> None:
        self._shade.hide()
        self._panel.setEnabled(True)
        self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_sheet()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Larger letters want a wider sheet.
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_sheet"):
            self._place_sheet()
