"""Reading the home's identity, letterheads, settings and number registers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shelter.home import rules
from shelter.home.records import HomeIdentity, Letterhead, NumberIssued, NumberSeries, SettingValue
from shelter.home.rules import NumberKind, SettingType
from shelter.rights import Permission, needs
from shelter.work import Work


@dataclass(frozen=True)
class Identity:
    """What the home is called, and the town above its signatures."""

    name: str
    place: str
    started_on: datetime


@dataclass(frozen=True)
class LetterheadRow:
    """A *kop surat* as a paper prints it."""

    kind: str
    lines: tuple[str, ...]
    address: str
    logo: bytes | None


@dataclass(frozen=True)
class NumberRow:
    """A number in its register."""

    id: UUID
    seq: int
    text: str
    issued_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str


@needs(Permission.HOME_SETTINGS_READ)
def identity(work: Work) -> Identity:
    """Who the home is."""
    row = work.get(HomeIdentity, 1)
    return Identity(row.name, row.place, row.started_on)


@needs(Permission.HOME_SETTINGS_READ)
def letterhead(work: Work, *, kind: str) -> LetterheadRow:
    """A letterhead: ``RUMAH`` or ``NETRAL``."""
    row = work.get(Letterhead, kind)
    return LetterheadRow(row.kind, tuple(row.lines.splitlines()), row.address, row.logo)


@needs(Permission.HOME_SETTINGS_READ)
def settings(work: Work) -> dict[str, SettingType]:
    """Every setting's value, changed or default. One statement."""
    rows = work.rows(work.visible(SettingValue, SettingValue.name, SettingValue.value))
    stored = {row.name: row.value for row in rows}
    return {name: rules.decode_setting(name, stored.get(name)) for name in rules.SETTINGS}


@needs(Permission.HOME_SETTINGS_READ)
def numbers(work: Work, *, kind: NumberKind, year: int, type_code: str = "") -> list[NumberRow]:
    """The register of one series, cancelled numbers included, in order. One statement."""
    columns = (
        *(NumberIssued.id, NumberIssued.seq, NumberIssued.text),
        *(NumberIssued.issued_at, NumberIssued.cancelled_at, NumberIssued.cancel_reason),
    )
    statement = (
        work.visible(NumberIssued, *columns)
        .join(NumberSeries, NumberSeries.id == NumberIssued.series_id)
        .where(NumberSeries.kind == kind.value, NumberSeries.year == year, NumberSeries.type_code == type_code)
        .order_by(NumberIssued.seq)
    )
    return [NumberRow(*tuple(row)) for row in work.rows(statement)]
