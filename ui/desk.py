"""What somebody who is signed in works at: the bar, one page, and a quiet line below."""

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ui.jobs import Jobs
from ui.session.controller import SessionController
from ui.session.pass_phrase import suggest
from ui.staff.accounts_page import AccountsPage
from ui.staff.add_account_sheet import AddAccountSheet
from ui.theme import fitting
from ui.top_bar import TopBar
from ui.widgets.label import Label
from ui.widgets.notice import Kind, Notice

_STATUS_HEIGHT = 28


class Desk(QFrame):
    """Made when somebody comes in, gone when the screen is locked."""

    def __init__(self, jobs: Jobs, session: SessionController, parent: QWidget | None = None) -> None:
        # Loads the store's libraries, which whoever gets this far has loaded already.
        from ui.staff.accounts import Accounts

        super().__init__(parent)
        self.setObjectName("Desk")
        self.setProperty("look", "ground")
        self.bar = TopBar(self)
        self.notice = Notice(self)
        self.page = AccountsPage(suggest, self)
        self.status = Label(12, tone="text3", parent=self)
        self.accounts = Accounts(self.page, jobs, session)
        fitting.height(self.status, _STATUS_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        inside = QVBoxLayout()
        inside.setContentsMargins(12, 0, 12, 0)
        inside.setSpacing(8)
        inside.addWidget(self.notice)
        inside.addWidget(self.page, 1)
        inside.addWidget(self.status)
        column.addLayout(inside, 1)

    def begin(self) -> None:
        """Fetch what is shown."""
        self.accounts.begin()
        self.page.focus_first()

    def focus_again(self) -> None:
        """Give the keyboard back to the work."""
        self.page.focus_first()

    def tell(self, kind: Kind, sentence: str) -> None:
        """Say this above the page."""
        self.notice.tell(kind, sentence)

    def count(self, text: str) -> None:
        """Say this in the quiet line below."""
        self.status.setText(text)

    def forget(self) -> None:
        """The screen is locked: nothing of it may stay on a page until Qt gets round to deleting it."""
        self.bar.forget()
        # Asking for the sheet would build it.
        sheet = self.page.findChild(AddAccountSheet)
        if sheet is not None:
            sheet.clear()
        self.page.show_rows(())

    def retranslate(self) -> None:
        self.bar.retranslate()
        self.page.retranslate()
