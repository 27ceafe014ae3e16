"""Numbers of papers: each once, in order, without gaps, anew each year; on both stores."""

import threading
import uuid
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from db.faults import Refused, StoreFault
from shelter.faults import NotAllowed, RuleBroken
from shelter.home import actions, queries
from shelter.home.records import NumberIssued
from shelter.home.rules import NumberKind
from shelter.work import Work
from tests.factories import day, wib
from tests.stores import Clock, Seat, TestHome


def _take(seat: Seat, kind: NumberKind = NumberKind.LETTER, on: date = day(), type_code: str = "") -> str:  # noqa: B008
    taken: str = seat.write(actions.take_number, kind=kind, day=on, type_code=type_code)
    return taken


def _texts(seat: Seat, kind: NumberKind = NumberKind.LETTER, year: int = 2026, type_code: str = "") -> list[str]:
    rows = seat.read(queries.numbers, kind=kind, year=year, type_code=type_code)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1)), "no gap, and in order"
    return [row.text for row in rows]


def _take_today(work: Work, *, kind: NumberKind) -> str:
    """As a paper made today takes its number."""
    return actions.take_number(work, kind=kind, day=work.today)


class Torn(Exception):
    """What a test throws where an action might fail."""


def _take_and_fail(work: Work, *, times: int) -> None:
    for _time in range(times):
        actions.take_number(work, kind=NumberKind.LETTER, day=work.today)
    raise Torn


def test_the_first_numbers_of_each_kind_are_those_of_the_handbook(home: TestHome, head: Seat) -> None:
    """documents.md section 0, with the numbers before them given out first."""
    wanted = {
        (NumberKind.REGISTER, ""): (1, "001/RPT/XI/2026"),
        (NumberKind.LETTER, ""): (14, "400.9.3/014/RPT/XI/2026"),
        (NumberKind.MINUTES, ""): (8, "BA.008/RPT/XI/2026"),
        (NumberKind.FORM, "ASM"): (12, "ASM-0012/RPT/2026"),
        (NumberKind.CERTIFICATE, ""): (21, "SERT/021/DINSOS/XI/2026"),
        (NumberKind.REPORT, "TW.IV"): (1, "LAP/TW.IV/RPT/2026"),
        (NumberKind.RESIDENT, ""): (7, "RPT-26-0007"),
    }
    assert {kind for kind, _type in wanted} == set(NumberKind)

    def take_all(work: Work) -> dict[tuple[NumberKind, str], str]:
        last = {}
        for (kind, type_code), (count, _text) in wanted.items():
            for _time in range(count):
                last[kind, type_code] = actions.take_number(work, kind=kind, day=work.today, type_code=type_code)
        return last

    assert head.write(take_all) == {key: text for key, (_count, text) in wanted.items()}
    for (kind, type_code), (count, text) in wanted.items():
        assert len(_texts(head, kind, type_code=type_code)) == count
        assert _texts(head, kind, type_code=type_code)[-1] == text
    rows = head.read(queries.numbers, kind=NumberKind.LETTER, year=2026)
    assert {(row.issued_at, row.cancelled_at, row.cancel_reason) for row in rows} == {(home.clock.now, None, "")}


def test_each_type_and_each_year_is_counted_for_itself(file_home: TestHome) -> None:
    head = file_home.enter()
    assert _take(head, NumberKind.FORM, type_code="ASM") == "ASM-0001/RPT/2026"
    assert _take(head, NumberKind.FORM, type_code="SKR") == "SKR-0001/RPT/2026"
    assert _take(head, NumberKind.FORM, type_code="ASM") == "ASM-0002/RPT/2026"
    assert _take(head, NumberKind.FORM, date(2027, 1, 1), "ASM") == "ASM-0001/RPT/2027"
    assert _take(head, NumberKind.FORM, date(2026, 12, 31), "ASM") == "ASM-0003/RPT/2026"
    assert _take(head) == "400.9.3/001/RPT/XI/2026"
    assert _texts(head, NumberKind.FORM, 2027, "ASM") == ["ASM-0001/RPT/2027"]
    assert _texts(head, NumberKind.FORM, 2026, "SKR") == ["SKR-0001/RPT/2026"]
    assert _texts(head, NumberKind.FORM, 2025, "ASM") == []


