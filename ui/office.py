"""Puts window, session and jobs together, and loads what is heavy once the first picture stands."""

import importlib
import logging
import threading
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

from PySide6.QtCore import QLocale, QObject, Signal
from PySide6.QtWidgets import QApplication

from shelter import language
from shelter.language import LANGUAGES
from ui import crash
from ui.idle import IdleCollector
from ui.jobs import Jobs
from ui.main_window import MainWindow
from ui.preferences import Preferences
from ui.session.controller import Openings, SessionController
from ui.session.system_watch import SystemWatch
from ui.theme import qt_texts, style

_log: Final = logging.getLogger("teduh.office")


class Office(QObject):
    """The running program; one for each process."""

    warm = Signal()
    """Everything heavy is loaded."""

    def __init__(self, application: QApplication, place: Path | str, openings: Openings | None = None) -> None:
        super().__init__(application)
        self._application = application
        self.preferences = Preferences()
        self._speak()
        qt_texts.install(application)
        style.apply(application, self.preferences.mode, self.preferences.scale)
        self.jobs = Jobs(self)
        self._kind: Literal["file", "server"] = "file" if isinstance(place, Path) else "server"
        self.session = SessionController(
            openings or openings_of(place), str(place), jobs=self.jobs, preferences=self.preferences, parent=self
        )
        self.window = MainWindow(self.session, self.jobs, self.preferences, self._kind, clock=_now)
        self.collector = IdleCollector(self)
        self.system = SystemWatch(self)
        self.system.screen_locked.connect(lambda: self.session.lock("screen"))
        self.system.going_to_sleep.connect(lambda: self.session.lock("sleep"))
        self.session.ended.connect(application.quit)
        self.window.painted.connect(self._warm_up)
        self.warm.connect(self._settle)
        self._warming: threading.Thread | None = None

    def show(self) -> None:
        """Show the window where it last stood."""
        geometry = self.preferences.geometry
        if not geometry.isEmpty():
            self.window.restoreGeometry(geometry)
        self.window.show()

    def close(self) -> None:
        """Let go of window and threads; the session has ended."""
        self.window.hide()
        self.window.deleteLater()
        if self._warming is not None:
            self._warming.join()
        self.jobs.stop()

    def tell_crash(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        """We failed: say where, in the log and in the window, and go on. From any thread."""
        del kind, trace
        if error is not None:
            _log.error("%s", crash.where(error))
            self.jobs.trouble.emit(crash.sentence(error))

    def _speak(self) -> None:
        chosen = self.preferences.language
        language.use(next((known for known in LANGUAGES if known == chosen), language.current()))
        QLocale.setDefault(QLocale(QLocale.Language.Indonesian, QLocale.Country.Indonesia))

    def _warm_up(self) -> None:
        self._warming = threading.Thread(target=self._load, name="teduh-warm", daemon=True)
        self._warming.start()

    def _load(self) -> None:
        load_heavy(self._kind)
        self.warm.emit()

    def _settle(self) -> None:
        self.system.start(int(self.window.winId()))
        self.collector.settle()


def load_heavy(kind: Literal["file", "server"]) -> None:
    """Import what a session needs, while somebody types a password."""
    from db import warm

    warm.load(kind)
    for name in ("shelter.tables", "ui.messages", "ui.session.entering", "ui.staff.accounts"):
        importlib.import_module(name)


def openings_of(place: Path | str) -> Openings:
    """How the home at a place is opened, for any kind of work; heavy, so called in a worker."""

    def opening(work: Any) -> Any:
        from db.files import StoreFolder
        from db.opening import Opening
        from db.serverplace import ServerPlace
        from db.serverstore import ServerOpening
        from ui.terminal.doors import state_root

        if isinstance(place, Path):
            return Opening(StoreFolder(place), work)
        return ServerOpening(ServerPlace.parse(place, state_root()).without_name(), work)

    return opening


def _now() -> datetime:
    from db.types import utc_now

    return utc_now()
