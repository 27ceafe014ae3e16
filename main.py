"""Starts Teduh: the window once there is one, or one command-line job."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run Teduh with these arguments (the process's own by default); the exit code."""
    from ui.terminal.run import run

    return run(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
