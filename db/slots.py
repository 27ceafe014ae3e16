"""The slot file: who can open an encrypted file store, and the store's keys sealed to each of them.

It holds no name and no secret in clear: people are random ids and keyed tags. It is written in one step with a checksum
inside and the previous copy beside it (docs/security.md, "Keys").
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from db.faults import Damaged, NoStore
from db.files import StoreFolder, write_atomically
from db.keyring import Kdf, Slot, canonical, seal

FORMAT = 1


@dataclass(frozen=True)
class Book:
    """The content of a slot file. A change makes a new book; ``SlotFile.change`` writes it.

    ``sealed`` maps a key's name (``database/2``) to the sealed blob of each person or recovery pair that may hold it.
    """

    store: uuid.UUID
    slots: tuple[Slot, ...] = ()
    recovery: Mapping[uuid.UUID, bytes] = field(default_factory=dict)
    sealed: Mapping[str, Mapping[uuid.UUID, bytes]] = field(default_factory=dict)

    def slot_of(self, owner: uuid.UUID) -> Slot | None:
        """The slot of a person, by id."""
        return next((slot for slot in self.slots if slot.owner == owner), None)

    def slot_tagged(self, tag: str) -> Slot | None:
        """The slot for a sign-in name's tag."""
        return next((slot for slot in self.slots if slot.tag == tag), None)

    def sealed_to(self, owner: uuid.UUID) -> dict[str, bytes]:
        """The keys this person or recovery pair can open."""
        return {name: blobs[owner] for name, blobs in self.sealed.items() if owner in blobs}

    def holders(self) -> dict[uuid.UUID, bytes]:
        """Public keys of all who hold the store's keys now: enabled people and recovery pairs."""
        publics = {slot.owner: slot.public for slot in self.slots} | dict(self.recovery)
        holding = {owner for blobs in self.sealed.values() for owner in blobs}
        return {owner: public for owner, public in publics.items() if owner in holding}

    def with_slot(self, slot: Slot, keys: Mapping[str, bytes]) -> Self:
        """The person let in (again): the slot takes the place of an earlier one of the same person or name."""
        kept = tuple(old for old in self.slots if old.owner != slot.owner and old.tag != slot.tag)
        replaced = {old.owner for old in self.slots if old.tag == slot.tag and old.owner != slot.owner}
        bare = replace(self, slots=(*kept, slot), sealed=_without(self.sealed, replaced))
        return bare.with_keys({slot.owner: slot.public}, keys)

    def with_keys(self, holders: Mapping[uuid.UUID, bytes], keys: Mapping[str, bytes]) -> Self:
        """Keys (by name) sealed to the given holders as well."""
        sealed = {name: dict(blobs) for name, blobs in self.sealed.items()}
        for name, key in keys.items():
            sealed.setdefault(name, {}).update({owner: seal(key, public, name) for owner, public in holders.items()})
        return replace(self, sealed=sealed)

    def withheld(self, owner: uuid.UUID) -> Self:
        """No key sealed to this person any more; the slot stays, so that letting in again needs no password."""
        return replace(self, sealed=_without(self.sealed, {owner}))

    def without(self, owner: uuid.UUID) -> Self:
        """The person gone from the book."""
        return replace(self.withheld(owner), slots=tuple(slot for slot in self.slots if slot.owner != owner))

    def without_key(self, name: str) -> Self:
        """A key gone from the book, for everyone."""
        return replace(self, sealed={key: blobs for key, blobs in self.sealed.items() if key != name})

    def to_bytes(self) -> bytes:
        """The file's content, with its checksum."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "store": str(self.store),
            "slots": [_slot_to_json(slot) for slot in self.slots],
            "recovery": {str(owner): public.hex() for owner, public in self.recovery.items()},
            "sealed": {
                name: {str(owner): blob.hex() for owner, blob in blobs.items()} for name, blobs in self.sealed.items()
            },
        }
        return canonical({**body, "checksum": hashlib.sha256(canonical(body)).hexdigest()}) + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a slot file back.

        Raises:
            ValueError: the content is damaged, or of a newer format.
        """
        body = json.loads(content)
        checksum = body.pop("checksum", "")
        if hashlib.sha256(canonical(body)).hexdigest() != checksum or body["format"] != FORMAT:
            raise ValueError("slot file damaged")
        return cls(
            uuid.UUID(body["store"]),
            tuple(_slot_from_json(slot) for slot in body["slots"]),
            {uuid.UUID(owner): bytes.fromhex(public) for owner, public in body["recovery"].items()},
            {
                name: {uuid.UUID(owner): bytes.fromhex(blob) for owner, blob in blobs.items()}
                for name, blobs in body["sealed"].items()
            },
        )


class SlotFile:
    """Reads and writes the book of one store folder."""

    def __init__(self, folder: StoreFolder) -> None:
        self.folder = folder

    def read(self) -> Book:
        """The book as it stands; the previous copy when the file itself is damaged or gone.

        Raises:
            NoStore: there is neither a slot file nor a copy nor a database.
            Damaged: neither file can be read.
        """
        found = False
        for path in (self.folder.slots, self.folder.previous_slots):
            try:
                content = path.read_bytes()
            except OSError:
                continue
            found = True
            try:
                return Book.from_bytes(content)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        if not found and not self.folder.database.exists():
            raise NoStore(place=str(self.folder.path))
        raise Damaged(what="slots")

    def is_whole(self) -> bool:
        """Whether the slot file itself (not its copy) can be read."""
        return _is_whole(self.folder.slots)

    def damaged(self) -> list[Path]:
        """Those of slot file and copy that cannot be read. A new store has no copy yet."""
        copy = self.folder.previous_slots
        expected = [self.folder.slots, *([copy] if copy.exists() else [])]
        return [path for path in expected if not _is_whole(path)]

    def write(self, book: Book) -> None:
        """Put a book in place in one step, keeping the one before."""
        keep = self.folder.previous_slots if self.is_whole() else None
        write_atomically(self.folder.slots, book.to_bytes(), keep)

    def change(self, changed: Callable[[Book], Book], *, forget: bool = False) -> Book:
        """Read, change, write under the folder's lock, so that two programs never lose each other's change.

        ``forget`` also overwrites the kept copy: who was just shut out must not be let in by yesterday's file.
        """
        with self.folder.locked():
            book = changed(self.read())
            for _ in range(2 if forget else 1):
                self.write(book)
            return book


def _is_whole(path: Path) -> bool:
    try:
        Book.from_bytes(path.read_bytes())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def _without(
    sealed: Mapping[str, Mapping[uuid.UUID, bytes]], owners: set[uuid.UUID]
) -> dict[str, dict[uuid.UUID, bytes]]:
    return {name: {o: blob for o, blob in blobs.items() if o not in owners} for name, blobs in sealed.items()}


def _slot_to_json(slot: Slot) -> dict[str, Any]:
    body = asdict(slot)
    return body | {"owner": str(slot.owner)} | {name: body[name].hex() for name in ("public", "salt", "wrapped")}


def _slot_from_json(body: dict[str, Any]) -> Slot:
    return Slot(
        uuid.UUID(body["owner"]),
        body["tag"],
        bytes.fromhex(body["public"]),
        Kdf(**body["kdf"]),
        bytes.fromhex(body["salt"]),
        bytes.fromhex(body["wrapped"]),
    )
