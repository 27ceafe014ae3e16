"""Making, opening and re-keying an encrypted file store."""

import contextlib
import hmac
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Generic, TypeVar

from sqlalchemy import Engine

from db import filestore, recovery, upgrade
from db.admission import FileAdmission, drop_old_database_keys
from db.anchors import Anchor
from db.audit import Action, Draft, FileBackend
from db.faults import Damaged, NoStore, StoreExists, StoreFault, StoreLocked, WrongPassword
from db.files import StoreFolder, refuse_network_share, sync_folder
from db.keyring import Credential, Kdf, Keyring, Slot, key_number, login_tag, public_of, wipe
from db.records import StoreMeta
from db.slots import Book, SlotFile
from db.store import Store
from db.tries import Tries
from db.types import utc_now
from db.unit import Actor, Unit

W = TypeVar("W")

_WORKSHOP: Final = ".baru-"
_FIRST_KEYS: Final = {"database/1": filestore.KEY_SIZE, "chain/1": 32, "house/1": 32}


@dataclass(frozen=True)
class Opening(Generic[W]):
    """How a store is opened: where, what wraps a unit in words, by which clock, and how a wait is waited out."""

    folder: StoreFolder
    work: Callable[[Unit], W]
    clock: Callable[[], datetime] = utc_now
    patience: Callable[[float], None] = time.sleep
    versions: Path = upgrade.VERSIONS

    @property
    def slots(self) -> SlotFile:
        """The folder's slot file."""
        return SlotFile(self.folder)

    def sign_in(self, login: str | None, password: str, *, face: str = "") -> Store[W]:
        """Open as a person. ``login`` may be left out while there is one person, or where ``face`` says who.

        Raises:
            NoStore: nothing here.
            StoreLocked: which person is not clear, that person is shut out, or another program holds the file.
            WrongPassword: name or password wrong; the wait before the next try has begun.
            Damaged, NewerStore, NetworkShare: see there.
        """
        refuse_network_share(self.folder.path)
        book = self._book()
        tag = face or self._tag(book, login)
        tries = Tries(self.folder.tries, self.clock)
        self.patience(tries.wait(tag))
        try:
            slot, private = self._unlock(book, tag, password)
        except WrongPassword:
            raise WrongPassword(wait=tries.wrong(tag)) from None
        wrong = tries.right(tag)
        store = self._enter(book, slot, private)
        store.wrong_tries = wrong
        return store

    def way_back(self, store: Store[W]) -> bytearray:
        """What opens the store for the same person again, without the password: to be kept under a PIN."""
        return bytearray(store.keyring.private)

    def come_back(self, face: str, way: bytearray) -> Store[W]:
        """Open by what ``way_back`` gave, as the person of that face.

        Raises:
            WrongPassword: the person has gone, or has a new key pair since.
            StoreLocked, NoStore, Damaged, NewerStore, NetworkShare: as ``sign_in``.
        """
        refuse_network_share(self.folder.path)
        book, private = self._book(), bytes(way)
        slot = book.slot_tagged(face)
        if slot is None or not hmac.compare_digest(slot.public, public_of(private)):
            wipe(private)
            raise WrongPassword(wait=0)
        return self._enter(book, slot, private)

    def _enter(self, book: Book, slot: Slot, private: bytes) -> Store[W]:
        keyring = Keyring(slot.owner, bytearray(private), reload=lambda: self.slots.read().sealed_to(slot.owner))
        wipe(private)
        try:
            keyring.take(book.sealed_to(slot.owner))
            if not keyring.keys:
                raise StoreLocked(reason="disabled")
            store = self.open(keyring)
        except BaseException:
            keyring.wipe()
            raise
        store.kdf = slot.kdf
        return store

    def sign_in_with_words(self, words: Sequence[str]) -> Store[W]:
        """Open with a recovery sheet: the way in when every password is forgotten.

        Raises:
            WrongWords: the words are not of this store, or not words of a sheet at all.
        """
        refuse_network_share(self.folder.path)
        book = self._book()
        private = recovery.private_of(words)
        public = public_of(private)
        owner = next((owner for owner, known in book.recovery.items() if hmac.compare_digest(known, public)), None)
        if owner is None:
            raise recovery.not_of_this_store()
        keyring = Keyring(owner, bytearray(private), reload=lambda: self.slots.read().sealed_to(owner))
        wipe(private)
        keyring.take(book.sealed_to(owner))
        return self.open(keyring)

    def credential(self, owner: uuid.UUID, login: str, password: str, kdf: Kdf) -> Credential:
        """A way in for a (new) person, made ready before the transaction that lets the person in."""
        slot, private = Slot.create(owner, self.tag(login), password, kdf)
        return Credential(slot, private)

    def relocked(self, store: Store[W], login: str, password: str, kdf: Kdf) -> Credential:
        """The signed-in person's own key pair under a new password."""
        private = bytes(store.keyring.private)
        return Credential(Slot.wrap(store.keyring.owner, self.tag(login), private, password, kdf), private)

    def tag(self, login: str) -> str:
        """What stands for a sign-in name outside the encrypted store."""
        return login_tag(self._book().store.bytes, login)

    def face(self, login: str) -> str:
        """What a PC may remember of a person, to let her choose herself from a row of faces: no name."""
        return self.tag(login)

    def refuse_without_store(self) -> None:
        """Say that nothing is here before anybody is asked for a password.

        Raises:
            NoStore: there is no store in the folder.
        """
        if not self.folder.exists():
            raise NoStore(place=str(self.folder.path))

    def _book(self) -> Book:
        self.refuse_without_store()
        book = self.slots.read()
        if not self.folder.database.exists():
            raise Damaged(what="database gone")
        if self.folder.database.stat().st_size < filestore.LEAST_SIZE:
            # SQLite takes an empty file for a new database, and would write into it.
            raise Damaged(what="database")
        return book

    def _tag(self, book: Book, login: str | None) -> str:
        if login is not None:
            return login_tag(book.store.bytes, login)
        if len(book.slots) != 1:
            raise StoreLocked(reason="which_user")
        return book.slots[0].tag

    @staticmethod
    def _unlock(book: Book, tag: str, password: str) -> tuple[Slot, bytes]:
        slot = book.slot_tagged(tag)
        if slot is not None:
            return slot, slot.unlock(password)
        # An unknown name takes as long as a wrong password, or the time would tell which names exist.
        strength = book.slots[0].kdf if book.slots else Kdf.standard()
        strength.derive(password, bytes(16))
        raise WrongPassword(wait=0)

    def open(self, keyring: Keyring) -> Store[W]:
        """A store around open keys; a turn of the database key that was cut off is finished first."""
        keys = keyring.all_of("database")
        # One key needs no trial: the first connection tells as well, and each costs milliseconds.
        current = next(iter(keys)) if len(keys) == 1 else filestore.fitting_key(self.folder.database, keys)
        if len(keys) > 1 and self._turn_key(keyring, current):
            current = keyring.newest("database")[0]
        held = _HeldKey(keyring, current)
        engine = filestore.engine_for(self.folder.database, held)
        self._migrate(keyring, held, engine)
        backend = FileBackend(keyring)
        anchor = Anchor(self.folder.head, keyring.newest("house")[1])

        def rotate() -> None:
            engine.dispose()
            if self._turn_key(keyring, held.number):
                held.number = keyring.newest("database")[0]
            anchor.rekey(keyring.newest("house")[1])
            anchor.renew(store.head(), "rotated")

        store = Store(
            "file",
            engine,
            self.work,
            backend=backend,
            keyring=keyring,
            anchor=anchor,
            admission=lambda unit: FileAdmission(self.slots, keyring, unit, rotate),
            clock=self.clock,
            tidy=lambda: filestore.checkpoint(self.folder.database, held()) if keyring.keys else False,
            explain=lambda fault: self._explain(fault, keyring.owner, held.number),
        )
        return store

    def _explain(self, fault: StoreFault, owner: uuid.UUID, held: int) -> StoreFault:
        """A key turned by somebody else looks like damage; tell the two apart."""
        if isinstance(fault, Damaged):
            with contextlib.suppress(StoreFault):
                names = [name for name in self.slots.read().sealed_to(owner) if name.startswith("database/")]
                if not names or max(map(key_number, names)) > held:
                    return StoreLocked(reason="rekeyed")
        return fault

    def _turn_key(self, keyring: Keyring, current: int) -> bool:
        """Re-encrypt under the newest key and forget the older ones; False while another program is at work."""
        keys, newest = keyring.all_of("database"), keyring.newest("database")[0]
        try:
            if current != newest:
                filestore.rekey(self.folder.database, keys[current], keys[newest])
            filestore.connect(self.folder.database, keys[newest]).close()
        except StoreLocked:
            return False
        self.slots.change(drop_old_database_keys, forget=True)
        for number in keys:
            if number != newest:
                keyring.drop(f"database/{number}")
        return True

    def _migrate(self, keyring: Keyring, held: "_HeldKey", engine: Engine) -> None:
        """Bring the file to this program's schema where that is due; else the connection waits in the engine's pool."""
        try:
            with engine.execution_options(teduh_read=True).connect() as connection:
                due = upgrade.is_due(connection, self.versions)
        except BaseException:
            engine.dispose()
            raise
        if not due:
            return
        engine.dispose()
        from db import filemigration

        filemigration.upgrade_file(self.folder, held, keyring, self.clock(), versions=self.versions)


