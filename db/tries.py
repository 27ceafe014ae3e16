"""Wrong passwords: a delay that grows to a minute and survives a restart, the same for known and unknown names."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from db.files import write_atomically
from db.types import iso_utc

LONGEST_WAIT: Final = 60
_FORGET_AFTER: Final = timedelta(days=1)


def wait_after(wrong: int) -> int:
    """Seconds before the next try is looked at, after so many wrong ones in a row: 1, 2, 4 ... 60."""
    return min(LONGEST_WAIT, 2 ** (min(wrong, 10) - 1)) if wrong > 0 else 0


@dataclass(frozen=True)
class Tries:
    """The count of wrong tries of each sign-in name's tag, kept in a small file."""

    path: Path
    now: Callable[[], datetime]

    def wait(self, tag: str) -> float:
        """Seconds this name must still wait; a clock set back never makes it more than a minute."""
        wrong, last = self._read().get(tag, (0, self.now()))
        left = wait_after(wrong) - (self.now() - last).total_seconds()
        return min(max(left, 0.0), wait_after(wrong))

    def wrong(self, tag: str) -> int:
        """Count a wrong try; the seconds to wait now. Counts of a day ago are forgotten."""
        now = self.now()
        counts = {name: entry for name, entry in self._read().items() if now - entry[1] < _FORGET_AFTER}
        wrong = counts.get(tag, (0, now))[0] + 1
        self._write(counts | {tag: (wrong, now)})
        return wait_after(wrong)

    def right(self, tag: str) -> int:
        """Forget the wrong tries of a name that has signed in; how many there were."""
        counts = self._read()
        wrong = counts.pop(tag, (0, self.now()))[0]
        if wrong:
            self._write(counts)
        return wrong

    def _read(self) -> dict[str, tuple[int, datetime]]:
        try:
            stored = json.loads(self.path.read_bytes())
            counts = {tag: (int(wrong), datetime.fromisoformat(last)) for tag, (wrong, last) in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return {}
        # A damaged moment may read as one without a zone, which cannot be compared.
        return {tag: entry for tag, entry in counts.items() if entry[1].tzinfo is not None}

    def _write(self, counts: dict[str, tuple[int, datetime]]) -> None:
        stored = {tag: (wrong, iso_utc(last)) for tag, (wrong, last) in counts.items()}
        write_atomically(self.path, json.dumps(stored).encode())
