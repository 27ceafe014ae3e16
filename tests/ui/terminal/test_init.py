"""Founding a home at the prompt: words shown once, nothing made before all is well, nothing left when it is not."""

import os
import stat
import sys
from pathlib import Path

import pytest

from db.files import StoreFolder
from db.opening import Opening
from shelter.staff import actions as staff_actions
from shelter.work import Work
from tests.commandline import QUICK, Answer, bare, call, finish, start
from tests.reports import reading
from tests.stores import PASSWORD, TestHome

NAME = "Rumah Pelangi Senja"
WITH = {"TEDUH_PASSWORD": PASSWORD}


def init(data: Path, *more: object, home: str = NAME, user: str = "kepala", password: str = PASSWORD) -> Answer:
    with bare():
        return call("init", "--data", data, "--home", home, "--user", user, *more, TEDUH_PASSWORD=password)


def words_of(answer: Answer) -> list[list[str]]:
    """The words of each sheet, as a script would read them."""
    lines = answer.out.splitlines()
    assert [line[:3] for line in lines] == ["A: ", "B: "]
    return [line[3:].split() for line in lines]


def _everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_the_words_are_shown_once_and_open_the_home(tmp_path: Path) -> None:
    place = ("--data", tmp_path / "rumah")
    answer = call("init", *place, "--home", NAME, "--user", "kepala", **WITH)
    assert answer.code == 0
    pairs = words_of(answer)
    assert [len(words) for words in pairs] == [14, 14]
    assert pairs[0] != pairs[1]
    for words in pairs:
        assert " ".join(words) not in answer.err
        Opening[Work](StoreFolder(tmp_path / "rumah"), Work).sign_in_with_words(words).close()
    assert call("check", "--full", "--data", tmp_path / "rumah", **WITH).code == 0
    assert not [path for path in (tmp_path / "rumah").iterdir() if " ".join(pairs[0]).encode() in path.read_bytes()]


def test_the_first_person_decides_and_administers(tmp_path: Path) -> None:
    init(tmp_path / "rumah", user=" Bu  Maria ").good()
    listed = call("users", "list", "--data", tmp_path / "rumah", "--user", "bu maria", **WITH)
    assert listed == Answer(0, "Bu Maria\tKEPALA,ADMIN\taktif\n", "")


def test_the_sheet_holds_the_same_words(tmp_path: Path) -> None:
    answer = init(tmp_path / "rumah", "--sheet", tmp_path / "lembar.pdf")
    pages = reading.pages((tmp_path / "lembar.pdf").read_bytes())
    for words, page in zip(words_of(answer), pages, strict=True):
        assert " ".join(f"{number} {word}" for number, word in enumerate(words, start=1)) in page
        assert NAME not in page
    assert str(tmp_path / "lembar.pdf") in answer.err
    if sys.platform != "win32":
        # No other account of this PC may read either.
        assert stat.S_IMODE((tmp_path / "lembar.pdf").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "rumah").stat().st_mode) == 0o700


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_words_are_not_lost_with_a_sheet_that_cannot_be_written(tmp_path: Path) -> None:
    answer = init(tmp_path / "rumah", "--sheet", "/dev/full")
    assert answer.code == 2
    assert "salinlah kata-kata di atas" in answer.err
    Opening[Work](StoreFolder(tmp_path / "rumah"), Work).sign_in_with_words(words_of(answer)[1]).close()


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_home_that_is_there_is_not_touched(file_home: TestHome) -> None:
    before = _contents(file_home.folder)
    # Asked before a password is: there is none here, and nobody to type one.
    again = call("init", "--data", file_home.folder, "--home", "Lain", "--user", "lain")
    assert (again.code, again.out) == (2, "")
    assert "sudah ada rumah" in again.err
    assert _contents(file_home.folder) == before


