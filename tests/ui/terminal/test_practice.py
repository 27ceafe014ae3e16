"""Teduh started with nothing to open: a sound practice home, told where and how, there again the next time."""

import shutil
from pathlib import Path

import pytest

from db.files import StoreFolder
from shelter.rights import Role
from tests.commandline import QUICK, Answer, bare, call, finish, run, start
from tests.stores import PASSWORD
from ui.terminal import practice


@pytest.fixture
def folder(own_home: Path) -> Path:
    """Where the practice home lies: in the folder that this test's environment names for data."""
    return own_home / "data" / "Teduh" / "latihan"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice home made once, with the note of its password."""
    return tmp_path_factory.mktemp("latihan") / "Teduh"


@pytest.fixture
def made(folder: Path, kept: Path) -> Path:
    """A practice home of this test's own."""
    if not kept.exists():
        begin().good()
        shutil.copytree(folder.parent, kept)
    else:
        shutil.copytree(kept, folder.parent)
    return folder


def begin(**variables: str) -> Answer:
    """Start Teduh without a command, here and quickly."""
    with bare():
        return call(**variables)


def _told(answer: Answer) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in answer.out.splitlines() if ": " in line)


def test_the_first_start_makes_a_sound_home_and_says_where_and_how(folder: Path) -> None:
    """The real program, with the key derivation this machine deserves."""
    first = run()
    assert first.code == 0, first.err
    told = _told(first)
    assert Path(told["Rumah latihan"]) == folder
    assert "Data utuh" in first.out
    assert told["Pengguna"].split(", ") == [practice.HEAD, *(login for login, _role, _name in practice.PEOPLE)]
    # What is told is enough to enter by every other command.
    listed = call("users", "list", "--data", folder, "--user", "kepala", TEDUH_PASSWORD=told["Kata sandi"])
    people = {login: roles.split(",") for login, roles, _state in (row.split("\t") for row in listed.out.splitlines())}
    assert people == {practice.HEAD: ["KEPALA", "ADMIN"]} | {name: [role] for name, role, _who in practice.PEOPLE}
    assert {role for roles in people.values() for role in roles} == set(Role)
    checked = call("check", "--full", "--data", folder, "--user", "peksos", TEDUH_PASSWORD=told["Kata sandi"])
    assert checked.code == 0
    # The second start makes nothing and asks nothing, though no password is set.
    again = run()
    assert (again.code, _told(again)) == (0, told)
    assert "Membuat" in first.err
    assert "Membuat" not in again.err


def test_everything_lies_in_the_folder_that_is_told(made: Path, own_home: Path) -> None:
    files = {path for path in own_home.rglob("*") if path.is_file()}
    beside = {path for path in files if path.parent != made}
    assert {path.relative_to(made.parent).as_posix() for path in beside} <= {"latihan-kata-sandi.txt", "teduh.lock"}


def test_every_practice_password_is_new(made: Path, own_home: Path) -> None:
    note = made.with_name("latihan-kata-sandi.txt")
    first = note.read_text(encoding="utf-8").split()
    assert len(first) == 4
    shutil.rmtree(own_home / "data")
    assert begin().code == 0
    assert note.read_text(encoding="utf-8").split() != first


def test_a_password_from_outside_never_lies_beside_the_practice_home(folder: Path) -> None:
    # It may be the real home's, left in the environment.
    told = _told(begin(TEDUH_PASSWORD=PASSWORD))["Kata sandi"]
    assert told != PASSWORD
    assert _told(begin())["Kata sandi"] == told
    assert call("users", "list", "--data", folder, "--user", "auditor", TEDUH_PASSWORD=told).code == 0


def test_without_the_note_the_password_is_asked(made: Path) -> None:
    note = made.with_name("latihan-kata-sandi.txt")
    password = note.read_text(encoding="utf-8").strip()
    note.unlink()
    assert begin().code == 11
    assert begin(TEDUH_PASSWORD=password).code == 0
    assert begin(TEDUH_PASSWORD=PASSWORD).code == 12


def test_a_first_start_that_was_cut_off_is_finished_by_the_second(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut_off:
        cut_off.setattr(practice, "PEOPLE", practice.PEOPLE[:3])
        begin().good()
    assert begin().code == 0
    password = folder.with_name("latihan-kata-sandi.txt").read_text(encoding="utf-8").strip()
    login = practice.PEOPLE[-1][0]
    assert call("users", "list", "--data", folder, "--user", login, TEDUH_PASSWORD=password).code == 0


def test_who_was_sent_away_in_practice_stays_away(made: Path) -> None:
    password = made.with_name("latihan-kata-sandi.txt").read_text(encoding="utf-8").strip()
    sent = ("users", "remove", "hukum", "--data", made, "--user", practice.HEAD)
    assert call(*sent, TEDUH_PASSWORD=password).code == 0
    assert begin().code == 0
    assert call("users", "list", "--data", made, "--user", "hukum", TEDUH_PASSWORD=password).code == 12


def test_damage_is_told_and_is_1(made: Path) -> None:
    database = StoreFolder(made).database
    content = bytearray(database.read_bytes())
    content[len(content) // 2] ^= 0xFF
    database.write_bytes(content)
    answer = begin()
    assert answer.code == 1
    assert "TIDAK utuh" in answer.out


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("libEGL.so.1: cannot open shared object file: No such file or directory", "pustaka libEGL.so.1 belum ada"),
        ("libc.so.6: version `GLIBC_2.34' not found", "Debian 12"),
    ],
)
def test_a_missing_library_is_told_in_plain_words_and_does_not_stop_it(
    made: Path, tmp_path: Path, error: str, told: str
) -> None:
    package = tmp_path / "PySide6"
    package.mkdir()
    (package / "__init__.py").write_text(f"raise ImportError({error!r})\n", encoding="utf-8")
    answer = run(PYTHONPATH=str(tmp_path))
    assert answer.code == 0
    assert told in answer.err
    assert "Traceback" not in answer.err
    assert "Data utuh" in answer.out


def test_nothing_of_qt_is_loaded_by_any_other_command(tmp_path: Path) -> None:
    package = tmp_path / "PySide6"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('Qt was loaded')\n", encoding="utf-8")
    for argv in (["users", "list"], ["check"]):
        answer = run(*argv, "--data", tmp_path / "rumah", PYTHONPATH=str(tmp_path))
        assert (answer.code, answer.out) == (10, "")


def test_two_first_starts_at_once_end_in_one_sound_home(folder: Path) -> None:
    at_once = [finish(process) for process in [start([], QUICK) for _ in range(2)]]
    assert [answer.code for answer in at_once] == [0, 0]
    assert at_once[0].out == at_once[1].out
    assert begin().code == 0
    assert folder.is_dir()
