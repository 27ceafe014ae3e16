"""The guards of tests/guards.py bite: each small bad test fails under the real conftest and the real configuration."""

import os
import subprocess
import sys
import textwrap
from xml.etree import ElementTree as ET

import pytest

from tests.house.sources import ROOT

_QT = "from PySide6 import QtCore, QtWidgets\n"
_SQL = (
    _QT
    + """
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

def ask():
    with engine.connect() as connection:
        return connection.execute(text("SELECT 1")).scalar_one()
"""
)

BAD = {
    "a warning": ("import warnings\ndef test():\n    warnings.warn('x')", "UserWarning: x"),
    "an unclosed file": (
        "import gc\ndef test():\n    open(__file__)\n    gc.collect()",
        "ResourceWarning: unclosed file",
    ),
    "an error on a thread": (
        "import threading\ndef test():\n    t = threading.Thread(target=lambda: 1 / 0)\n    t.start()\n    t.join()",
        "ZeroDivisionError",
    ),
    "an unknown mark": ("import pytest\n@pytest.mark.slow\ndef test(): pass", "'slow' not found in `markers`"),
    "an unexpected success": (
        "import pytest\n@pytest.mark.xfail(reason='x')\ndef test(): pass",
        "[XPASS(strict)] x",
    ),
    "a log line": ("import logging\ndef test():\n    logging.getLogger('a.b').warning('oh')", "WARNING a.b: oh"),
    "a log line that does not propagate": (
        "import logging\ndef test():\n    log = logging.getLogger('a')\n    log.propagate = False\n    log.error('oh')",
        "ERROR a: oh",
    ),
    "a log line after the root was set up anew": (
        "import logging\ndef test():\n    logging.basicConfig(force=True)\n    logging.critical('oh')",
        "CRITICAL root: oh",
    ),
    "a log line of another level than announced": (
        "import logging\ndef test(expect_log):\n    with expect_log('oh'):\n        logging.error('oh')",
        "expected log line did not come: WARNING 'oh'",
    ),
    "an announced log line that did not come": (
        "def test(expect_log):\n    with expect_log('oh', logger='db'):\n        pass",
        "expected log line did not come: WARNING 'oh'",
    ),
    "a log line while fixtures are put away": (
        """
        import logging, pytest
        @pytest.fixture
        def room():
            yield
            logging.warning('late')
        def test(room): pass
        """,
        "WARNING root: late",
    ),
    "a Qt message": (f"{_QT}def test():\n    QtCore.qWarning('creak')", "QtWarningMsg: creak"),
    "a Qt message while fixtures are put away": (
        f"""{_QT}
import pytest
@pytest.fixture
def room():
    yield
    QtCore.qWarning('creak')
def test(room): pass
""",
        "Qt message: creak",
    ),
    "an error in a slot": (
        f"{_QT}def test(qtbot):\n    QtCore.QTimer.singleShot(0, lambda: 1 / 0)\n    qtbot.wait(20)",
        "ZeroDivisionError",
    ),
    "a leaked widget": (
        f"{_QT}kept = []\ndef test(qapp):\n    kept.append(QtWidgets.QWidget(objectName='ghost'))",
        "leaked top-level widgets: QWidget 'ghost'",
    ),
    "a leaked dialog inside a leaked window": (
        f"{_QT}kept = []\ndef test(qapp):\n    kept.append(QtWidgets.QWidget())\n    QtWidgets.QDialog(kept[0])",
        "leaked top-level widgets: QDialog '', QWidget ''",
    ),
    "SQL inside the event loop": (
        f"{_SQL}\ndef test(qtbot):\n    QtCore.QTimer.singleShot(0, ask)\n    qtbot.wait(20)",
        "SQL on the window's thread, inside the event loop",
    ),
    "SQL from a page without a loop": (
        f"""{_SQL}
exec(compile("def slot(): return ask()", {str(ROOT / "ui" / "page.py")!r}, "exec"))
def test(qapp):
    slot()
""",
        "SQL on the window's thread, from ui/page.py:1",
    ),
}

