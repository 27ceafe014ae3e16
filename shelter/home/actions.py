"""Founding the home, changing its letterheads and settings, giving out numbers."""

from datetime import date
from uuid import UUID

from shelter.faults import RuleBroken
from shelter.home import rules
from shelter.home.records import HomeIdentity, Letterhead, NumberIssued, NumberSeries, SettingValue
from shelter.home.rules import NumberKind, SettingType
from shelter.rights import Permission, needs
from shelter.work import Work

_OFFICE = "PEMERINTAH PROVINSI KALIMANTAN BARAT\nDINAS SOSIAL"


@needs(Permission.HOME_SETTINGS_WRITE)
def found(work: Work, *, name: str) -> None:
    """Write the home's identity and its two letterheads, which the house edits later.

    Raises:
        RuleBroken: the name is empty or too long.
    """
    kept = rules.clean_home_name(name)
    work.add(HomeIdentity(id=1, name=kept, started_on=work.now))
    work.add(Letterhead(kind="RUMAH", lines=f"{_OFFICE}\n{kept.upper()}"))
    work.add(Letterhead(kind="NETRAL", lines=_OFFICE))


@needs(Permission.HOME_SETTINGS_WRITE)
def rename_home(work: Work, *, name: str, place: str) -> None:
    """Change the home's name and the town printed above signatures.

    Raises:
        RuleBroken: the name is empty or too long, or stands in the neutral letterhead.
    """
    identity, neutral = work.get(HomeIdentity, 1), work.get(Letterhead, "NETRAL")
    kept = rules.clean_home_name(name)
    rules.must_stay_neutral(kept, neutral.lines, neutral.address)
    identity.name, identity.place = kept, place.strip() or identity.place


@needs(Permission.HOME_LETTERHEAD_WRITE)
def set_letterhead(work: Work, *, kind: str, lines: str, address: str = "", logo: bytes | None = None) -> None:
    """Change a letterhead: ``RUMAH`` or ``NETRAL``. The neutral one may not name the home.

    Raises:
        RuleBroken: ``letterhead_names_home``.
    """
    letterhead = work.get(Letterhead, kind)
    if kind == "NETRAL":
        rules.must_stay_neutral(work.get(HomeIdentity, 1).name, lines, address)
    letterhead.lines, letterhead.address, letterhead.logo = lines.strip(), address.strip(), logo


@needs(Permission.HOME_SETTINGS_WRITE)
def change_setting(work: Work, *, name: str, value: SettingType) -> None:
    """Change one setting.

    Raises:
        RuleBroken: there is no such setting, or it may not hold this value.
    """
    stored = rules.encode_setting(name, value)
    found_rows = work.entities(SettingValue, work.visible(SettingValue).where(SettingValue.name == name))
    if found_rows:
        found_rows[0].value = stored
    else:
        work.add(SettingValue(name=name, value=stored))


@needs(Permission.HOME_SETTINGS_READ)
def take_number(work: Work, *, kind: NumberKind, day: date, type_code: str = "") -> str:
    """Give out the next number of a series: unique, without gaps, never again. Everybody who makes a paper may.

    A number belongs to the unit that takes it: when the unit fails, the number was never given.

    Args:
        kind: what is numbered.
        day: the paper's day; its year picks the series.
        type_code: for kinds counted by paper type (``FORM``: ``ASM``) or period (``REPORT``: ``TW.IV``).

    Raises:
        RuleBroken: ``number_taken``: the patterns as they are set now would give a number twice.
    """
    work.exclusive(f"number:{kind}:{type_code}:{day.year}")
    wanted = work.visible(NumberSeries).where(
        NumberSeries.kind == kind.value, NumberSeries.type_code == type_code, NumberSeries.year == day.year
    )
    found_series = work.entities(NumberSeries, wanted)
    if found_series:
        series = found_series[0]
        series.last += 1
    else:
        series = NumberSeries(kind=kind.value, type_code=type_code, year=day.year, last=1)
        work.add(series)
    work.flush()
    pattern = str(_setting(work, f"numbering.{kind.value}"))
    text = rules.write_number(pattern, seq=series.last, day=day, type_code=type_code)
    if work.rows(work.visible(NumberIssued, NumberIssued.id).where(NumberIssued.text == text)):
        raise RuleBroken("number_taken", "number", number=text)
    work.add(NumberIssued(series_id=series.id, seq=series.last, text=text, issued_at=work.now, issued_by=work.me))
    work.flush()
    return text


@needs(Permission.DOCUMENTS_PAPER_CANCEL)
def cancel_number(work: Work, *, number_id: UUID, reason: str) -> None:
    """Cancel a number: it stays in its register as *BATAL*, with the reason.

    Raises:
        RuleBroken: ``reason_missing``, or ``number_cancelled`` when it was cancelled before.
    """
    number = work.get(NumberIssued, number_id)
    if not reason.strip():
        raise RuleBroken("reason_missing", "reason")
    if number.cancelled_at is not None:
        raise RuleBroken("number_cancelled", "number")
    number.cancelled_at, number.cancel_reason = work.now, reason.strip()


def _setting(work: Work, name: str) -> SettingType:
    stored = work.rows(work.visible(SettingValue, SettingValue.value).where(SettingValue.name == name))
    return rules.decode_setting(name, stored[0].value if stored else None)
