"""How a number is written, what a setting may hold, what a neutral letterhead may not say; without a store."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelter import language
from shelter.faults import RuleBroken
from shelter.home import rules
from shelter.home.records import NumberIssued
from shelter.home.rules import SETTINGS, NumberKind, Setting
from shelter.language import LANGUAGES
from tests.factories import refusal

WHYS = ("field", "year", "plain", "long")
NOVEMBER = date(2026, 11, 21)
DEFAULTS = {kind: str(SETTINGS[f"numbering.{kind}"].default) for kind in NumberKind}
INTEGERS = [setting for setting in SETTINGS.values() if type(setting.default) is int]

fields = st.sampled_from(["{seq}", "{seq:03}", "{seq:09}", "{ROM}", "{YYYY}", "{YY}", "{MM}", "{TYPE}", "{TW}"])
patterns = st.lists(fields | st.text(max_size=6), max_size=9).map("".join)
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="{}"), max_size=5)
# What check_pattern accepts, unless it is too long: a year, something that counts, and whatever else in any order.
useful = (
    st.tuples(
        st.sampled_from(["{YYYY}", "{YY}"]),
        st.sampled_from(["{seq}", "{seq:03}", "{seq:09}", "{TYPE}"]),
        st.lists(fields | words | st.sampled_from(["0", "1", "-", "-2"]), max_size=6),
    )
    .flatmap(lambda parts: st.permutations([parts[0], parts[1], *parts[2]]))
    .map("".join)
)
days = st.dates(date(1, 1, 1), date(9999, 12, 31))


# --- numbers


@pytest.mark.parametrize(
    ("kind", "seq", "type_code", "written"),
    [
        (NumberKind.REGISTER, 1, "", "001/RPT/XI/2026"),
        (NumberKind.LETTER, 14, "", "400.9.3/014/RPT/XI/2026"),
        (NumberKind.MINUTES, 8, "", "BA.008/RPT/XI/2026"),
        (NumberKind.FORM, 12, "ASM", "ASM-0012/RPT/2026"),
        (NumberKind.CERTIFICATE, 21, "", "SERT/021/DINSOS/XI/2026"),
        (NumberKind.REPORT, 1, "TW.IV", "LAP/TW.IV/RPT/2026"),
        (NumberKind.RESIDENT, 7, "", "RPT-26-0007"),
    ],
)
def test_the_shipped_patterns_write_the_handbooks_examples(
    kind: NumberKind, seq: int, type_code: str, written: str
) -> None:
    """documents.md section 0, "Numbering"; handbook section 9 for the resident's code."""
    assert rules.write_number(DEFAULTS[kind], seq=seq, day=NOVEMBER, type_code=type_code) == written


def test_certificates_do_not_name_the_home() -> None:
    """They go out under the neutral letterhead (documents.md section 0, *Kop netral*)."""
    assert "RPT" not in DEFAULTS[NumberKind.CERTIFICATE]


def test_months_and_quarters_are_roman() -> None:
    written = [rules.write_number("{ROM} {MM} {TW}", seq=1, day=date(2026, month, 1)) for month in range(1, 13)]
    assert written[0] == "I 01 TW.I"
    assert written[3] == "IV 04 TW.II"
    assert written[8] == "IX 09 TW.III"
    assert written[11] == "XII 12 TW.IV"
    assert len({text.split()[0] for text in written}) == 12


def test_a_number_outgrows_its_padding_without_being_cut() -> None:
    assert rules.write_number("{seq:03}", seq=999, day=NOVEMBER) == "999"
    assert rules.write_number("{seq:03}", seq=1000, day=NOVEMBER) == "1000"
    assert rules.write_number("{YY}", seq=1, day=date(2005, 1, 1)) == "05"


