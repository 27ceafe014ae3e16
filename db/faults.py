"""What can go wrong with a store, as data: a kind and the facts, never a sentence and never a person's value.

The sentences stand in ``ui/messages.py``; a fault raised here says only what happened.
"""

from typing import Final

SOUND: Final = 0
DAMAGED: Final = 1
NO_STORE: Final = 10
LOCKED: Final = 11
WRONG_PASSWORD: Final = 12


class StoreFault(Exception):
    """Something about the store itself, not about the work. ``facts`` holds what a sentence about it may name."""

    exit_code = 2

    def __init__(self, **facts: object) -> None:
        super().__init__(type(self).__name__)
        self.facts = facts


class NoStore(StoreFault):
    """There is no store at this place. Facts: ``place``."""

    exit_code = NO_STORE


class StoreExists(StoreFault):
    """A store is there already and must not be written over. Facts: ``place``."""


class StoreLocked(StoreFault):
    """Another program holds the store, or nobody gave the key.

    Facts: ``reason`` (``busy``, ``no_password``, ``which_user``, ``disabled``, ``rekeyed``, ``upgrade_due``,
    ``closed``, ``stopped``).
    """

    exit_code = LOCKED


class WrongPassword(StoreFault):
    """Name or password is wrong; which of the two is never said. Facts: ``wait`` (seconds before the next try)."""

    exit_code = WRONG_PASSWORD


class WeakPassword(StoreFault):
    """The new password is too short or too easily guessed. Facts: ``reason`` (``short``, ``common``)."""


class WrongWords(StoreFault):
    """Recovery words that are no key of this store. Facts: ``reason``, and ``at`` (the doubtful word's number)."""

    exit_code = WRONG_PASSWORD


class NewerStore(StoreFault):
    """The store was written by a newer program; guessing would destroy data. Facts: ``revision``."""


class NetworkShare(StoreFault):
    """The folder lies on a network share, where an embedded store is destroyed sooner or later. Facts: ``place``."""


class Damaged(StoreFault):
    """The store cannot be read. Facts: ``what`` (``slots``, ``database``, ``schema``)."""

    exit_code = DAMAGED


class ServerTrouble(StoreFault):
    """The server cannot be used. Facts: ``reason`` (see ``db.server.reason_of``)."""


class Refused(StoreFault):
    """The database itself refused: this login may not do that. Facts: none."""


class Conflict(StoreFault):
    """Somebody else changed the row meanwhile; nothing was saved. Facts: ``table``."""


class DiskTrouble(StoreFault):
    """The disk is full or does not answer, or the place is no place to write; nothing was saved.

    Facts: ``reason`` (``full``, ``io``, ``place``).
    """
