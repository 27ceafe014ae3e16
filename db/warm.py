"""Loads the libraries that the ground needs sooner or later, for a program that has a moment before it needs them."""

import importlib
from typing import Final, Literal

_EVERYWHERE: Final = (
    *("sqlalchemy.orm", "argon2", "zxcvbn", "db.opening", "db.serverstore"),
    *("cryptography.hazmat.primitives.ciphers.aead", "cryptography.hazmat.primitives.hpke"),
    *("cryptography.hazmat.primitives.asymmetric.x25519",),
)
_DRIVERS: Final = {
    "file": ("sqlcipher3.dbapi2", "sqlalchemy.dialects.sqlite"),
    "server": ("psycopg", "sqlalchemy.dialects.postgresql"),
}


def load(kind: Literal["file", "server"]) -> None:
    """Import them now; said in a thread of its own, with nobody waiting."""
    for name in (*_EVERYWHERE, *_DRIVERS[kind]):
        importlib.import_module(name)
