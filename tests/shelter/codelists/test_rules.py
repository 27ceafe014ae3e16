"""The words the program ships, and what the house may do to the lists."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelter.codelists import rules
from shelter.codelists.records import CodeEntry
from shelter.faults import RuleBroken
from shelter.rights import Role
from tests.factories import refusal

DATA: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(rules.__file__).parent / "data" / "codelists.json").read_text(encoding="utf-8")
)
WORDS = [(name, word) for name, words in DATA.items() for word in words]


# --- the words


def test_every_list_is_shipped_in_its_order() -> None:
    shipped = [(entry.list_name, entry.code, entry.label_id, entry.label_en) for entry in rules.shipped()]
    assert shipped == [(name, word["code"], word["id"], word["en"]) for name, word in WORDS]
    assert rules.list_names() == set(DATA)
    for name, words in DATA.items():
        positions = [entry.position for entry in rules.shipped() if entry.list_name == name]
        assert positions == list(range(1, len(words) + 1))


def test_the_lists_have_the_size_that_law_and_province_give_them() -> None:
    """Handbook sections 2 and 9: six acts, ten means, eleven purposes; 14 districts, 174 subdistricts, 38 provinces."""
    sizes = {
        "tppo_proses": 6,
        "tppo_cara": 10,
        "tppo_tujuan": 11,
        "kabkota_kalbar": 14,
        "kecamatan_kalbar": 174,
        "province": 38,
        "month": 12,
        "weekday": 7,
    }
    assert {name: len(DATA[name]) for name in sizes} == sizes


def test_codes_are_ascii_words_and_unique_in_their_list() -> None:
    assert [(name, word["code"]) for name, word in WORDS if not re.fullmatch(r"[A-Z0-9_.]+", word["code"])] == []
    twice = [key for key, count in Counter((name, word["code"]) for name, word in WORDS).items() if count > 1]
    assert twice == []
    assert [name for name in DATA if not re.fullmatch(r"[a-z0-9_]+", name)] == []


def test_no_shipped_code_could_be_one_of_the_houses_own() -> None:
    assert [word["code"] for _name, word in WORDS if word["code"].startswith(rules.OWN_PREFIX)] == []


def test_every_word_is_there_in_both_languages() -> None:
    unsaid = [
        (name, word["code"])
        for name, word in WORDS
        for language in ("id", "en")
        if not word[language].strip() or word[language] != word[language].strip() or not word[language].isprintable()
    ]
    assert unsaid == []
    assert [word for _name, word in WORDS if set(word) - {"code", "id", "en", "note"}] == []


def test_no_word_is_longer_than_its_column() -> None:
    columns: Any = CodeEntry.__table__.c
    for name, word in WORDS:
        assert len(name) <= columns.list_name.type.length
        assert len(word["code"]) <= columns.code.type.length
        assert max(len(word["id"]), len(word["en"])) <= columns.label_id.type.length


def test_the_roles_are_those_of_the_list_of_roles() -> None:
    assert [word["code"] for word in DATA["user_role"]] == [role.value for role in Role]


def test_the_locked_lists_are_those_of_the_law() -> None:
    assert {"tppo_proses", "tppo_cara", "tppo_tujuan"} == rules.STATUTORY
    assert set(DATA) >= rules.STATUTORY
    table: Any = CodeEntry.__table__
    check = next(str(each.sqltext) for each in table.constraints if str(each.name).endswith("statutory"))
    assert set(re.findall(r"'(\w+)'", check)) == rules.STATUTORY


# --- the house's own words


@pytest.mark.parametrize(
    ("code", "kept"), [("bibit", "X_BIBIT"), (" x_bibit ", "X_BIBIT"), ("X_2_KALI", "X_2_KALI"), ("XY", "X_XY")]
)
def test_an_own_word_gets_the_prefix(code: str, kept: str) -> None:
    assert rules.own_code("aid_type", code, "Bibit") == kept


@pytest.mark.parametrize(
    ("list_name", "code", "label", "refused"),
    [
        ("nothing_such", "A", "A", "list_unknown"),
        ("tppo_cara", "A", "A", "list_locked"),
        ("tppo_proses", "A", "A", "list_locked"),
        ("tppo_tujuan", "A", "A", "list_locked"),
        ("aid_type", "A", "  ", "label_empty"),
        ("aid_type", "", "A", "code_form"),
        ("aid_type", "X_", "A", "code_form"),
        ("aid_type", "A B", "A", "code_form"),
        ("aid_type", "A-B", "A", "code_form"),
        ("aid_type", "É", "A", "code_form"),
        ("aid_type", "A" * 57, "A", "code_form"),
        ("aid_type", "A\n", "A", ""),
        ("aid_type", "A" * 56, "A", ""),
    ],
)
def test_what_an_own_word_may_be(list_name: str, code: str, label: str, refused: str) -> None:
    assert refusal(lambda: rules.own_code(list_name, code, label)) == refused


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=70))
def test_whatever_is_typed_becomes_a_stable_code_or_a_refusal(code: str) -> None:
    refused = refusal(lambda: rules.own_code("aid_type", code, "Bibit"))
    assert refused in {"", "code_form"}
    if not refused:
        kept = rules.own_code("aid_type", code, "Bibit")
        assert re.fullmatch(r"X_[A-Z0-9_]{1,58}", kept)
        assert kept.isascii()
        assert rules.own_code("aid_type", kept, "Bibit") == kept


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("relabel", [True, False])
def test_a_locked_list_is_never_changed(own: bool, relabel: bool) -> None:
    for name in rules.STATUTORY:
        with pytest.raises(RuleBroken, match="list_locked"):
            rules.may_change(name, own=own, relabel=relabel)


def test_a_shipped_word_is_hidden_or_moved_but_not_reworded() -> None:
    rules.may_change("aid_type", own=False, relabel=False)
    rules.may_change("aid_type", own=True, relabel=True)
    with pytest.raises(RuleBroken, match="entry_shipped"):
        rules.may_change("aid_type", own=False, relabel=True)
