"""Counting round trips to a server: what counts when it is far away, and what is the same on every machine."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import URL

from db.serverplace import ServerPlace

_PIECE = 65536


class Relay:
    """Passes bytes between programs and a server, and counts turns: a program speaks, having last heard the server."""

    def __init__(self, url: URL) -> None:
        self.turns = 0
        self._folder = url.query.get("host")
        self._address = (str(url.host or "127.0.0.1"), url.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept, name="relay")]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where programs find it, on the loopback address."""
        port: int = self._listener.getsockname()[1]
        return port

    def close(self) -> None:
        """Let go of everything."""
        self._ended.set()
        # Wakes the thread that accepts.
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            program, _ = self._listener.accept()
            if self._ended.is_set():
                program.close()
                return
            thread = threading.Thread(target=self._pass_on, args=(program, self._reach()), name="relay")
            self._threads.append(thread)
            thread.start()

    def _reach(self) -> socket.socket:
        if self._folder is None:
            return socket.create_connection(self._address)
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self._folder}/.s.PGSQL.{self._address[1]}")
        return server

    def _pass_on(self, program: socket.socket, server: socket.socket) -> None:
        server_spoke = True
        with program, server, selectors.DefaultSelector() as either:
            either.register(program, selectors.EVENT_READ, server)
            either.register(server, selectors.EVENT_READ, program)
            while not self._ended.is_set():
                for key, _ in either.select(0.2):
                    speaker: socket.socket = key.fileobj  # type: ignore[assignment]
                    try:
                        said = speaker.recv(_PIECE)
                        key.data.sendall(said)
                    except OSError:
                        said = b""
                    if not said:
                        return
                    if speaker is program and server_spoke:
                        self.turns += 1
                    server_spoke = speaker is server


@contextlib.contextmanager
def relayed(place: ServerPlace) -> Iterator[tuple[ServerPlace, Relay]]:
    """The same database through a relay."""
    relay = Relay(place.url)
    url = URL.create(place.url.drivername, host="127.0.0.1", port=relay.port, database=place.url.database)
    try:
        yield replace(place, url=url), relay
    finally:
        relay.close()
