"""What the house tests look at: the repository's files and the program's modules, parsed once."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("db", "shelter", "reports", "ui")


@dataclass(frozen=True)
class Source:
    """One Python file, by its path from the top of the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("/"))

    @property
    def stem(self) -> str:
        return self.parts[-1].removesuffix(".py")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def classes(self) -> Iterator[ast.ClassDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef):
                yield node

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the dotted name that is called, as far as it is a name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield dotted(node.func), node

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def dotted(node: ast.AST) -> str:
    """``a.b.c`` for such an expression; ``?.c`` when it begins with something else than a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "?"


def imported(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Every module a tree imports, wherever in it; ``from a import b`` counts as ``a`` and as ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node


@cache
def repository() -> tuple[str, ...]:
    """Every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return tuple(sorted(name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()))


@cache
def program() -> tuple[Source, ...]:
    """The program itself: main.py and the four floors."""
    files = [ROOT / "main.py", *(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))]
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(files)
        if path.is_file()
    )


@cache
def rooms() -> tuple[str, ...]:
    """Every room of ``shelter``: a folder with a docstring of its own."""
    return tuple(sorted(path.parent.name for path in (ROOT / "shelter").glob("*/__init__.py")))


def of(*floors: str) -> list[Source]:
    """The program's files on these floors."""
    return [source for source in program() if source.parts[0] in floors]
