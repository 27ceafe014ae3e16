"""People come, rest, leave and forget their passwords, all by the command line, on either store."""

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from db import filestore
from db.faults import StoreFault
from db.files import StoreFolder
from db.keyring import unseal
from db.serverplace import ServerPlace
from db.slots import Book
from tests.commandline import Answer, Door, call
from tests.stores import HEAD, PASSWORD, Server

NEW = "perahu kayu menyeberang danau"
SHUT_OUT = {"file": 11, "server": 12}
"""A disabled person: the file says so to who has the password, a server never tells more than that it refuses."""


def test_people_are_listed_by_tabs_and_nothing_else_is_on_stdout(door: Door) -> None:
    door.add("siti", "PEKSOS", "PETUGAS")
    door.add("Bu Maria", "INSTRUKTUR")
    assert door("users", "disable", "siti").code == 0
    assert door("users", "list") == Answer(
        0, "Bu Maria\tINSTRUKTUR\taktif\nkepala\tKEPALA,ADMIN\taktif\nsiti\tPEKSOS,PETUGAS\tnonaktif\n", ""
    )
    # A trainer sees who she is.
    assert door("users", "list", user="bu maria").out == "Bu Maria\tINSTRUKTUR\taktif\n"


def test_the_name_is_printed_only_when_it_is_saved(door: Door) -> None:
    door.add("siti", "INSTRUKTUR")
    refused: list[tuple[int, Callable[[], Answer]]] = [
        (2, lambda: door("users", "add", " SITI ", "--role", "PETUGAS", TEDUH_NEW_PASSWORD=NEW)),
        (2, lambda: door("users", "add", "budi", "--role", "RAJA", TEDUH_NEW_PASSWORD=NEW)),
        (2, lambda: door("users", "add", "budi", "--role", " ", TEDUH_NEW_PASSWORD=NEW)),
        (2, lambda: door("users", "add", " ", "--role", "ADMIN", TEDUH_NEW_PASSWORD=NEW)),
        (2, lambda: door("users", "add", "budi", "--role", "ADMIN", TEDUH_NEW_PASSWORD="pendek")),
        (2, lambda: door("users", "add", "budi", "--role", "ADMIN", user="siti", TEDUH_NEW_PASSWORD=NEW)),
        (11, lambda: door("users", "add", "budi", "--role", "ADMIN")),
        (12, lambda: door("users", "add", "budi", "--role", "ADMIN", password="salah sama sekali")),
    ]
    for code, add in refused:
        answer = add()
        assert (answer.code, answer.out) == (code, "")
        assert answer.err.strip()
    assert [row[0] for row in door.people()] == [HEAD, "siti"]
    assert door("check", "--full").code == 0


def test_a_day_of_an_account(door: Door) -> None:
    door.add("siti", "INSTRUKTUR")
    assert door("users", "roles", "SITI", "--role", "peksos", "--role", "PETUGAS").out == ""
    assert door.people()[1] == ["siti", "PEKSOS,PETUGAS", "aktif"]
    assert door("users", "disable", "siti").out == ""
    assert door("users", "list", user="siti").code == SHUT_OUT[door.kind]
    assert door("users", "reset", "siti", TEDUH_NEW_PASSWORD=NEW).code == 2
    assert door("users", "enable", "siti").out == ""
    assert door("users", "list", user="siti").code == 0
    assert door("users", "reset", "siti", TEDUH_NEW_PASSWORD=NEW).out == ""
    assert door("users", "list", user="siti").code == 12
    assert door("users", "list", user="siti", password=NEW).code == 0
    own = door("users", "password", user="siti", password=NEW, TEDUH_NEW_PASSWORD="genteng merah di atas bukit")
    assert (own.code, own.out) == (0, "")
    assert door("users", "list", user="siti", password=NEW).code == 12
    assert door("users", "list", user="siti", password="genteng merah di atas bukit").code == 0
    assert door("check", "--full").code == 0


