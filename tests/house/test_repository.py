"""The repository as a stranger finds it: known names at the top, pinned dependencies, commands that exist."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, repository

TOP = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "alembic.ini",
    "db",
    "docs",
    "main.py",
    "pyproject.toml",
    "reports",
    "shelter",
    "tests",
    "ui",
}
# `uv run` looks among the project's own tools first.
TOOLS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
TEST_COMMAND = "uv run pytest"


def _project() -> tuple[str, list[str]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = settings["dependency-groups"].values()
    return settings["project"]["version"], settings["project"]["dependencies"] + [
        each for group in groups for each in group
    ]


def test_names_at_the_top() -> None:
    assert {path.split("/")[0] for path in repository()} == TOP


# --- dependencies


def unpinned(dependencies: list[str]) -> list[str]:
    """Each direct dependency names the one version it was proved with; Qt alone may move within its proved range."""
    pinned = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\d+(\.\d+)+|PySide6-Essentials>=6\.11\.3,<6\.12")
    return [each for each in dependencies if not pinned.fullmatch(each)]


def test_dependencies_are_pinned() -> None:
    assert unpinned(_project()[1]) == []


def test_loose_dependencies_are_found() -> None:
    loose = ["alembic", "alembic>=1.20", "alembic==1.*", "PySide6>=6.11.3,<6.12", "PySide6-Essentials>=6.11.3"]
    assert unpinned(loose) == loose


def test_lock_file_stays_out() -> None:
    assert subprocess.run(["git", "check-ignore", "-q", "uv.lock"], cwd=ROOT, check=False).returncode == 0
    assert "uv.lock" not in repository()


# --- places that only this machine knows

_HOSTS = re.compile(
    r"index[-_]url|registry *= *.https?:|https?://[^ ]*/simple\b|\b(?:pypi|pythonhosted|npmjs)\.(?:org|com)\b",
    re.IGNORECASE,
)


def machine_names(path: str, text: str, workplace: Path) -> Iterator[str]:
    """Lines that name a package registry's host or a folder of the machine this was written on."""
    # A clone directly below the root, as some containers have it, leaves no telling path.
    here = f"{workplace}/" if len(workplace.parts) > 1 else None
    for number, line in enumerate(text.splitlines(), 1):
        if _HOSTS.search(line) or (here and here in line):
            yield f"{path}:{number}: {line.strip()[:80]}"


def _texts() -> Iterator[tuple[str, str]]:
    for path in repository():
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            # Fonts, pictures and stores hold no lines.
            continue


def test_no_machine_is_named() -> None:
    assert [line for path, text in _texts() for line in machine_names(path, text, ROOT.parent)] == []


@pytest.mark.parametrize(
    "line",
    [
        "[[tool.uv.index]]\n" + "index" + "-url = x",
        "--extra-" + "index" + "-url",
        "https" + "://mirror.example/root/" + "simple",
        "see py" + "pi.org/project/x",
        "open('/srv/job" + "/main/a.py')",
    ],
)
def test_a_named_machine_is_found(line: str) -> None:
    assert list(machine_names("a.toml", line, Path("/srv/job"))) != []


# --- words about commands


def dead_commands(text: str) -> Iterator[str]:
    """``uv run`` commands of a document that do not lead anywhere."""
    for command in re.findall(r"uv run ([^`\n#|]+)", text):
        first, *rest = command.split()
        if first == "python" and rest[:1] == ["-m"]:
            module = ROOT / rest[1].replace(".", "/")
            if not module.with_suffix(".py").exists() and not (module / "__main__.py").exists():
                yield command
        elif first.endswith(".py"):
            if not (ROOT / first).exists():
                yield command
        elif shutil.which(first, path=TOOLS) is None:
            yield command
        yield from (command for word in rest if word.startswith("tests/") and not (ROOT / word).exists())


def dead_links(path: Path) -> Iterator[str]:
    """Links of a document to files that are not there."""
    for target in re.findall(r"\]\((?![a-z]+:)([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
        if not (path.parent / target).exists():
            yield f"{path.name}: {target}"


def _documents() -> list[Path]:
    return [ROOT / path for path in repository() if path.endswith(".md")]


def test_commands_and_links_exist() -> None:
    assert [each for path in _documents() for each in dead_commands(path.read_text(encoding="utf-8"))] == []
    assert [each for path in _documents() for each in dead_links(path)] == []


def test_dead_commands_and_links_are_found(tmp_path: Path) -> None:
    text = "`uv run start.py`, `uv run python -m tests.house.gone`, `uv run nothing-such`, `uv run pytest tests/gone`"
    assert len(list(dead_commands(text))) == 4
    (tmp_path / "a.md").write_text("[x](gone.md) [y](a.md#top) [z](https://example.org/x)", encoding="utf-8")
    assert list(dead_links(tmp_path / "a.md")) == ["a.md: gone.md"]


def test_readme_says_how_to_start_and_how_to_test() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "uv run main.py" in readme
    assert TEST_COMMAND in readme


def test_ci_runs_the_readme_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert re.search(rf"^step .* {TEST_COMMAND}$", script.read_text(encoding="utf-8"), re.MULTILINE)


def test_changelog_knows_this_version() -> None:
    assert f"## [{_project()[0]}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_licence() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License")
    assert "2026 Teduh contributors" in text
