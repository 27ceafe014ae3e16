"""The matrix: every action and query of every room, by every role, about rows of one's own and of others.

``cells`` names what is to be walked, ``Scene`` is a home with one person for each role, and ``complaint`` runs one
cell in a unit that is taken back again, and says what was not as the table of rights has it. It works on either kind
of store. A function that is new in a room gets one line in ``SAMPLES``: how it is called.
"""

import importlib
import pkgutil
import tomllib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import shelter
from db.faults import StoreFault
from db.keyring import Credential
from shelter.codelists import queries as codelist_queries
from shelter.faults import NotAllowed, NotFound, RuleBroken
from shelter.home import actions as home_actions
from shelter.home import queries as home_queries
from shelter.home.rules import NumberKind
from shelter.rights import Role
from shelter.work import Work
from tests.factories import day, delegation, entry, keep, letter, loan
from tests.stores import Seat, TestHome

STRANGER: Final = "orang lain"
"""The one whose rows are the others'."""


class Whose(StrEnum):
    """Whose row a call is about. The house's own rows are nobody's and everybody's."""

    HOUSE = "house"
    OWN = "own"
    OTHERS = "others"


# --- what there is


@cache
def modules() -> tuple[ModuleType, ...]:
    """The actions and queries of every room."""
    found = []
    for room in pkgutil.iter_modules(shelter.__path__, "shelter."):
        if room.ispkg:
            inside = pkgutil.iter_modules(importlib.import_module(room.name).__path__, f"{room.name}.")
            found += [each.name for each in inside if each.name.endswith((".actions", ".queries"))]
    return tuple(importlib.import_module(name) for name in found)


@cache
def functions() -> Mapping[str, Callable[..., Any]]:
    """Every public function of the rooms' actions and queries, by ``room.file.name``."""
    return {
        f"{module.__name__.removeprefix('shelter.')}.{name}": function
        for module in modules()
        for name, function in vars(module).items()
        if callable(function) and getattr(function, "__module__", "") == module.__name__
        if not name.startswith("_") and not isinstance(function, type)
    }


@cache
def rights() -> Mapping[str, Mapping[str, str]]:
    """The table of rights as it stands in its file: read here anew, not by the program."""
    text = (Path(shelter.__file__).parent / "rights.toml").read_text(encoding="utf-8")
    table: Mapping[str, Mapping[str, str]] = tomllib.loads(text)["rights"]
    return table


# --- the home it is tried in


@dataclass
class Scene:
    """A home with one person for each role and the rows that calls are about."""

    home: TestHome
    head: Seat
    people: dict[Role, uuid.UUID]
    stranger: uuid.UUID
    rows: dict[str, uuid.UUID]
    _seats: dict[Role, Seat] = field(default_factory=dict)
    _credentials: dict[uuid.UUID | None, Credential] = field(default_factory=dict)

    @classmethod
    def build(cls, home: TestHome) -> "Scene":
        """Fill a founded home."""
        head = home.enter()
        people = {role: head.add(role.value.lower() + " saja", role.value) for role in Role}
        stranger = head.add(STRANGER, "PETUGAS")
        number = head.write(home_actions.take_number, kind=NumberKind.LETTER, day=day())
        del number
        issued = head.read(home_queries.numbers, kind=NumberKind.LETTER, year=day().year)
        shipped = head.read(codelist_queries.entries, list_name="shift")
        stand_in, lent, own_word = head.write(
            keep, rows=[delegation(head.actor.id, stranger), loan(head.actor.id, stranger), entry()]
        )
        head.write(keep, rows=[loan(stranger, person) for person in people.values()])
        rows = {"number": issued[0].id, "shipped": shipped[0].id, "own": own_word, "delegation": stand_in, "loan": lent}
        return cls(home, head, people, stranger, rows)

    def seat(self, role: Role) -> Seat:
        """The person of that role and no other, signed in."""
        if role not in self._seats:
            self._seats[role] = self.home.enter(role.value.lower() + " saja")
        return self._seats[role]

    def login(self, account: uuid.UUID) -> str:
        """The sign-in name of an account."""
        return next((role.value.lower() + " saja" for role, each in self.people.items() if each == account), STRANGER)

    def credential(self, account: uuid.UUID | None) -> Credential:
        """A new way in for an account; for None that of somebody new. Made once: deriving a key takes time."""
        if account not in self._credentials:
            login = self.login(account) if account else "orang baru"
            self._credentials[account] = self.home.credential(login, owner=account)
        return self._credentials[account]


