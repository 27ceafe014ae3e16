"""When we failed: the kind of error and the place in our code, never its words, a value or a path."""

import json
from pathlib import Path

import pytest
import sqlalchemy

from shelter import language, rights
from ui import crash

MARKER = "Rahasiamarkah"


def _caught(make: object) -> BaseException:
    try:
        make()  # type: ignore[operator]
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the test looks at
        return error
    raise AssertionError("nothing happened")


def _fails_here() -> None:
    siti = f"{MARKER} binti Rahasia"
    raise ValueError(siti)


def _fails_inside_a_library() -> None:
    json.loads(f'{{"name": "{MARKER}')


def _fails_inside_a_package() -> None:
    sqlalchemy.make_url(MARKER)


def _fails_with_a_path() -> None:
    Path(f"/tiada/{MARKER}/siti.db").read_bytes()


def _fails_because_of_another() -> None:
    try:
        _fails_here()
    except ValueError as error:
        raise RuntimeError(MARKER) from error


@pytest.mark.parametrize("spoken", language.LANGUAGES)
@pytest.mark.parametrize(
    ("fails", "kind"),
    [
        (_fails_here, "ValueError"),
        (_fails_inside_a_library, "JSONDecodeError"),
        (_fails_inside_a_package, "ArgumentError"),
        (_fails_with_a_path, "FileNotFoundError"),
        (_fails_because_of_another, "RuntimeError"),
    ],
)
def test_the_sentence_tells_kind_and_line_and_nothing_of_anybody(
    fails: object, kind: str, spoken: language.Language
) -> None:
    language.use(spoken)
    error = _caught(fails)
    text = crash.sentence(error)
    assert MARKER not in text
    assert "siti" not in text.lower()
    assert "/" not in text
    assert "\\" not in text
    assert f"{kind}, test_crash.py:" in text
    assert len(text.splitlines()) == 1


def test_the_line_is_where_our_code_was() -> None:
    text = crash.where(_caught(_fails_inside_a_library))
    line = int(text.rpartition(":")[2])
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert "json.loads" in source[line - 1]


def test_the_innermost_line_of_ours_counts() -> None:
    """A rule called by a page called by a library: the rule is where to look."""
    text = crash.where(_caught(lambda: rights.scope_of(MARKER, ())))  # type: ignore[arg-type]
    assert text.startswith("KeyError, rights.py:")
    assert MARKER not in text


def test_an_error_from_nowhere_tells_its_kind() -> None:
    assert crash.where(ValueError(MARKER)) == "ValueError"
    assert MARKER not in crash.sentence(ValueError(MARKER))


def test_both_languages_say_that_what_was_saved_is_safe() -> None:
    error = ValueError()
    indonesian = crash.sentence(error)
    language.use("en")
    assert crash.sentence(error) != indonesian
    assert "tersimpan aman" in indonesian
