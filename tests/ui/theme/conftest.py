"""The fixtures of tests/ui/looks.py."""

from tests.ui.looks import look, marked

__all__ = ["look", "marked"]
