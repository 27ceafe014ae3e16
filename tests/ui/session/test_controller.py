"""The session: coming in, locking in every way there is, coming back, and making room for somebody else."""

import threading

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWindow
from pytestqt.qtbot import QtBot

from db.keyring import Kdf, Keyring
from shelter.faults import RuleBroken
from shelter.home import actions as home_actions
from shelter.home import queries as home_queries
from shelter.staff import actions as staff_actions
from shelter.staff import queries
from shelter.work import Work
from tests.factories import told
from tests.stores import HEAD, PASSWORD, Clock, TestHome
from tests.ui.sessions import PIN, Here, at
from tests.ui.test_jobs import Page, slow_save
from ui.preferences import Preferences
from ui.session.controller import State, Why

WRONG = "bukan kata sandinya"


def ring_of(here: Here) -> Keyring:
    """The keys that are open now."""
    ring: Keyring = here.jobs.store.keyring
    return ring


# --- coming in


def test_signing_in_opens_the_store_and_is_audited(here: Here) -> None:
    page = Page()
    here.sign_in()
    assert here.heard("state_changed") == [State.OPENING, State.OPEN]
    assert here.session.roles == {"KEPALA", "ADMIN"}
    here.jobs.read(queries.accounts, owner=page, done=page.hear)
    here.qtbot.waitUntil(lambda: len(page.told) == 1)
    assert [row.login for row in page.told[0]] == [HEAD]
    here.lock()
    assert [entry["reason"] for entry in told(here.home.enter()) if entry["action"] == "sign_in"] == [""]


def test_a_face_of_this_pc_needs_no_name_and_keeps_none(here: Here) -> None:
    assert here.session.faces() == ()
    here.sign_in()
    here.session.switch_person()
    here.until(State.SIGNED_OUT)
    (face,) = here.session.faces()
    assert (face.initials, face.name) == ("KE", "")
    assert HEAD not in here.preferences.path.read_text(encoding="utf-8")
    here.sign_in(face.tag)
    assert here.session.person is not None
    assert here.session.person.name == HEAD


def test_the_latest_face_comes_first(here: Here) -> None:
    here.home.enter().add("siti", "PETUGAS")
    for login in (HEAD, "siti", HEAD, "siti"):
        here.sign_in(login)
        here.session.switch_person()
        here.until(State.SIGNED_OUT)
    assert [face.initials for face in here.session.faces()] == ["SI", "KE"]


