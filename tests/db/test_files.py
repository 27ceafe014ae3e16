"""The store's folder: locked against other programs, small files never torn, and never on another computer."""

import ctypes
import errno
import os
import stat
import subprocess
import sys
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from types import SimpleNamespace

import pytest

from db import files, opening
from db.faults import NetworkShare, StoreLocked, WrongPassword
from db.files import StoreFolder, refuse_network_share, share_in_mounts, sync_folder, write_atomically
from db.opening import Founder, Opening
from shelter.work import Founding, Recovered, Work
from tests.house.sources import ROOT
from tests.stores import HEAD, KDF, PASSWORD, TestHome, found

linux = pytest.mark.skipif(sys.platform == "win32", reason="Windows names drives, not mounts")

MOUNTS = """\
/dev/sda2 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
server:/home /srv/rumah nfs4 rw 0 0
//server/bersama /mnt/bersama cifs rw 0 0
//server/dua\\040kata /mnt/dua\\040kata smb3 rw 0 0
//server/x /mnt/garis\\134miring cifs rw 0 0
//server/y /mnt/tab\\011di\\040sini cifs rw 0 0
orang@pc:/ /mnt/sshfs fuse.sshfs rw 0 0
gvfsd-fuse /run/user/1000/gvfs fuse.gvfsd-fuse rw 0 0
/dev/sdb1 /srv/rumah/cakram ext4 rw 0 0
/dev/sdb2 /mnt/ditimpa ext4 rw 0 0
server:/lagi /mnt/ditimpa nfs rw 0 0
portal /mnt/fuse fuse.portal rw 0 0
tmpfs /tmp tmpfs rw 0 0
"""


# --- writing


def test_a_file_is_replaced_and_the_copy_kept(tmp_path: Path) -> None:
    path, copy = tmp_path / "a", tmp_path / "a.prev"
    write_atomically(path, b"one", copy)
    assert not copy.exists()
    write_atomically(path, b"two", copy)
    write_atomically(path, b"three", copy)
    assert (path.read_bytes(), copy.read_bytes()) == (b"three", b"two")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a", "a.prev"]


def test_what_is_written_is_flushed_before_it_takes_the_place_of_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "a", list[str]()
    path.write_bytes(b"old")
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        seen.append(f"{kind} flushed while the file says {path.read_bytes().decode()}")
        if kind == "file":
            assert os.fstat(descriptor).st_size == len(b"new!")
        real_fsync(descriptor)

    def replace(source: str, target: str) -> None:
        seen.append("replaced")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_atomically(path, b"new!")
    folder = [] if sys.platform == "win32" else ["folder flushed while the file says new!"]
    assert seen == ["file flushed while the file says old", "replaced", *folder]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_a_small_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_atomically(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_full_disk_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    write_atomically(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


@linux
def test_a_flushed_folder_is_let_go_of_even_when_the_flush_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[int] = []
    real = os.close

    def close(descriptor: int) -> None:
        closed.append(descriptor)
        real(descriptor)

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "io")

    monkeypatch.setattr(os, "close", close)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="io"):
        sync_folder(tmp_path)
    assert len(closed) == 1


# --- the lock


def test_a_second_program_waits_in_vain_while_the_lock_is_held(tmp_path: Path) -> None:
    folder = StoreFolder(tmp_path)
    with folder.locked():
        with pytest.raises(StoreLocked) as caught, StoreFolder(tmp_path).locked(seconds=0):
            pytest.fail("two at once")
        assert caught.value.facts == {"reason": "busy"}
    with StoreFolder(tmp_path).locked(seconds=0):
        pass


def test_the_lock_is_let_go_of_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no"), StoreFolder(tmp_path).locked():
        raise ValueError("no")
    with StoreFolder(tmp_path).locked(seconds=0):
        pass


def test_a_killed_program_lets_go_of_the_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.db.programs", "hold", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "held\n"
        with pytest.raises(StoreLocked), StoreFolder(tmp_path).locked(seconds=0):
            pytest.fail("two at once")
        program.kill()
    with StoreFolder(tmp_path).locked():
        pass


@pytest.mark.parametrize("left", ["database", "slots", "previous_slots"])
def test_any_part_of_a_store_is_a_store(tmp_path: Path, left: str) -> None:
    folder = StoreFolder(tmp_path)
    (tmp_path / "catatan.txt").write_bytes(b"x")
    folder.tries.write_bytes(b"{}")
    assert not folder.exists()
    getattr(folder, left).write_bytes(b"x")
    assert folder.exists()


# --- other computers


