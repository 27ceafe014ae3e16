"""Filling the lists, adding the house's own words, hiding and ordering entries."""

from uuid import UUID

from shelter.codelists import rules
from shelter.codelists.records import CodeEntry
from shelter.faults import RuleBroken
from shelter.rights import Permission, needs
from shelter.work import Work


@needs(Permission.CODELISTS_ENTRY_WRITE)
def fill(work: Work) -> int:
    """Add every shipped entry that is not there yet; how many. What the house hid or moved stays so."""
    known = {
        (row.list_name, row.code) for row in work.rows(work.visible(CodeEntry, CodeEntry.list_name, CodeEntry.code))
    }
    fresh = [entry for entry in rules.shipped() if (entry.list_name, entry.code) not in known]
    return work.add_many(
        CodeEntry,
        (
            {
                "list_name": entry.list_name,
                "code": entry.code,
                "label_id": entry.label_id,
                "label_en": entry.label_en,
                "note": entry.note,
                "position": entry.position,
                "locked": entry.list_name in rules.STATUTORY,
            }
            for entry in fresh
        ),
    )


@needs(Permission.CODELISTS_ENTRY_WRITE)
def add_entry(work: Work, *, list_name: str, code: str, label_id: str, label_en: str = "") -> UUID:
    """Add a word of the house's own, at the end of its list; the entry's id.

    Raises:
        RuleBroken: see ``rules.own_code``; ``code_taken`` when the list has it already.
    """
    full = rules.own_code(list_name, code, label_id)
    work.exclusive(f"codelist:{list_name}")
    taken = work.rows(
        work.visible(CodeEntry, CodeEntry.code, CodeEntry.position).where(CodeEntry.list_name == list_name)
    )
    if any(row.code == full for row in taken):
        raise RuleBroken("code_taken", "code", code=full)
    entry = CodeEntry(
        list_name=list_name,
        code=full,
        label_id=label_id.strip(),
        label_en=label_en.strip() or label_id.strip(),
        position=max((row.position for row in taken), default=0) + 1,
        own=True,
    )
    work.add(entry)
    work.flush()
    return entry.id


@needs(Permission.CODELISTS_ENTRY_WRITE)
def relabel_entry(work: Work, *, entry_id: UUID, label_id: str, label_en: str) -> None:
    """Reword one of the house's own entries.

    Raises:
        RuleBroken: the entry is shipped or locked, or the label is empty.
    """
    entry = work.get(CodeEntry, entry_id)
    rules.may_change(entry.list_name, own=entry.own, relabel=True)
    if not label_id.strip():
        raise RuleBroken("label_empty", "label_id")
    entry.label_id, entry.label_en = label_id.strip(), label_en.strip() or label_id.strip()


@needs(Permission.CODELISTS_ENTRY_WRITE)
def show_entry(work: Work, *, entry_id: UUID, active: bool) -> None:
    """Offer an entry in forms, or hide it there. Old rows go on showing it.

    Raises:
        RuleBroken: the law words this list.
    """
    entry = work.get(CodeEntry, entry_id)
    rules.may_change(entry.list_name, own=entry.own, relabel=False)
    entry.active = active


@needs(Permission.CODELISTS_ENTRY_WRITE)
def move_entry(work: Work, *, entry_id: UUID, position: int) -> None:
    """Give an entry another place in its list.

    Raises:
        RuleBroken: the law words this list.
    """
    entry = work.get(CodeEntry, entry_id)
    rules.may_change(entry.list_name, own=entry.own, relabel=False)
    entry.position = position
