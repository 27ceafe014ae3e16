"""The standard parser's own words, which come in English only."""

import argparse
from collections.abc import Callable, Mapping
from typing import Final

from shelter.language import _

# What argparse asks of gettext, word for word, and what we answer. Looked up when shown, so the language can switch.
_TEXTS: Final[Mapping[str, Callable[[], str]]] = {
    "usage: ": lambda: _("pemakaian: "),
    "options": lambda: _("pilihan"),
    "positional arguments": lambda: _("argumen"),
    "show this help message and exit": lambda: _("tampilkan bantuan ini"),
    "the following arguments are required: %s": lambda: _("masih diperlukan: %s"),
    "one of the arguments %s is required": lambda: _("perlu salah satu dari: %s"),
    "not allowed with argument %s": lambda: _("tidak dapat bersama %s"),
    "unrecognized arguments: %s": lambda: _("argumen tidak dikenal: %s"),
    "ignored explicit argument %r": lambda: _("%r tidak diharapkan"),
    "expected one argument": lambda: _("perlu satu nilai"),
    "expected at least one argument": lambda: _("perlu sedikitnya satu nilai"),
    "ambiguous option: %(option)s could match %(matches)s": lambda: _("%(option)s dapat berarti %(matches)s"),
    "argument %(argument_name)s: %(message)s": lambda: _("%(argument_name)s: %(message)s"),
    "invalid choice: %(value)r (choose from %(choices)s)": lambda: _("%(value)r tidak dikenal (pilihan: %(choices)s)"),
    "unknown parser %(parser_name)r (choices: %(choices)s)": lambda: _(
        "%(parser_name)r tidak dikenal (pilihan: %(choices)s)"
    ),
}


def translate(text: str) -> str:
    """One of argparse's texts in the language spoken now; one we do not know stays as it is."""
    found = _TEXTS.get(text)
    return found() if found else text


def install() -> None:
    """Have argparse take its words from here: it looks them up through this name in its own module."""
    setattr(argparse, "_", translate)  # noqa: B010 - the name is argparse's private one, unknown to the type checker
