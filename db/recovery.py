"""Recovery words: a key on paper, for the day every password is forgotten.

Fourteen of 1,024 everyday Indonesian words carry 140 bits: 128 of chance and 12 that notice a slip of the pen. The
first four letters of each word are enough. The words become a private key, to which the store's keys are sealed.
"""

import hashlib
import os
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from db.faults import WrongWords

COUNT: Final = 14
_BITS: Final = 10
_CHECK_BITS: Final = 12
_SECRET_SIZE: Final = 16
# (x + 1)(x^11 + x^2 + 1): notices any change within 12 neighbouring bits, wherever they lie.
_POLYNOMIAL: Final = 0x180F


@cache
def word_list() -> tuple[str, ...]:
    """The 1,024 words, in order."""
    return tuple((Path(__file__).parent / "words.txt").read_text(encoding="ascii").split())


def new_pair() -> tuple[uuid.UUID, tuple[str, ...]]:
    """A new recovery pair: its id, and the words that are its private half."""
    return uuid.uuid4(), to_words(os.urandom(_SECRET_SIZE))


def to_words(secret: bytes) -> tuple[str, ...]:
    """The words of a 16-byte secret."""
    value = int.from_bytes(secret) << _CHECK_BITS | _check(secret)
    return tuple(word_list()[value >> _BITS * place & 1023] for place in reversed(range(COUNT)))


def to_secret(words: Sequence[str]) -> bytes:
    """The secret behind words typed from a sheet; case, spaces and anything after the fourth letter do not matter.

    Raises:
        WrongWords: ``count``, ``unknown`` (with the word's number ``at``) or ``check``.
    """
    typed = [word.strip().casefold() for word in words]
    if len(typed) != COUNT:
        raise WrongWords(reason="count", at=len(typed))
    by_start = {word[:4]: number for number, word in enumerate(word_list())}
    value = 0
    for place, word in enumerate(typed, start=1):
        if word[:4] not in by_start:
            raise WrongWords(reason="unknown", at=place)
        value = value << _BITS | by_start[word[:4]]
    secret = (value >> _CHECK_BITS).to_bytes(_SECRET_SIZE)
    if value & (1 << _CHECK_BITS) - 1 != _check(secret):
        raise WrongWords(reason="check", at=0)
    return secret


def private_of(words: Sequence[str]) -> bytes:
    """The private X25519 key behind recovery words. The secret is chance itself, so no slow derivation is needed.

    Raises:
        WrongWords: the words are not those of a sheet.
    """
    return hashlib.blake2b(to_secret(words), digest_size=32, person=b"teduh recovery").digest()


def not_of_this_store() -> WrongWords:
    """The fault of a genuine sheet that belongs to another store."""
    return WrongWords(reason="other_store", at=0)


def _check(secret: bytes) -> int:
    """The remainder of a CRC. Unlike a hash it lets no wrong word pass, nor two words that changed places."""
    rest = int.from_bytes(secret) << _CHECK_BITS
    for place in reversed(range(_CHECK_BITS, COUNT * _BITS)):
        if rest >> place & 1:
            rest ^= _POLYNOMIAL << (place - _CHECK_BITS)
    return rest
