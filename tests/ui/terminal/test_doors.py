"""Getting in: questions at a real terminal, waits after wrong passwords, old copies and wrong clocks."""

import argparse
import os
import re
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import pytest

from db.types import utc_now
from tests.commandline import QUICK, ROOT, Door, call, surroundings
from tests.stores import HEAD, PASSWORD
from ui.terminal import doors

NEW = "perahu kayu menyeberang danau"
needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

# Makes the terminal on standard input the process's own, then becomes the program: getpass asks on /dev/tty.
_OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


@dataclass
class Typist:
    """Somebody at a terminal. ``shown`` is all that came on the screen, ``read`` how far it was read."""

    process: subprocess.Popen[bytes]
    screen: int
    shown: str = ""
    read: int = 0

    @classmethod
    def sits_down(cls, *argv: object, **variables: str) -> Self:
        screen, keyboard = os.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", _OWN_TERMINAL, *QUICK, *map(str, argv)],
            cwd=ROOT,
            env=surroundings(**variables),
            stdin=keyboard,
            stdout=subprocess.PIPE,
            stderr=keyboard,
            start_new_session=True,
        )
        os.close(keyboard)
        return cls(process, screen)

    def answers(self, question: str, typed: str) -> None:
        """Wait for a question, then type."""
        while question not in self.shown[self.read :]:
            assert self._look(), f"no {question!r}, but {self.shown!r}"
        self.read = self.shown.index(question, self.read) + len(question)
        os.write(self.screen, typed.encode())

    def _look(self) -> bool:
        ready, _, _ = select.select([self.screen], [], [], 60)
        assert ready, "nothing happens any more"
        try:
            seen = os.read(self.screen, 4096)
        except OSError:
            return False
        self.shown += seen.decode()
        return bool(seen)

    def waits(self) -> tuple[int, str]:
        """The exit code, and what a script would read."""
        while self._look():
            pass
        piped, _ = self.process.communicate(timeout=60)
        os.close(self.screen)
        return self.process.returncode, piped.decode()


@needs_terminal
def test_the_password_is_asked_and_not_shown(file_door: Door) -> None:
    typist = Typist.sits_down("users", "list", *file_door.place)
    typist.answers("Kata sandi: ", PASSWORD + "\n")
    assert typist.waits() == (0, "kepala\tKEPALA,ADMIN\taktif\n")
    assert PASSWORD not in typist.shown


@needs_terminal
def test_a_new_password_is_asked_until_it_was_typed_twice_the_same(file_door: Door) -> None:
    typist = Typist.sits_down("users", "add", "siti", "--role", "PETUGAS", *file_door.place)
    typist.answers("Kata sandi: ", PASSWORD + "\n")
    typist.answers("Kata sandi baru", NEW + "\n")
    typist.answers("Sekali lagi: ", NEW + " ?\n")
    typist.answers("Keduanya tidak sama", "")
    typist.answers("Kata sandi baru", NEW + "\n")
    typist.answers("Sekali lagi: ", NEW + "\n")
    assert typist.waits() == (0, "siti\n")
    assert NEW not in typist.shown
    assert file_door("users", "list", user="siti", password=NEW).code == 0


@needs_terminal
def test_init_asks_for_a_new_password_and_writes_words_to_stdout_alone(tmp_path: Path) -> None:
    typist = Typist.sits_down("init", "--data", tmp_path / "rumah", "--home", "Rumah Uji", "--user", HEAD)
    typist.answers("Kata sandi baru", PASSWORD + "\n")
    typist.answers("Sekali lagi: ", PASSWORD + "\n")
    code, piped = typist.waits()
    assert code == 0
    assert re.fullmatch(r"A: (\w+ ?){14}\nB: (\w+ ?){14}\n", piped)


@needs_terminal
def test_the_words_of_the_sheet_are_asked(file_door: Door) -> None:
    typist = Typist.sits_down("users", "reset", HEAD, "--recovery", *file_door.place)
    typist.answers("Kata-kata lembar pemulihan: ", file_door.words[0].upper() + "\n")
    typist.answers("Kata sandi baru", NEW + "\n")
    typist.answers("Sekali lagi: ", NEW + "\n")
    assert typist.waits() == (0, "")
    assert file_door("users", "list", password=NEW).code == 0


