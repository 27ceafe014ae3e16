"""Keys: a pair for each person, wrapped by the password; everything else is sealed to public keys.

Argon2id turns a password into the key that wraps a private X25519 key (AES-256-GCM; who, how and how strongly are the
associated data, so a moved or weakened slot fails). Store keys are sealed to public keys by HPKE (RFC 9180), so adding,
removing and rotating need nobody else's password. Heavy libraries are imported when a key is first used.
"""

import ctypes
import json
import os
import re
import sys
import time
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from db.faults import WeakPassword, WrongPassword

MIB: Final = 1024
SLOT_FORMAT: Final = 1
LEAST_LENGTH: Final = 12
_LEAST_GUESSES_LOG10: Final = 6
_NAME_PARTS: Final = re.compile(r"[^\W_]{3,}")
_MOST_PASSES: Final = 1000
_MOST_MEMORY: Final = 4096 * MIB
_MOST_LANES: Final = 64


@dataclass(frozen=True)
class Kdf:
    """Strength of Argon2id: ``passes`` over ``memory`` KiB in ``lanes``."""

    passes: int
    memory: int
    lanes: int

    @classmethod
    def floor(cls) -> Self:
        """The least strength ever accepted (OWASP's lower bound): for tests, which open a thousand stores."""
        return cls(2, 19 * MIB, 1)

    @classmethod
    def standard(cls) -> Self:
        """The strength meant for an office PC: about 0.65 s."""
        return cls(3, 256 * MIB, 4)

    @classmethod
    def calibrated(cls) -> Self:
        """The strength that takes this machine 0.5 to 1.0 s: measured once, never below the floor."""
        kdf = cls.standard()
        while True:
            begun = time.perf_counter()
            kdf.derive("x" * LEAST_LENGTH, bytes(16))
            took = time.perf_counter() - begun
            if took > 1.0 and kdf.memory // 2 >= cls.floor().memory:
                kdf = cls(kdf.passes, kdf.memory // 2, kdf.lanes)
            elif took < 0.5 and kdf.passes < 12:
                # A clock too coarse to see it must not ask for passes without end.
                more = int(kdf.passes * (0.6 / max(took, 0.01) - 1))
                kdf = cls(kdf.passes + max(1, more), kdf.memory, kdf.lanes)
            else:
                return kdf

    def derive(self, password: str, salt: bytes) -> bytes:
        """32 bytes from a password (Unicode in composed form, so that two keyboards agree)."""
        from argon2 import low_level
        from argon2.low_level import ARGON2_VERSION, Type, error_to_str, ffi

        lib: Any = vars(low_level)["lib"]

        if self.passes < 2 or self.memory < 19 * MIB:
            raise ValueError("key derivation below the floor")
        if self.passes > _MOST_PASSES or self.memory > _MOST_MEMORY or not 1 <= self.lanes <= _MOST_LANES:
            raise ValueError("key derivation beyond any PC")
        # A terminal hands over bytes that are no text as lone surrogates: a wrong password like any other.
        secret = unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
        # As hash_secret_raw does it, but with buffers that can be overwritten.
        typed, made = ffi.new("uint8_t[]", secret), ffi.new("uint8_t[]", 32)
        wipe(secret)
        costs = (self.passes, self.memory, self.lanes)
        rest = (made, 32, ffi.NULL, 0, Type.ID.value, ARGON2_VERSION)
        code = lib.argon2_hash(*costs, typed, len(secret), ffi.new("uint8_t[]", salt), len(salt), *rest)
        derived = bytes(ffi.buffer(made))
        for buffer in (typed, made):
            ffi.memmove(buffer, bytes(ffi.sizeof(buffer)), ffi.sizeof(buffer))
        if code != lib.ARGON2_OK:
            raise ValueError(error_to_str(code))
        return derived


@dataclass(frozen=True)
class Slot:
    """One person's way in: the public key, and the private one wrapped under the password."""

    owner: uuid.UUID
    tag: str
    public: bytes
    kdf: Kdf
    salt: bytes
    wrapped: bytes

    @classmethod
    def create(cls, owner: uuid.UUID, tag: str, password: str, kdf: Kdf) -> tuple[Self, bytes]:
        """A new key pair for ``owner``, locked by ``password``; the slot and the private key."""
        private = new_private()
        return cls.wrap(owner, tag, private, password, kdf), private

    @classmethod
    def wrap(cls, owner: uuid.UUID, tag: str, private: bytes, password: str, kdf: Kdf) -> Self:
        """Lock an existing private key by a (new) password."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        slot = cls(owner, tag, public_of(private), kdf, os.urandom(16), b"")
        nonce = os.urandom(12)
        key = kdf.derive(password, slot.salt)
        wrapped = nonce + AESGCM(key).encrypt(nonce, private, slot._bound())
        wipe(key)
        return cls(owner, tag, slot.public, kdf, slot.salt, wrapped)

    def unlock(self, password: str) -> bytes:
        """The private key.

        Raises:
            WrongPassword: the password is wrong, or the slot was moved, weakened or damaged.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            key = self.kdf.derive(password, self.salt)
            try:
                return AESGCM(key).decrypt(self.wrapped[:12], self.wrapped[12:], self._bound())
            finally:
                wipe(key)
        except (InvalidTag, ValueError):
            raise WrongPassword(wait=0) from None

    def _bound(self) -> bytes:
        kdf = self.kdf
        return canonical([SLOT_FORMAT, str(self.owner), self.public.hex(), kdf.passes, kdf.memory, kdf.lanes])


@dataclass
class Keyring:
    """The open keys of one signed-in person. Nothing else keeps a key; ``wipe`` ends it.

    What is handed out is one object for each key, overwritten by ``wipe`` as well: never keep it longer. ``secret`` is
    what the login proves itself with, on a server.
    """

    owner: uuid.UUID
    private: bytearray
    keys: dict[str, bytearray] = field(default_factory=dict)
    reload: Callable[[], Mapping[str, bytes]] | None = None
    secret: bytearray = field(default_factory=bytearray)
    _handed: dict[str, bytes] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Never the keys."""
        return f"<Keyring {self.owner}>"

    def take(self, sealed: Mapping[str, bytes]) -> None:
        """Open every store key that is sealed to this person."""
        private = bytes(self.private)
        try:
            for name, blob in sealed.items():
                if name not in self.keys:
                    key = unseal(blob, private, name)
                    self.keys[name] = bytearray(key)
                    wipe(key)
        finally:
            wipe(private)

    def key(self, name: str) -> bytes:
        """One key by name; one that came up since the sign-in is fetched.

        Raises:
            KeyError: this person does not hold it.
        """
        if name not in self.keys and self.reload is not None:
            self.take(self.reload())
        return self._hand(name)

    def newest(self, kind: str) -> tuple[int, bytes]:
        """Number and bytes of the newest key of a kind (``database``, ``chain``, ``house``).

        Raises:
            KeyError: no key of that kind is open to this person.
        """
        number = max((key_number(name) for name in self.keys if name.startswith(kind + "/")), default=0)
        return number, self._hand(f"{kind}/{number}")

    def all_of(self, kind: str) -> dict[int, bytes]:
        """Every key of a kind by its number: old ones still verify and open what they once closed."""
        return {key_number(name): self._hand(name) for name in self.keys if name.startswith(kind + "/")}

    def _hand(self, name: str) -> bytes:
        handed = self._handed.get(name, b"")
        if self.keys[name] != handed:
            wipe(handed)
            handed = self._handed[name] = bytes(self.keys[name])
        return handed

    def drop(self, name: str) -> None:
        """Forget one key; it is overwritten."""
        for secret in (self.keys.pop(name, None), self._handed.pop(name, None)):
            if secret is not None:
                wipe(secret)

    def wipe(self) -> None:
        """Overwrite the keys, and whatever was handed out of them."""
        for secret in (self.private, self.secret, *self.keys.values()):
            wipe(secret)
        for handed in self._handed.values():
            wipe(handed)
        self.keys.clear()
        self._handed.clear()
        self.reload = None


def key_number(name: str) -> int:
    """The number in a key's name: ``database/3`` is 3."""
    return int(name.rpartition("/")[2])


def canonical(value: Any) -> bytes:
    """JSON in one fixed form, for checksums and associated data."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def wipe(secret: bytearray | bytes | str) -> None:
    """Overwrite a secret in place: an immutable one too (the ASCII text of a key, say), so nobody may use it again."""
    if isinstance(secret, bytearray):
        secret[:] = bytes(len(secret))
    elif sys.implementation.name == "cpython" and len(secret) > 1 and (isinstance(secret, bytes) or secret.isascii()):
        # Python itself only frees it, and what is freed can be read until something else comes to lie there. CPython
        # keeps the content behind the object's head; objects of one letter are shared by everybody.
        ctypes.memset(id(secret) + sys.getsizeof(type(secret)()) - 1, 0, len(secret))


@dataclass(frozen=True, repr=False)
class Credential:
    """A slot made ready outside the transaction, since deriving takes a second; on a server the login's secret too."""

    slot: Slot
    private: bytes
    secret: str = ""

    def wipe(self) -> None:
        """Overwrite what is secret of it, once it has been used."""
        wipe(self.private)
        wipe(self.secret)


def new_private() -> bytes:
    """A new private X25519 key: any 32 random bytes are one (RFC 7748)."""
    return os.urandom(32)


def public_of(private: bytes) -> bytes:
    """The public key that belongs to a private one."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _suite() -> Any:
    from cryptography.hazmat.primitives import hpke

    return hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def seal(secret: bytes, public: bytes, name: str) -> bytes:
    """Seal a key to a public key; ``name`` binds it to its purpose."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    return bytes(_suite().encrypt(secret, X25519PublicKey.from_public_bytes(public), name.encode()))


def unseal(blob: bytes, private: bytes, name: str) -> bytes:
    """Open what ``seal`` closed.

    Raises:
        WrongPassword: the blob was not sealed to this key under this name.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    try:
        return bytes(_suite().decrypt(blob, X25519PrivateKey.from_private_bytes(private), name.encode()))
    except (InvalidTag, ValueError):
        raise WrongPassword(wait=0) from None


def fold_login(login: str) -> str:
    """A sign-in name as it is compared: case does not count, nor how many spaces there are."""
    return " ".join(unicodedata.normalize("NFKC", login).split()).casefold()


def login_tag(store: bytes, login: str) -> str:
    """What stands for a sign-in name outside the encrypted store, where no name may be read."""
    import hashlib

    folded = fold_login(login).encode(errors="surrogatepass")
    return hashlib.blake2b(folded, key=store, digest_size=16, person=b"teduh login").hexdigest()


def check_new_password(password: str, login: str = "") -> None:
    """Refuse a password somebody could guess: 12 characters of any kind, not common, not built from the name.

    Raises:
        WeakPassword: with the reason ``short`` or ``common``.
    """
    from zxcvbn import zxcvbn

    if len(unicodedata.normalize("NFC", password)) < LEAST_LENGTH:
        raise WeakPassword(reason="short")
    house_words = [
        "teduh",
        "katasandi",
        "kata sandi",
        "rahasia",
        "indonesia",
        "pontianak",
        "kalimantan",
        "rumah",
        login,
        *_NAME_PARTS.findall(login),
    ]
    # zxcvbn looks at the first 72 characters; more would only cost time.
    found = zxcvbn(password[:72], user_inputs=[word for word in house_words if word])
    if found["guesses_log10"] < _LEAST_GUESSES_LOG10:
        raise WeakPassword(reason="common")
