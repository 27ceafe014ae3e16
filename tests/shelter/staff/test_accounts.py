"""People come, change their password, rest, leave; each on both stores."""

import pytest

from db.faults import StoreFault, WrongPassword
from shelter.faults import NotAllowed, RuleBroken
from shelter.staff import actions, queries
from tests.stores import PASSWORD, Seat, TestHome


def test_a_new_person_signs_in_and_is_listed(home: TestHome, head: Seat) -> None:
    head.add("siti", "INSTRUKTUR")
    assert [(row.login, row.roles) for row in head.read(queries.accounts)] == [
        ("kepala", ("KEPALA", "ADMIN")),
        ("siti", ("INSTRUKTUR",)),
    ]
    seat = home.enter("siti")
    assert [row.login for row in seat.read(queries.accounts)] == ["siti"]


def test_a_trainer_adds_nobody(home: TestHome, head: Seat) -> None:
    head.add("siti", "INSTRUKTUR")
    seat = home.enter("siti")
    with pytest.raises(NotAllowed):
        seat.add("budi", "ADMIN")
    with pytest.raises((WrongPassword, StoreFault)):
        home.enter("budi")


def test_a_name_is_taken_once(head: Seat) -> None:
    head.add("siti", "INSTRUKTUR")
    with pytest.raises(RuleBroken, match="login_taken"):
        head.add(" SITI ", "PETUGAS")


def test_disable_and_enable(home: TestHome, head: Seat) -> None:
    account = head.add("siti", "INSTRUKTUR")
    head.write(actions.disable_account, account_id=account)
    with pytest.raises(StoreFault):
        home.enter("siti")
    head.write(actions.enable_account, account_id=account)
    home.enter("siti")


def test_a_removed_person_is_gone_and_the_name_is_free(home: TestHome, head: Seat) -> None:
    account = head.add("siti", "INSTRUKTUR")
    head.write(actions.remove_account, account_id=account)
    with pytest.raises(WrongPassword):
        home.enter("siti")
    head.add("siti", "PETUGAS")
    assert home.enter("siti").read(queries.accounts)


def test_own_password(home: TestHome, head: Seat) -> None:
    fresh = "perahu kayu menyeberang danau"
    credential = home.way_in(type(None)).relocked(head.store, "kepala", fresh, head.store.kdf)  # type: ignore[arg-type]
    head.write(actions.change_password, credential=credential)
    with pytest.raises(WrongPassword):
        home.enter("kepala", PASSWORD)
    home.enter("kepala", fresh)
