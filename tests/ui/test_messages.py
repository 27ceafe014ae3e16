"""Whatever the program can refuse or find has its sentence, in both languages, with every fact it names."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from db import faults, serverplace
from db.faults import StoreFault
from db.verify import Finding, Wrong
from shelter import faults as refusals
from shelter import language
from shelter.faults import NotAllowed, NotFound, RuleBroken
from tests.house.sources import ROOT, Source, of
from ui import messages

FAULTS: Mapping[str, type[StoreFault]] = {
    name: kind
    for name, kind in vars(faults).items()
    if isinstance(kind, type) and issubclass(kind, StoreFault) and kind is not StoreFault
}
# Reasons whose sentence is the general one of their kind; one that is added has to be looked at here.
GENERAL = {
    "WeakPassword": {"short", "common"},
    "WrongWords": {"count", "unknown", "check", "other_store"},
    "DiskTrouble": {"full", "io", "place"},
}
# Where the word comes from somewhere else, which is looked at by itself below.
HANDED_ON = {"reason_of(error)", "reason"}
# Facts the sentences may name, of the types they have.
SAMPLES: Mapping[str, object] = {"wait": 5, "at": 3, "most": 60, "least": 1}


def texts_of(value: ast.expr) -> list[str] | None:
    """The texts an expression may give; None when only the running program knows."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return [value.value]
    if isinstance(value, ast.IfExp):
        either = texts_of(value.body), texts_of(value.orelse)
        return None if None in either else [text for texts in either for text in texts or ()]
    return None


def says(error: StoreFault | RuleBroken | NotAllowed | NotFound | Finding | str) -> list[str]:
    """Its sentences: Indonesian, English."""
    said = []
    for spoken in language.LANGUAGES:
        language.use(spoken)
        match error:
            case Finding():
                said.append(messages.finding_sentence(error))
            case str():
                said.append(messages.server_sentence(error))
            case _:
                said.append(messages.sentence(error))
    language.use("id")
    return said


def faulty(said: list[str]) -> bool:
    """Whether it is no pair of sentences: an empty one, a gap that was not filled, one language for both."""
    # The fields of a number's pattern are told as they are typed.
    said = [re.sub(r"\{(seq|YYYY|YY|TYPE)\}", "", text) for text in said]
    indonesian, english = said
    return any(not text.strip() or "{" in text or "}" in text for text in said) or indonesian == english


def complaints(source: Source) -> Iterator[str]:
    """What a file of the program raises or finds without a sentence for it."""
    for name, call in source.calls():
        last = name.split(".")[-1]
        try:
            if last == "RuleBroken":
                trouble = _about_rule(call)
            elif last in FAULTS:
                trouble = _about_fault(last, call)
            elif last == "server_sentence" and call.args:
                words = texts_of(call.args[0])
                trouble = None if words is None else _about_server(words)
            else:
                continue
        except (KeyError, IndexError, ValueError) as error:
            trouble = repr(error)
        if trouble:
            yield f"{source.at(call)}: {ast.unparse(call)}: {trouble}"


def _about_rule(call: ast.Call) -> str | None:
    codes = texts_of(call.args[0])
    if codes is None:
        return "its code is not a plain text"
    facts = {word.arg: SAMPLES.get(word.arg, "contoh") for word in call.keywords if word.arg}
    unknown = says(RuleBroken("no such rule"))
    for code in codes:
        said = says(RuleBroken(code, **facts))
        if said == unknown or faulty(said):
            return f"no sentence for {code}"
    return None


def _about_fault(name: str, call: ast.Call) -> str | None:
    given: dict[str, list[Any]] = {}
    for word in call.keywords:
        texts = texts_of(word.value)
        if word.arg is None or (texts is None and word.arg == "reason" and ast.unparse(word.value) not in HANDED_ON):
            return "its reason is not a plain text"
        given[word.arg] = [*texts] if texts else [SAMPLES.get(word.arg, "contoh")]
    for reason in given.pop("reason", [None]):
        facts = {fact: values[0] for fact, values in given.items()} | ({} if reason is None else {"reason": reason})
        if reason == "contoh":
            continue
        if name in GENERAL and reason not in GENERAL[name]:
            return f"{reason} is not looked at yet"
        if name == "ServerTrouble" and (trouble := _about_server([str(reason)])):
            return trouble
        if faulty(says(FAULTS[name](**facts))):
            return "no sentence"
    return None


