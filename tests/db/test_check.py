"""``check`` as whoever runs it meets it: exit code, one clear sentence for each damage, and no file changed."""

import contextlib
import hashlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from db import check, filestore, serverfound
from db.audit import Action, Draft
from db.faults import Damaged, StoreLocked
from db.files import StoreFolder
from db.opening import Opening
from db.verify import Finding, Wrong
from shelter.home import actions as home_actions
from shelter.staff import actions as staff_actions
from tests.commandline import Answer, call
from tests.db.tamper import (
    break_in,
    copy_of,
    database_key,
    page_of,
    pages_that_differ,
    put_page,
    report_of,
    small_file_home,
    small_server_home,
    work_a_while,
)
from tests.stores import HEAD, PASSWORD, Server, TestHome, drop_from

DATABASE: Final = "teduh.db"
SLOTS, COPY, HEAD_FILE = "teduh.slots", "teduh.slots.prev", "teduh.head"


def check_at(folder: Path, *more: str, password: str = PASSWORD) -> Answer:
    """What ``check`` answers about the home in a folder. It never fails on its own account, whatever it meets."""
    answer = call("check", "--data", folder, "--user", HEAD, *more, TEDUH_PASSWORD=password)
    assert answer.code in {0, 1, 10, 11, 12}, answer.err
    assert "Traceback" not in answer.err
    return answer


def said(answer: Answer) -> str:
    """All that was said."""
    return answer.out + answer.err


def fingerprints(folder: Path) -> dict[str, str]:
    """Every file of a folder with the hash of its content."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestHome]:
    """A small home that has worked for some days and is closed. It is only ever copied."""
    home = small_file_home(tmp_path_factory.mktemp("check") / "rumah")
    work_a_while(home.enter())
    home.close()
    yield home
    home.close()


@pytest.fixture
def broken(worked: TestHome, tmp_path: Path) -> Iterator[TestHome]:
    """A copy of it to break."""
    home = copy_of(worked, tmp_path / "rumah")
    yield home
    home.close()


# --- exit codes


def test_sound_is_0_and_changes_no_file(broken: TestHome) -> None:
    before = fingerprints(broken.folder)
    for more in ((), ("--full",)):
        answer = check_at(broken.folder, *more)
        assert (answer.code, answer.out.splitlines()[1:]) == (0, [])
        assert answer.out.startswith("Data utuh.")
    assert fingerprints(broken.folder) == before


def test_what_waits_in_the_log_is_brought_home_and_nothing_else_changes(broken: TestHome, tmp_path: Path) -> None:
    seat = broken.enter()
    seat.write(home_actions.change_setting, name="lock.idle_minutes", value=11)
    crashed = copy_of(broken, tmp_path / "jatuh")  # as a killed program leaves it: the log still beside the database
    before = fingerprints(crashed.folder)
    assert before[f"{DATABASE}-wal"] != hashlib.sha256(b"").hexdigest()
    assert check_at(crashed.folder, "--full").code == 0
    after = fingerprints(crashed.folder)
    log = {f"{DATABASE}-wal", f"{DATABASE}-shm"}
    assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} - log == {DATABASE}
    broken.close()
    key = _closed_key(crashed)
    with filestore.plain_connection(crashed.folder / DATABASE, key) as raw:
        stored = raw.execute("SELECT value FROM setting_value WHERE name = 'lock.idle_minutes'").fetchone()
    assert stored == ("11",)


def _closed_key(home: TestHome) -> bytes:
    seat = home.enter()
    key = database_key(seat)
    home.close()
    return key


def test_no_store_is_10(tmp_path: Path) -> None:
    empty = tmp_path / "kosong"
    empty.mkdir()
    for folder in (empty, tmp_path / "tidak" / "ada"):
        assert check_at(folder).code == 10
        assert call("check", "--data", folder).code == 10  # before anybody is asked for a password
    assert list(empty.iterdir()) == []


def test_locked_is_11(broken: TestHome, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("check", "--data", broken.folder, "--user", HEAD).code == 11
    assert call("check", "--data", broken.folder, TEDUH_PASSWORD=PASSWORD).code == 11  # which of several people?
    key = _closed_key(broken)
    _hurry(monkeypatch)
    with filestore.plain_connection(broken.folder / DATABASE, key) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE home_identity SET place = place")
        busy = check_at(broken.folder)
        other.execute("ROLLBACK")
    assert (busy.code, "program lain" in busy.err) == (11, True)
    assert check_at(broken.folder).code == 0


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for another program's lock for a moment only."""
    from sqlcipher3 import dbapi2

    real = dbapi2.connect
    monkeypatch.setattr(dbapi2, "connect", lambda *args, **options: real(*args, **options | {"timeout": 0.05}))
    monkeypatch.setitem(filestore.PRAGMAS, "busy_timeout", ("50", 50))


