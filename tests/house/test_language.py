"""Every text a person reads can be read in both languages, whenever the language is switched."""

import ast
import gettext
import io
import string
from collections.abc import Callable, Iterator

import pytest
from babel.messages import Catalog, Message

from tests.house import catalogue
from tests.house.sources import Source, dotted, imported, program

Check = Callable[[Source], Iterator[str]]

ASKS = {"_": 1, "ngettext": 2}


def _calls_at_import(body: list[ast.stmt]) -> Iterator[ast.Call]:
    """Calls that run while the module is loaded: outside functions and lambdas, or in their defaults."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
            if not isinstance(node, ast.Lambda):
                waiting += node.decorator_list
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting += ast.iter_child_nodes(node)


def literal_texts(source: Source) -> Iterator[str]:
    """The extractor and the catalogue know a text only when it stands there literally."""
    for name, call in source.calls():
        asked = ASKS.get(name.split(".")[-1])
        if asked is None:
            continue
        given = call.args[:asked]
        if len(given) < asked or not all(
            isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value.strip() for text in given
        ):
            yield f"{source.at(call)}: {ast.unparse(call)} is not a plain text"


def texts_when_shown(source: Source) -> Iterator[str]:
    """A text translated at import is in the wrong language for ever."""
    for call in _calls_at_import(source.tree.body):
        if dotted(call.func).split(".")[-1] in ASKS:
            yield f"{source.at(call)}: {ast.unparse(call)} runs at import"


def underscore_is_the_language(source: Source) -> Iterator[str]:
    """Where ``_`` gives the texts, no variable may be called ``_``: the next text would call that instead."""
    if not any(name == "shelter.language._" for name, _node in imported(source.tree)):
        return
    scopes = [source.tree, *source.functions(), *(n for n in ast.walk(source.tree) if isinstance(n, ast.Lambda))]
    for scope in scopes:
        inside = list(ast.walk(scope)) if not isinstance(scope, ast.Module) else list(_own(scope))
        binds = any(
            (isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store))
            or (isinstance(node, ast.arg) and node.arg == "_")
            for node in inside
        )
        calls = any(isinstance(node, ast.Call) and dotted(node.func) == "_" for node in inside)
        if binds and (calls or isinstance(scope, ast.Module)):
            yield f"{source.at(scope)}: uses `_` for something else as well"


def _own(module: ast.Module) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ListComp | ast.GeneratorExp):
            waiting += ast.iter_child_nodes(node)


CHECKS = [literal_texts, texts_when_shown, underscore_is_the_language]
# language.py defines `_` and hands on what it was given.
SPEAKING = [source for source in program() if source.path != "shelter/language.py" and source.parts[0] != "db"]


@pytest.mark.parametrize("check", CHECKS)
def test_house(check: Check) -> None:
    assert [line for source in SPEAKING for line in check(source)] == []


_IMPORT = "from shelter.language import _, ngettext\n"


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (literal_texts, "def f(n): return _(f'{n} orang')"),
        (literal_texts, "def f(n): return _('{n} orang'.format(n=n))"),
        (literal_texts, "def f(text): return language._(text)"),
        (literal_texts, "def f(): return _('')"),
        (literal_texts, "def f(n): return ngettext('{n} orang', OTHER, n)"),
        (texts_when_shown, "TITLE = _('Beranda')"),
        (texts_when_shown, "class A:\n    title = _('Beranda')"),
        (texts_when_shown, "def f(title=_('Beranda')): ..."),
        (texts_when_shown, "@page(_('Beranda'))\ndef f(): ..."),
        (texts_when_shown, "TITLES = {name: ngettext('a', 'b', 1) for name in NAMES}"),
        (underscore_is_the_language, f"{_IMPORT}def f():\n    for _ in range(3):\n        g()\n    return _('Ya')"),
        (underscore_is_the_language, f"{_IMPORT}for _ in range(3):\n    g()"),
        (underscore_is_the_language, f"{_IMPORT}a = lambda _: _('Ya')"),
    ],
)
def test_is_refused(check: Check, text: str) -> None:
    assert list(check(Source("ui/a.py", text))) != []


def test_good_work_passes() -> None:
    text = f"""{_IMPORT}
