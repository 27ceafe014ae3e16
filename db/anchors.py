"""The head file: where the audit ended after the last commit, kept outside the database.

An old copy of the database put back is whole in itself; only something outside can tell. Two slots are written in
turn, so that a power cut in the middle leaves the other one; an anchor behind the database is harmless, one ahead is
an alarm.
"""

import contextlib
import hashlib
import hmac
import os
import struct
from pathlib import Path
from typing import Final

from db.audit import START, Head

_SLOT: Final = 256
_FORM: Final = struct.Struct(">Q32s27s16s")
_MAC: Final = 32
_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)


class Anchor:
    """Reads and writes one head file. ``key`` (32 bytes, known to the store's people) makes it unforgeable."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._descriptor = -1
        self.rekey(key)
        # Never back: an old database put in place must not quieten the anchor that gives it away.
        self._last = self.read().seq

    def rekey(self, key: bytes) -> None:
        """Go on under another key (after somebody left, say)."""
        made = hashlib.sha256(b"teduh anchor")
        made.update(key)
        self._key = made.digest()

    def read(self) -> Head:
        """The newest head both whole and genuine; the start of the chain when there is none."""
        try:
            content = self.path.read_bytes()
        except OSError:
            return START
        return max((head for head in self._heads(content) if head is not None), default=START)

    def write(self, head: Head, reason: str = "") -> None:
        """Note a head. Not flushed: after a power cut the anchor may lag, and lagging is harmless.

        A trouble with the head file never undoes a save that is already safe in the database.
        """
        if head.seq <= self._last and not reason:
            return
        body = _FORM.pack(head.seq, head.hash, head.at.encode(), reason.encode()[:16])
        record = body + hmac.digest(self._key, body, "sha256")
        try:
            if self._descriptor < 0:
                self._descriptor = os.open(self.path, _FLAGS, 0o600)
            os.lseek(self._descriptor, self._older() * _SLOT, os.SEEK_SET)
            os.write(self._descriptor, record.ljust(_SLOT, b"\0"))
        except OSError:
            self.close()
            return
        self._last = head.seq

    def renew(self, head: Head, reason: str) -> None:
        """Start the head file anew at this head (a restore, say): what stood there before is gone on purpose."""
        self.close()
        with contextlib.suppress(OSError):
            self._descriptor = os.open(self.path, _FLAGS | os.O_TRUNC, 0o600)
        self.write(head, reason)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _older(self) -> int:
        """The slot to write: not the newest whole head's, which must outlive a write that is cut off."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        heads = self._heads(os.read(self._descriptor, 2 * _SLOT))
        seqs = [-1 if head is None else head.seq for head in heads]
        return seqs.index(min(seqs))

    def _heads(self, content: bytes) -> list[Head | None]:
        return [self._parse(content[at : at + _SLOT]) for at in (0, _SLOT)]

    def _parse(self, record: bytes) -> Head | None:
        body, mac = record[: _FORM.size], record[_FORM.size : _FORM.size + _MAC]
        if len(mac) < _MAC or not hmac.compare_digest(mac, hmac.digest(self._key, body, "sha256")):
            return None
        seq, link, at, _reason = _FORM.unpack(body)
        return Head(seq, link, at.decode())
