"""What holds for every test: no screen, folders of its own, no settings from outside, and the guards of guards.py."""

import os

# Before anything imports Qt, so that plain `pytest` runs without a screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["tests.guards", "tests.stores"]

_HOMES = {
    "HOME": "home",
    "USERPROFILE": "home",
    "XDG_DATA_HOME": "data",
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "runtime",
    "XDG_DOCUMENTS_DIR": "documents",
    "APPDATA": "roaming",
    "LOCALAPPDATA": "local",
    # platformdirs asks Windows itself unless these are set.
    "WIN_PD_OVERRIDE_APPDATA": "roaming",
    "WIN_PD_OVERRIDE_LOCAL_APPDATA": "local",
    "WIN_PD_OVERRIDE_COMMON_APPDATA": "common",
    "WIN_PD_OVERRIDE_PERSONAL": "documents",
    "TMPDIR": "tmp",
    "TEMP": "tmp",
    "TMP": "tmp",
}
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder below which all the program's standard folders lie during this test."""
    # Not inside tmp_path, which a test may want to find empty; and short, since sockets allow only about 100 letters.
    home = tmp_path_factory.getbasetemp() / "h" / str(next(_numbers))
    for folder in set(_HOMES.values()):
        (home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, folder in _HOMES.items():
        monkeypatch.setenv(name, str(home / folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("TEDUH_")]:
        monkeypatch.delenv(name)
