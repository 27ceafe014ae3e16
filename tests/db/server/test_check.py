"""``server-check`` says one plain sentence for whatever is wrong; old, newer and damaged homes are told apart."""

import contextlib
import functools
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from db import serverfound, upgrade
from db.faults import NewerStore, NoStore, StoreLocked
from db.serverstore import ServerOpening
from db.types import utc_now
from db.verify import Finding, Wrong
from shelter.work import Work
from tests.commandline import Answer, call
from tests.db.server.debian import free_port
from tests.db.server.homes import Prepared, set_up
from tests.db.server.test_setup_tls import DISK, told
from tests.stores import HEAD, PASSWORD, TestHome
from ui import messages
from ui.messages import sentence, server_sentence
from ui.terminal import doors

pytestmark = pytest.mark.tls

REACHED = "Server menjawab dan sambungannya terenkripsi.\n"
SOUND = "Server menjawab, dan rumah di dalamnya utuh.\n"


def look(file: Path | str, *words: str, password: str = PASSWORD, **variables: str) -> Answer:
    return call("server-check", "--server", file, *words, TEDUH_PASSWORD=password, **variables)


def one(reason: str) -> tuple[int, str, str]:
    """The answer that is this reason's sentence and nothing else."""
    text = server_sentence(reason)
    assert text != server_sentence("unknown")
    return (2, text + "\n", "")


def parts(answer: Answer) -> tuple[int, str, str]:
    return (answer.code, answer.out, answer.err)


def test_every_reason_has_a_sentence_of_its_own() -> None:
    reasons = [
        *("no_server", "no_name", "no_ssl", "old_tls", "other_name", "no_authority", "server_certificate"),
        *("plain_accepted", "refused_plain", "no_database", "no_home", "wrong_password", "clock", "too_many"),
        *("starting", "no_answer", "lost", "url", "owner", "too_old", "not_superuser", "database_exists"),
        *("database_name", "host", "other_hosts"),
    ]
    sentences = {server_sentence(reason) for reason in reasons}
    assert len(sentences) == len(reasons)
    assert server_sentence("unknown") not in sentences


def test_all_well_with_the_reminder_about_the_disk(prepared: Prepared, house: TestHome) -> None:
    file = prepared.connection
    assert parts(look(file)) == (0, REACHED, DISK)
    assert parts(look(file, "--user", HEAD)) == (0, SOUND, DISK)
    assert parts(look(file, "--owner", str(prepared.owner), "--user", HEAD)) == (0, SOUND, DISK)


def test_a_server_that_does_not_run_and_a_wrong_port(prepared: Prepared, house: TestHome) -> None:
    assert parts(look(told(prepared.connection, port=free_port()))) == one("no_server")
    assert parts(look(told(prepared.connection, port=free_port()), "--user", HEAD)) == one("no_server")


def test_something_else_at_that_port_is_no_server(prepared: Prepared) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = other.accept()
                    with caller:
                        caller.recv(100)
                        caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            assert parts(look(told(prepared.connection, port=other.getsockname()[1]))) == one("no_server")
        finally:
            other.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_an_unknown_host(prepared: Prepared) -> None:
    assert parts(look(told(prepared.connection, host="tidak-ada.invalid"))) == one("no_name")


def test_no_file_and_no_address(prepared: Prepared, tmp_path: Path) -> None:
    answer = look(tmp_path / "tidak-ada.json")
    assert parts(answer) == (2, "", server_sentence("url") + "\n")


def test_plain_connections_accepted_by_another_rule_are_found(prepared: Prepared, house: TestHome) -> None:
    cluster = prepared.cluster
    hba = cluster.data / "pg_hba.conf"
    kept = hba.read_text(encoding="utf-8")
    try:
        hba.write_text("host all all 127.0.0.1/32 scram-sha-256\n" + kept, encoding="utf-8")
        cluster.reload_rules()
        assert parts(look(prepared.connection)) == one("plain_accepted")
    finally:
        hba.write_text(kept, encoding="utf-8")
        cluster.reload_rules()
    assert parts(look(prepared.connection)) == (0, REACHED, DISK)


