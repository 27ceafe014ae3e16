"""Hears from the desktop that its screen was locked, that another person took over, or that the PC goes to sleep.

Linux tells it over D-Bus (logind and the screen saver), Windows by messages to a window. Where nobody tells, the idle
lock remains.
"""

import sys
from typing import Any, Final

from PySide6.QtCore import SLOT, QAbstractNativeEventFilter, QByteArray, QCoreApplication, QObject, Signal, Slot

_LOGIND: Final = "org.freedesktop.login1"
_SAVERS: Final = ("org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver")


def _slot(signature: str) -> Any:
    # The stubs ask for bytes, the call itself for a str.
    return SLOT(signature)


class SystemWatch(QObject):
    screen_locked = Signal()
    going_to_sleep = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._kept: list[Any] = []

    def start(self, window: int) -> None:
        """Listen from now on; ``window`` is the native id of the program's window."""
        if sys.platform == "win32":
            self._listen_to_windows(window)
        else:
            self._listen_to_bus()

    def _listen_to_bus(self) -> None:
        try:
            from PySide6.QtDBus import QDBusConnection
        except ImportError:
            return
        system, session = QDBusConnection.systemBus(), QDBusConnection.sessionBus()
        if system.isConnected():
            manager, login = f"{_LOGIND}.Manager", f"{_LOGIND}.Session"
            system.connect(_LOGIND, "", manager, "PrepareForSleep", self, _slot("_on_sleep(bool)"))
            # Of every session of the PC: somebody else's lock locks us as well, which does no harm.
            system.connect(_LOGIND, "", login, "Lock", self, _slot("_on_lock()"))
        if session.isConnected():
            for saver in _SAVERS:
                session.connect("", "", saver, "ActiveChanged", self, _slot("_on_saver(bool)"))
        self._kept = [system, session]

    @Slot(bool)
    def _on_sleep(self, begins: bool) -> None:
        if begins:
            self.going_to_sleep.emit()

    @Slot()
    def _on_lock(self) -> None:
        self.screen_locked.emit()

    @Slot(bool)
    def _on_saver(self, active: bool) -> None:
        if active:
            self.screen_locked.emit()

    def _listen_to_windows(self, window: int) -> None:
        ears = _WindowsEars(self)
        application = QCoreApplication.instance()
        if application is not None and ears.register(window):
            application.installNativeEventFilter(ears)
            self._kept = [ears]


class _WindowsEars(QAbstractNativeEventFilter):
    _POWER: Final = 0x0218
    _SUSPEND: Final = 0x0004
    _SESSION: Final = 0x02B1
    _LEAVING: Final = {0x2, 0x4, 0x6, 0x7}
    """Console or remote disconnect, logoff, lock (``WTS_*``)."""

    def __init__(self, watch: SystemWatch) -> None:
        super().__init__()
        self._watch = watch

    def register(self, window: int) -> bool:
        """Ask Windows to tell this window; whether it will."""
        tells = 0
        if sys.platform == "win32":
            import ctypes

            own_session_only = 0
            tells = ctypes.WinDLL("wtsapi32").WTSRegisterSessionNotification(ctypes.c_void_p(window), own_session_only)
        return bool(tells)

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: int) -> tuple[bool, int]:
        if kind == b"windows_generic_MSG":
            from ctypes import Structure, c_size_t, c_uint, c_void_p

            class Message(Structure):
                _fields_ = (("window", c_void_p), ("message", c_uint), ("w", c_size_t))

            told = Message.from_address(int(message))
            self.hear(told.message, told.w)
        return False, 0

    def hear(self, message: int, parameter: int) -> None:
        """What one message means to us."""
        if message == self._POWER and parameter == self._SUSPEND:
            self._watch.going_to_sleep.emit()
        elif message == self._SESSION and parameter in self._LEAVING:
            self._watch.screen_locked.emit()