@needs_terminal
@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 11)])
def test_a_question_can_be_left(file_door: Door, key: str, code: int) -> None:
    typist = Typist.sits_down("users", "list", *file_door.place)
    typist.answers("Kata sandi: ", key)
    assert typist.waits() == (code, "")
    assert "Traceback" not in typist.shown


@needs_terminal
def test_nobody_is_asked_where_there_is_no_home(tmp_path: Path) -> None:
    typist = Typist.sits_down("users", "list", "--data", tmp_path / "rumah")
    assert typist.waits() == (10, "")


def test_without_anybody_to_ask_it_says_so(file_door: Door) -> None:
    for argv in ("users list", "check"):
        answer = call(*argv.split(), *file_door.place)
        assert (answer.code, answer.out) == (11, "")
        assert "TEDUH_PASSWORD" in answer.err


def test_wrong_passwords_cost_a_wait_that_grows_and_is_told(file_door: Door) -> None:
    told = [file_door("users", "list", password="salah sama sekali").err for _ in range(4)]
    assert [int(found[0]) for found in (re.findall(r"setelah (\d+) detik", text) for text in told) if found] == [
        2,
        4,
        8,
    ]
    right = file_door("users", "list")
    assert right.out == "kepala\tKEPALA,ADMIN\taktif\n"
    assert "Menunggu" in right.err
    assert file_door("users", "list").err == ""


def test_an_unknown_name_is_told_like_a_wrong_password(file_door: Door) -> None:
    known, unknown = (file_door("users", "list", user=user, password="salah sama sekali") for user in (HEAD, "tiada"))
    assert known == unknown
    assert known.code == 12


def test_a_wait_is_announced_in_whole_seconds_and_none_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(doors, "time", SimpleNamespace(sleep=waited.append))
    for seconds in (0, -1, 0.2, 3.0):
        doors.wait_aloud(seconds)
    assert waited == [0.2, 3.0]
    said = capsys.readouterr()
    assert said.out == ""
    assert re.findall(r"\d+", said.err) == ["1", "3"]


def test_an_old_copy_put_back_is_refused_and_check_says_why(file_door: Door, tmp_path: Path) -> None:
    kept = tmp_path / "lama.db"
    shutil.copyfile(file_door.folder / "teduh.db", kept)
    file_door.add("siti", "PETUGAS")
    shutil.copyfile(kept, file_door.folder / "teduh.db")
    for argv in ("users list", "users add budi --role ADMIN"):
        answer = file_door(*argv.split(), TEDUH_NEW_PASSWORD=NEW)
        assert (answer.code, answer.out) == (1, "")
        assert "PERINGATAN" in answer.err
    report = file_door("check")
    assert report.code == 1
    assert "dimundurkan" in report.out


def test_a_clock_before_the_last_entry_is_told_and_does_not_stop_the_work(
    file_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = doors.opening_of
    yesterday = lambda: utc_now() - timedelta(days=1)  # noqa: E731 - a clock, in one line

    def early(arguments: argparse.Namespace) -> doors.WorkOpening:
        return replace(real(arguments), clock=yesterday)

    monkeypatch.setattr(doors, "opening_of", early)
    answer = file_door("check")
    assert answer.code == 0
    assert "Jam PC ini lebih awal" in answer.err
    assert "Jam" not in answer.out


def test_the_sign_in_is_noted_with_the_machine_and_a_check_leaves_no_trace(file_door: Door) -> None:
    def entries() -> int:
        found = re.search(r"(\d+) catatan", file_door("check").good())
        assert found
        return int(found[1])

    before = entries()
    assert entries() == before
    file_door("users", "list").good()
    assert entries() == before + 1


@pytest.mark.parametrize("text", ["mysql://server/nama", "postgresql://server", "/tiada/berkas.json", "bukan alamat"])
def test_an_address_that_is_none_is_told(text: str) -> None:
    for argv in (["users", "list"], ["server-check"], ["init", "--home", "Rumah Uji"]):
        answer = call(*argv, "--server", text, "--user", HEAD, TEDUH_PASSWORD=PASSWORD)
        assert answer.code == 2
        assert "Alamat server" in answer.err + answer.out
