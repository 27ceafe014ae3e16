"""What this PC remembers of the window: how it looks, and who was here last. No name and nothing of the work."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

MOST_FACES: Final = 8
_LONGEST_INITIALS: Final = 2


@dataclass(frozen=True)
class Remembered:
    """Somebody who signed in on this PC: the store's tag for the sign-in name, and two letters."""

    tag: str
    initials: str


class Preferences:
    """An ini file of this user on this PC. A damaged one is as good as none."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(platformdirs.user_config_dir("Teduh", appauthor=False)) / "teduh.ini"
        self._file = QSettings(str(self.path), QSettings.Format.IniFormat)

    @property
    def language(self) -> str:
        """``id`` or ``en``; empty when nobody chose."""
        return self._text("look/language")

    @language.setter
    def language(self, code: str) -> None:
        self._keep("look/language", code)

    @property
    def mode(self) -> Literal["light", "dark"]:
        """Which of the two themes."""
        return "dark" if self._text("look/mode") == "dark" else "light"

    @mode.setter
    def mode(self, mode: Literal["light", "dark"]) -> None:
        self._keep("look/mode", mode)

    @property
    def scale(self) -> float:
        """How large letters are, times their usual size."""
        try:
            scale = float(self._text("look/scale") or 1.0)
        except ValueError:
            return 1.0
        return scale if scale in {1.0, 1.15, 1.3} else 1.0

    @scale.setter
    def scale(self, scale: float) -> None:
        self._keep("look/scale", str(scale))

    @property
    def geometry(self) -> QByteArray:
        """Where the window stood, as Qt writes it."""
        stored = self._file.value("window/geometry")
        return stored if isinstance(stored, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._file.setValue("window/geometry", geometry)
        self._file.sync()

    def faces(self, place: str) -> tuple[Remembered, ...]:
        """Who signed in to this home here, the latest first."""
        try:
            stored = json.loads(self._text(_key_of(place)) or "[]")
            return tuple(Remembered(str(tag), str(initials)[:_LONGEST_INITIALS]) for tag, initials in stored)
        except (ValueError, TypeError):
            return ()

    def remember(self, place: str, tag: str, initials: str) -> None:
        """Somebody signed in just now."""
        known = [one for one in self.faces(place) if one.tag != tag]
        kept = [Remembered(tag, initials[:_LONGEST_INITIALS]), *known][:MOST_FACES]
        self._keep(_key_of(place), json.dumps([[one.tag, one.initials] for one in kept]))

    def forget(self, place: str, tag: str) -> None:
        """Do not offer somebody any more."""
        kept = [one for one in self.faces(place) if one.tag != tag]
        self._keep(_key_of(place), json.dumps([[one.tag, one.initials] for one in kept]))

    def _text(self, key: str) -> str:
        stored = self._file.value(key, "")
        return stored if isinstance(stored, str) else ""

    def _keep(self, key: str, value: str) -> None:
        self._file.setValue(key, value)
        self._file.sync()


def _key_of(place: str) -> str:
    """The home's place as a key: a folder's name may tell too much."""
    return f"faces/{hashlib.blake2b(place.encode(errors='surrogatepass'), digest_size=8).hexdigest()}"


def initials_of(name: str) -> str:
    """Two letters of a name: the first of the first word and of the last."""
    words = [word for word in name.split() if word[0].isalnum()] or name.split()
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])).upper()