GOOD = {
    "nothing": "def test(): pass",
    "a quiet log line": "import logging\ndef test():\n    logging.getLogger('a').info('ok')",
    "an announced log line": """
        import logging
        def test(expect_log):
            with expect_log('disk .* full', level=logging.ERROR, logger='db'):
                logging.getLogger('db.store').error('disk %s is full', 'D')
        """,
    "the offscreen platform's habit": (
        f"{_QT}def test():\n    QtCore.qWarning('This plugin does not support propagateSizeHints()')"
    ),
    "a widget that qtbot puts away": f"{_QT}def test(qtbot):\n    qtbot.addWidget(QtWidgets.QWidget())",
    "a widget in a circle of references": (
        f"{_QT}def test(qapp):\n    widget = QtWidgets.QWidget()\n    widget.me = widget\n    widget.show()"
    ),
    "SQL before the window lives": f"{_SQL}\ndef test(qtbot):\n    assert ask() == 1",
    "SQL on a worker while the loop runs": f"""{_SQL}
import threading
def test(qtbot):
    worker = threading.Thread(target=ask)
    QtCore.QTimer.singleShot(0, worker.start)
    qtbot.wait(20)
    worker.join()
""",
    "SQL of the terminal": f"""{_SQL}
exec(compile("def command(): return ask()", {str(ROOT / "ui" / "terminal" / "page.py")!r}, "exec"))
def test(qapp):
    command()
""",
    "the language comes back": """
        from shelter import language
        def test_first(): language.use("en")
        def test_second(): assert language.current() == "id"
        """,
    "folders are the test's own": """
        import os, pathlib, tempfile
        import platformdirs
        def test(own_home):
            for folder in (pathlib.Path.home(), platformdirs.user_data_dir("x"), platformdirs.user_config_dir("x"),
                           platformdirs.user_cache_dir("x"), platformdirs.user_log_dir("x"), tempfile.gettempdir()):
                assert pathlib.Path(folder).is_relative_to(own_home)
            from PySide6.QtCore import QStandardPaths
            for place in QStandardPaths.StandardLocation:
                if path := QStandardPaths.writableLocation(place):
                    assert pathlib.Path(path).is_relative_to(own_home), place
            assert not [name for name in os.environ if name.startswith("TEDUH_")]
        """,
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one run over all samples said of each: its complaints, empty when it passed."""
    folder = tmp_path_factory.mktemp("samples")
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    for name, source in _samples().items():
        (folder / f"test_{name.replace(' ', '_')}.py").write_text(textwrap.dedent(source), encoding="utf-8")
    report = folder / "report.xml"
    command = ["-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", folder, "--junitxml", report, folder]
    subprocess.run(
        [sys.executable, *map(str, command), "--continue-on-collection-errors", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TEDUH_SOMETHING": "1"},
        capture_output=True,
        check=False,
    )
    found: dict[str, str] = {}
    # The report was written a moment ago by pytest itself.
    for case in ET.parse(report).iter("testcase"):  # noqa: S314
        module = f"{case.get('classname')}.{case.get('name')}".strip(".").split(".")[0]
        complaints = [f"{child.get('message')}\n{child.text}" for child in case if child.tag in {"failure", "error"}]
        found[module] = found.get(module, "") + "\n".join(complaints)
    return found


def _samples() -> dict[str, str]:
    return {name: source for name, (source, _) in BAD.items()} | GOOD


@pytest.mark.parametrize("name", BAD)
def test_guard_bites(name: str, outcomes: dict[str, str]) -> None:
    assert BAD[name][1] in outcomes[f"test_{name.replace(' ', '_')}"]


@pytest.mark.parametrize("name", GOOD)
def test_guard_lets_pass(name: str, outcomes: dict[str, str]) -> None:
    assert outcomes[f"test_{name.replace(' ', '_')}"] == ""
