"""Tirai: an opaque cover, drawn at once, for the moment somebody walks in."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from shelter.language import _
from ui.widgets.label import Label

TWICE_WITHIN: Final = 0.5
"""Seconds between the two Esc that lift it."""
FREE_FOR: Final = 30.0
"""Seconds within which no password is asked."""


class Tirai(QFrame):
    """Shows a clock and a neutral word. While it hangs, no key and no shortcut reaches what lies behind."""

    lift_wanted = Signal()
    password_wanted = Signal()
    """It has hung too long to be lifted by a key alone. Sent once each time it is shown."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        parent: QWidget | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("Tirai")
        self.setProperty("look", "ground")
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._clock = clock
        self._monotonic = monotonic
        self._hung_at = 0.0
        self._hung_since: datetime | None = None
        self._escaped_at: float | None = None
        self._asked = False
        self._hour = Label(64, 600, "text2", title=True, tabular=True, parent=self)
        self._word = Label(15, tone="text3", parent=self)
        self._minute = QTimer(self, interval=1000)
        self._minute.timeout.connect(self._show_time)
        column = QVBoxLayout(self)
        column.setSpacing(4)
        column.addStretch(1)
        column.addWidget(self._hour, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._word, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.retranslate()

    @property
    def shown_time(self) -> str:
        """The clock as it is read."""
        return self._hour.text()

    @property
    def _too_late(self) -> bool:
        # The one clock stands still while the PC sleeps, the other may be set back: whichever went further counts.
        by_wall = (self._clock() - self._hung_since).total_seconds() if self._hung_since else 0.0
        return max(self._monotonic() - self._hung_at, by_wall) > FREE_FOR

    def retranslate(self) -> None:
        self._word.setText(_("Jeda sejenak"))
        self.setAccessibleName(self._word.text())
        self._show_time()

    def _show_time(self) -> None:
        # The store's libraries are loaded by then; this module must not load them for the sign-in page.
        from shelter.work import WIB

        now = self._clock().astimezone(WIB)
        self._hour.setText(_("{hour}.{minute}").format(hour=f"{now.hour:02}", minute=f"{now.minute:02}"))

    def _ask_password(self) -> None:
        if not self._asked:
            self._asked = True
            self.password_wanted.emit()

    def event(self, event: QEvent) -> bool:
        # A shortcut asks first; answered here, it stays a key press.
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()
        # The key held down that brought it must not lift it.
        if event.isAutoRepeat():
            return
        if self._too_late:
            self._ask_password()
            return
        if event.key() != Qt.Key.Key_Escape:
            self._escaped_at = None
            return
        now = self._monotonic()
        if self._escaped_at is not None and now - self._escaped_at <= TWICE_WITHIN:
            self._escaped_at = None
            self.lift_wanted.emit()
        else:
            self._escaped_at = now

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._too_late:
            self._ask_password()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._hung_at = self._monotonic()
        self._hung_since = self._clock()
        self._escaped_at = None
        self._asked = False
        self._show_time()
        self._minute.start()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]
        self._minute.stop()
