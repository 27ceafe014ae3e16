"""Why the window cannot open on this computer, said in words that lead to the remedy.

PySide6 brings Qt itself, but not the libraries every desktop has and a bare machine lacks. Without them the import
fails with the name of one file, and the X11 plug-in ends the whole process; both are found here first. Nothing of Qt is
imported when this module is.
"""

import ctypes
import importlib
import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Final

from shelter.language import _

# Debian's and Ubuntu's packages: first what Qt needs at all, then what a real X11 screen needs besides.
PACKAGES: Final = (
    "libglib2.0-0 libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3 "
    "libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)
INSTALL: Final = f"sudo apt-get install -y --no-install-recommends {PACKAGES}"

# Qt names only the first of these when its X11 plug-in does not load, and then aborts.
_X11_LIBRARIES: Final = (
    "libxcb-cursor.so.0",
    "libxkbcommon-x11.so.0",
    "libxcb-icccm.so.4",
    "libxcb-keysyms.so.1",
    "libxcb-shape.so.0",
)
_SHARED_LIBRARY: Final = re.compile(r"\blib[\w.+-]*\.so[\w.]*")

Load = Callable[[str], object]


def why_no_window(
    *,
    load_module: Load = importlib.import_module,
    load_library: Load = ctypes.CDLL,
    environment: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
) -> str | None:
    """Load Qt's widgets; a sentence with the remedy when they, or the X11 plug-in's libraries, cannot be loaded."""
    try:
        load_module("PySide6.QtWidgets")
    except ImportError as error:
        return _about_import(error, platform)
    if platform.startswith("linux") and _will_use_x11(environment):
        for name in _X11_LIBRARIES:
            try:
                load_library(name)
            except OSError:
                return _about_library(name)
    return None


def _will_use_x11(environment: Mapping[str, str]) -> bool:
    wanted = environment.get("QT_QPA_PLATFORM")
    if wanted:
        return wanted.split(";")[0].split(":")[0] == "xcb"
    # Under Wayland Qt has another plug-in to fall back on.
    return "DISPLAY" in environment and "WAYLAND_DISPLAY" not in environment


def _about_import(error: ImportError, platform: str) -> str:
    text = str(error)
    if isinstance(error, ModuleNotFoundError):
        return _("Qt belum terpasang. Jalankan program dengan: uv run main.py")
    if platform == "win32":
        return _(
            "Jendela tidak dapat dibuka: program ini memerlukan Windows 10 versi 1809 (64-bit) atau yang lebih baru."
        )
    if "GLIBC" in text:
        return _("Jendela tidak dapat dibuka: program ini memerlukan Debian 12, Ubuntu 22.04, atau yang lebih baru.")
    if found := _SHARED_LIBRARY.search(text):
        return _about_library(found[0])
    return _("Jendela tidak dapat dibuka karena Qt tidak dapat dimuat: {reason}").format(reason=text)


def _about_library(name: str) -> str:
    sentence = _("Jendela tidak dapat dibuka karena pustaka {library} belum ada di komputer ini. Pasang dengan:")
    return sentence.format(library=name) + f"\n{INSTALL}"
