"""After the lock no key lies in the memory of the process: the whole program, by itself, looked through."""

import json
import subprocess
import sys

import pytest

from tests.house.sources import ROOT
from tests.stores import TestHome

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mem")
LOCKS = ("locked", "locked again")
MOST_TEXTS = 30
Seen = dict[str, dict[str, int]]


def look(home: TestHome, how: str = "as it is") -> Seen:
    """What a visit left in memory."""
    place = str(home.folder) if home.place is None else home.place.url.render_as_string()
    command = [sys.executable, "-m", "tests.ui.session.memory", place, str(home.folder.parent), how]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
    assert ran.returncode == 0, ran.stderr
    seen: Seen = json.loads(ran.stdout)
    return seen


def kinds(found: dict[str, int]) -> set[str]:
    """Which kinds of key were found, in whatever form."""
    names = [name.removeprefix("hex of ") for name in found if not name.startswith("text: ")]
    return {name.split("/")[0].split(" (")[0] for name in names}


@pytest.mark.timeout(240)
def test_after_a_lock_no_key_is_left_in_the_clear(home: TestHome) -> None:
    seen = look(home)
    # It can find them: while the session is open they are there.
    everybody = {"private key", "house"} | ({"database", "chain"} if home.kind == "file" else set())
    assert kinds(seen["open"]) == everybody
    assert {lock: kinds(seen[lock]) for lock in LOCKS} == {lock: set() for lock in LOCKS}
    # Texts cannot be overwritten from Python; docs/security.md says how many were counted.
    assert sum(seen["locked"].values()) <= MOST_TEXTS, seen["locked"]


@pytest.mark.timeout(240)
def test_copies_that_are_not_overwritten_are_found(file_home: TestHome) -> None:
    seen = look(file_home, "careless")
    assert {"database", "house", "chain"} <= kinds(seen["locked"])
