"""Setting up a server once: owner, database, certificates, and the files that other PCs and the owner need.

All of it travels over one connection of the server's superuser; files on the server are written by the server itself.
"""

import json
import re
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

from db import certificates
from db.faults import ServerTrouble
from db.files import write_atomically
from db.serverplace import ServerPlace, connection_file, fits, keep_authority, reason_of

LEAST_VERSION: Final = 140000
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_MARK: Final = "# Teduh: "
# A statement, a parameter or the detail of an error may carry somebody's name: none of them reaches the server's log.
_SILENT: Final = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True, repr=False)
class ServerFiles:
    """What set-up leaves: the connection file for every PC, the owner's file for the safe, and whether TLS is on."""

    connection: Path
    owner: Path
    encrypted: bool


def set_up(admin: ServerPlace, database: str, hosts: Sequence[str], folder: Path, now: datetime) -> ServerFiles:
    """Make owner role, database and certificates, and write the two files.

    Args:
        admin: the server entered as superuser, any database.
        database: the new database's name: small letters, digits, underscore.
        hosts: names or addresses by which the PCs reach the server; the first goes into the connection file.
        folder: where the two files are written.
        now: the moment, for the certificates.

    Raises:
        ServerTrouble: ``database_name``, ``host``, ``database_exists``, ``not_superuser``, ``too_old``,
            ``other_hosts`` (another home's certificate on this server does not name them), or why not.
    """
    if not fits(database):
        raise ServerTrouble(reason="database_name")
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ServerTrouble(reason="host")
    engine = admin.engine(pooled=False).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            _look_over(connection, database)
            for setting, value in _SILENT.items():
                connection.exec_driver_sql(f"SET {setting} = '{value}'")
            port = int(connection.exec_driver_sql("SHOW port").scalar_one())
            made = _standing(connection, hosts) or certificates.make(hosts, now)
            encrypted = _install(connection, made, database)
            password = secrets.token_urlsafe(32)
            _make_database(connection, database, password)
        _close_schema(admin, database)
    except DBAPIError as error:
        raise ServerTrouble(reason=reason_of(error)) from None
    finally:
        engine.dispose()
    folder.mkdir(parents=True, exist_ok=True)
    files = ServerFiles(folder / f"{database}.sambungan.json", folder / f"{database}.pemilik.json", encrypted)
    write_atomically(files.connection, connection_file(hosts[0], port, database, made.authority))
    owner: dict[str, Any] = {
        "teduh_owner": 1,
        "connection": json.loads(files.connection.read_bytes()),
        "user": _owner(database),
        "password": password,
        "authority_key": made.authority_key,
    }
    write_atomically(files.owner, json.dumps(owner, indent=1).encode() + b"\n")
    return files


