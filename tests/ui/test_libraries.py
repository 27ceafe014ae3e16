"""A missing system library ends in a sentence with the remedy, not in a traceback or an abort."""

from collections.abc import Callable

import pytest

from tests.house.sources import ROOT
from ui.libraries import INSTALL, PACKAGES, why_no_window

X11 = {"DISPLAY": ":0"}


def _fails(error: Exception) -> Callable[[str], object]:
    def load(name: str) -> object:
        raise error

    return load


def _lacks(library: str) -> Callable[[str], object]:
    def load(name: str) -> object:
        if name == library:
            message = f"{name}: cannot open shared object file: No such file or directory"
            raise OSError(message)
        return name

    return load


@pytest.mark.parametrize(
    "library",
    ["libglib-2.0.so.0", "libGL.so.1", "libEGL.so.1", "libxkbcommon.so.0", "libfontconfig.so.1", "libdbus-1.so.3"],
)
def test_missing_library_names_it_and_the_remedy(library: str) -> None:
    error = ImportError(f"{library}: cannot open shared object file: No such file or directory")
    sentence = why_no_window(load_module=_fails(error), platform="linux")
    assert sentence is not None
    assert f"pustaka {library} belum ada" in sentence
    assert sentence.endswith(f"\n{INSTALL}")
    assert "libgl1" in INSTALL
    assert "libxcb-shape0" in INSTALL


@pytest.mark.parametrize("library", ["libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxkbcommon-x11.so.0"])
@pytest.mark.parametrize("environment", [X11, {"QT_QPA_PLATFORM": "xcb"}])
def test_missing_library_of_the_x11_plugin_is_found_before_qt_aborts(library: str, environment: dict[str, str]) -> None:
    sentence = why_no_window(load_module=str, load_library=_lacks(library), environment=environment, platform="linux")
    assert sentence is not None
    assert library in sentence
    assert INSTALL in sentence


@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        ({}, "linux"),
        (X11 | {"QT_QPA_PLATFORM": "offscreen"}, "linux"),
        (X11 | {"WAYLAND_DISPLAY": "wayland-0"}, "linux"),
        ({}, "win32"),
        ({}, "darwin"),
    ],
)
def test_libraries_of_x11_do_not_matter_elsewhere(environment: dict[str, str], platform: str) -> None:
    lacking = _lacks("libxcb-cursor.so.0")
    assert why_no_window(load_module=str, load_library=lacking, environment=environment, platform=platform) is None


@pytest.mark.parametrize(
    ("error", "platform", "words"),
    [
        (ImportError("DLL load failed while importing QtCore"), "win32", "Windows 10 versi 1809 (64-bit)"),
        (ImportError("libc.so.6: version `GLIBC_2.34' not found"), "linux", "Debian 12"),
        (ModuleNotFoundError("No module named 'PySide6'"), "linux", "uv run main.py"),
        (ImportError("something else"), "linux", "tidak dapat dimuat: something else"),
    ],
)
def test_other_reasons(error: ImportError, platform: str, words: str) -> None:
    sentence = why_no_window(load_module=_fails(error), platform=platform)
    assert sentence is not None
    assert words in sentence


@pytest.mark.parametrize("document", [".ci/run", "README.md", "docs/development.md"])
def test_the_same_packages_are_named_everywhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert [package for package in PACKAGES.split() if package not in text] == []


def test_everything_is_there() -> None:
    assert why_no_window(load_library=str, environment=X11, platform="linux") is None
    assert why_no_window(environment={"QT_QPA_PLATFORM": "offscreen"}) is None