# --- how each function is called


@dataclass(frozen=True)
class Sample:
    """How a function is called about somebody, so that it succeeds for whoever may.

    ``shows`` tells of a read's answer whether it holds that person's row. ``ends`` names what comes of a call that is
    allowed and yet refused for another reason: a rule's code, or a fault's class.
    """

    arguments: Callable[[Scene, uuid.UUID], Mapping[str, object]] = lambda _scene, _account: {}
    whose: tuple[Whose, ...] = (Whose.HOUSE,)
    shows: Callable[[Any, Scene, uuid.UUID], bool] | None = None
    ends: Mapping[Whose, str] = field(default_factory=dict)


_BOTH: Final = (Whose.OWN, Whose.OTHERS)
_NOT_ONESELF: Final = {Whose.OWN: "own_account"}


def _row(kind: str, argument: str, **more: object) -> Callable[[Scene, uuid.UUID], Mapping[str, object]]:
    return lambda scene, _account: {argument: scene.rows[kind], **more}


def _said(**arguments: object) -> Callable[[Scene, uuid.UUID], Mapping[str, object]]:
    return lambda _scene, _account: arguments


SAMPLES: Final[Mapping[str, Sample]] = {
    "codelists.actions.add_entry": Sample(_said(list_name="shift", code="A", label_id="A")),
    "codelists.actions.fill": Sample(),
    "codelists.actions.move_entry": Sample(_row("shipped", "entry_id", position=9)),
    "codelists.actions.relabel_entry": Sample(_row("own", "entry_id", label_id="A", label_en="A")),
    "codelists.actions.show_entry": Sample(_row("shipped", "entry_id", active=False)),
    "codelists.queries.entries": Sample(_said(list_name="shift"), shows=lambda rows, *_: len(rows) == 3),
    "codelists.queries.list_sizes": Sample(shows=lambda sizes, *_: sizes["shift"] == 3),
    "home.actions.cancel_number": Sample(_row("number", "number_id", reason="salah")),
    "home.actions.change_setting": Sample(_said(name="paper.size", value="F4")),
    "home.actions.found": Sample(_said(name="Rumah Kedua"), ends={Whose.HOUSE: "Conflict"}),
    "home.actions.rename_home": Sample(_said(name="Rumah Lain", place="Pontianak")),
    "home.actions.set_letterhead": Sample(_said(kind="NETRAL", lines="DINAS SOSIAL")),
    "home.actions.take_number": Sample(_said(kind=NumberKind.LETTER, day=day()), shows=lambda text, *_: "002" in text),
    "home.queries.identity": Sample(shows=lambda row, *_: row.name == "Rumah Uji Coba"),
    "home.queries.letterhead": Sample(_said(kind="NETRAL"), shows=lambda row, *_: "DINAS SOSIAL" in row.lines),
    "home.queries.numbers": Sample(
        _said(kind=NumberKind.LETTER, year=day().year), shows=lambda rows, *_: len(rows) == 1
    ),
    "home.queries.settings": Sample(shows=lambda found, *_: found["paper.size"] == "A4"),
    "staff.actions.add_account": Sample(
        lambda scene, _account: {"login": "orang baru", "roles": ["PETUGAS"], "credential": scene.credential(None)}
    ),
    "staff.actions.change_password": Sample(
        lambda scene, account: {"credential": scene.credential(account)},
        _BOTH,
        ends={Whose.OTHERS: "not_own_password"},
    ),
    "staff.actions.delegate": Sample(
        lambda _scene, account: {"to_account": account, **letter(from_day=day(9), until_day=day(9))},
        _BOTH,
        ends={Whose.OWN: "delegation_self"},
    ),
    "staff.actions.disable_account": Sample(lambda _scene, account: {"account_id": account}, _BOTH, ends=_NOT_ONESELF),
    "staff.actions.enable_account": Sample(lambda _scene, account: {"account_id": account}, _BOTH),
    "staff.actions.end_delegation": Sample(_row("delegation", "delegation_id")),
    "staff.actions.end_loan": Sample(_row("loan", "loan_id")),
    "staff.actions.grant_roles": Sample(
        lambda _scene, account: {"account_id": account, "roles": ["PETUGAS", "KEPALA", "ADMIN"]}, _BOTH
    ),
    "staff.actions.lend_caseload": Sample(
        lambda scene, account: {
            "lender": account,
            "borrower": scene.head.actor.id,
            "from_day": day(9),
            "until_day": day(9),
        },
        _BOTH,
    ),
    "staff.actions.remove_account": Sample(lambda _scene, account: {"account_id": account}, _BOTH, ends=_NOT_ONESELF),
    "staff.actions.reset_password": Sample(lambda scene, account: {"credential": scene.credential(account)}, _BOTH),
    "staff.queries.account_named": Sample(
        lambda scene, account: {"login": scene.login(account)}, _BOTH, lambda row, _scene, account: row.id == account
    ),
    "staff.queries.accounts": Sample(
        whose=_BOTH, shows=lambda rows, _scene, account: account in {row.id for row in rows}
    ),
    # Loans to others are shown to nobody by this one, whatever the scope.
    "staff.queries.borrowed_from": Sample(
        whose=(Whose.OWN,), shows=lambda found, scene, _account: found == [scene.stranger]
    ),
    # Who stands in has the head's rights, so a narrow scope never meets a delegation of one's own.
    "staff.queries.standing_in": Sample(
        whose=(Whose.OTHERS,), shows=lambda found, _scene, account: found is not None and found.account_id == account
    ),
}


