"""What a PC remembers: little, without names, and a damaged file is as good as none."""

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from ui.preferences import MOST_FACES, Preferences, Remembered, _key_of, initials_of


def test_what_is_remembered_is_there_after_a_restart(preferences: Preferences) -> None:
    preferences.language, preferences.mode, preferences.scale = "en", "dark", 1.15
    preferences.geometry = QByteArray(b"somewhere")
    preferences.remember("rumah", "ab12", "RA")
    again = Preferences(preferences.path)
    assert (again.language, again.mode, again.scale) == ("en", "dark", 1.15)
    assert again.geometry == QByteArray(b"somewhere")
    assert again.faces("rumah") == (Remembered("ab12", "RA"),)
    assert again.faces("rumah lain") == ()


def test_the_latest_comes_first_and_the_oldest_goes(preferences: Preferences) -> None:
    for number in range(MOST_FACES + 2):
        preferences.remember("rumah", f"t{number}", "AB")
    preferences.remember("rumah", "t5", "AB")
    tags = [face.tag for face in preferences.faces("rumah")]
    assert tags[:2] == ["t5", f"t{MOST_FACES + 1}"]
    assert len(tags) == MOST_FACES
    preferences.forget("rumah", "t5")
    assert "t5" not in [face.tag for face in preferences.faces("rumah")]


def test_neither_the_place_nor_a_name_is_in_the_file(preferences: Preferences) -> None:
    preferences.remember("/data/rumah aman melati", "ab12", "Ratih")
    content = preferences.path.read_text(encoding="utf-8")
    assert "melati" not in content
    assert "Ratih" not in content


@pytest.mark.parametrize("content", [b"\0\xff" * 100, b"[faces]\n", b"[look]\nscale=viel\nmode=7\nlanguage=\n"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "teduh.ini"
    path.write_bytes(content)
    damaged = Preferences(path)
    assert (damaged.mode, damaged.scale, damaged.faces("rumah")) == ("light", 1.0, ())


@pytest.mark.parametrize("stored", ["[[", "7", "[1]", '[["ab12"]]', '{"a": 1}', '[["ab12", "RA", "x"]]'])
def test_damaged_faces_are_none(preferences: Preferences, stored: str) -> None:
    preferences.remember("rumah", "ab12", "RA")
    preferences._keep(_key_of("rumah"), stored)
    assert preferences.faces("rumah") == ()


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ratih Anggraini", "RA"), ("kepala", "KE"), ("Siti", "SI"), ("dr. Mei Fang Lim", "DL"), ("", "?"), ("Ö", "Ö")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials_of(name) == letters
