"""The shared store: PostgreSQL behind the same two doors, one login role for each person."""

import base64
import hmac
import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from db import recovery, upgrade
from db.anchors import Anchor
from db.audit import START, Action, Draft, Head, ImageKeys, Origin, clean, close_images, marked
from db.faults import Damaged, NoStore, ServerTrouble, StoreLocked, WrongPassword
from db.keyring import Credential, Kdf, Keyring, Slot, public_of, seal, wipe
from db.serverplace import ServerPlace, reason_of
from db.store import Store
from db.tries import Tries
from db.types import iso_utc, utc_now
from db.unit import Unit

W = TypeVar("W")

_PRIVATE: Final = 32


class ServerBackend:
    """The chain on a server: one function call, which locks the head. The chain key never leaves the server."""

    early = False

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.keys = ImageKeys(keyring, self._image_key)
        self._last_at = ""

    def head(self, connection: Connection) -> Head:
        """The last entry, or the start of an empty chain."""
        row = connection.exec_driver_sql("SELECT seq, hash, at FROM teduh_audit_head()").first()
        head = Head(row[0], bytes(row[1]), row[2]) if row else START
        self._last_at = head.at
        return head

    def hash_at(self, connection: Connection, seq: int) -> bytes | None:
        """The hash of one entry, asked of the server."""
        found = connection.exec_driver_sql("SELECT teduh_audit_hash(%s)", (seq,)).scalar()
        return None if found is None else bytes(found)

    def append(self, connection: Connection, drafts: Sequence[Draft], origin: Origin) -> Head:
        """Chain the drafts by ``teduh_audit_append``, in pieces that keep the message small."""
        told = {
            "at": iso_utc(origin.at),
            "actor": str(origin.actor),
            "machine": clean(origin.machine),
            "mark": marked(origin, self._last_at),
        }
        entries: list[dict[str, object]] = [
            told
            | {
                "mono": time.monotonic_ns(),
                "action": draft.action.value,
                "table": draft.table,
                "row": draft.row,
                "subject": draft.subject,
                "reason": clean(draft.reason),
                "image": base64.b64encode(image).decode(),
            }
            for draft, image, _ in close_images(self.keys, connection, drafts)
        ]
        head = START
        for at in range(0, len(entries), 5000):
            piece = json.dumps(entries[at : at + 5000], ensure_ascii=False)
            row = connection.exec_driver_sql("SELECT seq, hash, at FROM teduh_audit_append(%s::jsonb)", (piece,)).one()
            head = Head(row[0], bytes(row[1]), row[2])
        self._last_at = head.at
        return head

    def erase(self, connection: Connection, subject: str) -> None:
        """Destroy a person's image key; the owner's right alone."""
        gone = "INSERT INTO image_key (subject, house_no) VALUES (%s, 0) ON CONFLICT (subject) DO UPDATE"
        connection.exec_driver_sql(f"{gone} SET wrapped = NULL", (subject,))
        self.keys.forget(subject)

    def rewrap(self, connection: Connection) -> None:
        """Wrap every image key by the newest house key."""
        newest, _ = self._keyring.newest("house")
        old = connection.exec_driver_sql("SELECT * FROM teduh_house_rotated(%s)", (newest,)).all()
        for subject, house_no, wrapped in old:
            fresh = self.keys.rewrapped(subject, house_no, bytes(wrapped))
            connection.exec_driver_sql("SELECT teduh_house_rewrap(%s, %s, %s)", (subject, *fresh))

    @staticmethod
    def _image_key(connection: Connection, subject: str, fresh: Callable[[], tuple[int, bytes]]) -> Any:
        query = "SELECT house_no, wrapped FROM teduh_image_key(%s, %s, %s)"
        found = connection.exec_driver_sql(query, (subject, 0, None)).first()
        if found is None:
            found = connection.exec_driver_sql(query, (subject, *fresh())).one()
        return found[0], None if found[1] is None else bytes(found[1])


def slot_json(slot: Slot, role: str) -> str:
    """A slot as the server's functions take it."""
    return json.dumps(
        {
            "owner": str(slot.owner),
            "tag": slot.tag,
            "login_role": role,
            "public": slot.public.hex(),
            "passes": slot.kdf.passes,
            "memory": slot.kdf.memory,
            "lanes": slot.kdf.lanes,
            "salt": slot.salt.hex(),
            "wrapped": slot.wrapped.hex(),
        }
    )


