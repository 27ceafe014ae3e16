"""Killed at any moment: whoever was said to be saved is there, nothing is half, nobody's name lies about."""

import zlib
from pathlib import Path

import pytest

from db.files import StoreFolder
from tests.commandline import HOME_NAME, Door, bare, call, run
from tests.faults.killing import (
    Additions,
    Begin,
    Fork,
    Moment,
    Process,
    at_its_end,
    died,
    killed,
    names_in,
    needs_kill,
    once_changed,
    once_printed,
    spread,
    took,
)
from tests.stores import HEAD, PASSWORD

pytestmark = needs_kill
WITH = {"TEDUH_PASSWORD": PASSWORD}
NAMES = (HOME_NAME, "Pelangi", "sitimarkah")


@pytest.mark.timeout(300)
def test_whoever_was_said_to_be_saved_is_there_whenever_it_was_killed(file_door: Door) -> None:
    additions = Additions(file_door)
    whole = took(Fork, additions.argv(), TEDUH_NEW_PASSWORD=PASSWORD)
    moments: list[tuple[Begin, Moment]] = [(Fork, moment) for moment in spread(30, whole)]
    # From a cold start too, and at the moments that count most: once it has spoken, and between slot file and commit.
    whole = took(Process, additions.argv(), TEDUH_NEW_PASSWORD=PASSWORD)
    moments += [(Process, moment) for moment in spread(6, whole)]
    moments += [(Process, once_printed), (Fork, once_printed)]
    for begin, moment in moments:
        additions.add(begin, moment)
        assert additions.lost() == set()
        assert additions.broken() == ""
    for _ in range(2):
        additions.add(Fork, once_changed(file_door.folder / "teduh.slots"))
        assert additions.lost() == set()
        assert additions.broken() == ""
    assert additions.killed >= 10
    assert additions.said
    assert names_in(file_door.folder, NAMES) == []
    checked = run("check", "--full", *file_door.place, "--user", HEAD, **WITH)
    assert (checked.code, checked.err) == (0, "")


def test_the_harness_reports_a_name_printed_before_it_is_saved(file_door: Door) -> None:
    additions = Additions(file_door, "print-too-early")
    for _ in range(20):
        additions.add(Fork, once_printed)
        if additions.lost():
            break
    assert additions.lost() != set()
    # Lost is lost, but never half: the home itself stays sound.
    assert additions.broken() == ""


# The first commit is the sign-in's own entry.
STEPS = (
    "before:1:db.slots:SlotFile.write",
    "after:1:db.slots:SlotFile.write",
    "before:2:db.unit:UnitSession.commit",
    "after:2:db.unit:UnitSession.commit",
    "before:2:db.anchors:Anchor.write",
    "after:2:db.anchors:Anchor.write",
    "before:1:db.store:Store.close",
)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_of_a_save(file_door: Door, step: str) -> None:
    argv = ["users", "add", "sitimarkah", "--role", "PETUGAS", *file_door.place, "--user", HEAD]
    answer = killed(Fork, argv, at_its_end, step, TEDUH_NEW_PASSWORD=PASSWORD)
    assert died(answer)
    saved = "sitimarkah" in [row[0] for row in file_door.people()]
    assert saved == (STEPS.index(step) >= STEPS.index("after:2:db.unit:UnitSession.commit"))
    assert answer.out == ("sitimarkah\n" if step == STEPS[-1] else "")
    assert file_door("check", "--full").code == 0
    # Who reads nothing does it again: added now, or there already.
    again = file_door("users", "add", "sitimarkah", "--role", "PETUGAS", TEDUH_NEW_PASSWORD=PASSWORD)
    assert again.code == (2 if saved else 0)
    assert file_door("users", "list", user="sitimarkah").code == 0
    assert names_in(file_door.folder, NAMES) == []


@pytest.mark.server
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_commit_on_a_server(server_door: Door, when: str) -> None:
    argv = ["users", "add", "sitimarkah", "--role", "PETUGAS", *server_door.place, "--user", HEAD]
    step = f"{when}:2:db.unit:UnitSession.commit"
    answer = killed(Fork, argv, at_its_end, step, TEDUH_NEW_PASSWORD=PASSWORD)
    assert died(answer)
    assert answer.out == ""
    assert [row[0] for row in server_door.people()] == ([HEAD] if when == "before" else [HEAD, "sitimarkah"])
    assert server_door("check", "--full").code == 0
    again = server_door("users", "add", "sitimarkah", "--role", "PETUGAS", TEDUH_NEW_PASSWORD=PASSWORD)
    assert again.code == (0 if when == "before" else 2)


@pytest.mark.parametrize(
    "step",
    [
        "after:1:db.slots:SlotFile.write",
        "before:2:db.unit:UnitSession.commit",
        "after:2:db.unit:UnitSession.commit",
        "before:1:db.filestore:rekey",
        "after:1:db.filestore:rekey",
        "before:1:db.opening:drop_old_database_keys",
        "before:1:db.anchors:Anchor.renew",
        "after:1:db.anchors:Anchor.renew",
    ],
)
def test_killed_while_somebody_is_removed_and_the_keys_are_turned(file_door: Door, step: str) -> None:
    file_door.add("sitimarkah", "ADMIN")
    argv = ["users", "remove", "sitimarkah", *file_door.place, "--user", HEAD]
    assert died(killed(Fork, argv, at_its_end, step))
    # Nobody stays locked out of a sound home, and the removal can be finished.
    listed = [row[0] for row in file_door.people()]
    assert file_door("check", "--full").code == 0
    if "sitimarkah" in listed:
        assert file_door("users", "remove", "sitimarkah").code == 0
    assert [row[0] for row in file_door.people()] == [HEAD]
    assert file_door("users", "list", user="sitimarkah").code == 12
    assert file_door("check", "--full").code == 0


