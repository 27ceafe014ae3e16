"""Getting into a store from a shell: where it is, who enters, and the words for it."""

import argparse
import getpass
import math
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from db.audit import Action, Draft
from db.faults import Damaged, ServerTrouble, StoreLocked
from db.files import StoreFolder
from db.keyring import check_new_password
from db.opening import Opening
from db.serverplace import ServerPlace
from db.serversetup import owner_place
from db.serverstore import ServerOpening
from db.store import Store
from db.unit import Actor
from shelter.language import _
from shelter.work import Recovered, Work

WorkOpening = Opening[Work] | ServerOpening[Work]


@dataclass(frozen=True)
class Inside:
    """A store somebody has entered, and how it was opened."""

    opening: WorkOpening
    store: Store[Work]
    actor: Actor


def machine() -> str:
    """The name of this PC, for the audit."""
    return platform.node()[:60]


def state_root() -> Path:
    """The PC's own folder for what it remembers of servers."""
    return Path(platformdirs.user_data_dir("Teduh", appauthor=False)) / "server"


def server_of(arguments: argparse.Namespace) -> ServerPlace:
    """The server named by ``--server``, without anybody's name: a URL may carry the owner's."""
    return ServerPlace.parse(arguments.server, state_root()).without_name()


def owner_needed(arguments: argparse.Namespace) -> ServerPlace:
    """The owner's way in, see ``owner_of``.

    Raises:
        ServerTrouble: there is none.
    """
    owner = owner_of(arguments)
    if owner is None:
        raise ServerTrouble(reason="owner")
    return owner


def owner_of(arguments: argparse.Namespace) -> ServerPlace | None:
    """The owner's way in: ``--owner``, ``TEDUH_OWNER_URL``, or the owner's name in ``--server`` itself."""
    text = arguments.owner or os.environ.get("TEDUH_OWNER_URL")
    if text:
        return owner_place(text, state_root())
    place = ServerPlace.parse(arguments.server, state_root())
    return place if place.has_owner else None


def opening_of(arguments: argparse.Namespace, work: type[Work] = Work) -> WorkOpening:
    """How the store that the arguments name is opened."""
    if arguments.server:
        return ServerOpening(server_of(arguments), work, patience=wait_aloud)
    return Opening(StoreFolder(Path(arguments.data)), work, patience=wait_aloud)


def wait_aloud(seconds: float) -> None:
    """Wait out the delay after a wrong password, saying so."""
    if seconds > 0:
        say(_("Menunggu {n} detik setelah kata sandi salah ...").format(n=math.ceil(seconds)))
        time.sleep(seconds)


def enter(arguments: argparse.Namespace, *, noted: bool = True) -> Inside:
    """Open the store as the person the arguments and ``TEDUH_PASSWORD`` name.

    Raises:
        StoreLocked: there is no password and nobody to ask.
        Damaged: an old copy was put back (unless ``noted`` is off, as for ``check``).
    """
    opening = opening_of(arguments)
    if isinstance(opening, Opening):
        opening.refuse_without_store()
    store = opening.sign_in(arguments.user, ask_password())
    actor = Actor(store.keyring.owner, machine())
    return _inside(opening, store, actor, noted=noted)


def enter_by_words(arguments: argparse.Namespace) -> Inside:
    """Open a store with a recovery sheet; one on a server over the owner's connection."""
    opening = opening_of(arguments, Recovered)
    text = os.environ.get("TEDUH_RECOVERY") or _ask(_("Kata-kata lembar pemulihan: "))
    if isinstance(opening, Opening):
        store = opening.sign_in_with_words(text.split())
    else:
        store = opening.sign_in_with_words(text.split(), owner_needed(arguments))
    return _inside(opening, store, Actor(store.keyring.owner, machine()), noted=True)


def _inside(opening: WorkOpening, store: Store[Work], actor: Actor, *, noted: bool) -> Inside:
    try:
        _look_around(store, actor, noted=noted)
    except BaseException:
        store.close()
        raise
    return Inside(opening, store, actor)


def _look_around(store: Store[Work], actor: Actor, *, noted: bool) -> None:
    behind = store.clock_behind()
    if behind is not None:
        day = behind.strftime("%d/%m/%Y %H.%M")
        say(
            _(
                "Jam PC ini lebih awal daripada catatan terakhir ({day} UTC). Betulkan jamnya; sampai itu terjadi,"
                " catatan baru diberi tanda."
            ).format(day=day)
        )
    if noted:
        if store.behind_anchor():
            raise Damaged(what="rolled_back")
        tries = f"wrong:{store.wrong_tries}" if store.wrong_tries else ""
        store.note(actor, Draft(Action.SIGN_IN, row=str(actor.id), subject=str(actor.id), reason=tries))


def ask_password() -> str:
    """The password from ``TEDUH_PASSWORD`` or a prompt.

    Raises:
        StoreLocked: neither is there.
    """
    return os.environ.get("TEDUH_PASSWORD") or _ask(_("Kata sandi: "))


def ask_new_password(login: str, variable: str = "TEDUH_NEW_PASSWORD") -> str:
    """A new password, from the environment or typed twice, and fit to be one.

    Raises:
        StoreLocked: nobody to ask.
        WeakPassword: too short or too easily guessed.
    """
    password = os.environ.get(variable)
    if password is None:
        password = _ask(_("Kata sandi baru (sedikitnya 12 huruf): "))
        while password != _ask(_("Sekali lagi: ")):
            say(_("Keduanya tidak sama."))
            password = _ask(_("Kata sandi baru (sedikitnya 12 huruf): "))
    check_new_password(password, login)
    return password


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise StoreLocked(reason="no_password")
    try:
        return getpass.getpass(question)
    except EOFError:
        raise StoreLocked(reason="no_password") from None


def say(text: str) -> None:
    """Speak to the person, apart from what a script reads."""
    print(text, file=sys.stderr, flush=True)
