"""The practice home: what opens when Teduh is started with nothing to open. Invented people only."""

import argparse
import secrets
from pathlib import Path
from typing import Final

import platformdirs

from db import check
from db.faults import DAMAGED, SOUND
from db.files import StoreFolder
from db.keyring import Kdf
from db.opening import Opening
from db.recovery import word_list
from db.store import Store
from db.unit import Actor
from shelter.language import _
from shelter.rights import Role
from shelter.staff import actions, queries
from shelter.work import Founding, Work
from ui.terminal import doors, stores
from ui.terminal.doors import say

# The usual staff of a home, each with the sign-in name of the role.
PEOPLE: Final = (
    ("peksos", Role.PEKSOS, "Ratih Anggraini"),
    ("psikolog", Role.PSIKOLOG, "Theresia Lestari"),
    ("instruktur", Role.INSTRUKTUR, "Yohanes Dodi"),
    ("petugas", Role.PETUGAS, "Halimah"),
    ("perawat", Role.PERAWAT, "Mei Fang"),
    ("hukum", Role.PENDAMPING_HUKUM, "Stefanus Igat"),
    ("operator", Role.OPERATOR, "Wahyu Hidayat"),
    ("admin", Role.ADMIN, "Uray Rina"),
    ("auditor", Role.AUDITOR, "Bonifasius"),
)
HOME: Final = "Rumah Latihan Teduh"
HEAD: Final = "kepala"


def run(arguments: argparse.Namespace) -> int:
    """Make the practice home on first use, check it, and say where it is and how to enter."""
    del arguments
    say_what_the_window_lacks()
    folder = Path(platformdirs.user_data_dir("Teduh", appauthor=False)) / "latihan"
    # Practice data is invented, so its password may lie beside it: whoever practises must not be locked out.
    note = folder.with_name("latihan-kata-sandi.txt")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Two impatient clicks at once: the second waits, or its note would tell a password that opens nothing.
    with StoreFolder(folder.parent).locked(seconds=60):
        if not StoreFolder(folder).exists():
            password = " ".join(secrets.choice(word_list()) for _word in range(4))
            note.write_text(password + "\n", encoding="utf-8")
            say(_("Membuat rumah latihan ..."))
            make(folder, password, Kdf.calibrated())
    password = note.read_text(encoding="utf-8").strip() if note.exists() else doors.ask_password()
    return _tell(folder, password)


def make(folder: Path, password: str, kdf: Kdf) -> None:
    """Found the practice home with its whole staff, all under one password."""
    made_with = argparse.Namespace(data=str(folder), server=None, owner=None)
    stores.found(Opening(StoreFolder(folder), Founding), made_with, name=HOME, login=HEAD, password=password, kdf=kdf)
    opening = Opening(StoreFolder(folder), Work)
    store = opening.sign_in(HEAD, password)
    try:
        _add_people(opening, store, password, kdf)
    finally:
        store.close()


def _add_people(opening: Opening[Work], store: Store[Work], password: str, kdf: Kdf) -> None:
    import uuid

    actor = Actor(store.keyring.owner, doors.machine())
    known = {row.login for row in store.read(actor, queries.accounts, with_removed=True)}
    for login, role, name in PEOPLE:
        if login in known:
            continue
        credential = opening.credential(uuid.uuid4(), login, password, kdf)
        store.write(actor, actions.add_account, login=login, roles=(role,), credential=credential, display_name=name)


def _tell(folder: Path, password: str) -> int:
    opening = Opening(StoreFolder(folder), Work, patience=doors.wait_aloud)
    store = opening.sign_in(HEAD, password)
    try:
        # A first start that was cut off left some of the staff out.
        _add_people(opening, store, password, store.kdf)
        report = check.check_file(store, opening.folder, full=True)
    finally:
        store.close()
    print(_("Rumah latihan: {folder}").format(folder=folder))
    names = ", ".join((HEAD, *(login for login, _role, _name in PEOPLE)))
    print(_("Pengguna: {names}").format(names=names))
    print(_("Kata sandi: {password}").format(password=password))
    stores.tell(report, full=True)
    return SOUND if report.sound else DAMAGED


def say_what_the_window_lacks() -> None:
    """Say in plain words which system libraries a window would miss on this PC."""
    from ui.libraries import why_no_window

    missing = why_no_window()
    if missing:
        say(missing)
