"""A unit of work: every changed row leaves a draft with its whole image, and nothing passes by."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    Engine,
    Integer,
    LargeBinary,
    StaticPool,
    String,
    Uuid,
    create_engine,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from db import upgrade
from db.audit import EXEMPT, Action, Draft, Head, Origin, image_of
from db.records import KeyRecovery, Sealed
from db.types import Base, UtcTime
from db.unit import Actor, Unit, UnitSession, _filler
from shelter.codelists.records import CodeEntry
from shelter.home.records import SettingValue
from shelter.staff.records import Account, RoleGrant
from tests.statements import count_statements

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ACTOR = Actor(uuid.UUID(int=1), "pc-uji")
SECRET = "Dayang Nurhaliza"  # what no text of ours may quote


class _Chain:
    """A chain that only remembers what it was given."""

    early = False
    keys: Any = None

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.origins: list[Origin] = []

    def append(self, _connection: Connection, drafts: Any, origin: Origin) -> Head:
        self.drafts += drafts
        self.origins.append(origin)
        return Head(len(self.drafts), bytes(32), "")

    def head(self, _connection: Connection) -> Head:
        raise NotImplementedError

    def hash_at(self, _connection: Connection, _seq: int) -> bytes | None:
        raise NotImplementedError

    def erase(self, _connection: Connection, subject: str) -> None:
        raise NotImplementedError(subject)

    def rewrap(self, _connection: Connection) -> None:
        raise NotImplementedError


def _engine() -> Engine:
    """An empty database in memory with every table: what a unit leaves behind does not depend on the store."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    upgrade.load_tables().metadata.create_all(engine)
    return engine


def _unit(session: UnitSession, *, writing: bool = True) -> Unit:
    unit = Unit(session, ACTOR, NOW, _Chain(), writing)
    session.info["unit"] = unit
    return unit


@pytest.fixture
def unit() -> Iterator[Unit]:
    """A writing unit on an empty database in memory."""
    engine = _engine()
    with UnitSession(engine, expire_on_commit=False) as session:
        yield _unit(session)
    engine.dispose()


def _entry(code: str = "X_UJI", **more: Any) -> CodeEntry:
    return CodeEntry(list_name="user_role", code=code, label_id="Uji", label_en="Test", position=1, **more)


def _image(draft: Draft) -> Any:
    return json.loads(image_of(draft.values))["v"]


# --- drafts


def test_an_added_row_leaves_its_whole_image_defaults_included(unit: Unit) -> None:
    unit.session.add(_entry())
    unit.session.flush()
    (draft,) = unit.drafts
    assert (draft.action, draft.table, draft.subject) == (Action.INSERT, "code_entry", "")
    (row,) = unit.session.execute(select(CodeEntry.__table__)).mappings()
    assert draft.row == str(row["id"])
    assert image_of(draft.values) == image_of(dict(row))
    assert _image(draft)["version"] == 1
    assert _image(draft)["active"] is True


def test_a_changed_row_leaves_its_whole_image_under_its_next_version(unit: Unit) -> None:
    row = _entry()
    unit.session.add(row)
    unit.session.flush()
    unit.drafts.clear()
    row.label_id = "Lain"
    unit.session.flush()
    (draft,) = unit.drafts
    (stored,) = unit.session.execute(select(CodeEntry.__table__)).mappings()
    assert draft.action is Action.UPDATE
    assert image_of(draft.values) == image_of(dict(stored))
    assert (_image(draft)["label_id"], _image(draft)["version"]) == ("Lain", 2)


def test_the_image_is_whole_although_the_row_was_loaded_in_part(unit: Unit) -> None:
    row = _entry(note="catatan")
    unit.session.add(row)
    unit.session.flush()
    unit.drafts.clear()
    unit.session.expire(row, ["note", "position"])
    row.label_id = "Lain"
    unit.session.flush()
    (stored,) = unit.session.execute(select(CodeEntry.__table__)).mappings()
    assert image_of(unit.drafts[0].values) == image_of(dict(stored))


def test_a_removed_row_leaves_its_key_and_no_image(unit: Unit) -> None:
    row = SettingValue(name="paper.size", value='"F4"')
    unit.session.add(row)
    unit.session.flush()
    unit.drafts.clear()
    unit.session.delete(row)
    unit.session.flush()
    assert unit.drafts == [Draft(Action.DELETE, "setting_value", "paper.size")]


