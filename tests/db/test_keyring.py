"""Keys: what is wrapped opens for its owner alone, and nothing weaker than the floor is ever used."""

import itertools
import random
import string
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from argon2.low_level import Type, hash_secret_raw
from hypothesis import given, settings
from hypothesis import strategies as st

from db import keyring
from db.certificates import Certificates
from db.faults import WeakPassword, WrongPassword
from db.keyring import (
    LEAST_LENGTH,
    MIB,
    Credential,
    Kdf,
    Keyring,
    Slot,
    check_new_password,
    fold_login,
    login_tag,
    new_private,
    public_of,
    seal,
    unseal,
    wipe,
)
from db.opening import Founder, NewStore
from db.serverplace import ServerPlace
from db.serversetup import ServerFiles
from tests.stores import PASSWORD

FLOOR = Kdf.floor()
OWNER = uuid.UUID("018f0000-0000-7000-8000-000000000001")
OTHER = uuid.UUID("018f0000-0000-7000-8000-000000000002")


@pytest.fixture(scope="module")
def made() -> tuple[Slot, bytes]:
    """A slot of this module's own, and its private key."""
    return Slot.create(OWNER, "tanda", PASSWORD, FLOOR)


# --- slots


def test_a_slot_opens_with_its_password_alone(made: tuple[Slot, bytes]) -> None:
    slot, private = made
    assert slot.unlock(PASSWORD) == private
    assert public_of(private) == slot.public
    with pytest.raises(WrongPassword):
        slot.unlock(PASSWORD + " ")


def test_a_new_password_keeps_the_key_pair(made: tuple[Slot, bytes]) -> None:
    slot, private = made
    again = Slot.wrap(OWNER, "tanda", private, "perahu kayu di danau", FLOOR)
    assert (again.public, again.unlock("perahu kayu di danau")) == (slot.public, private)
    assert again.salt != slot.salt
    assert again.wrapped != slot.wrapped
    with pytest.raises(WrongPassword):
        again.unlock(PASSWORD)


def test_the_same_password_typed_on_two_keyboards_opens(made: tuple[Slot, bytes]) -> None:
    composed = "p\u00e9rahu kayu di danau"
    slot, private = Slot.create(OWNER, "tanda", composed, FLOOR)
    assert slot.unlock(unicodedata.normalize("NFD", composed)) == private


def _flipped(blob: bytes, at: int) -> bytes:
    return blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]


