"""Every room of ``shelter`` is built alike. A new room is covered here before its own first test exists."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, Source, dotted, imported, of, program, rooms

Check = Callable[[Source], Iterator[str]]

ROOM_FILES = {"__init__.py", "records.py", "rules.py", "actions.py", "queries.py"}
CLOCKS = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.gmtime",
    "time.localtime",
    "time.time",
    "time.time_ns",
}
NOT_FOR_RULES = {"actions", "queries", "records", "work"}
# Statements that would pass by the scope of a right, or by the audit trail.
BARE_STATEMENTS = {"delete", "insert", "select", "text", "update"}


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def only_a_docstring(source: Source) -> Iterator[str]:
    """``__init__`` says what the room is, and holds no code."""
    if not (len(source.tree.body) == 1 and _is_docstring(source.tree.body[0])):
        yield f"{source.path}: holds more, or less, than one docstring"


def rules_are_pure(source: Source) -> Iterator[str]:
    """Rules get what they need handed in: no store, no clock, no other kind of file."""
    for name, node in imported(source.tree):
        first, *rest = name.split(".")
        if first in {"db", "sqlalchemy"} or (
            first == "shelter" and {"records", "actions", "queries", "work"} & {*rest}
        ):
            yield f"{source.at(node)}: rules import {name}"


def frozen_values(source: Source) -> Iterator[str]:
    """What crosses from a room is a frozen dataclass, so that no page can change it behind the store's back."""
    for node in source.classes():
        for decorator in node.decorator_list:
            call = decorator.func if isinstance(decorator, ast.Call) else decorator
            settings = {k.arg: k.value for k in decorator.keywords} if isinstance(decorator, ast.Call) else {}
            frozen = settings.get("frozen")
            if dotted(call).split(".")[-1] == "dataclass" and not (isinstance(frozen, ast.Constant) and frozen.value):
                yield f"{source.at(node)}: dataclass {node.name} is not frozen"


def guarded_verbs(source: Source) -> Iterator[str]:
    """A public function asks for a permission, takes ``work`` first and all else by keyword, and says what it does."""
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        where = f"{source.at(node)}: {node.name}"
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        needs = [d for d in node.decorator_list if isinstance(d, ast.Call) and dotted(d.func).split(".")[-1] == "needs"]
        if not any(call.args for call in needs):
            yield f"{where} has no @needs(...)"
        if [argument.arg for argument in positional] != ["work"]:
            yield f"{where} must take `work` first and everything else by keyword"
        if arguments.vararg or arguments.kwarg:
            yield f"{where} takes * or ** arguments, which nobody can check"
        if node.returns is None or any(a.annotation is None for a in [*positional, *arguments.kwonlyargs]):
            yield f"{where} is not fully annotated"
        if not ast.get_docstring(node):
            yield f"{where} has no docstring"


def rows_by_work_only(source: Source) -> Iterator[str]:
    """Rows come and go by work.get, work.visible and work.add_many, which apply the scope and write the audit."""
    for name, node in imported(source.tree):
        parts = name.split(".")
        if parts[0] == "sqlalchemy" and parts[-1] in BARE_STATEMENTS:
            yield f"{source.at(node)}: imports {name}"
    for name, call in source.calls():
        parts = name.split(".")
        if name in BARE_STATEMENTS or (parts[0] in {"sa", "sqlalchemy"} and parts[-1] in BARE_STATEMENTS):
            yield f"{source.at(call)}: bare {name}()"
        elif parts[-1] == "query" or "__table__" in parts or (len(parts) > 1 and parts[-2:] == ["session", "get"]):
            yield f"{source.at(call)}: {name}() passes by the scope of the right"


