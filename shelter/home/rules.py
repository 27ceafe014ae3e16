"""Rules of the home: what settings there are, what each may hold, and how a number is written."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from shelter.faults import RuleBroken
from shelter.language import _

ROMAN_MONTHS: Final = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

SettingType = bool | int | str


class NumberKind(StrEnum):
    """What is numbered: one series for each kind (and paper type) and year, starting anew on 1 January."""

    REGISTER = "register"
    RESIDENT = "resident"
    LETTER = "letter"
    MINUTES = "minutes"
    FORM = "form"
    CERTIFICATE = "certificate"
    REPORT = "report"


@dataclass(frozen=True)
class Setting:
    """One setting, declared once: its default (which gives its type), what it may hold, and what it is for.

    ``about`` is a function, because a text made at import would be in one language for ever.
    """

    name: str
    default: SettingType
    about: Callable[[], str]
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()


def _numbering(kind: NumberKind, pattern: str) -> Setting:
    return Setting(f"numbering.{kind.value}", pattern, lambda: _("Pola nomor"))


# To add a setting: one entry here; validation, help and the settings page follow from it.
_ALL: Final = (
    # documents.md section 0, "Numbering": defaults of the house, each a setting.
    _numbering(NumberKind.REGISTER, "{seq:03}/RPT/{ROM}/{YYYY}"),
    _numbering(NumberKind.RESIDENT, "RPT-{YY}-{seq:04}"),
    _numbering(NumberKind.LETTER, "400.9.3/{seq:03}/RPT/{ROM}/{YYYY}"),
    _numbering(NumberKind.MINUTES, "BA.{seq:03}/RPT/{ROM}/{YYYY}"),
    _numbering(NumberKind.FORM, "{TYPE}-{seq:04}/RPT/{YYYY}"),
    _numbering(NumberKind.CERTIFICATE, "SERT/{seq:03}/DINSOS/{ROM}/{YYYY}"),
    _numbering(NumberKind.REPORT, "LAP/{TYPE}/RPT/{YYYY}"),
    Setting("paper.size", "A4", lambda: _("Ukuran kertas untuk dokumen"), choices=("A4", "F4")),
    Setting("lock.idle_minutes", 5, lambda: _("Menit tanpa kegiatan sampai layar dikunci"), least=1, most=60),
    Setting("lock.pin", default=True, about=lambda: _("Boleh membuka kunci dengan PIN dalam 12 jam")),
    Setting("statistics.least_cell", 11, lambda: _("Angka di bawah ini disamarkan di luar rumah"), least=1, most=100),
)
SETTINGS: Final[Mapping[str, Setting]] = {setting.name: setting for setting in _ALL}
# Counted by paper type or period: a pattern that leaves it out would give two papers one number.
_TYPED: Final = {f"numbering.{NumberKind.FORM}", f"numbering.{NumberKind.REPORT}"}


def encode_setting(name: str, value: SettingType) -> str:
    """A setting's value as it is stored.

    Raises:
        RuleBroken: ``setting_unknown``, ``setting_type``, ``setting_range``, ``setting_choice`` or a pattern's fault.
    """
    _must_fit(_declared(name), value)
    return json.dumps(value, ensure_ascii=False)


def decode_setting(name: str, stored: str | None) -> SettingType:
    """A setting's value from what is stored; the default when nothing is, or when it no longer fits."""
    setting = _declared(name)
    if stored is None:
        return setting.default
    try:
        value: SettingType = json.loads(stored)
        _must_fit(setting, value)
    except (ValueError, RuleBroken):
        return setting.default
    return value


def _must_fit(setting: Setting, value: SettingType) -> None:
    name = setting.name
    if type(value) is not type(setting.default):
        raise RuleBroken("setting_type", name, kind=type(setting.default).__name__)
    if isinstance(value, int) and not isinstance(value, bool):
        least, most = setting.least, setting.most
        if (least is not None and value < least) or (most is not None and value > most):
            raise RuleBroken("setting_range", name, least=least, most=most)
    if setting.choices and value not in setting.choices:
        raise RuleBroken("setting_choice", name, choices=", ".join(setting.choices))
    if name.startswith("numbering."):
        check_pattern(str(value), typed=name in _TYPED)


