"""The table of rights: as the domain has it, asked by every action and query, and kept in every cell."""

import ast
import hashlib
import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import shelter
from shelter import rights
from shelter.codelists import rules as codelist_rules
from shelter.faults import NotAllowed
from shelter.home import queries as home_queries
from shelter.rights import Permission, Role, Scope, needs
from shelter.work import Founding, Recovered, Work
from tests.house.sources import Source, of
from tests.house.test_rooms import guarded_verbs
from tests.shelter import matrix
from tests.shelter.matrix import Cell, Sample, Scene, Whose
from tests.stores import Clock, Template, TestHome, copied

STORED = tomllib.loads((Path(shelter.__file__).parent / "rights.toml").read_text(encoding="utf-8"))
RIGHTS: dict[str, dict[str, str]] = STORED["rights"]
ALL = {role.value: "all" for role in Role}


# --- the table


def test_the_table_is_the_one_the_domain_agreed_on() -> None:
    """A right changed without thought changes this sum; who changes one on purpose changes the domain's table too."""
    canonical = json.dumps(STORED, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(canonical).hexdigest() == "77d16b735b2c508d37f2d571c83787d4167e8c29183cede92e990735e8f32784"


def test_what_a_house_may_never_widen_and_what_takes_two() -> None:
    assert STORED["never_wider"] == [
        "counselling:processnote:read",
        "counselling:processnote:write",
        "residents:card:read",
        "health:record:read",
    ]
    assert STORED["two_people"] == [
        "staff:role:grant",
        "store:backup:restore",
        "residents:protection:switch",
        "counselling:processnote:breakglass",
        "exchange:export:register",
        "exchange:export:identified",
        "privacy:purge:do",
    ]
    assert set(STORED["never_wider"] + STORED["two_people"]) <= set(RIGHTS)
    assert RIGHTS["counselling:processnote:read"] == RIGHTS["counselling:processnote:write"] == {"PSIKOLOG": "own"}


def test_the_table_knows_only_the_roles_and_scopes_there_are() -> None:
    roles = {role for row in RIGHTS.values() for role in row}
    assert roles == {role.value for role in Role}
    assert roles == {entry.code for entry in codelist_rules.shipped() if entry.list_name == "user_role"}
    scopes = {scope for row in RIGHTS.values() for scope in row.values()}
    assert scopes == {scope.name.lower() for scope in Scope} - {"none"}
    assert [name for name in RIGHTS if len(name.split(":")) != 3 or name != name.lower()] == []
    assert [name for name, row in RIGHTS.items() if not row] == []


def test_the_administrator_reads_nothing_of_a_resident() -> None:
    """Handbook section 3: the system administrator sees no case content; neither does the auditor."""
    open_rooms = ("staff:", "home:", "codelists:", "partners:", "store:", "audit:", "beds:room:", "duties:mine:")
    more_rooms = {"ADMIN": ("privacy:breach:",), "AUDITOR": ("statistics:", "documents:register:", "privacy:")}
    for role, more in more_rooms.items():
        held = {name for name, row in RIGHTS.items() if role in row}
        beyond = {name for name in held if not name.startswith(open_rooms + more)}
        assert beyond <= {"exchange:export:deidentified"}, role


BUILT: dict[Permission, dict[str, str]] = {
    Permission.STAFF_ACCOUNT_READ: ALL | {"INSTRUKTUR": "own", "PENDAMPING_HUKUM": "own"},
    Permission.STAFF_ACCOUNT_WRITE: {"ADMIN": "all"},
    Permission.STAFF_ROLE_GRANT: {"KEPALA": "all", "ADMIN": "all"},
    Permission.STAFF_DELEGATION_WRITE: {"KEPALA": "all"},
    Permission.HOME_SETTINGS_READ: ALL,
    Permission.HOME_SETTINGS_WRITE: {"KEPALA": "all", "ADMIN": "all"},
    Permission.HOME_LETTERHEAD_WRITE: {"KEPALA": "all", "OPERATOR": "all", "ADMIN": "all"},
    Permission.CODELISTS_ENTRY_WRITE: {"KEPALA": "all", "OPERATOR": "all", "ADMIN": "all"},
    Permission.CASES_ASSIGNMENT_WRITE: {"KEPALA": "all"},
    Permission.DOCUMENTS_PAPER_CANCEL: {"KEPALA": "all", "OPERATOR": "all"},
    Permission.STORE_CHECK_RUN: ALL,
}


def test_every_permission_of_the_program_stands_in_the_table() -> None:
    assert {permission.value for permission in Permission} <= set(RIGHTS)
    for permission, row in BUILT.items():
        assert RIGHTS[permission] == row, permission


def test_the_program_reads_the_table_as_it_is() -> None:
    read = {name: {role: scope.name.lower() for role, scope in row.items()} for name, row in rights.table().items()}
    assert read == RIGHTS
    with pytest.raises(TypeError):
        rights.table()["staff:role:grant"] = {}  # type: ignore[index]


@pytest.mark.parametrize("permission", Permission)
def test_of_several_roles_the_widest_scope_counts(permission: Permission) -> None:
    for role in Role:
        alone = rights.scope_of(permission, [role])
        assert alone.name.lower() == RIGHTS[permission].get(role, "none")
        for other in Role:
            both = rights.scope_of(permission, [role, other])
            assert both is max(alone, rights.scope_of(permission, [other]))
    assert rights.scope_of(permission, []) is Scope.NONE
    assert rights.scope_of(permission, ["RAJA", ""]) is Scope.NONE


def test_scopes_widen_from_none_to_all() -> None:
    assert sorted(Scope) == [Scope.NONE, Scope.CLASS, Scope.OWN, Scope.ASSIGNED, Scope.ALL]


def test_founding_lends_every_role_and_a_recovery_sheet_the_administrators_alone() -> None:
    unit: Any = None
    assert Founding(unit).roles == set(Role)
    assert Recovered(unit).roles == {"ADMIN"}
    assert Recovered(unit).scope(Permission.STAFF_DELEGATION_WRITE) is Scope.NONE


# --- @needs


class Somebody:
    """Whoever acts, with these roles; remembers under which permission."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles
        self.acts_under: list[Permission] = []

    def scope(self, permission: Permission) -> Scope:
        return rights.scope_of(permission, self.roles)

    @contextmanager
    def under(self, permission: Permission) -> Iterator[None]:
        self.acts_under.append(permission)
        yield
        self.acts_under.pop()


@needs(Permission.STAFF_ACCOUNT_READ)
def _look(work: Somebody, *, word: str) -> tuple[Scope, list[Permission], str]:
    """Look."""
    return work.scope(Permission.STAFF_ACCOUNT_READ), list(work.acts_under), word


def test_needs_refuses_whoever_has_no_right_before_anything_happens() -> None:
    for roles in ((), ("RAJA",)):
        with pytest.raises(NotAllowed) as refused:
            _look(Somebody(*roles), word="x")
        assert refused.value.permission == "staff:account:read"


def test_needs_yields_the_scope_of_the_right() -> None:
    under = [Permission.STAFF_ACCOUNT_READ]
    assert _look(Somebody("INSTRUKTUR"), word="x") == (Scope.OWN, under, "x")
    assert _look(Somebody("INSTRUKTUR", "PEKSOS"), word="x") == (Scope.ALL, under, "x")


def test_needs_keeps_what_the_function_says_of_itself() -> None:
    assert (_look.__name__, _look.__doc__) == ("_look", "Look.")
    assert _look.permission is Permission.STAFF_ACCOUNT_READ  # type: ignore[attr-defined]


def test_a_right_ends_with_its_function_even_when_that_fails() -> None:
    @needs(Permission.STAFF_ACCOUNT_READ)
    def fail(_work: Work) -> None:
        raise ZeroDivisionError

    unit: Any = None
    work = Founding(unit)
    with pytest.raises(ZeroDivisionError):
        fail(work)
    assert work._permissions == []


# --- the matrix


@pytest.fixture(scope="module")
def scene(file_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = copied(file_template, tmp_path_factory.mktemp("matrix") / "rumah", Clock())
    yield Scene.build(home)
    home.close()


def test_every_action_and_query_asks_for_a_right_that_somebody_holds() -> None:
    assert len(matrix.functions()) >= 32
    for name, function in matrix.functions().items():
        permission = getattr(function, "permission", None)
        assert isinstance(permission, Permission), name
        assert RIGHTS[permission], name


def test_the_matrix_knows_how_to_call_every_action_and_query() -> None:
    assert set(matrix.SAMPLES) == set(matrix.functions())


@pytest.mark.parametrize("cell", list(matrix.cells()), ids=str)
def test_a_cell_is_as_the_table_has_it(scene: Scene, cell: Cell) -> None:
    assert matrix.complaint(scene, cell) == ""


def test_walking_leaves_nothing_behind(scene: Scene) -> None:
    head = scene.head.store.head()
    for cell in matrix.cells():
        if cell.role is Role.ADMIN:
            matrix.complaint(scene, cell)
    assert scene.head.store.head() == head
    scene.home.enter("admin saja").read(home_queries.settings)


@pytest.mark.server
def test_every_cell_is_the_same_on_a_server(server_home: TestHome) -> None:
    served = Scene.build(server_home)
    assert [found for cell in matrix.cells() if (found := matrix.complaint(served, cell))] == []


# --- and the walker finds what is wrong


def _with(monkeypatch: pytest.MonkeyPatch, name: str, function: Any) -> None:
    walked = {**matrix.functions(), name: function}
    monkeypatch.setattr(matrix, "functions", lambda: walked)


def test_a_function_that_lost_its_guard_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "staff.actions.disable_account"
    _with(monkeypatch, name, matrix.functions()[name].__wrapped__)  # type: ignore[attr-defined]
    assert "asks for no permission" in matrix.complaint(scene, Cell(name, Role.ADMIN, Whose.OTHERS))


def test_a_function_that_asks_for_too_little_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "home.actions.rename_home"
    bare = matrix.functions()[name].__wrapped__  # type: ignore[attr-defined]

    def open_to_all(work: Work, **arguments: Any) -> object:
        with work.under(Permission.HOME_SETTINGS_READ):
            return bare(work, **arguments)

    open_to_all.permission = Permission.HOME_SETTINGS_WRITE  # type: ignore[attr-defined]
    _with(monkeypatch, name, open_to_all)
    assert matrix.complaint(scene, Cell(name, Role.PETUGAS, Whose.HOUSE)).endswith("done, not refused")


def test_a_scope_that_is_not_applied_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Work, "_own", lambda _work, _model: None)
    cells = [cell for cell in matrix.cells() if cell.function == "staff.queries.accounts" and cell.whose == "others"]
    found = {cell.role.value for cell in cells if matrix.complaint(scene, cell).endswith("done, not unseen")}
    assert found == {"INSTRUKTUR", "PENDAMPING_HUKUM"}


def test_a_right_that_is_refused_wrongly_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Work, "scope", lambda _work, _permission: Scope.NONE)
    cell = Cell("home.queries.settings", Role.KEPALA, Whose.HOUSE)
    assert matrix.complaint(scene, cell).endswith("refused, not done")


def test_a_new_function_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _with(monkeypatch, "staff.actions.promote", _look)
    new = [cell for cell in matrix.cells() if cell.function == "staff.actions.promote"]
    assert len(new) == len(Role)
    assert "does not say how it is called" in matrix.complaint(scene, new[0])


def test_an_answer_without_the_row_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = Sample(shows=lambda *_: False)
    monkeypatch.setattr(matrix, "SAMPLES", {**matrix.SAMPLES, "home.queries.identity": sample})
    cell = Cell("home.queries.identity", Role.KEPALA, Whose.HOUSE)
    assert matrix.complaint(scene, cell).endswith("unseen, not done")


# --- one @needs dropped, and the suite goes red


def _verbs() -> list[tuple[Source, str]]:
    rooms = [source for source in of("shelter") if source.parts[-1] in {"actions.py", "queries.py"}]
    return [
        (source, node.name)
        for source in rooms
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def test_the_house_check_and_the_matrix_see_the_same_functions() -> None:
    assert {f"{s.parts[1]}.{s.stem}.{name}" for s, name in _verbs()} == set(matrix.functions())


@pytest.mark.parametrize(
    ("source", "name"), _verbs(), ids=lambda each: each if isinstance(each, str) else each.parts[1]
)
def test_one_dropped_guard_turns_the_house_check_red(source: Source, name: str) -> None:
    assert list(guarded_verbs(source)) == []
    tree = ast.parse(source.text)
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    function.decorator_list.clear()
    complaints = list(guarded_verbs(Source(source.path, ast.unparse(tree))))
    assert len(complaints) == 1
    assert complaints[0].endswith(f"{name} has no @needs(...)")
