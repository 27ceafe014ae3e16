"""The pictures that are looked at can be drawn, and come out the same twice."""

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.house.sources import ROOT

WANTED = "sign-in-error-dark-id-1093x552"


def drawn(folder: Path, wanted: str = WANTED) -> tuple[int, str, dict[str, str]]:
    command = [sys.executable, "-m", "tests.ui.screenshots", str(folder), wanted]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.png")}
    return answer.returncode, answer.stdout + answer.stderr, files


def test_two_runs_draw_the_same_picture(tmp_path: Path) -> None:
    first, second = drawn(tmp_path / "1"), drawn(tmp_path / "2")
    assert first[:2] == (0, "1 pictures, 0 complaints\n")
    assert list(first[2]) == [f"{WANTED}.png"]
    assert second == first


def test_without_a_folder_it_says_how(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.ui.screenshots"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "FOLDER" in answer.stderr