def test_a_row_that_was_only_touched_leaves_nothing(unit: Unit) -> None:
    row = _entry()
    unit.session.add(row)
    unit.session.flush()
    unit.drafts.clear()
    unit.touched.clear()
    row.label_id = "Lain"
    row.label_id = "Uji"
    unit.session.flush()
    assert (unit.drafts, unit.touched) == ([], set())


def test_a_row_about_a_person_names_her_as_its_subject(unit: Unit) -> None:
    account = Account(login="siti", display_name="Siti")
    unit.session.add(account)
    unit.session.flush()
    unit.session.add(RoleGrant(account_id=account.id, role="PETUGAS", from_day=NOW.date(), granted_by=ACTOR.id))
    unit.session.flush()
    assert [(draft.table, draft.subject) for draft in unit.drafts] == [
        ("account", str(account.id)),
        ("role_grant", str(account.id)),
    ]


def test_the_grounds_own_tables_are_told_as_touched_but_not_audited(unit: Unit) -> None:
    unit.session.add(KeyRecovery(owner="x", public=b""))
    unit.session.add(Sealed(owner_table="t", owner_id="1", field="f", key_id="k", nonce=b"", bytes=b""))
    unit.session.flush()
    assert unit.touched == {"key_recovery", "sealed"} <= EXEMPT
    assert unit.drafts == []


def test_several_flushes_are_chained_at_once_in_their_order(unit: Unit) -> None:
    chain: Any = unit.backend
    assert unit.chain() is None
    unit.mark = "alone"
    for code in ("X_A", "X_B"):
        unit.session.add(_entry(code))
        unit.session.flush()
    unit.note(Draft(Action.PRINT, "code_entry", "1"))
    assert not chain.origins
    assert unit.chain() == Head(3, bytes(32), "")
    assert [draft.action for draft in chain.drafts] == [Action.INSERT, Action.INSERT, Action.PRINT]
    assert chain.origins == [Origin(ACTOR.id, "pc-uji", NOW, "alone")]
    assert unit.chain() is None


# --- the one bulk door


def test_many_rows_leave_a_draft_each_and_few_statements(unit: Unit) -> None:
    rows = ({"list_name": "l", "code": f"X_{n}", "label_id": "a", "label_en": "b", "position": n} for n in range(4500))
    with count_statements() as statements:
        assert unit.add_many(CodeEntry, rows) == 4500
    assert len(statements) == 3
    assert len(unit.drafts) == 4500
    stored = unit.session.execute(select(CodeEntry.__table__).order_by(CodeEntry.id)).mappings().all()
    assert [str(row["id"]) for row in stored] == [draft.row for draft in unit.drafts]
    assert [image_of(dict(row)) for row in stored] == [image_of(draft.values) for draft in unit.drafts]
    assert unit.touched == {"code_entry"}


def test_no_rows_touch_nothing(unit: Unit) -> None:
    assert unit.add_many(CodeEntry, []) == 0
    assert (unit.drafts, unit.touched) == ([], set())


def test_what_was_added_before_is_chained_before(unit: Unit) -> None:
    unit.session.add(_entry("X_A"))
    unit.add_many(CodeEntry, [{"list_name": "l", "code": "X_B", "label_id": "a", "label_en": "b", "position": 1}])
    assert [_image(draft)["code"] for draft in unit.drafts] == ["X_A", "X_B"]


def test_an_unknown_column_is_refused_before_anything_is_sent(unit: Unit) -> None:
    with count_statements() as statements, pytest.raises(KeyError, match="no column") as caught:
        unit.add_many(CodeEntry, [{"list_name": "l", "kode": SECRET}])
    assert not statements
    assert unit.drafts == []
    assert SECRET not in str(caught.value)


def test_a_column_that_must_be_given_is_not_made_up(unit: Unit) -> None:
    with pytest.raises(SQLAlchemyError):
        unit.add_many(CodeEntry, [{"list_name": "l", "code": "X_A"}])
    assert unit.drafts == []


def _sample(kind: Any) -> Any:
    """A value for a column that must be given one."""
    for types, value in (
        (UtcTime, NOW),
        (Uuid, uuid.UUID(int=5)),
        (Boolean, True),
        (Date, date(2026, 11, 21)),
        (LargeBinary, b"x"),
        (Integer, 1),
        (String, "x"),
    ):
        if isinstance(kind, types):
            return value
    raise AssertionError(f"no sample for {kind!r}")


def _models() -> list[type[Base]]:
    return sorted(upgrade.models(), key=lambda model: model.__name__)