def _init(folder: Path) -> list[object]:
    return ["init", "--data", folder, "--home", HOME_NAME, "--user", HEAD]


def _founds_or_is_founded(folder: Path) -> bool:
    """Whether a killed ``init`` left a whole home; otherwise it must have left nothing in a second one's way."""
    assert names_in(folder, (HOME_NAME, "Pelangi")) == []
    with bare():
        again = call(*_init(folder), **WITH)
    assert again.code in {0, 2}, again.err
    whole = again.code == 2
    checked = call("check", "--data", folder, **WITH)
    assert checked.code == 0, checked.out + checked.err
    # What it worked in, keys and all, goes with the next founding; beside a whole home it is empty of keys.
    left = [path.name for shop in folder.glob(".baru-*") for path in shop.iterdir()]
    assert not left if not whole else not {"teduh.db", "teduh.slots", "teduh.slots.prev"} & set(left)
    return whole


@pytest.mark.timeout(300)
def test_a_founding_killed_at_any_moment_leaves_no_home_or_a_whole_one(tmp_path: Path) -> None:
    outcomes = []
    for begin, times in ((Fork, 20), (Process, 3)):
        seconds = took(begin, _init(tmp_path / f"ganda{times}"))
        for number, moment in enumerate(spread(times, seconds)):
            folder = tmp_path / f"rumah{times}-{number}"
            folder.mkdir()
            outcomes.append((died(killed(begin, _init(folder), moment)), _founds_or_is_founded(folder)))
    assert outcomes.count((True, False)) >= 6


@pytest.mark.parametrize(
    ("step", "whole"),
    [
        ("before:1:db.opening:sync_folder", False),
        ("before:2:db.opening:sync_folder", False),
        ("before:3:db.opening:sync_folder", True),
        ("after:1:db.opening:create", True),
    ],
)
def test_a_founding_killed_between_its_renames_leaves_no_home_or_a_whole_one(
    tmp_path: Path, step: str, whole: bool
) -> None:
    """Slot file, head and database are put in place one after the other, each followed by a flush of the folder."""
    folder = tmp_path / "rumah"
    answer = killed(Fork, _init(folder), at_its_end, step)
    assert died(answer)
    assert answer.out == ""
    assert _founds_or_is_founded(folder) == whole


def test_no_name_stands_in_clear_in_any_file_of_a_home_in_use(file_door: Door, own_home: Path) -> None:
    names = ["sitimarkah", "Stefanusmarkah", "Perempuanmarkah"]
    for name in names:
        file_door.add(name, "PETUGAS")
    file_door("users", "list", user="tiadamarkah")
    file_door("users", "disable", names[1])
    file_door("users", "remove", names[2])
    file_door("users", "reset", names[0], TEDUH_NEW_PASSWORD=PASSWORD)
    file_door("check", "--full")
    wanted = [*names, "tiadamarkah", HOME_NAME, "Pelangi"]
    assert len(list(file_door.folder.iterdir())) >= 5
    assert names_in(file_door.folder, wanted) == []
    # Nor in any other folder that the program may write to.
    assert names_in(own_home, wanted) == []


@pytest.mark.parametrize(
    "content",
    [
        b"xx Rumah Pelangi Senja xx",
        "Rumah Pelangi Senja".encode("utf-16-le"),
        b"xx\x78\x9c" + zlib.compress(b"nama: RUMAH PELANGI SENJA" * 3) + b"xx",
        b"Rumah Pelangi Senja".hex().encode(),
    ],
)
def test_the_search_for_names_finds_one_that_lies_about(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "teduh.db-wal").write_bytes(content)
    assert names_in(tmp_path, [HOME_NAME]) != []
    (tmp_path / "teduh.db-wal").write_bytes(b"xx" * 99)
    assert names_in(tmp_path, [HOME_NAME]) == []
    (tmp_path / "rumah pelangi senja.txt").touch()
    assert names_in(tmp_path, [HOME_NAME]) != []


def test_the_search_for_names_finds_them_in_a_store_that_is_not_encrypted(file_door: Door) -> None:
    """The same pages without their cipher: so it is the cipher that hides the names."""
    from db.opening import Opening
    from shelter.work import Work

    store = Opening[Work](StoreFolder(file_door.folder), Work).sign_in(HEAD, PASSWORD)
    key = bytes(store.keyring.keys["database/1"])
    store.close()
    from db import filestore

    plain = file_door.folder / "polos.db"
    with filestore.plain_connection(file_door.folder / "teduh.db", key) as connection:
        connection.execute(f"ATTACH DATABASE '{plain}' AS polos KEY ''")
        connection.execute("SELECT sqlcipher_export('polos')").fetchall()
        connection.execute("DETACH DATABASE polos")
    assert names_in(file_door.folder, [HOME_NAME]) != []
