"""Every page in every state: nothing cut or sideways, all of it named; theme and language change while it stands."""

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from shelter import language
from shelter.codelists.rules import shipped
from tests.ui import looking, samples
from tests.ui.looks import LEFT, RIGHT, on_stage, settle
from tests.ui.samples import PICTURES, Hold
from ui.staff.accounts_page import AccountsPage
from ui.theme import style, tokens
from ui.theme.tokens import Tokens
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.label import Label, Words
from ui.widgets.line_field import LineEdit, LineField
from ui.widgets.password_field import PasswordEdit
from ui.widgets.scroll import DownScroll

Picture = Callable[[Hold], QWidget]

every_picture = pytest.mark.parametrize("picture", PICTURES, ids=list(samples.names()))
# What is the same in every language, or was handed in by whoever knows the language.
SAME = {"Teduh", "Bahasa Indonesia", "English", samples.PHRASE}


@pytest.fixture
def heartbeat() -> None:
    """Pages are built, repainted and measured here by the dozen; how long that takes is asked elsewhere."""


class Staging(Protocol):
    """Shows a picture's page in a window of its own."""

    def __call__(self, picture: Picture, width: int = 1093, height: int = 552, scale: float = 1.0) -> QWidget: ...


@pytest.fixture
def staged(look: QApplication, qtbot: QtBot) -> Staging:
    windows: list[QWidget] = []

    def stage(picture: Picture, width: int = 1093, height: int = 552, scale: float = 1.0) -> QWidget:
        ground, hold = samples.holder(width, height, scale)
        qtbot.addWidget(ground)
        # A window that only a page knows would go with the end of this call.
        windows.append(ground)
        page = picture(hold)
        settle()
        return page

    return stage


def complaints(page: QWidget) -> Iterator[str]:
    yield from looking.sideways(page)
    yield from looking.cut(page)
    yield from looking.unnamed(page)


@every_picture
@pytest.mark.parametrize(("width", "height", "scale"), [(1093, 552, 1.0), (1093, 552, 1.3)])
def test_nothing_is_cut_or_sideways_or_nameless(
    look: QApplication, staged: Staging, picture: Picture, width: int, height: int, scale: float
) -> None:
    style.apply(look, "light", scale)
    page = staged(picture, width, height, scale)
    assert list(complaints(page)) == []


@every_picture
def test_half_as_long_again_every_text_still_fits(
    look: QApplication, staged: Staging, marked: None, picture: Picture
) -> None:
    language.use("en")
    page = staged(picture)
    assert list(complaints(page)) == []
    plain = {text for text in looking.texts(page) if text and LEFT not in text}
    assert plain - SAME - handed_in() == set()


@every_picture
def test_a_standing_page_changes_its_language(
    look: QApplication, staged: Staging, marked: None, picture: Picture
) -> None:
    page = staged(picture)
    before = list(looking.texts(page))
    assert not any(LEFT in text for text in before)
    language.use("en")
    page.retranslate()  # type: ignore[attr-defined]
    plain = {text for text in looking.texts(page) if text and not (LEFT in text and RIGHT in text)}
    # What a field said before it was mended stays as it was said.
    troubles = {field.trouble for field in page.findChildren(LineField)}
    assert plain - SAME - handed_in() - troubles == set()
    language.use("id")
    page.retranslate()  # type: ignore[attr-defined]
    assert list(looking.texts(page)) == before


@every_picture
def test_a_standing_page_changes_its_theme(look: QApplication, staged: Staging, picture: Picture) -> None:
    page = staged(picture)
    light = taken(page)
    style.apply(look, "dark", 1.0)
    settle()
    dark = taken(page)
    style.apply(look, "light", 1.0)
    settle()
    assert not differing(taken(page), light)
    # The keyboard goes to the next window, and with it the ring.
    page.window().close()
    style.apply(look, "dark", 1.0)
    assert not differing(dark, taken(staged(picture)))
    assert not grounds_in(light) & grounds_of(tokens.DARK)
    assert not grounds_in(dark) & grounds_of(tokens.LIGHT)


def taken(page: QWidget) -> QImage:
    return page.window().grab().toImage()


def test_a_standing_sheet_keeps_to_its_edge_when_letters_grow(look: QApplication, staged: Staging) -> None:
    page = staged(samples.accounts_sheet)
    assert isinstance(page, AccountsPage)
    style.apply(look, "light", 1.3)
    settle()
    assert page.sheet.width() == 572
    assert page.sheet.geometry().right() == page.width() - 2
    assert list(complaints(page)) == []


