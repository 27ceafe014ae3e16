"""Coming into a store and what is learnt at the door: run in a worker, since Argon2 alone takes most of a second."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from db.audit import Action, Draft
from db.faults import Damaged, ServerTrouble, WrongPassword
from db.keyring import check_new_password
from db.locker import Locker
from db.opening import Opening
from db.serverstore import ServerOpening
from db.store import Store
from db.unit import Actor
from shelter.home import queries as home_queries
from shelter.home.rules import SettingType
from shelter.rights import Role
from shelter.staff import actions, queries
from shelter.staff.queries import AccountRow
from shelter.staff.rules import FIRST_ROLES
from shelter.work import Recovered, Work
from ui.terminal.doors import WorkOpening, machine

Openings = Callable[[type[Work]], WorkOpening]


@dataclass(frozen=True)
class Inside:
    """Somebody who came in: the store, who it is, and what the window shows and obeys."""

    opening: WorkOpening
    store: Store[Work]
    actor: Actor
    face: str
    login: str
    name: str
    roles: tuple[Role, ...]
    settings: Mapping[str, SettingType]
    clock_is_behind: bool


def by_password(openings: Openings, who: str, password: str, faces: Sequence[str]) -> Inside:
    """Come in by name (or by a face of this PC) and password.

    Raises:
        WrongPassword: wrong (``wait`` seconds before the next try), or too early (``early``): not even looked at.
    """
    opening = replace(openings(Work), patience=_refuse_early)
    known = who in faces
    store = opening.sign_in(None if known else who, password, face=who if known else "")
    return _inside(opening, store, who if known else opening.face(who), "")


def by_pin(openings: Openings, locker: Locker, face: str, pin: str) -> Inside:
    """Come back by PIN.

    Raises:
        WrongPassword: wrong, or the way back has been destroyed: ``locker`` knows.
    """
    way = locker.open(pin)
    try:
        opening = openings(Work)
        store = opening.come_back(face, way)
    except WrongPassword:
        locker.wipe()
        raise
    finally:
        way[:] = bytes(len(way))
    return _inside(opening, store, face, "pin")


def set_pin(inside: Inside, locker: Locker, pin: str) -> bool:
    """Keep a way back under a PIN; whether this PC could."""
    return locker.keep(inside.opening.way_back(inside.store), pin, inside.store.kdf)


def _inside(opening: WorkOpening, store: Store[Work], face: str, how: str) -> Inside:
    try:
        if store.behind_anchor():
            raise Damaged(what="rolled_back")
        # Before anything is noted: the note would be the last entry, and never behind itself.
        behind = store.clock_behind() is not None
        actor = Actor(store.keyring.owner, machine())
        reason = f"wrong:{store.wrong_tries}" if store.wrong_tries else how
        store.note(actor, Draft(Action.SIGN_IN, row=str(actor.id), subject=str(actor.id), reason=reason))
        me = next(row for row in store.read(actor, queries.accounts) if row.id == actor.id)
        settings = store.read(actor, home_queries.settings)
    except BaseException:
        store.close()
        raise
    return Inside(opening, store, actor, face, me.login, me.display_name, me.roles, settings, behind)


def _refuse_early(seconds: float) -> None:
    """The page counts down by itself; nothing waits here."""
    if seconds > 0:
        raise WrongPassword(wait=int(seconds) + 1, early=True)


# --- the recovery sheet


@dataclass(frozen=True)
class ByWords:
    """A store opened by a recovery sheet, and for whom a new password will be made."""

    opening: Opening[Work]
    store: Store[Work]
    account: AccountRow

    def close(self) -> None:
        """Shut it again."""
        self.store.close()


def by_words(openings: Openings, words: Sequence[str], who: str) -> ByWords:
    """Open by a recovery sheet. ``who`` forgot the password; when nobody is named, it is the first administrator.

    Raises:
        WrongWords: the words are not of this store.
        ServerTrouble: the home lies on a server, where it takes the owner's connection, which no window has.
    """
    opening = openings(Recovered)
    if isinstance(opening, ServerOpening):
        raise ServerTrouble(reason="owner")
    store = opening.sign_in_with_words(words)
    try:
        if store.behind_anchor():
            raise Damaged(what="rolled_back")
        actor = Actor(store.keyring.owner, machine())
        store.note(actor, Draft(Action.SIGN_IN, row=str(actor.id), subject=str(actor.id), reason="words"))
        account = _whose(opening, store, actor, who)
    except BaseException:
        store.close()
        raise
    return ByWords(opening, store, account)


def _whose(opening: Opening[Work], store: Store[Work], actor: Actor, who: str) -> AccountRow:
    rows = store.read(actor, queries.accounts)
    if who:
        for row in rows:
            if who in {opening.face(row.login), row.login}:
                return row
        return store.read(actor, queries.account_named, login=who)
    leading = [row for row in rows if row.disabled_at is None and set(FIRST_ROLES) & set(row.roles)]
    return leading[0]


def new_password(found: ByWords, password: str) -> str:
    """Give that person a new password; the face to sign in as.

    Raises:
        WeakPassword: too short or too easily guessed.
    """
    account = found.account
    check_new_password(password, account.login)
    credential = found.opening.credential(account.id, account.login, password, found.store.kdf)
    actor = Actor(found.store.keyring.owner, machine())
    try:
        found.store.write(actor, actions.reset_password, credential=credential)
    finally:
        credential.wipe()
    return found.opening.face(account.login)
