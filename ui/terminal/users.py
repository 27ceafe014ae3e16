"""``users``: who may enter."""

import argparse
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from db.faults import SOUND
from shelter.faults import RuleBroken
from shelter.language import _
from shelter.staff import actions, queries, rules
from shelter.staff.queries import AccountRow
from ui.terminal import doors
from ui.terminal.doors import Inside, say


def run(arguments: argparse.Namespace) -> int:
    """Enter, do the one thing asked, leave."""
    by_words = arguments.verb == "reset" and arguments.recovery
    inside = doors.enter_by_words(arguments) if by_words else doors.enter(arguments)
    try:
        _VERBS[arguments.verb](inside, arguments)
    finally:
        inside.store.close()
    return SOUND


def _list(inside: Inside, arguments: argparse.Namespace) -> None:
    del arguments
    for row in inside.store.read(inside.actor, queries.accounts):
        state = _("nonaktif") if row.disabled_at else _("aktif")
        print(f"{row.login}\t{','.join(row.roles)}\t{state}")


def _add(inside: Inside, arguments: argparse.Namespace) -> None:
    login = rules.clean_login(arguments.name)
    roles = rules.known_roles(arguments.role)
    if any(row.login.casefold() == login.casefold() for row in inside.store.read(inside.actor, queries.accounts)):
        raise RuleBroken("login_taken", "login", login=login)
    password = doors.ask_new_password(login)
    credential = inside.opening.credential(uuid.uuid4(), login, password, inside.store.kdf)
    inside.store.write(
        inside.actor,
        actions.add_account,
        login=login,
        roles=roles,
        credential=credential,
        display_name=arguments.display,
    )
    print(login, flush=True)


def _roles(inside: Inside, arguments: argparse.Namespace) -> None:
    row = _named(inside, arguments)
    inside.store.write(inside.actor, actions.grant_roles, account_id=row.id, roles=arguments.role)
    say(_("Peran {name} diganti.").format(name=row.login))


def _disable(inside: Inside, arguments: argparse.Namespace) -> None:
    row = _named(inside, arguments)
    inside.store.write(inside.actor, actions.disable_account, account_id=row.id)
    say(_("{name} tidak dapat masuk lagi sampai diaktifkan kembali.").format(name=row.login))


def _enable(inside: Inside, arguments: argparse.Namespace) -> None:
    row = _named(inside, arguments)
    inside.store.write(inside.actor, actions.enable_account, account_id=row.id)
    say(_("{name} dapat masuk lagi dengan kata sandi yang lama.").format(name=row.login))


def _remove(inside: Inside, arguments: argparse.Namespace) -> None:
    row = _named(inside, arguments)
    inside.store.write(inside.actor, actions.remove_account, account_id=row.id)
    if inside.store.turning():
        say(
            _("{name} dikeluarkan. Tutup Teduh di program lain: kunci data diganti saat data dibuka kembali.").format(
                name=row.login
            )
        )
    else:
        say(_("{name} dikeluarkan dan kunci-kunci data diganti.").format(name=row.login))


def _reset(inside: Inside, arguments: argparse.Namespace) -> None:
    row = _named(inside, arguments)
    password = doors.ask_new_password(row.login)
    credential = inside.opening.credential(row.id, row.login, password, inside.store.kdf)
    inside.store.write(inside.actor, actions.reset_password, credential=credential)
    say(_("Kata sandi {name} diganti.").format(name=row.login))


def _password(inside: Inside, arguments: argparse.Namespace) -> None:
    del arguments
    me = next(row for row in inside.store.read(inside.actor, queries.accounts) if row.id == inside.actor.id)
    password = doors.ask_new_password(me.login)
    credential = inside.opening.relocked(inside.store, me.login, password, inside.store.kdf)
    inside.store.write(inside.actor, actions.change_password, credential=credential)
    say(_("Kata sandi Anda diganti."))


def _named(inside: Inside, arguments: argparse.Namespace) -> AccountRow:
    return inside.store.read(inside.actor, queries.account_named, login=arguments.name)


_VERBS: Final[Mapping[str, Callable[[Inside, argparse.Namespace], None]]] = {
    "list": _list,
    "add": _add,
    "roles": _roles,
    "disable": _disable,
    "enable": _enable,
    "remove": _remove,
    "reset": _reset,
    "password": _password,
}
