"""Where a shared home lives: read from a URL or a connection file, called by names that nobody else's can be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from db import serverfound
from db.faults import ServerTrouble
from db.keyring import Kdf
from db.opening import Founder
from db.serverplace import ServerPlace, connection_file, fits, reason_of
from db.serversetup import owner_place
from db.serverstore import ServerOpening
from db.types import utc_now
from shelter.work import Founding, Work
from tests.stores import HEAD, KDF, PASSWORD, Server, found

LONGEST = "rumah_dengan_nama_yang_pjg1"


def place_of(text: str, state: Path) -> ServerPlace:
    return replace(ServerPlace.parse(text, state), login_kdf=KDF)


def test_a_url_names_server_and_database(tmp_path: Path) -> None:
    place = place_of("postgresql://server.rumah:5433/teduh", tmp_path)
    assert (place.url.host, place.url.port, place.database, place.has_owner) == ("server.rumah", 5433, "teduh", False)
    assert place_of("postgres://pemilik:rahasia@server.rumah/teduh", tmp_path).has_owner


@pytest.mark.parametrize(
    "text",
    [
        *("mysql://server/teduh", "https://server/teduh", "postgresql://server", "://", ""),
        *("postgresql://server:pintu/teduh", "postgresql:///teduh?host=server&port=pintu"),
        # Each would have the driver go elsewhere than where this program thinks, or less safely.
        *("postgresql:///teduh?host=127.0.0.1&host=server.rumah", "postgresql:///teduh?host=/run,server.rumah"),
        *("postgresql://127.0.0.1/teduh?hostaddr=192.168.1.10", "postgresql:///teduh?service=kantor"),
        *("postgresql://server.rumah/teduh?sslmode=disable", "postgresql://127.0.0.1/teduh?options=-c"),
    ],
)
def test_what_is_no_address_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ServerTrouble) as trouble:
        ServerPlace.parse(text, tmp_path)
    assert trouble.value.facts == {"reason": "url"}


def test_a_connection_file_brings_the_authority_and_no_secret(tmp_path: Path) -> None:
    content = connection_file("192.168.1.10", 5432, "teduh", "PEM")
    assert json.loads(content).keys() == {"teduh", "host", "port", "database", "authority"}
    file = tmp_path / "teduh.sambungan.json"
    file.write_bytes(content)
    place = place_of(str(file), tmp_path / "pc")
    assert Path(str(place.url.query["sslrootcert"])).read_text(encoding="utf-8") == "PEM"
    assert (place.url.username, place.url.password, place.encrypted) == (None, None, True)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"teduh": 2, "host": "x", "port": 1, "database": "x", "authority": ""}',
        '{"teduh": 1, "host": "x", "database": "x", "authority": ""}',
        '{"teduh": 1, "host": "x", "port": "pintu", "database": "x", "authority": ""}',
        '{"teduh": 1, "host": "x", "port": 1, "database": "x", "authority": null}',
    ],
)
def test_a_broken_connection_file_is_refused_in_the_same_words(tmp_path: Path, content: str) -> None:
    file = tmp_path / "teduh.sambungan.json"
    file.write_text(content, encoding="utf-8")
    for path in (file, tmp_path / "tidak-ada.json"):
        with pytest.raises(ServerTrouble) as trouble:
            ServerPlace.parse(str(path), tmp_path / "pc")
        assert trouble.value.facts == {"reason": "url"}


def test_the_owner_comes_in_by_file_or_by_a_url_that_names_them(tmp_path: Path) -> None:
    file = tmp_path / "teduh.pemilik.json"
    connection = json.loads(connection_file("192.168.1.10", 5432, "teduh", "PEM"))
    file.write_text(
        json.dumps({"connection": connection, "user": "teduh__owner", "password": "p@s:s/"}), encoding="utf-8"
    )
    for text in (str(file), "postgresql://teduh__owner:p%40s%3As%2F@192.168.1.10:5432/teduh"):
        owner = owner_place(text, tmp_path / "pc")
        assert (owner.url.username, owner.url.password, owner.database) == ("teduh__owner", "p@s:s/", "teduh")
    file.write_text(json.dumps({"connection": connection, "user": "teduh__owner"}), encoding="utf-8")
    for text in (str(file), str(tmp_path / "tidak-ada.json"), "postgresql://192.168.1.10/teduh"):
        with pytest.raises(ServerTrouble) as trouble:
            owner_place(text, tmp_path / "pc")
        assert trouble.value.facts == {"reason": "owner"}


def test_a_password_in_the_url_is_never_shown(tmp_path: Path) -> None:
    place = place_of("postgresql://pemilik:rahasia-sekali@127.0.0.1:1/teduh", tmp_path)
    engine = place.engine(pooled=False)
    assert "rahasia-sekali" not in f"{place!r} {place} {engine!r} {place.url}"
    with pytest.raises(Exception) as refused:  # noqa: PT011 - whatever it is
        engine.connect()
    assert "rahasia-sekali" not in f"{refused.value!r} {refused.value}"


def test_each_place_keeps_its_own_state(tmp_path: Path) -> None:
    texts = [
        "postgresql://a/x",
        "postgresql://b/x",
        "postgresql://a/y",
        "postgresql://a:5433/x",
        "postgresql:///x?host=/a",
    ]
    assert len({place_of(text, tmp_path).state for text in texts}) == len(texts)
    with_owner, without = (place_of(f"postgresql://{who}a/x", tmp_path) for who in ("pemilik@", ""))
    assert with_owner.state == without.state


def test_a_name_stands_for_one_role_however_it_is_typed(tmp_path: Path) -> None:
    place = place_of("postgresql://a/teduh", tmp_path)
    assert {place.role(name) for name in ("Siti", " siti ", "SITI")} == {place.role("siti")}
    assert {place.secret(name, PASSWORD) for name in ("Siti", "siti")} == {place.secret("siti", PASSWORD)}
    assert place.role("siti") != place.role("sita")
    assert "siti" not in place.role("siti")
    assert place.role("siti\udcff") != place.role("siti"), "bytes that are no text are a name like any other"


def test_role_and_secret_differ_from_home_to_home_and_person_to_person(tmp_path: Path) -> None:
    here, there = place_of("postgresql://a/teduh", tmp_path), place_of("postgresql://a/latihan", tmp_path)
    assert here.role("siti").removeprefix("teduh") != there.role("siti").removeprefix("latihan")
    assert len({here.secret("siti", PASSWORD), there.secret("siti", PASSWORD), here.secret("budi", PASSWORD)}) == 3
    harder = replace(here, login_kdf=Kdf(3, KDF.memory, 1))
    assert harder.secret("siti", PASSWORD) != here.secret("siti", PASSWORD)


def test_every_role_fits_into_a_name_of_postgresql(tmp_path: Path) -> None:
    assert fits(LONGEST)
    assert len(place_of(f"postgresql://a/{LONGEST}", tmp_path).role("siti").encode()) == 63


@pytest.mark.parametrize("name", ["t", "teduh", "rumah_2", "a1", LONGEST])
def test_a_good_database_name_fits(name: str) -> None:
    assert fits(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Teduh",
        "2rumah",
        "rumah kita",
        "rumah-kita",
        "rumah__kita",
        "rumah_",
        "_rumah",
        "rumah\n",
        "é",
        LONGEST + "x",
    ],
)
def test_a_name_that_could_mean_another_homes_roles_does_not_fit(name: str) -> None:
    assert not fits(name)


@pytest.mark.parametrize(
    ("text", "encrypted"),
    [
        ("postgresql:///teduh", False),
        ("postgresql:///teduh?host=/run/postgresql", False),
        ("postgresql://127.0.0.1/teduh", False),
        ("postgresql://[::1]/teduh", False),
        ("postgresql://localhost/teduh", False),
        ("postgresql://192.168.1.10/teduh", True),
        ("postgresql://server.rumah/teduh", True),
        ("postgresql://localhost.penipu.example/teduh", True),
        ("postgresql:///teduh?host=server.rumah", True),
        ("postgresql://127.0.0.1/teduh?host=server.rumah", True),
        ("postgresql://127.0.0.1/teduh?sslrootcert=x.pem", True),
    ],
)
def test_only_the_same_machine_may_be_reached_without_tls(tmp_path: Path, text: str, encrypted: bool) -> None:
    args = place_of(text, tmp_path).connect_args()
    wanted = ("verify-full", "TLSv1.3") if encrypted else (None, None)
    assert (args.get("sslmode"), args.get("ssl_min_protocol_version")) == wanted


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_a_server_that_only_the_surroundings_name_is_not_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "server.rumah")
    assert place_of("postgresql:///teduh", tmp_path).connect_args()["sslmode"] == "verify-full"


def test_a_host_in_the_query_is_the_host(tmp_path: Path) -> None:
    place = place_of("postgresql:///teduh?host=server.rumah&port=5433", tmp_path)
    assert (place.url.host, place.url.port, dict(place.url.query)) == ("server.rumah", 5433, {})
    by_socket = place_of("postgresql:///teduh?host=/run/postgresql&port=5433", tmp_path)
    assert (by_socket.url.host, by_socket.url.port, dict(by_socket.url.query)) == (
        None,
        5433,
        {"host": "/run/postgresql"},
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SSL error: certificate verify failed", "server_certificate"),
        ("SSL error: tlsv1 alert unknown ca", "server_certificate"),
        ('server certificate for "rumah.lain" does not match host name "127.0.0.1"', "other_name"),
        ('root certificate file "/home/siti/.postgresql/root.crt" does not exist', "no_authority"),
        ('could not read root certificate file "authority.pem": no start line', "no_authority"),
        ("SSL error: tlsv1 alert protocol version", "old_tls"),
        ("SSL error: unsupported protocol", "old_tls"),
        ("server does not support SSL, but SSL was required", "no_ssl"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.2", user "x", database "x", SSL encryption', "refused_plain"),
        ('FATAL:  pg_hba.conf rejects connection for host "10.0.0.2", user "x", no encryption', "refused_plain"),
        ('FATAL:  database "teduh" does not exist', "no_database"),
        ('FATAL:  role "teduh__u_1" does not exist', "wrong_password"),
        ('FATAL:  password authentication failed for user "teduh__u_1"', "wrong_password"),
        ('FATAL:  role "teduh__u_1" is not permitted to log in', "wrong_password"),
        ('FATAL:  permission denied for database "teduh"', "wrong_password"),
        ("FATAL:  sorry, too many clients already", "too_many"),
        ("FATAL:  remaining connection slots are reserved for superuser connections", "too_many"),
        ("FATAL:  the database system is starting up", "starting"),
        ("FATAL:  the database system is shutting down", "starting"),
        ("FATAL:  the database system is not yet accepting connections", "starting"),
        ("failed to resolve host 'server.rumah': [Errno -2] Name or service not known", "no_name"),
        ("Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?", "no_server"),
        ('connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory', "no_server"),
        ("received invalid response to SSL negotiation: H", "no_server"),
        ("server closed the connection unexpectedly", "no_server"),
        ("connection timeout expired", "no_answer"),
        ("No route to host", "no_answer"),
        ("sesuatu yang belum pernah terjadi", "unknown"),
    ],
)
def test_the_drivers_text_becomes_one_word(text: str, reason: str) -> None:
    assert reason_of(Exception(f"connection failed: {text}")) == reason


@pytest.mark.server
def test_a_home_of_the_longest_name_is_founded_and_entered(pg_server: Server, tmp_path: Path) -> None:
    pg_server.run(f"CREATE DATABASE {LONGEST}")
    owner = place_of(pg_server.url_of(LONGEST), tmp_path)
    place = owner.without_name()
    serverfound.create(owner, ServerOpening[Work](place, Founding), Founder(HEAD, PASSWORD, KDF, found))
    store = ServerOpening(place, Work, utc_now).sign_in(HEAD, PASSWORD)
    try:
        assert serverfound.check_server(store, owner, full=True).findings == []
    finally:
        store.close()
        pg_server.run(f"DROP DATABASE {LONGEST} WITH (FORCE)")
        for (role,) in pg_server.run(f"SELECT rolname FROM pg_roles WHERE starts_with(rolname, '{LONGEST}__')"):
            pg_server.run(f'DROP ROLE "{role}"')


@pytest.mark.server
def test_a_database_whose_roles_would_not_fit_gets_no_home(pg_server: Server, tmp_path: Path) -> None:
    owner = place_of(pg_server.url_of(LONGEST + "x"), tmp_path)
    with pytest.raises(ServerTrouble) as trouble:
        serverfound.create(owner, ServerOpening[Work](owner, Founding), Founder(HEAD, PASSWORD, KDF, found))
    assert trouble.value.facts == {"reason": "database_name"}
