"""Wrong passwords cost time: the same for known and unknown names, over restarts, and never more than a minute."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.faults import StoreLocked, WrongPassword
from db.files import StoreFolder
from db.keyring import Kdf
from db.opening import Opening
from db.slots import SlotFile
from db.tries import LONGEST_WAIT, Tries, wait_after
from shelter.work import Work
from tests.stores import HEAD, PASSWORD, Clock, TestHome


@pytest.fixture
def tries(tmp_path: Path, clock: Clock) -> Tries:
    """An empty count."""
    return Tries(tmp_path / "teduh.tries", clock)


def _again(tries: Tries) -> Tries:
    """The same count after a restart."""
    return Tries(tries.path, tries.now)


def test_the_wait_doubles_up_to_a_minute(tries: Tries) -> None:
    assert [tries.wrong("siti") for _ in range(10)] == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert wait_after(0) == wait_after(-3) == 0
    assert wait_after(10**9) == LONGEST_WAIT == 60


def test_the_wait_runs_down_with_the_clock(tries: Tries, clock: Clock) -> None:
    for _ in range(4):
        tries.wrong("siti")
    assert tries.wait("siti") == 8
    clock.forward(seconds=3)
    assert tries.wait("siti") == 5
    clock.forward(seconds=60)
    assert tries.wait("siti") == 0
    assert tries.wrong("siti") == 16


def test_a_restart_forgets_nothing(tries: Tries) -> None:
    for _ in range(5):
        tries.wrong("siti")
    assert _again(tries).wait("siti") == 16
    assert _again(tries).wrong("siti") == 32
    assert tries.wait("siti") == 32


def test_each_name_waits_for_its_own_tries(tries: Tries) -> None:
    for _ in range(3):
        tries.wrong("siti")
    tries.wrong("budi")
    assert (tries.wait("siti"), tries.wait("budi"), tries.wait("tono")) == (4, 1, 0)


def test_the_right_password_ends_the_wait_and_tells_how_many_were_wrong(tries: Tries) -> None:
    for _ in range(3):
        tries.wrong("siti")
    tries.wrong("budi")
    assert tries.right("siti") == 3
    assert (tries.wait("siti"), tries.wait("budi")) == (0, 1)
    assert tries.right("siti") == 0
    assert tries.wrong("siti") == 1


def test_the_right_password_at_once_writes_nothing(tries: Tries) -> None:
    assert tries.right("siti") == 0
    assert not tries.path.exists()


def test_tries_of_a_day_ago_are_forgotten(tries: Tries, clock: Clock) -> None:
    for _ in range(6):
        tries.wrong("siti")
    clock.forward(hours=23, minutes=59)
    assert tries.wrong("siti") == 60
    clock.forward(days=1)
    assert tries.wrong("siti") == 1


@settings(deadline=None)
@given(wrong=st.integers(1, 20), moved=st.timedeltas(timedelta(days=-4000), timedelta(days=4000)))
def test_however_the_clock_is_set_nobody_waits_over_a_minute(
    tmp_path_factory: pytest.TempPathFactory, wrong: int, moved: timedelta
) -> None:
    clock = Clock()
    tries = Tries(tmp_path_factory.mktemp("tries") / "teduh.tries", clock)
    tries._write({"siti": (wrong, clock.now)})
    clock.now += moved
    assert 0 <= tries.wait("siti") <= wait_after(wrong) <= LONGEST_WAIT
    assert tries.wrong("siti") <= LONGEST_WAIT


def test_a_clock_set_back_shortens_no_wait(tries: Tries, clock: Clock) -> None:
    for _ in range(4):
        tries.wrong("siti")
    clock.forward(days=-30)
    assert tries.wait("siti") == 8


moments = st.sampled_from(["2026-11-21T03:00:00.000000Z", "2026-11-21T03:00:00.0000008", "2026-11-21", "", "besok"])
entries = st.one_of(
    st.tuples(st.one_of(st.integers(), st.floats(), st.text(), st.none()), moments).map(list),
    st.lists(st.integers(), max_size=3),
    st.none(),
)


@settings(deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=4).map(
            lambda v: json.dumps(v).encode()
        ),
        st.dictionaries(st.sampled_from(["siti", "budi"]), entries).map(lambda v: json.dumps(v).encode()),
        st.just(b"[" * 100_000),
    )
)
def test_a_damaged_file_means_zero_and_never_a_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    tries = Tries(tmp_path_factory.mktemp("tries") / "teduh.tries", Clock())
    tries.path.write_bytes(content)
    assert 0 <= tries.wait("siti") <= LONGEST_WAIT
    tries.right("siti")
    assert tries.wait("siti") == 0
    assert tries.wrong("siti") == 1
    assert tries.wait("siti") == 1


def test_a_file_that_is_no_file_means_zero(tries: Tries) -> None:
    tries.path.mkdir()
    assert tries.wait("siti") == 0


# --- at the door


class _Door:
    """A home's door that writes down how long it lets people wait."""

    def __init__(self, home: TestHome) -> None:
        self.waited: list[float] = []
        self._way_in = Opening(StoreFolder(home.folder), Work, home.clock, patience=self.waited.append)

    def wrong(self, login: str | None, password: str = "salah sama sekali") -> float:
        """Try a wrong password; the wait that is told."""
        with pytest.raises(WrongPassword) as caught:
            self._way_in.sign_in(login, password)
        return float(caught.value.facts["wait"])  # type: ignore[arg-type]

    def right(self, login: str | None = HEAD) -> int:
        """Come in; how many wrong tries there were before."""
        store = self._way_in.sign_in(login, PASSWORD)
        store.close()
        return store.wrong_tries


