"""From arguments to an exit code."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from shelter import language
from shelter.language import LANGUAGES
from ui.terminal.arguments import parse


def run(argv: Sequence[str]) -> int:
    """Do what the command line asks; the exit code (see ``db/faults.py``)."""
    language.use(_language(argv))
    # A console or pipe without a letter of somebody's name shows its code point instead of failing.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = parse(argv)
    from db.faults import StoreFault
    from db.files import trouble_of
    from db.process import harden
    from shelter.faults import NotAllowed, NotFound, RuleBroken
    from ui import crash, messages

    harden()
    try:
        return _commands()[arguments.command](arguments)
    except StoreFault as fault:
        print(messages.sentence(fault), file=sys.stderr)
        return fault.exit_code
    except (RuleBroken, NotAllowed, NotFound) as refusal:
        print(messages.sentence(refusal), file=sys.stderr)
        return 2
    except OSError as error:
        trouble = trouble_of(error)
        print(messages.sentence(trouble), file=sys.stderr)
        return trouble.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the last door: whatever it was, say where, and no value
        print(crash.sentence(error), file=sys.stderr)
        return crash.EXIT_CODE


def _language(argv: Sequence[str]) -> language.Language:
    """The language asked for: it must be known before the help is made."""
    wanted = os.environ.get("TEDUH_LANG", "id")
    for word, following in pairwise([*argv, ""]):
        if word == "--lang":
            wanted = following
        elif word.startswith("--lang="):
            wanted = word.partition("=")[2]
    return next((known for known in LANGUAGES if known == wanted), "id")


def _commands() -> Mapping[str | None, Callable[[argparse.Namespace], int]]:
    from ui.terminal import practice, servers, stores, users

    return {
        None: practice.run,
        "init": stores.init,
        "check": stores.run_check,
        "users": users.run,
        "server-setup": servers.setup,
        "server-check": servers.check,
        "server-upgrade": servers.upgrade,
        "server-psql": servers.psql,
    }
