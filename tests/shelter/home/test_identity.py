"""What the home is called, and its two letterheads, of which one may not name it."""

from datetime import UTC, datetime

import pytest

from db.faults import Conflict
from shelter.faults import NotAllowed, NotFound, RuleBroken
from shelter.home import actions, queries
from tests.stores import Seat, TestHome

OFFICE = ("PEMERINTAH PROVINSI KALIMANTAN BARAT", "DINAS SOSIAL")


def test_a_founded_home_has_its_name_and_two_letterheads(home: TestHome, head: Seat) -> None:
    identity = head.read(queries.identity)
    assert (identity.name, identity.place) == ("Rumah Uji Coba", "Pontianak")
    assert identity.started_on == datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    own, neutral = (head.read(queries.letterhead, kind=kind) for kind in ("RUMAH", "NETRAL"))
    assert own.lines == (*OFFICE, "RUMAH UJI COBA")
    assert neutral.lines == OFFICE
    assert (own.address, own.logo, neutral.address, neutral.logo) == ("", None, "", None)
    with pytest.raises(NotFound):
        head.read(queries.letterhead, kind="LAIN")
    with pytest.raises(Conflict):
        head.write(actions.found, name="Rumah Kedua")
    assert head.read(queries.identity) == identity


def test_the_home_is_renamed(home: TestHome, head: Seat) -> None:
    head.write(actions.rename_home, name="  Rumah  Perlindungan ", place=" Singkawang ")
    identity = head.read(queries.identity)
    assert (identity.name, identity.place) == ("Rumah Perlindungan", "Singkawang")
    head.write(actions.rename_home, name="Rumah Perlindungan", place="  ")
    assert head.read(queries.identity).place == "Singkawang", "the town above signatures is never empty"


def test_a_letterhead_is_changed_and_keeps_its_picture(home: TestHome, head: Seat) -> None:
    picture = bytes(range(256))
    changes = {"lines": " DINAS SOSIAL\nRUMAH UJI COBA ", "address": " Jl. Sutoyo 1 ", "logo": picture}
    head.write(actions.set_letterhead, kind="RUMAH", **changes)
    own = head.read(queries.letterhead, kind="RUMAH")
    assert own == queries.LetterheadRow("RUMAH", ("DINAS SOSIAL", "RUMAH UJI COBA"), "Jl. Sutoyo 1", picture)
    assert head.read(queries.letterhead, kind="NETRAL").lines == OFFICE, "the other one is another"
    head.write(actions.set_letterhead, kind="NETRAL", lines="DINAS SOSIAL", address="Jl. Sutoyo 1")
    assert head.read(queries.letterhead, kind="NETRAL").address == "Jl. Sutoyo 1"
    with pytest.raises(NotFound):
        head.write(actions.set_letterhead, kind="LAIN", lines="A")


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ("DINAS SOSIAL\nRUMAH UJI COBA", ""),
        ("DINAS SOSIAL\nRUMAH UJI\nCOBA", ""),
        ("DINAS SOSIAL", "d.a. rumah uji coba, Pontianak"),
        ("DINAS SOSIAL", "rumah.ujicoba@dinsos.example"),
    ],
)
def test_the_neutral_letterhead_never_names_the_home(file_home: TestHome, lines: str, address: str) -> None:
    head = file_home.enter()
    before = head.read(queries.letterhead, kind="NETRAL")
    with pytest.raises(RuleBroken, match="letterhead_names_home"):
        head.write(actions.set_letterhead, kind="NETRAL", lines=lines, address=address)
    assert head.read(queries.letterhead, kind="NETRAL") == before
    head.write(actions.set_letterhead, kind="RUMAH", lines=lines, address=address)


def test_the_home_takes_no_name_that_stands_in_the_neutral_letterhead(file_home: TestHome) -> None:
    head = file_home.enter()
    head.write(actions.set_letterhead, kind="NETRAL", lines="DINAS SOSIAL", address="Jl. Teduh Rindang 4")
    with pytest.raises(RuleBroken, match="letterhead_names_home"):
        head.write(actions.rename_home, name="Teduh Rindang", place="")
    assert head.read(queries.identity).name == "Rumah Uji Coba"


def test_letterheads_are_the_operators_work_too_and_the_name_is_not(file_home: TestHome) -> None:
    head = file_home.enter()
    head.add("siti", "OPERATOR")
    head.add("budi", "PEKSOS", "PETUGAS", "INSTRUKTUR", "AUDITOR")
    siti, budi = file_home.enter("siti"), file_home.enter("budi")
    siti.write(actions.set_letterhead, kind="NETRAL", lines="DINAS SOSIAL")
    with pytest.raises(NotAllowed):
        siti.write(actions.rename_home, name="Rumah Lain", place="")
    with pytest.raises(NotAllowed):
        budi.write(actions.set_letterhead, kind="NETRAL", lines="A")
    assert budi.read(queries.letterhead, kind="NETRAL").lines == ("DINAS SOSIAL",)
    assert budi.read(queries.identity).name == "Rumah Uji Coba"
