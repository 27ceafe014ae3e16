"""``server-setup`` leaves a server that is reached by TLS 1.3 alone and told from any other; or it changes nothing."""

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from db import certificates, serversetup
from db.faults import ServerTrouble
from db.servercheck import look_at
from db.serverplace import ServerPlace
from db.serverstore import ServerOpening
from db.types import utc_now
from shelter.work import Work
from tests.commandline import call
from tests.db.server.debian import ADMIN_PASSWORD, Cluster, free_port
from tests.db.server.homes import DATABASE, Prepared, connect, new_cluster, plain, set_up, take_away
from tests.stores import HEAD, PASSWORD, Server, TestHome
from ui.messages import server_sentence

pytestmark = pytest.mark.tls

DISK = "Teduh tidak mengenkripsi disk server: nyalakan enkripsi disk (BitLocker, LUKS) di sana.\n"


def snapshot(cluster: Cluster) -> tuple[Any, ...]:
    """All that set-up touches: databases, roles with their powers, settings, and the files in the data folder."""
    powers = "rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolpassword IS NOT NULL"
    names = ("pg_hba.conf", "postgresql.auto.conf", "teduh-server.crt", "teduh-server.key")
    files = [(cluster.data / name).read_bytes() if (cluster.data / name).exists() else None for name in names]
    return (
        cluster.server.run("SELECT datname, datacl::text FROM pg_database ORDER BY 1"),
        cluster.server.run(f"SELECT {powers} FROM pg_authid ORDER BY 1"),
        cluster.server.run("SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members ORDER BY 1, 2"),
        files,
    )


def rules_of(cluster: Cluster) -> list[tuple[Any, ...]]:
    """The rules of pg_hba.conf as the server itself reads them; a line it cannot read comes with its complaint."""
    query = "SELECT type, database, user_name, auth_method, error FROM pg_hba_file_rules ORDER BY line_number"
    return list(cluster.server.run(query))


def test_it_names_both_files_and_asks_for_disk_encryption(prepared: Prepared) -> None:
    assert prepared.answer.code == 0
    assert prepared.answer.out == f"{prepared.connection}\n{prepared.owner}\n"
    assert prepared.answer.err.endswith(DISK)
    assert server_sentence("no_ssl") not in prepared.answer.err


def test_the_connection_file_holds_no_secret_and_the_owners_file_is_the_owners_alone(prepared: Prepared) -> None:
    connection, owner = (json.loads(path.read_bytes()) for path in (prepared.connection, prepared.owner))
    assert owner["connection"] == connection
    assert connection.keys() == {"teduh", "host", "port", "database", "authority"}
    assert "PRIVATE" not in connection["authority"]
    assert owner["password"] not in prepared.connection.read_text(encoding="utf-8")
    key = load_pem_private_key(owner["authority_key"].encode(), None)
    assert key.public_key() == x509.load_pem_x509_certificate(connection["authority"].encode()).public_key()
    assert stat.S_IMODE(prepared.owner.stat().st_mode) == 0o600


def test_the_server_wrote_certificate_and_key_for_itself_alone(prepared: Prepared) -> None:
    data = prepared.cluster.data
    for name in ("teduh-server.crt", "teduh-server.key"):
        status = (data / name).stat()
        assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o600, data.stat().st_uid)
    server, authority = x509.load_pem_x509_certificates((data / "teduh-server.crt").read_bytes())
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["127.0.0.1", "localhost"]
    key = load_pem_private_key((data / "teduh-server.key").read_bytes(), None)
    assert key.public_key() == server.public_key()


def test_the_authority_can_sign_for_no_other_authority() -> None:
    made = certificates.make(["server.rumah", "10.0.0.1", "::1"], datetime(2026, 11, 21, tzinfo=UTC))
    authority, server = (x509.load_pem_x509_certificate(pem.encode()) for pem in (made.authority, made.server))
    basics = [c.extensions.get_extension_for_class(x509.BasicConstraints).value for c in (authority, server)]
    assert [(basic.ca, basic.path_length) for basic in basics] == [(True, 0), (False, None)]
    assert server.not_valid_before_utc < datetime(2026, 11, 21, tzinfo=UTC) < server.not_valid_after_utc
    assert authority.not_valid_after_utc - server.not_valid_after_utc > timedelta(days=365)


