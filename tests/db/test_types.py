"""Keys that rise, and times that say which moment they are, alike on both stores."""

import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from db import types, upgrade
from db.types import Base, UtcTime, _Uuid7, iso_utc, utc_now, uuid7
from shelter.home.records import HomeIdentity
from tests.stores import Seat

zones = st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(
    lambda apart: timezone(timedelta(minutes=apart // timedelta(minutes=1)))
)
# A day's room at either end, so that every zone's moment has a place in UTC.
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001 - the zone is drawn


class _Time:
    """A clock in nanoseconds that a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, milliseconds: int) -> None:
        self.milliseconds = milliseconds
        monkeypatch.setattr(types, "time", SimpleNamespace(time_ns=lambda: self.milliseconds * 1_000_000))


# --- keys


def test_a_key_is_a_uuid_of_version_7_that_tells_its_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_795_230_000_123
    _Time(monkeypatch, now)
    key = _Uuid7()()
    assert (key.version, key.variant) == (7, uuid.RFC_4122)
    assert key.int >> 80 == now


def test_keys_rise_within_a_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    _Time(monkeypatch, 1_795_230_000_123)
    make = _Uuid7()
    assert _rises([make() for _ in range(5000)])


def _rises(keys: Sequence[uuid.UUID]) -> bool:
    return all(one < other and str(one) < str(other) for one, other in pairwise(keys))


@settings(deadline=None)
@given(st.lists(st.integers(-10_000_000, 10_000_000), min_size=1, max_size=30))
def test_keys_rise_however_the_clock_is_moved(steps: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        time = _Time(patch, 1_795_230_000_123)
        make = _Uuid7()
        keys = [make()]
        for step in steps:
            time.milliseconds += step
            keys += [make(), make()]
    assert _rises(keys)
    assert all((key.version, key.variant) == (7, uuid.RFC_4122) for key in keys)


def test_a_clock_set_back_and_right_again_tells_the_true_time_again(monkeypatch: pytest.MonkeyPatch) -> None:
    time = _Time(monkeypatch, 2_000_000_000_000)
    make = _Uuid7()
    make()
    time.milliseconds = 1_000
    assert make().int >> 80 == 2_000_000_000_000
    time.milliseconds = 2_000_000_000_001
    assert make().int >> 80 == 2_000_000_000_001


def test_keys_of_many_threads_are_all_different_and_rise_in_each(monkeypatch: pytest.MonkeyPatch) -> None:
    _Time(monkeypatch, 1_795_230_000_123)
    make = _Uuid7()
    made: dict[int, list[uuid.UUID]] = {}
    begin = threading.Barrier(8)

    def many(number: int) -> None:
        begin.wait()
        made[number] = [make() for _ in range(2000)]

    threads = [threading.Thread(target=many, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(map(_rises, made.values()))
    assert len({key for keys in made.values() for key in keys}) == 8 * 2000


def test_two_pcs_with_the_same_clock_make_different_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    _Time(monkeypatch, 1_795_230_000_123)
    one, other = _Uuid7(), _Uuid7()
    assert not {one() for _ in range(1000)} & {other() for _ in range(1000)}


def test_the_programs_own_keys_rise() -> None:
    assert _rises([uuid7() for _ in range(1000)])


# --- times


@settings(deadline=None)
@given(moments)
def test_iso_text_is_of_one_width_in_utc_and_leads_back(moment: datetime) -> None:
    text = iso_utc(moment)
    assert len(text) == 27
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment
    assert datetime.fromisoformat(text).tzinfo == UTC


@settings(deadline=None)
@given(moments, moments)
def test_iso_text_sorts_as_time_does(one: datetime, other: datetime) -> None:
    assert (iso_utc(one) < iso_utc(other)) == (one < other)
    assert (iso_utc(one) == iso_utc(other)) == (one == other)


@settings(deadline=None)
@given(moments)
def test_both_stores_keep_the_same_moment(moment: datetime) -> None:
    kind = UtcTime()
    for dialect in (sqlite.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        stored = kind.process_bind_param(moment, dialect)
        back = kind.process_result_value(stored, dialect)
        assert back == moment
        assert back is not None
        assert back.tzinfo == UTC
    assert kind.process_bind_param(moment, sqlite.dialect()) == iso_utc(moment)


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])  # type: ignore[no-untyped-call]
def test_a_time_without_zone_is_refused_and_none_is_none(dialect: Any) -> None:
    kind = UtcTime()
    with pytest.raises(ValueError, match="without zone"):
        kind.process_bind_param(datetime(2026, 11, 21), dialect)  # noqa: DTZ001 - that is the mistake
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None


def test_the_programs_clock_is_utc() -> None:
    before = datetime.now(UTC)
    now = utc_now()
    assert now.tzinfo == UTC
    assert before <= now <= datetime.now(UTC)


def test_every_time_of_every_table_is_of_this_kind() -> None:
    upgrade.load_tables()
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    times = [column for column in columns if "TIME" in str(column.type).upper()]
    assert times
    assert not [f"{column.table}.{column.name}" for column in times if not isinstance(column.type, UtcTime)]


# --- in a store


def test_a_time_comes_back_from_the_store_as_it_went_in(head: Seat) -> None:
    jakarta = datetime(2026, 11, 21, 10, 30, 59, 123456, tzinfo=timezone(timedelta(hours=7)))

    def change(work: Any) -> None:
        work.unit.session.get(HomeIdentity, 1).started_on = jakarta

    head.write(change)
    found = head.read(lambda work: work.unit.session.get(HomeIdentity, 1).started_on)
    assert found == jakarta
    assert found.utcoffset() == timedelta(0)


def test_no_repr_of_a_row_shows_more_than_class_and_key() -> None:
    upgrade.load_tables()
    for mapper in Base.registry.mappers:
        values = {attribute.key: f"rahasia {attribute.key}" for attribute in mapper.column_attrs}
        key = values.pop("id", None)
        row = mapper.class_(**values) if key is None else mapper.class_(id=key, **values)
        assert repr(row) == f"<{mapper.class_.__name__} {key or '?'}>"
        assert str(row) == f"{row}" == repr(row)
