"""Recovery words: what was printed opens again, and no slip of the pen goes unnoticed."""

import hashlib
import unicodedata
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import recovery
from db.faults import WrongPassword, WrongWords
from db.files import StoreFolder
from db.keyring import public_of
from db.opening import Opening
from db.recovery import COUNT, new_pair, private_of, to_secret, to_words, word_list
from shelter.staff import queries
from shelter.work import Recovered
from tests.stores import TestHome

secrets = st.binary(min_size=16, max_size=16)
places = st.integers(0, COUNT - 1)


def _reason(words: Sequence[str]) -> tuple[str, int]:
    with pytest.raises(WrongWords) as caught:
        to_secret(words)
    return str(caught.value.facts["reason"]), int(str(caught.value.facts["at"]))


@settings(deadline=None)
@given(secrets)
def test_words_lead_back_to_their_secret(secret: bytes) -> None:
    words = to_words(secret)
    assert len(words) == COUNT
    assert set(words) <= set(word_list())
    assert to_secret(words) == secret


@settings(deadline=None, max_examples=30)
@given(secrets, st.data())
def test_case_spaces_and_all_after_four_letters_do_not_count(secret: bytes, data: st.DataObject) -> None:
    def typed(word: str) -> str:
        kept = word[: data.draw(st.integers(4, len(word)))]
        kept += data.draw(st.text(alphabet="abcxyz", max_size=3))
        spaces = data.draw(st.sampled_from(["", " ", "\t", "\u00a0"]))
        return spaces + data.draw(st.sampled_from([kept, kept.upper(), kept.capitalize()])) + spaces

    assert to_secret([typed(word) for word in to_words(secret)]) == secret


def _refused(words: Sequence[str]) -> bool:
    try:
        to_secret(words)
    except WrongWords as fault:
        return fault.facts == {"reason": "check", "at": 0}
    return False


def test_every_wrong_word_of_a_sheet_is_noticed_wherever_it_stands() -> None:
    words = to_words(bytes.fromhex("2f1dd34b9c0a77e5410b6e8893fa21c6"))
    passed = [
        (place, wrong)
        for place in range(COUNT)
        # A third of the words at each place, another third at the next.
        for wrong in word_list()[place % 3 :: 3]
        if wrong != words[place] and not _refused([*words[:place], wrong, *words[place + 1 :]])
    ]
    assert passed == []


@settings(deadline=None, max_examples=300)
@given(secrets, places, st.sampled_from(word_list()))
def test_a_wrong_word_on_any_sheet_is_noticed(secret: bytes, place: int, wrong: str) -> None:
    words = to_words(secret)
    slipped = [*words[:place], wrong, *words[place + 1 :]]
    assert _refused(slipped) == (wrong != words[place])


@settings(deadline=None, max_examples=10)
@given(secrets)
def test_two_words_that_changed_places_are_noticed(secret: bytes) -> None:
    words = to_words(secret)
    for one, other in combinations(range(COUNT), 2):
        swapped = list(words)
        swapped[one], swapped[other] = words[other], words[one]
        if words[one] != words[other]:
            assert _reason(swapped) == ("check", 0)


def test_a_check_by_hash_would_let_some_slip_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    # Why it is a CRC: of a sheet's 14,000 slips a hash of 12 bits misses about three.
    def by_hash(secret: bytes) -> int:
        return int.from_bytes(hashlib.sha256(secret).digest()[:2]) >> 4

    monkeypatch.setattr(recovery, "_check", by_hash)
    words = to_words(bytes(16))
    slips = ((place, wrong) for place in range(COUNT) for wrong in word_list() if wrong != words[place])
    assert not all(_refused([*words[:place], wrong, *words[place + 1 :]]) for place, wrong in slips)


@settings(deadline=None)
@given(secrets, places, st.text(max_size=8))
def test_a_word_that_is_on_no_sheet_is_named_by_its_number(secret: bytes, place: int, wrong: str) -> None:
    known = {word[:4] for word in word_list()}
    words = list(to_words(secret))
    words[place] = wrong
    if wrong.strip().casefold()[:4] not in known:
        assert _reason(words) == ("unknown", place + 1)


@pytest.mark.parametrize("count", [0, 1, COUNT - 1, COUNT + 1, 100])
def test_too_few_or_too_many_words_are_counted(count: int) -> None:
    assert _reason([word_list()[0]] * count) == ("count", count)


def test_fewer_than_four_letters_are_not_enough() -> None:
    words = list(to_words(bytes(16)))
    words[3] = words[3][:3]
    assert _reason(words) == ("unknown", 4)


def test_words_typed_in_another_unicode_form_are_not_guessed_at() -> None:
    words = [unicodedata.normalize("NFKC", word) for word in to_words(bytes(range(16)))]
    assert to_secret(words) == bytes(range(16))
    words[0] = "\u0430" + words[0][1:]
    assert _reason(words) == ("unknown", 1)


def test_no_two_pairs_are_alike() -> None:
    pairs = [new_pair() for _ in range(50)]
    assert len({pair_id for pair_id, _ in pairs}) == len({words for _, words in pairs}) == 50


@settings(deadline=None)
@given(secrets)
def test_the_key_behind_the_words_is_not_the_secret_itself(secret: bytes) -> None:
    private = private_of(to_words(secret))
    assert len(private) == 32
    assert secret not in private
    assert private == private_of(to_words(secret))


def test_both_sheets_open_the_home_without_any_password(file_home: TestHome) -> None:
    opening = Opening(StoreFolder(file_home.folder), Recovered, file_home.clock)
    for words in file_home.made.words:
        store = opening.sign_in_with_words([word.upper()[:4] for word in words])
        actor = file_home.enter().actor
        assert [row.login for row in store.read(actor, queries.accounts)] == ["kepala"]
        store.close()


def test_a_genuine_sheet_of_another_home_is_told_as_such(file_home: TestHome) -> None:
    _, words = new_pair()
    with pytest.raises(WrongWords) as caught:
        Opening(StoreFolder(file_home.folder), Recovered, file_home.clock).sign_in_with_words(words)
    assert caught.value.facts["reason"] == "other_store"


def test_the_two_sheets_are_two_keys(file_home: TestHome) -> None:
    first, second = (public_of(private_of(words)) for words in file_home.made.words)
    assert first != second


def test_a_recovery_fault_never_names_a_word(file_home: TestHome) -> None:
    words = list(file_home.made.words[0])
    with pytest.raises(WrongWords) as caught:
        to_secret([*words[1:], words[0]])
    shown = f"{caught.value!r} {caught.value} {caught.value.facts}"
    assert not [word for word in words if word in shown]
    with pytest.raises(WrongPassword):
        file_home.enter("kepala", " ".join(words))
