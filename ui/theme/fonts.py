"""The fonts of the house, loaded from their files: Inter for text, Plus Jakarta Sans for titles."""

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtGui import QFont, QFontDatabase

# The same files the papers are set in; their licences lie beside them.
FOLDER: Final = Path(__file__).parents[2] / "reports" / "fonts"
TEXT: Final = "Inter"
TITLE: Final = "Plus Jakarta Sans"

_scale: list[float] = [1.0]


class Typeface(NamedTuple):
    """A font as the guide names it: pixels at 100 %, weight, text or title, digits of one width or not."""

    px: int
    weight: int = 400
    title: bool = False
    tabular: bool = False

    def as_text(self) -> str:
        """A form that a widget's property can hold."""
        return f"{self.px} {self.weight} {int(self.title)} {int(self.tabular)}"

    @classmethod
    def of_text(cls, text: str) -> "Typeface":
        """The face behind ``as_text``."""
        px, weight, title, tabular = (int(part) for part in text.split())
        return cls(px, weight, bool(title), bool(tabular))

    def font(self) -> QFont:
        """The font at the size of letters that holds now."""
        made = QFont(TITLE if self.title else TEXT)
        made.setPixelSize(scaled(self.px))
        made.setWeight(QFont.Weight(self.weight))
        # Hinting pulls letters to whole pixels, each system in its own way.
        made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        if self.tabular:
            made.setFeature(QFont.Tag("tnum"), 1)
        return made


def scaled(px: float) -> int:
    """A length at the size of letters that holds now."""
    return round(px * _scale[0])


def scale() -> float:
    """The size of letters that holds now: 1.0, 1.15 or 1.3."""
    return _scale[0]


def use(factor: float) -> None:
    """Let the sizes asked for from now on be larger. ``style.apply`` calls it and fits everything anew."""
    _scale[0] = factor


@cache
def load() -> None:
    """Make the font files known to Qt, once per process.

    Raises:
        FileNotFoundError: a font file is missing or cannot be read.
    """
    for file in sorted(FOLDER.glob("*.ttf")):
        if QFontDatabase.addApplicationFont(str(file)) < 0:
            raise FileNotFoundError(file.name)
    if missing := {TEXT, TITLE} - set(QFontDatabase.families()):
        raise FileNotFoundError(", ".join(sorted(missing)))
