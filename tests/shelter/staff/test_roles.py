"""Who holds which role, from which day on, and what is left when it ends; each on both stores."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from db.faults import StoreFault
from shelter.codelists import actions as codelist_actions
from shelter.faults import NotAllowed, NotFound, RuleBroken
from shelter.home import queries as home_queries
from shelter.rights import Role
from shelter.staff import actions, queries
from shelter.staff.records import RoleGrant
from shelter.work import Work
from tests.factories import day, grant, keep, told, wib
from tests.stores import Clock, Seat, Server, TestHome


def _roles(seat: Seat, login: str) -> tuple[Role, ...]:
    found: tuple[Role, ...] = seat.read(queries.account_named, login=login).roles
    return found


def _may_add_words(seat: Seat) -> bool:
    """Whether this person may do what an operator may: the right is asked anew in each unit."""
    try:
        seat.write(codelist_actions.fill)
    except NotAllowed:
        return False
    return True


def test_one_person_holds_several_roles_at_once(home: TestHome, head: Seat) -> None:
    account = head.add("siti", "INSTRUKTUR", "OPERATOR")
    assert _roles(head, "siti") == (Role.INSTRUKTUR, Role.OPERATOR)
    seat = home.enter("siti")
    assert len(seat.read(queries.accounts)) == 2, "of two roles the wider scope counts"
    assert _may_add_words(seat)
    head.write(actions.grant_roles, account_id=account, roles=("INSTRUKTUR", "PETUGAS"))
    assert _roles(head, "siti") == (Role.INSTRUKTUR, Role.PETUGAS)
    assert not _may_add_words(seat), "a role that ends, ends in the open session too"
    head.write(actions.grant_roles, account_id=account, roles=("INSTRUKTUR",))
    assert [row.login for row in seat.read(queries.accounts)] == ["siti"]


def test_what_was_held_stays_on_record(home: TestHome, head: Seat, clock: Clock) -> None:
    account = head.add("siti", "OPERATOR")
    clock.forward(days=3)
    head.write(actions.grant_roles, account_id=account, roles=("PETUGAS",))
    clock.forward(days=3)
    head.write(actions.grant_roles, account_id=account, roles=("OPERATOR",))
    kept = head.write(_grants_of, account=account)
    assert kept == [("OPERATOR", day(), day(3)), ("PETUGAS", day(3), day(6)), ("OPERATOR", day(6), None)]
    head.write(actions.grant_roles, account_id=account, roles=("OPERATOR",))
    assert head.write(_grants_of, account=account) == kept, "granting what is held changes nothing"


def _grants_of(work: Work, *, account: uuid.UUID) -> list[tuple[str, Any, Any]]:
    rows = [row for row in work.unit.session.query(RoleGrant) if row.account_id == account]
    return [(row.role, row.from_day, row.ended_at and row.ended_at.date()) for row in sorted(rows, key=lambda r: r.id)]


def test_a_role_counts_from_its_first_day_to_its_last(file_home: TestHome, clock: Clock) -> None:
    head = file_home.enter()
    account = head.add("siti", "INSTRUKTUR")
    head.write(keep, rows=[grant(account, Role.OPERATOR, from_day=day(1), until_day=day(2))])
    seat = file_home.enter("siti")
    for moment, held in [
        (wib(day(), 23, 59, 59), False),
        (wib(day(1), 0, 0, 0), True),
        (wib(day(2), 23, 59, 59), True),
        (wib(day(3), 0, 0, 0), False),
    ]:
        clock.now = moment
        assert _may_add_words(seat) is held, moment
        assert (Role.OPERATOR in _roles(head, "siti")) is held, moment


def test_a_new_role_counts_from_the_day_of_the_house(file_home: TestHome, clock: Clock) -> None:
    """At six in the morning in Pontianak it is still yesterday in UTC."""
    clock.now = wib(day(1), 6, 0)
    head = file_home.enter()
    account = head.add("siti", "OPERATOR")
    assert head.write(_grants_of, account=account) == [("OPERATOR", day(1), None)]


# --- the last head and the last administrator


def _disable(head: Seat, account: uuid.UUID) -> None:
    head.write(actions.disable_account, account_id=account)


def _remove(head: Seat, account: uuid.UUID) -> None:
    head.write(actions.remove_account, account_id=account)


def _demote(head: Seat, account: uuid.UUID) -> None:
    head.write(actions.grant_roles, account_id=account, roles=("PETUGAS",))


@pytest.mark.parametrize("shut_out", [_disable, _remove, _demote], ids=["disabled", "removed", "given other roles"])
def test_the_last_head_stays(file_home: TestHome, shut_out: Callable[[Seat, uuid.UUID], None]) -> None:
    head = file_home.enter()
    head.add("budi", "ADMIN")
    budi = file_home.enter("budi")
    with pytest.raises(RuleBroken, match="last_of_role") as broken:
        shut_out(budi, head.actor.id)
    assert broken.value.facts == {"role": "KEPALA"}
    assert _roles(head, "kepala") == (Role.KEPALA, Role.ADMIN)
    head.add("rini", "KEPALA")
    shut_out(budi, head.actor.id)
    with pytest.raises((NotAllowed, StoreFault)):
        head.add("agus", "PETUGAS")


def test_the_last_administrator_stays(file_home: TestHome) -> None:
    head = file_home.enter()
    with pytest.raises(RuleBroken, match="last_of_role") as broken:
        head.write(actions.grant_roles, account_id=head.actor.id, roles=("KEPALA",))
    assert broken.value.facts == {"role": "ADMIN"}
    budi = head.add("budi", "ADMIN")
    head.write(actions.disable_account, account_id=budi)
    with pytest.raises(RuleBroken, match="last_of_role"):
        head.write(actions.grant_roles, account_id=head.actor.id, roles=("KEPALA",))
    head.write(actions.enable_account, account_id=budi)
    head.write(actions.grant_roles, account_id=head.actor.id, roles=("KEPALA",))
    with pytest.raises(NotAllowed):
        head.write(actions.disable_account, account_id=budi)


def test_nobody_shuts_out_oneself(file_home: TestHome) -> None:
    head = file_home.enter()
    for shut_out in (_disable, _remove):
        with pytest.raises(RuleBroken, match="own_account"):
            shut_out(head, head.actor.id)


# --- disabled, removed


def test_a_disabled_persons_roles_count_for_nothing_in_an_open_session(file_home: TestHome) -> None:
    head = file_home.enter()
    account = head.add("siti", "OPERATOR", "KEPALA")
    seat = file_home.enter("siti")
    assert _may_add_words(seat)
    head.write(actions.disable_account, account_id=account)
    assert not _may_add_words(seat)
    with pytest.raises(NotAllowed):
        seat.read(home_queries.settings)
    head.write(actions.enable_account, account_id=account)
    assert _may_add_words(seat)


@pytest.mark.server
def test_a_disabled_persons_open_session_ends_on_a_server(server_home: TestHome) -> None:
    head = server_home.enter()
    account = head.add("siti", "OPERATOR")
    seat = server_home.enter("siti")
    seat.read(home_queries.settings)
    head.write(actions.disable_account, account_id=account)
    with pytest.raises((NotAllowed, StoreFault)):
        seat.read(home_queries.settings)


@pytest.mark.server
def test_roles_changed_while_shut_out_hold_on_the_server_after_the_return(
    server_home: TestHome, pg_server: Server
) -> None:
    head = server_home.enter()
    account = head.add("siti", "OPERATOR", "INSTRUKTUR")
    head.write(actions.disable_account, account_id=account)
    head.write(actions.grant_roles, account_id=account, roles=("INSTRUKTUR",))
    head.write(actions.enable_account, account_id=account)
    assert server_home.place is not None
    member = (
        "SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid"
        " JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = '{}' ORDER BY 1"
    )
    groups = pg_server.run(member.format(server_home.place.role("siti")))
    assert [name.rpartition("__")[2] for (name,) in groups] == ["all", "instruktur"]
    assert not _may_add_words(server_home.enter("siti"))


def test_a_removed_person_is_given_nothing_more(file_home: TestHome) -> None:
    head = file_home.enter()
    account = head.add("siti", "OPERATOR")
    head.write(actions.remove_account, account_id=account)
    with pytest.raises(NotFound):
        head.write(actions.grant_roles, account_id=account, roles=("ADMIN",))
    for again in (actions.enable_account, actions.disable_account, actions.remove_account):
        with pytest.raises(NotFound):
            head.write(again, account_id=account)
    assert all(ended is not None for _role, _from_day, ended in head.write(_grants_of, account=account))
    assert [row.login for row in head.read(queries.accounts)] == ["kepala"]
    assert [row.login for row in head.read(queries.accounts, with_removed=True)] == ["kepala", "siti"]


# --- one person for two


def _marks(seat: Seat) -> set[str]:
    """The marks on the entries of the last unit that changed a role."""
    entries = told(seat)
    last = max(entry["seq"] for entry in entries if entry["table_name"] == "role_grant")
    at = next(entry["at"] for entry in entries if entry["seq"] == last)
    return {entry["mark"] for entry in entries if entry["at"] == at}


def test_a_role_given_by_the_only_one_who_may_is_marked_alone(home: TestHome, head: Seat, clock: Clock) -> None:
    clock.forward(minutes=1)
    siti = head.add("siti", "PETUGAS")
    assert _marks(head) == {"alone"}
    clock.forward(minutes=1)
    head.write(actions.grant_roles, account_id=siti, roles=("OPERATOR",))
    assert _marks(head) == {"alone"}
    clock.forward(minutes=1)
    budi = head.add("budi", "ADMIN")
    assert _marks(head) == {"alone"}, "who is let in by it was no second"
    clock.forward(minutes=1)
    head.write(actions.grant_roles, account_id=siti, roles=("PETUGAS",))
    assert _marks(head) == {""}, "now there are two who hold the right"
    clock.forward(minutes=1)
    head.write(actions.disable_account, account_id=budi)
    clock.forward(minutes=1)
    head.write(actions.grant_roles, account_id=siti, roles=("OPERATOR",))
    assert _marks(head) == {"alone"}, "who is shut out is no second"
