"""Check the word list of the printed recovery sheet (db/words.txt)."""

from itertools import combinations
from pathlib import Path

WORDS_FILE = Path(__file__).resolve().parents[2] / "db" / "words.txt"
WORDS = WORDS_FILE.read_text(encoding="ascii").splitlines()


def test_exactly_1024_words() -> None:
    """The list holds 1024 words, so one word carries ten bits."""
    assert len(WORDS) == 1024


def test_sorted_and_unique() -> None:
    """The words stand in alphabetical order and none is repeated."""
    assert sorted(set(WORDS)) == WORDS


def test_lower_case_ascii_of_four_to_seven_letters() -> None:
    """Each line is one word of 4 to 7 letters a-z and nothing else."""
    letters = set("abcdefghijklmnopqrstuvwxyz")
    wrong = [word for word in WORDS if not (4 <= len(word) <= 7 and set(word) <= letters)]
    assert wrong == []


def test_first_four_letters_are_unique() -> None:
    """A word is known after its first four letters."""
    assert len({word[:4] for word in WORDS}) == len(WORDS)


def test_no_two_words_differ_by_one_letter() -> None:
    """Two words of equal length differ in at least two places."""
    close = [
        (first, second)
        for first, second in combinations(WORDS, 2)
        if len(first) == len(second) and sum(a != b for a, b in zip(first, second, strict=True)) < 2
    ]
    assert close == []
