"""Teduh's command line as tests drive it: as a process of its own, or quickly inside this one."""

import contextlib
import io
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

import main
from db import process
from shelter.codelists import actions as codelist_actions
from tests.driver import quick
from tests.stores import HEAD, PASSWORD, Server
from ui.terminal import doors

ROOT = Path(main.__file__).parent
PROGRAM = (sys.executable, str(ROOT / "main.py"))
"""Teduh as everybody starts it."""
QUICK = (sys.executable, "-m", "tests.driver")
"""The same with the least key derivation there is; see ``driver.py``."""

# What a process needs of the surroundings; conftest.py has pointed all folders into the test's own.
_KEPT = {
    *("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "QT_QPA_PLATFORM"),
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP"),
    *("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_DOCUMENTS_DIR"),
    *("WIN_PD_OVERRIDE_APPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA", "WIN_PD_OVERRIDE_COMMON_APPDATA"),
}
_LONGEST = 100


@dataclass(frozen=True)
class Answer:
    """What came back: the exit code, what a script reads, and what a person reads."""

    code: int
    out: str
    err: str

    def good(self) -> str:
        """What a script reads, of a command that must not fail."""
        assert self.code == 0, self.err
        return self.out


def surroundings(**extra: str) -> dict[str, str]:
    """The environment of a process: this test's folders and these variables, nothing from outside."""
    return {name: value for name, value in os.environ.items() if name in _KEPT} | extra


def start(argv: Sequence[object], program: Sequence[str] = PROGRAM, **variables: str) -> subprocess.Popen[str]:
    """A process at work; nobody types anything into it."""
    return subprocess.Popen(
        [*program, *map(str, argv)],
        cwd=ROOT,
        env=surroundings(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def finish(process: subprocess.Popen[str], seconds: float = _LONGEST) -> Answer:
    """Wait for a process's end."""
    out, err = process.communicate(timeout=seconds)
    return Answer(process.returncode, out, err)


def run(*argv: object, program: Sequence[str] = PROGRAM, **variables: str) -> Answer:
    """Run a process to its end."""
    return finish(start(argv, program, **variables))


def call(*argv: object, **variables: str) -> Answer:
    """Run ``main.main`` here: no new process, the least key derivation, and no wait after a wrong password."""
    raw = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in raw)
    with quick(), _alone(variables), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main.main([str(word) for word in argv])
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    said, told = (stream.getvalue().decode() for stream in raw)
    return Answer(code, said, told)


@contextlib.contextmanager
def _alone(variables: dict[str, str]) -> Iterator[None]:
    """These variables, nobody at the keyboard, nothing waited out, and this process left attachable."""
    with (
        mock.patch.dict(os.environ, variables),
        Path(os.devnull).open(encoding="utf-8") as nobody,
        mock.patch.object(sys, "stdin", nobody),
        mock.patch.object(doors, "time", SimpleNamespace(sleep=lambda _seconds: None)),
        mock.patch.object(process, "harden", return_value=None),
    ):
        yield


HOME_NAME = "Rumah Pelangi Senja"
_databases = itertools.count(1)


@dataclass(frozen=True)
class Door:
    """A founded home, as the command line finds it."""

    kind: str
    place: tuple[str, str]
    words: tuple[str, ...]

    def __call__(self, *argv: object, user: str = HEAD, password: str = PASSWORD, **variables: str) -> Answer:
        """Do something there as this person."""
        return call(*argv, *self.place, "--user", user, TEDUH_PASSWORD=password, **variables)

    def add(self, login: str, *roles: str, password: str = PASSWORD) -> None:
        """Let a person in."""
        wanted = [part for role in roles for part in ("--role", role)]
        assert self("users", "add", login, *wanted, TEDUH_NEW_PASSWORD=password) == Answer(0, f"{login}\n", "")

    def people(self) -> list[list[str]]:
        """Everybody's name, roles and state, as a script reads them."""
        return [line.split("\t") for line in self("users", "list").good().splitlines()]

    @property
    def folder(self) -> Path:
        """The folder of a file home."""
        return Path(self.place[1])


@contextlib.contextmanager
def bare() -> Iterator[None]:
    """Found homes without the thousand words of the code lists: they take most of the time, and tell nothing here."""
    with mock.patch.object(codelist_actions, "fill", return_value=0):
        yield


def founded(place: tuple[str, str]) -> Door:
    """Found a bare home at this place by the command line itself."""
    with bare():
        made = call("init", *place, "--home", HOME_NAME, "--user", HEAD, TEDUH_PASSWORD=PASSWORD).good()
    words = tuple(line.partition(": ")[2] for line in made.splitlines())
    return Door("file" if place[0] == "--data" else "server", place, words)


@pytest.fixture(scope="session")
def first_door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    """One file home for the whole run, to be copied: founded today, since the command line lives by the real clock."""
    return founded(("--data", str(tmp_path_factory.mktemp("door") / "rumah")))


@pytest.fixture
def file_door(first_door: Door, tmp_path: Path) -> Door:
    """A file home of this test's own."""
    shutil.copytree(first_door.folder, tmp_path / "rumah")
    return Door("file", ("--data", str(tmp_path / "rumah")), first_door.words)


@pytest.fixture
def server_door(pg_server: Server) -> Iterator[Door]:
    """A home on PostgreSQL of this test's own. Its URL names the owner, who founds, checks in full and recovers."""
    database = f"pintu{next(_databases)}"
    pg_server.run(f"CREATE DATABASE {database}")
    yield founded(("--server", pg_server.url_of(database)))
    pg_server.run(f"DROP DATABASE {database} WITH (FORCE)")
    for (role,) in pg_server.run(f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{database}__')"):
        pg_server.run(f'DROP ROLE "{role}"')


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.server)])
def door(request: pytest.FixtureRequest) -> Door:
    """A home on each kind of store in turn."""
    found: Door = request.getfixturevalue(f"{request.param}_door")
    return found
