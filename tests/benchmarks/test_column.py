"""Reading: a long column and a page of a list through ``Work`` against the driver's own cursor."""

import itertools
from typing import Any

import pytest

from shelter.codelists.records import CodeEntry
from shelter.rights import Permission, needs
from shelter.work import Work
from tests.benchmarks.conftest import Race
from tests.benchmarks.raw import lent
from tests.benchmarks.test_bulk import bare_rows, insert_bare
from tests.stores import Seat

pytestmark = pytest.mark.benchmark

_ROWS = 100_000
_PAGE = 200
_MIDDLE = "X_000050000"


@needs(Permission.HOME_SETTINGS_READ)
def _column(work: Work) -> Any:
    return work.rows(work.visible(CodeEntry, CodeEntry.code))


@needs(Permission.HOME_SETTINGS_READ)
def _page(work: Work) -> Any:
    columns = (CodeEntry.code, CodeEntry.label_id, CodeEntry.label_en, CodeEntry.note, CodeEntry.position)
    statement = work.visible(CodeEntry, *columns).where(CodeEntry.list_name == "uji", CodeEntry.code > _MIDDLE)
    return work.rows(statement.order_by(CodeEntry.code).limit(_PAGE))


@pytest.fixture
def many(head: Seat) -> Seat:
    """A home whose code list has grown long: by the driver, since what is measured is reading."""
    raw = lent(head)
    codes = (f"X_{number:09}" for number in itertools.count())
    insert_bare(raw, bare_rows(raw, codes, _ROWS))
    return head


def test_a_column_and_a_page(many: Seat, race: Race) -> None:
    raw = lent(many)
    columns = "code, label_id, label_en, note, position"
    paged = f"SELECT {columns} FROM code_entry WHERE list_name = ? AND code > ? ORDER BY code LIMIT ?"

    def column() -> Any:
        return raw.ask("SELECT code FROM code_entry")

    def page() -> Any:
        return raw.ask(paged, ("uji", _MIDDLE, _PAGE))

    assert [tuple(row) for row in many.read(_column)] == column()
    assert [tuple(row) for row in many.read(_page)] == page()
    assert len(column()) > _ROWS
    assert len(page()) == _PAGE
    # The goal of a Core select of columns is two and a half times the cursor; a page also loads the actor's roles.
    race.run(f"a column of {_ROWS}", lambda: many.read(_column), column, alarm=5, rounds=15, per=_ROWS)
    race.run(f"a page of {_PAGE}", lambda: many.read(_page), page, alarm=12, rounds=200)
