"""The first day of a home, by the command line alone: founded, peopled, used, left in the evening, checked at night."""

import re
from pathlib import Path

import pytest

from tests.commandline import HOME_NAME, Answer, Door, call, run
from tests.reports import reading
from tests.stores import HEAD, PASSWORD

TEMPORARY = "payung biru di teras depan"
OWN = {
    "peksos": "rambutan manis musim hujan",
    "psikolog": "perahu kecil tanpa dayung",
    "instruktur": "mesin jahit dekat jendela",
    "admin": "lonceng tua menara kayu",
}
STAFF = {"peksos": "PEKSOS", "psikolog": "PSIKOLOG", "instruktur": "INSTRUKTUR", "admin": "ADMIN"}


def test_the_first_day(door: Door) -> None:
    # In the morning the head lets everybody in, and each takes a password of her own.
    for login, role in STAFF.items():
        door.add(login, role, password=TEMPORARY)
    for login, own in OWN.items():
        assert door("users", "password", user=login, password=TEMPORARY, TEDUH_NEW_PASSWORD=own).code == 0
        assert door("users", "list", user=login, password=TEMPORARY).code == 12
        assert door("users", "list", user=login, password=own).code == 0

    # The administrator takes over the accounts; the head keeps deciding.
    assert door("users", "roles", HEAD, "--role", "KEPALA").code == 0
    assert door("users", "add", "petugas", "--role", "PETUGAS", TEDUH_NEW_PASSWORD=TEMPORARY).code == 2
    by_admin = {"user": "admin", "password": OWN["admin"]}
    assert door("users", "add", "petugas", "--role", "PETUGAS", TEDUH_NEW_PASSWORD=TEMPORARY, **by_admin).code == 0

    # At noon somebody has forgotten her password, and somebody goes on leave.
    assert door("users", "reset", "peksos", TEDUH_NEW_PASSWORD=TEMPORARY, **by_admin).code == 0
    assert door("users", "list", user="peksos", password=TEMPORARY).code == 0
    assert door("users", "disable", "instruktur", **by_admin).code == 0
    assert door("users", "list", user="instruktur", password=OWN["instruktur"]).code in {11, 12}

    # Nobody does what is not theirs.
    for login in ("psikolog", "petugas"):
        password = OWN.get(login, TEMPORARY)
        for argv in (["add", "tamu", "--role", "ADMIN"], ["remove", "peksos"], ["roles", login, "--role", "ADMIN"]):
            refused = door("users", *argv, user=login, password=password, TEDUH_NEW_PASSWORD=TEMPORARY)
            assert (refused.code, refused.out) == (2, "")

    # In the evening one is sent away and the one on leave is let in again, with the password she had.
    assert door("users", "remove", "petugas", **by_admin).code == 0
    assert door("users", "enable", "instruktur", **by_admin).code == 0
    assert door("users", "list", user="instruktur", password=OWN["instruktur"]).code == 0
    listed = [line.split("\t") for line in door("users", "list").good().splitlines()]
    assert listed == [
        ["admin", "ADMIN", "aktif"],
        ["instruktur", "INSTRUKTUR", "aktif"],
        [HEAD, "KEPALA", "aktif"],
        ["peksos", "PEKSOS", "aktif"],
        ["psikolog", "PSIKOLOG", "aktif"],
    ]

    # At night the head forgets his own: the sheet from the safe lets him in, and all of the day is there and whole.
    back = call(
        *("users", "reset", HEAD, "--recovery", *door.place),
        TEDUH_RECOVERY=door.words[1],
        TEDUH_NEW_PASSWORD=TEMPORARY,
    )
    assert (back.code, back.out) == (0, "")
    checked = door("check", "--full", password=TEMPORARY)
    assert (checked.code, checked.err) == (0, "")
    assert checked.out.startswith("Data utuh.")


@pytest.mark.timeout(240)
def test_the_first_hour_as_it_is_typed(tmp_path: Path) -> None:
    """Real processes, keys derived as hard as on an office PC, and the words read from the printed sheet."""
    place = ("--data", tmp_path / "rumah")
    founded = run(
        *("init", *place, "--home", HOME_NAME, "--user", HEAD, "--sheet", tmp_path / "lembar.pdf"),
        TEDUH_PASSWORD=PASSWORD,
    )
    assert founded.code == 0
    added = run(
        *("users", "add", "siti", "--role", "INSTRUKTUR", *place), TEDUH_PASSWORD=PASSWORD, TEDUH_NEW_PASSWORD=TEMPORARY
    )
    assert added == Answer(0, "siti\n", "")
    page = reading.pages((tmp_path / "lembar.pdf").read_bytes())[1]
    words = " ".join(re.findall(r"\b\d{1,2} ([a-z]+)", page)[-14:])
    assert f"B: {words}" in founded.out.splitlines()
    reset = run(*("users", "reset", HEAD, "--recovery", *place), TEDUH_RECOVERY=words, TEDUH_NEW_PASSWORD=TEMPORARY)
    assert (reset.code, reset.out) == (0, "")
    checked = run("check", "--full", *place, "--user", HEAD, TEDUH_PASSWORD=TEMPORARY)
    assert (checked.code, checked.err) == (0, "")
