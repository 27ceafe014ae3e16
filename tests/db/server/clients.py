"""A program with many people signed in at once, for ``test_many_clients``: ``python -m tests.db.server.clients``.

It reads its orders as one line of JSON, signs everybody in, says ``ready``, and begins at the next line it reads; then
it tells what happened as one line of JSON.
"""

import functools
import json
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Select, event, false, true
from sqlalchemy.orm import InstrumentedAttribute

from db.faults import Conflict
from db.keyring import Kdf
from db.serverplace import ServerPlace
from db.serverstore import ServerOpening
from db.store import Store
from db.types import Base
from db.unit import Actor
from shelter.codelists.records import CodeEntry
from shelter.home import actions
from shelter.home.records import NumberIssued, NumberSeries
from shelter.home.rules import NumberKind
from shelter.rights import Permission, needs
from shelter.work import Work


@needs(Permission.CODELISTS_ENTRY_WRITE)
def count_up(work: Work, *, entry_id: uuid.UUID) -> None:
    """Read a number, add one, write it back: what loses updates when nobody watches."""
    work.get(CodeEntry, entry_id).position += 1


def take(work: Work, *, year: int) -> str:
    """The next number of the series everybody draws from."""
    return actions.take_number(work, kind=NumberKind.LETTER, day=date(year, 11, 21))


@dataclass
class Crowd:
    """The people of this program and what they got."""

    entry_id: uuid.UUID
    year: int
    rounds: int
    stores: list[Store[Work]] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    conflicts: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)

    def until_saved(self, store: Store[Work], action: Callable[..., Any], **arguments: Any) -> Any:
        """Do it, and again whenever somebody else was faster."""
        while True:
            try:
                return store.write(Actor(store.keyring.owner, "pc-uji"), action, **arguments)
            except Conflict:
                self.conflicts[action.__name__] += 1

    def work(self, store: Store[Work]) -> None:
        """One person's day."""
        try:
            for _ in range(self.rounds):
                self.numbers.append(self.until_saved(store, take, year=self.year))
                self.until_saved(store, count_up, entry_id=self.entry_id)
        except BaseException as error:  # noqa: BLE001 - told to whoever ordered it
            self.troubles.append(repr(error))

    def told(self) -> dict[str, Any]:
        """What happened."""
        return {"numbers": self.numbers, "conflicts": dict(self.conflicts), "troubles": self.troubles}


def sabotage(what: list[str]) -> None:
    """Take protections away, so that the harness can prove that it would notice."""
    if "lock" in what:
        mock.patch.object(Work, "exclusive", return_value=None).start()
    if "version" in what:
        for model in (CodeEntry, NumberSeries):
            model.__mapper__.version_id_col = None
            event.listen(model, "before_insert", lambda _mapper, _connection, row: setattr(row, "version", 1))
    if "known" in what:
        # Nor does anybody look first whether a number is known already.
        visible = Work.visible

        def unlooked(work: Work, model: type[Base], *columns: InstrumentedAttribute[Any]) -> Select[Any]:
            return visible(work, model, *columns).where(false() if model is NumberIssued else true())

        mock.patch.object(Work, "visible", unlooked).start()


def derive_once() -> None:
    """Few distinct people sign in many times: their secrets are derived once, and each sign-in wipes its own copy."""
    known = functools.cache(Kdf.derive)
    mock.patch.object(Kdf, "derive", lambda kdf, password, salt: bytes(bytearray(known(kdf, password, salt)))).start()


def main() -> int:
    orders = json.loads(sys.stdin.readline())
    sabotage(orders["without"])
    place = replace(ServerPlace.parse(orders["server"], Path(orders["state"])), login_kdf=Kdf.floor())
    derive_once()
    crowd = Crowd(uuid.UUID(orders["entry"]), orders["year"], orders["rounds"])
    for _ in range(orders["people"]):
        crowd.stores.append(ServerOpening(place, Work).sign_in(orders["login"], orders["password"]))
    print("ready", flush=True)  # noqa: T201 - to whoever gives the orders
    sys.stdin.readline()
    threads = [threading.Thread(target=crowd.work, args=(store,)) for store in crowd.stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in crowd.stores:
        store.close()
    print(json.dumps(crowd.told()), flush=True)  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