def owner_place(text: str, state_root: Path) -> ServerPlace:
    """The owner's way in: from the owner's file, or from a URL that names user and password.

    Raises:
        ServerTrouble: ``owner`` when it is neither.
    """
    if "://" in text:
        place = ServerPlace.parse(text, state_root)
        if not place.has_owner:
            raise ServerTrouble(reason="owner")
        return place
    try:
        content = json.loads(Path(text).read_text(encoding="utf-8"))
        inner = content["connection"]
        url = URL.create("postgresql", host=inner["host"], port=inner["port"], database=inner["database"])
        place = ServerPlace.parse(url.render_as_string(hide_password=False), state_root)
        place.state.mkdir(parents=True, exist_ok=True)
        authority = keep_authority(place.state, inner["authority"].encode())
        entered = place.url.set(username=content["user"], password=content["password"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ServerTrouble(reason="owner") from None
    return replace(place, url=entered.update_query_dict({"sslrootcert": str(authority)}))


def _owner(database: str) -> str:
    return f"{database}__owner"


def _look_over(connection: Connection, database: str) -> None:
    if int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) < LEAST_VERSION:
        raise ServerTrouble(reason="too_old")
    if connection.exec_driver_sql("SHOW is_superuser").scalar_one() != "on":
        raise ServerTrouble(reason="not_superuser")
    if connection.exec_driver_sql("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).scalar():
        raise ServerTrouble(reason="database_exists")


def _make_database(connection: Connection, database: str, password: str) -> None:
    driver: Any = connection.connection.driver_connection
    owner = _owner(database)
    verifier = driver.pgconn.encrypt_password(password.encode(), owner.encode(), b"scram-sha-256").decode()
    known = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,)).scalar()
    verb = "ALTER" if known else "CREATE"
    connection.exec_driver_sql(f"{verb} ROLE \"{owner}\" LOGIN CREATEROLE PASSWORD '{verifier}'")
    # Without it the owner's functions could end a login, but not cut the connections it has.
    connection.exec_driver_sql(f'GRANT pg_signal_backend TO "{owner}"')
    template = "TEMPLATE template0 ENCODING 'UTF8'"
    connection.exec_driver_sql(f'CREATE DATABASE "{database}" OWNER "{owner}" {template}')
    connection.exec_driver_sql(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    for setting, value in _SILENT.items():
        connection.exec_driver_sql(f"ALTER DATABASE \"{database}\" SET {setting} = '{value}'")


def _close_schema(admin: ServerPlace, database: str) -> None:
    """Let nobody but the owner make anything: before PostgreSQL 15 every login may, and could stand in for ours."""
    inside = replace(admin, url=admin.url.set(database=database)).engine(pooled=False)
    try:
        with inside.begin() as connection:
            connection.exec_driver_sql(f'ALTER SCHEMA public OWNER TO "{_owner(database)}"')
            connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    finally:
        inside.dispose()


def _standing(connection: Connection, hosts: Sequence[str]) -> certificates.Certificates | None:
    """The certificates another home on this server goes by: they stay, or that home's PCs would all be refused."""
    homes = "SELECT 1 FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolname = d.datname || '__owner'"
    if connection.exec_driver_sql(homes).first() is None:
        return None
    path = _folder(connection) + "/teduh-server.crt"
    text = connection.exec_driver_sql("SELECT pg_read_file(%s, 0, 1000000, true)", (path,)).scalar()
    if text is None:
        return None
    standing = certificates.read(str(text), hosts)
    if standing is None:
        raise ServerTrouble(reason="other_hosts")
    return standing


def _folder(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SHOW data_directory").scalar_one())


def _install(connection: Connection, made: certificates.Certificates, database: str) -> bool:
    """Put certificate and key into the server's data folder and switch TLS on; whether the server can do TLS at all."""
    folder = _folder(connection)
    version = str(connection.exec_driver_sql("SELECT version()").scalar_one()).lower()
    windows = any(word in version for word in ("visual c++", "msvc", "mingw", "windows"))
    if made.server_key:
        _write(connection, f"{folder}/teduh-server.crt", made.server, windows=windows)
        _write(connection, f"{folder}/teduh-server.key", made.server_key, windows=windows)
    try:
        for setting, value in (
            ("ssl_cert_file", f"{folder}/teduh-server.crt"),
            ("ssl_key_file", f"{folder}/teduh-server.key"),
            ("ssl_min_protocol_version", "TLSv1.3"),
            ("password_encryption", "scram-sha-256"),
            # What went wrong before anybody is let in is told in words alone, and ``reason_of`` knows the English ones.
            ("lc_messages", "C"),
            ("ssl", "on"),
        ):
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = {_literal(value)}")
    except DBAPIError:
        return False
    hba = str(connection.exec_driver_sql("SHOW hba_file").scalar_one())
    kept = str(connection.exec_driver_sql("SELECT pg_read_file(%s)", (hba,)).scalar_one())
    # First match counts: over the network only with TLS and password; the rest of the file stays as it was.
    ours = [
        f"{_MARK}{database}",
        f'hostssl   "{database}" all all scram-sha-256',
        f'hostnossl "{database}" all all reject',
    ]
    if ours[0] not in kept.splitlines():
        _write(connection, hba, "\n".join([*ours, kept]), windows=windows)
    connection.exec_driver_sql("SELECT pg_reload_conf()")
    return True


def _write(connection: Connection, path: str, text: str, *, windows: bool) -> None:
    """Have the server write a file, readable by itself alone: elsewhere it would refuse its own key."""
    # CSV with a quote, a delimiter and a null that no line holds copies each line as it is, empty ones too.
    form = "(FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02', NULL E'\\x03')"
    target = _literal(path) if windows else "PROGRAM " + _literal(f"umask 077 && cat > {shlex.quote(path)}")
    lines = "SELECT line FROM unnest(string_to_array(current_setting('teduh.text'), E'\\n')) WITH ORDINALITY t(line, n)"
    kept = text.replace("\r\n", "\n").removesuffix("\n")
    connection.exec_driver_sql("SELECT set_config('teduh.text', %s, false)", (kept,))
    connection.exec_driver_sql(f"COPY ({lines} ORDER BY n) TO {target} {form}")


def _literal(text: str) -> str:
    """A path as a string in a statement that takes no parameters."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