@linux
@pytest.mark.parametrize(
    ("place", "share"),
    [
        ("/home/orang/teduh", False),
        ("/", False),
        ("/tmp/x", False),
        ("/srv", False),
        ("/srv/rumahku", False),
        ("/srv/rumah", True),
        ("/srv/rumah/a/b", True),
        ("/srv/rumah/cakram", False),
        ("/srv/rumah/cakram/a", False),
        ("/mnt/bersama/teduh", True),
        ("/mnt/dua kata/teduh", True),
        ("/mnt/dua", False),
        ("/mnt/garis\\miring/teduh", True),
        ("/mnt/tab\tdi sini/teduh", True),
        ("/mnt/sshfs/teduh", True),
        ("/run/user/1000/gvfs/smb-share:server=pc,share=data/teduh", True),
        ("/mnt/ditimpa/teduh", True),
        ("/mnt/fuse/teduh", False),
    ],
)
def test_the_deepest_mount_above_a_folder_decides(place: str, share: bool) -> None:
    assert share_in_mounts(PurePosixPath(place), MOUNTS) is share
    # The table is in the order of mounting, which says nothing of depth; only one mounted over another comes later.
    turned = "".join(reversed([line for line in MOUNTS.splitlines(keepends=True) if "ditimpa" not in line]))
    if "ditimpa" not in place:
        assert share_in_mounts(PurePosixPath(place), turned) is share


@linux
@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "davfs", "fuse.sshfs", "fuse.rclone"])
def test_each_kind_of_network_share_is_known(kind: str) -> None:
    mounts = f"/dev/sda2 / ext4 rw 0 0\nx /data {kind} rw 0 0\n"
    assert share_in_mounts(PurePosixPath("/data/teduh"), mounts)
    assert not share_in_mounts(PurePosixPath("/lain/teduh"), mounts)


@pytest.mark.parametrize("mounts", ["", "\n\n", "rusak\n", "x /data\n", "\\ \\ \\ \n"])
def test_a_table_that_cannot_be_read_refuses_nothing(mounts: str) -> None:
    assert not share_in_mounts(PurePosixPath("/data/teduh"), mounts)


@linux
def test_this_machines_own_table_is_read() -> None:
    if not Path("/proc/self/mounts").exists():
        pytest.skip("no table of mounts here")
    assert " / " in files._mounts()


@linux
def test_without_a_table_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", gone)
    refuse_network_share(tmp_path)


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that lies on another computer, as the table of mounts tells."""
    folder = (tmp_path / "di server").resolve()
    folder.mkdir()
    point = str(folder).replace(" ", "\\040")
    monkeypatch.setattr(files, "_mounts", lambda: f"/dev/sda2 / ext4 rw 0 0\nserver:/x {point} nfs4 rw 0 0\n")
    return folder


@linux
def test_a_folder_on_a_share_is_refused_by_whichever_way_it_is_named(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "pintasan"
    link.symlink_to(shared, target_is_directory=True)
    monkeypatch.chdir(shared)
    for place in (shared, shared / "teduh", shared / ".." / shared.name, link, link / "teduh", Path("teduh"), Path()):
        with pytest.raises(NetworkShare) as caught:
            refuse_network_share(place)
        assert caught.value.facts == {"place": str(place)}
    refuse_network_share(tmp_path)


@linux
def test_no_home_is_founded_on_a_share(shared: Path) -> None:
    way_in = Opening[Work](StoreFolder(shared / "teduh"), Founding)
    with pytest.raises(NetworkShare):
        opening.create(way_in, Founder(HEAD, PASSWORD, KDF, found))
    assert list(shared.iterdir()) == []


@linux
def test_no_home_on_a_share_is_entered(file_home: TestHome, monkeypatch: pytest.MonkeyPatch) -> None:
    table = f"/dev/sda2 / ext4 rw 0 0\n//server/x {file_home.folder} cifs rw 0 0\n"
    monkeypatch.setattr(files, "_mounts", lambda: table)
    before = sorted(file_home.folder.iterdir())
    for password in (PASSWORD, "salah sama sekali"):
        with pytest.raises(NetworkShare):
            file_home.enter(HEAD, password)
    with pytest.raises(NetworkShare):
        Opening(StoreFolder(file_home.folder), Recovered).sign_in_with_words(file_home.made.words[0])
    # Not even a wrong password was counted there.
    assert sorted(file_home.folder.iterdir()) == before
    monkeypatch.undo()
    with pytest.raises(WrongPassword):
        file_home.enter(HEAD, "salah sama sekali")


@pytest.mark.parametrize(
    ("place", "share"),
    [
        ("\\\\server\\bersama\\teduh", True),
        ("Z:\\teduh", True),
        ("C:\\Users\\orang\\teduh", False),
        ("D:\\teduh", False),
    ],
)
def test_windows_is_asked_what_kind_a_drive_is(monkeypatch: pytest.MonkeyPatch, place: str, share: bool) -> None:
    asked: list[str] = []

    def kind_of(drive: str) -> int:
        asked.append(drive)
        return {"Z:\\": 4, "C:\\": 3, "D:\\": 2}[drive]

    kernel = SimpleNamespace(GetDriveTypeW=kind_of)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(files, "sys", SimpleNamespace(platform="win32"))
    assert files._on_share(PureWindowsPath(place)) is share
    assert asked == ([] if place.startswith("\\\\") else [place[:3]])


@pytest.mark.skipif(sys.platform != "win32", reason="asks Windows itself")
def test_windows_own_drive_is_local() -> None:
    assert not files._on_share(PurePath(Path.home()))
