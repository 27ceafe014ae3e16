"""The one window: sign-in, lock, privacy cover and the pages of the work take turns in it.

Whatever covers does so within the call that asks for it. Pages are built when first needed and go with the session.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import Qt, QTime, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget

from shelter import language
from shelter.language import LANGUAGES, Language, _, ngettext
from ui.desk import Desk
from ui.jobs import Jobs
from ui.preferences import Preferences
from ui.session.controller import SessionController, State
from ui.session.lock_page import LockPage
from ui.session.pass_phrase import suggest
from ui.session.pin_page import PinPage
from ui.session.recovery_page import RecoveryPage
from ui.session.sign_in_page import Place, SignInPage
from ui.session.tirai import TWICE_WITHIN, Tirai
from ui.widgets.brand import PRODUCT

LEAST: Final = (900, 540)
USUAL: Final = (1180, 690)


class MainWindow(QMainWindow):
    painted = Signal()
    """The first picture stands on the screen."""

    def __init__(
        self,
        session: SessionController,
        jobs: Jobs,
        preferences: Preferences,
        kind: Place,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self.setObjectName("MainWindow")
        self.setWindowTitle(PRODUCT)
        self.setMinimumSize(*LEAST)
        self.resize(*USUAL)
        self.session = session
        self._jobs = jobs
        self._preferences = preferences
        self._clock = clock
        self._was_painted = self._may_close = False
        self._escaped_at: float | None = None
        self.pages = QStackedWidget(self)
        self.sign_in = SignInPage()
        self.pages.addWidget(self.sign_in)
        self.setCentralWidget(self.pages)
        # Built when first needed: the sign-in page alone must be there at once.
        self.lock_page: LockPage | None = None
        self.recovery: RecoveryPage | None = None
        self.pin: PinPage | None = None
        self.desk: Desk | None = None
        self.tirai: Tirai | None = None
        self.sign_in.set_place(kind)
        self._connect()
        self._show_sign_in()

    def _connect(self) -> None:
        session, page = self.session, self.sign_in
        page.submitted.connect(session.sign_in)
        page.recovery_wanted.connect(self._show_recovery)
        page.language_chosen.connect(self.speak)
        session.state_changed.connect(self._on_state)
        session.refused.connect(self._on_refused)
        session.pin_offered.connect(self._on_pin_offered)
        session.told.connect(self._on_told)
        session.idle_left.connect(self._on_idle_left)
        session.words_taken.connect(self._on_words_taken)
        session.words_refused.connect(self._on_words_refused)
        session.password_refused.connect(self._on_password_refused)
        session.password_made.connect(self._on_password_made)
        session.ended.connect(self._on_ended)
        self._jobs.trouble.connect(self._on_trouble)
        lock = QShortcut(QKeySequence("Ctrl+L"), self)
        lock.activated.connect(lambda: session.lock("key"))

    # --- what is shown

    def _on_state(self, state: State) -> None:
        busy = state is State.OPENING
        self.sign_in.set_busy(busy)
        if self.lock_page is not None:
            self.lock_page.set_busy(busy)
        if self.recovery is not None and not busy:
            self.recovery.set_busy(False)
        match state:
            case State.OPEN:
                self._show_desk()
            case State.LOCKING:
                self._cover()
            case State.LOCKED:
                self._show_lock()
            case State.SIGNED_OUT:
                self._show_sign_in()
            case State.OPENING:
                # While a worker derives the key there is time for what must be there at once later on.
                QTimer.singleShot(0, self._prepare)

    def _prepare(self) -> None:
        """Build what covers, so that covering takes no longer than one picture."""
        if self.tirai is None:
            for cover in (self._lock_page(), self._tirai()):
                cover.resize(self.pages.size())
                # Asking for its picture dresses and lays out all that is in it.
                cover.grab()

    def _cover(self) -> None:
        """Hide the work at once, and whatever hangs above it; then let it go."""
        page = self._lock_page()
        if self.session.person is not None:
            page.set_person(self.session.person)
        page.clear()
        self.pages.setCurrentWidget(page)
        self._hide_tirai()
        for window in QApplication.topLevelWidgets():
            if window is not self and window.isVisible():
                window.hide()
        # Now, not when the queue of events comes round to it.
        self.repaint()
        page.focus_first()
        desk, self.desk = self.desk, None
        if desk is not None:
            self.pages.removeWidget(desk)
            desk.forget()
            desk.deleteLater()

    def _show_lock(self) -> None:
        page = self._lock_page()
        page.set_busy(False)
        if self.pages.currentWidget() is not page:
            self.pages.setCurrentWidget(page)
            page.focus_first()

    def _show_sign_in(self) -> None:
        page = self.sign_in
        page.set_greeting(QTime.currentTime().hour())
        if self.pages.currentWidget() is not page or not self._was_painted:
            page.set_faces(self.session.faces(), False)
            page.clear_password()
            self.pages.setCurrentWidget(page)
            page.focus_first()

    def _show_desk(self) -> None:
        person = self.session.person
        self.desk = desk = Desk(self._jobs, self.session)
        self.pages.addWidget(desk)
        desk.bar.tirai_wanted.connect(self.draw_tirai)
        desk.bar.lock_wanted.connect(lambda: self.session.lock("key"))
        desk.bar.switch_wanted.connect(self.session.switch_person)
        desk.bar.pin_wanted.connect(self._show_pin)
        if person is not None:
            desk.bar.show_person(person, may_set_pin=self.session.may_set_pin)
        self.pages.setCurrentWidget(desk)
        self.sign_in.clear_password()
        if self.lock_page is not None:
            self.lock_page.clear()
        desk.begin()

    def _lock_page(self) -> LockPage:
        if self.lock_page is None:
            self.lock_page = page = LockPage()
            self.pages.addWidget(page)
            page.unlock_with_password.connect(self.session.unlock_with_password)
            page.unlock_with_pin.connect(self.session.unlock_with_pin)
            page.switch_person.connect(self.session.switch_person)
        return self.lock_page

    # --- the privacy cover

    def draw_tirai(self) -> None:
        """Cover everything, within this call."""
        if self.session.state is not State.OPEN:
            return
        tirai = self._tirai()
        for window in QApplication.topLevelWidgets():
            if window is not self and window.isVisible():
                window.hide()
        tirai.setGeometry(self.rect())
        tirai.show()
        tirai.raise_()
        tirai.repaint()

    def _tirai(self) -> Tirai:
        if self.tirai is None:
            self.tirai = tirai = Tirai(self._clock, self)
            tirai.hide()
            tirai.lift_wanted.connect(self._hide_tirai)
            tirai.password_wanted.connect(lambda: self.session.lock("key"))
        return self.tirai

    def _hide_tirai(self) -> None:
        if self.tirai is not None and not self.tirai.isHidden():
            self.tirai.hide()
            if self.desk is not None:
                self.desk.focus_again()

    # --- the recovery sheet and the PIN

    def _show_recovery(self) -> None:
        if self.recovery is None:
            self.recovery = page = RecoveryPage(suggest)
            self.pages.addWidget(page)
            page.submitted.connect(self._on_words)
            page.new_password_ready.connect(self._on_new_password)
            page.cancelled.connect(self._leave_recovery)
        self.recovery.clear()
        self.pages.setCurrentWidget(self.recovery)
        self.recovery.focus_first()

    def _on_words(self, words: list[str]) -> None:
        if self.recovery is not None:
            self.recovery.set_busy(True)
        self.session.recover(words, self._who_forgot())

    def _who_forgot(self) -> str:
        """The person chosen or typed on the sign-in page; empty when nobody is."""
        page, faces = self.sign_in, self.session.faces()
        if page.other_name:
            return page.name.text().strip()
        chosen = page.tiles.place()
        return faces[chosen].tag if 0 <= chosen < len(faces) else ""

    def _on_words_taken(self, person: str) -> None:
        if self.recovery is not None:
            self.recovery.ask_new_password(person)

    def _on_words_refused(self, sentence: str, at: int) -> None:
        if self.recovery is not None:
            self.pages.setCurrentWidget(self.recovery)
            self.recovery.refuse(sentence, at)

    def _on_new_password(self, password: str) -> None:
        if self.recovery is not None:
            self.recovery.set_busy(True)
        self.session.make_password(password)

    def _on_password_refused(self, sentence: str) -> None:
        if self.recovery is not None:
            self.recovery.refuse_password(sentence)

    def _on_password_made(self) -> None:
        self._leave_recovery()
        self.sign_in.refuse(_("Kata sandi baru sudah berlaku. Masuklah dengan kata sandi itu."), 0)

    def _leave_recovery(self) -> None:
        self.session.leave_words()
        if self.recovery is not None:
            self.recovery.clear()
        self._show_sign_in()

    def _show_pin(self) -> None:
        if self.pin is None:
            self.pin = page = PinPage()
            self.pages.addWidget(page)
            page.chosen.connect(self._on_pin_chosen)
            page.cancelled.connect(self._back_to_desk)
        self.pages.setCurrentWidget(self.pin)
        self.pin.begin()

    def _on_pin_chosen(self, pin: str) -> None:
        self._back_to_desk()
        self.session.set_pin(pin)

    def _back_to_desk(self) -> None:
        if self.desk is not None:
            self.pages.setCurrentWidget(self.desk)
            self.desk.focus_again()

    # --- what is said

    def _on_refused(self, sentence: str, wait: int) -> None:
        current = self.pages.currentWidget()
        if current is self.lock_page and self.lock_page is not None:
            self.lock_page.refuse(sentence, wait)
        elif self.desk is not None:
            self.desk.tell("warning", sentence)
        else:
            self._show_sign_in()
            self.sign_in.refuse(sentence, wait)

    def _on_pin_offered(self, offered: bool) -> None:
        if offered or self.lock_page is not None:
            self._lock_page().offer_pin(offered)

    def _on_told(self, sentence: str) -> None:
        if self.desk is not None:
            self.desk.tell("info", sentence)

    def _on_trouble(self, sentence: str) -> None:
        if self.desk is not None:
            self.desk.tell("warning", sentence)

    def _on_idle_left(self, seconds: int) -> None:
        if self.desk is not None:
            text = ngettext("Layar dikunci dalam {n} detik.", "Layar dikunci dalam {n} detik.", seconds)
            self.desk.count(text.format(n=seconds) if seconds >= 0 else "")

    def speak(self, code: str) -> None:
        """Switch the language of everything that is shown, and remember it on this PC."""
        wanted: Language = next((known for known in LANGUAGES if known == code), "id")
        language.use(wanted)
        self._preferences.language = wanted
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything anew, in the language spoken now."""
        for page in (self.sign_in, self.lock_page, self.recovery, self.pin, self.desk, self.tirai):
            if page is not None:
                page.retranslate()

    # --- Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.tirai is not None:
            self.tirai.setGeometry(self.rect())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Only an Esc that nothing else had a use for comes as far as the window.
        if event.key() != Qt.Key.Key_Escape or event.isAutoRepeat():
            self._escaped_at = None
            super().keyPressEvent(event)
            return
        now = time.monotonic()
        if self._escaped_at is not None and now - self._escaped_at <= TWICE_WITHIN:
            self._escaped_at = None
            self.draw_tirai()
        else:
            self._escaped_at = now

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            super().closeEvent(event)
            return
        # Out of sight at once; the program ends when what was being saved is safe.
        event.ignore()
        self._preferences.geometry = self.saveGeometry()
        self.hide()
        self.session.end()

    def _on_ended(self) -> None:
        self._may_close = True
        self.close()
