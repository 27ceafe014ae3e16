"""Opens the window: first the sign-in page and nothing else, then, once it is painted, whatever is heavy."""

import builtins
import gc
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# Qt for Python puts itself in the way of every import, for a feature that nobody here uses; so this module is imported
# before anything of Qt.
_PLAIN_IMPORT: Final = builtins.__import__


def run(place: Path | str, argv: Sequence[str] = ()) -> int:
    """Show the window for a home in a folder, or on the server that a text names; the exit code."""
    # From here on it runs when nobody waits (ui/idle.py).
    gc.disable()
    from db.process import harden

    harden()
    from PySide6.QtWidgets import QApplication

    builtins.__import__ = _PLAIN_IMPORT
    from ui.office import Office

    application = QApplication([sys.argv[0], *argv])
    application.setQuitOnLastWindowClosed(False)
    office = Office(application, place)
    sys.excepthook = office.tell_crash
    threading.excepthook = lambda what: office.tell_crash(what.exc_type, what.exc_value, what.exc_traceback)
    office.show()
    try:
        return application.exec()
    finally:
        office.close()
