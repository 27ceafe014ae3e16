"""The floors and the rooms as contracts: import-linter's from pyproject.toml, and those it cannot say."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp
import pytest

from tests.house.sources import FLOORS, ROOT, Source, imported, of, program

THE_WORK = {
    "assessments",
    "consent",
    "counselling",
    "health",
    "legal",
    "plans",
    "referrals",
    "reintegration",
    "screening",
    "training",
}
ABOVE_THE_OTHERS = {"duties", "exchange", "search", "statistics"}


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(cache_dir=None, no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", command], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_contracts() -> None:
    outcome = _lint_imports(ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


BROKEN = {
    "Imports go down only": {"db/store.py": "import shelter.work"},
    "PySide6 lives only in ui": {"reports/paper.py": "def f(): from PySide6.QtCore import QDate"},
    "No SQL in ui and reports": {"ui/pages.py": "from sqlalchemy.orm import Session"},
    "ReportLab lives only in reports": {"shelter/work.py": "from reportlab.platypus import Paragraph"},
    "Drivers, keys and migrations live only in db": {"shelter/work.py": "import alembic.command"},
    "Rules know no session and no table": {"shelter/beds/rules.py": "from shelter.beds.records import Bed"},
    "No cycles among rooms, nor among modules of db and reports": {
        "shelter/beds/queries.py": "import shelter.cases.queries",
        "shelter/cases/queries.py": "import shelter.beds.records",
    },
}


@pytest.mark.parametrize("contract", BROKEN)
def test_a_broken_contract_is_found(contract: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    rooms = [
        f"shelter/{room}/{name}.py"
        for room in ("beds", "cases")
        for name in ("__init__", "records", "queries", "rules")
    ]
    for name in ["db/store.py", "shelter/work.py", "reports/paper.py", "ui/pages.py", *rooms]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for floor in FLOORS:
        (tmp_path / floor / "__init__.py").touch()
    assert _lint_imports(tmp_path).returncode == 0
    for name, text in BROKEN[contract].items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    outcome = _lint_imports(tmp_path)
    assert re.findall(r"^(.+) BROKEN$", outcome.stdout, re.MULTILINE) == [contract]


def nobody_imports_main(source: Source) -> Iterator[str]:
    """main.py stands above every floor."""
    for name, node in imported(source.tree):
        if name.split(".")[0] == "main":
            yield f"{source.at(node)}: imports {name}"


def test_nobody_imports_main() -> None:
    assert [line for source in of(*FLOORS) for line in nobody_imports_main(source)] == []
    assert list(nobody_imports_main(Source("ui/a.py", "def f(): from main import run"))) != []


# --- rooms


def across_rooms(imports: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Two rooms of the work never import each other's records; nobody stands on a room that only looks on."""
    for importer, thing in imports:
        mine, theirs = importer.split(".")[1:2], thing.split(".")[1:2]
        if not mine or not theirs or mine == theirs:
            continue
        if mine[0] in THE_WORK and theirs[0] in THE_WORK and thing.split(".")[2:3] == ["records"]:
            yield f"{importer} imports {thing}"
        if theirs[0] in ABOVE_THE_OTHERS and mine[0] not in ABOVE_THE_OTHERS and importer != "shelter.tables":
            yield f"{importer} imports {thing}"


def test_rooms_keep_to_themselves() -> None:
    graph = grimp.build_graph("shelter", cache_dir=None)
    edges = [
        (importer, thing) for importer in graph.modules for thing in graph.find_modules_directly_imported_by(importer)
    ]
    assert sorted(across_rooms(edges)) == []


@pytest.mark.parametrize(
    ("importer", "thing", "refused"),
    [
        ("shelter.plans.queries", "shelter.health.records", True),
        ("shelter.plans.records", "shelter.health.records", True),
        ("shelter.plans.actions", "shelter.search.queries", True),
        ("shelter.plans.actions", "shelter.health.queries", False),
        ("shelter.plans.records", "shelter.cases.records", False),
        ("shelter.plans.actions", "shelter.plans.records", False),
        ("shelter.duties.queries", "shelter.plans.records", False),
        ("shelter.tables", "shelter.exchange.records", False),
        ("shelter.plans.rules", "shelter.faults", False),
    ],
)
def test_which_imports_between_rooms_are_refused(importer: str, thing: str, *, refused: bool) -> None:
    assert bool(list(across_rooms([(importer, thing)]))) is refused


# --- the ground knows no word of the work

_WORDS_OF_THE_WORK = re.compile(
    r"\b(residents?|penghuni|victims?|korban|survivors?|penyintas|counsel\w*|konsel\w*|psycholog\w*|psikolog\w*"
    r"|trainings?|trainers?|pelatihan|pelatih|reintegra\w*|traffick\w*|perdagangan|tppo|penampungan"
    r"|screenings?|penapisan|assessments?|asesmen|referrals?|rujukan|enrol\w*|attendances?|caseworkers?|nik|beds?)\b"
)


def words_of_the_work(source: Source) -> Iterator[str]:
    """No name, text or comment of ``db`` speaks of what is stored there."""
    for number, line in enumerate(source.text.splitlines(), 1):
        # Words as a person reads them, also inside snake_case and CamelCase names.
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", line).replace("_", " ").lower()
        for found in _WORDS_OF_THE_WORK.finditer(words):
            yield f"{source.path}:{number}: {found[0]}"


def test_db_knows_no_word_of_the_work() -> None:
    # Migrations make the tables of the work by name; everything else in db would serve any other trade.
    ground = [source for source in of("db") if "versions" not in source.parts]
    assert [line for source in ground for line in words_of_the_work(source)] == []


@pytest.mark.parametrize(
    "text",
    [
        "resident_id = 1",
        "class ResidentRow: ...",
        "key = 'counselling'",
        "name = 'penghuni'",
        "# a bed is locked first",
    ],
)
def test_a_word_of_the_work_is_found(text: str) -> None:
    assert list(words_of_the_work(Source("db/a.py", text))) != []


def test_common_words_pass() -> None:
    text = "embedded = {'technik': 1}  # the work above, its case (upper, lower), president"
    assert list(words_of_the_work(Source("db/a.py", text))) == []


def test_the_program_was_found() -> None:
    assert {source.parts[0] for source in program()} >= {*FLOORS}