class _HeldKey:
    """The database key in force, asked for at each new connection; gone when the keyring is wiped."""

    def __init__(self, keyring: Keyring, number: int) -> None:
        self._keyring = keyring
        self.number = number

    def __call__(self) -> bytes:
        try:
            return self._keyring.key(f"database/{self.number}")
        except KeyError:
            raise StoreLocked(reason="closed") from None


@dataclass(frozen=True, repr=False)
class NewStore:
    """What ``create`` hands back: the first person's id, and the words of the two recovery pairs, shown once."""

    store_id: uuid.UUID
    owner: uuid.UUID
    words: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, repr=False)
class Founder(Generic[W]):
    """Who founds a home, and what it begins with: ``first_rows`` writes them, and lets the founder in among them."""

    login: str
    password: str
    kdf: Kdf
    first_rows: Callable[[Store[W], Actor, Credential], None]


def create(opening: Opening[W], founder: Founder[W]) -> NewStore:
    """Make a store. Only when all of it stands, first rows included, does it appear, in one step.

    Raises:
        StoreExists: there is one already.
        NetworkShare: the folder lies on another computer.
    """
    folder = opening.folder
    refuse_network_share(folder.path)
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Of two programs that found here at once, the second finds the first one's store.
    with folder.locked():
        _clear_cut_off(folder)
        refuse_store(folder)
        with _workshop(folder.path) as shop:
            fresh = StoreFolder(shop)
            made = _found(Opening(fresh, opening.work, opening.clock, opening.patience), founder)
            fresh.previous_slots.unlink(missing_ok=True)
            # The slot file before the database: so a workshop left with a database alone tells of a cut-off move.
            for path in (fresh.slots, fresh.head, fresh.database):
                path.replace(folder.path / path.name)
                sync_folder(folder.path)
    return made