def no_clock(source: Source) -> Iterator[str]:
    """Time is ``work.now``; the clock itself is read in db/types.py only."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and ".".join(dotted(node).split(".")[-2:]) in CLOCKS:
            yield f"{source.at(node)}: {dotted(node)} reads the clock"
    for name, node in imported(source.tree):
        if name in {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}:
            yield f"{source.at(node)}: imports {name}"


def no_commit(source: Source) -> Iterator[str]:
    """Store.write holds the only commit of the program."""
    for name, node in source.calls():
        if name.split(".")[-1] == "commit":
            yield f"{source.at(node)}: {name}() outside db"


def parents_only(source: Source) -> Iterator[str]:
    """A child points at its parent; a parent never lists rows of another room."""
    own = {node.name for node in source.classes()}
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Subscript)):
            continue
        inside = node.annotation.slice
        if dotted(node.annotation.value).split(".")[-1] == "Mapped" and isinstance(inside, ast.Subscript):
            many = dotted(inside.value).split(".")[-1].lower() in {"list", "set", "sequence"}
            rows = str(inside.slice.value) if isinstance(inside.slice, ast.Constant) else dotted(inside.slice)
            if many and "relationship" in ast.dump(node) and rows not in own:
                yield f"{source.at(node)}: lists {rows}, which belongs to another room"


def _room_files(*names: str) -> list[Source]:
    return [source for source in of("shelter") if len(source.parts) == 3 and source.parts[2] in names]


def wrong_files(shelter: Path, room: str) -> Iterator[str]:
    """A room has the four files, its docstring, and folders of data; nothing else."""
    for path in sorted((shelter / room).rglob("*")):
        inside = path.relative_to(shelter / room)
        if path.is_dir() or "__pycache__" in inside.parts:
            continue
        if (path.suffix == ".py" or len(inside.parts) == 1) and inside.as_posix() not in ROOM_FILES:
            yield f"shelter/{room}/{inside.as_posix()} has no place in a room"
    if not (shelter / room / "__init__.py").exists():
        yield f"shelter/{room} does not say what it is"


def test_rooms_have_the_four_files() -> None:
    folders = [path for path in (ROOT / "shelter").iterdir() if path.is_dir() and any(path.glob("*.py"))]
    assert [line for folder in sorted(folders) for line in wrong_files(ROOT / "shelter", folder.name)] == []


@pytest.mark.parametrize("stray", ["helpers.py", "notes.txt", "forms/more.py"])
def test_a_stray_file_is_refused(stray: str, tmp_path: Path) -> None:
    (tmp_path / "beds" / "forms").mkdir(parents=True)
    for name in ["__init__.py", "records.py", "forms/words.toml", stray]:
        (tmp_path / "beds" / name).touch()
    assert list(wrong_files(tmp_path, "beds")) == [f"shelter/beds/{stray} has no place in a room"]


def test_a_room_without_its_docstring_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "beds").mkdir()
    (tmp_path / "beds" / "records.py").touch()
    assert list(wrong_files(tmp_path, "beds")) == ["shelter/beds does not say what it is"]


def _verbs() -> list[Source]:
    return _room_files("actions.py", "queries.py")


ALL: dict[Check, Callable[[], list[Source]]] = {
    only_a_docstring: lambda: _room_files("__init__.py"),
    rules_are_pure: lambda: _room_files("rules.py"),
    frozen_values: lambda: _room_files("rules.py", "actions.py", "queries.py"),
    guarded_verbs: _verbs,
    rows_by_work_only: _verbs,
    parents_only: lambda: _room_files("records.py"),
    no_clock: lambda: [source for source in program() if source.path != "db/types.py"],
    no_commit: lambda: [source for source in program() if source.parts[0] != "db"],
}


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.__name__)
def test_house(check: Check) -> None:
    assert [line for source in ALL[check]() for line in check(source)] == []


_VERB = '''
@needs(Permission.BEDS_EDIT)
def move(work: Work, *, bed: UUID) -> None:
    """Move."""
'''

REFUSED: list[tuple[Check, str, str]] = [
    (only_a_docstring, "", "more, or less"),
    (only_a_docstring, '"""Beds."""\nfrom shelter.beds import rules', "more, or less"),
    (rules_are_pure, "from db.types import uuid7", "rules import db.types"),
    (rules_are_pure, "def f() -> None:\n    import sqlalchemy.orm", "rules import sqlalchemy.orm"),
    (rules_are_pure, "from shelter.beds.records import Bed", "rules import shelter.beds.records"),
    (rules_are_pure, "from shelter.beds import queries", "rules import shelter.beds.queries"),
    (rules_are_pure, "from shelter.work import Work", "rules import shelter.work"),
    (frozen_values, "@dataclass\nclass Row:\n    name: str", "Row is not frozen"),
    (frozen_values, "@dataclasses.dataclass(frozen=False)\nclass Row: ...", "Row is not frozen"),
    (guarded_verbs, _VERB.replace("@needs(Permission.BEDS_EDIT)", ""), "no @needs"),
    (guarded_verbs, _VERB.replace("(Permission.BEDS_EDIT)", "()"), "no @needs"),
    (guarded_verbs, _VERB.replace(" *,", ""), "`work` first"),
    (guarded_verbs, _VERB.replace("work: Work", "session: Session"), "`work` first"),
    (guarded_verbs, _VERB.replace("bed: UUID", "**bed: UUID").replace("*, ", ""), "nobody can check"),
    (guarded_verbs, _VERB.replace(": UUID", ""), "fully annotated"),
    (guarded_verbs, _VERB.replace(" -> None", ""), "fully annotated"),
    (guarded_verbs, _VERB.replace('"""Move."""', "..."), "no docstring"),
    (rows_by_work_only, "from sqlalchemy import func, select", "imports sqlalchemy.select"),
    (rows_by_work_only, "from sqlalchemy.sql.expression import update", "update"),
    (rows_by_work_only, "def f(work: Work) -> None:\n    work.session.get(Bed, 1)", "work.session.get()"),
    (rows_by_work_only, "session.get(Bed, 1)", "session.get()"),
    (rows_by_work_only, "session.query(Bed)", "session.query()"),
    (rows_by_work_only, "rows = sqlalchemy.select(Bed)", "bare sqlalchemy.select()"),
    (rows_by_work_only, "Bed.__table__.delete()", "Bed.__table__.delete()"),
    (no_clock, "now = datetime.now(UTC)", "datetime.now reads"),
    (no_clock, "now = datetime.datetime.utcnow()", "utcnow reads"),
    (no_clock, "@dataclass\nclass A:\n    at: datetime = field(default_factory=datetime.now)", "datetime.now reads"),
    (no_clock, "today = datetime.date.today()", "date.today reads"),
    (no_clock, "import time\nx = time.time()", "time.time reads"),
    (no_clock, "from time import time", "imports time.time"),
    (no_commit, "work.session.commit()", "work.session.commit()"),
    (parents_only, "class Bed(Base):\n    stays: Mapped[list[Stay]] = relationship()", "lists Stay"),
    (parents_only, "class Bed(Base):\n    stays: Mapped[list['Stay']] = relationship()", "lists Stay"),
]


@pytest.mark.parametrize(("check", "text", "complaint"), REFUSED)
def test_is_refused(check: Check, text: str, complaint: str) -> None:
    assert complaint in "\n".join(check(Source("shelter/beds/sample.py", text)))


GOOD: dict[Check, str] = {
    only_a_docstring: '"""Beds and who sleeps where."""\n',
    rules_are_pure: "from datetime import date\nfrom shelter.faults import RuleBroken\nfrom shelter.language import _",
    frozen_values: "@dataclass(frozen=True, slots=True)\nclass Row:\n    name: str",
    guarded_verbs: _VERB + "\ndef _inner(a, b): ...\n",
    rows_by_work_only: "work.get(Bed, bed)\nwork.session.scalars(work.visible(Bed).where(Bed.free))\nsettings.get('a')",
    no_clock: "a = datetime(2026, 1, 1, tzinfo=UTC)\nb = time.monotonic()\nc = work.now.date()",
    no_commit: "store.write(actor, actions.move)",
    parents_only: "class Room(Base):\n    beds: Mapped[list[Bed]] = relationship()\nclass Bed(Base):\n    pass",
}


@pytest.mark.parametrize("check", GOOD, ids=lambda check: check.__name__)
def test_good_work_passes(check: Check) -> None:
    assert list(check(Source("shelter/beds/sample.py", GOOD[check]))) == []


def test_every_records_module_is_in_the_list_of_tables() -> None:
    listed = {
        name for source in of("shelter") if source.path == "shelter/tables.py" for name, _ in imported(source.tree)
    }
    records = {f"shelter.{source.parts[1]}.records" for source in _room_files("records.py")}
    assert records - listed == set()


def test_every_room_has_tests() -> None:
    without = [room for room in rooms() if not any((ROOT / "tests" / "shelter" / room).glob("test_*.py"))]
    assert without == []