class ServerAdmission:
    """Admission on a server: login role, slot and sealed keys change in the same transaction as the account's row."""

    def __init__(self, place: ServerPlace, keyring: Keyring, unit: Unit) -> None:
        self._place = place
        self._keyring = keyring
        self._unit = unit

    def admit(self, credential: Credential, groups: Iterable[str]) -> None:
        """See ``Admission.admit``."""
        slot = credential.slot
        role = f"{self._place.database}__u_{slot.tag}"
        self._call(
            "teduh_login_create(%s::jsonb, %s, %s)",
            slot_json(slot, role),
            self._verifier(credential, role),
            list(groups),
        )
        self._seal_all(slot.owner, slot.public)
        self._note("admit", slot.owner)

    def regroup(self, owner: uuid.UUID, groups: Iterable[str]) -> None:
        """See ``Admission.regroup``."""
        self._call("teduh_login_groups(%s, %s)", str(owner), list(groups))
        self._note("regroup", owner)

    def relock(self, credential: Credential) -> None:
        """See ``Admission.relock``."""
        slot = credential.slot
        role = f"{self._place.database}__u_{slot.tag}"
        self._call("teduh_login_relock(%s::jsonb, %s)", slot_json(slot, role), self._verifier(credential, role))
        if slot.owner != self._keyring.owner:
            self._seal_all(slot.owner, slot.public)
        self._note("relock", slot.owner)

    def withhold(self, owner: uuid.UUID) -> None:
        """See ``Admission.withhold``."""
        self._call("teduh_login_stop(%s)", str(owner))
        self._note("withhold", owner)

    def readmit(self, owner: uuid.UUID) -> None:
        """See ``Admission.readmit``."""
        public = self._unit.connection.exec_driver_sql("SELECT teduh_slot_public(%s)", (str(owner),)).scalar()
        if public is not None:
            self._call("teduh_login_resume(%s)", str(owner))
            self._seal_all(owner, bytes(public))
            self._note("readmit", owner)

    def expel(self, owner: uuid.UUID) -> None:
        """See ``Admission.expel``: the login goes, the house key is turned; the chain key never left the server."""
        self._call("teduh_login_drop(%s)", str(owner))
        number, _ = self._keyring.newest("house")
        name, key = f"house/{number + 1}", os.urandom(32)
        holders = self._unit.connection.exec_driver_sql("SELECT owner, public FROM teduh_key_holders()").all()
        for holder, public in holders:
            self._call("teduh_key_seal(%s, %s, %s)", name, holder, seal(key, bytes(public), name))
        self._keyring.keys[name] = bytearray(key)
        self._unit.undo.append(lambda: self._forget(name))
        self._unit.backend.rewrap(self._unit.connection)
        self._note("expel", owner)

    def _forget(self, name: str) -> None:
        self._keyring.drop(name)

    def _seal_all(self, owner: uuid.UUID, public: bytes) -> None:
        for name, key in self._keyring.keys.items():
            if name.startswith("house/"):
                self._call("teduh_key_seal(%s, %s, %s)", name, str(owner), seal(bytes(key), public, name))

    def _verifier(self, credential: Credential, role: str) -> str:
        driver: Any = self._unit.connection.connection.driver_connection
        made: bytes = driver.pgconn.encrypt_password(credential.secret.encode(), role.encode(), b"scram-sha-256")
        return made.decode()

    def _call(self, function: str, *arguments: object) -> None:
        self._unit.session.flush()
        self._unit.connection.exec_driver_sql(f"SELECT {function}", arguments)

    def _note(self, reason: str, owner: uuid.UUID) -> None:
        self._unit.note(Draft(Action.KEY, row=str(owner), subject=str(owner), reason=reason))


