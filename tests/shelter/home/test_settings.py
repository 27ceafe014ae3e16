"""Settings as they are kept: typed, with defaults, readable by all who work here, changed by few."""

from typing import Any

import pytest

from shelter.faults import NotAllowed, RuleBroken
from shelter.home import actions, queries
from shelter.home.records import SettingValue
from shelter.home.rules import SETTINGS
from shelter.work import Work
from tests.stores import Seat, TestHome

DEFAULTS = {name: setting.default for name, setting in SETTINGS.items()}
CHANGED: dict[str, Any] = {
    "paper.size": "F4",
    "lock.idle_minutes": 10,
    "lock.pin": False,
    "statistics.least_cell": 5,
    "numbering.letter": "400.9.3.2/{seq:04}/RPT/{MM}/{YYYY}",
}


def _store(work: Work, *, name: str, value: str) -> None:
    """Write a setting past its rules, as an older program or a hand in the store might."""
    work.add(SettingValue(name=name, value=value))


def test_settings_begin_with_their_defaults_and_keep_what_they_are_given(home: TestHome, head: Seat) -> None:
    assert head.read(queries.settings) == DEFAULTS
    for name, value in CHANGED.items():
        head.write(actions.change_setting, name=name, value=value)
    assert head.read(queries.settings) == DEFAULTS | CHANGED
    assert home.enter().read(queries.settings) == DEFAULTS | CHANGED
    for name in CHANGED:
        head.write(actions.change_setting, name=name, value=DEFAULTS[name])
    found = head.read(queries.settings)
    assert found == DEFAULTS
    assert {name: type(value) for name, value in found.items()} == {n: type(v) for n, v in DEFAULTS.items()}


def test_an_unfit_value_changes_nothing(file_home: TestHome) -> None:
    head = file_home.enter()
    refused: list[tuple[str, Any, str]] = [
        ("lock.idle_minutes", True, "setting_type"),
        ("lock.idle_minutes", "5", "setting_type"),
        ("lock.idle_minutes", 0, "setting_range"),
        ("lock.idle_minutes", 61, "setting_range"),
        ("lock.pin", 1, "setting_type"),
        ("paper.size", "A3", "setting_choice"),
        ("numbering.form", "{seq}/{YYYY}", "pattern_type"),
        ("numbering.letter", "{YYYY}", "pattern_plain"),
        ("paper.colour", "A4", "setting_unknown"),
    ]
    for name, value, code in refused:
        with pytest.raises(RuleBroken, match=code):
            head.write(actions.change_setting, name=name, value=value)
    assert head.read(queries.settings) == DEFAULTS


def test_a_stored_value_that_no_longer_fits_reads_as_the_default(file_home: TestHome) -> None:
    head = file_home.enter()
    for name, value in {
        "lock.idle_minutes": "true",
        "statistics.least_cell": "0",
        "paper.size": '"A3"',
        "numbering.letter": '"{YYYY}"',
        "lock.pin": "not json",
        "setting.of.another.time": "1",
    }.items():
        head.write(_store, name=name, value=value)
    assert head.read(queries.settings) == DEFAULTS
    head.write(actions.change_setting, name="paper.size", value="F4")
    assert head.read(queries.settings) == DEFAULTS | {"paper.size": "F4"}


def test_everybody_reads_settings_and_few_change_them(file_home: TestHome) -> None:
    head = file_home.enter()
    head.add("siti", "OPERATOR", "PEKSOS", "AUDITOR")
    head.add("budi", "ADMIN")
    siti, budi = file_home.enter("siti"), file_home.enter("budi")
    with pytest.raises(NotAllowed):
        siti.write(actions.change_setting, name="lock.idle_minutes", value=60)
    budi.write(actions.change_setting, name="lock.idle_minutes", value=3)
    assert siti.read(queries.settings)["lock.idle_minutes"] == 3
