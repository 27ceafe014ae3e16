"""From arguments to an exit code: each has its meaning, a script reads stdout, a person reads stderr."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from db.faults import Conflict, NewerStore, StoreFault
from shelter.faults import NotAllowed, NotFound, RuleBroken
from tests.commandline import HOME_NAME, PROGRAM, Answer, Door, call, run, surroundings
from tests.stores import HEAD, PASSWORD, Server
from ui.terminal import stores

MARKER = "Rahasiamarkah"
NEW = "perahu kayu menyeberang danau"


def test_a_sound_home_is_0_and_the_report_is_on_stdout(file_door: Door) -> None:
    for more in ((), ("--full",)):
        answer = run("check", *more, *file_door.place, TEDUH_PASSWORD=PASSWORD)
        assert (answer.code, answer.err) == (0, "")
        assert answer.out.startswith("Data utuh.")
        assert ("baris dibandingkan" in answer.out) == bool(more)


def test_a_damaged_home_is_1_and_every_command_says_so(file_door: Door) -> None:
    database = file_door.folder / "teduh.db"
    content = bytearray(database.read_bytes())
    content[len(content) // 2] ^= 0xFF
    database.write_bytes(content)
    answer = run("check", *file_door.place, TEDUH_PASSWORD=PASSWORD)
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.startswith("Data TIDAK utuh:\n- ")
    assert database.read_bytes() == content
    database.write_bytes(b"x" * 8192)
    for argv in ("check", "users list"):
        answer = file_door(*argv.split())
        assert (answer.code, answer.out) == (1, "")
        assert "salin folder ini" in answer.err


def test_a_lost_slot_file_or_database_is_1(file_door: Door) -> None:
    kept = (file_door.folder / "teduh.slots").read_bytes()
    (file_door.folder / "teduh.slots").write_bytes(kept[:-9])
    assert "teduh.slots" in file_door("users", "list").err
    assert file_door("users", "list").code == 1
    (file_door.folder / "teduh.slots").write_bytes(kept)
    (file_door.folder / "teduh.db").unlink()
    answer = file_door("users", "list")
    assert (answer.code, answer.out) == (1, "")
    assert "teduh.db" in answer.err


def test_no_home_is_10_and_nothing_is_made_by_looking(tmp_path: Path) -> None:
    for argv in ("check", "users list", "users add siti --role ADMIN"):
        answer = call(*argv.split(), "--data", tmp_path / "rumah", TEDUH_PASSWORD=PASSWORD)
        assert (answer.code, answer.out) == (10, "")
    assert list(tmp_path.iterdir()) == []


def test_no_password_is_11_and_a_wrong_one_12(file_door: Door) -> None:
    assert run("users", "list", *file_door.place).code == 11
    wrong = run("users", "list", *file_door.place, TEDUH_PASSWORD=NEW)
    assert (wrong.code, wrong.out, wrong.err) == (12, "", "Nama atau kata sandi salah.\n")


def test_a_script_can_go_by_the_name_it_reads(file_door: Door) -> None:
    added = run(
        *("users", "add", " Siti  Aminah ", "--role", "petugas", *file_door.place, "--user", HEAD),
        TEDUH_PASSWORD=PASSWORD,
        TEDUH_NEW_PASSWORD=NEW,
    )
    assert added == Answer(0, "Siti Aminah\n", "")
    listed = run("users", "list", *file_door.place, "--user", "siti aminah", TEDUH_PASSWORD=NEW)
    assert "Siti Aminah\tPETUGAS\taktif" in listed.out.splitlines()


@pytest.mark.server
def test_a_server_by_the_real_command_line(pg_server: Server) -> None:
    pg_server.run("CREATE DATABASE sungguh")
    place = ("--server", pg_server.url_of("sungguh"))
    try:
        founded = run("init", *place, "--home", HOME_NAME, "--user", HEAD, TEDUH_PASSWORD=PASSWORD)
        assert founded.code == 0
        words = founded.out.splitlines()[1].removeprefix("B: ")
        reset = run(*("users", "reset", HEAD, "--recovery", *place), TEDUH_RECOVERY=words, TEDUH_NEW_PASSWORD=NEW)
        assert (reset.code, reset.out) == (0, "")
        checked = run("check", "--full", *place, "--user", HEAD, TEDUH_PASSWORD=NEW)
        assert (checked.code, checked.err) == (0, "")
    finally:
        pg_server.run("DROP DATABASE sungguh WITH (FORCE)")
        for (role,) in pg_server.run("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'sungguh__')"):
            pg_server.run(f'DROP ROLE "{role}"')


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuleBroken("login_taken", "login", login="siti"), 2),
        (NotAllowed("staff:account:write"), 2),
        (NotFound("account"), 2),
        (Conflict(table="account"), 2),
        (NewerStore(revision="9999"), 2),
        (OSError(28, MARKER, MARKER), 2),
        (PermissionError(13, MARKER, MARKER), 2),
        (KeyboardInterrupt(), 130),
        (ValueError(MARKER), 70),
        (AssertionError(MARKER), 70),
    ],
)
@pytest.mark.parametrize("spoken", ["id", "en"])
def test_whatever_happens_ends_in_a_sentence_and_a_code(
    error: BaseException, code: int, spoken: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(_arguments: object) -> int:
        raise error

    monkeypatch.setattr(stores, "run_check", fails)
    answer = call("--lang", spoken, "check", "--data", tmp_path)
    assert (answer.code, answer.out) == (code, "")
    assert MARKER not in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.splitlines()) == (0 if code == 130 else 1)


def test_every_fault_has_an_exit_code_of_the_documented_ones() -> None:
    kinds: list[type[StoreFault]] = [StoreFault, *StoreFault.__subclasses__()]
    assert {kind.exit_code for kind in kinds} == {1, 2, 10, 11, 12}


def test_english_is_spoken_when_asked(file_door: Door) -> None:
    assert call("--lang", "en", "users", "list", *file_door.place).err != call("users", "list", *file_door.place).err


def test_it_runs_from_any_folder_with_a_relative_place(file_door: Door) -> None:
    command = [*PROGRAM, "users", "list", "--data", file_door.folder.name]
    environment = surroundings(TEDUH_PASSWORD=PASSWORD)
    done = subprocess.run(
        command, cwd=file_door.folder.parent, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert done.stdout.decode().split() == [HEAD, "KEPALA,ADMIN", "aktif"]


def test_a_name_that_the_screen_cannot_show_is_saved_and_told_all_the_same(file_door: Door) -> None:
    added = run(
        *("users", "add", "Žofia", "--role", "PETUGAS", *file_door.place, "--user", HEAD),
        TEDUH_PASSWORD=PASSWORD,
        TEDUH_NEW_PASSWORD=NEW,
        PYTHONIOENCODING="ascii",
    )
    assert added == Answer(0, "\\u017dofia\n", "")
    assert "Žofia" in [row[0] for row in file_door.people()]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_psql_gets_the_persons_secret_by_the_environment_and_nothing_of_the_owner(tmp_path: Path) -> None:
    """A stand-in for psql tells with what it was started: arguments can be read by every account of the PC."""
    stand_in = tmp_path / "psql"
    stand_in.write_text('#!/bin/sh\necho "$@"\necho "${#PGPASSWORD}"\nexit 7\n', encoding="utf-8")
    stand_in.chmod(0o755)
    url = f"postgresql://pemilik:{MARKER}@127.0.0.1:1/rumah"
    variables = {"TEDUH_PASSWORD": PASSWORD, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    answer = run("server-psql", "--server", url, "--user", "siti", "--", "-c", "SELECT 1", **variables)
    assert answer.code == 7
    started, secret = answer.out.splitlines()
    assert started.endswith(" -c SELECT 1")
    assert "rumah__u_" in started
    assert MARKER not in started
    assert "pemilik" not in started
    assert PASSWORD not in started
    assert secret == "64"


def test_without_psql_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    answer = call("server-psql", "--server", "postgresql://127.0.0.1/rumah", "--user", "siti", TEDUH_PASSWORD=PASSWORD)
    assert (answer.code, answer.out) == (2, "")
    assert "psql" in answer.err


def test_a_server_that_does_not_answer_is_one_plain_sentence() -> None:
    looked = call("server-check", "--server", "postgresql://127.0.0.1:1/rumah")
    assert looked.code == 2
    assert len(looked.out.splitlines()) == 1
    for argv in ("users list", "check"):
        answer = call(
            *argv.split(), "--server", "postgresql://127.0.0.1:1/rumah", "--user", HEAD, TEDUH_PASSWORD=PASSWORD
        )
        assert (answer.code, answer.out) == (2, "")
        assert answer.err == looked.out


@pytest.mark.server
def test_the_owners_way_in_that_does_not_work_is_told(server_door: Door) -> None:
    dead = "postgresql://pemilik:x@127.0.0.1:1/rumah"
    answer = server_door("check", "--full", "--owner", dead)
    assert (answer.code, answer.out) == (2, "")
    assert "Server" in answer.err