def test_wrong_passwords_wait_longer_each_time_and_the_right_one_ends_it(file_home: TestHome) -> None:
    door = _Door(file_home)
    assert [door.wrong(HEAD) for _ in range(4)] == [1, 2, 4, 8]
    assert door.waited == [0, 1, 2, 4]
    file_home.clock.forward(seconds=5)
    # Another program, started anew.
    assert _Door(file_home).right() == 4
    assert door.wrong(HEAD) == 1
    assert door.waited[-1] == 0


def test_the_wait_is_waited_out_before_the_password_is_looked_at(
    file_home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = _Door(file_home)
    door.wrong(HEAD)
    order: list[str] = []
    real = Kdf.derive

    def derive(kdf: Kdf, password: str, salt: bytes) -> bytes:
        order.append("derived")
        return real(kdf, password, salt)

    monkeypatch.setattr(Kdf, "derive", derive)
    way_in = Opening(
        StoreFolder(file_home.folder), Work, file_home.clock, patience=lambda seconds: order.append(f"waited {seconds}")
    )
    way_in.sign_in(HEAD, PASSWORD).close()
    assert order == ["waited 1.0", "derived"]


def test_an_unknown_name_costs_and_waits_the_same_as_a_known_one(
    file_home: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived: list[tuple[Kdf, str]] = []
    real = Kdf.derive

    def derive(kdf: Kdf, password: str, salt: bytes) -> bytes:
        derived.append((kdf, password))
        return real(kdf, password, salt)

    monkeypatch.setattr(Kdf, "derive", derive)
    known, unknown = _Door(file_home), _Door(file_home)
    told = [known.wrong(HEAD) for _ in range(7)]
    paid, derived[:] = list(derived), []
    assert [unknown.wrong("siapa saja") for _ in range(7)] == told == [1, 2, 4, 8, 16, 32, 60]
    assert derived == paid
    assert len(paid) == 7
    assert unknown.waited == known.waited


def test_the_sole_person_may_leave_the_name_out_and_waits_as_with_it(file_home: TestHome) -> None:
    door = _Door(file_home)
    assert [door.wrong(None), door.wrong(HEAD), door.wrong(f"  {HEAD.upper()} ")] == [1, 2, 4]
    assert door.right(None) == 3


def test_of_several_people_one_has_to_say_who_it_is(file_home: TestHome) -> None:
    file_home.enter().add("siti", "PETUGAS")
    with pytest.raises(StoreLocked) as caught:
        _Door(file_home).right(None)
    assert caught.value.facts == {"reason": "which_user"}


def test_bytes_that_are_no_text_are_a_wrong_password_for_any_name(file_home: TestHome) -> None:
    typed = b"\xff\xfe\xfd".decode(errors="surrogateescape")
    door = _Door(file_home)
    assert door.wrong(HEAD, typed) == door.wrong("siapa saja", typed) == door.wrong(typed, PASSWORD) == 1


def test_neither_name_nor_password_stands_in_the_file(file_home: TestHome) -> None:
    door = _Door(file_home)
    door.wrong(HEAD, "hampir benar sekali")
    door.wrong("Siti Rahmawati")
    content = StoreFolder(file_home.folder).tries.read_text(encoding="ascii").casefold()
    for text in (HEAD, "hampir", "siti", "rahmawati", "salah"):
        assert text not in content
    tags = set(json.loads(content))
    assert {slot.tag for slot in SlotFile(StoreFolder(file_home.folder)).read().slots} < tags


def test_the_moment_of_a_wrong_try_is_kept_in_utc(tries: Tries, clock: Clock) -> None:
    tries.wrong("siti")
    (_, at), *_ = json.loads(tries.path.read_bytes()).values()
    assert datetime.fromisoformat(at) == clock.now
    assert datetime.fromisoformat(at).tzinfo == UTC