def _declared(name: str) -> Setting:
    try:
        return SETTINGS[name]
    except KeyError:
        raise RuleBroken("setting_unknown", name, name=name) from None


_FIELD: Final = re.compile(r"\{(seq(?::0[1-9])?|ROM|YYYY|YY|MM|TYPE|TW)\}")
LONGEST_PATTERN: Final = 60
LONGEST_NUMBER: Final = 80


def check_pattern(pattern: str, *, typed: bool = False) -> None:
    """Whether a numbering pattern can be used: known fields, a year, and something that tells numbers apart.

    ``typed``: it is for papers counted by type or period, so it must name that too.

    Raises:
        RuleBroken: ``pattern_field``, ``pattern_year``, ``pattern_plain``, ``pattern_type`` or ``pattern_long``.
    """
    rest = _FIELD.sub("", pattern)
    if "{" in rest or "}" in rest or not rest.isprintable():
        raise RuleBroken("pattern_field", "pattern")
    if "{YYYY}" not in pattern and "{YY}" not in pattern:
        raise RuleBroken("pattern_year", "pattern")
    if "{seq" not in pattern and "{TYPE}" not in pattern:
        raise RuleBroken("pattern_plain", "pattern")
    if typed and "{TYPE}" not in pattern:
        raise RuleBroken("pattern_type", "pattern")
    # The widest day there is (VIII, TW.III), a number nobody reaches, a type code of usual length.
    widest = write_number(pattern, seq=999_999, day=date(2000, 8, 1), type_code="TW.III")
    if len(pattern) > LONGEST_PATTERN or len(widest) > LONGEST_NUMBER:
        raise RuleBroken("pattern_long", "pattern", most=LONGEST_PATTERN)


def write_number(pattern: str, *, seq: int, day: date, type_code: str = "") -> str:
    """A number in words of its pattern.

    Args:
        pattern: with the fields ``{seq}`` (``{seq:03}`` pads), ``{ROM}`` Roman month, ``{MM}``, ``{YYYY}``, ``{YY}``,
            ``{TW}`` quarter (``TW.IV``) and ``{TYPE}``.
        seq: the number within its series, from 1.
        day: the day whose year and month are written.
        type_code: what ``{TYPE}`` stands for.
    """

    def field(found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("seq"):
            return f"{seq:{name[4:]}}" if ":" in name else str(seq)
        return {
            "ROM": ROMAN_MONTHS[day.month - 1],
            "MM": f"{day.month:02}",
            "YYYY": f"{day.year:04}",
            "YY": f"{day.year % 100:02}",
            "TW": f"TW.{ROMAN_MONTHS[(day.month - 1) // 3]}",
            "TYPE": type_code,
        }[name]

    text = _FIELD.sub(field, pattern)
    # A pattern without a running number (a periodic report) still gives each paper a number of its own.
    return text if "{seq" in pattern or seq == 1 else f"{text}-{seq}"


def must_stay_neutral(home_name: str, *texts: str) -> None:
    """Refuse a neutral letterhead that names the home (documents.md section 0, *Kop netral*).

    Only letters and digits count, so that a line's end, a hyphen or a mail address hides no name.

    Raises:
        RuleBroken: ``letterhead_names_home``.
    """
    name = _bare(home_name)
    if name and name in _bare("".join(texts)):
        raise RuleBroken("letterhead_names_home", "lines")


def _bare(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def clean_home_name(name: str) -> str:
    """The home's name as kept.

    Raises:
        RuleBroken: ``home_name_empty`` or ``home_name_long``.
    """
    kept = " ".join(name.split())
    if not kept:
        raise RuleBroken("home_name_empty", "name")
    if len(kept) > 200:
        raise RuleBroken("home_name_long", "name", most=200)
    return kept
