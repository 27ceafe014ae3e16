"""Every query of the rooms sends as many statements as it says, however many rows there are, on both stores.

Not counted is the one statement by which each unit of work learns the roles of whoever acts: ``without_roles`` demands
that it is sent, and sent once.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from types import ModuleType
from typing import Any, Final

import pytest

from shelter import codelists, home, staff
from shelter.codelists import queries as codelist_queries
from shelter.home import actions as home_actions
from shelter.home import queries as home_queries
from shelter.home.rules import NumberKind
from shelter.staff import actions as staff_actions
from shelter.staff import queries as staff_queries
from shelter.staff.records import Account, RoleGrant
from shelter.work import Work
from tests.statements import count_statements, without_roles
from tests.stores import HEAD, Seat, TestHome

ROOMS: Final[tuple[ModuleType, ...]] = (codelists, home, staff)
YEAR: Final = 2026

# A query, how it is called, and the statements it may send. A new query gets its line here.
DUE: Final[tuple[tuple[Callable[..., Any], Mapping[str, Any], int], ...]] = (
    (codelist_queries.entries, {"list_name": "user_role"}, 1),
    (codelist_queries.entries, {"list_name": "user_role", "with_hidden": True}, 1),
    (codelist_queries.list_sizes, {}, 1),
    (home_queries.identity, {}, 1),
    (home_queries.letterhead, {"kind": "NETRAL"}, 1),
    (home_queries.settings, {}, 1),
    (home_queries.numbers, {"kind": NumberKind.LETTER, "year": YEAR}, 1),
    (staff_queries.accounts, {}, 2),
    (staff_queries.accounts, {"with_removed": True}, 2),
    (staff_queries.account_named, {"login": HEAD}, 2),
    (staff_queries.standing_in, {}, 1),
    (staff_queries.borrowed_from, {}, 1),
)


def _queries_of(room: ModuleType) -> Iterator[Callable[..., Any]]:
    module = importlib.import_module(room.__name__ + ".queries")
    for value in vars(module).values():
        if hasattr(value, "permission") and value.__module__ == module.__name__:
            yield value


def _fill(head: Seat) -> None:
    """Several rows of everything a list shows."""
    stand_in, lender = head.add("siti", "PEKSOS"), head.add("budi", "PEKSOS", "INSTRUKTUR")
    day = date(YEAR, 11, 21)
    head.write(staff_actions.lend_caseload, lender=lender, borrower=stand_in, from_day=day, until_day=day)
    letter = {"title": "Plh.", "from_day": day, "until_day": day + timedelta(days=3), "letter_number": "800/1"}
    head.write(staff_actions.delegate, to_account=stand_in, **letter)
    for _ in range(3):
        head.write(home_actions.take_number, kind=NumberKind.LETTER, day=day)
    head.write(home_actions.change_setting, name="paper.size", value="F4")


def test_every_query_keeps_to_its_number_of_statements(head: Seat) -> None:
    _fill(head)
    sent: list[tuple[str, int]] = []
    for query, arguments, _ in DUE:
        with count_statements() as statements:
            head.read(query, **arguments)
        sent.append((query.__name__, len(without_roles(statements))))
    assert sent == [(query.__name__, due) for query, _, due in DUE]
    assert len(head.read(staff_queries.accounts)) == 3
    assert len(head.read(home_queries.numbers, kind=NumberKind.LETTER, year=YEAR)) == 3


def test_no_query_of_a_room_is_left_out() -> None:
    counted = {query for query, _, _ in DUE}
    known = {query for room in ROOMS for query in _queries_of(room)}
    assert known == counted


def _asks_for_each(work: Work) -> int:
    """The mistake that the count is there for: one statement, and then one for each row."""
    with work.under(staff_queries.accounts.permission):  # type: ignore[attr-defined]
        ids = [row.id for row in work.rows(work.visible(Account, Account.id))]
        return sum(len(work.rows(work.visible(RoleGrant).where(RoleGrant.account_id == key))) for key in ids)


def test_a_query_that_asks_for_each_row_is_noticed(file_home: TestHome) -> None:
    seat = file_home.enter()
    seat.add("siti", "PEKSOS")
    with count_statements() as statements:
        seat.read(_asks_for_each)
    assert len(without_roles(statements)) == 3


def test_what_is_sent_outside_the_block_is_not_counted(file_home: TestHome) -> None:
    seat = file_home.enter()
    seat.read(home_queries.identity)
    with count_statements() as statements:
        assert not statements
    seat.read(home_queries.identity)
    assert not statements


def test_roles_that_are_never_loaded_are_noticed(file_home: TestHome) -> None:
    seat = file_home.enter()
    with count_statements() as statements:
        seat.read(lambda work: work.unit.connection.exec_driver_sql("SELECT 1").scalar())
    with pytest.raises(AssertionError, match="0 times"):
        without_roles(statements)
