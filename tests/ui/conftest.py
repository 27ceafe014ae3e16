"""What holds for every test with a window: its heart is watched, and threads end before the next test begins."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.heartbeat import heartbeat
from ui.jobs import Jobs
from ui.preferences import Preferences

__all__ = ["heartbeat"]


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[Jobs]:
    """Real lanes."""
    made = Jobs()
    yield made
    made.seal()()
    made.stop()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    """A PC that remembers nothing yet."""
    return Preferences(tmp_path / "pc" / "teduh.ini")