def test_a_second_report_of_a_period_has_a_number_of_its_own() -> None:
    pattern = DEFAULTS[NumberKind.REPORT]
    written = [rules.write_number(pattern, seq=seq, day=NOVEMBER, type_code="TW.IV") for seq in (1, 2, 3)]
    assert written == ["LAP/TW.IV/RPT/2026", "LAP/TW.IV/RPT/2026-2", "LAP/TW.IV/RPT/2026-3"]


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("{seq}/{BULAN}/{YYYY}", "pattern_field"),
        ("{seq}/{YYYY", "pattern_field"),
        ("seq}/{YYYY}", "pattern_field"),
        ("{seq:3}/{YYYY}", "pattern_field"),
        ("{seq:0٣}/{YYYY}", "pattern_field"),
        ("{{seq}}/{YYYY}", "pattern_field"),
        ("{seq}/{YYYY}\n", "pattern_field"),
        ("{seq}\x00{YYYY}", "pattern_field"),
        ("{seq}/{ROM}", "pattern_year"),
        ("", "pattern_year"),
        ("{ROM}/{YYYY}", "pattern_plain"),
        ("{TW}/{YYYY}", "pattern_plain"),
        ("{seq}/{YYYY}" + "X" * 60, "pattern_long"),
        ("{seq}{YY}" + "{TYPE}{TW}" * 8, "pattern_long"),
        ("{seq}{YYYY}" + "{TW}" * 12, "pattern_long"),
    ],
)
def test_a_pattern_that_cannot_number_is_refused(pattern: str, code: str) -> None:
    assert refusal(lambda: rules.check_pattern(pattern)) == code


def test_what_is_counted_by_type_names_the_type() -> None:
    for kind in (NumberKind.FORM, NumberKind.REPORT):
        with pytest.raises(RuleBroken, match="pattern_type"):
            rules.encode_setting(f"numbering.{kind}", "{seq}/{YYYY}")
    rules.encode_setting("numbering.letter", "{seq}/{YYYY}")


@settings(deadline=None, max_examples=300)
@given(st.text() | patterns, st.integers(1, 10**9), days, st.text(max_size=12))
def test_no_text_makes_numbering_stumble(pattern: str, seq: int, day: date, type_code: str) -> None:
    assert isinstance(rules.write_number(pattern, seq=seq, day=day, type_code=type_code), str)
    assert refusal(lambda: rules.check_pattern(pattern)) in {"", *(f"pattern_{why}" for why in WHYS)}


@settings(deadline=None, max_examples=200)
@given(useful, st.permutations(range(1, 13)))
def test_an_accepted_pattern_tells_all_numbers_of_a_year_apart(pattern: str, months: list[int]) -> None:
    if refused := refusal(lambda: rules.check_pattern(pattern)):
        assert refused == "pattern_long"
        return
    papers = [(seq, date(2026, months[seq % 12], 1)) for seq in range(1, 1201)]
    written = [rules.write_number(pattern, seq=seq, day=day, type_code="ASM") for seq, day in papers]
    assert len(set(written)) == len(papers)
    columns: Any = NumberIssued.__table__.c
    assert max(map(len, written)) <= columns.text.type.length
    assert all(text.isprintable() for text in written)


# --- settings


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=list(SETTINGS))
def test_every_setting_may_hold_its_default(setting: Setting) -> None:
    stored = rules.encode_setting(setting.name, setting.default)
    assert rules.decode_setting(setting.name, stored) == setting.default
    assert type(rules.decode_setting(setting.name, None)) is type(setting.default)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=list(SETTINGS))
def test_every_setting_refuses_the_wrong_type(setting: Setting) -> None:
    """Not even True for a number, or 1 for a yes."""
    values: list[Any] = [True, 1, "1", None, 1.5, [], {}]
    for value in [each for each in values if type(each) is not type(setting.default)]:
        with pytest.raises(RuleBroken) as broken:
            rules.encode_setting(setting.name, value)
        assert (broken.value.code, broken.value.field) == ("setting_type", setting.name)
        assert rules.decode_setting(setting.name, json.dumps(value)) == setting.default


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=list(SETTINGS))
def test_every_setting_says_what_it_is_for_in_the_language_spoken_now(setting: Setting) -> None:
    said = []
    for spoken in LANGUAGES:
        language.use(spoken)
        said.append(setting.about())
    assert all(text.strip() for text in said)