def test_a_wrong_password_is_12(broken: TestHome) -> None:
    assert check_at(broken.folder, password="salah sama sekali").code == 12
    unknown = call("check", "--data", broken.folder, "--user", "siapa", TEDUH_PASSWORD=PASSWORD)
    assert unknown.code == 12


# --- rows and entries changed by hand


def test_a_label_and_an_audit_row_edited_are_named(file_home: TestHome) -> None:
    """With the raw key and the triggers dropped: first one code-list label, then one audit row."""
    with break_in(file_home.enter(), keep=True) as intruder:
        row = intruder.rows("SELECT * FROM code_entry WHERE list_name = 'user_role'")[0]
        intruder.run("UPDATE code_entry SET label_id = 'Diubah' WHERE id = :id", id=row["id"])
    file_home.close()
    quick, full = check_at(file_home.folder), check_at(file_home.folder, "--full")
    assert (quick.code, full.code) == (0, 1)
    key = f"{row['id'][:8]}-{row['id'][8:12]}-{row['id'][12:16]}-{row['id'][16:20]}-{row['id'][20:]}"
    assert f"Tabel code_entry, baris {key}: diubah di luar Teduh." in full.out
    assert "Diubah" not in said(full)

    with break_in(file_home.enter(), keep=True) as intruder:
        intruder.run("UPDATE audit_entry SET machine = 'pc-lain' WHERE seq = 900")
    file_home.close()
    for more in ((), ("--full",)):
        answer = check_at(file_home.folder, *more)
        assert answer.code == 1
        assert "Tabel audit_entry, baris 900: catatan audit diubah." in answer.out


def test_triggers_left_off_are_named(broken: TestHome) -> None:
    key = _closed_key(broken)
    with filestore.plain_connection(broken.folder / DATABASE, key) as raw:
        raw.execute("DROP TRIGGER audit_entry_no_update")
    answer = check_at(broken.folder)
    assert answer.code == 1
    assert "audit_entry_no_update" in answer.out


def test_the_triggers_stop_even_the_raw_key(broken: TestHome) -> None:
    key = _closed_key(broken)
    with filestore.plain_connection(broken.folder / DATABASE, key) as raw:
        for statement in (
            "UPDATE audit_entry SET machine = 'pc-lain'",
            "DELETE FROM audit_image",
            "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 3",
            "DELETE FROM code_entry",
        ):
            with pytest.raises(filestore.database_error()):
                raw.execute(statement)
    assert check_at(broken.folder, "--full").code == 0


def test_an_erased_person_is_told_apart_from_damage(broken: TestHome) -> None:
    seat = broken.enter()
    person = str(seat.add("tono", "PETUGAS"))
    seat.store.found(seat.actor, lambda unit: unit.erase(person))
    broken.close()
    answer = check_at(broken.folder, "--full")
    assert (answer.code, "1 orang telah dihapus sesuai hak" in answer.out) == (0, True)


# --- old copies


def add_a_user(home: TestHome, login: str = "tono") -> None:
    """What the old copy will not know of."""
    home.enter().add(login, "PETUGAS")
    home.close()


