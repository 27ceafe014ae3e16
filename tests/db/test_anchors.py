"""The head file: one head in it is always whole and genuine, none goes back, and it is never in the way of a save."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.anchors import Anchor
from db.audit import START, Head
from db.check import check_file
from db.files import StoreFolder
from db.verify import Wrong
from shelter.codelists import actions as codelist_actions
from shelter.home import queries as home_queries
from shelter.staff import actions, queries
from tests.stores import Seat, TestHome

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
SLOT = 256
RECORD = 8 + 32 + 27 + 16 + 32


def _head(seq: int, history: int = 1) -> Head:
    return Head(seq, bytes([history]) * 32, f"2026-11-21T03:00:{seq % 60:02}.000000Z")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a head file would be."""
    return tmp_path / "teduh.head"


def _written(path: Path, *seqs: int, key: bytes = KEY) -> None:
    anchor = Anchor(path, key)
    for seq in seqs:
        anchor.write(_head(seq))
    anchor.close()


def _read(path: Path, key: bytes = KEY) -> int:
    return Anchor(path, key).read().seq


def test_the_newest_head_reads_back_as_it_was_written(path: Path) -> None:
    assert Anchor(path, KEY).read() == START
    for seq in (1, 2, 3, 10, 11, 2**40):
        _written(path, seq)
        assert Anchor(path, KEY).read() == _head(seq)
    assert path.stat().st_size == 2 * SLOT


@settings(deadline=None)
@given(
    steps=st.lists(st.integers(1, 6), min_size=2, max_size=8),
    garbage=st.binary(max_size=RECORD - 1),
    partly=st.booleans(),
)
def test_a_torn_write_leaves_the_head_before_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], garbage: bytes, partly: bool
) -> None:
    # A save chains as many entries as it has changes, so heads go up by ones, twos, any number.
    path = tmp_path_factory.mktemp("head") / "teduh.head"
    seqs = [sum(steps[: n + 1]) for n in range(len(steps))]
    _written(path, *seqs[:-1])
    before = path.read_bytes()
    _written(path, seqs[-1])
    after = path.read_bytes()
    at = next(n for n in (0, SLOT) if before[n : n + SLOT] != after[n : n + SLOT])
    # The first letters are the new ones and the rest is as it was; or what should be new is anything.
    reached = at + len(garbage)
    torn = after[:reached] + before[reached:] if partly else after[:at] + garbage + after[reached:]
    path.write_bytes(torn)
    assert _read(path) == (seqs[-1] if torn[at : at + RECORD] == after[at : at + RECORD] else seqs[-2])


@settings(deadline=None)
@given(st.data())
def test_one_garbled_slot_leaves_the_other_and_two_leave_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("head") / "teduh.head"
    _written(path, 7, 8)
    content = path.read_bytes()
    marks = [data.draw(st.integers(0, RECORD - 1)), SLOT + data.draw(st.integers(0, RECORD - 1))]
    flipped = [
        content[:at] + bytes([content[at] ^ 1 << data.draw(st.integers(0, 7))]) + content[at + 1 :] for at in marks
    ]
    seen = []
    for damaged in flipped:
        path.write_bytes(damaged)
        seen.append(_read(path))
    assert sorted(seen) == [7, 8]
    path.write_bytes(flipped[0][:SLOT] + flipped[1][SLOT:])
    assert Anchor(path, KEY).read() == START