def test_no_database_and_no_home_yet_as_the_owner_sees_them(
    prepared: Prepared, house: TestHome, tmp_path: Path
) -> None:
    cluster = prepared.cluster
    assert set_up(cluster, "kosong", tmp_path, "localhost").code == 0
    file, owner = tmp_path / "kosong.sambungan.json", str(tmp_path / "kosong.pemilik.json")
    try:
        assert parts(look(file, "--owner", owner)) == one("no_home")
        assert parts(look(file, "--owner", owner, "--user", HEAD)) == one("no_home")
        assert parts(look(file, TEDUH_OWNER_URL=owner)) == one("no_home")
        # A stranger learns nothing of it: neither that the home is missing, nor later that the database is.
        assert parts(look(file)) == (0, REACHED, DISK)
        cluster.run("DROP DATABASE kosong")
        assert parts(look(file, "--owner", owner)) == one("no_database")
        assert parts(look(file)) == (0, REACHED, DISK)
    finally:
        cluster.run("DROP DATABASE IF EXISTS kosong", "DROP ROLE IF EXISTS kosong__owner")
    assert parts(look(file, "--owner", owner)) == one("wrong_password")


def test_a_wrong_password_and_a_wrong_name_read_alike(prepared: Prepared, house: TestHome) -> None:
    answers = [
        look(prepared.connection, "--user", HEAD, password="bukan kata sandinya"),
        look(prepared.connection, "--user", "tidak dikenal"),
    ]
    text = server_sentence("wrong_password") + "\n"
    assert [parts(answer) for answer in answers] == [(12, "", text)] * 2


@pytest.mark.parametrize(("minutes", "apart"), [(-3, True), (3, True), (-0.5, False), (0.5, False)])
def test_clocks_apart(
    prepared: Prepared, house: TestHome, monkeypatch: pytest.MonkeyPatch, minutes: float, apart: bool
) -> None:
    elsewhere = functools.partial(ServerOpening[Work], clock=lambda: utc_now() + timedelta(minutes=minutes))
    monkeypatch.setattr(doors, "ServerOpening", elsewhere)
    answer = look(prepared.connection, "--user", HEAD)
    assert (answer.code, answer.out) == ((2, server_sentence("clock") + "\n") if apart else (0, SOUND))


@dataclass(frozen=True)
class Meddler:
    """The server's superuser at work in the home's database, past every guard."""

    prepared: Prepared

    def does(self, *statements: str) -> None:
        url = self.prepared.cluster.url("rumah")
        with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement.encode())

    @contextlib.contextmanager
    def undone(self, statement: str, back: str) -> Iterator[None]:
        """A change while the block runs, and its reversal."""
        self.does(statement)
        try:
            yield
        finally:
            self.does(back)


@pytest.fixture
def meddler(prepared: Prepared, house: TestHome) -> Meddler:
    return Meddler(prepared)


EDIT = "UPDATE audit_entry SET machine = machine || 'x' WHERE seq = 3"
EDIT_BACK = "UPDATE audit_entry SET machine = left(machine, -1) WHERE seq = 3"


def test_a_damaged_home_is_said_to_be_damaged(prepared: Prepared, house: TestHome, meddler: Meddler) -> None:
    damaged = (1, "Server menjawab, tetapi rumah di dalamnya tidak utuh: jalankan check.\n", "")
    with meddler.undone(EDIT, EDIT_BACK):
        assert parts(look(prepared.connection, "--user", HEAD)) == damaged
        report = call("check", "--server", prepared.connection, "--user", HEAD, TEDUH_PASSWORD=PASSWORD)
        assert report.code == 1
        assert messages.finding_sentence(Finding(Wrong.ENTRY_EDITED, "audit_entry", "3", 3)) in report.out
    drop = "ALTER FUNCTION teduh_audit_verify() RENAME TO diambil"
    with meddler.undone(drop, "ALTER FUNCTION diambil() RENAME TO teduh_audit_verify"):
        assert parts(look(prepared.connection, "--user", HEAD)) == damaged
    assert parts(look(prepared.connection, "--user", HEAD)) == (0, SOUND, DISK)