def grounds_in(image: QImage) -> set[str]:
    places = ((x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 5))
    return {image.pixelColor(x, y).name().upper() for x, y in places}


def grounds_of(theme: Tokens) -> set[str]:
    """Colours that only this theme has. White is left out: the dark theme has it nowhere, but a letter's edge may."""
    return {theme.sunken, theme.canvas, theme.surface, theme.hover, theme.border, theme.primary_soft} - {"#FFFFFF"}


def differing(one: QImage, other: QImage) -> list[tuple[int, int]]:
    """Where two pictures are not the same; at most a few places."""
    if one == other:
        return []
    assert one.size() == other.size()
    rows = [y for y in range(one.height()) if one.copy(0, y, one.width(), 1) != other.copy(0, y, one.width(), 1)]
    return [(x, y) for y in rows[:3] for x in range(one.width()) if one.pixel(x, y) != other.pixel(x, y)][:20]


def handed_in() -> set[str]:
    """Names and sentences that a page only shows."""
    people = {part for view in samples.views() for part in (view.login, view.display_name)}
    people |= {view.display_name for view in samples.views(5)}
    faces = {part for face in samples.FACES for part in (face.initials, face.name)}
    roles = {label for row in shipped() if row.list_name == "user_role" for label in (row.label_id, row.label_en)}
    numbers = {str(number) for number in range(1, 15)}
    return people | faces | roles | numbers | samples.SENTENCES


# --- the looking itself


def test_a_page_wider_than_its_room_is_found(look: QApplication, qtbot: QtBot) -> None:
    page = QFrame()
    inside = QWidget(page)
    inside.setGeometry(80, 0, 40, 20)
    on_stage(qtbot, page, 100, 50)
    assert any("reaches beyond" in line for line in looking.sideways(page))


def test_a_scrolled_page_wider_than_its_room_is_found(look: QApplication, qtbot: QtBot) -> None:
    inside, broad = QWidget(), QWidget()
    broad.setMinimumWidth(500)
    QVBoxLayout(inside).addWidget(broad)
    page = QFrame()
    scroll = DownScroll(inside, 0, page)
    scroll.setGeometry(0, 0, 100, 50)
    on_stage(qtbot, page, 100, 50)
    assert any("needs 5" in line for line in looking.sideways(page))


def test_a_cut_text_is_found(look: QApplication, qtbot: QtBot) -> None:
    page = QFrame()
    label, elided = Label(parent=page), ElidedLabel(parent=page)
    label.setText("Kepala rumah perlindungan")
    elided.set_whole("Kepala rumah perlindungan")
    label.setGeometry(0, 0, 60, 18)
    elided.setGeometry(0, 20, 60, 18)
    on_stage(qtbot, page, 200, 100)
    assert [line.split()[0] for line in looking.cut(page)] == ["Label"]


def test_lines_that_grew_beyond_their_room_are_found(look: QApplication, qtbot: QtBot) -> None:
    page = QFrame()
    words = Words(parent=page)
    words.setGeometry(0, 0, 60, 18)
    on_stage(qtbot, page, 60, 20)
    assert list(looking.sideways(page)) == []
    words.set_words("Kepala rumah perlindungan")
    assert any("reaches beyond" in line for line in looking.sideways(page))


def test_letters_without_room_are_found(look: QApplication, qtbot: QtBot) -> None:
    page = QFrame()
    label = Label(26, parent=page)
    label.setText("Melati")
    label.setGeometry(0, 0, 150, 12)
    on_stage(qtbot, page, 200, 100)
    assert any("its letters" in line for line in looking.cut(page))


def test_a_nameless_or_tiny_control_is_found(look: QApplication, qtbot: QtBot) -> None:
    page = QFrame()
    button, line = QPushButton("x", page), LineEdit(parent=page)
    button.setGeometry(0, 0, 20, 20)
    line.move(0, 30)
    on_stage(qtbot, page, 200, 100)
    found = list(looking.unnamed(page))
    assert "QPushButton '' is 20 x 20" in found
    assert "LineEdit '' is called ''" in found


def test_a_text_that_forgot_to_change_is_found(look: QApplication, qtbot: QtBot, marked: None) -> None:
    language.use("en")
    page = QFrame()
    label, secret = Label(parent=page), PasswordEdit(parent=page)
    label.setText("Masuk")
    on_stage(qtbot, page, 200, 100)
    texts = [text for text in looking.texts(page) if text]
    assert "Masuk" in texts
    assert secret.eye.accessibleName() in texts
    assert secret.eye.accessibleName().startswith(LEFT)