def _about_server(words: list[str]) -> str | None:
    unknown = says("unknown")
    missing = [word for word in words if says(word) == unknown or faulty(says(word))]
    return f"no sentence for {missing}" if missing else None


def test_everything_the_program_raises_has_its_sentences() -> None:
    assert [line for source in of("db", "shelter", "ui") for line in complaints(source)] == []


@pytest.mark.parametrize(
    "text",
    [
        "raise StoreLocked(reason='tired')",
        "raise ServerTrouble(reason='tired')",
        "raise ServerTrouble(reason=word)",
        "raise WeakPassword(reason='leaked')",
        "raise DiskTrouble(reason='full' if a else 'slow')",
        "raise RuleBroken('no_such_code', 'field')",
        "raise RuleBroken('login_long', 'login')",
        "raise RuleBroken(code, 'field')",
        "print(messages.server_sentence('tired'))",
    ],
)
def test_a_new_word_without_a_sentence_is_found(text: str) -> None:
    assert list(complaints(Source("db/a.py", f"def f():\n    {text}"))) != []


@pytest.mark.parametrize(
    "text", ["raise RuleBroken('login_long', 'login', most=3)", "raise StoreLocked(reason='busy')"]
)
def test_a_word_with_a_sentence_passes(text: str) -> None:
    assert list(complaints(Source("db/a.py", f"def f():\n    {text}"))) == []


def test_the_walk_sees_what_is_raised() -> None:
    seen = {name.split(".")[-1] for source in of("db", "shelter", "ui") for name, _call in source.calls()}
    assert {"RuleBroken", "StoreLocked", "ServerTrouble", "WrongWords", "WeakPassword", "Damaged", "Finding"} <= seen


@pytest.mark.parametrize("kind", FAULTS.values(), ids=FAULTS)
def test_every_kind_of_fault_has_sentences(kind: type[StoreFault]) -> None:
    facts = {"reason": "busy"} if kind is faults.StoreLocked else {}
    assert not faulty(says(kind(**facts)))


def test_every_kind_of_refusal_has_sentences() -> None:
    kinds = {kind for kind in vars(refusals).values() if isinstance(kind, type)}
    assert kinds == {RuleBroken, NotAllowed, NotFound}
    assert not faulty(says(NotAllowed("staff:account:write")))
    assert not faulty(says(NotFound("account")))
    assert not faulty(says(RuleBroken("no such rule")))


@pytest.mark.parametrize("reason", [reason for reason, _signs in serverplace._REASONS])
def test_every_reason_read_from_a_driver_has_sentences(reason: str) -> None:
    assert _about_server([reason]) is None


def test_every_word_of_looking_at_a_server_has_sentences() -> None:
    """``look_at`` hands its words on without raising them."""
    (source,) = (source for source in of("db") if source.path == "db/servercheck.py")
    returned = [node.value for node in ast.walk(source.tree) if isinstance(node, ast.Return) and node.value]
    words = [text for value in returned for text in texts_of(value) or () if text]
    assert words
    assert _about_server(words) is None


@pytest.mark.parametrize("wrong", Wrong)
def test_everything_a_check_finds_has_sentences_with_its_place(wrong: Wrong) -> None:
    said = says(Finding(wrong, "tabelnya", "barisnya", 77))
    assert not faulty(said)
    for text in said:
        assert wrong is Wrong.UNREADABLE or "tabelnya" in text or "barisnya" in text


def test_the_words_a_server_finds_are_those_of_a_check() -> None:
    """``teduh_audit_verify`` answers with words of ``Wrong``, from SQL that no type checker reads."""
    statements = (ROOT / "db/sql/audit.sql").read_text(encoding="utf-8")
    told = set(re.findall(r"RETURN QUERY SELECT [\w.]+, '(\w+)'", statements))
    assert {"entry_edited", "entry_missing", "image_edited"} <= told
    assert told <= {wrong.value for wrong in Wrong}


@pytest.mark.parametrize(("wait", "told"), [(0, False), (1, False), (2, True), (60, True)])
def test_a_wait_is_told_when_there_is_one(wait: int, told: bool) -> None:
    for text in says(faults.WrongPassword(wait=wait)):
        assert (str(wait) in text) == told


def test_a_sentence_never_carries_a_fact_it_has_no_need_of() -> None:
    for kind in FAULTS.values():
        for text in says(kind(reason="busy", place="/rumah/rahasia", table="penghuni", revision="0001")):
            assert "rahasia" not in text
            assert "penghuni" not in text
