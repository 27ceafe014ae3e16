"""Notices that nobody is there: no key and no movement in any window of the program."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QWindow

from db.locker import seconds

COUNT_FROM: Final = 60
_TICK_MS: Final = 1_000
_LIFE: Final = {
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
    QEvent.Type.TabletPress,
}


class IdleWatch(QObject):
    """Counts from the last sign of life. It looks at windows, which hear of input first and of little else."""

    idle = Signal()
    left = Signal(int)
    """Seconds until ``idle``, told in the last minute; -1 when somebody is there again."""

    def __init__(self, parent: QObject, clock: Callable[[], float] = seconds) -> None:
        super().__init__(parent)
        self._clock = clock
        self._limit = 0.0
        self._last = 0.0
        self._counting = False
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self.look)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self.watch)

    def start(self, minutes: int) -> None:
        """Watch from now on."""
        self._limit = minutes * 60.0
        self.touch()
        for window in QGuiApplication.topLevelWindows():
            self.watch(window)
        self._tick.start()

    def stop(self) -> None:
        """Nobody needs to be watched."""
        self._tick.stop()
        self._counting = False

    def watch(self, window: QWindow | None) -> None:
        """Look at this window too. Said again for the same one it changes nothing."""
        if window is not None:
            window.installEventFilter(self)

    def touch(self) -> None:
        """Somebody is there."""
        self._last = self._clock()
        if self._counting:
            self._counting = False
            self.left.emit(-1)

    def look(self) -> None:
        """See whether it has been too long."""
        left = self._limit - (self._clock() - self._last)
        if left <= 0:
            self.stop()
            self.idle.emit()
        elif left <= min(COUNT_FROM, self._limit / 2):
            self._counting = True
            self.left.emit(round(left))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _LIFE:
            self.touch()
        return False
