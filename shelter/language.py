"""The two languages of the program: Indonesian in the source, English by gettext.

Every text a person reads passes through ``_`` (or ``ngettext``) at the moment it is shown, never at import, so that a
switch of language is felt at once. Never hand ``_`` an f-string: the extractor takes the template literally; use
``_("… {name} …").format(name=…)``.
"""

import gettext
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

Language = Literal["id", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LOCALE_DIR: Final = Path(__file__).parent / "locale"

# One person sits at one program: the language belongs to the process, whichever thread shows the text.
_current: list[Language] = ["id"]


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation("teduh", LOCALE_DIR, [language], fallback=language == "id")


def use(language: Language) -> None:
    """Switch the language of all texts shown from now on, in every thread."""
    _current[0] = language


def current() -> Language:
    """The language texts are shown in now: ``id`` unless somebody switched."""
    return _current[0]


def _(text: str) -> str:
    """The text in the current language; the Indonesian itself when there is no translation."""
    return _catalogue(_current[0]).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The text for ``count`` things; Indonesian has one form, English two."""
    return _catalogue(_current[0]).ngettext(one, many, count)
