"""PySide6 6.12.0 loses references to None and True on Python 3.11 and aborts after some thousand calls."""

import importlib.metadata
import sys

import pytest
from packaging.version import Version
from PySide6.QtCore import QObject, Signal

# From 3.12 on None and True are immortal, and the fault does no harm.
counts_references = pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal")


class _Sender(QObject):
    told = Signal(bool)


def test_version_is_a_proved_one() -> None:
    assert Version("6.11.3") <= Version(importlib.metadata.version("PySide6-Essentials")) < Version("6.12")


@counts_references
def test_calls_keep_their_reference_to_none() -> None:
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.setObjectName("x")
    assert sys.getrefcount(None) > before - 100


@counts_references
def test_signals_keep_their_reference_to_true() -> None:
    sender = _Sender()
    heard: list[bool] = []
    sender.told.connect(heard.append)
    before = sys.getrefcount(True)
    for _ in range(2000):
        sender.told.emit(True)
    assert len(heard) == 2000
    heard.clear()
    assert sys.getrefcount(True) > before - 100