def test_pg_hba_is_whole_with_our_lines_first_and_the_rest_letter_by_letter(prepared: Prepared) -> None:
    ours = f'# Teduh: {DATABASE}\nhostssl   "{DATABASE}" all all scram-sha-256\nhostnossl "{DATABASE}" all all reject\n'
    kept = (prepared.cluster.data / "pg_hba.conf").read_text(encoding="utf-8")
    # Other tests may have set up other homes above.
    assert kept.endswith(ours + prepared.hba_before)
    rules = rules_of(prepared.cluster)
    assert [rule for rule in rules if rule[4] is not None] == []
    mine = [rule[:4] for rule in rules if rule[1] == [DATABASE]]
    assert mine == [("hostssl", [DATABASE], ["all"], "scram-sha-256"), ("hostnossl", [DATABASE], ["all"], "reject")]


def test_the_servers_log_holds_neither_its_key_nor_the_owners_password(prepared: Prepared) -> None:
    log = prepared.cluster.log
    assert f'CREATE DATABASE "{DATABASE}"' not in log, "with every statement logged, set-up's own are not"
    assert "PRIVATE KEY" not in log
    assert json.loads(prepared.owner.read_bytes())["password"] not in log


def test_the_whole_server_goes_by_what_was_set(prepared: Prepared, house: TestHome) -> None:
    wanted = {
        "ssl": "on",
        "ssl_min_protocol_version": "TLSv1.3",
        "password_encryption": "scram-sha-256",
        "lc_messages": "C",
    }
    assert {name: prepared.cluster.server.run(f"SHOW {name}")[0][0] for name in wanted} == wanted
    [(kept,)] = prepared.cluster.server.run(f"SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d"
                                            f" ON d.oid = setdatabase WHERE datname = '{DATABASE}'")  # fmt: skip
    assert set(kept) == {f"{name}={value}" for name, value in serversetup._SILENT.items()}


def test_the_owner_is_no_superuser_and_strangers_may_do_nothing(prepared: Prepared, house: TestHome) -> None:
    powers = "rolsuper, rolcreatedb, rolbypassrls, rolreplication, rolcreaterole"
    query = f"SELECT {powers} FROM pg_roles WHERE rolname = '{DATABASE}__owner'"
    assert prepared.cluster.server.run(query) == [(False, False, False, False, True)]
    everybody = f"has_database_privilege('public', '{DATABASE}', %s)"
    with psycopg.connect(prepared.cluster.url(DATABASE)) as connection:
        for privilege in ("CONNECT", "TEMPORARY", "CREATE"):
            assert connection.execute(f"SELECT {everybody}".encode(), (privilege,)).fetchall() == [(False,)]
        assert connection.execute("SELECT has_schema_privilege('public', 'public', 'CREATE')").fetchall() == [(False,)]


def test_every_connection_of_the_program_is_tls_1_3(house: TestHome) -> None:
    assert house.place is not None
    seen = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    seat = house.enter()
    with seat.store.ground() as connection:
        assert connection.exec_driver_sql(seen).all() == [(True, "TLSv1.3")]
    assert house.owner is not None
    with plain(house.owner) as owner:
        assert owner.execute(seen).fetchall() == [(True, "TLSv1.3")]
    with connect(house, HEAD) as person:
        assert person.execute(seen).fetchall() == [(True, "TLSv1.3")]


def by_network(place: ServerPlace, **changes: Any) -> psycopg.Connection:
    """A connection with the right password, but not made as the program makes it."""
    who: dict[str, Any] = {"user": place.role(HEAD), "password": place.secret(HEAD, PASSWORD)}
    return psycopg.connect(host="127.0.0.1", port=place.url.port, dbname=place.database, **(who | changes))


def test_the_server_takes_no_plain_connection_and_no_older_tls(house: TestHome) -> None:
    assert house.place is not None
    with by_network(house.place, sslmode="require") as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)], "so nothing else is in the way"
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        by_network(house.place, sslmode="disable")
    with pytest.raises(psycopg.OperationalError, match="protocol version"):
        by_network(house.place, sslmode="require", ssl_max_protocol_version="TLSv1.2")


