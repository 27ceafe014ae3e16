"""Rules of the code lists, and the words the program ships."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from shelter.faults import RuleBroken

STATUTORY: Final = frozenset({"tppo_proses", "tppo_cara", "tppo_tujuan"})
"""Lists whose words UU 21/2007 art. 1 gives: locked (handbook section 11)."""
OWN_PREFIX: Final = "X_"
_CODE: Final = re.compile(r"X_[A-Z0-9_]{1,56}")


@dataclass(frozen=True)
class Shipped:
    """An entry as the program ships it."""

    list_name: str
    code: str
    label_id: str
    label_en: str
    note: str
    position: int


@cache
def shipped() -> tuple[Shipped, ...]:
    """Every entry of every list the program ships, in order."""
    path = Path(__file__).parent / "data" / "codelists.json"
    lists = json.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Shipped(name, entry["code"], entry["id"], entry["en"], entry.get("note", ""), position)
        for name, entries in lists.items()
        for position, entry in enumerate(entries, start=1)
    )


@cache
def list_names() -> frozenset[str]:
    """The names of all lists."""
    return frozenset(entry.list_name for entry in shipped())


def own_code(list_name: str, code: str, label_id: str) -> str:
    """The code of an entry the house adds itself, with its prefix.

    Raises:
        RuleBroken: ``list_unknown``, ``list_locked``, ``label_empty`` or ``code_form``.
    """
    if list_name not in list_names():
        raise RuleBroken("list_unknown", "list_name", name=list_name)
    if list_name in STATUTORY:
        raise RuleBroken("list_locked", "list_name", name=list_name)
    if not label_id.strip():
        raise RuleBroken("label_empty", "label_id")
    wanted = code.strip().upper()
    full = wanted if wanted.startswith(OWN_PREFIX) else OWN_PREFIX + wanted
    if not _CODE.fullmatch(full):
        raise RuleBroken("code_form", "code", code=full)
    return full


def may_change(list_name: str, *, own: bool, relabel: bool) -> None:
    """Whether an entry may be changed: a locked list never, a shipped entry only hidden or moved.

    Raises:
        RuleBroken: ``list_locked`` or ``entry_shipped``.
    """
    if list_name in STATUTORY:
        raise RuleBroken("list_locked", "list_name", name=list_name)
    if relabel and not own:
        raise RuleBroken("entry_shipped", "label_id")
