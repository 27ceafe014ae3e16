"""Many rows at once: ``add_many`` with its audit entries against the driver's own ``executemany`` of the same rows."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from db.types import uuid7
from shelter.codelists.records import CodeEntry
from shelter.work import Work
from tests.benchmarks.conftest import Race
from tests.benchmarks.raw import Raw, lent
from tests.stores import Seat

pytestmark = pytest.mark.benchmark

_COLUMNS = "id, list_name, code, label_id, label_en, note, position, active, own, locked, version"
_INSERT = f"INSERT INTO code_entry ({_COLUMNS}) VALUES ({', '.join('?' * 11)})"


def _codes() -> Iterator[str]:
    """Codes that no list has yet."""
    return (f"X_{number:09}" for number in itertools.count())


def bare_rows(raw: Raw, codes: Iterator[str], how_many: int) -> list[tuple[Any, ...]]:
    """Rows as the driver takes them, made beforehand: binding and keys are not what is measured."""
    yes, no = (1, 0) if raw.kind == "file" else (True, False)
    return [
        (raw.bound(uuid7()), "uji", code, f"Kata {code}", f"Word {code}", "", place, yes, no, no, 1)
        for place, code in enumerate(itertools.islice(codes, how_many))
    ]


def insert_bare(raw: Raw, rows: list[tuple[Any, ...]]) -> None:
    """One transaction, one ``executemany``."""
    raw.begin()
    raw.run_many(_INSERT, rows)
    raw.commit()


def test_many_rows(head: Seat, race: Race) -> None:
    raw, codes = lent(head), _codes()
    # Several short races tell more than a long one. A server chains its entries in PL/pgSQL, so fewer there.
    rounds, each = (5, 10_000) if raw.kind == "file" else (5, 4_000)
    ready = iter([bare_rows(raw, codes, each) for _ in range(rounds + 1)])

    def ours() -> int:
        rows = [
            {
                "list_name": "uji",
                "code": code,
                "label_id": f"Kata {code}",
                "label_en": f"Word {code}",
                "position": place,
            }
            for place, code in enumerate(itertools.islice(codes, each))
        ]
        return head.write(_add, rows=rows)  # type: ignore[no-any-return]

    def bare() -> None:
        insert_bare(raw, next(ready))

    # docs/security.md names five and a half.
    race.run("add_many, to executemany", ours, bare, alarm=11, rounds=rounds, warm=1, per=each)


def _add(work: Work, *, rows: list[dict[str, Any]]) -> int:
    return work.add_many(CodeEntry, rows)
