"""A far server on this machine: a TCP proxy that holds back every byte for a while, in each direction."""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from db.serverplace import ServerPlace

DELAY: Final = 0.05
"""Seconds each way: a round trip takes twice that."""
_PIECE: Final = 65536

Dial = Callable[[], socket.socket]


class Proxy:
    """Accepts connections on a port of its own and passes them on, late but without making them narrower."""

    def __init__(self, dial: Dial, delay: float = DELAY) -> None:
        self.delay = delay
        self.turns = 0
        """How often the direction of talk turned towards the server: round trips, as far as nobody talks at once."""
        self._dial = dial
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._every: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def cut(self) -> None:
        """Drop every connection, as a pulled cable does."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        """Listen no more, and let nothing linger."""
        with contextlib.suppress(OSError):
            # Wakes whoever waits in accept; closing alone does not.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()
        for plug in self._every:
            plug.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._listener.accept()
            except OSError:
                return
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far = self._dial()
            self._open += [near, far]
            self._every += [near, far]
            talk = _Talk()
            self._pass_on(near, far, lambda talk=talk: self._turned(talk, "to"))  # type: ignore[misc]
            self._pass_on(far, near, lambda talk=talk: self._turned(talk, "from"))  # type: ignore[misc]

    def _turned(self, talk: "_Talk", direction: str) -> None:
        if talk.direction != direction:
            talk.direction = direction
            self.turns += direction == "to"

    def _pass_on(self, source: socket.socket, target: socket.socket, heard: Callable[[], None]) -> None:
        pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

        def listen() -> None:
            piece = b"first"
            while piece:
                try:
                    piece = source.recv(_PIECE)
                except OSError:
                    piece = b""
                if piece:
                    heard()
                pieces.put((time.monotonic() + self.delay, piece))

        def speak() -> None:
            while True:
                due, piece = pieces.get()
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    if not piece:
                        target.shutdown(socket.SHUT_WR)
                        return
                    target.sendall(piece)
                except OSError:
                    return

        self._start(listen)
        self._start(speak)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="proxy", daemon=True)
        self._threads.append(thread)
        thread.start()


class _Talk:
    """Who spoke last on one connection."""

    direction = ""


@contextlib.contextmanager
def far(place: ServerPlace, delay: float = DELAY) -> Iterator[tuple[ServerPlace, Proxy]]:
    """The same place, far away."""
    proxy = Proxy(lambda: _dial(place), delay)
    url = place.url.set(host="127.0.0.1", port=proxy.port)
    try:
        yield replace(place, url=url.difference_update_query(["host", "port"])), proxy
    finally:
        proxy.close()


def _dial(place: ServerPlace) -> socket.socket:
    folder = place.url.query.get("host", place.url.host)
    port = place.url.port or 5432
    if isinstance(folder, str) and folder.startswith("/"):
        plug = socket.socket(socket.AF_UNIX)
        plug.connect(f"{folder}/.s.PGSQL.{port}")
        return plug
    plug = socket.create_connection((str(folder or "127.0.0.1"), port))
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return plug
