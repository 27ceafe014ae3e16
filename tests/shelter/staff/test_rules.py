"""Rules of accounts, roles, delegations and loans, without a store."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.keyring import fold_login
from shelter.faults import RuleBroken
from shelter.rights import Role
from shelter.staff import rules
from shelter.staff.records import Account
from shelter.staff.rules import Span
from tests.factories import day, refusal

ME, OTHER = uuid.uuid4(), uuid.uuid4()
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


# --- names


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [("siti", "siti"), ("  Siti   Aminah ", "Siti Aminah"), ("Sri\tRahayu", "Sri Rahayu"), ("José", "José")],
)
def test_a_sign_in_name_is_kept_tidy(given_name: str, kept: str) -> None:
    assert rules.clean_login(given_name) == kept


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "login_empty"),
        (" \t\n", "login_empty"),
        ("a" * 61, "login_long"),
        ("ﷺ" * 20, "login_long"),
        ("siti\x00", "login_characters"),
        ("siti\u200b", "login_characters"),
        ("\u202esiti", "login_characters"),
    ],
)
def test_an_unfit_sign_in_name_is_refused(name: str, code: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        rules.clean_login(name)
    assert (broken.value.code, broken.value.field) == (code, "login")


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80))
def test_whatever_is_typed_is_kept_or_refused_and_fits_its_columns(name: str) -> None:
    if refusal(lambda: rules.clean_login(name)):
        return
    kept = rules.clean_login(name)
    assert rules.clean_login(kept) == kept
    columns: Any = Account.__table__.c
    assert 0 < len(kept) <= columns.login.type.length
    assert len(fold_login(kept)) <= columns.login_key.type.length


# --- roles


def test_roles_are_named_in_any_hand_and_kept_in_the_order_of_the_house() -> None:
    assert rules.known_roles([" admin", "kepala", "ADMIN", ""]) == (Role.KEPALA, Role.ADMIN)


@pytest.mark.parametrize(
    ("roles", "code"), [([], "role_missing"), (["", " "], "role_missing"), (["KEPALA", "RAJA"], "role_unknown")]
)
def test_no_role_and_an_unknown_role_are_refused(roles: list[str], code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        rules.known_roles(roles)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=20) | st.sampled_from(Role), max_size=6))
def test_whatever_is_asked_for_becomes_roles_or_a_refusal(roles: list[str]) -> None:
    code = refusal(lambda: rules.known_roles(roles))
    assert code in {"", "role_missing", "role_unknown"}
    if not code:
        assert set() < set(rules.known_roles(roles)) <= set(Role)


@pytest.mark.parametrize("role", [Role.KEPALA, Role.ADMIN])
def test_the_last_of_a_governing_role_stays(role: Role) -> None:
    with pytest.raises(RuleBroken, match="last_of_role") as broken:
        rules.must_stay_governable({role: [ME, ME]}, ME)
    assert broken.value.facts == {"role": role.value}
    rules.must_stay_governable({role: [ME, OTHER]}, ME)
    rules.must_stay_governable({role: [OTHER]}, ME)
    rules.must_stay_governable({}, ME)


@pytest.mark.parametrize("role", set(Role) - {Role.KEPALA, Role.ADMIN})
def test_the_last_of_any_other_role_may_go(role: Role) -> None:
    rules.must_stay_governable({role: [ME]}, ME)


# --- days


def _days(span: Span) -> set[date]:
    last = span.until_day if span.until_day is not None else date(2027, 1, 1)
    return {span.from_day + timedelta(days=n) for n in range((last - span.from_day).days + 1)}


@settings(deadline=None, max_examples=300)
@given(DAYS, st.none() | DAYS, DAYS, st.none() | DAYS)
def test_spans_overlap_when_they_share_a_day(a: date, b: date | None, c: date, d: date | None) -> None:
    one, other = Span(a, b), Span(c, d)
    assert one.overlaps(other) is other.overlaps(one) is bool(_days(one) & _days(other))
    assert all(one.covers(each) for each in _days(one))
    assert not one.covers(a - timedelta(days=1))


def test_a_span_ended_before_it_began_holds_no_day() -> None:
    ended = Span(day(), day(-1))
    assert not ended.covers(day())
    assert not ended.overlaps(Span(day(-5), day(5)))


# --- standing in, lending


def _stand_in(
    to_account: uuid.UUID = OTHER,
    span: Span = Span(day(), day(3)),  # noqa: B008 - a frozen value
    title: str = "Plh.",
    letter_number: str = "800/1/2026",
    others: tuple[Span, ...] = (),
) -> None:
    rules.may_stand_in(ME, to_account, span, title=title, letter_number=letter_number, others=others)


def test_somebody_stands_in_by_letter_for_days() -> None:
    _stand_in()
    _stand_in(title="Plt.", span=Span(day(), day()))
    _stand_in(others=(Span(day(-3), day(-1)), Span(day(4), day(9))))


def test_what_no_letter_of_delegation_may_say() -> None:
    assert refusal(lambda: _stand_in(to_account=ME)) == "delegation_self"
    assert refusal(lambda: _stand_in(title="Pjs.")) == "delegation_title"
    assert refusal(lambda: _stand_in(letter_number="  ")) == "delegation_letter"
    assert refusal(lambda: _stand_in(span=Span(day(), day(-1)))) == "span_order"
    assert refusal(lambda: _stand_in(span=Span(day()))) == "span_order"
    assert refusal(lambda: _stand_in(others=(Span(day(3), day(9)),))) == "delegation_twice"


def test_a_case_load_is_lent_to_one_colleague_at_a_time() -> None:
    rules.may_lend(ME, OTHER, Span(day(), day(2)), [Span(day(3), day(5))])
    with pytest.raises(RuleBroken, match="loan_self"):
        rules.may_lend(ME, ME, Span(day(), day(2)), [])
    with pytest.raises(RuleBroken, match="span_order"):
        rules.may_lend(ME, OTHER, Span(day(2), day()), [])
    with pytest.raises(RuleBroken, match="loan_twice"):
        rules.may_lend(ME, OTHER, Span(day(), day(2)), [Span(day(2), day(5))])
