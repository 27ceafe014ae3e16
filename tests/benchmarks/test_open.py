"""Opening: what the program adds to the bare recipe, once the slow key derivation is done; and turns to a server."""

import functools
from collections.abc import Callable
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from db.keyring import Kdf, Keyring
from db.serverstore import ServerOpening
from db.store import Store
from db.unit import Actor
from shelter.codelists import queries as codelist_queries
from shelter.home import actions as home_actions
from shelter.home.rules import NumberKind
from shelter.work import Work
from tests.benchmarks.conftest import Race
from tests.benchmarks.raw import Raw, connected
from tests.proxy import far
from tests.stores import HEAD, PASSWORD, Seat, TestHome

pytestmark = pytest.mark.benchmark

_ASK = "SELECT count(*) FROM account"


@pytest.fixture
def derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key derivation without its time, which is meant to be long: each password is derived once and remembered."""
    derive = functools.cache(Kdf.derive)

    def remembered(kdf: Kdf, password: str, salt: bytes) -> bytes:
        # A copy (`bytes` of bytes is none), since whoever asked wipes it.
        return bytes(bytearray(derive(kdf, password, salt)))

    monkeypatch.setattr(Kdf, "derive", remembered)


def _bare(seat: Seat) -> Callable[[], Raw]:
    """Connecting by the bare recipe, and asking once."""

    def bare() -> Raw:
        raw = connected(seat)
        raw.ask(_ASK)
        return raw

    return bare


def _asked(store: Store[Work]) -> Store[Work]:
    with store.ground() as connection:
        connection.exec_driver_sql(_ASK).scalar_one()
    return store


def _close(opened: Any) -> None:
    """Close what either side opened."""
    (opened.driver if isinstance(opened, Raw) else opened).close()


def test_opening_with_unlocked_keys(file_home: TestHome, race: Race) -> None:
    seat = file_home.enter()
    held = seat.store.keyring
    opening: Any = file_home.way_in(Work)

    def ours() -> Store[Work]:
        keys = {name: bytearray(key) for name, key in held.keys.items()}
        return _asked(opening.open(Keyring(held.owner, bytearray(held.private), keys)))

    race.run("open with unlocked keys, one SELECT", ours, _bare(seat), alarm=4, rounds=60, after=_close)


def test_signing_in_apart_from_key_derivation(home: TestHome, race: Race, derived_once: None) -> None:
    race.run(
        "sign in without derivation, one SELECT",
        lambda: _asked(home.way_in(Work).sign_in(HEAD, PASSWORD)),
        _bare(home.enter()),
        # On a server SQLAlchemy asks the server about itself first, and the sign-in fetches slot and keys.
        alarm=5 if home.kind == "file" else 14,
        rounds=40,
        after=_close,
    )


@pytest.mark.server
def test_turns_to_a_server(server_home: TestHome, race: Race) -> None:
    assert server_home.place is not None
    with far(server_home.place, delay=0) as (place, proxy):
        opening = ServerOpening[Work](place, Work, server_home.clock, patience=lambda _seconds: None)
        with closing(opening.sign_in(HEAD, PASSWORD)) as store:
            # Without TLS and a password, since the wheel's server trusts its own machine: both are three turns more.
            race.count("turns of signing in", proxy.turns, most=12)
            for name, most, use in _uses(store):
                # The driver prepares what it meets a fifth time, which is a turn of its own.
                for _ in range(8):
                    use()
                begun = proxy.turns
                use()
                race.count(f"turns of {name}", proxy.turns - begun, most=most)


def _uses(store: Store[Work]) -> list[tuple[str, int, Callable[[], object]]]:
    actor = Actor(store.keyring.owner, "pc-uji")
    values = iter(range(1, 61))

    def read_list() -> object:
        return store.read(actor, codelist_queries.entries, list_name="user_role")

    def change_setting() -> None:
        store.write(actor, home_actions.change_setting, name="lock.idle_minutes", value=next(values))

    def take_number() -> str:
        return store.write(actor, home_actions.take_number, kind=NumberKind.LETTER, day=date(2026, 11, 21))

    return [("reading a list", 2, read_list), ("changing a setting", 6, change_setting), ("a number", 10, take_number)]
