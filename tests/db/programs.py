"""Other programs at the same folder: ``python -m tests.db.programs VERB FOLDER ...``, led by lines on their input.

``change FOLDER FIRST TIMES`` changes the slot file so often; ``change-unlocked`` does so without the folder's lock and
lets itself be held between reading and writing; ``hold FOLDER`` holds the lock until it is told to go, or is killed.
"""

import contextlib
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from db.files import StoreFolder
from db.slots import Book, SlotFile


def numbered(number: int) -> uuid.UUID:
    """The id under which a program leaves its mark in a book."""
    return uuid.UUID(int=number)


def adding(number: int) -> Callable[[Book], Book]:
    """A change that leaves a mark."""
    return lambda book: replace(book, recovery={**book.recovery, numbered(number): b"p"})


@contextlib.contextmanager
def _no_lock(_folder: StoreFolder, _seconds: float = 10) -> Iterator[None]:
    yield


def _meet(word: str) -> None:
    """Tell the test how far this program is, and wait to be sent on."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()
    sys.stdin.readline()


def _change(folder: StoreFolder, first: int, times: int, *, locked: bool) -> None:
    file = SlotFile(folder)
    if not locked:
        StoreFolder.locked = _no_lock  # type: ignore[method-assign,assignment]

    def held(number: int) -> Callable[[Book], Book]:
        def change(book: Book) -> Book:
            _meet("read")
            return adding(number)(book)

        return change

    _meet("ready")
    for number in range(first, first + times):
        file.change(adding(number) if locked else held(number))


def _hold(folder: StoreFolder) -> None:
    with folder.locked():
        _meet("held")


def _main(verb: str, path: str, *numbers: str) -> None:
    folder = StoreFolder(Path(path))
    if verb == "hold":
        _hold(folder)
    else:
        _change(folder, int(numbers[0]), int(numbers[1]), locked=verb == "change")


if __name__ == "__main__":
    _main(*sys.argv[1:])
