"""Draws every page in every state, to be looked at: ``uv run python -m tests.ui.screenshots FOLDER [part of a name]``.

Both themes and languages, 1366x690 and 1093x552 (a small screen at 125 %), and once with letters of 130 %. Says at the
end where something is cut or wider than its room. The same pictures come out on every run of one system.
"""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple, get_args

from PySide6.QtCore import QEvent, QLocale, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from shelter import language
from shelter.language import LANGUAGES, Language
from tests.ui import looking, samples
from ui.theme import qt_texts, style
from ui.theme.tokens import Mode

SIZES = ((1366, 690), (1093, 552))


class Shot(NamedTuple):
    """How a picture is taken."""

    mode: Mode
    language: Language
    width: int
    height: int
    scale: float

    def __str__(self) -> str:
        large = "" if self.scale == 1 else f"-{round(self.scale * 100)}"
        return f"{self.mode}-{self.language}-{self.width}x{self.height}{large}"


def shots() -> Iterator[Shot]:
    for mode, spoken, (width, height) in product(get_args(Mode), LANGUAGES, SIZES):
        yield Shot(mode, spoken, width, height, 1.0)
    for spoken, (width, height) in product(LANGUAGES, SIZES):
        yield Shot("light", spoken, width, height, 1.3)


def application() -> QApplication:
    """An application that looks the same wherever it runs."""
    running = QApplication.instance()
    made = running if isinstance(running, QApplication) else QApplication([])
    qInstallMessageHandler(_hear)
    QLocale.setDefault(QLocale("id_ID"))
    QApplication.setCursorFlashTime(0)
    qt_texts.install(made)
    return made


def _hear(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    # The offscreen platform has no window manager to tell sizes to, and says so at each window.
    if "propagateSizeHints" not in message:
        sys.stderr.write(f"{message}\n")


def draw(folder: Path, wanted: str = "") -> list[str]:
    """Draw into a folder what has this in its name; what was found wrong on the way."""
    app = application()
    folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    for shot in shots():
        style.apply(app, shot.mode, shot.scale)
        language.use(shot.language)
        for picture, name in zip(samples.PICTURES, samples.names(), strict=True):
            file = f"{name}-{shot}"
            if wanted not in file:
                continue
            ground, hold = samples.holder(shot.width, shot.height, shot.scale)
            page = picture(hold)
            samples.settle()
            found = [*looking.sideways(page), *looking.cut(page), *looking.unnamed(page)]
            wrong += [f"{file}: {line}" for line in found]
            ground.grab().save(str(folder / f"{file}.png"))
            ground.close()
            ground.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return wrong


def main(arguments: list[str]) -> int:
    if not arguments:
        sys.stderr.write("uv run python -m tests.ui.screenshots FOLDER [part of a name]\n")
        return 2
    folder = Path(arguments[0])
    wrong = draw(folder, *arguments[1:2])
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    sys.stdout.write(f"{len(list(folder.glob('*.png')))} pictures, {len(wrong)} complaints\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
