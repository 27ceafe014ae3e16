"""The named colours of both themes, asked for while drawing, so that a change of theme is felt at once."""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from PySide6.QtGui import QColor

Mode = Literal["light", "dark"]


@dataclass(frozen=True)
class Tokens:
    """One theme. Pairs that carry text keep 4.5:1, outlines and focus 3:1; a test computes them anew."""

    sunken: str
    canvas: str
    surface: str
    raised: str
    hover: str
    border: str
    border_strong: str
    text: str
    text2: str
    text3: str
    disabled: str
    primary: str
    primary_hover: str
    primary_press: str
    on_primary: str
    primary_soft: str
    on_primary_soft: str
    danger: str
    danger_soft: str
    warning: str
    warning_soft: str
    success: str
    success_soft: str
    info: str
    info_soft: str
    plum: str
    plum_soft: str
    warm: str
    warm_soft: str

    @property
    def focus(self) -> str:
        """The ring round whatever the keyboard reaches now."""
        return self.primary

    @property
    def selection(self) -> str:
        """The ground of a chosen row."""
        return self.primary_soft


LIGHT: Final = Tokens(
    sunken="#EDEAE2",
    canvas="#F6F4EF",
    surface="#FFFFFF",
    raised="#FFFFFF",
    hover="#F3F0E9",
    border="#E3DED3",
    border_strong="#868278",
    text="#1F2A2B",
    text2="#505B5B",
    text3="#5F6867",
    disabled="#A09C92",
    primary="#1B6A64",
    primary_hover="#155752",
    primary_press="#0F4541",
    on_primary="#FFFFFF",
    primary_soft="#DFEEEA",
    on_primary_soft="#12504B",
    danger="#A3302B",
    danger_soft="#FBE8E5",
    warning="#7F5300",
    warning_soft="#FBEFD2",
    success="#2C6B3C",
    success_soft="#E3F0E3",
    info="#2A5A8E",
    info_soft="#E4EDF7",
    plum="#6B4783",
    plum_soft="#F0E8F5",
    warm="#A34A21",
    warm_soft="#FAE9DE",
)
DARK: Final = Tokens(
    sunken="#101516",
    canvas="#151B1C",
    surface="#1D2526",
    raised="#263132",
    hover="#232C2D",
    border="#303B3C",
    border_strong="#7F8C8B",
    text="#E9EDEB",
    text2="#B7C1BF",
    text3="#98A4A2",
    disabled="#6C7877",
    primary="#6EC7BA",
    primary_hover="#86D4C8",
    primary_press="#58B3A6",
    on_primary="#08302C",
    primary_soft="#1E3B38",
    on_primary_soft="#A3E2D8",
    danger="#F29C94",
    danger_soft="#402321",
    warning="#E8C06C",
    warning_soft="#3A2F15",
    success="#93CE9C",
    success_soft="#1E3425",
    info="#93BBEC",
    info_soft="#1D2D43",
    plum="#CBABDF",
    plum_soft="#33263C",
    warm="#F0A37B",
    warm_soft="#40291D",
)

# One person sits at one window: the theme belongs to the process, as the language does.
_current: list[Tokens] = [LIGHT]


def use(mode: Mode) -> None:
    """Draw with this theme from now on. ``style.apply`` calls it and repaints everything."""
    _current[0] = LIGHT if mode == "light" else DARK


def current() -> Tokens:
    """The theme that is drawn with now."""
    return _current[0]


def value(name: str) -> str:
    """The colour behind a name, as ``#RRGGBB``."""
    return str(getattr(_current[0], name))


def colour(name: str) -> QColor:
    """The colour behind a name."""
    return _made(value(name))


@cache
def _made(code: str) -> QColor:
    return QColor(code)