def put_back(old: Path, folder: Path, *names: str) -> None:
    """Put files of an old copy in place."""
    for name in names:
        shutil.copyfile(old / name, folder / name)


COMMANDS: Final = (
    ("users", "list"),
    ("users", "add", "rina", "--role", "PETUGAS"),
    ("users", "remove", "budi"),
    ("users", "password"),
)


def test_an_old_copy_put_back_is_named_and_no_other_command_enters(broken: TestHome, tmp_path: Path) -> None:
    old = copy_of(broken, tmp_path / "lama").folder
    add_a_user(broken)
    put_back(old, broken.folder, DATABASE)
    before = fingerprints(broken.folder)
    for more in ((), ("--full",)):
        answer = check_at(broken.folder, *more)
        assert answer.code == 1
        assert "Data telah dimundurkan: salinan lama dikembalikan" in answer.out
    for command in COMMANDS:
        words = ("--data", broken.folder, "--user", HEAD)
        secrets = {"TEDUH_PASSWORD": PASSWORD, "TEDUH_NEW_PASSWORD": "perahu kayu di hulu sungai"}
        refused = call(*command, *words, **secrets)
        assert (refused.code, refused.out) == (1, ""), command
        assert "PERINGATAN" in refused.err
    reset = ("users", "reset", "budi", "--recovery", "--data", broken.folder)
    secrets = {"TEDUH_RECOVERY": " ".join(broken.made.words[0]), "TEDUH_NEW_PASSWORD": "perahu kayu di hulu sungai"}
    by_sheet = call(*reset, **secrets)
    assert (by_sheet.code, "PERINGATAN" in by_sheet.err) == (1, True)
    assert fingerprints(broken.folder) == before


def test_without_the_head_file_an_old_copy_is_not_noticed(broken: TestHome, tmp_path: Path) -> None:
    """The counter-proof, and a limit the manual names: the head outside is what gives an old copy away."""
    old = copy_of(broken, tmp_path / "lama").folder
    add_a_user(broken)
    put_back(old, broken.folder, DATABASE)
    (broken.folder / HEAD_FILE).unlink()
    answer = check_at(broken.folder, "--full")
    assert answer.code == 0
    assert "salinan lama yang dikembalikan tidak dapat dikenali kali ini" in answer.out


def test_an_old_copy_with_its_log_is_named(broken: TestHome, tmp_path: Path) -> None:
    seat = broken.enter()
    seat.write(home_actions.change_setting, name="lock.idle_minutes", value=11)
    old = copy_of(broken, tmp_path / "lama").folder
    seat.add("tono", "PETUGAS")
    broken.close()
    put_back(old, broken.folder, DATABASE, f"{DATABASE}-wal")
    assert "Data telah dimundurkan" in check_at(broken.folder).out


def test_an_old_copy_under_a_newer_log_is_named(broken: TestHome, tmp_path: Path) -> None:
    old = copy_of(broken, tmp_path / "lama").folder
    add_a_user(broken)
    seat = broken.enter()
    seat.write(home_actions.change_setting, name="lock.idle_minutes", value=11)
    crashed = copy_of(broken, tmp_path / "jatuh")
    broken.close()
    put_back(old, crashed.folder, DATABASE)
    assert check_at(crashed.folder, "--full").code == 1


def test_a_history_that_went_on_elsewhere_is_named(broken: TestHome, tmp_path: Path) -> None:
    """A copy that others worked in, further than here, put in place of the one that this head file knows."""
    elsewhere = copy_of(broken, tmp_path / "lain")
    add_a_user(broken)
    add_a_user(elsewhere, "rina")
    elsewhere.enter().write(home_actions.change_setting, name="lock.idle_minutes", value=12)
    elsewhere.close()
    put_back(elsewhere.folder, broken.folder, DATABASE)
    answer = check_at(broken.folder)
    assert (answer.code, "Riwayat ini bukan riwayat yang terakhir tercatat" in answer.out) == (1, True)
    assert call("users", "list", "--data", broken.folder, "--user", HEAD, TEDUH_PASSWORD=PASSWORD).code == 1


