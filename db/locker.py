"""A way back without the password: what opens the store, wrapped under a PIN, in memory that never reaches a disk.

A PIN of six digits is a million guesses. It holds against whoever sits down at a locked PC, because three wrong ones
destroy what it opens; against somebody who can read the memory of a running PC it does not (docs/security.md).
"""

import ctypes
import mmap
import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Final

from db.faults import WrongPassword
from db.keyring import Kdf, wipe

DIGITS: Final = 6
TRIES: Final = 3
LASTS: Final = 12 * 60 * 60.0
_NONCE: Final = 12
_SALT: Final = 16
_TAG: Final = 16
_DONTDUMP: Final = 16
_WIPEONFORK: Final = 18


def seconds() -> float:
    """Seconds that nobody can set back, those included that the PC slept."""
    # On Windows the monotonic clock goes on while the PC sleeps.
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    else:  # noqa: RET505 - so that the type checker sees either system
        return time.monotonic()


def is_pin(text: str) -> bool:
    """Whether it could be a PIN: six digits, and not one digit six times."""
    return re.fullmatch(rf"[0-9]{{{DIGITS}}}", text) is not None and len(set(text)) > 1


class Locker:
    """What one person comes back with: kept from a full sign-in for twelve hours at most, then overwritten."""

    def __init__(self, clock: Callable[[], float] = seconds) -> None:
        self._clock = clock
        # Deriving takes most of a second, in a worker; a PC that goes to sleep does not wait for it.
        self._turn = threading.Lock()
        self._memory: _LockedMemory | None = None
        self._kdf = Kdf.standard()
        self._owner = uuid.UUID(int=0)
        self._tries = 0
        self._until = 0.0

    def signed_in(self, owner: uuid.UUID) -> None:
        """Somebody has just signed in with the whole password: the twelve hours begin; another's way back is gone."""
        if owner != self._owner:
            self.wipe()
        self._owner = owner
        self._until = self._clock() + LASTS

    def keep(self, way: bytearray, pin: str, kdf: Kdf) -> bool:
        """Wrap a way back under a PIN and overwrite it; False when this PC has no memory to lock, or time is over.

        Raises:
            ValueError: that is no PIN.
        """
        self._empty()
        try:
            if not is_pin(pin):
                raise ValueError("no PIN")
            memory = _LockedMemory.of(_SALT + _NONCE + len(way) + _TAG) if self._in_time() else None
            if memory is None:
                return False
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
            key = kdf.derive(pin, salt)
            memory.write(salt + nonce + AESGCM(key).encrypt(nonce, way, self._owner.bytes))
            wipe(key)
        finally:
            wipe(way)
        with self._turn:
            self._memory, self._kdf, self._tries = memory, kdf, 0
        return self.is_live()

    def is_live(self) -> bool:
        """Whether a PIN can open it now; what is too old is overwritten."""
        if self._memory is not None and not self._in_time():
            self.wipe()
        return self._memory is not None

    def open(self, pin: str) -> bytearray:
        """The way back; whoever asks wipes it after use. The third wrong PIN destroys it.

        Raises:
            WrongPassword: wrong, or there is nothing (any more).
        """
        if not self.is_live():
            raise WrongPassword(wait=0)
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        with self._turn:
            if self._memory is None:
                raise WrongPassword(wait=0)
            # Counted before it is tried: whatever interrupts the trying, it was one.
            self._tries += 1
            kept = self._memory.read()
        salt, nonce, wrapped = kept[:_SALT], kept[_SALT : _SALT + _NONCE], kept[_SALT + _NONCE :]
        key = self._kdf.derive(pin, salt)
        way = bytearray(len(wrapped) - _TAG)
        try:
            AESGCM(key).decrypt_into(nonce, wrapped, self._owner.bytes, way)
        except InvalidTag:
            if self._tries >= TRIES:
                self.wipe()
            raise WrongPassword(wait=0) from None
        finally:
            wipe(key)
        self._tries = 0
        return way

    def wipe(self) -> None:
        """Overwrite it, and end the twelve hours: the next way in is the whole password."""
        self._empty()
        self._until = 0.0

    def _empty(self) -> None:
        with self._turn:
            if self._memory is not None:
                self._memory.free()
                self._memory = None

    def _in_time(self) -> bool:
        return self._until - LASTS <= self._clock() < self._until


class _LockedMemory:
    """A few bytes on pages of their own that the system keeps out of swap, core dumps and child processes."""

    def __init__(self, size: int) -> None:
        self._size = size
        if sys.platform == "win32":
            self._pages = mmap.mmap(-1, size)
        else:
            self._pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    @classmethod
    def of(cls, size: int) -> "_LockedMemory | None":
        """Memory for so many bytes; None when the system does not let them be locked."""
        memory = cls(size)
        if memory._call_with_address(_lock):
            return memory
        memory._pages.close()
        return None

    def write(self, content: bytes) -> None:
        """Put it there."""
        self._pages[: self._size] = content

    def read(self) -> bytes:
        """What is there: wrapped, so a copy gives nothing away."""
        return self._pages[: self._size]

    def free(self) -> None:
        """Overwrite and let go."""
        self._pages[: self._size] = bytes(self._size)
        self._call_with_address(_unlock)
        self._pages.close()

    def _call_with_address(self, function: Callable[[int, int], bool]) -> bool:
        window = ctypes.c_char.from_buffer(self._pages)
        try:
            return function(ctypes.addressof(window), self._size)
        finally:
            # Pages that somebody looks into cannot be closed.
            del window


if sys.platform == "win32":
    _KERNEL = ctypes.WinDLL("kernel32", use_last_error=True)

    def _lock(address: int, size: int) -> bool:
        return bool(_KERNEL.VirtualLock(ctypes.c_void_p(address), ctypes.c_size_t(size)))

    def _unlock(address: int, size: int) -> bool:
        return bool(_KERNEL.VirtualUnlock(ctypes.c_void_p(address), ctypes.c_size_t(size)))

else:

    def _lock(address: int, size: int) -> bool:
        library, where = ctypes.CDLL(None), ctypes.c_void_p(address)
        if library.mlock(where, ctypes.c_size_t(size)) != 0:
            return False
        whole = ctypes.c_size_t(-(-size // mmap.PAGESIZE) * mmap.PAGESIZE)
        for advice in (_DONTDUMP, _WIPEONFORK) if sys.platform == "linux" else ():
            library.madvise(where, whole, advice)
        return True

    def _unlock(address: int, size: int) -> bool:
        unlocked: int = ctypes.CDLL(None).munlock(ctypes.c_void_p(address), ctypes.c_size_t(size))
        return unlocked == 0
