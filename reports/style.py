"""How a paper looks: fonts, colours, named styles, and how a text or a date is written on it.

Papers are Indonesian only: they are official, and the same row must give the same bytes whatever language the program
is shown in. So their texts stand here as they are, without ``_``.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final
from xml.sax.saxutils import escape as escape_markup

from babel.dates import format_date
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.fonts import addMapping
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT_DIR: Final = Path(__file__).parent / "fonts"

# The name a font is registered under is the name of its file.
REGULAR: Final = "Inter-Regular"
MEDIUM: Final = "Inter-Medium"
SEMIBOLD: Final = "Inter-SemiBold"
BOLD: Final = "Inter-Bold"
TITLE_SEMIBOLD: Final = "PlusJakartaSans-SemiBold"
TITLE_BOLD: Final = "PlusJakartaSans-Bold"
FONTS: Final = (REGULAR, MEDIUM, SEMIBOLD, BOLD, TITLE_SEMIBOLD, TITLE_BOLD)

# The light theme of the window, on white. Each text colour keeps 4.5:1 there, so a black and white copy can be read.
INK: Final[Color] = HexColor("#1F2A2B")
QUIET: Final[Color] = HexColor("#505B5B")
ACCENT: Final[Color] = HexColor("#1B6A64")
ALERT: Final[Color] = HexColor("#A3302B")
HAIRLINE: Final[Color] = HexColor("#C9C3B6")

_registering = Lock()


def register_fonts() -> None:
    """Make the fonts of the house known to ReportLab, at the first paper and never again.

    A second registration would replace a font another thread is drawing with, and lose that thread's letters.
    """
    with _registering:
        known = pdfmetrics.getRegisteredFontNames()
        for name in FONTS:
            if name not in known:
                pdfmetrics.registerFont(TTFont(name, str(FONT_DIR / f"{name}.ttf")))
        # What <b> and <i> in a paragraph turn into. The house ships no italic, so <i> stays upright.
        for bold, name in ((0, REGULAR), (1, SEMIBOLD)):
            for italic in (0, 1):
                addMapping(REGULAR, bold, italic, name)


def escape(text: str) -> str:
    """The text as a paragraph shows it letter by letter: no tag in it is obeyed, no picture in it is fetched."""
    return escape_markup(text)


def long_date(day: date) -> str:
    """A day as papers write it: ``21 November 2026``."""
    return format_date(day, "d MMMM y", locale="id")


@dataclass(frozen=True)
class Styles:
    """The named paragraph styles. They are shared by all papers: derive a new one, never change one in place."""

    title: ParagraphStyle
    heading: ParagraphStyle
    body: ParagraphStyle
    note: ParagraphStyle
    item: ParagraphStyle
    aside: ParagraphStyle


@cache
def styles() -> Styles:
    """The named styles of the house; sizes and leading in points."""
    register_fonts()
    # Bullets have a font of their own, which ReportLab sets to an unembedded Helvetica unless told otherwise.
    body = ParagraphStyle(
        "body", fontName=REGULAR, fontSize=11, leading=16, textColor=INK, bulletFontName=REGULAR, bulletColor=INK
    )
    item = ParagraphStyle(
        "item",
        body,
        fontSize=9.5,
        leading=13,
        leftIndent=16,
        spaceAfter=2.5,
        bulletFontName=SEMIBOLD,
        bulletFontSize=9.5,
        bulletColor=ACCENT,
    )
    return Styles(
        title=ParagraphStyle("title", body, fontName=TITLE_BOLD, fontSize=26, leading=32),
        heading=ParagraphStyle("heading", body, fontName=TITLE_BOLD, fontSize=11.5, leading=15, spaceAfter=4),
        body=body,
        note=ParagraphStyle("note", body, fontSize=8.5, leading=12, textColor=QUIET),
        item=item,
        aside=ParagraphStyle("aside", item, leftIndent=0, spaceBefore=2),
    )
