"""Opens the window: first the sign-in page and nothing else, then, once it is painted, whatever is heavy."""

import builtins
import sys
from collections.abc import Sequence
from pathlib import Path

from ui import idle


def run(place: Path | str, argv: Sequence[str] = ()) -> int:
    """Show the window for a home in a folder, or on the server that a text names; the exit code.

    Raises:
        ServerTrouble: ``url`` when the text is no address and no connection file.
    """
    idle.begin()
    # Qt for Python puts itself in the way of every import, for a feature that nobody here uses.
    plain_import = builtins.__import__
    from PySide6.QtWidgets import QApplication

    builtins.__import__ = plain_import
    from ui.office import Office

    application = QApplication([sys.argv[0], *argv])
    application.setQuitOnLastWindowClosed(False)
    office = Office(application, place)
    office.show()
    try:
        return application.exec()
    finally:
        office.close()
