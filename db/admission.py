"""Letting people in and out: slots and sealed keys change together with the account rows of the floor above."""

import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from db.audit import Action, Draft
from db.filestore import KEY_SIZE
from db.keyring import Credential, Keyring, key_number, wipe
from db.slots import Book, SlotFile
from db.unit import Unit

SHARED: Final = ("database", "chain", "house")
"""The kinds of key every signed-in person holds; a kind the store does not have is simply not there."""


class Admission(Protocol):
    """What a unit of work may do to people's keys. ``groups`` are the rights groups of the floor above."""

    def admit(self, credential: Credential, groups: Iterable[str]) -> None:
        """Let a new person in."""

    def regroup(self, owner: uuid.UUID, groups: Iterable[str]) -> None:
        """Put a person into exactly these groups."""

    def relock(self, credential: Credential) -> None:
        """A new password (``credential`` holds the same or a new key pair)."""

    def withhold(self, owner: uuid.UUID) -> None:
        """Shut a person out for now."""

    def readmit(self, owner: uuid.UUID) -> None:
        """Let a person in again who was shut out, with the password as it was."""

    def expel(self, owner: uuid.UUID) -> None:
        """Shut a person out for good and turn the keys that person could hold."""


class FileAdmission:
    """Admission to an encrypted file: the slot file changes first, and back again when the transaction fails."""

    def __init__(self, slots: SlotFile, keyring: Keyring, unit: Unit, rotate: Callable[[], None]) -> None:
        self._slots = slots
        self._keyring = keyring
        self._unit = unit
        self._rotate = rotate

    def admit(self, credential: Credential, groups: Iterable[str]) -> None:
        """See ``Admission.admit``; groups mean nothing to a file."""
        del groups
        self._change("admit", credential.slot.owner, lambda book: book.with_slot(credential.slot, self._shared()))

    def regroup(self, owner: uuid.UUID, groups: Iterable[str]) -> None:
        """Nothing to do: in the file store rights are kept by the service layer."""

    def relock(self, credential: Credential) -> None:
        """See ``Admission.relock``."""
        owner = credential.slot.owner
        change = lambda book: book.withheld(owner).with_slot(credential.slot, self._shared())  # noqa: E731 - one line
        self._change("relock", owner, change, forget=True)

    def withhold(self, owner: uuid.UUID) -> None:
        """See ``Admission.withhold``."""
        self._change("withhold", owner, lambda book: book.withheld(owner), forget=True)

    def readmit(self, owner: uuid.UUID) -> None:
        """See ``Admission.readmit``."""

        def change(book: Book) -> Book:
            slot = book.slot_of(owner)
            return book if slot is None else book.with_keys({owner: slot.public}, self._shared())

        self._change("readmit", owner, change)

    def expel(self, owner: uuid.UUID) -> None:
        """See ``Admission.expel``: new database, chain and house keys; the file is re-encrypted after the commit."""
        self._catch_up()
        fresh: dict[str, bytes] = {}
        for kind, size in (("database", KEY_SIZE), ("chain", 32), ("house", 32)):
            number, _ = self._keyring.newest(kind)
            fresh[f"{kind}/{number + 1}"] = os.urandom(size)

        def change(book: Book) -> Book:
            bare = book.without(owner)
            return bare.with_keys(bare.holders(), fresh)

        self._change("expel", owner, change, forget=True)
        self._keyring.keys.update({name: bytearray(key) for name, key in fresh.items()})
        for key in fresh.values():
            wipe(key)
        self._unit.undo.append(lambda: self._forget(fresh))
        self._unit.backend.rewrap(self._unit.connection)
        self._unit.after_commit.append(self._rotate)

    def _forget(self, fresh: Mapping[str, bytes]) -> None:
        for name in fresh:
            self._keyring.drop(name)

    def _shared(self) -> dict[str, bytes]:
        """Every key this person holds of the kinds that all hold, old numbers too: they still verify and open."""
        self._catch_up()
        return {name: self._keyring.key(name) for name in self._keyring.keys if name.split("/")[0] in SHARED}

    def _catch_up(self) -> None:
        """Take the keys another program has turned since the sign-in: a newer one must be handed on, not made twice."""
        self._keyring.take(self._slots.read().sealed_to(self._keyring.owner))

    def _change(self, reason: str, owner: uuid.UUID, change: Callable[[Book], Book], *, forget: bool = False) -> None:
        before = self._slots.read()
        self._slots.change(change, forget=forget)
        self._unit.undo.append(lambda: self._put_back(before))
        self._unit.note(Draft(Action.KEY, row=str(owner), subject=str(owner), reason=reason))

    def _put_back(self, before: Book) -> None:
        # The copy too: somebody let in by a transaction that failed must not be found there.
        self._slots.change(lambda _book: before, forget=True)


def drop_old_database_keys(book: Book) -> Book:
    """The book with only the newest database key: said once the file has been opened by it."""
    names = sorted((name for name in book.sealed if name.startswith("database/")), key=key_number)
    kept = {name: blobs for name, blobs in book.sealed.items() if name not in names[:-1]}
    return replace(book, sealed=kept)