def test_the_database_of_another_home_is_refused(broken: TestHome, tmp_path: Path) -> None:
    other = small_file_home(tmp_path / "tetangga")
    put_back(other.folder, broken.folder, DATABASE)
    answer = check_at(broken.folder)
    assert (answer.code, "bukan milik kunci ini" in answer.err) == (1, True)


# --- an old page, which carries a valid HMAC


def test_any_old_page_put_back_is_found(broken: TestHome, tmp_path: Path) -> None:
    old = copy_of(broken, tmp_path / "lama").folder / DATABASE
    seat = broken.enter()
    seat.write(home_actions.rename_home, name="Rumah Lain", place="Pontianak")
    broken.close()
    numbers = pages_that_differ(old, broken.folder / DATABASE)
    assert len(numbers) > 3
    missed = []
    quick_missed = []
    for number in numbers:
        replayed = copy_of(broken, tmp_path / f"halaman{number}").folder
        put_page(replayed / DATABASE, number, page_of(old, number))
        if check_at(replayed, "--full").code != 1:
            missed.append(number)
        if check_at(replayed).code != 1:
            quick_missed.append(number)
    assert missed == []
    # The counter-proof: HMACs and structure say nothing of the page with the home's name; comparing the row does.
    assert quick_missed != []


# --- damage


def _flip(name: str, at: float, count: int = 1) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        begin = int(at * len(content))
        for place in range(begin, min(begin + count, len(content))):
            content[place] ^= 0x55
        (folder / name).write_bytes(content)

    return damage


def _cut(name: str, size: float) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = folder / name
        os.truncate(path, int(size * path.stat().st_size) if size < 1 else int(size))

    return damage