@pytest.mark.parametrize("login", [HEAD, "orang asing"])
def test_wrong_passwords_wait_longer_and_longer_and_a_restart_does_not_help(
    here: Here, clock: Clock, login: str
) -> None:
    waits = []
    for turn in range(9):
        here.session.sign_in(login, WRONG)
        waits.append(here.refused(turn + 1)[1])
        assert here.session.state is State.SIGNED_OUT
        clock.forward(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert {sentence for sentence, _wait in here.heard("refused")} == {"Nama atau kata sandi itu belum tepat."}


def test_a_try_before_its_time_is_not_looked_at(here: Here, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    for turn in range(4):
        here.session.sign_in(HEAD, WRONG)
        here.refused(turn + 1)
        clock.forward(seconds=2**turn)
    here.session.sign_in(HEAD, WRONG)
    assert here.refused(5)[1] == 16
    # The right password too, and a program that was started anew (the count lies on the disk).
    here.session.sign_in(HEAD, PASSWORD)
    sentence, wait = here.refused(6)
    assert sentence == "Tunggulah sebentar."
    assert 15 <= wait <= 17
    clock.forward(seconds=17)
    here.sign_in()
    here.lock()
    assert [entry["reason"] for entry in told(here.home.enter()) if entry["action"] == "sign_in"] == ["wrong:5"]


def test_a_disabled_person_is_told_so(here: Here) -> None:
    seat = here.home.enter()
    account = seat.add("siti", "PETUGAS")
    seat.write(staff_actions.disable_account, account_id=account)
    here.session.sign_in("siti", PASSWORD)
    sentence, _wait = here.refused(1)
    assert sentence
    assert here.session.state is State.SIGNED_OUT


def test_the_first_sign_in_wins_and_a_second_click_does_nothing(file_here: Here) -> None:
    file_here.session.sign_in(HEAD, PASSWORD)
    file_here.session.sign_in(HEAD, WRONG)
    file_here.until(State.OPEN)
    assert not file_here.heard("refused")


def test_a_clock_that_is_behind_is_said(file_here: Here, clock: Clock) -> None:
    file_here.sign_in()
    file_here.session.switch_person()
    file_here.until(State.SIGNED_OUT)
    clock.forward(hours=-2)
    file_here.sign_in()
    assert file_here.heard("told")[0].startswith("Jam PC ini lebih awal")


# --- locking


def test_a_lock_takes_engine_and_keys_and_asks_the_same_person_back(here: Here) -> None:
    here.sign_in()
    ring, store = ring_of(here), here.jobs.store
    private = ring.private
    here.session.lock("key")
    # In the very call: nothing new is taken on, and the window has been told.
    assert here.session.state is State.LOCKING
    assert not here.jobs.is_open
    here.until(State.LOCKED)
    assert not ring.keys
    assert not any(private)
    assert store._engine.pool.checkedin() == 0
    assert here.session.person is not None
    assert here.session.person.name == ""
    here.session.unlock_with_password(WRONG)
    assert here.refused(1)[0] == "Kata sandi itu belum tepat."
    here.home.clock.forward(seconds=2)
    here.session.unlock_with_password(PASSWORD)
    here.until(State.OPEN)
    assert ring_of(here) is not ring


@pytest.mark.parametrize("why", ["key", "idle", "screen", "sleep"])
def test_every_kind_of_lock_locks(file_here: Here, why: Why) -> None:
    file_here.sign_in()
    file_here.session.lock(why)
    file_here.until(State.LOCKED)


def test_a_lock_while_it_opens_shows_nothing(file_here: Here) -> None:
    file_here.session.sign_in(HEAD, PASSWORD)
    file_here.session.lock("screen")
    file_here.until(State.LOCKED)
    assert State.OPEN not in file_here.heard("state_changed")
    assert not file_here.jobs.is_open


def test_a_lock_while_a_wrong_password_is_looked_at_changes_nothing(file_here: Here) -> None:
    file_here.session.sign_in(HEAD, WRONG)
    file_here.session.lock("idle")
    file_here.refused(1)
    assert file_here.session.state is State.SIGNED_OUT


def test_locking_twice_is_locking_once(file_here: Here) -> None:
    file_here.sign_in()
    for _time in range(3):
        file_here.session.lock("key")
    file_here.until(State.LOCKED)
    file_here.session.lock("key")
    assert file_here.heard("state_changed").count(State.LOCKING) == 1
    assert file_here.session.state is State.LOCKED


def test_switching_makes_room_at_once_and_saves_what_was_under_way(here: Here) -> None:
    page = Page()
    begun, go_on = threading.Event(), threading.Event()
    here.sign_in()
    here.jobs.write(slow_save, owner=page, done=page.hear, begun=begun, go_on=go_on)
    assert begun.wait(10)
    here.session.switch_person()
    assert here.session.state is State.LOCKING
    go_on.set()
    here.until(State.SIGNED_OUT)
    assert here.session.person is None
    assert not page.told
    here.sign_in()
    here.jobs.read(home_queries.settings, owner=page, done=page.hear)
    here.qtbot.waitUntil(lambda: len(page.told) == 1)
    assert page.told[0]["lock.idle_minutes"] == 9


def test_who_comes_back_is_told_of_what_was_not_saved(file_here: Here) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def fails_late(work: Work) -> None:
        begun.set()
        assert go_on.wait(10)
        raise RuleBroken("reason_missing")

    page = Page()
    file_here.sign_in()
    file_here.jobs.write(fails_late, owner=page, failed=page.sigh)
    assert begun.wait(10)
    file_here.session.lock("key")
    go_on.set()
    file_here.until(State.LOCKED)
    assert not page.troubles
    file_here.session.unlock_with_password(PASSWORD)
    file_here.until(State.OPEN)
    assert file_here.heard("told") == ["1 simpanan belum jadi ketika layar dikunci. Periksa, lalu simpan lagi."]


def test_ending_locks_first(here: Here) -> None:
    here.sign_in()
    ring = ring_of(here)
    here.session.end()
    here.qtbot.waitUntil(lambda: bool(here.heard("ended")))
    assert not ring.keys
    assert not here.session.has_pin


# --- idle


def test_nobody_there_for_as_long_as_the_house_says_locks(file_here: Here) -> None:
    file_here.home.enter().write(home_actions.change_setting, name="lock.idle_minutes", value=2)
    watch = file_here.session.idle
    watch._clock = file_here.seconds
    file_here.sign_in()
    file_here.seconds.now += 59
    watch.look()
    assert not file_here.heard("idle_left")
    file_here.seconds.now += 21
    watch.look()
    assert file_here.heard("idle_left") == [40]
    file_here.seconds.now += 40
    watch.look()
    file_here.until(State.LOCKED)


def test_a_sign_of_life_starts_the_count_anew(file_here: Here) -> None:
    watch = file_here.session.idle
    watch._clock = file_here.seconds
    file_here.sign_in()
    window = QWindow()
    watch.watch(window)
    file_here.seconds.now += 299
    watch.look()
    assert file_here.heard("idle_left") == [1]
    move = QMouseEvent(
        *(QEvent.Type.MouseMove, QPointF(1, 1), QPointF(1, 1), Qt.MouseButton.NoButton),
        *(Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier),
    )
    watch.eventFilter(window, move)
    assert file_here.heard("idle_left") == [1, -1]
    file_here.seconds.now += 299
    watch.look()
    assert file_here.session.state is State.OPEN


def test_a_changed_setting_is_obeyed_at_once(file_here: Here) -> None:
    page = Page()
    file_here.sign_in()
    file_here.keep_pin()
    file_here.jobs.write(home_actions.change_setting, owner=page, name="lock.pin", value=False)
    file_here.qtbot.waitUntil(lambda: not file_here.session.has_pin)


# --- the PIN


def test_a_pin_opens_again_without_the_password(here: Here) -> None:
    here.sign_in()
    here.keep_pin()
    here.lock()
    assert here.heard("pin_offered")[-1] is True
    here.session.unlock_with_pin(PIN)
    here.until(State.OPEN)
    page = Page()
    here.jobs.write(home_actions.change_setting, owner=page, done=page.hear, name="lock.idle_minutes", value=7)
    here.qtbot.waitUntil(lambda: page.told == [None])
    here.lock()
    assert [entry["reason"] for entry in told(here.home.enter()) if entry["action"] == "sign_in"] == ["", "pin"]


def test_three_wrong_pins_leave_the_password(file_here: Here) -> None:
    file_here.sign_in()
    file_here.keep_pin()
    file_here.lock()
    for turn in range(3):
        file_here.session.unlock_with_pin("111112")
        file_here.refused(turn + 1)
        assert file_here.session.state is State.LOCKED
    assert file_here.heard("pin_offered")[-1] is False
    assert file_here.refused(3)[0] == "PIN tidak berlaku lagi. Masuklah dengan kata sandi."
    file_here.session.unlock_with_pin(PIN)
    file_here.refused(4)
    file_here.session.unlock_with_password(PASSWORD)
    file_here.until(State.OPEN)


@pytest.mark.parametrize("why", ["sleep", "switch"])
def test_sleep_and_switching_take_the_pin_away(file_here: Here, why: Why) -> None:
    file_here.sign_in()
    file_here.keep_pin()
    file_here.session.lock(why)
    assert not file_here.session.has_pin
    assert file_here.heard("pin_offered")[-1] is False
    file_here.until(State.SIGNED_OUT if why == "switch" else State.LOCKED)


def test_sleep_while_locked_takes_it_too(file_here: Here) -> None:
    file_here.sign_in()
    file_here.keep_pin()
    file_here.lock()
    file_here.session.lock("sleep")
    assert not file_here.session.has_pin
    assert file_here.session.state is State.LOCKED


def test_twelve_hours_take_it(file_here: Here) -> None:
    file_here.sign_in()
    file_here.keep_pin()
    file_here.lock()
    file_here.seconds.now += 12 * 3600
    file_here.session._look_at_locker()
    assert file_here.heard("pin_offered")[-1] is False
    file_here.session.unlock_with_pin(PIN)
    assert file_here.refused(1)[0].startswith("PIN tidak berlaku lagi")


def test_where_the_house_wants_none_there_is_none(file_here: Here) -> None:
    file_here.home.enter().write(home_actions.change_setting, name="lock.pin", value=False)
    file_here.sign_in()
    assert not file_here.session.may_set_pin
    file_here.session.set_pin(PIN)
    file_here.lock()
    assert not file_here.session.has_pin


def test_a_poor_pin_is_refused(file_here: Here) -> None:
    file_here.sign_in()
    file_here.session.set_pin("111111")
    assert file_here.refused(1)[0].startswith("PIN terdiri dari enam angka")


def test_a_person_removed_meanwhile_does_not_come_back_by_pin(here: Here) -> None:
    seat = here.home.enter()
    account = seat.add("siti", "PETUGAS")
    here.sign_in("siti")
    here.keep_pin()
    here.lock()
    seat.write(staff_actions.disable_account, account_id=account)
    here.session.unlock_with_pin(PIN)
    here.refused(1)
    assert here.session.state is State.LOCKED


# --- the recovery sheet


def test_a_recovery_sheet_gives_a_new_password(file_here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kdf, "standard", Kdf.floor)
    fresh = "perahu kayu menyeberang danau"
    words = list(file_here.home.made.words[0])
    file_here.session.recover(words, "")
    file_here.qtbot.waitUntil(lambda: file_here.heard("words_taken") == [HEAD])
    file_here.session.make_password("pendek")
    file_here.qtbot.waitUntil(lambda: len(file_here.heard("password_refused")) == 1)
    file_here.session.make_password(fresh)
    file_here.qtbot.waitUntil(lambda: len(file_here.heard("password_made")) == 1)
    assert file_here.session.state is State.SIGNED_OUT
    (face,) = file_here.session.faces()
    file_here.sign_in(face.tag, fresh)
    file_here.lock()
    reasons = [entry["reason"] for entry in told(file_here.home.enter(HEAD, fresh)) if entry["action"] == "sign_in"]
    assert reasons == ["words", ""]


def test_it_is_for_whoever_is_named(file_here: Here) -> None:
    file_here.home.enter().add("siti", "PETUGAS")
    file_here.session.recover(list(file_here.home.made.words[1]), "Siti")
    file_here.qtbot.waitUntil(lambda: file_here.heard("words_taken") == ["siti"])


def test_a_wrong_word_is_pointed_at(file_here: Here) -> None:
    words = list(file_here.home.made.words[0])
    words[4] = "xyzzy"
    file_here.session.recover(words, "")
    file_here.qtbot.waitUntil(lambda: len(file_here.heard("words_refused")) == 1)
    assert file_here.heard("words_refused")[0][1] == 5
    assert file_here.session.state is State.SIGNED_OUT


def test_a_lock_shuts_what_a_sheet_has_opened(file_here: Here) -> None:
    file_here.session.recover(list(file_here.home.made.words[0]), "")
    file_here.qtbot.waitUntil(lambda: len(file_here.heard("words_taken")) == 1)
    ring = file_here.session._by_words.store.keyring
    file_here.session.lock("idle")
    file_here.qtbot.waitUntil(lambda: not ring.keys)
    assert file_here.session.state is State.SIGNED_OUT


@pytest.mark.server
def test_on_a_server_it_takes_the_owners_connection(
    server_home: TestHome, qtbot: QtBot, preferences: Preferences
) -> None:
    with at(server_home, qtbot, preferences) as here:
        here.session.recover(list(server_home.made.words[0]), "")
        here.qtbot.waitUntil(lambda: len(here.heard("words_refused")) == 1)
        assert here.heard("words_refused")[0][0].startswith("Sambungan pemilik diperlukan")
