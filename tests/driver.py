"""Teduh as a process with one thing about it changed: ``python -m tests.driver [--change=...] ARGUMENTS``.

Keys are derived with the least strength there is, handed to the program's own functions. Besides, a process may be told
to die at one exact step, or to do what it must never do, so that a harness can prove that it notices.
"""

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from unittest import mock

import main
from db.keyring import Kdf
from db.serverplace import ServerPlace


@contextlib.contextmanager
def quick() -> Iterator[None]:
    """Hand out the least key derivation wherever the program would measure one or take its own."""
    with (
        mock.patch.object(Kdf, "calibrated", Kdf.floor),
        mock.patch.object(Kdf, "standard", Kdf.floor),
        mock.patch.object(ServerPlace.__init__, "__defaults__", (Kdf.floor(),)),
    ):
        yield


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def die_at(step: str) -> None:
    """Die at a step: ``before:2:db.unit:UnitSession.commit`` is before the second commit."""
    when, nth, module, path = step.split(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    real: Callable[..., Any] = getattr(owner, name)
    left = [int(nth)]

    def deadly(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if when == "before" and not left[0]:
            _die()
        result = real(*args, **kwargs)
        if when == "after" and not left[0]:
            _die()
        return result

    setattr(owner, name, deadly)


def print_too_early() -> None:
    """Print the name of a new person before it is saved: what ``users add`` must never do."""
    from ui.terminal import doors

    real = doors.ask_new_password

    def hasty(login: str, variable: str = "TEDUH_NEW_PASSWORD") -> str:
        print(login, flush=True)  # noqa: T201 - the mistake on trial
        return real(login, variable)

    doors.ask_new_password = hasty


def begin_plainly() -> None:
    """Begin writing units as if they only read: what the file store must never do."""
    from db import filestore

    filestore._begin = lambda connection: connection.exec_driver_sql("BEGIN")  # type: ignore[assignment]


CHANGES: dict[str, Callable[[], None]] = {"print-too-early": print_too_early, "begin-plainly": begin_plainly}


def change(wanted: str) -> None:
    """Make a change that was asked for."""
    if wanted in CHANGES:
        CHANGES[wanted]()
    else:
        die_at(wanted)


def run(argv: list[str]) -> int:
    """Teduh with the changes that the first arguments ask for."""
    while argv and argv[0].startswith("--change="):
        change(argv.pop(0).partition("=")[2])
    with quick():
        return main.main(argv)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