def test_check_and_check_full_find_the_home_sound(prepared: Prepared, house: TestHome) -> None:
    words = ["--server", prepared.connection, "--user", HEAD]
    assert call("check", *words, TEDUH_PASSWORD=PASSWORD).good().startswith("Data utuh. ")
    full = call("check", "--full", *words, "--owner", prepared.owner, TEDUH_PASSWORD=PASSWORD).good()
    assert "baris dibandingkan" in full
    without = call("check", "--full", *words, TEDUH_PASSWORD=PASSWORD)
    assert (without.code, without.err) == (2, server_sentence("owner") + "\n")


# --- newer, older, and no homes


NEWER = "UPDATE alembic_version SET version_num = '9999'"


def test_a_newer_home_is_not_touched(prepared: Prepared, house: TestHome, meddler: Meddler) -> None:
    known = upgrade.known_revisions()[-1]
    newer = sentence(NewerStore(revision="9999")) + "\n"
    with meddler.undone(NEWER, f"UPDATE alembic_version SET version_num = '{known}'"):
        with pytest.raises(NewerStore) as refused:
            house.enter()
        assert refused.value.facts == {"revision": "9999"}
        for words in (["--user", HEAD], ["--owner", str(prepared.owner)]):
            assert parts(look(prepared.connection, *words)) == (2, "", newer)
        places = ["--server", prepared.connection, "--owner", prepared.owner]
        refused_init = call("init", *places, "--home", "Lagi", "--user", "lain", TEDUH_PASSWORD=PASSWORD)
        assert refused_init.code == 2
    house.enter()


def test_an_upgrade_that_is_due_is_the_owners_to_do(
    prepared: Prepared, house: TestHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = sentence(StoreLocked(reason="upgrade_due")) + "\n"
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "known_revisions", lambda _versions: ["0001", "0002"])
        with pytest.raises(StoreLocked) as refused:
            house.enter()
        assert refused.value.facts == {"reason": "upgrade_due"}
        for words in (["--user", HEAD], ["--owner", str(prepared.owner)]):
            assert parts(look(prepared.connection, *words)) == (11, "", due)
    places = ["--server", prepared.connection, "--owner", prepared.owner]
    assert call("server-upgrade", *places).code == 0
    without = call("server-upgrade", *places[:2])
    assert (without.code, without.err) == (2, server_sentence("owner") + "\n")
    seat = house.enter()
    assert serverfound.check_server(seat.store, house.owner, full=True).findings == []


def test_a_login_that_outlived_its_home_is_told_there_is_none(
    prepared: Prepared, house: TestHome, meddler: Meddler
) -> None:
    away, back = "ALTER TABLE alembic_version RENAME TO disimpan", "ALTER TABLE disimpan RENAME TO alembic_version"
    with meddler.undone(away, back):
        with pytest.raises(NoStore):
            house.enter()
        answer = look(prepared.connection, "--user", HEAD)
        assert parts(answer) == (10, "", server_sentence("no_home") + "\n")


def test_the_connection_file_is_enough_for_any_pc(prepared: Prepared, house: TestHome, tmp_path: Path) -> None:
    content = json.loads(prepared.connection.read_bytes())
    elsewhere = tmp_path / "usb.json"
    elsewhere.write_text(json.dumps(content), encoding="utf-8")
    assert parts(look(elsewhere, "--user", HEAD)) == (0, SOUND, DISK)
