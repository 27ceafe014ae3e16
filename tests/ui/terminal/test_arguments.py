"""Every command explains itself in both languages, takes place and person on either side, and never a password."""

import argparse
import ast
import inspect
import re
from collections.abc import Iterator

import pytest

from shelter import language
from tests.commandline import call
from ui.terminal import argparse_texts, users
from ui.terminal import run as terminal
from ui.terminal.arguments import parse, parser

Named = tuple[tuple[str, ...], argparse.ArgumentParser]

# One of each mistake somebody can make at the prompt.
MISTAKES = (
    "menari",
    "--lang fr",
    "check",
    "check --data",
    "check --data x --server y",
    "check --data x lagi",
    "check --data x --full=ya",
    "init --data x",
    "init --s x",
    "users --data x",
    "users menari --data x",
    "users add --data x siti",
    "users --data x list --server y",
    "users list",
    "server-setup --to x",
)
# Words of argparse that are Indonesian, or our own, as well.
SHARED = {"main", "program"}


def _below(named: Named) -> Iterator[Named]:
    yield named
    path, top = named
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from _below(((*path, name), below))


def _commands() -> list[Named]:
    return list(_below(((), parser())))


PATHS = [path for path, _parser in _commands()]


def _help(path: tuple[str, ...], spoken: str) -> str:
    answer = call("--lang", spoken, *path, "--help")
    assert (answer.code, answer.err) == (0, "")
    return answer.out


def _words(text: str) -> set[str]:
    """The plain words of a text: options, commands with a hyphen, and names in capitals are none."""
    return {word.lower() for word in re.findall(r"(?<![-\w{%])[A-Za-z][a-z]{2,}(?![-\w(=])", text)}


def _of_argparse() -> list[str]:
    """Every text that the standard library's parser looks up in a catalogue."""
    texts = []
    for node in ast.walk(ast.parse(inspect.getsource(argparse))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}:
            texts += [
                part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
    return texts


def _english() -> set[str]:
    return set().union(*map(_words, _of_argparse())) - SHARED


def test_every_command_has_somebody_to_do_it() -> None:
    assert {path[0] for path in PATHS if path} == {name for name in terminal._commands() if name}
    assert {path[1] for path in PATHS if path[:1] == ("users",) and len(path) == 2} == set(users._VERBS)


@pytest.mark.parametrize("spoken", language.LANGUAGES)
def test_every_command_and_option_is_explained(spoken: language.Language) -> None:
    language.use(spoken)
    for path, command in _commands():
        assert command.description, path
        for action in command._actions:
            if action.option_strings:
                assert action.help, (path, action.option_strings)
            if isinstance(action, argparse._SubParsersAction):
                told = {choice.dest: choice.help for choice in action._choices_actions}
                assert told == {name: below.description for name, below in action.choices.items()}


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_is_there_in_both_languages_and_differs(path: tuple[str, ...]) -> None:
    indonesian, english = _help(path, "id"), _help(path, "en")
    assert indonesian.startswith("pemakaian: main.py")
    assert english.startswith("usage: main.py")
    assert "tampilkan bantuan ini" in indonesian
    assert "tampilkan bantuan ini" not in english
    *_path, about = indonesian.split("\n\n")[:2]
    assert about not in english


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_the_indonesian_help_has_no_word_of_argparse(path: tuple[str, ...]) -> None:
    assert _words(_help(path, "id")) & _english() == set()


def test_the_list_of_words_would_find_an_untranslated_help() -> None:
    assert {"usage", "options", "show", "required", "choose", "expected"} <= _english()
    assert _words(_help((), "en")) & _english() >= {"usage", "options", "show", "exit"}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_indonesian_with_the_way_to_help(mistake: str) -> None:
    answer = call(*mistake.split())
    assert (answer.code, answer.out) == (2, "")
    sentence, hint = answer.err.splitlines()
    assert re.fullmatch(r"Bantuan: main\.py.* --help", hint)
    assert _words(sentence) & _english() == set()


def test_everything_argparse_says_to_us_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    def note(text: str) -> str:
        asked.add(text)
        return argparse_texts.translate(text)

    monkeypatch.setattr(argparse_texts, "install", lambda: setattr(argparse, "_", note))
    monkeypatch.setattr(argparse, "_", note, raising=False)
    for path in PATHS:
        call(*path, "--help")
    for mistake in MISTAKES:
        call(*mistake.split())
    assert len(asked) > 10
    # Looked up together with the others of its table, but no argument of ours may be left out like that.
    assert asked - set(argparse_texts._TEXTS) == {"expected at most one argument"}


def test_every_translated_text_is_one_of_argparse() -> None:
    # Another Python may word them otherwise; then the English would come through unseen.
    assert sorted(set(argparse_texts._TEXTS) - set(_of_argparse())) == []


def test_the_environment_can_ask_for_english_and_the_argument_wins() -> None:
    assert call("--help", TEDUH_LANG="en").out.startswith("usage")
    assert call("--lang=id", "--help", TEDUH_LANG="en").out.startswith("pemakaian")
    assert call("--help", TEDUH_LANG="xx").out.startswith("pemakaian")


@pytest.mark.parametrize(
    "argv",
    [
        "users --data x --user siti list",
        "users --data x list --user siti",
        "users list --data x --user siti",
        "users --user siti list --data x",
    ],
)
def test_place_and_person_stand_before_the_verb_or_after_it(argv: str) -> None:
    read = parse(argv.split())
    assert (read.verb, read.data, read.server, read.user) == ("list", "x", None, "siti")


def test_a_server_stands_on_either_side_too() -> None:
    for argv in ("users --server u list", "users list --server u"):
        read = parse(argv.split())
        assert (read.data, read.server, read.user) == (None, "u", None)


@pytest.mark.parametrize("command", ["init --home R --user k", "check", "users list", "users add siti --role ADMIN"])
@pytest.mark.parametrize("place", ["", "--data x --server y"])
def test_exactly_one_place_is_named(command: str, place: str) -> None:
    answer = call(*command.split(), *place.split())
    assert (answer.code, answer.out) == (2, "")
    assert "--data" in answer.err
    assert "--server" in answer.err


def test_two_places_around_the_verb_are_two_places() -> None:
    for argv in ("users --data x list --server y", "users --server y list --data x"):
        assert call(*argv.split()).code == 2


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_no_command_takes_a_password_or_words_as_an_argument(path: tuple[str, ...]) -> None:
    command = dict(_commands())[path]
    options = {option for action in command._actions for option in action.option_strings}
    assert not [option for option in options if re.search(r"pass|sandi|secret|rahasia|word|kata|key|pin", option)]
    # What a place takes: a name, psql's own arguments, or the next command.
    positional = {action.dest for action in command._actions if not action.option_strings}
    assert positional <= {"name", "rest", "command", "verb"}


@pytest.mark.parametrize(
    "argv",
    [
        "users add siti rahasia --role ADMIN --data x",
        "users password rahasia --data x",
        "users reset siti rahasia --data x",
        "users reset siti --recovery kata --data x",
        "init --home R --user k --password rahasia --data x",
        "check --password=rahasia --data x",
    ],
)
def test_a_password_typed_as_an_argument_is_refused(argv: str) -> None:
    answer = call(*argv.split())
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("argumen tidak dikenal")


def test_help_names_the_exit_codes_and_where_passwords_come_from() -> None:
    text = " ".join(_help((), "id").split())
    for told in ("TEDUH_PASSWORD", "TEDUH_NEW_PASSWORD", "0 utuh", "1 rusak", "2 tidak", "10 tidak ada", "11 terkunci"):
        assert told in text