def test_the_whole_way_by_the_command_line_goes_over_tls_1_3(debian: Cluster, tmp_path: Path) -> None:
    assert set_up(debian, "jalan", tmp_path).code == 0
    place, owner = ["--server", tmp_path / "jalan.sambungan.json"], ["--owner", tmp_path / "jalan.pemilik.json"]

    def ask(*words: object, user: str = HEAD, password: str = PASSWORD, **variables: str) -> str:
        return call(*words, *place, "--user", user, TEDUH_PASSWORD=password, **variables).good()

    try:
        assert len(ask("init", *owner, "--home", "Rumah Jalan").splitlines()) == 2
        assert ask("users", "add", "siti", "--role", "PETUGAS", TEDUH_NEW_PASSWORD="jendela kayu jati tua") == "siti\n"
        assert (
            ask("users", "password", user="siti", password="jendela kayu jati tua", TEDUH_NEW_PASSWORD=PASSWORD) == ""
        )
        assert "siti\tPETUGAS\taktif\n" in ask("users", "list", user="siti")
        assert ask("check").startswith("Data utuh.")
        assert "baris dibandingkan" in ask("check", "--full", *owner)
        assert ask("server-check") != ""
        entered = [line for line in debian.log.splitlines() if "connection authorized" in line and "=jalan " in line]
        people = [line for line in entered if "user=postgres" not in line]
        assert len(people) > 7
        assert [line for line in people if "SSL enabled (protocol=TLSv1.3" not in line] == []
    finally:
        debian.run("DROP DATABASE jalan WITH (FORCE)")
        for (role,) in debian.server.run("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'jalan__')"):
            debian.run(f'DROP ROLE "{role}"')


# --- what is refused


def test_a_second_time_is_refused_and_changes_nothing(prepared: Prepared, house: TestHome, tmp_path: Path) -> None:
    before = snapshot(prepared.cluster)
    answer = set_up(prepared.cluster, DATABASE, tmp_path / "lagi")
    assert (answer.code, answer.out, answer.err) == (2, "", server_sentence("database_exists") + "\n")
    assert snapshot(prepared.cluster) == before
    assert not (tmp_path / "lagi" / f"{DATABASE}.pemilik.json").exists()


@pytest.mark.parametrize(
    ("database", "hosts", "reason"),
    [
        *(
            (name, ["127.0.0.1"], "database_name")
            for name in ("Rumah", "rumah__dua", "rumah_", "rumah; DROP", "a" * 28)
        ),
        *(("dua", ["127.0.0.1", host], "host") for host in ("", "server rumah", "sérver", "a\n", "x'; --", "a" * 254)),
    ],
)
def test_a_bad_name_is_refused_before_the_server_is_asked(
    tmp_path: Path, database: str, hosts: list[str], reason: str
) -> None:
    nowhere = ServerPlace.parse(f"postgresql://postgres@127.0.0.1:{free_port()}/postgres", tmp_path)
    with pytest.raises(ServerTrouble) as trouble:
        serversetup.set_up(nowhere, database, hosts, tmp_path / "kunci", utc_now())
    assert trouble.value.facts == {"reason": reason}
    assert not (tmp_path / "kunci").exists()


def test_whoever_is_no_superuser_sets_up_nothing(prepared: Prepared, tmp_path: Path) -> None:
    cluster = prepared.cluster
    cluster.run("CREATE ROLE tukang LOGIN CREATEROLE CREATEDB")
    before = snapshot(cluster)
    answer = set_up(cluster, "dua", tmp_path, admin=cluster.url(user="tukang"))
    assert (answer.code, answer.err) == (2, server_sentence("not_superuser") + "\n")
    assert snapshot(cluster) == before
    cluster.run("DROP ROLE tukang")


