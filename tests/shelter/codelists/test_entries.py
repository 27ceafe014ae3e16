"""The lists as they are kept: filled, added to, hidden, ordered, and locked where the law words them."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from db import filestore
from db.faults import Conflict, Refused, StoreFault
from shelter import language
from shelter.codelists import actions, queries, rules
from shelter.codelists.queries import CodeRow
from shelter.codelists.records import CodeEntry
from shelter.faults import NotAllowed, NotFound, RuleBroken
from shelter.work import Work
from tests.factories import entry, keep, refusal, told
from tests.stores import Seat, Server, TestHome

DATA: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(rules.__file__).parent / "data" / "codelists.json").read_text(encoding="utf-8")
)


def _codes(seat: Seat, list_name: str, **more: bool) -> list[str]:
    return [row.code for row in seat.read(queries.entries, list_name=list_name, **more)]


def _row(seat: Seat, list_name: str, code: str) -> CodeRow:
    rows: list[CodeRow] = seat.read(queries.entries, list_name=list_name, with_hidden=True)
    return next(row for row in rows if row.code == code)


def _stored(work: Work) -> dict[str, list[tuple[str, str, str, str]]]:
    lists: dict[str, list[tuple[str, str, str, str]]] = {}
    for row in work.unit.session.scalars(select(CodeEntry).order_by(CodeEntry.position)):
        assert row.active
        assert not row.own
        assert row.locked is (row.list_name in rules.STATUTORY)
        lists.setdefault(row.list_name, []).append((row.code, row.label_id, row.label_en, row.note))
    return lists


def test_every_shipped_list_is_stored_word_for_word_in_its_order(home: TestHome, head: Seat) -> None:
    stored = head.read(_stored)
    assert stored == {
        name: [(word["code"], word["id"], word["en"], word.get("note", "")) for word in words]
        for name, words in DATA.items()
    }
    assert head.read(queries.list_sizes) == {name: len(words) for name, words in DATA.items()}
    assert _codes(head, "education") == [word["code"] for word in DATA["education"]]
    assert head.read(queries.entries, list_name="nothing_such") == []
    assert head.write(actions.fill) == 0, "filling again adds nothing"


def test_a_word_is_shown_in_the_language_spoken_now(file_home: TestHome) -> None:
    head = file_home.enter()
    father = _row(head, "family_relation", "AYAH")
    assert father.label == "Ayah"
    language.use("en")
    assert father.label == "Father", "the same row, without asking the store again"
    language.use("id")
    assert father.label == "Ayah"


# --- the house's own words


def test_the_house_adds_rewords_hides_and_moves_its_own_words(home: TestHome, head: Seat) -> None:
    entry_id = head.write(actions.add_entry, list_name="aid_type", code="bibit", label_id=" Bibit padi ")
    assert _codes(head, "aid_type") == [*(word["code"] for word in DATA["aid_type"]), "X_BIBIT"]
    kept = _row(head, "aid_type", "X_BIBIT")
    assert (kept.label_id, kept.label_en, kept.own, kept.locked) == ("Bibit padi", "Bibit padi", True, False)
    head.write(actions.relabel_entry, entry_id=entry_id, label_id=" Bibit ", label_en=" Seeds ")
    kept = _row(head, "aid_type", "X_BIBIT")
    assert (kept.label_id, kept.label_en) == ("Bibit", "Seeds")
    head.write(actions.move_entry, entry_id=entry_id, position=0)
    assert _codes(head, "aid_type")[0] == "X_BIBIT"
    head.write(actions.show_entry, entry_id=entry_id, active=False)
    assert "X_BIBIT" not in _codes(head, "aid_type")
    assert "X_BIBIT" in _codes(head, "aid_type", with_hidden=True), "hidden, never deleted"
    with pytest.raises(RuleBroken, match="code_taken"):
        head.write(actions.add_entry, list_name="aid_type", code="X_Bibit", label_id="Bibit lagi")
    assert head.write(actions.fill) == 0


@pytest.mark.parametrize("label", ["", "   "])
def test_a_word_is_never_reworded_to_nothing(file_home: TestHome, label: str) -> None:
    head = file_home.enter()
    entry_id = head.write(actions.add_entry, list_name="aid_type", code="BIBIT", label_id="Bibit", label_en="Seeds")
    with pytest.raises(RuleBroken, match="label_empty"):
        head.write(actions.relabel_entry, entry_id=entry_id, label_id=label, label_en="Seeds")
    assert _row(head, "aid_type", "X_BIBIT").label_id == "Bibit"


def test_what_the_house_hid_or_moved_stays_so_when_lists_are_filled_again(file_home: TestHome) -> None:
    head = file_home.enter()
    first, second = DATA["shift"][0]["code"], DATA["shift"][1]["code"]
    head.write(actions.show_entry, entry_id=_row(head, "shift", first).id, active=False)
    head.write(actions.move_entry, entry_id=_row(head, "shift", second).id, position=99)
    before = head.read(queries.entries, list_name="shift", with_hidden=True)
    assert head.write(actions.fill) == 0
    assert head.read(queries.entries, list_name="shift", with_hidden=True) == before
    assert first not in _codes(head, "shift")
    assert _codes(head, "shift")[-1] == second
    head.write(actions.show_entry, entry_id=_row(head, "shift", first).id, active=True)
    assert first in _codes(head, "shift")


def test_a_new_word_of_a_newer_program_is_filled_in_beside_the_houses_own(
    file_home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = file_home.enter()
    head.write(actions.add_entry, list_name="shift", code="SORE_MALAM", label_id="Sore sampai malam")
    newer = rules.Shipped("shift", "SUBUH", "Subuh", "Dawn", "", 4)
    words = (*rules.shipped(), newer)
    monkeypatch.setattr(rules, "shipped", lambda: words)
    assert head.write(actions.fill) == 1
    assert head.write(actions.fill) == 0
    assert {"SUBUH", "X_SORE_MALAM"} < set(_codes(head, "shift"))


def test_who_only_reads_lists_changes_none(file_home: TestHome) -> None:
    head = file_home.enter()
    head.add("siti", "PEKSOS", "PSIKOLOG", "PETUGAS", "PERAWAT", "AUDITOR")
    seat = file_home.enter("siti")
    assert _codes(seat, "shift") == [word["code"] for word in DATA["shift"]]
    entry_id = _row(seat, "shift", "PAGI").id
    attempts: list[Callable[[], object]] = [
        lambda: seat.write(actions.add_entry, list_name="shift", code="A", label_id="A"),
        lambda: seat.write(actions.show_entry, entry_id=entry_id, active=False),
        lambda: seat.write(actions.move_entry, entry_id=entry_id, position=9),
        lambda: seat.write(actions.relabel_entry, entry_id=entry_id, label_id="A", label_en="A"),
        lambda: seat.write(actions.fill),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    with pytest.raises(NotFound):
        head.write(actions.show_entry, entry_id=uuid.uuid4(), active=False)


def test_a_change_is_in_the_audit(file_home: TestHome) -> None:
    head = file_home.enter()
    entry_id = head.write(actions.add_entry, list_name="shift", code="A", label_id="A")
    head.write(actions.show_entry, entry_id=entry_id, active=False)
    mine = [entry["action"] for entry in told(head) if entry["row_key"] == str(entry_id)]
    assert mine == ["insert", "update"]


# --- what the law words


def _locked_word(seat: Seat) -> CodeRow:
    row: CodeRow = seat.read(queries.entries, list_name="tppo_cara")[0]
    return row


def _reworded(row: CodeEntry) -> None:
    row.label_id = "Bukan kata undang-undang"


def _hidden(row: CodeEntry) -> None:
    row.active = False


def _moved(row: CodeEntry) -> None:
    row.position = 99


def _unlocked(row: CodeEntry) -> None:
    row.locked = False


def past_the_rule(work: Work, *, entry_id: uuid.UUID, change: Callable[[CodeEntry], None]) -> None:
    """Change a row in the session itself, as a mistaken action might."""
    row = work.unit.session.get(CodeEntry, entry_id)
    assert row is not None
    change(row)
    work.unit.session.flush()


def removal(work: Work, *, entry_id: uuid.UUID) -> None:
    """Delete a row in the session itself."""
    work.remove(work.unit.session.get_one(CodeEntry, entry_id))
    work.unit.session.flush()


def test_what_the_law_words_is_refused_by_the_rule(home: TestHome, head: Seat) -> None:
    word = _locked_word(head)
    attempts: list[Callable[[], object]] = [
        lambda: head.write(actions.add_entry, list_name="tppo_cara", code="A", label_id="A"),
        lambda: head.write(actions.relabel_entry, entry_id=word.id, label_id="A", label_en="A"),
        lambda: head.write(actions.show_entry, entry_id=word.id, active=False),
        lambda: head.write(actions.move_entry, entry_id=word.id, position=9),
    ]
    assert [refusal(attempt) for attempt in attempts] == ["list_locked"] * 4
    assert _locked_word(head) == word


def test_what_the_law_words_is_refused_by_the_store_itself(home: TestHome, head: Seat) -> None:
    """A trigger in the file; on a server, row security hides locked rows from every change and lets none be added."""
    word = _locked_word(head)
    entries = len(told(head))
    for change in (_reworded, _hidden, _moved, _unlocked):
        with pytest.raises((IntegrityError, Conflict, Refused)):
            head.write(past_the_rule, entry_id=word.id, change=change)
    for added in (entry(list_name="tppo_cara"), entry(list_name="tppo_cara", own=False), entry(locked=True)):
        with pytest.raises((IntegrityError, Refused)):
            head.write(keep, rows=[added])
    if home.kind == "server":
        with pytest.raises(Refused):
            head.write(keep, rows=[entry(list_name="tppo_cara", own=False, locked=True)])
    assert _locked_word(head) == word
    assert len(told(head)) == entries, "and nothing is chained of what did not happen"


def test_no_word_is_ever_deleted(home: TestHome, head: Seat) -> None:
    own = head.write(actions.add_entry, list_name="shift", code="A", label_id="A")
    for entry_id in (own, _row(head, "shift", "PAGI").id, _locked_word(head).id):
        with pytest.raises((IntegrityError, StoreFault)):
            head.write(removal, entry_id=entry_id)
    assert _codes(head, "shift")[-1] == "X_A"


def test_a_file_without_its_trigger_would_let_the_change_pass(file_home: TestHome) -> None:
    head = file_home.enter()
    word = _locked_word(head)
    key = bytes(bytearray(head.store.keyring.newest("database")[1]))  # a copy: closing overwrites what was handed out
    file_home.close()
    engine = filestore.engine_for(file_home.folder / "teduh.db", lambda: key, guarded=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER code_entry_locked")
    engine.dispose()
    head = file_home.enter()
    head.write(past_the_rule, entry_id=word.id, change=_reworded)
    assert _locked_word(head).label_id == "Bukan kata undang-undang"


@pytest.mark.server
def test_a_server_without_row_security_would_let_the_change_pass(server_home: TestHome, pg_server: Server) -> None:
    head = server_home.enter()
    word = _locked_word(head)
    assert server_home.owner is not None
    engine = server_home.owner.engine(pooled=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE code_entry DISABLE ROW LEVEL SECURITY")
    engine.dispose()
    head.write(past_the_rule, entry_id=word.id, change=_reworded)
    assert _locked_word(head).label_id == "Bukan kata undang-undang"
