"""Every page in every state that is looked at: with invented people, a fixed clock and a fixed suggestion."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QWidget

from shelter import language
from shelter.codelists.rules import shipped
from shelter.rights import Role
from ui.session.faces import Face
from ui.session.lock_page import LockPage
from ui.session.recovery_page import RecoveryPage
from ui.session.sign_in_page import SignInPage
from ui.session.tirai import Tirai
from ui.staff.accounts_page import AccountsPage, AccountView

Page = TypeVar("Page", bound=QWidget)


class Hold(Protocol):
    """Puts a page into a window and shows it, so that what is done to it next happens before somebody's eyes."""

    def __call__(self, page: Page) -> Page: ...


FACES = (
    Face("tag-a", "RK", "Rina Kartika"),
    Face("tag-b", "DL", "Dewi Lestari"),
    Face("tag-3", "HB", "Halimah binti Abdul Wahab Siregar"),
    Face("tag-d", "U", "Uray"),
)
WORDS = (
    "anggrek", "balkon", "cerita", "dapur", "embun", "fajar", "gajah",
    "hutan", "intan", "jambu", "kabut", "langit", "madu", "nada",
)  # fmt: skip
PHRASE = "gajah payung tenang sore"
NOW = datetime(2026, 11, 21, 2, 5, tzinfo=UTC)
NAMES = (
    ("ningsih", "Ningsih Hartati", ("KEPALA", "ADMIN"), "active"),
    ("ratih", "Ratih Anggraini", ("PEKSOS",), "active"),
    ("theresia", "Theresia Lestari", ("PSIKOLOG",), "active"),
    ("dodi", "Yohanes Dodi", ("INSTRUKTUR",), "active"),
    ("halimah", "Halimah", ("PETUGAS",), "active"),
    ("mei", "Mei Fang", ("PERAWAT",), "active"),
    ("igat", "Stefanus Igat", ("PENDAMPING_HUKUM",), "disabled"),
    ("wahyu", "Wahyu Hidayat", ("OPERATOR",), "active"),
)


def suggest() -> str:
    return PHRASE


SENTENCES: set[str] = set()
"""Whatever was handed over by ``said``."""


def said(indonesian: str, english: str) -> str:
    """A sentence as ``ui/messages.py`` would hand it over, in the language spoken now."""
    SENTENCES.update((indonesian, english))
    return english if language.current() == "en" else indonesian


def role_labels() -> dict[str, str]:
    """The words of the code list, in the language spoken now."""
    english = language.current() == "en"
    rows = (row for row in shipped() if row.list_name == "user_role")
    return {row.code: row.label_en if english else row.label_id for row in rows}


def views(count: int = 0) -> tuple[AccountView, ...]:
    """The usual staff; or so many people with long names and every role."""
    if not count:
        return tuple(
            AccountView(UUID(int=number), login, name, roles, "active" if state == "active" else "disabled")
            for number, (login, name, roles, state) in enumerate(NAMES, start=1)
        )
    long = "Raden Ajeng Kartini Wulandari Kusumaningrum Hadiwijoyo, S.Tr.Sos., M.Psi. ({n})"
    return tuple(
        AccountView(
            UUID(int=number),
            f"kusumaningrum.hadiwijoyo.{number}",
            long.format(n=number),
            tuple(Role),
            "active" if number % 7 else "disabled",
        )
        for number in range(1, count + 1)
    )


# --- one function per picture


def sign_in(hold: Hold) -> QWidget:
    page = hold(SignInPage())
    page.set_faces(FACES, show_names=False)
    page.set_greeting(8)
    page.set_place("file")
    page.focus_first()
    return page


def sign_in_names(hold: Hold) -> QWidget:
    page = hold(SignInPage())
    page.set_faces(FACES, show_names=True)
    page.set_greeting(13)
    page.set_place("server")
    page.tiles.choose(2)
    page.focus_first()
    page.entry.field.set_text("gajah payung")
    page.entry.field.line.eye.setChecked(True)
    page.entry.field.caps.show()
    return page


def sign_in_empty(hold: Hold) -> QWidget:
    page = hold(SignInPage())
    page.set_greeting(17)
    page.focus_first()
    return page


def sign_in_other(hold: Hold) -> QWidget:
    page = hold(SignInPage())
    page.set_faces(FACES, show_names=False)
    page.set_greeting(20)
    page.set_place("file")
    page.tiles.choose(4)
    page.name.set_text("ningsih")
    page.focus_first()
    return page


def sign_in_error(hold: Hold) -> QWidget:
    page = hold(SignInPage())
    page.set_faces(FACES, show_names=False)
    page.set_place("file")
    page.focus_first()
    page.entry.field.set_text("gajah payung tenang")
    page.refuse(said("Nama atau kata sandi salah.", "Name or password is wrong."), 5)
    return page


def sign_in_busy(hold: Hold) -> QWidget:
    page = hold(SignInPage())
    page.set_faces(FACES, show_names=False)
    page.set_place("file")
    page.focus_first()
    page.entry.field.set_text("gajah payung tenang")
    page.set_busy(True)
    page.entry._slow.stop()
    page.entry._say()
    return page


