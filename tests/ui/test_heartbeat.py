"""The guard against a stalled window bites, and names the line."""

import threading
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests.heartbeat import Watch

HERE = __file__


def sleeps() -> None:
    time.sleep(0.5)


def counts() -> None:
    # Its own time: on a busy machine little of it fits into a second of the clock's.
    until = time.thread_time() + 0.2
    while time.thread_time() < until:
        pass


def waits_for_a_lock() -> None:
    lock = threading.Lock()
    lock.acquire()
    threading.Timer(0.5, lock.release).start()
    lock.acquire()


def seen(qtbot: QtBot, slot: Callable[[], object], program: str, *, in_loop: bool = True) -> list[str]:
    """What a watch says of a window whose thread runs this slot."""
    watch = Watch(program=program)
    watch.start()
    done: list[bool] = []
    if in_loop:

        def run() -> None:
            slot()
            done.append(True)

        QTimer.singleShot(20, run)
        qtbot.waitUntil(lambda: bool(done))
        qtbot.wait(30)
    else:
        slot()
    return watch.end()


@pytest.mark.parametrize("slot", [sleeps, counts, waits_for_a_lock])
@pytest.mark.parametrize("in_loop", [True, False])
def test_a_stall_is_found_and_its_line_named(qtbot: QtBot, slot: Callable[[], object], in_loop: bool) -> None:
    stalls = seen(qtbot, slot, HERE, in_loop=in_loop)
    assert len(stalls) == 1
    assert stalls[0].startswith(HERE)
    assert f" {slot.__name__} kept the window waiting" in stalls[0]


def test_other_peoples_slowness_is_not_the_programs(qtbot: QtBot) -> None:
    assert seen(qtbot, sleeps, "/nowhere/") == []


def test_short_calls_one_after_another_are_no_stall(qtbot: QtBot) -> None:
    left = list(range(20))

    def short() -> None:
        time.sleep(0.005)
        left.pop()
        if left:
            QTimer.singleShot(0, short)

    watch = Watch(program=HERE)
    watch.start()
    QTimer.singleShot(0, short)
    qtbot.waitUntil(lambda: not left)
    assert watch.end() == []