def test_a_removed_person_is_gone_and_the_name_is_free(door: Door) -> None:
    door.add("siti", "INSTRUKTUR")
    assert door("users", "remove", "siti").out == ""
    assert [row[0] for row in door.people()] == [HEAD]
    assert door("users", "list", user="siti").code == 12
    for verb in ("remove", "disable", "enable"):
        assert door("users", verb, "siti").code == 2
    door.add("siti", "INSTRUKTUR", password=NEW)
    assert door("users", "list", user="siti").code == 12
    assert door("users", "list", user="siti", password=NEW).out == "siti\tINSTRUKTUR\taktif\n"
    assert door("check", "--full").code == 0


def test_the_last_head_and_administrator_stay(door: Door) -> None:
    door.add("dua", "ADMIN")
    door.add("tiga", "KEPALA")
    # Alone in neither role: the head may go down to one of them, but not the last of it.
    assert door("users", "remove", HEAD, user="dua").code == 0
    for verb in ("disable", "remove"):
        answer = door("users", verb, "tiga", user="dua")
        assert (answer.code, answer.out) == (2, "")
        assert "KEPALA" in answer.err
    assert door("users", "roles", "dua", "--role", "PEKSOS", user="tiga").code == 2
    assert door("users", "roles", "tiga", "--role", "PEKSOS", user="dua").code == 2
    assert [row[:2] for row in _people(door, "dua")] == [["dua", "ADMIN"], ["tiga", "KEPALA"]]


def _people(door: Door, user: str) -> list[list[str]]:
    return [line.split("\t") for line in door("users", "list", user=user).good().splitlines()]


def test_nobody_shuts_out_himself(door: Door) -> None:
    door.add("dua", "ADMIN", "KEPALA")
    for verb in ("disable", "remove"):
        answer = door("users", verb, HEAD)
        assert (answer.code, answer.out) == (2, "")
        assert "Anda sendiri" in answer.err
    assert door("users", "list").code == 0


def test_with_every_password_forgotten_the_sheet_lets_in(door: Door) -> None:
    door.add("siti", "INSTRUKTUR")
    first, second = door.words
    for forgotten, words in ((HEAD, first), ("siti", second)):
        answer = call(
            *("users", "reset", forgotten, "--recovery", *door.place), TEDUH_RECOVERY=words, TEDUH_NEW_PASSWORD=NEW
        )
        assert (answer.code, answer.out) == (0, "")
        assert door("users", "list", user=forgotten).code == 12
        assert door("users", "list", user=forgotten, password=NEW).code == 0
    assert call("check", "--full", *door.place, "--user", HEAD, TEDUH_PASSWORD=NEW).code == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda words: words[:-1], "13 kata"),
        (lambda words: ["bukankata", *words[1:]], "Kata ke-1"),
        (lambda words: [words[1], words[0], *words[2:]], "tidak cocok"),
    ],
)
def test_wrong_words_open_nothing(file_door: Door, change: Callable[[list[str]], list[str]], told: str) -> None:
    typed = " ".join(change(file_door.words[0].split()))
    answer = call(
        *("users", "reset", HEAD, "--recovery", *file_door.place), TEDUH_RECOVERY=typed, TEDUH_NEW_PASSWORD=NEW
    )
    assert (answer.code, answer.out) == (12, "")
    assert told in answer.err
    assert file_door("users", "list").code == 0


def test_the_sheet_of_another_home_opens_nothing(file_door: Door, tmp_path: Path) -> None:
    from db.recovery import new_pair

    other = " ".join(new_pair()[1])
    answer = call(*("users", "reset", HEAD, "--recovery", *file_door.place), TEDUH_RECOVERY=other)
    assert (answer.code, answer.out) == (12, "")
    assert "bukan untuk rumah ini" in answer.err


def test_the_sheet_does_nothing_else_than_reset(file_door: Door) -> None:
    """Whoever holds the sheet alone is asked for a password by every other command."""
    for argv in ("users list", "users add budi --role ADMIN", f"users disable {HEAD}", "check"):
        assert call(*argv.split(), *file_door.place, TEDUH_RECOVERY=file_door.words[0]).code == 11


