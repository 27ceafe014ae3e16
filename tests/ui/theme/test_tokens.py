"""The contrast of each pair of colours that carries text or an outline, computed anew, and what the guide promises."""

import dataclasses
import re

import pytest

from ui.theme import tokens
from ui.theme.tokens import DARK, LIGHT, Tokens

THEMES = {"light": LIGHT, "dark": DARK}
TEXT, OUTLINE = 4.5, 3.0
KINDS = ("danger", "warning", "success", "info", "plum", "warm")
GROUNDS = ("sunken", "canvas", "surface", "raised", "hover", "selection")
# Ink, the grounds it stands on, and the least contrast allowed.
PAIRS = [
    ("text", GROUNDS, TEXT),
    ("text2", GROUNDS, TEXT),
    ("text3", ("sunken", "canvas", "surface", "raised", "hover"), TEXT),
    ("primary", ("sunken", "canvas", "surface", "raised"), TEXT),
    ("on_primary", ("primary", "primary_hover", "primary_press"), TEXT),
    ("on_primary_soft", ("primary_soft",), TEXT),
    # The hint about Caps Lock and the words after a wrong password stand on the ground itself.
    *((kind, (f"{kind}_soft", "sunken", "canvas", "surface"), TEXT) for kind in KINDS),
    ("border_strong", ("sunken", "canvas", "surface"), OUTLINE),
    ("focus", ("sunken", "canvas", "surface", "raised", "primary_soft"), OUTLINE),
    ("on_primary", ("primary",), OUTLINE),
]
# The lowest contrast the guide names: on the grounds it names, light and dark.
NAMED = {
    "text": (12.3, 10.2),
    "text2": (5.8, 6.6),
    "text3": (4.8, 4.7),
    "primary": (5.3, 6.1),
    "on_primary": (6.4, 5.7),
    "on_primary_soft": (7.7, 8.3),
    "danger": (5.9, 6.7),
    "warning": (5.9, 7.6),
    "success": (5.4, 7.3),
    "info": (6.0, 7.0),
    "plum": (6.2, 7.0),
    "warm": (5.0, 6.6),
}


def luminance(code: str) -> float:
    parts = [int(code[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lowest(theme: Tokens, ink: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(getattr(theme, ink), getattr(theme, ground)) for ground in grounds)


def test_black_on_white_is_the_most_there_is() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#FFFFFF") == pytest.approx(1)


@pytest.mark.parametrize("mode", THEMES)
@pytest.mark.parametrize(("ink", "grounds", "least"), PAIRS)
def test_every_pair_can_be_read(mode: str, ink: str, grounds: tuple[str, ...], least: float) -> None:
    assert lowest(THEMES[mode], ink, grounds) >= least


@pytest.mark.parametrize("mode", THEMES)
@pytest.mark.parametrize("ink", NAMED)
def test_contrast_is_what_the_guide_promises(mode: str, ink: str) -> None:
    soft = (f"{ink}_soft",) if ink in KINDS else ()
    grounds = soft or {pair[0]: pair[1] for pair in PAIRS[:6]}[ink]
    promised = NAMED[ink][mode == "dark"]
    assert lowest(THEMES[mode], ink, grounds) >= promised - 0.05


def test_too_pale_an_ink_is_found() -> None:
    pale = dataclasses.replace(LIGHT, text3="#8A938F")
    assert lowest(pale, "text3", ("surface",)) < TEXT


@pytest.mark.parametrize("mode", THEMES)
def test_every_token_is_a_whole_colour(mode: str) -> None:
    theme = THEMES[mode]
    wrong = [
        field.name
        for field in dataclasses.fields(theme)
        if not re.fullmatch(r"#[0-9A-F]{6}", getattr(theme, field.name))
    ]
    assert wrong == []


def test_a_change_of_theme_is_felt_by_whoever_asks_next() -> None:
    tokens.use("dark")
    assert tokens.current() is DARK
    assert tokens.colour("text").name().upper() == DARK.text
    tokens.use("light")
    assert tokens.value("focus") == LIGHT.primary