@pytest.mark.parametrize("left", ["teduh.db", "teduh.slots", "teduh.slots.prev"])
def test_what_is_left_of_a_home_is_not_overwritten(file_home: TestHome, left: str) -> None:
    file_home.enter().add("siti", "PETUGAS")
    file_home.close()
    for path in file_home.folder.iterdir():
        if path.name != left:
            path.unlink()
    before = _contents(file_home.folder)
    assert list(before) == [left]
    assert init(file_home.folder).code == 2
    assert _contents(file_home.folder) == before


@pytest.mark.parametrize(
    ("data", "sheet"),
    [
        ("rumah", "rumah/lembar.pdf"),
        ("rumah", "rumah/dalam/lembar.pdf"),
        ("rumah", "rumah"),
        ("lain/../rumah", "rumah/lembar.pdf"),
        ("rumah", "lain/../rumah/lembar.pdf"),
        ("rumah", "pintas/lembar.pdf"),
    ],
)
def test_a_sheet_inside_the_data_is_refused_before_anything_is_made(tmp_path: Path, data: str, sheet: str) -> None:
    (tmp_path / "lain").mkdir()
    if sheet.startswith("pintas"):
        (tmp_path / "rumah").mkdir()
        try:
            (tmp_path / "pintas").symlink_to(tmp_path / "rumah")
        except OSError:
            pytest.skip("this account may not make links")
    before = _everything(tmp_path)
    answer = init(tmp_path / data, "--sheet", tmp_path / sheet)
    assert (answer.code, answer.out) == (2, "")
    assert "folder data" in answer.err
    assert _everything(tmp_path) == before


def _unwritable(tmp_path: Path, kind: str) -> Path:
    if kind == "no folder":
        return tmp_path / "tiada" / "lembar.pdf"
    if kind == "below a file":
        (tmp_path / "berkas").write_text("x", encoding="utf-8")
        return tmp_path / "berkas" / "lembar.pdf"
    if kind == "a folder":
        (tmp_path / "folder").mkdir()
        return tmp_path / "folder"
    if kind == "no rights":
        if sys.platform == "win32" or os.geteuid() == 0:
            pytest.skip("needs an account without the rights of root")
        (tmp_path / "tutup").mkdir(mode=0o500)
        return tmp_path / "tutup" / "lembar.pdf"
    if not Path("/proc/self").exists():
        pytest.skip("needs Linux")
    return Path("/proc/lembar.pdf")


@pytest.mark.parametrize("kind", ["no folder", "below a file", "a folder", "no rights", "no such device"])
def test_an_unwritable_sheet_leaves_nothing_behind(tmp_path: Path, kind: str) -> None:
    sheet = _unwritable(tmp_path, kind)
    before = _everything(tmp_path)
    answer = init(tmp_path / "rumah", "--sheet", sheet)
    assert (answer.code, answer.out) == (2, "")
    assert "tidak dapat ditulis" in answer.err
    assert _everything(tmp_path) == before