TITLE = lambda: _("Beranda")
ONES = [1 for _ in range(3)]
def title(count: int) -> str:
    return ngettext("{{count}} orang", "{{count}} orang", count).format(count=count) + _("panjang " "sekali")
def other() -> None:
    for _ in range(3):
        pass
"""
    assert [line for check in CHECKS for line in check(Source("ui/a.py", text))] == []


# --- the catalogue


def _filled(text: str) -> list[str]:
    return sorted({name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None})


def complaints(known: Catalog, sources: tuple[Source, ...]) -> Iterator[str]:
    """What the catalogue lacks, has too much, or says with other placeholders than the Indonesian."""
    wanted = catalogue.collect(sources, known)
    for message in wanted:
        if message.id and not catalogue.translated(message):
            yield f"no English: {message.id!r}"
        elif message.id:
            yield from _other_placeholders(message)
    for message in known:
        if message.id and wanted.get(message.id if isinstance(message.id, str) else message.id[0]) is None:
            yield f"no longer in the program: {message.id!r}"


def _other_placeholders(message: Message) -> Iterator[str]:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
    for text in strings:
        # The singular may leave its number out: "one resident".
        if _filled(text) not in [_filled(known) for known in ids] and not (len(ids) == 2 and text == strings[0]):
            yield f"other placeholders: {message.id!r} and {text!r}"


def test_every_text_has_its_english() -> None:
    assert list(complaints(catalogue.load(catalogue.PO), program())) == []


def test_catalogue_is_written_by_the_tool() -> None:
    po = catalogue.PO.read_bytes()
    assert catalogue.as_po(catalogue.collect(program(), catalogue.load(catalogue.PO))) == po


def test_compiled_catalogue_is_in_step() -> None:
    assert catalogue.MO.read_bytes() == catalogue.as_mo(catalogue.PO.read_bytes())


def _known(string: str | tuple[str, str] | None, text: str | tuple[str, str] = "Halo {name}") -> Catalog:
    known = Catalog(locale="en")
    known.add(text, string)
    return known


_PROGRAM = (Source("ui/a.py", "def f(): return _('Halo {name}')"),)
_PLURAL = (Source("ui/a.py", "def f(n): return ngettext('{n} orang', '{n} orang', n)"),)


@pytest.mark.parametrize(
    ("known", "complaint"),
    [
        (Catalog(locale="en"), "no English"),
        (_known(None), "no English"),
        (_known("Hello {nama}"), "other placeholders"),
        (_known("Hello"), "other placeholders"),
        (_known("Hello {name}", "Halo semua"), "no longer in the program"),
    ],
)
def test_a_gap_in_the_catalogue_is_found(known: Catalog, complaint: str) -> None:
    assert complaint in "\n".join(complaints(known, _PROGRAM))


def test_a_doubted_text_counts_as_missing() -> None:
    known = _known("Hello {name}")
    known["Halo {name}"].flags.add("fuzzy")
    assert list(complaints(known, _PROGRAM)) == ["no English: 'Halo {name}'"]


def test_a_missing_plural_is_found() -> None:
    pair = ("{n} orang", "{n} orang")
    assert list(complaints(_known(("{n} person", ""), pair), _PLURAL)) == [f"no English: {pair!r}"]
    assert list(complaints(_known(("one person", "{n} people"), pair), _PLURAL)) == []


def test_translations_survive_the_tool_and_come_out_by_gettext() -> None:
    sources = (*_PROGRAM, Source("ui/b.py", "def f(n): return ngettext('{n} orang', '{n} orang', n)"))
    known = _known("Hello – {name}")
    known.add(("{n} orang", "{n} orang"), ("{n} person", "{n} people"))
    po = catalogue.as_po(catalogue.collect(sources, known))
    assert catalogue.as_mo(po) == catalogue.as_mo(po)
    assert b"#: ui/a.py\n" in po
    texts = gettext.GNUTranslations(io.BytesIO(catalogue.as_mo(po)))
    assert texts.gettext("Halo {name}") == "Hello – {name}"
    assert [texts.ngettext("{n} orang", "{n} orang", n) for n in (1, 5)] == ["{n} person", "{n} people"]