def refuse_store(folder: StoreFolder) -> None:
    """Say that there is a store before another is made over it. What a killed ``create`` moved in part is none.

    Raises:
        StoreExists: there is a store.
    """
    if folder.exists() and not _half_moved(folder):
        raise StoreExists(place=str(folder.path))


def _half_moved(folder: StoreFolder) -> bool:
    shops = (StoreFolder(path) for path in folder.path.glob(_WORKSHOP + "*"))
    return not folder.database.exists() and any(shop.database.exists() and not shop.slots.exists() for shop in shops)


def _clear_cut_off(folder: StoreFolder) -> None:
    """Take away what a killed ``create`` left behind, keys and all. Its recovery words were never shown to anybody."""
    if _half_moved(folder):
        folder.slots.unlink(missing_ok=True)
        folder.head.unlink(missing_ok=True)
    for path in folder.path.glob(_WORKSHOP + "*"):
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    shop = Path(tempfile.mkdtemp(prefix=_WORKSHOP, dir=folder))
    try:
        yield shop
    finally:
        shutil.rmtree(shop, ignore_errors=True)


def _found(opening: Opening[W], founder: Founder[W]) -> NewStore:
    store_id, owner = uuid.uuid4(), uuid.uuid4()
    keys = {name: os.urandom(size) for name, size in _FIRST_KEYS.items()}
    pairs = [recovery.new_pair() for _ in range(2)]
    publics = {pair_id: public_of(recovery.private_of(words)) for pair_id, words in pairs}
    tag = login_tag(store_id.bytes, founder.login)
    slot, private = Slot.create(owner, tag, founder.password, founder.kdf)
    book = Book(store_id, recovery=publics).with_keys(publics, keys).with_slot(slot, keys)
    opening.slots.write(book)
    keyring = Keyring(owner, bytearray(private), {name: bytearray(key) for name, key in keys.items()})
    held = _HeldKey(keyring, 1)
    engine = filestore.engine_for(opening.folder.database, held, foreign_keys=False, guarded=False)
    upgrade.upgrade(engine, versions=opening.versions)
    store = opening.open(keyring)
    try:
        actor = Actor(owner, "")
        store.found(actor, lambda unit: unit.session.add(StoreMeta(id=1, store_id=str(store_id), made_at=unit.now)))
        founder.first_rows(store, actor, Credential(slot, private))
        store.note(actor, Draft(Action.KEY, reason="founded"))
    finally:
        store.close()
    return NewStore(store_id, owner, tuple(words for _, words in pairs))