@settings(deadline=None)
@given(st.binary(max_size=3 * SLOT))
def test_any_other_content_is_no_head_and_is_written_over(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("head") / "teduh.head"
    path.write_bytes(content)
    assert Anchor(path, KEY).read() == START
    _written(path, 1, 2)
    assert _read(path) == 2


def test_a_forged_head_counts_for_nothing_and_is_written_over_first(path: Path) -> None:
    _written(path, 900, key=OTHER_KEY)
    forged = path.read_bytes()[:SLOT]
    path.unlink()
    _written(path, 5)
    path.write_bytes(path.read_bytes()[:SLOT] + forged)
    assert (_read(path), _read(path, OTHER_KEY)) == (5, 900)
    _written(path, 6)
    assert (_read(path), _read(path, OTHER_KEY)) == (6, 0)
    # Nor is a genuine record that was edited.
    content = path.read_bytes()
    path.write_bytes(content.replace(b"2026-11-21", b"2027-11-21"))
    assert Anchor(path, KEY).read() == START


def test_a_head_never_goes_back(path: Path) -> None:
    anchor = Anchor(path, KEY)
    for seq in (9, 10):
        anchor.write(_head(seq))
    before = path.read_bytes()
    for seq in (10, 9, 1):
        anchor.write(_head(seq, history=2))
    anchor.close()
    assert path.read_bytes() == before
    # Nor after a restart, which is when an old copy would be put back.
    _written(path, 3, 4, 10)
    assert path.read_bytes() == before
    _written(path, 11)
    assert _read(path) == 11


def test_of_two_programs_neither_puts_the_other_back(path: Path) -> None:
    slow, fast = Anchor(path, KEY), Anchor(path, KEY)
    slow.write(_head(1))
    for seq in (2, 4, 6):
        fast.write(_head(seq))
    # Its save was committed first, and noted last.
    slow.write(_head(3))
    slow.write(_head(5))
    assert _read(path) == 6
    slow.close()
    fast.close()


def test_renewing_goes_back_on_purpose_and_leaves_nothing_of_before(path: Path) -> None:
    _written(path, 90, 91)
    anchor = Anchor(path, KEY)
    anchor.renew(_head(40, history=2), "restored")
    assert anchor.read() == _head(40, history=2)
    assert b"restored" in path.read_bytes()
    anchor.write(_head(41, history=2))
    anchor.close()
    assert Anchor(path, KEY).read() == _head(41, history=2)
    _written(path, 42)
    assert _read(path) == 42


def test_going_on_under_another_key_starts_anew(path: Path) -> None:
    anchor = Anchor(path, KEY)
    anchor.write(_head(8))
    anchor.rekey(OTHER_KEY)
    assert anchor.read() == START
    anchor.renew(_head(9), "rotated")
    anchor.write(_head(10))
    anchor.close()
    assert (_read(path), _read(path, OTHER_KEY)) == (0, 10)


def test_two_programs_go_on_after_one_has_renewed(path: Path) -> None:
    one, other = Anchor(path, KEY), Anchor(path, KEY)
    one.write(_head(3))
    other.write(_head(4))
    one.renew(_head(2, history=2), "restored")
    other.write(_head(5))
    assert _read(path) == 5
    one.close()
    other.close()


# --- a head file that cannot be written


@pytest.mark.parametrize("step", ["open", "lseek", "read", "write"])
def test_a_disk_that_refuses_is_no_trouble_and_is_tried_again(path: Path, step: str) -> None:
    _written(path, 1, 2)
    anchor = Anchor(path, KEY)

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, step, refuse)
        anchor.write(_head(3))
        anchor.write(_head(4))
        anchor.renew(_head(4), "rotated")
    assert _read(path) in (2, 0)
    anchor.write(_head(5))
    anchor.close()
    assert _read(path) == 5


def test_a_place_that_is_no_file_is_no_trouble(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "gone" / "teduh.head"):
        anchor = Anchor(place, KEY)
        assert anchor.read() == START
        anchor.write(_head(1))
        anchor.renew(_head(1), "rotated")
        anchor.close()


def test_a_head_file_is_for_its_owner_alone_and_is_let_go_of(path: Path) -> None:
    anchor = Anchor(path, KEY)
    anchor.write(_head(1))
    descriptor = anchor._descriptor
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    anchor.close()
    with pytest.raises(OSError, match=r"[Bb]ad file descriptor"):
        os.fstat(descriptor)
    anchor.close()


# --- beside a home


def _behind(home: TestHome) -> Wrong | None:
    finding = home.enter().store.behind_anchor()
    return None if finding is None else finding.wrong


def _save(seat: Seat, code: str) -> None:
    entry = {"list_name": "user_role", "code": code, "label_id": code}
    seat.write(codelist_actions.add_entry, **entry)


def test_each_save_moves_the_head_file_and_a_read_does_not(file_home: TestHome) -> None:
    seat = file_home.enter()
    before = seat.store.anchor.read()
    seat.read(home_queries.identity)
    assert seat.store.anchor.read() == before
    _save(seat, "SATU")
    assert seat.store.anchor.read() == seat.store.head() > before
    assert _behind(file_home) is None


def test_a_save_is_safe_when_the_head_file_cannot_be_written(file_home: TestHome) -> None:
    seat = file_home.enter()
    before = seat.store.anchor.read()

    seat.store.anchor.close()
    real = os.open

    def refuse(path: Any, *rest: Any) -> int:
        if path == seat.store.anchor.path:
            raise OSError(errno.EROFS, "read-only")
        return real(path, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", refuse)
        siti = seat.add("siti", "PETUGAS")
    assert [row.login for row in seat.read(queries.accounts)] == ["kepala", "siti"]
    assert seat.store.anchor.read() == before
    # Lagging is no alarm, and the next save catches up.
    assert _behind(file_home) is None
    seat.write(actions.disable_account, account_id=siti)
    assert seat.store.anchor.read() == seat.store.head()


def test_an_old_copy_put_back_is_told_also_after_it_was_written_to(file_home: TestHome) -> None:
    folder = StoreFolder(file_home.folder)
    file_home.enter().store.close()
    old = folder.database.read_bytes()
    seat = file_home.enter()
    for code in ("SATU", "DUA", "TIGA"):
        _save(seat, code)
    file_home.close()
    folder.database.write_bytes(old)
    assert _behind(file_home) is Wrong.ROLLED_BACK
    seat = file_home.enter()
    _save(seat, "EMPAT")
    assert _behind(file_home) is Wrong.ROLLED_BACK
    findings = check_file(seat.store, folder, full=False).findings
    assert [finding.wrong for finding in findings] == [Wrong.ROLLED_BACK]


def test_another_history_of_the_same_length_is_told(file_home: TestHome) -> None:
    folder = StoreFolder(file_home.folder)
    file_home.enter().store.close()
    old = folder.database.read_bytes()
    _save(file_home.enter(), "SATU")
    file_home.close()
    folder.database.write_bytes(old)
    _save(file_home.enter(), "LAIN")
    assert _behind(file_home) is Wrong.OTHER_HISTORY
