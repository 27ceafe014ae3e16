"""A whole program that looks at its own memory: ``python -m tests.ui.session.memory PLACE STATE HOW``.

It signs in, works, locks, and counts what is still there of keys and of texts. The keys it looks for are kept under a
mask, or it would find its own list. ``HOW`` may be ``careless``: then immutable copies of keys are not overwritten, and
the harness must find them. ``STATE`` is this PC's folder for servers.
"""

import ctypes
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

MASK: Final = bytes(byte ^ 0xA5 for byte in range(256))
_HEX: Final = [f"{byte:02x}".encode().translate(MASK) for byte in range(256)]
_WINDOW: Final = 16
_NOTHING: Final = bytes(1).translate(MASK)
_CHUNK: Final = 1 << 20
MARKERS: Final = {"name": "Kumala Wijayakusuma", "login": "kumala.wk", "password": "sungai kapuas tenang sekali"}
NEW_PASSWORD: Final = "kebun jeruk di belakang dapur"
PIN: Final = "204817"


class Needles:
    """What to look for, masked: any sixteen bytes of a key that lie together, raw or as hexadecimal text; and texts."""

    def __init__(self) -> None:
        self.raw: dict[bytes, str] = {}

    def add(self, name: str, secret: bytearray | bytes) -> None:
        """Look for this too. It is masked without being copied."""
        raw = bytes(secret.translate(MASK))
        text = b"".join(_HEX[byte] for byte in secret)
        for form, whole, window in (("", raw, _WINDOW), ("hex of ", text, 2 * _WINDOW)):
            for at in range(0, len(whole) - window + 1, window):
                self.raw[whole[at : at + window]] = form + name

    def add_ring(self, ring: Any, when: str) -> None:
        """Look for every key of a keyring."""
        self.add(f"private key ({when})", ring.private)
        for name, key in ring.keys.items():
            self.add(f"{name} ({when})", key)

    def add_text(self, name: str, text: str) -> None:
        """Look for a text as Python and as Qt keep it."""
        for encoding in ("utf-8", "utf-16-le"):
            self.raw[text.encode(encoding).translate(MASK)] = name