@dataclass(frozen=True)
class ServerOpening(Generic[W]):
    """How a shared store is opened: where, what wraps a unit in words, by which clock, how a wait is waited out."""

    place: ServerPlace
    work: Callable[[Unit], W]
    clock: Callable[[], datetime] = utc_now
    patience: Callable[[float], None] = time.sleep

    def sign_in(self, login: str | None, password: str, *, face: str = "") -> Store[W]:
        """Open as a person, named or known by ``face``.

        Raises:
            StoreLocked: no name was given.
            WrongPassword: name or password wrong; the wait before the next try has begun.
            ServerTrouble: the server cannot be used; its reason says why.
            NoStore, NewerStore: there is no home on this server, or one of a newer program.
        """
        if login is None and not face:
            raise StoreLocked(reason="which_user")
        tag, salt = (face or self.face(login or "")).split(":")
        self.place.state.mkdir(parents=True, exist_ok=True)
        tries = Tries(self.place.state / "teduh.tries", self.clock)
        self.patience(tries.wait(tag))
        secret = self.place.secret_salted(bytes.fromhex(salt), password)
        try:
            store = self._store(tag, secret, lambda slot: slot.unlock(password))
        except WrongPassword:
            raise WrongPassword(wait=tries.wrong(tag)) from None
        store.wrong_tries = tries.right(tag)
        return store

    def way_back(self, store: Store[W]) -> bytearray:
        """What opens the store for the same person again, without the password: to be kept under a PIN."""
        return store.keyring.private + store.keyring.secret

    def come_back(self, face: str, way: bytearray) -> Store[W]:
        """Open by what ``way_back`` gave, as the person of that face.

        Raises:
            WrongPassword: the person has gone, or has a new password or key pair since.
            StoreLocked, ServerTrouble, NoStore, NewerStore: as ``sign_in``.
        """

        def unlock(slot: Slot) -> bytes:
            private = bytes(way[:_PRIVATE])
            if not hmac.compare_digest(slot.public, public_of(private)):
                wipe(private)
                raise WrongPassword(wait=0)
            return private

        return self._store(face.partition(":")[0], way[_PRIVATE:].decode(), unlock)

    def face(self, login: str) -> str:
        """What a PC may remember of a person, to let her choose herself from a row of faces: no name."""
        return f"{self.place.tag(login)}:{self.place.salt(login).hex()}"

    def _store(self, tag: str, secret: str, unlock: Callable[[Slot], bytes]) -> Store[W]:
        engine = self.place.engine(self.place.role_tagged(tag), secret)
        try:
            keyring, kdf = self._enter(engine, tag, unlock)
        except DBAPIError as error:
            engine.dispose()
            reason = reason_of(error)
            if reason == "wrong_password":
                raise WrongPassword(wait=0) from None
            raise ServerTrouble(reason=reason) from None
        except BaseException:
            engine.dispose()
            raise
        keyring.secret = bytearray(secret.encode())
        store = self.around(engine, keyring)
        store.kdf = kdf
        return store

    def sign_in_with_words(self, words: Sequence[str], owner: ServerPlace) -> Store[W]:
        """Open with a recovery sheet, over the owner's connection: no login of a person's own is needed.

        Raises:
            WrongWords: the words are not of this store, or not words of a sheet at all.
            ServerTrouble: the server cannot be used.
        """
        private = recovery.private_of(words)
        public = public_of(private)
        engine = owner.engine()
        try:
            with engine.connect() as connection:
                pairs = connection.exec_driver_sql("SELECT owner, public FROM key_recovery").all()
                pair = next((row.owner for row in pairs if hmac.compare_digest(bytes(row.public), public)), None)
                if pair is None:
                    raise recovery.not_of_this_store()
                keyring = Keyring(uuid.UUID(pair), bytearray(private))
                keyring.take(_sealed(connection, keyring.owner))
        except DBAPIError as error:
            raise ServerTrouble(reason=reason_of(error)) from None
        return self.around(engine, keyring)

    def around(self, engine: Engine, keyring: Keyring) -> Store[W]:
        """A store around an engine that is signed in."""
        self.place.state.mkdir(parents=True, exist_ok=True)
        anchor = Anchor(self.place.state / "teduh.head", keyring.newest("house")[1])
        return Store(
            "server",
            engine,
            self.work,
            backend=ServerBackend(keyring),
            keyring=keyring,
            anchor=anchor,
            admission=lambda unit: ServerAdmission(self.place, keyring, unit),
            clock=self.clock,
        )

    def credential(self, owner: uuid.UUID, login: str, password: str, kdf: Kdf) -> Credential:
        """A way in for a (new) person, made ready before the transaction that lets the person in."""
        slot, private = Slot.create(owner, self.place.tag(login), password, kdf)
        return Credential(slot, private, self.place.secret(login, password))

    def relocked(self, store: Store[W], login: str, password: str, kdf: Kdf) -> Credential:
        """The signed-in person's own key pair under a new password."""
        private = bytes(store.keyring.private)
        slot = Slot.wrap(store.keyring.owner, self.place.tag(login), private, password, kdf)
        return Credential(slot, private, self.place.secret(login, password))

    @staticmethod
    def _enter(engine: Engine, tag: str, unlock: Callable[[Slot], bytes]) -> tuple[Keyring, Kdf]:
        # Reads alone: BEGIN and ROLLBACK would be two more turns to a server that may be far away.
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            if _is_due(connection):
                raise StoreLocked(reason="upgrade_due")
            row = connection.exec_driver_sql(
                "SELECT owner, tag, public, passes, memory, lanes, salt, wrapped FROM key_slot WHERE tag = %s", (tag,)
            ).first()
            if row is None:
                raise WrongPassword(wait=0)
            kdf = Kdf(row.passes, row.memory, row.lanes)
            slot = Slot(uuid.UUID(row.owner), row.tag, bytes(row.public), kdf, bytes(row.salt), bytes(row.wrapped))
            private = unlock(slot)
            keyring = Keyring(slot.owner, bytearray(private), reload=lambda: _sealed_to(engine, slot.owner))
            wipe(private)
            keyring.take(_sealed(connection, slot.owner))
        if not keyring.keys:
            raise StoreLocked(reason="disabled")
        return keyring, kdf


def _sealed_to(engine: Engine, owner: uuid.UUID) -> Mapping[str, bytes]:
    with engine.connect() as connection:
        return _sealed(connection, owner)


def _sealed(connection: Connection, owner: uuid.UUID) -> dict[str, bytes]:
    rows = connection.exec_driver_sql("SELECT name, blob FROM key_sealed WHERE owner = %s", (str(owner),)).all()
    return {name: bytes(blob) for name, blob in rows}


def _is_due(connection: Connection) -> bool:
    try:
        return upgrade.is_due(connection)
    except Damaged:
        raise NoStore(place="server") from None