def _needed(model: type[Base]) -> dict[str, Any]:
    columns = [column for column in model.__table__.columns if not column.nullable and column.default is None]
    return {column.key: _sample(column.type) for column in columns if column.key != "version"}


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_both_ways_of_adding_leave_the_same_image(model: type[Base]) -> None:
    given = _needed(model)
    images = []

    def by_entity(unit: Unit) -> None:
        unit.session.add(model(**given))
        unit.session.flush()

    def by_bulk(unit: Unit) -> None:
        unit.add_many(model, [given])

    for add in (by_entity, by_bulk):
        engine = _engine()
        with UnitSession(engine) as session:
            unit = _unit(session)
            add(unit)
            (draft,) = unit.drafts
            (stored,) = session.execute(select(model.__table__)).mappings()
            assert image_of(draft.values) == image_of(dict(stored))
            images.append({key: value for key, value in _image(draft).items() if key in given or key != "id"})
        engine.dispose()
    assert images[0] == images[1]


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_a_bulk_row_has_every_default_a_session_would_give(model: type[Base]) -> None:
    # A default made by a function of its own would be left out by the bulk door without a word.
    filled = _filler(model.__table__)(_needed(model))  # type: ignore[arg-type]
    due = {column.key for column in model.__table__.columns if column.default is not None}
    assert not [key for key in due if filled[key] is None]


# --- what is refused

BULK: Mapping[str, Callable[[UnitSession], Any]] = {
    "update": lambda session: session.execute(update(CodeEntry).values(note="x")),
    "delete": lambda session: session.execute(delete(CodeEntry)),
    "insert": lambda session: session.execute(insert(CodeEntry), [{"code": "x"}]),
    "text": lambda session: session.execute(text("UPDATE code_entry SET note = 'x'")),
    "text that reads": lambda session: session.execute(text("SELECT * FROM code_entry")),
    "table": lambda session: session.execute(update(CodeEntry.__table__).values(note="x")),  # type: ignore[arg-type]
    "scalars": lambda session: session.scalars(insert(CodeEntry).returning(CodeEntry), [{"code": "x"}]),
    "query update": lambda session: session.query(CodeEntry).update({"note": "x"}),
    "query delete": lambda session: session.query(CodeEntry).delete(),
    "save objects": lambda session: session.bulk_save_objects([_entry("X_B")]),
    "insert mappings": lambda session: session.bulk_insert_mappings(CodeEntry, [{"code": "x"}]),
    "update mappings": lambda session: session.bulk_update_mappings(CodeEntry, [{"id": uuid.UUID(int=1)}]),
}


@pytest.mark.parametrize("way", BULK)
def test_a_bulk_statement_is_refused_and_does_nothing(unit: Unit, way: str) -> None:
    unit.session.add(_entry())
    unit.session.flush()
    before = unit.session.execute(select(CodeEntry.__table__)).all()
    with count_statements() as statements, pytest.raises(RuntimeError, match="pass by the audit"):
        BULK[way](unit.session)
    assert not statements
    assert unit.session.execute(select(CodeEntry.__table__)).all() == before
    assert len(unit.drafts) == 1


def _add(unit: Unit) -> None:
    unit.session.add(_entry("X_B"))
    unit.session.flush()


def _add_before_a_query(unit: Unit) -> None:
    unit.session.add(_entry("X_B"))
    unit.session.scalars(select(CodeEntry)).all()


def _change_and_commit(unit: Unit) -> None:
    unit.session.scalars(select(CodeEntry)).one().note = "x"
    unit.session.commit()


def _remove(unit: Unit) -> None:
    unit.session.delete(unit.session.scalars(select(CodeEntry)).one())
    unit.session.flush()


READING: Mapping[str, Callable[[Unit], Any]] = {
    "add": _add,
    "add before a query": _add_before_a_query,
    "change and commit": _change_and_commit,
    "remove": _remove,
    "add many": lambda unit: unit.add_many(CodeEntry, [_needed(CodeEntry)]),
    **{f"bulk {way}": lambda unit, way=way: BULK[way](unit.session) for way in BULK},  # type: ignore[misc]
}


@pytest.mark.parametrize("way", READING)
def test_a_reading_unit_changes_nothing(way: str) -> None:
    engine = _engine()
    with UnitSession(engine) as session:
        _unit(session)
        session.add(_entry())
        session.commit()
    with UnitSession(engine) as session:
        unit = _unit(session, writing=False)
        with count_statements() as statements, pytest.raises(RuntimeError):
            READING[way](unit)
        assert not [statement for statement in statements if not statement.startswith("SELECT")]
        assert unit.drafts == []
    with engine.connect() as connection:
        assert len(connection.execute(select(CodeEntry.__table__)).all()) == 1
    engine.dispose()