@pytest.mark.parametrize(
    ("home", "user", "password", "code", "told"),
    [
        ("", "kepala", PASSWORD, 2, "Isi nama rumah"),
        (" \t ", "kepala", PASSWORD, 2, "Isi nama rumah"),
        ("R" * 201, "kepala", PASSWORD, 2, "200"),
        (NAME, " ", PASSWORD, 2, "Isi nama pengguna"),
        (NAME, "k" * 61, PASSWORD, 2, "60"),
        (NAME, "ke\x07pala", PASSWORD, 2, "tanda"),
        (NAME, "kepala", "pendek", 2, "12 huruf"),
        (NAME, "kepala", "", 2, "12 huruf"),
        (NAME, "kepala", "aaaaaaaaaaaaaaa", 2, "ditebak"),
        (NAME, "kepala", "teduhteduhteduh", 2, "ditebak"),
        (NAME, "mariagoretti", "mariagoretti", 2, "ditebak"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    tmp_path: Path, home: str, user: str, password: str, code: int, told: str
) -> None:
    answer = init(tmp_path / "rumah", "--sheet", tmp_path / "lembar.pdf", home=home, user=user, password=password)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err
    assert _everything(tmp_path) == set()


def test_without_a_password_and_anybody_to_ask_nothing_is_made(tmp_path: Path) -> None:
    answer = call("init", "--data", tmp_path / "rumah", "--home", NAME, "--user", "kepala")
    assert (answer.code, answer.out) == (11, "")
    assert _everything(tmp_path) == set()


def test_a_place_that_cannot_be_a_folder_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "berkas").write_text("x", encoding="utf-8")
    for data in (tmp_path / "berkas", tmp_path / "berkas" / "rumah"):
        answer = init(data)
        assert (answer.code, answer.out) == (2, "")
        assert "tidak dapat dipakai" in answer.err
    assert (tmp_path / "berkas").read_text(encoding="utf-8") == "x"


def test_a_founding_that_fails_half_way_leaves_no_key_and_no_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = staff_actions.add_account

    def full_disk(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(staff_actions, "add_account", full_disk)
    answer = init(tmp_path / "rumah")
    assert (answer.code, answer.out) == (2, "")
    assert "penuh" in answer.err
    assert _everything(tmp_path / "rumah") <= {"teduh.lock"}
    monkeypatch.setattr(staff_actions, "add_account", real)
    assert init(tmp_path / "rumah").code == 0


def test_a_folder_with_other_things_in_it_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "catatan.txt").write_text("milik orang", encoding="utf-8")
    assert init(tmp_path).code == 0
    assert (tmp_path / "catatan.txt").read_text(encoding="utf-8") == "milik orang"


def test_work_folders_left_over_do_not_disturb_and_are_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "rumah"
    for name, content in (("teduh.slots", b"kunci"), ("teduh.db", b"data"), ("teduh.db-wal", b"data")):
        left = folder / f".baru-{name[-3:]}"
        left.mkdir(parents=True)
        (left / name).write_bytes(content)
    assert call("users", "list", "--data", folder, **WITH).code == 10
    assert init(folder).code == 0
    assert not list(folder.glob(".baru-*"))
    assert call("check", "--full", "--data", folder, **WITH).code == 0
    # Beside a whole home they are in nobody's way.
    (folder / ".baru-lagi").mkdir()
    assert call("users", "list", "--data", folder, **WITH).code == 0
    assert init(folder).code == 2
    assert call("check", "--full", "--data", folder, **WITH).code == 0


def test_work_folders_of_a_founding_at_work_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = StoreFolder(tmp_path / "rumah")
    (folder.path / ".baru-kerja").mkdir(parents=True)
    locked = StoreFolder.locked
    monkeypatch.setattr(StoreFolder, "locked", lambda self: locked(self, 0.1))
    with locked(folder):
        assert init(folder.path).code == 11
    assert _everything(folder.path) == {".baru-kerja", "teduh.lock"}


def test_of_two_at_once_one_founds_and_the_other_is_refused(tmp_path: Path) -> None:
    argv = ["init", "--data", tmp_path / "rumah", "--home", NAME, "--user", "kepala"]
    at_once = [start(argv, QUICK, **WITH) for _ in range(2)]
    answers = sorted((finish(process) for process in at_once), key=lambda answer: answer.code)
    assert [answer.code for answer in answers] == [0, 2]
    assert "sudah ada rumah" in answers[1].err
    words = words_of(answers[0])[0]
    Opening[Work](StoreFolder(tmp_path / "rumah"), Work).sign_in_with_words(words).close()


def test_a_move_that_was_cut_off_is_undone_by_the_next_founding(file_home: TestHome) -> None:
    """As a kill between the renames leaves it: the slot file moved, the database still in its work folder."""
    folder = StoreFolder(file_home.folder)
    (folder.path / ".baru-tengah").mkdir()
    folder.database.replace(folder.path / ".baru-tengah" / "teduh.db")
    old_slots = folder.slots.read_bytes()
    assert init(folder.path).code == 0
    assert folder.slots.read_bytes() != old_slots
    assert call("check", "--full", "--data", folder.path, **WITH).code == 0
