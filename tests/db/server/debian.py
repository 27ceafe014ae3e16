"""Debian's PostgreSQL for tests: clusters of the tests' own in temporary folders, run by a user that is not root.

The PostgreSQL of the wheel (``tests.stores.pg_server``) can do no TLS; Debian's can, and it is the older of the two.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.stores import Server

_PATIENCE: Final = 60
ADMIN_PASSWORD: Final = "kata sandi superuser uji"
_FOLDERS: Final = "postgresql/*/bin/initdb"
# Read before a test's own folders are set: a socket's path may have about 100 letters, and the server must reach it.
TEMPORARY: Final = Path(tempfile.gettempdir())


def binaries() -> Path:
    """The folder of Debian's newest server programs; a test that needs them is skipped where there are none."""
    found = sorted(Path("/usr/lib").glob(_FOLDERS), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("needs Debian's PostgreSQL server")
    return found[-1].parent


def _as_user() -> list[str]:
    """What runs a program as a user PostgreSQL accepts: it refuses root."""
    if os.geteuid() != 0:
        return []
    import pwd  # not everywhere, and not needed where Debian is not

    with contextlib.suppress(KeyError):
        user = pwd.getpwnam("postgres")
        if setpriv := shutil.which("setpriv"):
            return [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    pytest.skip("needs the user postgres, since PostgreSQL refuses to run as root")


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; a server that never comes round fails the test instead of stopping the run."""
    last = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < last, "the server never came round"


@dataclass
class Cluster:
    """One PostgreSQL server: its data in ``folder/data``, its log in ``folder/log``, its socket in ``folder``."""

    folder: Path
    name: str = "data"
    port: int = field(default_factory=free_port)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / self.name

    @property
    def log(self) -> str:
        """Everything the server has logged so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def server(self) -> Server:
        """The server as ``tests.stores`` knows servers: entered as superuser, by the socket."""
        return Server(self.url())

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """A way in by the socket, where this cluster trusts everybody."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def make(self) -> None:
        """Make the data folder; by the network only with a password, as Debian does."""
        secret = self.folder / "secret"
        secret.write_text(ADMIN_PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            shutil.chown(secret, "postgres")
        entry = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}", "--username=postgres"]
        # With group access the server itself would let its group read what it writes.
        form = ["--no-sync", "--locale=C.UTF-8", "--encoding=UTF8", "--allow-group-access"]
        self._run("initdb", "--pgdata", str(self.data), *entry, *form)
        secret.unlink()

    def start(self, **settings: object) -> None:
        """Start it with these settings besides; returns when it answers."""
        known = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder}
        # A cluster of a test may be lost in a power cut.
        options = " ".join(f"-c {name}={value}" for name, value in (known | {"fsync": "off"} | settings).items())
        self._run("pg_ctl", "start", "--wait", "--pgdata", str(self.data), "--log", f"{self.folder}/log", "-o", options)

    def stop(self) -> None:
        """Stop it at once."""
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", str(self.data))

    def run(self, *statements: str) -> None:
        """Statements as superuser, each by itself."""
        for statement in statements:
            self.server.run(statement)

    def reload(self, **settings: str) -> None:
        """Change settings of the running server; returns when new connections go by them."""
        for name, value in settings.items():
            self.server.run(f"ALTER SYSTEM SET {name} = '{value}'")
        self.server.run("SELECT pg_reload_conf()")
        until(lambda: all(self.server.run(f"SHOW {name}") == [(value,)] for name, value in settings.items()))

    def reload_rules(self) -> None:
        """Read pg_hba.conf anew; returns when it counts."""
        loaded = self.log.count("received SIGHUP")
        self.server.run("SELECT pg_reload_conf()")
        until(lambda: self.log.count("received SIGHUP") > loaded)
        # It says so before it reads; once it has answered somebody it has read.
        self.server.run("SELECT 1")

    def wait_for_tls(self) -> None:
        """Return when new connections are answered in TLS."""
        until(self.speaks_tls)

    def speaks_tls(self) -> bool:
        """Whether a client that asks for TLS is offered it, by the protocol's own first two messages."""
        with socket.create_connection(("127.0.0.1", self.port)) as asked:
            asked.sendall(bytes.fromhex("0000000804d2162f"))
            return asked.recv(1) == b"S"

    def _run(self, program: str, *words: str) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        command = [*_as_user(), str(binaries() / program), *words]
        done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
