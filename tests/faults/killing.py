"""Killing Teduh at work, and looking for names in what it left."""

import base64
import contextlib
import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from tests import driver
from tests.commandline import QUICK, Answer, Door, finish, start
from tests.stores import HEAD, PASSWORD

needs_kill = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL and fork")


class Run(Protocol):
    """One run of Teduh that can be killed."""

    def is_over(self) -> bool:
        """Whether it has come to its end."""

    def wait(self, seconds: float) -> None:
        """Wait for its end, at most so long."""

    def line(self) -> str:
        """The next line it says to a script; waited for."""

    def kill(self) -> Answer:
        """End it at once; what it had said by then."""


Moment = Callable[[Run], str]
"""Waits for the moment to kill; what it read from stdout meanwhile."""
Begin = Callable[..., Run]
"""Starts Teduh with these arguments, changes (see ``tests/driver.py``) and variables."""


class Process:
    """A process like any other, from its first import on."""

    def __init__(self, argv: Sequence[object], *changes: str, **variables: str) -> None:
        wanted = [f"--change={change}" for change in changes]
        self._process = start([*wanted, *argv], QUICK, **variables)

    def is_over(self) -> bool:
        return self._process.poll() is not None

    def wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()

    def kill(self) -> Answer:
        self._process.kill()
        return finish(self._process)


class Fork:
    """A process split off from this one: everything is imported already, so every moment of its life counts."""

    def __init__(self, argv: Sequence[object], *changes: str, **variables: str) -> None:
        reading, writing = os.pipe()
        self._said = os.fdopen(reading, encoding="utf-8")
        words = [*(f"--change={change}" for change in changes), *map(str, argv)]
        self._process = multiprocessing.get_context("fork").Process(target=_work, args=(words, variables, writing))
        self._process.start()
        os.close(writing)

    def is_over(self) -> bool:
        return not self._process.is_alive()

    def wait(self, seconds: float) -> None:
        self._process.join(seconds)

    def line(self) -> str:
        return self._said.readline()

    def kill(self) -> Answer:
        self._process.kill()
        self._process.join()
        with self._said:
            said = self._said.read()
        code = self._process.exitcode
        assert code is not None
        self._process.close()
        return Answer(code, said, "")


def _work(words: list[str], variables: dict[str, str], writing: int) -> None:
    os.environ.update(variables)
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open until this process ends
    sys.stdout = os.fdopen(writing, "w", encoding="utf-8")
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as above
    code = driver.run(words)
    sys.stdout.flush()
    os._exit(code)


def after(seconds: float) -> Moment:
    """Some time after the start, wherever the program has got to by then."""

    def wait(run: Run) -> str:
        run.wait(seconds)
        return ""

    return wait


at_its_end = after(90)
"""Never, for one that dies by itself."""


def once_printed(run: Run) -> str:
    """As soon as a line can be read."""
    return run.line()


def once_changed(path: Path) -> Moment:
    """As soon as a file is another one than before."""
    before = path.read_bytes()

    def wait(run: Run) -> str:
        while not run.is_over() and path.read_bytes() == before:
            pass
        return ""

    return wait


def spread(count: int, seconds: float) -> Iterator[Moment]:
    """So many moments, one by chance in each part of this time: no part is left out."""
    for part in range(count):
        yield after((part + random.random()) / count * seconds)


def killed(begin: Begin, argv: Sequence[object], moment: Moment, *changes: str, **variables: str) -> Answer:
    """Start Teduh and kill it at a moment; what it had said by then."""
    run = begin(argv, *changes, TEDUH_PASSWORD=PASSWORD, **variables)
    early = moment(run)
    answer = run.kill()
    return Answer(answer.code, early + answer.out, answer.err)


def took(begin: Begin, argv: Sequence[object], **variables: str) -> float:
    """How long a run takes that nobody kills: what the moments are spread over. Nothing is asserted about it."""
    begun = time.monotonic()
    answer = killed(begin, argv, at_its_end, **variables)
    assert answer.code == 0, answer.err
    return time.monotonic() - begun


def died(answer: Answer) -> bool:
    """Whether it was killed before its end."""
    return answer.code == -signal.SIGKILL


class Additions:
    """``users add`` killed again and again in one home, and the book of what it said."""

    def __init__(self, door: Door, *changes: str) -> None:
        self.door = door
        self.said: set[str] = set()
        self.killed = 0
        self._changes = changes
        self._names = (f"sitimarkah{number:03}" for number in itertools.count(1))

    def argv(self) -> list[str]:
        """The arguments that add the next person."""
        return ["users", "add", next(self._names), "--role", "PETUGAS", *self.door.place, "--user", HEAD]

    def add(self, begin: Begin, moment: Moment) -> None:
        """Add somebody and kill at this moment."""
        answer = killed(begin, self.argv(), moment, *self._changes, TEDUH_NEW_PASSWORD=PASSWORD)
        assert answer.code in {0, -signal.SIGKILL}, answer.err
        self.killed += died(answer)
        self.said |= set(answer.out.split())

    def lost(self) -> set[str]:
        """Who was said to be saved and is not there."""
        return self.said - {row[0] for row in self.door.people()}

    def broken(self) -> str:
        """What a full check has to say; empty when the home is sound."""
        answer = self.door("check", "--full")
        return "" if answer.code == 0 else answer.out + answer.err


def forms(name: str) -> set[bytes]:
    """How a name could stand in a file so that somebody finds it."""
    written = {name, name.casefold(), name.upper()}
    plain = {text.encode(code) for text in written for code in ("utf-8", "utf-16-le", "utf-16-be")}
    return plain | {name.encode().hex().encode()} | {base64.b64encode(name.encode()).rstrip(b"=")[:-1]}


def names_in(folder: Path, names: Iterable[str]) -> list[str]:
    """Where in a folder, in file names, contents or what is squeezed by zlib in them, one of these names stands."""
    wanted = set().union(*map(forms, names))
    found = []
    for path in sorted(folder.rglob("*")):
        told = path.name.encode()
        contents = [told, *_contents(path)] if path.is_file() else [told]
        found += [f"{path.name}: {form!r}" for form in wanted if any(form in content for content in contents)]
    return found


def _contents(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    at = content.find(b"\x78")
    while at >= 0:
        if int.from_bytes(content[at : at + 2]) % 31 == 0:
            with contextlib.suppress(zlib.error):
                yield zlib.decompressobj().decompress(content[at:], 1_000_000)
        at = content.find(b"\x78", at + 1)
