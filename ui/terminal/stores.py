"""``init`` and ``check``."""

import argparse
import os
from pathlib import Path

from db import check, opening, serverfound
from db.faults import DAMAGED, SOUND, DiskTrouble
from db.keyring import Credential, Kdf
from db.opening import Founder, NewStore, Opening
from db.serverstore import ServerOpening
from db.store import Store
from db.unit import Actor
from db.verify import Report
from shelter.codelists import actions as codelist_actions
from shelter.faults import RuleBroken
from shelter.home import actions as home_actions
from shelter.home import rules as home_rules
from shelter.language import _, ngettext
from shelter.staff import actions as staff_actions
from shelter.staff import rules as staff_rules
from shelter.work import Founding, Work
from ui.messages import finding_sentence
from ui.terminal import doors
from ui.terminal.doors import say


def init(arguments: argparse.Namespace, *, kdf: Kdf | None = None) -> int:
    """Found a home; the recovery words are shown once, here and on the sheet."""
    name = home_rules.clean_home_name(arguments.home)
    login = staff_rules.clean_login(arguments.user)
    sheet = _sheet_path(arguments)
    how = doors.opening_of(arguments, Founding)
    if isinstance(how, Opening):
        opening.refuse_store(how.folder)
    password = doors.ask_new_password(login, "TEDUH_PASSWORD")
    made = found(how, arguments, name=name, login=login, password=password, kdf=kdf or Kdf.calibrated())
    say(_("Rumah didirikan. Pengguna pertama, {login}, adalah kepala dan administrator.").format(login=login))
    _show_words(made)
    if sheet is None:
        return SOUND
    try:
        write_sheet(sheet, made, how)
    except OSError:
        say(_("Lembar tidak dapat ditulis di {path}: salinlah kata-kata di atas sekarang.").format(path=sheet))
        return DiskTrouble.exit_code
    say(_("Lembar untuk dicetak: {path} (hapus berkasnya setelah dicetak).").format(path=sheet))
    return SOUND


def found(
    how: doors.WorkOpening, arguments: argparse.Namespace, *, name: str, login: str, password: str, kdf: Kdf
) -> NewStore:
    """Make the store that ``how`` names, with home, code lists and first user."""

    def first_rows(store: Store[Work], actor: Actor, credential: Credential) -> None:
        store.write(actor, home_actions.found, name=name)
        store.write(actor, codelist_actions.fill)
        roles = staff_rules.FIRST_ROLES
        store.write(actor, staff_actions.add_account, login=login, roles=roles, credential=credential)

    founder = Founder(login, password, kdf, first_rows)
    if isinstance(how, ServerOpening):
        owner = doors.owner_needed(arguments)
        return serverfound.create(owner, how, founder)
    return opening.create(how, founder)


def _sheet_path(arguments: argparse.Namespace) -> Path | None:
    """Where the sheet goes; refused before anything is made when it cannot or must not go there."""
    if not arguments.sheet:
        return None
    try:
        path = Path(arguments.sheet).resolve()
        if arguments.data and Path(arguments.data).resolve() in (path, *path.parents):
            raise RuleBroken("sheet_in_store", "sheet")
        is_new = not path.exists()
        # Whether it can be written is known once it is opened for it; rights alone do not tell.
        path.open("ab").close()
        if is_new:
            path.unlink()
    except (OSError, RuntimeError):
        raise RuleBroken("sheet_unwritable", "sheet") from None
    return path


def write_sheet(path: Path, made: NewStore, how: doors.WorkOpening) -> None:
    """Print the recovery words to a PDF that no other account of the PC can read."""
    from reports.recovery import RecoveryPair, RecoverySheet, recovery_sheet
    from shelter.work import WIB

    pairs = tuple(RecoveryPair(label, words) for label, words in zip("AB", made.words, strict=True))
    today = how.clock().astimezone(WIB).date()
    paper = recovery_sheet(RecoverySheet(str(made.store_id)[:8].upper(), today, pairs))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(paper)


def _show_words(made: NewStore) -> None:
    say(_("Lembar pemulihan membuka data bila semua kata sandi terlupa. Kata-katanya hanya ditampilkan sekali ini:"))
    for label, words in zip("AB", made.words, strict=True):
        print(f"{label}: {' '.join(words)}", flush=True)
    say(_("Simpan lembar A dan B di dua tempat, pada dua orang, jauh dari PC dan dari cadangan."))


def run_check(arguments: argparse.Namespace) -> int:
    """Check a store; 0 when sound, 1 when not, with a plain report."""
    inside = doors.enter(arguments, noted=False)
    try:
        report = report_on(inside, arguments)
    finally:
        inside.store.close()
    tell(report, full=arguments.full)
    return SOUND if report.sound else DAMAGED


def report_on(inside: doors.Inside, arguments: argparse.Namespace) -> Report:
    """The report of a check on a store somebody has entered."""
    if isinstance(inside.opening, ServerOpening):
        owner = doors.owner_needed(arguments) if arguments.full else doors.owner_of(arguments)
        return serverfound.check_server(inside.store, owner, full=arguments.full)
    return check.check_file(inside.store, inside.opening.folder, full=arguments.full)


def tell(report: Report, *, full: bool) -> None:
    """Say what was found, what is safe, and what to do."""
    if report.sound:
        looked = ngettext("{n} catatan audit diperiksa", "{n} catatan audit diperiksa", report.entries)
        text = _("Data utuh.") + " " + looked.format(n=report.entries)
        if full:
            text += ", " + ngettext("{n} baris dibandingkan", "{n} baris dibandingkan", report.rows).format(
                n=report.rows
            )
        if report.erased:
            gone = ngettext("{n} orang telah dihapus sesuai hak", "{n} orang telah dihapus sesuai hak", report.erased)
            text += "; " + gone.format(n=report.erased)
        print(text + ".")
        if not report.anchored:
            print(
                _(
                    "PC ini tidak mengingat akhir catatan (teduh.head tidak ada atau tidak terbaca): salinan lama yang"
                    " dikembalikan tidak dapat dikenali kali ini."
                )
            )
        return
    print(_("Data TIDAK utuh:"))
    for finding in report.findings:
        print("- " + finding_sentence(finding))
    if report.more:
        print(_("- dan {n} lagi").format(n=report.more))
    print(
        _(
            "Tidak ada yang diperbaiki atau diubah oleh pemeriksaan ini. Salin folder data ke tempat aman sebelum"
            " apa pun, jangan meneruskan pekerjaan di atasnya, dan hubungi kepala rumah; cadangan yang sudah"
            " diperiksa dapat dipulihkan."
        )
    )