def test_the_name_may_be_left_out_while_there_is_one_person(file_door: Door) -> None:
    alone = call("users", "list", *file_door.place, TEDUH_PASSWORD=PASSWORD)
    assert alone.out == "kepala\tKEPALA,ADMIN\taktif\n"
    file_door.add("siti", "INSTRUKTUR")
    several = call("users", "list", *file_door.place, TEDUH_PASSWORD=PASSWORD)
    assert (several.code, several.out) == (11, "")
    assert "--user" in several.err


def test_the_old_slot_file_and_password_of_a_removed_person_open_nothing(file_door: Door, tmp_path: Path) -> None:
    folder = StoreFolder(file_door.folder)
    before = {slot.owner for slot in Book.from_bytes(folder.slots.read_bytes()).slots}
    file_door.add("siti", "ADMIN")
    kept = folder.slots.read_bytes()
    book = Book.from_bytes(kept)
    (slot,) = (slot for slot in book.slots if slot.owner not in before)
    held = {name: unseal(blob, slot.unlock(PASSWORD), name) for name, blob in book.sealed_to(slot.owner).items()}
    assert _opens_file(folder.database, held)
    assert file_door("users", "remove", "siti").code == 0

    assert not _opens_file(folder.database, held)
    for copies in (["teduh.slots"], ["teduh.slots", "teduh.slots.prev"]):
        stolen = tmp_path / "-".join(copies)
        shutil.copytree(folder.path, stolen)
        for name in copies:
            (stolen / name).write_bytes(kept)
        answer = call("users", "list", "--data", stolen, "--user", "siti", TEDUH_PASSWORD=PASSWORD)
        assert (answer.code, answer.out) == (1, "")
    for name in ("teduh.slots", "teduh.slots.prev"):
        book = Book.from_bytes((folder.path / name).read_bytes())
        assert book.slot_of(slot.owner) is None
        assert not book.sealed_to(slot.owner)
    assert file_door("check", "--full").code == 0


def _opens_file(path: Path, held: dict[str, bytes]) -> bool:
    opened = []
    for name, key in held.items():
        if name.startswith("database/"):
            try:
                filestore.connect(path, key).close()
            except StoreFault:
                opened.append(False)
            else:
                opened.append(True)
    assert opened
    return any(opened)


@pytest.mark.parametrize("change", ["disable siti", "reset siti", "remove siti"])
def test_the_kept_copy_of_the_slot_file_lets_nobody_in_again(file_door: Door, change: str) -> None:
    file_door.add("siti", "ADMIN")
    assert file_door("users", *change.split(), TEDUH_NEW_PASSWORD=NEW).code == 0
    (file_door.folder / "teduh.slots").unlink()
    assert file_door("users", "list").code == 0
    assert file_door("users", "list", user="siti").code in {11, 12}


@pytest.mark.server
def test_the_login_of_a_removed_person_is_gone_from_the_server(server_door: Door, tmp_path: Path) -> None:
    server_door.add("siti", "ADMIN")
    place = ServerPlace.parse(server_door.place[1], tmp_path)
    url = make_url(server_door.place[1]).set(username=place.role("siti"), password=place.secret("siti", PASSWORD))
    psycopg.connect(url.render_as_string(hide_password=False)).close()
    assert server_door("users", "remove", "siti").code == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.render_as_string(hide_password=False))


@pytest.mark.server
def test_on_a_server_the_name_is_always_asked(server_door: Door) -> None:
    answer = call("users", "list", *server_door.place, TEDUH_PASSWORD=PASSWORD)
    assert (answer.code, answer.out) == (11, "")


@pytest.mark.server
def test_init_needs_the_owner_of_the_server(pg_server: Server) -> None:
    url = pg_server.url.replace("postgres:@", "", 1)
    answer = call("init", "--server", url, "--home", "Rumah Uji", "--user", HEAD, TEDUH_PASSWORD=PASSWORD)
    assert (answer.code, answer.out) == (2, "")
    assert "TEDUH_OWNER_URL" in answer.err


@pytest.mark.server
def test_a_home_on_a_server_is_not_founded_twice(server_door: Door) -> None:
    again = call("init", *server_door.place, "--home", "Lain", "--user", "lain", TEDUH_PASSWORD=PASSWORD)
    assert (again.code, again.out) == (2, "")
    assert server_door("check", "--full").code == 0
