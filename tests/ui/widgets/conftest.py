"""The fixtures of tests/ui/looks.py."""

from tests.ui.looks import dressed, look, marked

__all__ = ["dressed", "look", "marked"]
