"""Silence is the rule: whatever a test says, leaves behind or does on the window's thread unasked makes it fail.

A pytest plugin, loaded by conftest.py; ``house/test_guards_bite.py`` proves that each guard bites. Python's own
warnings are turned into errors by ``filterwarnings`` in pyproject.toml, Qt's messages during a test by pytest-qt;
here stand the rest: log lines of level WARNING and above, Qt messages at any other moment, top-level widgets left
over, SQL on the window's thread, and a language left switched.
"""

import contextlib
import gc
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

ExpectLog = Callable[..., AbstractContextManager[None]]

_UI = Path(__file__).parents[1] / "ui"
# jobs.py carries work off the window's thread (and may be told to run it inline); a terminal has no window.
_UI_MAY_REACH_STORE = (str(_UI / "jobs.py"), f"{_UI / 'terminal'}{os.sep}")
# A tooltip is Qt's own and takes itself away a moment after it was hidden.
_QT_OWN = {"QTipLabel"}


@dataclass
class _Expected:
    """A log line that a test announced."""

    pattern: str
    level: int
    logger: str
    seen: bool = False

    def fits(self, record: logging.LogRecord) -> bool:
        return (
            record.levelno == self.level
            and (record.name == self.logger or record.name.startswith(f"{self.logger}.") or not self.logger)
            and re.search(self.pattern, record.getMessage()) is not None
        )


