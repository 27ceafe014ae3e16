"""The start: nothing heavy before the first picture, the collector off, and Qt out of the way of every import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT
from tests.stores import TestHome

HEAVY = {"alembic", "argon2", "cryptography", "psycopg", "reportlab", "sqlalchemy", "sqlcipher3", "zxcvbn"}

# Each step of the start writes down what is loaded then; the window closes itself once all is warm.
_PROGRAM = """
import builtins, gc, json, sys, threading
from pathlib import Path

plain = builtins.__import__
log = {}

def look(when):
    log.setdefault(when, {
        "loaded": sorted({name.split(".")[0] for name in sys.modules}),
        "collector": gc.isenabled(),
        "plain import": builtins.__import__ is plain,
        "frozen": gc.get_freeze_count(),
        "thread": threading.current_thread() is threading.main_thread(),
    })

from ui import app
look("imported")
CHANGE
import ui.office as office
look("the office is there")
paint, load, settle = office.MainWindow.paintEvent, office.load_heavy, office.Office._settle

def painting(self, event):
    look("first picture")
    paint(self, event)

def loading(kind):
    look("warming up")
    load(kind)
    look("warm")

def settling(self):
    settle(self)
    look("settled")
    self.window.close()

office.MainWindow.paintEvent, office.load_heavy, office.Office._settle = painting, loading, settling
if app.run(Path(sys.argv[1])):
    sys.exit("it did not end well")
print(json.dumps(log))
"""


def start(folder: Path, change: str = "") -> dict[str, dict[str, object]]:
    """What was so at each step of a start."""
    command = [sys.executable, "-c", _PROGRAM.replace("CHANGE", change), str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)
    assert ran.returncode == 0, ran.stderr
    log: dict[str, dict[str, object]] = json.loads(ran.stdout)
    return log


def loaded(log: dict[str, dict[str, object]], when: str) -> set[str]:
    """The packages that were there by then."""
    names = log[when]["loaded"]
    assert isinstance(names, list)
    return set(names)


@pytest.fixture
def log(file_home: TestHome) -> dict[str, dict[str, object]]:
    return start(file_home.folder)


def test_the_first_picture_waits_for_nothing_heavy(log: dict[str, dict[str, object]]) -> None:
    assert loaded(log, "first picture") & HEAVY == set()
    assert "PySide6" not in loaded(log, "imported")
    # Afterwards, and in a thread of its own.
    assert {"sqlalchemy", "sqlcipher3", "argon2", "cryptography"} <= loaded(log, "warm")
    assert log["warming up"]["thread"] is False
    assert log["settled"]["thread"] is True


def test_the_collector_rests_and_what_is_loaded_is_never_looked_at_again(log: dict[str, dict[str, object]]) -> None:
    assert [log[when]["collector"] for when in ("first picture", "warming up", "settled")] == [False, False, False]
    assert log["first picture"]["frozen"] == 0
    frozen = log["settled"]["frozen"]
    assert isinstance(frozen, int)
    assert frozen > 10_000


def test_qt_is_out_of_the_way_of_imports(log: dict[str, dict[str, object]]) -> None:
    assert [log[when]["plain import"] for when in ("first picture", "warming up", "settled")] == [True, True, True]


def test_a_heavy_import_too_early_is_found(file_home: TestHome) -> None:
    assert "sqlalchemy" in loaded(start(file_home.folder, "import sqlalchemy"), "first picture")


def test_without_putting_it_back_qt_would_be_in_the_way() -> None:
    code = "import builtins; plain = builtins.__import__; import PySide6.QtCore; print(builtins.__import__ is plain)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
