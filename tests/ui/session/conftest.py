"""A PC on each kind of store."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from tests.stores import TestHome
from tests.ui.sessions import Here, at
from ui.preferences import Preferences


@pytest.fixture
def here(home: TestHome, qtbot: QtBot, preferences: Preferences) -> Iterator[Here]:
    """A PC, on either kind of store."""
    with at(home, qtbot, preferences) as here:
        yield here


@pytest.fixture
def file_here(file_home: TestHome, qtbot: QtBot, preferences: Preferences) -> Iterator[Here]:
    """A PC with an encrypted file: where the kind of store makes no difference."""
    with at(file_home, qtbot, preferences) as here:
        yield here
