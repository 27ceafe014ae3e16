"""Where a shared store lives: a PostgreSQL database, reached by URL or by the connection file from a USB stick."""

import hashlib
import ipaddress
import json
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from db.faults import ServerTrouble
from db.files import write_atomically
from db.keyring import MIB, Kdf, fold_login, wipe

FILE_FORMAT: Final = 1
_POOL: Final = 4
# A login's role is the name, "__u_" and 32 digits, and PostgreSQL cuts names after 63 letters.
_DATABASE: Final = re.compile(r"[a-z](?:_?[a-z0-9]){0,26}")
_LONGEST: Final = 27


def fits(database: str) -> bool:
    """Whether a database may be called so: two homes on one server must not be able to mean each other's roles."""
    return len(database) <= _LONGEST and _DATABASE.fullmatch(database) is not None


@dataclass(frozen=True)
class ServerPlace:
    """A database on a server.

    ``state`` is this PC's own folder for it: the remembered audit head, wrong tries, the authority's certificate.
    ``login_kdf`` is how hard a login's secret is to guess from the verifier the server keeps.
    """

    url: URL
    state: Path
    login_kdf: Kdf = field(default=Kdf(3, 64 * MIB, 4))

    @classmethod
    def parse(cls, text: str, state_root: Path) -> Self:
        """A place from a ``postgresql://`` URL or the path of a connection file.

        Raises:
            ServerTrouble: ``url`` when it is neither.
        """
        if "://" not in text:
            return cls._from_file(Path(text), state_root)
        try:
            url = _network_host_first(make_url(text))
        except (ArgumentError, ValueError):
            raise ServerTrouble(reason="url") from None
        if url.get_backend_name() not in {"postgresql", "postgres"} or not url.database:
            raise ServerTrouble(reason="url")
        return cls(url.set(drivername="postgresql+psycopg"), _state_of(state_root, url))

    @classmethod
    def _from_file(cls, path: Path, state_root: Path) -> Self:
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if content["teduh"] != FILE_FORMAT:
                raise ServerTrouble(reason="url")
            url = URL.create(
                "postgresql+psycopg", host=content["host"], port=content["port"], database=content["database"]
            )
            pem = content["authority"].encode()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise ServerTrouble(reason="url") from None
        state = _state_of(state_root, url)
        state.mkdir(parents=True, exist_ok=True)
        return cls(url.update_query_dict({"sslrootcert": str(keep_authority(state, pem))}), state)

    @property
    def database(self) -> str:
        """The database's name."""
        return str(self.url.database)

    @property
    def has_owner(self) -> bool:
        """Whether the URL itself names who signs in: then it is the owner's."""
        return self.url.username is not None

    def without_name(self) -> Self:
        """The same place without the owner's name and password: each person enters by a login of her own."""
        url = self.url
        bare = URL.create(url.drivername, host=url.host, port=url.port, database=url.database, query=url.query)
        return replace(self, url=bare)

    def tag(self, login: str) -> str:
        """What stands for a sign-in name on this server."""
        key, folded = self.database.encode()[:64], fold_login(login).encode(errors="surrogatepass")
        return hashlib.blake2b(folded, key=key, digest_size=16, person=b"teduh server").hexdigest()

    def role(self, login: str) -> str:
        """The login role of a person."""
        return self.role_tagged(self.tag(login))

    def role_tagged(self, tag: str) -> str:
        """The login role behind a sign-in name's tag."""
        return f"{self.database}__u_{tag}"

    def secret(self, login: str, password: str) -> str:
        """What a login proves itself with: derived, so that the verifier on the server's disk gives no quick guess."""
        return self.secret_salted(self.salt(login), password)

    def salt(self, login: str) -> bytes:
        """What makes a login's secret different from everybody else's."""
        key, folded = self.database.encode()[:64], fold_login(login).encode(errors="surrogatepass")
        return hashlib.blake2b(folded, key=key, digest_size=16, person=b"teduh secret").digest()

    def secret_salted(self, salt: bytes, password: str) -> str:
        """A login's secret, for whoever is known by the salt alone."""
        key = self.login_kdf.derive(password, salt)
        secret = key.hex()
        wipe(key)
        return secret

    def engine(self, user: str | None = None, secret: str | None = None, *, pooled: bool = True) -> Engine:
        """An engine for one login (or, without one, for whoever the URL names)."""
        url = self.url if user is None else self.url.set(username=user, password=secret)
        pool: dict[str, Any] = {"pool_size": _POOL, "max_overflow": 0} if pooled else {"poolclass": NullPool}
        return create_engine(
            url, connect_args=self.connect_args(), hide_parameters=True, use_native_hstore=False, **pool
        )

    def connect_args(self) -> dict[str, Any]:
        """How every connection is made: TLS 1.3 with the name checked, unless server and PC are the same machine."""
        args: dict[str, Any] = {
            "connect_timeout": 10,
            "gssencmode": "disable",
            "application_name": "teduh",
            "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c timezone=UTC",
        }
        if self.encrypted:
            args |= {"sslmode": "verify-full", "ssl_min_protocol_version": "TLSv1.3"}
        return args

    @property
    def encrypted(self) -> bool:
        """Whether every connection is made over TLS: within one machine only where the authority is known."""
        return not self.is_local() or "sslrootcert" in self.url.query

    def is_local(self) -> bool:
        """Whether the server is this machine: a socket in a folder, or the loopback address."""
        host = self.url.query.get("host", self.url.host)
        if not host:
            # Without a name the driver takes one from the surroundings.
            return not any(os.environ.get(name) for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"))
        if str(host).startswith("/"):
            return True
        try:
            return ipaddress.ip_address(str(host)).is_loopback
        except ValueError:
            return host == "localhost"


def keep_authority(state: Path, pem: bytes) -> Path:
    """The authority's certificate as a file of this PC: written once, since another program may be reading it."""
    path = state / "authority.pem"
    if not path.exists() or path.read_bytes() != pem:
        write_atomically(path, pem)
    return path


def _network_host_first(url: URL) -> URL:
    """The URL with a host of its query in its usual place; a socket's folder stays there.

    Raises:
        ValueError: it names several hosts, or something that would change how connections are made.
    """
    wanted = {name: value for name, value in url.query.items() if isinstance(value, str)}
    host = wanted.get("host", url.host or "")
    if len(wanted) != len(url.query) or wanted.keys() - {"host", "port", "sslrootcert"} or "," in host:
        raise ValueError
    if "port" in wanted:
        url = url.set(port=int(wanted["port"])).difference_update_query(["port"])
    return url if not host or host.startswith("/") else url.set(host=host).difference_update_query(["host"])


def _state_of(root: Path, url: URL) -> Path:
    place = f"{url.host}|{url.query.get('host', '')}|{url.port}|{url.database}"
    return root / hashlib.sha256(place.encode()).hexdigest()[:16]


def connection_file(host: str, port: int, database: str, authority: str) -> bytes:
    """The file the other PCs open from a USB stick. It holds no secret: who may enter is a matter of passwords."""
    content = {"teduh": FILE_FORMAT, "host": host, "port": port, "database": database, "authority": authority}
    return json.dumps(content, indent=1).encode() + b"\n"


_REASONS: Final = (
    ("other_name", ("does not match host name",)),
    ("no_authority", ("root certificate file", "root.crt")),
    ("old_tls", ("protocol version", "unsupported protocol", "no protocols available", "wrong version number")),
    ("server_certificate", ("certificate", "ssl error")),
    ("no_ssl", ("does not support ssl", "server does not support")),
    ("refused_plain", ("no encryption", "no pg_hba.conf entry", "pg_hba")),
    ("no_database", ("does not exist",)),
    ("wrong_password", ("authentication failed", "not permitted to log in", "permission denied for database")),
    ("too_many", ("too many", "remaining connection slots")),
    ("starting", ("starting up", "shutting down", "recovery mode", "not accepting", "not yet accepting")),
    ("no_name", ("could not translate", "failed to resolve", "name or service", "nodename")),
    ("no_server", ("connection refused", "no such file", "is the server running", "invalid response", "unexpectedly")),
    ("no_answer", ("timeout", "timed out", "no route", "unreachable")),
)


def reason_of(error: BaseException) -> str:
    """One word for why a server could not be used, from the driver's text, which itself is never shown.

    ``other_name``, ``no_authority``, ``old_tls``, ``server_certificate``, ``no_ssl``, ``refused_plain``,
    ``no_database``, ``wrong_password``, ``too_many``, ``starting``, ``no_name``, ``no_server``, ``no_answer`` or
    ``unknown``.
    """
    text = str(getattr(error, "orig", error)).lower()
    # A login that is unknown reads 'role "x" does not exist': that is a wrong password, not a missing database.
    if "role" in text and "does not exist" in text:
        return "wrong_password"
    return next((reason for reason, signs in _REASONS if any(sign in text for sign in signs)), "unknown")
