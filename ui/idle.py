"""Python's cyclic garbage collector only when nobody is waiting: run by itself it is the main source of stalls.

``ui/app.py`` switches it off first thing; ``settle`` is said once everything heavy is loaded. Collecting in the
window's thread also keeps widgets from being destroyed in a worker's.
"""

import gc
import time
from typing import Final

from PySide6.QtCore import QObject, QTimer

_OFTEN_MS: Final = 2_000
_YOUNG_ABOVE: Final = 700
_OLD_EVERY: Final = 30
_OLD_WITHIN: Final = 0.02
"""A full round is repeated only while it takes less than this many seconds: never a stall for tidiness' sake."""


class IdleCollector(QObject):
    """Collects a little at a time from the event loop, when it has nothing else to do."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rounds = 0
        self._old_took = 0.0
        # A timer of no precision fires when the loop is idle anyway.
        self._timer = QTimer(self, interval=_OFTEN_MS)
        self._timer.timeout.connect(self.collect)

    def settle(self) -> None:
        """Everything that is loaded now stays for good: never look at it again."""
        gc.collect()
        gc.freeze()
        self._timer.start()

    def collect(self) -> int:
        """One small round; now and then, while that is quick, a whole one. How many objects it freed."""
        self._rounds += 1
        if self._rounds % _OLD_EVERY == 0 and self._old_took < _OLD_WITHIN:
            begun = time.perf_counter()
            freed = gc.collect()
            self._old_took = time.perf_counter() - begun
            return freed
        return gc.collect(1) if gc.get_count()[0] > _YOUNG_ABOVE else 0