EDITS: Mapping[str, Callable[[Slot], Slot]] = {
    "owner": lambda slot: replace(slot, owner=OTHER),
    "public": lambda slot: replace(slot, public=_flipped(slot.public, 0)),
    "nonce": lambda slot: replace(slot, wrapped=_flipped(slot.wrapped, 0)),
    "key": lambda slot: replace(slot, wrapped=_flipped(slot.wrapped, 12)),
    "seal": lambda slot: replace(slot, wrapped=_flipped(slot.wrapped, len(slot.wrapped) - 1)),
    "cut": lambda slot: replace(slot, wrapped=slot.wrapped[:20]),
    "empty": lambda slot: replace(slot, wrapped=b""),
    "salt": lambda slot: replace(slot, salt=_flipped(slot.salt, 0)),
    "stronger": lambda slot: replace(slot, kdf=Kdf(3, 19 * MIB, 1)),
    "more memory": lambda slot: replace(slot, kdf=Kdf(2, 20 * MIB, 1)),
    "other lanes": lambda slot: replace(slot, kdf=Kdf(2, 19 * MIB, 2)),
    "fewer passes": lambda slot: replace(slot, kdf=Kdf(1, 19 * MIB, 1)),
    "less memory": lambda slot: replace(slot, kdf=Kdf(2, 19 * MIB - 1, 1)),
    "no lanes": lambda slot: replace(slot, kdf=Kdf(2, 19 * MIB, 0)),
    "lanes below nothing": lambda slot: replace(slot, kdf=Kdf(2, 19 * MIB, -1)),
    "more memory than there is": lambda slot: replace(slot, kdf=Kdf(2, 2**40, 1)),
    "passes without end": lambda slot: replace(slot, kdf=Kdf(2**40, 19 * MIB, 1)),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_moved_weakened_or_edited_slot_does_not_open(made: tuple[Slot, bytes], edit: str) -> None:
    with pytest.raises(WrongPassword):
        EDITS[edit](made[0]).unlock(PASSWORD)


def test_a_weakened_slot_fails_by_its_binding_and_not_only_by_its_key(
    made: tuple[Slot, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Even where the derived key would fit, the parameters are part of what is sealed.
    slot, private = made
    # Kept as text and made anew each time: whoever asked for the key overwrites it.
    key = slot.kdf.derive(PASSWORD, slot.salt).hex()
    monkeypatch.setattr(Kdf, "derive", lambda _self, _password, _salt: bytes.fromhex(key))
    assert slot.unlock("") == private
    for name in ("owner", "public", "stronger", "fewer passes", "less memory", "other lanes"):
        with pytest.raises(WrongPassword):
            EDITS[name](slot).unlock("")


def test_two_peoples_wrapped_keys_cannot_change_places(made: tuple[Slot, bytes]) -> None:
    mine, other = made[0], Slot.create(OTHER, "tanda", PASSWORD, FLOOR)[0]
    swapped = replace(mine, public=other.public, salt=other.salt, wrapped=other.wrapped)
    with pytest.raises(WrongPassword):
        swapped.unlock(PASSWORD)


# --- strength


@pytest.mark.parametrize("kdf", [Kdf(1, 64 * MIB, 1), Kdf(0, 64 * MIB, 1), Kdf(2, 19 * MIB - 1, 1), Kdf(4, 8, 1)])
def test_below_the_floor_no_key_is_derived(kdf: Kdf) -> None:
    with pytest.raises(ValueError, match="below the floor"):
        kdf.derive(PASSWORD, bytes(16))


@pytest.mark.parametrize("password", ["", "x", "xy", PASSWORD, "kata sandi \u00e9 \u4e00", "x" * 500])
def test_a_derived_key_is_plain_argon2id_and_leaves_the_password_as_it_was(password: str) -> None:
    kept, one = f"{password} "[:-1], "x"
    due = hash_secret_raw(password.encode(), b"s" * 16, 2, 19 * MIB, 1, 32, Type.ID)
    assert FLOOR.derive(password, b"s" * 16) == due
    # What is overwritten afterwards must be nobody else's: Python has one object for each single letter.
    assert (password, one.encode(), bytes([120])) == (kept, b"x", b"x")


def test_the_floor_is_what_the_security_page_says_and_the_standard_lies_above_it() -> None:
    assert Kdf.floor() == Kdf(2, 19 * 1024, 1)
    assert Kdf.standard() == Kdf(3, 256 * 1024, 4)


def _time_of(monkeypatch: pytest.MonkeyPatch, cost: Callable[[Kdf], float]) -> list[Kdf]:
    """Let a derivation cost what ``cost`` says, on a clock that moves by nothing else; the strengths tried."""
    tried: list[Kdf] = []
    now = [100.0]

    def derive(kdf: Kdf, _password: str, _salt: bytes) -> bytes:
        tried.append(kdf)
        assert len(tried) < 40, "the calibration does not end"
        now[0] += cost(kdf)
        return bytes(32)

    monkeypatch.setattr(Kdf, "derive", derive)
    monkeypatch.setattr(keyring, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    return tried


def _work(kdf: Kdf) -> float:
    return kdf.passes * kdf.memory / (3 * 256 * MIB)


@pytest.mark.parametrize("speed", [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.65, 0.9, 1.0, 1.2, 2.0, 3.0, 8.0, 60.0])
def test_calibration_ends_at_or_above_the_floor_on_any_machine(monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
    _time_of(monkeypatch, lambda kdf: speed * _work(kdf))
    kdf = Kdf.calibrated()
    assert kdf.passes >= FLOOR.passes
    assert kdf.memory >= FLOOR.memory
    assert kdf.lanes >= FLOOR.lanes


@pytest.mark.parametrize("speed", [0.02, 0.1, 0.3, 0.65, 0.9, 1.2, 2.0, 3.0])
def test_calibration_finds_half_a_second_to_one(monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
    _time_of(monkeypatch, lambda kdf: speed * _work(kdf))
    assert 0.5 <= speed * _work(Kdf.calibrated()) <= 1.0


def test_a_pc_of_the_expected_speed_gets_the_standard_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = _time_of(monkeypatch, lambda _kdf: 0.65)
    assert Kdf.calibrated() == Kdf.standard()
    assert len(tried) == 1


def test_a_clock_that_stands_still_does_not_stop_the_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    _time_of(monkeypatch, lambda _kdf: 0.0)
    assert Kdf.calibrated().passes >= FLOOR.passes


def test_the_slowest_pc_still_gets_more_than_the_floor_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    _time_of(monkeypatch, lambda _kdf: 1000.0)
    assert Kdf.calibrated() == Kdf(3, 32 * MIB, 4)


# --- sealing


def test_a_sealed_key_opens_for_its_holder_under_its_name_alone() -> None:
    private, secret = new_private(), b"k" * 48
    blob = seal(secret, public_of(private), "database/1")
    assert unseal(blob, private, "database/1") == secret
    assert secret not in blob
    for other, name in ((new_private(), "database/1"), (private, "database/2"), (private, "chain/1"), (private, "")):
        with pytest.raises(WrongPassword):
            unseal(blob, other, name)


def test_the_same_key_sealed_twice_does_not_look_the_same() -> None:
    public = public_of(new_private())
    assert seal(b"k" * 32, public, "chain/1") != seal(b"k" * 32, public, "chain/1")


@settings(deadline=None)
@given(st.data())
def test_a_sealed_key_with_any_bit_changed_or_cut_off_does_not_open(data: st.DataObject) -> None:
    private = bytes(range(32))
    blob = seal(b"k" * 32, public_of(private), "chain/1")
    at = data.draw(st.integers(0, len(blob) - 1))
    bit = data.draw(st.integers(0, 7))
    for damaged in (blob[:at] + bytes([blob[at] ^ 1 << bit]) + blob[at + 1 :], blob[:at]):
        # The top bit of a public X25519 key says nothing (RFC 7748), yet HPKE binds the whole of it.
        with pytest.raises(WrongPassword):
            unseal(damaged, private, "chain/1")


# --- the keyring


def _keyring(*names: str) -> tuple[Keyring, dict[str, bytes]]:
    private = new_private()
    keys = {name: bytes([number] * 32) for number, name in enumerate(names, start=1)}
    sealed = {name: seal(key, public_of(private), name) for name, key in keys.items()}
    ring = Keyring(OWNER, bytearray(private))
    ring.take(sealed)
    return ring, keys


def test_a_keyring_opens_what_is_sealed_to_its_person() -> None:
    ring, keys = _keyring("database/1", "chain/1", "chain/2", "house/9", "house/10")
    assert {name: ring.key(name) for name in keys} == keys
    assert ring.newest("house") == (10, keys["house/10"])
    assert ring.all_of("chain") == {1: keys["chain/1"], 2: keys["chain/2"]}
    with pytest.raises(KeyError):
        ring.key("database/2")
    with pytest.raises(KeyError):
        ring.newest("counselling")


def test_a_key_that_came_up_since_the_sign_in_is_fetched() -> None:
    ring, _ = _keyring("house/1")
    public = public_of(bytes(ring.private))
    asked: list[str] = []

    def reload() -> dict[str, bytes]:
        asked.append("again")
        return {"house/2": seal(b"2" * 32, public, "house/2")}

    ring.reload = reload
    assert ring.key("house/1")
    assert not asked
    assert ring.key("house/2") == b"2" * 32
    assert ring.key("house/2") == b"2" * 32
    assert len(asked) == 1
    with pytest.raises(KeyError):
        ring.key("house/3")


def test_a_key_sealed_to_somebody_else_is_refused() -> None:
    ring, _ = _keyring()
    with pytest.raises(WrongPassword):
        ring.take({"house/2": seal(b"2" * 32, public_of(new_private()), "house/2")})


def test_wiping_overwrites_every_byte_and_nothing_is_fetched_again() -> None:
    ring, _ = _keyring("database/1", "chain/1")
    ring.reload = lambda: pytest.fail("a wiped keyring asked for its keys")
    held = [ring.private, *ring.keys.values()]
    assert all(any(secret) for secret in held)
    ring.wipe()
    assert [bytes(secret) for secret in held] == [bytes(32)] * 3
    assert not ring.keys
    with pytest.raises(KeyError):
        ring.key("database/1")
    with pytest.raises(KeyError):
        ring.newest("database")
    ring.wipe()


def test_wiping_changes_the_bytes_themselves_and_not_the_name() -> None:
    secret = bytearray(b"rahasia")
    same = secret
    wipe(secret)
    assert same is secret
    assert same == bytes(7)


# --- names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kepala", "KEPALA"),
        ("kepala", "  kepala\t"),
        ("Siti Rahma", "siti  rahma"),
        ("Siti Rahma", "siti\u00a0rahma"),
        ("siti", "\uff33\uff29\uff34\uff29"),
        ("\u00e9lodie", "e\u0301lodie"),
        ("STRASSE", "straße"),
        ("ﬁtri", "fitri"),
    ],
)
def test_case_spaces_and_the_way_a_letter_is_put_together_do_not_count(one: str, other: str) -> None:
    assert fold_login(one) == fold_login(other)
    assert login_tag(OWNER.bytes, one) == login_tag(OWNER.bytes, other)


@settings(deadline=None)
@given(st.text(alphabet=string.ascii_letters + "éüñ '-.", min_size=1, max_size=20))
def test_however_a_name_is_typed_it_folds_alike(name: str) -> None:
    for typed in (name.upper(), name.lower(), f" {name} ", unicodedata.normalize("NFD", name), fold_login(name)):
        assert fold_login(typed) == fold_login(name)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_typed_as_a_name_has_a_tag_that_does_not_show_it(login: str) -> None:
    tag = login_tag(OWNER.bytes, login)
    assert len(tag) == 32
    assert set(tag) <= set(string.hexdigits.lower())


def test_the_same_name_has_another_tag_in_another_store() -> None:
    assert login_tag(OWNER.bytes, "kepala") != login_tag(OTHER.bytes, "kepala")


def test_bytes_that_are_no_text_are_a_wrong_name_and_a_wrong_password(made: tuple[Slot, bytes]) -> None:
    typed = b"\xff\xfe kata".decode(errors="surrogateescape")
    assert len(login_tag(OWNER.bytes, typed)) == 32
    assert len(FLOOR.derive(typed, bytes(16))) == 32
    with pytest.raises(WrongPassword):
        made[0].unlock(typed)


# --- passwords


def _reason(password: str, login: str = "") -> str:
    with pytest.raises(WeakPassword) as caught:
        check_new_password(password, login)
    return str(caught.value.facts["reason"])


@pytest.mark.parametrize("password", ["", "a", "Xk9#mQ2$vL", "Xk9#mQ2$vL7", "é" * 11, "e\u0301" * 11])
def test_fewer_than_twelve_letters_are_too_short(password: str) -> None:
    assert _reason(password) == "short"


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "qwertyuiop[]",
        "123456789012",
        "aaaaaaaaaaaa",
        " " * 12,
        "katasandi1234",
        "indonesia1945",
        "rahasia12345",
        "teduhteduhteduh",
        "iloveyou1234",
        "abcdefghijkl",
    ],
)
def test_what_everybody_thinks_of_first_is_refused(password: str) -> None:
    assert _reason(password) == "common"


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("rahmawati", "rahmawati123"),
        ("rahmawati", "rahmawatirahmawati"),
        ("Siti Rahmawati", "Siti Rahmawati"),
        ("Siti Rahmawati", "sitirahmawati"),
        ("siti.rahmawati", "rahmawati2026"),
        ("siti_rahmawati", "rahmawati134"),
    ],
)
def test_what_is_built_from_the_name_is_refused(login: str, password: str) -> None:
    assert _reason(password, login) == "common"