def test_a_server_too_old_is_left_alone(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(prepared.cluster)
    monkeypatch.setattr(serversetup, "LEAST_VERSION", 990000)
    answer = set_up(prepared.cluster, "dua", tmp_path)
    assert (answer.code, answer.err) == (2, server_sentence("too_old") + "\n")
    assert snapshot(prepared.cluster) == before


def test_a_server_that_does_not_answer_or_does_not_let_in_is_said_plainly(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "bukan ini")
    url = "postgresql://postgres@127.0.0.1:{}/postgres"
    for port, reason in ((free_port(), "no_server"), (prepared.cluster.port, "wrong_password")):
        answer = set_up(prepared.cluster, "dua", tmp_path, admin=url.format(port))
        assert (answer.code, answer.err) == (2, server_sentence(reason) + "\n")
    for admin in ("server", ""):
        answer = (
            set_up(prepared.cluster, "dua", tmp_path, admin=admin or None)
            if admin
            else call("server-setup", "--host", "127.0.0.1", "--to", tmp_path)
        )
        assert (answer.code, answer.err) == (2, server_sentence("url" if admin else "not_superuser") + "\n")


# --- other servers and other homes


def test_by_the_network_with_a_password_and_a_data_folder_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = new_cluster(data="data 100% 'rumah' & lainnya")
    try:
        monkeypatch.setenv("PGPASSWORD", ADMIN_PASSWORD)
        admin = f"postgresql://postgres@127.0.0.1:{cluster.port}/postgres"
        assert set_up(cluster, "dua", tmp_path, admin=admin).code == 0
        assert [rule for rule in rules_of(cluster) if rule[4] is not None] == []
        assert look_at(ServerPlace.parse(str(tmp_path / "dua.sambungan.json"), tmp_path / "pc")) == ""
        # A server whose pg_hba.conf cannot be read does not start again.
        cluster.stop()
        cluster.start()
        cluster.wait_for_tls()
    finally:
        take_away(cluster)


def test_a_second_home_leaves_the_first_ones_certificate_alone(
    prepared: Prepared, house: TestHome, tmp_path: Path
) -> None:
    cluster = prepared.cluster
    crt, key = ((cluster.data / f"teduh-server.{end}").read_bytes() for end in ("crt", "key"))
    before = snapshot(cluster)
    refused = set_up(cluster, "latihan", tmp_path, "127.0.0.1", "server.lain")
    assert (refused.code, refused.err) == (2, server_sentence("other_hosts") + "\n")
    assert snapshot(cluster) == before
    try:
        assert set_up(cluster, "latihan", tmp_path, "localhost").code == 0
        assert ((cluster.data / "teduh-server.crt").read_bytes(), (cluster.data / "teduh-server.key").read_bytes()) == (
            crt,
            key,
        )
        assert house.place is not None
        second = ServerPlace.parse(str(tmp_path / "latihan.sambungan.json"), tmp_path / "pc")
        assert (look_at(house.place), look_at(second)) == ("", "")
        with plain(serversetup.owner_place(str(tmp_path / "latihan.pemilik.json"), tmp_path / "pc")) as owner:
            assert owner.execute("SELECT current_database()").fetchall() == [("latihan",)]
        house.enter()
    finally:
        cluster.run("DROP DATABASE IF EXISTS latihan", "DROP ROLE IF EXISTS latihan__owner")


def test_a_set_up_that_was_cut_off_can_be_done_again(
    bare: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise ServerTrouble(reason="lost")

    with monkeypatch.context() as patch:
        patch.setattr(serversetup, "_make_database", full)
        assert set_up(bare, "dua", tmp_path).code == 2
    assert set_up(bare, "dua", tmp_path, "localhost").code == 0
    assert [rule[0] for rule in rules_of(bare) if rule[1] == ["dua"]] == ["hostssl", "hostnossl"], "once, not twice"
    assert look_at(ServerPlace.parse(str(tmp_path / "dua.sambungan.json"), tmp_path / "pc")) == ""


@pytest.mark.server
def test_a_server_that_can_do_no_tls_is_set_up_and_that_is_said(pg_server: Server, tmp_path: Path) -> None:
    words = ["--admin", pg_server.url, "--database", "tanpa_tls", "--host", "127.0.0.1", "--to", tmp_path]
    try:
        answer = call("server-setup", *words)
        assert answer.code == 0
        assert server_sentence("no_ssl") + "\n" in answer.err
    finally:
        for statement in (
            "DROP DATABASE IF EXISTS tanpa_tls",
            "DROP ROLE IF EXISTS tanpa_tls__owner",
            "ALTER SYSTEM RESET ALL",
        ):
            pg_server.run(statement)


# --- servers that must not be trusted


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Another server, set up for a home of the same name by the host ``server.lain``, with an authority of its own."""
    cluster = new_cluster()
    folder = tmp_path_factory.mktemp("lain")
    try:
        set_up(cluster, DATABASE, folder, "server.lain")
        (cluster.folder / "sambungan").write_bytes((folder / f"{DATABASE}.sambungan.json").read_bytes())
        yield cluster
    finally:
        take_away(cluster)


def told(file: Path, **changes: object) -> Path:
    """A connection file like this one, but for a few words of it."""
    changed = file.with_name("diubah.json")
    changed.write_text(json.dumps(json.loads(file.read_bytes()) | changes), encoding="utf-8")
    return changed


def foreign(prepared: Prepared, stranger: Cluster, folder: Path) -> Path:
    """The home's own file, but a stranger answers at the address."""
    return told(prepared.connection, port=stranger.port)


def misnamed(prepared: Prepared, stranger: Cluster, folder: Path) -> Path:
    """The stranger's own file, with a name that its certificate does not tell."""
    return told(stranger.folder / "sambungan", host="127.0.0.1")


def old(prepared: Prepared, stranger: Cluster, folder: Path) -> Path:
    """The stranger's own file and name, but TLS 1.2 at most."""
    stranger.reload(ssl_min_protocol_version="TLSv1.2", ssl_max_protocol_version="TLSv1.2")
    return misnamed(prepared, stranger, folder)


def bare_of_tls(prepared: Prepared, stranger: Cluster, folder: Path) -> Path:
    """The stranger's own file, but no TLS at all."""
    stranger.reload(ssl="off")
    return misnamed(prepared, stranger, folder)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(foreign, "server_certificate"), (misnamed, "other_name"), (old, "old_tls"), (bare_of_tls, "no_ssl")],
)
def test_a_server_that_must_not_be_trusted_is_told_no_password(
    prepared: Prepared,
    stranger: Cluster,
    tmp_path: Path,
    trouble: Callable[[Prepared, Cluster, Path], Path],
    reason: str,
) -> None:
    try:
        file = trouble(prepared, stranger, tmp_path)
        place = ServerPlace.parse(str(file), tmp_path / "pc")
        before = stranger.log.count("authentication failed")
        assert look_at(place) == reason
        with pytest.raises(ServerTrouble) as refused:
            ServerOpening(place, Work).sign_in(HEAD, PASSWORD)
        assert refused.value.facts == {"reason": reason}
        answer = call("server-check", "--server", file)
        assert (answer.code, answer.out, answer.err) == (2, server_sentence(reason) + "\n", "")
        answer = call("users", "list", "--server", file, "--user", HEAD, TEDUH_PASSWORD=PASSWORD)
        assert (answer.code, answer.out, answer.err) == (2, "", server_sentence(reason) + "\n")
        assert stranger.log.count("authentication failed") == before, "no password was asked for"
        # It would have got as far as the password with anything less than the program asks for.
        mode, further = ("disable", "rejects") if reason == "no_ssl" else ("require", "authentication failed")
        with pytest.raises(psycopg.OperationalError, match=further):
            by_network(place, user="siapa", password="x", sslmode=mode)
    finally:
        stranger.reload(ssl_min_protocol_version="TLSv1.3", ssl_max_protocol_version="", ssl="on")
        stranger.wait_for_tls()


def test_without_the_authority_nobody_is_trusted(prepared: Prepared, tmp_path: Path) -> None:
    place = ServerPlace.parse(str(prepared.connection), tmp_path)
    gone = replace(place, url=place.url.update_query_dict({"sslrootcert": str(tmp_path / "tidak-ada.pem")}))
    assert look_at(gone) == "no_authority"
    assert server_sentence("no_authority") != server_sentence("server_certificate")
