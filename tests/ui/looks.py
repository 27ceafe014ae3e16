"""For tests of pages: the theme put on and taken off again, a page on stage, and a language that marks its texts."""

import gettext
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from shelter import language
from ui.theme import fonts, qt_texts, style, tokens
from ui.theme.fonts import Typeface

Page = TypeVar("Page", bound=QWidget)
Stage = Callable[[Page], Page]

# The offscreen platform has no windows to raise above others.
menus_open = pytest.mark.qt_log_ignore("does not support raise", "does not support grabbing", extend=True)

LEFT, RIGHT = "⟦", "⟧"


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> QApplication:
    """What is done once, when the program starts, before anybody's heart is watched."""
    style.apply(qapp, "light", 1.0)
    # The first letter of a font takes as long as all the others.
    image = QImage(10, 10, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    for title in (False, True):
        painter.setFont(Typeface(13, 600, title).font())
        painter.drawText(0, 10, "Melati…")
    painter.end()
    return qapp


@pytest.fixture
def look(dressed: QApplication) -> Iterator[QApplication]:
    """The light theme at 100 %, and again after the test."""
    qapp = dressed
    _light(qapp)
    # A cursor that blinks makes every picture another one.
    blinking = QApplication.cursorFlashTime()
    QApplication.setCursorFlashTime(0)
    translator = qt_texts.install(qapp)
    yield qapp
    qapp.removeTranslator(translator)
    QApplication.setCursorFlashTime(blinking)
    _light(qapp)


def _light(qapp: QApplication) -> None:
    # Another test may have gone by another way than ``apply``.
    if tokens.current() is not tokens.LIGHT or fonts.scale() != 1.0 or style.sheet() not in qapp.styleSheet():
        style.apply(qapp, "light", 1.0)


def on_stage(qtbot: QtBot, page: Page, width: int = 1093, height: int = 552) -> Page:
    """Show a page in a window that has the keyboard."""
    qtbot.addWidget(page)
    page.resize(width, height)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    settle()
    return page


def settle() -> None:
    """Let everything take its place; each round, news of a changed size climbs one layout further."""
    for _round in range(12):
        QApplication.processEvents()


class Marking(gettext.NullTranslations):
    """A language whose every text stands in brackets, and is longer by half."""

    def gettext(self, message: str) -> str:
        return f"{LEFT}{message}{'~' * (len(message) // 2)}{RIGHT}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak the marking language instead of English, once ``language.use("en")`` is said."""
    marking, plain = Marking(), gettext.NullTranslations()
    monkeypatch.setattr(language, "_catalogue", lambda spoken: marking if spoken == "en" else plain)