ALPHABETS: Mapping[str, str] = {
    "digits": string.digits,
    "small letters": string.ascii_lowercase,
    "capitals": string.ascii_uppercase,
    "signs": string.punctuation,
    "letters of another script": "абвгдежзиклмнопрстуфхцчшщэюя",
    "signs of words": "一丁七万丈三上下不与丐丑专且世丘丙",
}


@pytest.mark.parametrize("alphabet", ALPHABETS)
@pytest.mark.parametrize("length", [LEAST_LENGTH, 20, 72, 73, 500])
def test_any_composition_of_twelve_or_more_is_accepted(alphabet: str, length: int) -> None:
    chance = random.Random(f"{alphabet}{length}")
    check_new_password("".join(chance.choices(ALPHABETS[alphabet], k=length)), "kepala")


def test_a_few_unrelated_words_are_accepted() -> None:
    check_new_password(PASSWORD, "kepala")
    check_new_password("perahu kayu menyeberang danau", "kepala")


def test_a_very_long_password_is_looked_at_and_works_in_full() -> None:
    # The library that judges refuses more than 72 characters; what counts for the key is the whole of it.
    chance = random.Random(1)
    password = "".join(chance.choices(string.ascii_letters, k=300))
    check_new_password(password, "kepala")
    assert _reason("a" * 300) == "common"
    assert FLOOR.derive(password, bytes(16)) != FLOOR.derive(password[:-1], bytes(16))


