"""The English texts: collects every Indonesian text of the program into the catalogue and compiles it.

Run it after adding texts: ``uv run python -m tests.house.catalogue``. Translations already there are kept, texts no
longer in the program go; then it names what still wants an English text. Fill that into the ``.po`` and run it again.
"""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tests.house.sources import ROOT, Source, program

PO = ROOT / "shelter/locale/en/LC_MESSAGES/teduh.po"
MO = PO.with_suffix(".mo")
KEYWORDS = {"_": None, "ngettext": (1, 2)}
# Babel would write a header with dates and tool versions, which change without any text having changed.
HEADER = """\
# Indonesian texts of the program and their English. Made by `uv run python -m tests.house.catalogue`.
msgid ""
msgstr ""
"Project-Id-Version: Teduh\\n"
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)


def texts(sources: tuple[Source, ...]) -> Iterator[tuple[str, str | tuple[str, str]]]:
    """Every text of the program with the file it stands in; a pair when it has a plural."""
    for source in sources:
        lines = io.BytesIO(source.text.encode())
        for _line, message, _comments, _context in extract("python", lines, KEYWORDS):
            if isinstance(message, str):
                yield source.path, message
            elif len(message) == 2:
                yield source.path, (message[0], message[1])


def load(po: Path) -> Catalog:
    """The catalogue as it stands; an empty one when there is none yet."""
    if not po.exists():
        return Catalog(locale="en")
    with po.open("rb") as file:
        return read_po(file, locale="en")


def collect(sources: tuple[Source, ...], known: Catalog) -> Catalog:
    """A catalogue of exactly the program's texts, with the English that ``known`` has for them."""
    catalogue = Catalog(locale="en")
    for path, text in texts(sources):
        before = known.get(text if isinstance(text, str) else text[0])
        string = before.string if before is not None and before.pluralizable is isinstance(text, tuple) else ""
        flags = before.flags & {"fuzzy"} if before is not None else ()
        catalogue.add(text, string or None, locations=[(path, 0)], flags=flags)
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """The catalogue as text: in the order of the files, without dates and line numbers, so that changes stay small."""
    body = io.BytesIO()
    write_po(body, catalogue, width=120, omit_header=True, include_lineno=False, sort_by_file=True)
    return HEADER.encode() + body.getvalue()


def as_mo(po: bytes) -> bytes:
    """The compiled form of a catalogue's text: the same bytes for the same text."""
    catalogue = read_po(io.BytesIO(po), locale="en")
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def translated(message: Message) -> bool:
    """Whether a text has its English, with all its plural forms, and nobody doubts it."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    return all(forms) and not message.fuzzy


def main() -> int:
    """Bring catalogue and compiled form up to date; 1 when texts still want an English one."""
    catalogue = collect(program(), load(PO))
    PO.parent.mkdir(parents=True, exist_ok=True)
    po = as_po(catalogue)
    PO.write_bytes(po)
    MO.write_bytes(as_mo(po))
    waiting = [message for message in catalogue if message.id and not translated(message)]
    for message in waiting:
        print(f"{message.locations[0][0]}: {message.id!r}")
    print(f"{len(catalogue)} texts, {len(waiting)} without English")
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