@pytest.mark.parametrize("setting", INTEGERS, ids=lambda setting: setting.name)
def test_a_number_keeps_its_range(setting: Setting) -> None:
    assert setting.least is not None
    assert setting.most is not None
    for value in (setting.least, setting.most):
        assert rules.decode_setting(setting.name, rules.encode_setting(setting.name, value)) == value
    for value in (setting.least - 1, setting.most + 1, -(2**70), 2**70):
        with pytest.raises(RuleBroken, match="setting_range"):
            rules.encode_setting(setting.name, value)
        assert rules.decode_setting(setting.name, str(value)) == setting.default


def test_a_choice_is_one_of_its_choices() -> None:
    assert rules.decode_setting("paper.size", rules.encode_setting("paper.size", "F4")) == "F4"
    for value in ("A3", "a4", ""):
        with pytest.raises(RuleBroken, match="setting_choice"):
            rules.encode_setting("paper.size", value)
        assert rules.decode_setting("paper.size", json.dumps(value)) == "A4"


def test_a_pattern_that_no_longer_fits_falls_back_to_the_shipped_one() -> None:
    with pytest.raises(RuleBroken, match="pattern_plain"):
        rules.encode_setting("numbering.letter", "{YYYY}")
    assert rules.decode_setting("numbering.letter", '"{YYYY}"') == DEFAULTS[NumberKind.LETTER]


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(RuleBroken, match="setting_unknown"):
        rules.encode_setting("paper.colour", "A4")
    with pytest.raises(RuleBroken, match="setting_unknown"):
        rules.decode_setting("paper.colour", None)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(list(SETTINGS)), st.text(max_size=30) | st.integers().map(str) | st.just("null"))
def test_whatever_is_stored_gives_a_value_that_fits(name: str, stored: str) -> None:
    value = rules.decode_setting(name, stored)
    assert rules.decode_setting(name, rules.encode_setting(name, value)) == value


def test_every_kind_of_number_has_its_pattern() -> None:
    assert {f"numbering.{kind}" for kind in NumberKind} == {name for name in SETTINGS if name.startswith("numbering.")}


# --- names


@pytest.mark.parametrize(
    ("text", "names_it"),
    [
        ("DINAS SOSIAL", False),
        ("RUMAH AMAN", False),
        ("Rumah Uji Coba", True),
        ("DINAS SOSIAL\nRUMAH UJI COBA", True),
        ("RUMAH UJI\nCOBA", True),
        ("RUMAH  UJI   COBA", True),
        ("R U M A H  U J I  C O B A", True),
        ("Rumah-Uji-Coba", True),
        ("surat: rumahujicoba@dinsos.example", True),
        ("ＲＵＭＡＨ ＵＪＩ ＣＯＢＡ", True),
    ],
)
def test_a_neutral_letterhead_does_not_name_the_home(text: str, names_it: bool) -> None:
    if not names_it:
        rules.must_stay_neutral("Rumah Uji Coba", text)
        return
    with pytest.raises(RuleBroken, match="letterhead_names_home"):
        rules.must_stay_neutral("Rumah Uji Coba", text)


def test_a_name_split_between_lines_and_address_is_found_too() -> None:
    with pytest.raises(RuleBroken, match="letterhead_names_home"):
        rules.must_stay_neutral("Rumah Uji Coba", "RUMAH", "Uji Coba")
    rules.must_stay_neutral("★", "DINAS SOSIAL")


@pytest.mark.parametrize(
    ("name", "code"), [("", "home_name_empty"), (" \n", "home_name_empty"), ("R" * 201, "home_name_long")]
)
def test_an_unfit_name_is_refused(name: str, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        rules.clean_home_name(name)


def test_a_name_is_kept_tidy() -> None:
    assert rules.clean_home_name("  Rumah   Perlindungan\nTerpadu ") == "Rumah Perlindungan Terpadu"
    assert len(rules.clean_home_name("R" * 200)) == 200
