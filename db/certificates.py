"""The server's own certificate authority: made once at set-up, so that every PC can tell this server from another."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

_AUTHORITY_YEARS: Final = 20
_SERVER_YEARS: Final = 10


@dataclass(frozen=True, repr=False)
class Certificates:
    """PEM texts: the authority's certificate and key, the server's certificate and key.

    ``server`` holds the authority's certificate besides, so that a second home on the server can read it there. The
    keys are empty when the certificates were made earlier.
    """

    authority: str
    authority_key: str
    server: str
    server_key: str


def make(hosts: Sequence[str], now: datetime) -> Certificates:
    """A new authority, and a server certificate signed by it for these names and addresses.

    Args:
        hosts: names or IP addresses by which PCs reach the server.
        now: the moment it is made; certificates begin a day earlier, for PCs whose clock lags.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    def pem_of(key: Any) -> str:
        form = serialization.PrivateFormat.PKCS8
        return str(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode())

    def builder(name: str, issuer: str, key: Any, years: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365 * years))
        )

    authority_key = ec.generate_private_key(ec.SECP256R1())
    key_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    unused = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys((*unused, "encipher_only", "decipher_only"), False)
    authority = (
        builder("Teduh", "Teduh", authority_key, _AUTHORITY_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(key_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    server_key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    server = (
        builder(hosts[0][:64], "Teduh", server_key, _SERVER_YEARS)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    return Certificates(
        authority.public_bytes(encoding).decode(),
        pem_of(authority_key),
        server.public_bytes(encoding).decode() + authority.public_bytes(encoding).decode(),
        pem_of(server_key),
    )


def read(text: str, hosts: Sequence[str]) -> Certificates | None:
    """The certificates a server goes by already; None when theirs is not ours, or does not name all these hosts."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        server, authority = x509.load_pem_x509_certificates(text.encode())
        names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return None
    if not all(_general_name(host) in names for host in hosts):
        return None
    return Certificates(authority.public_bytes(serialization.Encoding.PEM).decode(), "", text, "")


def _general_name(host: str) -> Any:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
