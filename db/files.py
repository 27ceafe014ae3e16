"""The folder of an encrypted file store, and writing a small file so that a power cut cannot tear it."""

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from filelock import FileLock, Timeout

from db.faults import DiskTrouble, NetworkShare, StoreLocked

_SHARE_TYPES: Final = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ncpfs",
    "afs",
    "ceph",
    "glusterfs",
    "davfs",
    "9p",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.gvfsd-fuse",  # a share opened in the desktop's own file window
}
_DRIVE_REMOTE: Final = 4
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")
_NO_PLACE: Final = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.EISDIR),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL),
}


@dataclass(frozen=True)
class StoreFolder:
    """Where an encrypted file store lives. Nothing in it can be read without a key, names included."""

    path: Path

    @property
    def database(self) -> Path:
        """The encrypted database."""
        return self.path / "teduh.db"

    @property
    def slots(self) -> Path:
        """The slot file: who can open the database."""
        return self.path / "teduh.slots"

    @property
    def previous_slots(self) -> Path:
        """The slot file as it was before the last change."""
        return self.path / "teduh.slots.prev"

    @property
    def head(self) -> Path:
        """The audit's head as last seen, outside the database."""
        return self.path / "teduh.head"

    @property
    def tries(self) -> Path:
        """Wrong passwords, counted."""
        return self.path / "teduh.tries"

    def exists(self) -> bool:
        """Whether there is a store here, be it whole or not."""
        return self.database.exists() or self.slots.exists() or self.previous_slots.exists()

    @contextlib.contextmanager
    def locked(self, seconds: float = 10) -> Iterator[None]:
        """Hold the folder's lock while slots change. A killed program lets go of it by itself.

        Raises:
            StoreLocked: another program held it for longer than ``seconds``.
        """
        try:
            with FileLock(self.path / "teduh.lock", timeout=seconds):
                yield
        except Timeout:
            raise StoreLocked(reason="busy") from None


def trouble_of(error: OSError) -> DiskTrouble:
    """The fault that an error of the operating system stands for; its text, which names paths, is left out."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskTrouble(reason="full")
    return DiskTrouble(reason="place" if error.errno in _NO_PLACE else "io")


def write_atomically(path: Path, content: bytes, keep: Path | None = None) -> None:
    """Replace a file in one step: new content or old, never half. ``keep`` receives the content it had before."""
    if keep is not None and path.exists():
        write_atomically(keep, path.read_bytes())
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable. Windows does that with the rename itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refuse_network_share(folder: Path) -> None:
    """Refuse a folder on another computer: locks and flushes cannot be trusted there.

    Raises:
        NetworkShare: the folder lies on a share; PostgreSQL is the way for several PCs.
    """
    # Links followed: the share may lie behind one.
    if _on_share(Path(os.path.realpath(folder))):
        raise NetworkShare(place=str(folder))


def _on_share(folder: PurePath, mounts: str | None = None) -> bool:
    if sys.platform == "win32":
        import ctypes

        drive = folder.drive
        return drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(drive + "\\") == _DRIVE_REMOTE
    return share_in_mounts(folder, _mounts() if mounts is None else mounts)


def _mounts() -> str:
    try:
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def share_in_mounts(folder: PurePath, mounts: str) -> bool:
    """Whether the deepest mount above ``folder`` in a ``/proc/self/mounts`` text is a network file system."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) < 3:
            continue
        point = PurePath(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), parts[1]))
        if (folder == point or point in folder.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), parts[2]
    return kind in _SHARE_TYPES
