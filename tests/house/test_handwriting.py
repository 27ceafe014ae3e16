"""The measure of a room: short files, a docstring where others read, nothing half-done, nothing printed."""

import ast
import re
import statistics
from collections.abc import Iterator, Sequence

import pytest

from tests.house.sources import Source, of, program

# A key ring's owner is the id of a person, not the name.
MAY_BE_SHOWN = {"__class__", "__tablename__", "id", "owner"}
LONGEST = 600
LONG = 350
MEDIAN = 150


def measured(lengths: dict[str, int]) -> Iterator[str]:
    """Median at most 150 lines, nine in ten under 350, none over 600."""
    if statistics.median(lengths.values()) > MEDIAN:
        yield f"the median file has more than {MEDIAN} lines"
    long = {path: lines for path, lines in lengths.items() if lines >= LONG}
    if len(long) * 10 > len(lengths):
        yield f"more than one file in ten has {LONG} lines: {long}"
    yield from (f"{path} has more than {LONGEST} lines" for path, lines in lengths.items() if lines > LONGEST)


def test_files_are_short() -> None:
    # A migration is a list of steps that nobody changes again.
    files = [source for source in program() if "versions" not in source.parts]
    assert list(measured({source.path: source.text.count("\n") for source in files})) == []


@pytest.mark.parametrize(
    ("lengths", "refused"),
    [
        ([150] * 9 + [349], False),
        ([151] * 10, True),
        ([10] * 9 + [350], False),
        ([10] * 8 + [350] * 2, True),
        ([10] * 19 + [601], True),
    ],
)
def test_long_files_are_refused(lengths: Sequence[int], *, refused: bool) -> None:
    assert bool(list(measured({f"{i}.py": lines for i, lines in enumerate(lengths)}))) is refused


def documented(source: Source) -> Iterator[str]:
    """A docstring on every module and every public class, function and method."""
    if not ast.get_docstring(source.tree):
        yield f"{source.path} has no docstring"

    def look(body: Sequence[ast.stmt]) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
                again = {"overload", "typing.overload", "override", f"{node.name}.setter"}
                if not ast.get_docstring(node) and not decorators & again:
                    yield f"{source.at(node)}: {node.name} has no docstring"
                if isinstance(node, ast.ClassDef):
                    yield from look(node.body)

    if "versions" not in source.parts:
        yield from look(source.tree.body)


def nothing_half_done(source: Source) -> Iterator[str]:
    """What is not done is an issue, not a remark in the code."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            yield f"{source.path}:{number}: {found[0]}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Raise) and "NotImplementedError" in ast.unparse(node):
            yield f"{source.at(node)}: not implemented"


def prints(source: Source) -> Iterator[str]:
    """A window has no place where printed words appear."""
    for name, node in source.calls():
        if name in {"print", "pprint", "pprint.pprint", "pprint.pp", "pp", "breakpoint"}:
            yield f"{source.at(node)}: {name}()"


def telling_repr(source: Source) -> Iterator[str]:
    """A ``repr`` lands in logs and tracebacks: it may say the class and the id, never a field's value."""
    for function in source.functions():
        if function.name not in {"__repr__", "__str__"}:
            continue
        for node in ast.walk(function):
            own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
            if own and isinstance(node, ast.Attribute) and node.attr not in MAY_BE_SHOWN:
                yield f"{source.at(node)}: {function.name} shows {node.attr}"


def test_what_others_read_is_documented() -> None:
    assert [line for source in of("db", "shelter", "reports") for line in documented(source)] == []


def test_every_module_says_what_it_is_for() -> None:
    assert [source.path for source in program() if not ast.get_docstring(source.tree)] == []


def test_nothing_is_half_done() -> None:
    assert [line for source in program() for line in nothing_half_done(source)] == []


def test_only_the_terminal_prints() -> None:
    silent = [source for source in program() if source.parts[:2] != ("ui", "terminal")]
    assert [line for source in silent for line in prints(source)] == []


def test_no_repr_tells_a_value() -> None:
    assert [line for source in program() for line in telling_repr(source)] == []


_SAID = '"""Said."""\n'


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("x = 1", True),
        (f"{_SAID}def f(): ...", True),
        (f"{_SAID}class A: ...", True),
        (f"{_SAID}class A:\n    {_SAID}    def f(self): ...", True),
        (f"{_SAID}class A:\n    {_SAID}    def _f(self): ...\n    def __init__(self): ...", False),
        (f"{_SAID}def f():\n    {_SAID}    def inner(): ...", False),
        (f"{_SAID}@overload\ndef f(a: int) -> int: ...", False),
    ],
)
def test_missing_docstrings_are_found(text: str, *, refused: bool) -> None:
    assert bool(list(documented(Source("db/a.py", text)))) is refused


@pytest.mark.parametrize("text", ["# TODO later", "x = 1  # FIXME", "def f():\n    raise NotImplementedError('x')"])
def test_half_done_work_is_found(text: str) -> None:
    assert list(nothing_half_done(Source("db/a.py", text))) != []


@pytest.mark.parametrize("text", ["print('x')", "def f():\n    pprint.pprint(1)", "breakpoint()"])
def test_printing_is_found(text: str) -> None:
    assert list(prints(Source("ui/a.py", text))) != []


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ("f'<Bed {self.name}>'", True),
        ("repr(self.__dict__)", True),
        ("f'<{type(self).__name__} {self.id}>'", False),
        ("f'<{self.__class__.__name__}>'", False),
    ],
)
def test_a_telling_repr_is_found(body: str, *, refused: bool) -> None:
    text = f"class Bed:\n    def __repr__(self):\n        return {body}"
    assert bool(list(telling_repr(Source("shelter/a.py", text)))) is refused
