"""The session: who is signed in, and when the screen is locked. Pages ask and are told; they decide nothing.

A lock falls in one call: jobs are refused and their answers dropped before it returns, so whoever shows the state
covers the work at once. Saves that were handed over finish behind the cover; then engine, rows and keys go.
"""

import gc
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, Final, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from db.locker import TRIES, Locker, is_pin
from shelter.language import _, ngettext
from ui.jobs import Jobs, Trouble
from ui.preferences import Preferences, initials_of
from ui.session.faces import Face
from ui.session.idle_watch import IdleWatch

_LOOK_AT_LOCKER_MS: Final = 30_000
_WORDS_MINUTES: Final = 5

Openings = Callable[[Any], Any]
"""Makes ``db``'s way of opening for a kind of work; called in a worker, where importing it may take its time."""


class State(Enum):
    SIGNED_OUT = auto()
    OPENING = auto()
    OPEN = auto()
    LOCKING = auto()
    LOCKED = auto()


Why = Literal["key", "idle", "screen", "sleep", "switch", "end"]


class SessionController(QObject):
    state_changed = Signal(object)
    refused = Signal(str, int)
    """Signing in, unlocking or choosing a PIN did not succeed: a sentence, and the seconds to wait."""
    words_refused = Signal(str, int)
    """A recovery sheet was not taken: a sentence, and the number of the doubtful word."""
    words_taken = Signal(str)
    """The sheet opened the store: now this person may be given a new password."""
    password_refused = Signal(str)
    password_made = Signal()
    pin_offered = Signal(bool)
    told = Signal(str)
    idle_left = Signal(int)
    ended = Signal()

    def __init__(
        self,
        openings: Openings,
        place: str,
        *,
        jobs: Jobs,
        preferences: Preferences,
        locker: Locker | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._openings = openings
        self._place = place
        self._jobs = jobs
        self._preferences = preferences
        self._locker = locker or Locker()
        self._state = self._before = State.SIGNED_OUT
        self._person: Face | None = None
        self._inside: Any = None
        self._by_words: Any = None
        self._unsaved: dict[str, int] = {}
        self._wanted: Why | None = None
        self._goes_out = self._ends = False
        self._locker_timer = QTimer(self, interval=_LOOK_AT_LOCKER_MS)
        self._locker_timer.timeout.connect(self._look_at_locker)
        self.idle = IdleWatch(self)
        self.idle.idle.connect(lambda: self.lock("idle"))
        self.idle.left.connect(self.idle_left)
        jobs.changed.connect(self._on_changed)

    # --- who and what

    @property
    def state(self) -> State:
        return self._state

    @property
    def person(self) -> Face | None:
        """Who is signed in, or who is asked to come back; the name only while the session is open."""
        return self._person

    @property
    def roles(self) -> frozenset[str]:
        """The roles of whoever is signed in; they only decide what is shown."""
        return frozenset() if self._inside is None else frozenset(self._inside.roles)

    @property
    def account_id(self) -> object:
        return None if self._inside is None else self._inside.actor.id

    @property
    def opening(self) -> Any:
        """How the open store was opened: for making credentials, in a lane."""
        return None if self._inside is None else self._inside.opening

    @property
    def has_pin(self) -> bool:
        """Whether a PIN would open now."""
        return self._locker.is_live()

    @property
    def may_set_pin(self) -> bool:
        return self._inside is not None and bool(self._inside.settings["lock.pin"])

    def faces(self) -> tuple[Face, ...]:
        """Who signed in on this PC, the latest first; by initials alone."""
        return tuple(Face(one.tag, one.initials, "") for one in self._preferences.faces(self._place))

    # --- coming in

    def sign_in(self, who: str, password: str) -> None:
        """Sign in as a face of this PC (its tag) or by name."""
        if self._state is State.SIGNED_OUT:
            known = [face.tag for face in self.faces()]
            self._come_in(lambda: _entering().by_password(self._openings, who, password, known), full=True)

    def unlock_with_password(self, password: str) -> None:
        """Come back as the person who is locked out."""
        person = self._person
        if self._state is State.LOCKED and person is not None:
            known = [person.tag]
            self._come_in(lambda: _entering().by_password(self._openings, person.tag, password, known), full=True)

    def unlock_with_pin(self, pin: str) -> None:
        """Come back by PIN."""
        person, locker = self._person, self._locker
        if self._state is State.LOCKED and person is not None:
            self._come_in(lambda: _entering().by_pin(self._openings, locker, person.tag, pin), full=False)

    def _come_in(self, enter: Callable[[], Any], *, full: bool) -> None:
        self._before = self._state
        self._set(State.OPENING)
        failed = self._on_refused if full else self._on_pin_refused
        self._jobs.aside(enter, owner=self, done=self._on_full if full else self._on_inside, failed=failed)

    def _on_full(self, inside: Any) -> None:
        self._locker.signed_in(inside.actor.id)
        self._on_inside(inside)

    def _on_inside(self, inside: Any) -> None:
        self._inside = inside
        name = inside.name or inside.login
        self._person = Face(inside.face, initials_of(name), name)
        self._preferences.remember(self._place, inside.face, self._person.initials)
        self._jobs.open(inside.store, inside.actor)
        if self._wanted is not None:
            # Somebody locked while it was opening: nothing of it is shown.
            self._close()
            return
        self._set(State.OPEN)
        self._obey(inside.settings)
        if inside.clock_is_behind:
            self.told.emit(
                _(
                    "Jam PC ini lebih awal daripada catatan terakhir. Betulkan jamnya; sampai itu terjadi, catatan baru"
                    " diberi tanda."
                )
            )
        lost = self._unsaved.pop(inside.face, 0)
        if lost:
            text = ngettext(
                "{n} simpanan belum jadi ketika layar dikunci. Periksa, lalu simpan lagi.",
                "{n} simpanan belum jadi ketika layar dikunci. Periksa, lalu simpan lagi.",
                lost,
            )
            self.told.emit(text.format(n=lost))

    def _on_refused(self, trouble: Trouble) -> None:
        self._back()
        sentence = trouble.sentence
        if trouble.facts.get("early"):
            sentence = _("Tunggulah sebentar.")
        elif trouble.kind == "WrongPassword":
            # The page counts the seconds itself.
            known = self._state is State.LOCKED
            sentence = _("Kata sandi itu belum tepat.") if known else _("Nama atau kata sandi itu belum tepat.")
        self.refused.emit(sentence, trouble.wait)

    def _on_pin_refused(self, trouble: Trouble) -> None:
        self._back()
        if trouble.kind != "WrongPassword":
            self.refused.emit(trouble.sentence, 0)
        elif self.has_pin:
            again = _("PIN itu belum tepat. Setelah {n} kali salah, kata sandi yang diminta.")
            self.refused.emit(again.format(n=TRIES), 0)
        else:
            self.pin_offered.emit(False)
            self.refused.emit(_("PIN tidak berlaku lagi. Masuklah dengan kata sandi."), 0)

    def _back(self) -> None:
        """As it was before the try; or further out, when that was asked for meanwhile."""
        wanted, self._wanted = self._wanted, None
        self._set(self._before)
        if wanted is not None:
            self.lock(wanted)

    # --- going

    def lock(self, why: Why = "key") -> None:
        """Lock, whatever is going on."""
        if why in {"sleep", "switch"}:
            self._locker.wipe()
            self.pin_offered.emit(False)
        self._goes_out |= why in {"switch", "end"}
        self._ends |= why == "end"
        if self._state is State.OPENING:
            self._wanted = why
            if self._by_words is not None:
                self.leave_words()
        elif self._state is State.OPEN:
            self._close()
        elif self._state is not State.LOCKING:
            self._closed(0)

    def switch_person(self) -> None:
        """Make room for somebody else; one click from anywhere."""
        self.lock("switch")

    def end(self) -> None:
        """Lock, and say ``ended`` when nothing is open any more."""
        self.lock("end")

    def _close(self) -> None:
        self._wanted = None
        close = self._jobs.seal()
        self.idle.stop()
        self._inside = None
        if self._person is not None:
            self._person = Face(self._person.tag, self._person.initials, "")
        self.pin_offered.emit(self.has_pin)
        self._set(State.LOCKING)
        self._locker_timer.start()
        self._jobs.aside(close, owner=self, done=self._closed, failed=self._on_close_failed)

    def _on_close_failed(self, trouble: Trouble) -> None:
        self._closed(0)
        self.refused.emit(trouble.sentence, 0)

    def _closed(self, unsaved: int) -> None:
        if unsaved and self._person is not None:
            self._unsaved[self._person.tag] = self._unsaved.get(self._person.tag, 0) + unsaved
        # What was dropped and refers to itself is freed now, not some day.
        gc.collect()
        if self._goes_out:
            self._goes_out = False
            self._person = None
            self._locker_timer.stop()
            self._set(State.SIGNED_OUT)
        else:
            self._set(State.LOCKED if self._person is not None else State.SIGNED_OUT)
        if self._ends:
            self._locker.wipe()
            self.ended.emit()

    def _set(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    # --- settings and PIN

    def set_pin(self, pin: str) -> None:
        """Let six digits open this PC for whoever is signed in, for the rest of the twelve hours."""
        inside, locker = self._inside, self._locker
        if not self.may_set_pin:
            return
        if not is_pin(pin):
            self.refused.emit(_("PIN terdiri dari enam angka yang tidak semuanya sama."), 0)
            return
        self._jobs.aside(
            lambda: _entering().set_pin(inside, locker, pin),
            owner=self,
            done=self._on_pin_set,
            failed=lambda trouble: self.refused.emit(trouble.sentence, 0),
        )

    def _on_pin_set(self, kept: bool) -> None:
        if self._inside is None and kept:
            # The lock fell meanwhile: it is there now.
            self.pin_offered.emit(self.has_pin)
        elif kept:
            self.told.emit(_("PIN berlaku di PC ini sampai 12 jam setelah Anda masuk."))
        else:
            self.refused.emit(_("PIN tidak dapat dipakai di PC ini. Kata sandi tetap berlaku."), 0)

    def drop_pin(self) -> None:
        """Ask for the password again from now on."""
        self._locker.wipe()
        self.pin_offered.emit(False)

    def _look_at_locker(self) -> None:
        if not self.has_pin:
            self.pin_offered.emit(False)

    def _on_changed(self, tables: frozenset[str]) -> None:
        if "setting_value" in tables:
            from shelter.home import queries

            self._jobs.read(queries.settings, owner=self, slot="settings", done=self._obey)

    def _obey(self, settings: Mapping[str, Any]) -> None:
        if not settings["lock.pin"]:
            self._locker.wipe()
        self.idle.start(settings["lock.idle_minutes"])

    # --- the recovery sheet

    def recover(self, words: list[str], who: str) -> None:
        """Open by a recovery sheet, for ``who`` (a face or a name; the first administrator when it is empty)."""
        if self._state is State.SIGNED_OUT:
            self._before = self._state
            self._set(State.OPENING)
            self._jobs.aside(
                lambda: _entering().by_words(self._openings, words, who),
                owner=self,
                done=self._on_words,
                failed=self._on_words_refused,
            )

    def make_password(self, password: str) -> None:
        """Give the person the sheet was for a new password."""
        found = self._by_words
        if found is not None:
            self._jobs.aside(
                lambda: _entering().new_password(found, password),
                owner=self,
                done=self._on_password_made,
                failed=self._on_password_refused,
            )

    def leave_words(self) -> None:
        """The sheet is put away: what it opened is shut."""
        found, self._by_words = self._by_words, None
        if found is not None:
            self.idle.stop()
            self._jobs.aside(found.close, owner=self)
            self._back()

    def _on_words(self, found: Any) -> None:
        self._by_words = found
        if self._wanted is not None:
            self.leave_words()
        else:
            self.idle.start(_WORDS_MINUTES)
            self.words_taken.emit(found.account.display_name or found.account.login)

    def _on_words_refused(self, trouble: Trouble) -> None:
        at = trouble.facts.get("at", 0) if trouble.facts.get("reason") == "unknown" else 0
        self._back()
        self.words_refused.emit(trouble.sentence, at if isinstance(at, int) else 0)

    def _on_password_refused(self, trouble: Trouble) -> None:
        if trouble.kind == "WeakPassword":
            self.password_refused.emit(trouble.sentence)
        else:
            self.leave_words()
            self.refused.emit(trouble.sentence, 0)

    def _on_password_made(self, face: str) -> None:
        self._preferences.remember(self._place, face, self._initials_known(face))
        if self._by_words is not None:
            self.leave_words()
        self.password_made.emit()

    def _initials_known(self, face: str) -> str:
        return next((one.initials for one in self.faces() if one.tag == face), "?")


def _entering() -> Any:
    """What happens at the door, loaded in the worker that needs it first."""
    from ui.session import entering

    return entering