def regions() -> Iterator[tuple[int, int]]:
    """The parts of this process's memory that something can have been written to."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        span, rights, *_rest = line.split(maxsplit=5)
        if rights.startswith("rw"):
            start, end = (int(part, 16) for part in span.split("-"))
            yield start, end


def found(needles: Needles) -> dict[str, int]:
    """How often each needle lies in memory now."""
    search = ctypes.CDLL(None).memmem
    search.restype = ctypes.c_void_p
    search.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    counts: dict[str, int] = {}
    buffer = bytearray(_CHUNK + 64)
    own = ctypes.addressof(ctypes.c_char.from_buffer(buffer))
    view = memoryview(buffer)
    memory = os.open("/proc/self/mem", os.O_RDONLY)
    try:
        for start, end in list(regions()):
            for at in range(start, end, _CHUNK):
                size = min(_CHUNK + 64, end - at)
                if at < own + len(buffer) and own < at + size:
                    size = 0
                try:
                    got = os.preadv(memory, [view[:size]], at) if size else 0
                except OSError:
                    continue
                if not got:
                    continue
                # No slice of it is taken, since that would leave a copy of what is looked for.
                view[got:] = bytes(len(buffer) - got)
                masked = buffer.translate(MASK)
                if masked.count(_NOTHING) == len(masked):
                    continue
                where = ctypes.addressof(ctypes.c_char.from_buffer(masked))
                for needle, name in needles.raw.items():
                    # The C library looks twice as fast as Python, and this is looked through a hundred times.
                    if search(where, len(masked), needle, len(needle)):
                        counts[name] = counts.get(name, 0) + masked.count(needle)
    finally:
        os.close(memory)
        view.release()
        buffer[:] = bytes(len(buffer))
    return counts


def careless() -> None:
    """Overwrite only what Python lets one overwrite: the mistake on trial."""
    from db import admission, anchors, audit, filestore, keyring, locker, opening, serverplace, serverstore

    real = keyring.wipe

    def wipe(secret: bytearray | bytes | str) -> None:
        if isinstance(secret, bytearray):
            real(secret)

    for module in (admission, anchors, audit, filestore, keyring, locker, opening, serverplace, serverstore):
        if hasattr(module, "wipe"):
            module.wipe = wipe  # type: ignore[attr-defined]


class Visit:
    """Somebody works at this PC for a while."""

    def __init__(self, place: Path | str, openings: Callable[[Any], Any] | None = None) -> None:
        from PySide6.QtWidgets import QApplication

        from ui.office import Office

        self.application = QApplication(["teduh"])
        self.application.setQuitOnLastWindowClosed(False)
        self.office = Office(self.application, place, openings)
        self.session = self.office.session
        self.keys = Needles()
        for name, text in MARKERS.items():
            self.keys.add_text(f"text: {name}", text)
        self._watch_new_people()

    def _watch_new_people(self) -> None:
        from db.keyring import Slot

        create = Slot.create
        needles = self.keys

        def watched(*arguments: Any) -> Any:
            slot, private = create(*arguments)
            needles.add("private key of a new person", private)
            return slot, private

        Slot.create = watched  # type: ignore[method-assign, assignment]

    def until(self, condition: Callable[[], object]) -> None:
        """Let the window live until something is so."""
        from PySide6.QtCore import QEventLoop

        while not condition():
            self.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)

    def sign_in(self, login: str, password: str) -> None:
        """Through the page, as a person does."""
        from ui.session.controller import State

        page = self.office.window.sign_in
        if page.other_name:
            page.name.edit.setText(login)
        page.entry.field.edit.setText(password)
        page.entry.go.click()
        self.until(lambda: self.session.state is State.OPEN)
        self.remember("after the sign-in")

    def remember(self, when: str) -> None:
        """Take down which keys are open now."""
        self.keys.add_ring(self.office.jobs.store.keyring, when)

    def work(self) -> None:
        """Add somebody, shut the door for her, open it, and send her away for good: the keys are turned."""
        from shelter.staff import actions

        window = self.office.window
        desk = window.desk
        assert desk is not None
        self.until(lambda: len(desk.page.views) == 1)
        desk.page.add_wanted.emit(
            {
                "display_name": MARKERS["name"],
                "login": MARKERS["login"],
                "roles": ("PETUGAS",),
                "password": MARKERS["password"],
            }
        )
        self.until(lambda: len(desk.page.views) == 2)
        account = next(view.id for view in desk.page.views if view.login == MARKERS["login"])
        desk.page.disable_wanted.emit(account)
        self.until(lambda: desk.page.views[-1].state == "disabled")
        desk.page.enable_wanted.emit(account)
        self.until(lambda: desk.page.views[-1].state == "active")
        self.remember("at work")
        gone: list[object] = []
        self.office.jobs.write(actions.remove_account, owner=desk, done=gone.append, account_id=account)
        self.until(lambda: gone)
        self.until(lambda: len(desk.page.views) == 1)
        self.remember("after the turn of keys")

    def keep_pin(self) -> None:
        """Choose a PIN."""
        self.session.set_pin(PIN)
        self.until(lambda: self.session.has_pin)

    def lock(self) -> None:
        """Lock, and wait until everything is gone that goes."""
        from PySide6.QtCore import QCoreApplication, QEvent

        from ui.session.controller import State

        self.session.lock("key")
        self.until(lambda: self.session.state is State.LOCKED)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def come_back(self, password: str = "") -> None:
        """By PIN, or by password."""
        from ui.session.controller import State

        if password:
            self.session.unlock_with_password(password)
        else:
            self.session.unlock_with_pin(PIN)
        self.until(lambda: self.session.state is State.OPEN)
        self.remember("after coming back")

    def leave(self) -> None:
        """Close the window."""
        ended: list[object] = []
        self.session.ended.connect(lambda: ended.append(True))
        self.session.end()
        self.until(lambda: ended)
        self.office.close()


def visit(place: Path | str, openings: Callable[[Any], Any], login: str, password: str) -> dict[str, dict[str, int]]:
    """A day at the desk; what was in memory while it was open, after the first lock, and after the last."""
    gc.disable()
    one = Visit(place, openings)
    warm: list[bool] = []
    one.office.warm.connect(lambda: warm.append(True))
    one.office.show()
    one.until(lambda: warm)
    one.sign_in(login, password)
    one.work()
    one.keep_pin()
    seen = {"open": found(one.keys)}
    one.lock()
    seen["locked"] = found(one.keys)
    one.come_back()
    one.lock()
    one.come_back(password)
    one.lock()
    seen["locked again"] = found(one.keys)
    one.leave()
    return seen


def main(place: str, state: str, how: str) -> None:
    """Visit the home in a folder, or at a server's address."""
    from dataclasses import replace

    from db.files import StoreFolder
    from db.opening import Opening
    from db.serverplace import ServerPlace
    from db.serverstore import ServerOpening
    from tests.stores import HEAD, KDF, PASSWORD, Clock

    if how == "careless":
        careless()
    clock = Clock()

    def openings(work: Any) -> Any:
        if "://" not in place:
            return Opening(StoreFolder(Path(place)), work, clock)
        return ServerOpening(replace(ServerPlace.parse(place, Path(state)), login_kdf=KDF), work, clock)

    seen = visit(place if "://" in place else Path(place), openings, HEAD, PASSWORD)
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