def sign_in_tile(hold: Hold) -> QWidget:
    page = hold(SignInPage())
    page.set_faces(FACES, show_names=False)
    page.set_place("file")
    page.tiles.tiles[0].setFocus()
    return page


def lock(hold: Hold) -> QWidget:
    page = hold(LockPage())
    page.set_person(FACES[1])
    page.focus_first()
    return page


def lock_pin(hold: Hold) -> QWidget:
    page = hold(LockPage())
    page.set_person(FACES[1])
    page.offer_pin(True)
    page.focus_first()
    return page


def lock_error(hold: Hold) -> QWidget:
    page = hold(LockPage())
    page.set_person(FACES[0])
    page.refuse(said("Kata sandi salah.", "That password is wrong."), 0)
    return page


def tirai(hold: Hold) -> QWidget:
    return hold(Tirai(lambda: NOW))


def recovery(hold: Hold) -> QWidget:
    page = hold(RecoveryPage(suggest))
    page.focus_first()
    return page


def recovery_error(hold: Hold) -> QWidget:
    page = hold(RecoveryPage(suggest))
    for line, word in zip(page.grid.lines, WORDS, strict=True):
        line.setText(word)
    page.refuse(
        said(
            "Kata ke-9 bukan kata lembar pemulihan. Periksa ejaannya.",
            "Word 9 is not a word of a recovery sheet. Check its spelling.",
        ),
        9,
    )
    return page


def recovery_password(hold: Hold) -> QWidget:
    page = hold(RecoveryPage(suggest))
    page.ask_new_password("Ningsih Hartati")
    page.password.take.click()
    return page


def recovery_password_error(hold: Hold) -> QWidget:
    page = hold(RecoveryPage(suggest))
    page.ask_new_password()
    page.password.first.set_text("gajah payung tenang sore")
    page.password.second.set_text("gajah payung")
    page.go.click()
    return page


def _accounts(hold: Hold, rows: tuple[AccountView, ...]) -> AccountsPage:
    page = hold(AccountsPage(suggest))
    page.set_role_labels(role_labels())
    page.show_rows(rows)
    page.focus_first()
    return page


def accounts(hold: Hold) -> QWidget:
    return _accounts(hold, views())


def accounts_empty(hold: Hold) -> QWidget:
    return _accounts(hold, ())


def accounts_full(hold: Hold) -> QWidget:
    page = _accounts(hold, views(300))
    page.table.selectRow(2)
    page.bar.act.click()
    return page


def accounts_chosen(hold: Hold) -> QWidget:
    page = _accounts(hold, views())
    page.table.selectRow(6)
    page.show_notice(said("Ratih Anggraini dapat masuk sekarang.", "Ratih Anggraini can sign in now."))
    return page


def accounts_fault(hold: Hold) -> QWidget:
    page = _accounts(hold, views())
    page.show_fault(
        said(
            "Server tidak terjangkau. Periksa jaringan dan firewall.",
            "The server cannot be reached. Check network and firewall.",
        )
    )
    return page


def accounts_loading(hold: Hold) -> QWidget:
    page = hold(AccountsPage(suggest))
    page.set_loading(True)
    page.waiting._show_bars()
    page.waiting._word.show()
    return page


def accounts_sheet(hold: Hold) -> QWidget:
    page = _accounts(hold, views())
    page.open_sheet()
    return page


def accounts_sheet_error(hold: Hold) -> QWidget:
    page = _accounts(hold, views())
    page.open_sheet()
    page.sheet.display_name.set_text("Ratih Anggraini")
    page.sheet.login.set_text("ratih")
    page.refuse_field(
        "login", said("Nama masuk ratih sudah dipakai orang lain.", "Somebody else has the sign-in name ratih.")
    )
    return page


PICTURES: tuple[Callable[[Hold], QWidget], ...] = (
    sign_in,
    sign_in_names,
    sign_in_empty,
    sign_in_other,
    sign_in_error,
    sign_in_busy,
    sign_in_tile,
    lock,
    lock_pin,
    lock_error,
    tirai,
    recovery,
    recovery_error,
    recovery_password,
    recovery_password_error,
    accounts,
    accounts_empty,
    accounts_full,
    accounts_chosen,
    accounts_fault,
    accounts_loading,
    accounts_sheet,
    accounts_sheet_error,
)


def holder(width: int, height: int, scale: float = 1.0) -> tuple[QFrame, Hold]:
    """A window of this size, and what puts a page into it as the window will hold it, and shows it."""
    ground = QFrame()
    ground.setProperty("look", "ground")
    ground.resize(width, height)
    row = QHBoxLayout(ground)

    def hold(page: Page) -> Page:
        rail = 196 if width >= 1180 and scale == 1 else 60
        row.setContentsMargins(*((rail, 54, 12, 28) if isinstance(page, AccountsPage) else (0, 0, 0, 0)))
        row.addWidget(page)
        ground.show()
        ground.activateWindow()
        settle()
        return page

    return ground, hold


def settle() -> None:
    """Let everything take its place."""
    # Each round lets the news of a changed size climb one layout further.
    for _round in range(12):
        QApplication.processEvents()


def names() -> Iterator[str]:
    return (picture.__name__.replace("_", "-") for picture in PICTURES)
