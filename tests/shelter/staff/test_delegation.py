"""Standing in for the head: by letter, from a day to a day, and not an hour longer."""

import uuid
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from shelter.faults import NotAllowed, NotFound, RuleBroken
from shelter.rights import Permission, Scope
from shelter.staff import actions, queries
from shelter.staff.records import Delegation
from shelter.work import Work
from tests.factories import day, delegation, keep, letter, wib
from tests.stores import Clock, Seat, TestHome


def _roles(work: Work) -> set[str]:
    return set(work.roles)


def _scope(work: Work) -> Scope:
    return work.scope(Permission.STAFF_DELEGATION_WRITE)


def _delegate(head: Seat, account: uuid.UUID, **changes: object) -> uuid.UUID:
    made: uuid.UUID = head.write(actions.delegate, to_account=account, **letter(**changes))
    return made


def test_a_delegate_has_the_heads_rights_exactly_as_long_as_the_letter(home: TestHome, clock: Clock) -> None:
    """Session and clock run on; on a server the service layer alone widens (the grants follow the roles)."""
    head = home.enter()
    siti = head.add("siti", "INSTRUKTUR")
    seat = home.enter("siti")
    _delegate(head, siti, from_day=day(1), until_day=day(3))
    for moment, stands_in in [
        (wib(day(), 12), False),
        (wib(day(), 23, 59, 59), False),
        (wib(day(1), 0), True),
        (wib(day(1), 6, 59, 59), True),
        (wib(day(1), 7), True),
        (wib(day(2), 12), True),
        (wib(day(3), 23, 59, 59), True),
        (wib(day(4), 0), False),
        (wib(day(4), 12), False),
    ]:
        clock.now = moment
        assert seat.read(_roles) == {"INSTRUKTUR"} | ({"KEPALA"} if stands_in else set()), moment
        assert seat.read(_scope) is (Scope.ALL if stands_in else Scope.NONE), moment
        found = head.read(queries.standing_in)
        assert (found is not None) is stands_in, moment
        if found:
            assert (found.account_id, found.title, found.letter_number) == (siti, "Plh.", "800/12/DINSOS/2026")
    assert "KEPALA" in head.read(_roles), "the head stays the head"


def test_a_delegate_decides_while_it_lasts_and_no_more_the_next_day(file_home: TestHome, clock: Clock) -> None:
    head = file_home.enter()
    siti = head.add("siti", "PETUGAS")
    seat = file_home.enter("siti")
    lend = {"lender": head.actor.id, "borrower": siti}
    with pytest.raises(NotAllowed):
        seat.write(actions.lend_caseload, **lend, from_day=day(), until_day=day())
    _delegate(head, siti, until_day=day())
    seat.write(actions.lend_caseload, **lend, from_day=day(), until_day=day())
    clock.now = wib(day(1), 0)
    with pytest.raises(NotAllowed):
        seat.write(actions.lend_caseload, **lend, from_day=day(1), until_day=day(1))


def test_ended_early_it_ends_that_very_day(home: TestHome, clock: Clock) -> None:
    head = home.enter()
    siti = head.add("siti", "INSTRUKTUR")
    seat = home.enter("siti")
    delegation_id = _delegate(head, siti, until_day=day(9))
    clock.forward(days=1)
    assert "KEPALA" in seat.read(_roles)
    head.write(actions.end_delegation, delegation_id=delegation_id)
    assert seat.read(_roles) == {"INSTRUKTUR"}
    assert head.read(queries.standing_in) is None
    clock.forward(days=1)
    assert seat.read(_roles) == {"INSTRUKTUR"}
    head.write(actions.end_delegation, delegation_id=delegation_id)
    assert head.read(_ended_on, delegation_id=delegation_id) == day(1), "which day it ended on is not rewritten"


def _ended_on(work: Work, *, delegation_id: uuid.UUID) -> Any:
    found = work.unit.session.get(Delegation, delegation_id)
    assert found is not None
    return found.ended_on


def test_one_that_has_run_out_is_not_ended_again(file_home: TestHome, clock: Clock) -> None:
    head = file_home.enter()
    delegation_id = _delegate(head, head.add("siti", "PETUGAS"), until_day=day(1))
    clock.forward(days=5)
    head.write(actions.end_delegation, delegation_id=delegation_id)
    assert head.read(_ended_on, delegation_id=delegation_id) is None