# --- nothing shows a secret


def _shown() -> Iterator[tuple[str, object, list[str]]]:
    secret, text = bytes(range(200, 232)), "sangat rahasia sekali"
    slot = Slot(OWNER, "tanda", b"p" * 32, FLOOR, b"s" * 16, b"w" * 60)
    forms = [text, repr(secret), secret.hex(), repr(bytearray(secret)), str(list(secret))]
    yield "Keyring", Keyring(OWNER, bytearray(secret), {"database/1": bytearray(secret)}), forms
    yield "Credential", Credential(slot, secret, text), forms
    yield "Founder", Founder[None](text, text, FLOOR, lambda _store, _actor, _credential: None), forms
    yield "NewStore", NewStore(OWNER, OWNER, ((text,) * 14, (text,) * 14)), forms
    yield "Certificates", Certificates(text, text, text, text), forms
    yield "ServerFiles", ServerFiles(Path(text), Path(text), encrypted=True), forms
    place = ServerPlace.parse("postgresql://pemilik:sangat-rahasia@localhost/rumah", Path("state"))
    yield "ServerPlace", place, ["sangat-rahasia"]


@pytest.mark.parametrize(("name", "value", "forms"), list(_shown()), ids=[name for name, _, _ in _shown()])
def test_no_repr_shows_a_secret(name: str, value: object, forms: list[str]) -> None:
    shown = [repr(value), str(value), f"{value}", repr([value]), repr({"x": value})]
    assert name in shown[0]
    assert not [form for form, text in itertools.product(forms, shown) if form in text]
