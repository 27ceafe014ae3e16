"""A session at a PC, for tests: real lanes, a real store, and a list of everything the session said."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytestqt.qtbot import QtBot

from db.locker import Locker
from tests.stores import HEAD, PASSWORD, TestHome
from ui import office
from ui.jobs import Jobs
from ui.preferences import Preferences
from ui.session.controller import SessionController, State

PLACE = "rumah uji"
PIN = "204817"


class Seconds:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Here:
    """One PC."""

    qtbot: QtBot
    home: TestHome
    jobs: Jobs
    preferences: Preferences
    seconds: Seconds
    session: SessionController
    said: list[tuple[str, Any]] = field(default_factory=list)

    def listen(self) -> None:
        """Write down whatever the session says."""
        for name in (
            *("refused", "words_refused", "words_taken", "password_refused", "password_made"),
            *("pin_offered", "told", "idle_left", "ended", "state_changed"),
        ):
            getattr(self.session, name).connect(lambda *what, name=name: self.said.append((name, what)))

    def heard(self, name: str) -> list[Any]:
        """Everything said by this signal, the single argument bare."""
        return [what[0] if len(what) == 1 else what for who, what in self.said if who == name]

    def until(self, state: State) -> None:
        """Wait until the session has come so far."""
        self.qtbot.waitUntil(lambda: self.session.state is state, timeout=20_000)

    def sign_in(self, who: str = HEAD, password: str = PASSWORD) -> None:
        """Sign in, and be in."""
        self.session.sign_in(who, password)
        self.until(State.OPEN)

    def lock(self) -> None:
        """Lock, and wait until all is closed."""
        self.session.lock("key")
        self.until(State.LOCKED)

    def keep_pin(self, pin: str = PIN) -> None:
        """Choose a PIN."""
        self.session.set_pin(pin)
        self.qtbot.waitUntil(lambda: self.session.has_pin)

    def refused(self, times: int) -> tuple[str, int]:
        """Wait until so many tries were refused; what was said last."""
        self.qtbot.waitUntil(lambda: len(self.heard("refused")) >= times, timeout=20_000)
        last: tuple[str, int] = self.heard("refused")[-1]
        return last


@contextmanager
def at(home: TestHome, qtbot: QtBot, preferences: Preferences) -> Iterator[Here]:
    """Sit down at a PC."""
    office.load_heavy("server" if home.kind == "server" else "file")
    jobs, seconds = Jobs(), Seconds()
    session = SessionController(home.way_in, PLACE, jobs=jobs, preferences=preferences, locker=Locker(seconds))
    here = Here(qtbot, home, jobs, preferences, seconds, session)
    here.listen()
    try:
        yield here
    finally:
        session.end()
        qtbot.waitUntil(lambda: bool(here.heard("ended")), timeout=20_000)
        jobs.stop()
        session.deleteLater()
        jobs.deleteLater()
