"""Reading coded words."""

from dataclasses import dataclass
from uuid import UUID

from shelter import language
from shelter.codelists.records import CodeEntry
from shelter.rights import Permission, needs
from shelter.work import Work


@dataclass(frozen=True)
class CodeRow:
    """One entry as forms and lists show it."""

    id: UUID
    code: str
    label_id: str
    label_en: str
    note: str
    active: bool
    own: bool
    locked: bool

    @property
    def label(self) -> str:
        """The word in the language spoken now."""
        return self.label_en if language.current() == "en" else self.label_id


@needs(Permission.HOME_SETTINGS_READ)
def entries(work: Work, *, list_name: str, with_hidden: bool = False) -> list[CodeRow]:
    """One list in its order. One statement.

    ``with_hidden`` also gives entries no form offers any more, which old rows may still name.
    """
    columns = (
        *(CodeEntry.id, CodeEntry.code, CodeEntry.label_id, CodeEntry.label_en),
        *(CodeEntry.note, CodeEntry.active, CodeEntry.own, CodeEntry.locked),
    )
    statement = work.visible(CodeEntry, *columns).where(CodeEntry.list_name == list_name)
    if not with_hidden:
        statement = statement.where(CodeEntry.active)
    return [CodeRow(*tuple(row)) for row in work.rows(statement.order_by(CodeEntry.position, CodeEntry.code))]


@needs(Permission.HOME_SETTINGS_READ)
def list_sizes(work: Work) -> dict[str, int]:
    """How many entries each list has, hidden ones included. One statement."""
    sizes: dict[str, int] = {}
    for (name,) in work.rows(work.visible(CodeEntry, CodeEntry.list_name).order_by(CodeEntry.list_name)):
        sizes[name] = sizes.get(name, 0) + 1
    return sizes