# --- walking


@dataclass(frozen=True)
class Cell:
    """One function, called by the person of one role, about somebody's row."""

    function: str
    role: Role
    whose: Whose

    def __str__(self) -> str:
        return f"{self.function}-{self.role}-{self.whose}"


def cells() -> Iterator[Cell]:
    """Every cell. A function nobody said how to call has one as well, which then complains."""
    for name in functions():
        for role in Role:
            for whose in SAMPLES[name].whose if name in SAMPLES else (Whose.HOUSE,):
                yield Cell(name, role, whose)


def expected(cell: Cell) -> str:
    """What the table of rights says of a cell: ``refused``, ``unseen``, ``done``, or how else an allowed call ends."""
    permission: str = functions()[cell.function].permission  # type: ignore[attr-defined]
    scope = rights()[permission].get(cell.role, "none")
    if scope == "none":
        return "refused"
    ends = SAMPLES[cell.function].ends
    if cell.whose in ends:
        return ends[cell.whose]
    return "unseen" if cell.whose is Whose.OTHERS and scope != "all" else "done"


class _TakenBack(Exception):
    """Ends a unit so that nothing of it stays; carries the answer."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer


def observed(scene: Scene, cell: Cell) -> str:
    """What a cell really comes to, in the words of ``expected``. Nothing it did stays."""
    sample = SAMPLES[cell.function]
    account = scene.stranger if cell.whose is Whose.OTHERS else scene.people[cell.role]
    seat, arguments = scene.seat(cell.role), sample.arguments(scene, account)
    function = functions()[cell.function]

    def attempt(work: Work) -> None:
        answer = function(work, **arguments)
        work.flush()
        raise _TakenBack(answer)

    try:
        if ".queries." in cell.function:
            raise _TakenBack(seat.read(function, **arguments))
        seat.write(attempt)
    except NotAllowed:
        return "refused"
    except NotFound:
        return "unseen"
    except RuleBroken as broken:
        return broken.code
    except StoreFault as fault:
        return type(fault).__name__
    except _TakenBack as done:
        return "done" if sample.shows is None or sample.shows(done.answer, scene, account) else "unseen"
    return "saved"


def complaint(scene: Scene, cell: Cell) -> str:
    """What is wrong with a cell; empty when it is as the table of rights has it."""
    if cell.function not in SAMPLES:
        return f"{cell.function}: tests/shelter/matrix.py does not say how it is called"
    if not hasattr(functions()[cell.function], "permission"):
        return f"{cell.function} asks for no permission"
    due, found = expected(cell), observed(scene, cell)
    return "" if due == found else f"{cell}: {found}, not {due}"
