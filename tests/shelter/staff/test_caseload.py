"""A case load lent during leave: to one colleague, from a day to a day."""

import uuid

import pytest

from shelter.faults import NotAllowed, NotFound, RuleBroken
from shelter.staff import actions, queries
from tests.factories import day, keep, loan, wib
from tests.stores import Clock, Seat, TestHome


def _lend(head: Seat, lender: uuid.UUID, borrower: uuid.UUID, first: int = 0, last: int = 2) -> uuid.UUID:
    days = {"from_day": day(first), "until_day": day(last), "reason": " cuti "}
    made: uuid.UUID = head.write(actions.lend_caseload, lender=lender, borrower=borrower, **days)
    return made


def test_a_case_load_is_lent_from_its_first_day_to_its_last(home: TestHome, clock: Clock) -> None:
    head = home.enter()
    rini, siti = head.add("rini", "PEKSOS"), head.add("siti", "PEKSOS")
    seat = home.enter("siti")
    _lend(head, rini, siti, 1, 2)
    for moment, lent in [
        (wib(day(), 23, 59, 59), False),
        (wib(day(1), 0), True),
        (wib(day(2), 23, 59, 59), True),
        (wib(day(3), 0), False),
    ]:
        clock.now = moment
        assert seat.read(queries.borrowed_from) == ([rini] if lent else []), moment
        assert head.read(queries.borrowed_from) == [], "lent to somebody else"


def test_ended_early_it_is_given_back_that_day_and_may_be_lent_again(home: TestHome, clock: Clock) -> None:
    head = home.enter()
    rini, siti, budi = (head.add(name, "PEKSOS") for name in ("rini", "siti", "budi"))
    loan_id = _lend(head, rini, siti, 0, 9)
    clock.forward(days=1)
    head.write(actions.end_loan, loan_id=loan_id)
    assert home.enter("siti").read(queries.borrowed_from) == []
    _lend(head, rini, budi, 1, 9)
    assert home.enter("budi").read(queries.borrowed_from) == [rini]
    clock.forward(days=1)
    head.write(actions.end_loan, loan_id=loan_id)
    with pytest.raises(RuleBroken, match="loan_twice"):
        _lend(head, rini, siti, 0, 0)


def test_it_is_lent_to_one_colleague_at_a_time(file_home: TestHome) -> None:
    head = file_home.enter()
    rini, siti, budi = (head.add(name, "PEKSOS") for name in ("rini", "siti", "budi"))
    _lend(head, rini, siti)
    for first, last in [(0, 0), (2, 5), (-2, 0), (-5, 5)]:
        with pytest.raises(RuleBroken, match="loan_twice"):
            _lend(head, rini, budi, first, last)
    _lend(head, rini, budi, 3, 4)
    _lend(head, budi, siti)
    assert set(file_home.enter("siti").read(queries.borrowed_from)) == {rini, budi}


def test_a_loan_withdrawn_before_it_began_leaves_its_days_free(file_home: TestHome) -> None:
    head = file_home.enter()
    rini, siti = head.add("rini", "PEKSOS"), head.add("siti", "PEKSOS")
    head.write(actions.end_loan, loan_id=_lend(head, rini, siti, 3, 5))
    _lend(head, rini, siti, 3, 5)


def test_only_the_head_lends(file_home: TestHome) -> None:
    head = file_home.enter()
    rini, siti = head.add("rini", "PEKSOS"), head.add("siti", "PEKSOS", "ADMIN", "OPERATOR")
    with pytest.raises(NotAllowed):
        _lend(file_home.enter("siti"), rini, siti)
    loan_id = _lend(head, rini, siti)
    with pytest.raises(NotAllowed):
        file_home.enter("siti").write(actions.end_loan, loan_id=loan_id)


def test_nothing_is_lent_to_oneself_to_strangers_or_to_who_is_gone(file_home: TestHome) -> None:
    head = file_home.enter()
    rini, siti = head.add("rini", "PEKSOS"), head.add("siti", "PEKSOS")
    with pytest.raises(RuleBroken, match="loan_self"):
        _lend(head, rini, rini)
    with pytest.raises(RuleBroken, match="span_order"):
        _lend(head, rini, siti, 2, 1)
    head.write(actions.remove_account, account_id=siti)
    for lender, borrower in [(rini, uuid.uuid4()), (uuid.uuid4(), rini), (rini, siti), (siti, rini)]:
        with pytest.raises(NotFound):
            _lend(head, lender, borrower)


def test_a_trainer_sees_the_loans_to_him_alone(home: TestHome, head: Seat) -> None:
    rini, siti, budi = head.add("rini", "PEKSOS"), head.add("siti", "INSTRUKTUR"), head.add("budi", "PEKSOS")
    head.write(keep, rows=[loan(rini, siti), loan(budi, rini)])
    assert home.enter("siti").read(queries.borrowed_from) == [rini]
    assert home.enter("rini").read(queries.borrowed_from) == [budi]