@pytest.mark.parametrize(
    ("from_day", "until_day"), [(0, 0), (-3, 0), (2, 2), (2, 9), (1, 1), (-9, 9)], ids=lambda offset: f"{offset:+}"
)
def test_only_one_stands_in_on_a_day(file_home: TestHome, from_day: int, until_day: int) -> None:
    head = file_home.enter()
    siti, budi = head.add("siti", "PETUGAS"), head.add("budi", "PETUGAS")
    _delegate(head, siti)
    with pytest.raises(RuleBroken, match="delegation_twice"):
        _delegate(head, budi, from_day=day(from_day), until_day=day(until_day))
    with pytest.raises(RuleBroken, match="delegation_twice"):
        _delegate(head, siti, from_day=day(from_day), until_day=day(until_day))
    _delegate(head, budi, from_day=day(3), until_day=day(4))
    _delegate(head, budi, from_day=day(-4), until_day=day(-1))


def test_the_days_after_an_early_end_are_free_again(file_home: TestHome, clock: Clock) -> None:
    head = file_home.enter()
    siti, budi = head.add("siti", "PETUGAS"), head.add("budi", "PETUGAS")
    wrong = _delegate(head, siti)
    head.write(actions.end_delegation, delegation_id=wrong)
    later = _delegate(head, budi, from_day=day(), until_day=day(5))
    head.write(actions.end_delegation, delegation_id=_delegate(head, siti, from_day=day(6), until_day=day(9)))
    _delegate(head, budi, from_day=day(6), until_day=day(9))
    clock.forward(days=2)
    head.write(actions.end_delegation, delegation_id=later)
    with pytest.raises(RuleBroken, match="delegation_twice"):
        _delegate(head, siti, from_day=day(1), until_day=day(2))
    _delegate(head, siti, from_day=day(2), until_day=day(5))
    found = head.read(queries.standing_in)
    assert found is not None
    assert found.account_id == siti


def test_only_the_head_delegates(file_home: TestHome) -> None:
    head = file_home.enter()
    siti = head.add("siti", "ADMIN", "PEKSOS", "OPERATOR")
    with pytest.raises(NotAllowed):
        _delegate(file_home.enter("siti"), head.actor.id)
    delegation_id = _delegate(head, head.add("budi", "PEKSOS"))
    with pytest.raises(NotAllowed):
        file_home.enter("siti").write(actions.end_delegation, delegation_id=delegation_id)
    with pytest.raises(RuleBroken, match="delegation_self"):
        _delegate(head, head.actor.id, from_day=day(5), until_day=day(6))
    with pytest.raises(NotFound):
        _delegate(head, uuid.uuid4(), from_day=day(5), until_day=day(6))
    head.write(actions.remove_account, account_id=siti)
    with pytest.raises(NotFound):
        _delegate(head, siti, from_day=day(5), until_day=day(6))


def test_who_is_shut_out_does_not_stand_in(file_home: TestHome) -> None:
    head = file_home.enter()
    siti = head.add("siti", "PETUGAS")
    seat = file_home.enter("siti")
    _delegate(head, siti)
    head.write(actions.disable_account, account_id=siti)
    assert seat.read(_roles) == set()
    assert head.read(queries.standing_in) is None
    head.write(actions.enable_account, account_id=siti)
    assert "KEPALA" in seat.read(_roles)


def test_a_delegate_is_no_last_head(file_home: TestHome) -> None:
    """The letter runs out; then somebody must be there who decides."""
    head = file_home.enter()
    siti = head.add("siti", "ADMIN")
    _delegate(head, siti)
    with pytest.raises(RuleBroken, match="last_of_role"):
        file_home.enter("siti").write(actions.disable_account, account_id=head.actor.id)


def test_a_letter_without_its_order_of_days_is_refused_by_the_store_too(file_home: TestHome) -> None:
    head = file_home.enter()
    siti = head.add("siti", "PETUGAS")
    backwards = delegation(head.actor.id, siti, until_day=day(-1))
    with pytest.raises(IntegrityError):
        head.write(keep, rows=[backwards])