def test_counting_begins_anew_on_the_first_of_january_of_the_house(home: TestHome, clock: Clock) -> None:
    """At 23.30 WIB on 31 December it is 16.30 UTC; half an hour past midnight it is still the old year in UTC."""
    head = home.enter()
    clock.now = wib(date(2026, 12, 31), 23, 30)
    assert head.write(_take_today, kind=NumberKind.REGISTER) == "001/RPT/XII/2026"
    assert head.write(_take_today, kind=NumberKind.RESIDENT) == "RPT-26-0001"
    clock.now = wib(date(2027, 1, 1), 0, 30)
    assert clock.now.utctimetuple().tm_year == 2026
    assert head.write(_take_today, kind=NumberKind.REGISTER) == "001/RPT/I/2027"
    assert head.write(_take_today, kind=NumberKind.RESIDENT) == "RPT-27-0001"
    clock.now = wib(date(2027, 1, 1), 7, 30)
    assert head.write(_take_today, kind=NumberKind.REGISTER) == "002/RPT/I/2027"


def test_a_cancelled_number_stays_and_is_never_given_again(home: TestHome, head: Seat, clock: Clock) -> None:
    for _time in range(3):
        _take(head)
    register = head.read(queries.numbers, kind=NumberKind.LETTER, year=2026)
    clock.forward(hours=1)
    for row in register[1:]:
        head.write(actions.cancel_number, number_id=row.id, reason="  salah alamat ")
    after = head.read(queries.numbers, kind=NumberKind.LETTER, year=2026)
    assert [row.text for row in after] == [row.text for row in register]
    assert [(row.cancelled_at, row.cancel_reason) for row in after] == [
        (None, ""),
        (clock.now, "salah alamat"),
        (clock.now, "salah alamat"),
    ]
    assert _take(head) == "400.9.3/004/RPT/XI/2026", "not even the last one"
    with pytest.raises(RuleBroken, match="number_cancelled"):
        head.write(actions.cancel_number, number_id=register[1].id, reason="lagi")
    with pytest.raises(RuleBroken, match="reason_missing"):
        head.write(actions.cancel_number, number_id=register[0].id, reason="  ")


def test_no_number_is_ever_deleted(home: TestHome, head: Seat) -> None:
    _take(head)

    def remove(work: Work, *, number_id: uuid.UUID) -> None:
        work.remove(work.unit.session.get_one(NumberIssued, number_id))
        work.flush()

    (row,) = head.read(queries.numbers, kind=NumberKind.LETTER, year=2026)
    with pytest.raises((IntegrityError, Refused)):
        head.write(remove, number_id=row.id)
    assert _texts(head) == ["400.9.3/001/RPT/XI/2026"]


def test_a_unit_that_fails_leaves_no_gap(home: TestHome, head: Seat) -> None:
    _take(head)
    for times in (1, 3):
        with pytest.raises(Torn):
            head.write(_take_and_fail, times=times)
    assert _take(head) == "400.9.3/002/RPT/XI/2026"
    assert _texts(head) == ["400.9.3/001/RPT/XI/2026", "400.9.3/002/RPT/XI/2026"]


