"""Starting must be quick on an old PC: heavy libraries are imported where they are first needed, not at the top."""

import subprocess
import sys

import pytest

from tests.house.sources import ROOT

HEAVY = {"PySide6", "alembic", "argon2", "cryptography", "psycopg", "reportlab", "sqlalchemy"}


def _loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nsys.stdout.write(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("module", ["main", "ui.terminal", "ui.libraries", "shelter.language"])
def test_import_is_light(module: str) -> None:
    assert _loaded_by(f"import {module}") & HEAVY == set()


def test_a_heavy_import_is_found() -> None:
    assert _loaded_by("import sqlalchemy.orm") & HEAVY == {"sqlalchemy"}
