"""What the desktop tells: a locked screen, a PC that goes to sleep; over a message bus of the test's own."""

import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ui.session import system_watch
from ui.session.system_watch import SystemWatch

linux = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("dbus-daemon") is None, reason="needs a message bus daemon"
)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A message bus that nobody else knows, as both of the buses a desktop has."""
    command = ["dbus-daemon", "--session", "--print-address", "--nofork"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        yield daemon.stdout.readline().strip()
        daemon.terminate()


@pytest.fixture
def desktop(bus: str, qtbot: QtBot) -> Iterator["Desktop"]:
    made = Desktop(bus)
    yield made
    made.leave()


class Desktop:
    """logind and a screen saver, as far as they speak."""

    def __init__(self, address: str) -> None:
        from PySide6.QtDBus import QDBusConnection

        self.address = address
        self.voice = QDBusConnection.connectToBus(address, "desktop")
        self.ears = QDBusConnection.connectToBus(address, "teduh")
        assert self.voice.registerService("org.freedesktop.login1")

    def say(self, interface: str, name: str, *arguments: object) -> None:
        from PySide6.QtDBus import QDBusMessage

        message = QDBusMessage.createSignal("/somewhere", interface, name)
        message.setArguments(list(arguments))
        assert self.voice.send(message)

    def leave(self) -> None:
        from PySide6.QtDBus import QDBusConnection

        for name in ("desktop", "teduh"):
            QDBusConnection.disconnectFromBus(name)


@linux
def test_screen_lock_and_sleep_are_heard(desktop: Desktop, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtDBus import QDBusConnection

    monkeypatch.setattr(QDBusConnection, "systemBus", lambda: desktop.ears)
    monkeypatch.setattr(QDBusConnection, "sessionBus", lambda: desktop.ears)
    parent = QObject()
    watch = SystemWatch(parent)
    watch.start(0)
    heard: list[str] = []
    watch.screen_locked.connect(lambda: heard.append("lock"))
    watch.going_to_sleep.connect(lambda: heard.append("sleep"))
    # The end of either is nothing to lock for.
    desktop.say("org.freedesktop.login1.Manager", "PrepareForSleep", False)
    desktop.say("org.gnome.ScreenSaver", "ActiveChanged", False)
    desktop.say("org.freedesktop.login1.Manager", "PrepareForSleep", True)
    desktop.say("org.freedesktop.login1.Session", "Lock")
    desktop.say("org.freedesktop.ScreenSaver", "ActiveChanged", True)
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard == ["sleep", "lock", "lock"]


def test_where_nobody_tells_nothing_happens(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtDBus", None)
    parent = QObject()
    SystemWatch(parent).start(0)


@pytest.mark.parametrize(
    ("message", "parameter", "means"),
    [
        (0x0218, 0x0004, "sleep"),  # WM_POWERBROADCAST, PBT_APMSUSPEND
        (0x0218, 0x0012, ""),  # it woke up
        (0x02B1, 0x7, "lock"),  # WM_WTSSESSION_CHANGE, WTS_SESSION_LOCK
        (0x02B1, 0x8, ""),  # unlocked
        (0x02B1, 0x2, "lock"),  # somebody else took the screen
        (0x0100, 0x4, ""),  # a key
    ],
)
def test_what_windows_says_is_understood(qtbot: QtBot, message: int, parameter: int, means: str) -> None:
    parent = QObject()
    watch = SystemWatch(parent)
    heard: list[str] = []
    watch.screen_locked.connect(lambda: heard.append("lock"))
    watch.going_to_sleep.connect(lambda: heard.append("sleep"))
    system_watch._WindowsEars(watch).hear(message, parameter)
    assert heard == ([means] if means else [])