def test_a_pattern_changed_within_the_year_goes_on_counting(file_home: TestHome) -> None:
    head = file_home.enter()
    assert [_take(head), _take(head)] == ["400.9.3/001/RPT/XI/2026", "400.9.3/002/RPT/XI/2026"]
    head.write(actions.change_setting, name="numbering.letter", value="S-{seq}/{MM}/{YYYY}")
    assert _take(head) == "S-3/11/2026"
    head.write(actions.change_setting, name="numbering.letter", value="400.9.3/{seq:03}/RPT/{ROM}/{YYYY}")
    assert _take(head) == "400.9.3/004/RPT/XI/2026"
    assert _texts(head) == [
        "400.9.3/001/RPT/XI/2026",
        "400.9.3/002/RPT/XI/2026",
        "S-3/11/2026",
        "400.9.3/004/RPT/XI/2026",
    ]


def test_patterns_that_would_give_a_number_twice_are_told_of(file_home: TestHome) -> None:
    """Two kinds set to one pattern: the second paper waits until the pattern is mended; nothing is given twice."""
    head = file_home.enter()
    assert _take(head, NumberKind.REGISTER) == "001/RPT/XI/2026"
    head.write(actions.change_setting, name="numbering.letter", value="{seq:03}/RPT/{ROM}/{YYYY}")
    with pytest.raises(RuleBroken, match="number_taken") as broken:
        _take(head, NumberKind.LETTER)
    assert broken.value.facts == {"number": "001/RPT/XI/2026"}
    head.write(actions.change_setting, name="numbering.letter", value="S/{seq:03}/RPT/{ROM}/{YYYY}")
    assert _take(head, NumberKind.LETTER) == "S/001/RPT/XI/2026"
    assert _texts(head) == ["S/001/RPT/XI/2026"]


def test_who_makes_papers_takes_numbers_and_few_cancel_them(file_home: TestHome) -> None:
    head = file_home.enter()
    head.add("siti", "INSTRUKTUR")
    head.add("budi", "OPERATOR")
    siti, budi = file_home.enter("siti"), file_home.enter("budi")
    assert _take(siti, NumberKind.CERTIFICATE) == "SERT/001/DINSOS/XI/2026"
    assert _take(budi, NumberKind.CERTIFICATE) == "SERT/002/DINSOS/XI/2026"
    (first, second) = siti.read(queries.numbers, kind=NumberKind.CERTIFICATE, year=2026)
    with pytest.raises(NotAllowed):
        siti.write(actions.cancel_number, number_id=first.id, reason="rusak")
    budi.write(actions.cancel_number, number_id=second.id, reason="rusak")


def test_people_at_several_desks_share_one_series_without_gap_or_double(home: TestHome) -> None:
    seats = [home.enter() for _desk in range(3)]
    taken: list[str] = []
    troubles: list[BaseException] = []
    together = threading.Barrier(len(seats), timeout=30)

    def work_through(seat: Seat) -> None:
        together.wait()
        for turn in range(8):
            try:
                if turn % 4 == 3:
                    seat.write(_take_and_fail, times=2)
                else:
                    taken.append(_take(seat))
            except Torn:
                continue
            except StoreFault as fault:
                troubles.append(fault)

    threads = [threading.Thread(target=work_through, args=(seat,)) for seat in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert len(set(taken)) == len(taken) == 18
    assert sorted(taken) == _texts(seats[0])


@pytest.mark.server
def test_without_its_turn_taking_the_series_would_collide(
    server_home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What keeps two desks on a server apart is the lock: without it both take the same number, and one save fails."""
    first, second = server_home.enter(), server_home.enter()
    monkeypatch.setattr(Work, "exclusive", lambda _work, _name: None)
    _take(first)
    both_have_read = threading.Barrier(2, timeout=30)
    failed: list[StoreFault] = []
    original: Callable[[Work], None] = Work.flush

    def flush(work: Work) -> None:
        if not getattr(work, "waited", False):
            work.waited = True  # type: ignore[attr-defined]
            both_have_read.wait()
        original(work)

    monkeypatch.setattr(Work, "flush", flush)

    def take(seat: Seat) -> None:
        try:
            _take(seat)
        except StoreFault as fault:
            failed.append(fault)

    threads = [threading.Thread(target=take, args=(seat,)) for seat in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 1
