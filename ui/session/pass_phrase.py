"""A pass phrase to offer: four everyday words, drawn by chance."""

import secrets
from typing import Final

from db.recovery import word_list

WORDS: Final = 4


def suggest() -> str:
    """Four Indonesian words, 40 bits: easy to keep in mind, and slow enough to guess behind Argon2."""
    return " ".join(secrets.choice(word_list()) for _word in range(WORDS))
