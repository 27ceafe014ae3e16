"""Where a shared store lives: a PostgreSQL database, reached by URL or by the connection file from a USB stick."""

import hashlib
import ipaddress
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from db.faults import ServerTrouble
from db.files import write_atomically
from db.keyring import MIB, Kdf, fold_login

FILE_FORMAT: Final = 1
_POOL: Final = 4


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
            url = make_url(text)
        except ArgumentError:
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
        except (OSError, ValueError, KeyError, TypeError):
            raise ServerTrouble(reason="url") from None
        state = _state_of(state_root, url)
        state.mkdir(parents=True, exist_ok=True)
        authority = state / "authority.pem"
        write_atomically(authority, content["authority"].encode())
        return cls(url.update_query_dict({"sslrootcert": str(authority)}), state)

    @property
    def database(self) -> str:
        """The database's name."""
        return str(self.url.database)

    @property
    def has_owner(self) -> bool:
        """Whether the URL itself names who signs in: then it is the owner's."""
        return self.url.username is not None

    def tag(self, login: str) -> str:
        """What stands for a sign-in name on this server."""
        key = self.database.encode()[:64]
        return hashlib.blake2b(fold_login(login).encode(), key=key, digest_size=16, person=b"teduh server").hexdigest()

    def role(self, login: str) -> str:
        """The login role of a person."""
        return f"{self.database}__u_{self.tag(login)}"

    def secret(self, login: str, password: str) -> str:
        """What a login proves itself with: derived, so that the verifier on the server's disk gives no quick guess."""
        salt = hashlib.blake2b(
            fold_login(login).encode(), key=self.database.encode()[:64], digest_size=16, person=b"teduh secret"
        ).digest()
        return self.login_kdf.derive(password, salt).hex()

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
        if not self.is_local() or "sslrootcert" in self.url.query:
            args |= {"sslmode": "verify-full", "ssl_min_protocol_version": "TLSv1.3"}
        return args

    def is_local(self) -> bool:
        """Whether the server is this machine: a socket in a folder, or the loopback address."""
        host = self.url.query.get("host", self.url.host)
        if not host or not isinstance(host, str) or host.startswith("/"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


def _state_of(root: Path, url: URL) -> Path:
    place = f"{url.host}|{url.query.get('host', '')}|{url.port}|{url.database}"
    return root / hashlib.sha256(place.encode()).hexdigest()[:16]


def connection_file(host: str, port: int, database: str, authority: str) -> bytes:
    """The file the other PCs open from a USB stick. It holds no secret: who may enter is a matter of passwords."""
    content = {"teduh": FILE_FORMAT, "host": host, "port": port, "database": database, "authority": authority}
    return json.dumps(content, indent=1).encode() + b"\n"


_REASONS: Final = (
    ("server_certificate", ("certificate verify failed", "certificate", "unsupported protocol", "tlsv1", "ssl error")),
    ("no_ssl", ("does not support ssl", "server does not support")),
    ("refused_plain", ("no encryption", "no pg_hba.conf entry", "pg_hba")),
    ("no_database", ("does not exist",)),
    ("wrong_password", ("password authentication failed", "not permitted to log in", "authentication failed")),
    ("too_many", ("too many", "remaining connection slots")),
    ("starting", ("starting up", "shutting down", "recovery mode")),
    ("no_name", ("could not translate", "failed to resolve", "name or service", "nodename")),
    ("no_server", ("connection refused", "no such file", "is the server running")),
    ("no_answer", ("timeout", "timed out", "no route", "unreachable")),
)


def reason_of(error: BaseException) -> str:
    """One word for why a server could not be used, from the driver's text, which itself is never shown.

    ``server_certificate``, ``no_ssl``, ``refused_plain``, ``no_database``, ``wrong_password``, ``too_many``,
    ``starting``, ``no_name``, ``no_server``, ``no_answer`` or ``unknown``.
    """
    text = str(getattr(error, "orig", error)).lower()
    # A login that is unknown reads 'role "x" does not exist': that is a wrong password, not a missing database.
    if "role" in text and "does not exist" in text:
        return "wrong_password"
    return next((reason for reason, signs in _REASONS if any(sign in text for sign in signs)), "unknown")