def _zero(*names: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for name in names:
            (folder / name).write_bytes(bytes((folder / name).stat().st_size))

    return damage


def _remove(*names: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return damage


DAMAGES: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "salt flipped": (_flip(DATABASE, 0), "Halaman berkas rusak: 1"),
    "header flipped": (_flip(DATABASE, 0.0005), "Berkas data rusak atau bukan milik kunci ini"),
    "second page flipped": (_flip(DATABASE, 0.02), "rusak"),
    "early flipped": (_flip(DATABASE, 0.21, 3), "rusak"),
    "middle flipped": (_flip(DATABASE, 0.5), "rusak"),
    "long run flipped": (_flip(DATABASE, 0.6, 9000), "rusak"),
    "end flipped": (_flip(DATABASE, 0.9999), "rusak"),
    "database empty": (_cut(DATABASE, 0), "rusak"),
    "one byte left": (_cut(DATABASE, 1), "rusak"),
    "half a page left": (_cut(DATABASE, 2048), "rusak"),
    "one page left": (_cut(DATABASE, 4096), "rusak"),
    "half the database left": (_cut(DATABASE, 0.5), "rusak"),
    "last byte gone": (_cut(DATABASE, 0.99999), "rusak"),
    "database zeroed": (_zero(DATABASE), "rusak"),
    "database gone": (_remove(DATABASE), "Berkas data (teduh.db) tidak ada"),
    "slots flipped": (_flip(SLOTS, 0.3), "Berkas kunci teduh.slots rusak"),
    "slots zeroed": (_zero(SLOTS), "Berkas kunci teduh.slots rusak"),
    "slots empty": (_cut(SLOTS, 0), "Berkas kunci teduh.slots rusak"),
    "slots gone": (_remove(SLOTS), "Berkas kunci teduh.slots rusak"),
    "slots' copy flipped": (_flip(COPY, 0.7), "Berkas kunci teduh.slots.prev rusak"),
    "both slots zeroed": (_zero(SLOTS, COPY), "Berkas kunci (teduh.slots) rusak"),
    "both slots gone": (_remove(SLOTS, COPY), "Berkas kunci (teduh.slots) rusak"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_told_in_a_sentence(broken: TestHome, tmp_path: Path, name: str) -> None:
    damage, sentence = DAMAGES[name]
    damage(broken.folder)
    before = fingerprints(broken.folder)
    answer = check_at(broken.folder, "--full")
    assert answer.code == 1
    assert sentence in said(answer)
    assert "Data utuh" not in said(answer)
    assert fingerprints(broken.folder) == before


@pytest.mark.parametrize("name", ["teduh.tries", "teduh.lock"])
def test_what_holds_no_data_may_be_damaged(broken: TestHome, name: str) -> None:
    assert check_at(broken.folder, password="salah sama sekali").code == 12
    (broken.folder / name).write_bytes(os.urandom(500))
    assert check_at(broken.folder, "--full").code == 0


def test_chance_damages_nothing_unnoticed(worked: TestHome, tmp_path: Path) -> None:
    chance = random.Random(2026)
    for number in range(12):
        broken = copy_of(worked, tmp_path / f"rusak{number}").folder
        name = chance.choice([DATABASE, DATABASE, SLOTS, COPY])
        _flip(name, chance.random(), chance.choice([1, 60, 5000]))(broken)
        answer = check_at(broken, "--full")
        assert (answer.code, "rusak" in said(answer)) == (1, True), (number, name)


HEADS: Final = {"flipped": _flip(HEAD_FILE, 0, 512), "zeroed": _zero(HEAD_FILE), "gone": _remove(HEAD_FILE)}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_cannot_be_read_is_said_but_is_no_damage(broken: TestHome, name: str) -> None:
    """It is not flushed, so a power cut may tear it; the data is whole, only an old copy could not be told from it."""
    HEADS[name](broken.folder)
    answer = check_at(broken.folder, "--full")
    assert (answer.code, "PC ini tidak mengingat akhir catatan" in answer.out) == (0, True)
    seat = broken.enter()
    seat.store.note(seat.actor, Draft(Action.SIGN_IN))
    broken.close()
    assert "PC ini tidak mengingat" not in check_at(broken.folder).out


def test_one_torn_slot_of_the_head_is_nothing_to_worry_about(broken: TestHome, tmp_path: Path) -> None:
    for half in (0, 0.5):
        torn = copy_of(broken, tmp_path / f"sobek{half}").folder
        _flip(HEAD_FILE, half, 100)(torn)
        assert "PC ini tidak mengingat" not in check_at(torn).out


WAL_DAMAGES: Final = {
    "header": _flip(f"{DATABASE}-wal", 0.0001),
    "salt": _flip(f"{DATABASE}-wal", 0.0005),
    "middle": _flip(f"{DATABASE}-wal", 0.5),
    "zeroed": _zero(f"{DATABASE}-wal"),
    "cut": _cut(f"{DATABASE}-wal", 0.4),
    "gone": _remove(f"{DATABASE}-wal"),
}


@pytest.mark.parametrize("name", WAL_DAMAGES)
def test_a_damaged_log_silently_drops_later_saves_but_not_unnoticed(
    broken: TestHome, tmp_path: Path, name: str
) -> None:
    seat = broken.enter()
    seat.add("tono", "PETUGAS")
    crashed = copy_of(broken, tmp_path / "jatuh")
    WAL_DAMAGES[name](crashed.folder)
    answer = check_at(crashed.folder)
    assert (answer.code, "Data telah dimundurkan" in answer.out) == (1, True)


def test_a_page_that_is_damaged_is_named(broken: TestHome) -> None:
    put_page(broken.folder / DATABASE, 20, os.urandom(4096))
    assert "page 20" in check_at(broken.folder).out


def test_with_the_page_check_off_a_page_nobody_reads_is_not_found(
    broken: TestHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counter-proof, by a page of the free list: no row and no index would lead there."""
    key = _closed_key(broken)
    path = broken.folder / DATABASE
    with filestore.plain_connection(path, key) as raw:
        raw.execute("CREATE TABLE big (a)")
        raw.execute("INSERT INTO big SELECT randomblob(60000)")
        raw.execute("DROP TABLE big")
    filestore.checkpoint(path, key)
    put_page(path, path.stat().st_size // 4096, os.urandom(4096))
    assert check_at(broken.folder, "--full").code == 1
    monkeypatch.setattr(filestore, "plain_connection", _without_page_check(filestore.plain_connection))
    assert check_at(broken.folder, "--full").code == 0


class _Blind:
    """A connection that finds every page whole."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def execute(self, sql: str) -> Any:
        """Run it, unless it asks for the pages."""
        return self._raw.execute("SELECT 1 WHERE 0" if "cipher_integrity_check" in sql else sql)


def _without_page_check(real: Callable[..., Any]) -> Callable[..., Any]:
    @contextlib.contextmanager
    def blind(path: Path, key: bytes) -> Iterator[_Blind]:
        with real(path, key) as raw:
            yield _Blind(raw)

    return blind


# --- a turn of the key that is not finished yet


def test_a_turn_that_waits_is_no_damage(broken: TestHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program is at work, so the file still opens by the older key while a newer one is held too."""

    def busy(*_arguments: object) -> None:
        raise StoreLocked(reason="busy")

    monkeypatch.setattr(filestore, "rekey", busy)
    seat = broken.enter()
    account = seat.add("tono", "PETUGAS")
    seat.write(staff_actions.remove_account, account_id=account)
    assert seat.store.turning()
    assert report_of(seat).findings == []
    broken.close()
    assert check_at(broken.folder, "--full").code == 0


def test_a_check_refuses_no_page_it_could_not_open(broken: TestHome) -> None:
    """Whoever holds no key of this file is told that it is damaged, or not theirs: never that it is sound."""
    seat = broken.enter()
    seat.store.keyring.keys["database/2"][:] = os.urandom(48)
    report = check.check_file(seat.store, StoreFolder(broken.folder), full=True)
    assert report.findings == [Finding(Wrong.UNREADABLE)]
    opening = Opening(StoreFolder(broken.folder), broken.way_in(type(None)).work)  # type: ignore[arg-type]
    with pytest.raises(Damaged):
        opening.open(seat.store.keyring)


# --- on a server


@pytest.mark.server
def test_an_old_copy_of_a_server_is_named(pg_server: Server, tmp_path: Path) -> None:
    home = small_server_home(pg_server, tmp_path / "state")
    assert home.place is not None
    name = home.place.database
    work_a_while(home.enter())
    home.close()
    pg_server.run(f"CREATE DATABASE {name}_lama TEMPLATE {name}")
    add_a_user(home)
    pg_server.run(f"DROP DATABASE {name}")
    pg_server.run(f"ALTER DATABASE {name}_lama RENAME TO {name}")
    seat = home.enter()
    head = seat.store.anchor.read()
    for owner, full in ((None, False), (home.owner, True)):
        report = serverfound.check_server(seat.store, owner, full=full)
        assert Finding(Wrong.ROLLED_BACK, "audit_entry", str(head.seq), head.seq) in report.findings
    assert seat.store.behind_anchor() is not None
    drop_from(pg_server, home)


@pytest.mark.server
def test_a_row_edited_on_a_server_is_named_to_the_owner(pg_server: Server, tmp_path: Path) -> None:
    home = small_server_home(pg_server, tmp_path / "state")
    seat = home.enter()
    with break_in(seat, keep=True) as intruder:
        intruder.run("UPDATE home_identity SET place = 'Kota Lain'")
        intruder.run("UPDATE audit_entry SET machine = 'pc-lain' WHERE seq = 3")
    assert Finding(Wrong.ENTRY_EDITED, "audit_entry", "3", 3) in report_of(seat, full=False).findings
    found = report_of(seat).findings
    assert {(finding.table, finding.row) for finding in found} == {("audit_entry", "3"), ("home_identity", "1")}
    drop_from(pg_server, home)