class Guards:
    """Collects what went wrong around the test that runs now and fails it."""

    def __init__(self, config: pytest.Config) -> None:
        self._troubles: list[str] = []
        self._expected: list[_Expected] = []
        self._failed = False
        has_qt = config.pluginmanager.has_plugin("pytest-qt")
        self._ignored_qt: list[str] = config.getini("qt_log_ignore") if has_qt else []
        self._undo = contextlib.ExitStack()
        self._listening_to_qt = self._listening_to_sql = False

    # --- log lines

    def listen_to_logging(self) -> None:
        """Hear every record, also of loggers that do not propagate and after somebody replaced the root's handlers."""
        original = logging.Logger.callHandlers

        def call_handlers(logger: logging.Logger, record: logging.LogRecord) -> None:
            self._hear(record)
            original(logger, record)

        patch = pytest.MonkeyPatch()
        patch.setattr(logging.Logger, "callHandlers", call_handlers)
        self._undo.callback(patch.undo)

    def _hear(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING:
            return
        for expected in self._expected:
            if expected.fits(record):
                expected.seen = True
                return
        self._troubles.append(f"unexpected log line: {record.levelname} {record.name}: {record.getMessage()}")

    @contextlib.contextmanager
    def expect_log(self, pattern: str, level: int = logging.WARNING, logger: str = "") -> Iterator[None]:
        """Allow, and demand, a log line while the block runs.

        ``pattern`` is searched in the message; ``logger`` is a name, or the beginning of dotted ones; without it any.
        """
        expected = _Expected(pattern, level, logger)
        self._expected.append(expected)
        try:
            yield
        finally:
            self._expected.remove(expected)
        if not expected.seen:
            pytest.fail(f"expected log line did not come: {logging.getLevelName(level)} {pattern!r}")

    # --- Qt

    def listen_to_qt(self) -> None:
        """Hear Qt's messages whenever pytest-qt does not (it takes over from setup to the end of the call)."""
        core = sys.modules.get("PySide6.QtCore")
        if core is None or self._listening_to_qt:
            return

        def hear(_kind: object, _context: object, message: str) -> None:
            if not any(re.search(pattern, message) for pattern in self._ignored_qt):
                self._troubles.append(f"Qt message: {message}")

        before = core.qInstallMessageHandler(hear)
        self._undo.callback(core.qInstallMessageHandler, before)
        self._listening_to_qt = True

    def look_for_widgets(self) -> None:
        """Find top-level widgets that outlived the test, and delete them for the next one's sake."""
        widgets = sys.modules.get("PySide6.QtWidgets")
        if widgets is None or not isinstance(widgets.QApplication.instance(), widgets.QApplication):
            return
        if not (left := _left_over(widgets)):
            return
        del left
        # A circle of references is no leak; only what is still there afterwards.
        gc.collect()
        left = _left_over(widgets)
        if left:
            names = sorted(f"{type(widget).__name__} {widget.objectName()!r}" for widget in left)
            self._troubles.append(f"leaked top-level widgets: {', '.join(names)}")
        from shiboken6 import delete, isValid

        for widget in left:
            if isValid(widget):
                delete(widget)

    # --- SQL

    def listen_to_sql(self, *, uses_qt: bool) -> None:
        """Hear every statement; SQLAlchemy is imported for it only when the test has a window's thread."""
        if self._listening_to_sql or not (uses_qt or "sqlalchemy" in sys.modules):
            return
        from sqlalchemy import Engine, event

        def hear(*_: object) -> None:
            if where := _on_window_thread():
                self._troubles.append(f"SQL on the window's thread, {where}")

        event.listen(Engine, "before_cursor_execute", hear)
        self._undo.callback(event.remove, Engine, "before_cursor_execute", hear)
        self._listening_to_sql = True

    # --- hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._failed = False
        self.listen_to_qt()
        self.listen_to_sql(uses_qt="qapp" in getattr(item, "fixturenames", ()))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        try:
            result = yield
        except BaseException:
            self._failed = True
            self._mention(item, "call")
            raise
        self._complain()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        try:
            result = yield
            # A failed test is still held by its traceback, and with it every widget it had.
            if not self._failed:
                self.look_for_widgets()
        except BaseException:
            self._mention(item, "teardown")
            raise
        finally:
            if language := sys.modules.get("shelter.language"):
                language.use("id")
        self._complain()
        return result

    def _complain(self) -> None:
        if self._troubles:
            self._failed = True
            text = "\n".join(self._troubles)
            self._troubles.clear()
            pytest.fail(text, pytrace=False)

    def _mention(self, item: pytest.Item, when: str) -> None:
        """Show the troubles beside a failure of the test's own, without hiding that one."""
        if self._troubles:
            item.add_report_section(when, "guards", "\n".join(self._troubles))
            self._troubles.clear()

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._troubles:
            reporter = session.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                reporter.write_line("after the last test: " + "\n".join(self._troubles), red=True)
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    def pytest_unconfigure(self) -> None:
        self._undo.close()


def _left_over(widgets: ModuleType) -> list[Any]:
    core = sys.modules["PySide6.QtCore"]
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
    return [top for top in widgets.QApplication.topLevelWidgets() if top.metaObject().className() not in _QT_OWN]


def _on_window_thread() -> str:
    """Say why the statement that starts now keeps the window waiting; empty when it does not."""
    core = sys.modules.get("PySide6.QtCore")
    if core is None or threading.current_thread() is not threading.main_thread():
        return ""
    application = core.QCoreApplication.instance()
    if application is None:
        return ""
    frame = _ui_frame(sys._getframe())
    place = f"from ui/{Path(frame.f_code.co_filename).relative_to(_UI).as_posix()}:{frame.f_lineno}" if frame else ""
    if application.thread().loopLevel() > 0:
        return f"inside the event loop {place}".strip()
    # A test that clicks a button calls the slot directly, without a loop: there the calling code tells.
    if frame is not None and not frame.f_code.co_filename.startswith(_UI_MAY_REACH_STORE):
        return place
    return ""


def _ui_frame(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of ``ui``, which is who asked for the statement."""
    inside = f"{_UI}{os.sep}"
    while frame is not None and not frame.f_code.co_filename.startswith(inside):
        frame = frame.f_back
    return frame


_KEY = pytest.StashKey[Guards]()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start after pytest-qt has chosen its Qt."""
    guards = Guards(config)
    config.stash[_KEY] = guards
    guards.listen_to_logging()
    guards.listen_to_qt()
    config.pluginmanager.register(guards, "house-guards")


@pytest.fixture
def expect_log(request: pytest.FixtureRequest) -> ExpectLog:
    """Announce a log line by its pattern, and where need be its level and logger: see ``Guards.expect_log``.

    Without the announcement a line of level WARNING or above fails the test; with it, its absence does.
    """
    return request.config.stash[_KEY].expect_log
