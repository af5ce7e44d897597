"""Creates missing secrets, each readable only by the container that needs it.

The service `secrets` of both compose files runs it at every start, as root in the image of
authentication-ms (for its `cryptography`), with the volume of secrets as its argument:

    python make_secrets.py /secrets

It does not change existing secrets, so you can provide your own. A second argument performs one
step of a key rotation (docs/operations/key-rotation.md). Restart the services that read the keys
after each step, because they read them when they start:

    python make_secrets.py /secrets publish-next-key     publishes a new key as previous-key
    python make_secrets.py /secrets swap-keys            signs with the new key
    python make_secrets.py /secrets forget-previous-key  stops publishing the old key

The same steps for the keys with which the gateway and orders-ms prove that they call:

    python make_secrets.py /secrets publish-next-proof-keys
    python make_secrets.py /secrets swap-proof-keys
    python make_secrets.py /secrets forget-previous-proof-keys
"""

import argparse
import base64
import os
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DATABASES = {"authentication-db": 10011, "products-db": 10012, "orders-db": 10013}
"""The user ids of the databases."""
BROKERS = {"kafka-1": 10021, "kafka-2": 10022, "kafka-3": 10023}
"""The user ids of the brokers. The job that creates their users has the one of the first."""
USERS = {"authentication": 10001, "products": 10002, "orders": 10003}
"""The user ids in the images of the services with a database."""
PROVERS = {"gateway": 10004, "orders": USERS["orders"]}
"""The services that prove that they call others, with their user ids."""
SENDERS = ("products", "orders")
"""The services with a user at the brokers."""
WEB = 101
"""The user id of nginx."""
ROOT = 0
BROKER = "kafka"
"""The name in the certificates of all brokers, which trust each other by it."""
KEY_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)
VALIDITY = timedelta(days=10 * 365)
"""How long a certificate is valid."""


def main() -> None:
    """Create missing secrets, and perform a step of a key rotation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("step", nargs="?", choices=STEPS)
    options = parser.parse_args()
    create_all(options.folder)
    if options.step:
        STEPS[options.step](options.folder)


def create_all(folder: Path) -> None:
    """Create all missing secrets."""
    folder.chmod(0o755)
    create_authority(folder)
    for name, user in (DATABASES | BROKERS).items():
        create_certificate(folder, name, user)
    for service in SENDERS:
        create_for_sender(folder, service)
    for service in USERS:
        create_for_database(folder, service)
    create(folder / "authentication" / "signing-key", USERS["authentication"], new_signing_key)
    for service, user in PROVERS.items():
        private = create(folder / service / "proof-key", user, new_ec_key)
        publish(folder, service, private)
    nonce = create(folder / "web" / "csp-nonce", WEB, new_password)
    # Vite runs as another user. The nonce may be readable, because every page shows it.
    nonce.chmod(0o444)


def create_for_database(folder: Path, service: str) -> None:
    """Create the secrets of a database, and the addresses for its service and for migrations."""
    database, owner = folder / f"{service}-db", DATABASES[f"{service}-db"]
    create(database / "key", owner, new_replica_set_key)
    create(database / "root-password", owner, new_password)
    password = create(database / "service-password", owner, new_password)
    address = mongo_url(service, service, password)
    create(folder / service / "mongo-url", USERS[service], lambda: address)
    password = create(database / "migration-password", owner, new_password)
    # In a separate volume: the jobs that migrate have the user id of their service.
    migration = mongo_url(f"{service}-migrate", service, password)
    create(folder / "migration" / service / "mongo-url", USERS[service], lambda: migration)


def mongo_url(user: str, service: str, password_file: Path) -> str:
    """Return the address of the database of a service for a user."""
    password = quote(password_file.read_text(encoding="ascii"))
    options = f"authSource=shop&replicaSet={service}-db"
    return f"mongodb://{user}:{password}@{service}-db:27017/shop?{options}"


def create_for_sender(folder: Path, service: str) -> None:
    """Create a service's password at the brokers, for the service and for the job."""
    own = create(folder / service / "kafka-password", USERS[service], new_password)
    password = own.read_text(encoding="ascii")
    create(folder / "kafka-users" / f"{service}-ms", BROKERS["kafka-1"], lambda: password)


def create_authority(folder: Path) -> None:
    """Create the authority that signs the certificates of the databases and the brokers."""
    key_file = create(folder / "authority" / "key", ROOT, new_ec_key)
    key = load_key(key_file)
    authority = certificate("kiosk", key.public_key(), "kiosk", key, authority=True)
    create(folder / "ca.crt", ROOT, lambda: authority).chmod(0o444)


def create_certificate(folder: Path, name: str, owner: int) -> None:
    """Create a server's certificate for its name, with its key in the same file."""
    subject = BROKER if name in BROKERS else name

    def signed() -> str:
        private = new_ec_key()
        public = load_pem_private_key(private.encode("ascii"), None).public_key()
        issuer = load_key(folder / "authority" / "key")
        hosts = [name, "localhost"]
        return private + certificate(subject, public, "kiosk", issuer, hosts=hosts)

    create(folder / name / "server.pem", owner, signed)


def load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return a private EC key."""
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} is no EC key")
    return key


def certificate(
    subject: str,
    public_key: CertificatePublicKeyTypes,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    hosts: Sequence[str] = (),
    authority: bool = False,
) -> str:
    """Return a signed certificate in PEM format.

    Args:
        subject: The common name.
        public_key: The public key of the subject.
        issuer: The common name of the authority.
        issuer_key: The private key of the authority.
        hosts: The host names, for a server.
        authority: Whether it may sign others.
    """
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if authority:
        usage = dict.fromkeys(KEY_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]),
            critical=False,
        ).add_extension(
            # Members and brokers are also clients of each other.
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            ),
            critical=False,
        )
    signed = builder.sign(issuer_key, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode("ascii")


def create(path: Path, owner: int, value: Callable[[], str]) -> Path:
    """Write a secret unless it exists, and make it readable only by its owner."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not path.exists():
        write(path, owner, value())
    path.chmod(0o400)
    os.chown(path, owner, owner)
    return path


def write(path: Path, owner: int, value: str) -> None:
    """Write or replace a secret atomically."""
    draft = path.with_suffix(".draft")
    draft.write_text(value, encoding="ascii")
    draft.chmod(0o400)
    os.chown(draft, owner, owner)
    draft.rename(path)
    print(f"created {path}")


def publish(folder: Path, service: str, *private_keys: Path) -> None:
    """Write the public keys of a service, unless they exist, for all services to read."""
    path = folder / "public-keys" / service
    path.parent.mkdir(mode=0o755, exist_ok=True)
    if not path.exists():
        write(path, 0, "".join(public_key_of(key) for key in private_keys))
    path.chmod(0o444)


def publish_next_key(folder: Path) -> None:
    """Create the next key, which is published before it signs."""
    previous = folder / "authentication" / "previous-key"
    write(previous, USERS["authentication"], new_signing_key())


def swap_keys(folder: Path) -> None:
    """Sign with the next key, and only publish the old one."""
    keys = [folder / "authentication" / name for name in ("signing-key", "previous-key")]
    swap(*keys, USERS["authentication"])


def forget_previous_key(folder: Path) -> None:
    """Publish only the key that signs."""
    (folder / "authentication" / "previous-key").unlink(missing_ok=True)


def publish_next_proof_keys(folder: Path) -> None:
    """Create the next keys of proofs, which are published before they sign."""
    for service, user in PROVERS.items():
        key, other = proof_keys(folder, service)
        write(other, user, new_ec_key())
        publish_again(folder, service, key, other)


def swap_proof_keys(folder: Path) -> None:
    """Sign proofs with the next keys, and only publish the old ones."""
    for service, user in PROVERS.items():
        swap(*proof_keys(folder, service), user)


def forget_previous_proof_keys(folder: Path) -> None:
    """Publish only the keys that sign proofs."""
    for service in PROVERS:
        key, other = proof_keys(folder, service)
        other.unlink(missing_ok=True)
        publish_again(folder, service, key)


def proof_keys(folder: Path, service: str) -> tuple[Path, Path]:
    """Return the key that signs the proofs of a service, and the other one of a rotation."""
    return folder / service / "proof-key", folder / service / "other-proof-key"


def publish_again(folder: Path, service: str, *private_keys: Path) -> None:
    """Replace the public keys of a service."""
    (folder / "public-keys" / service).unlink(missing_ok=True)
    publish(folder, service, *private_keys)


def swap(first: Path, second: Path, owner: int) -> None:
    """Exchange the contents of two secrets."""
    texts = [path.read_text(encoding="ascii") for path in (first, second)]
    write(first, owner, texts[1])
    write(second, owner, texts[0])


STEPS = {
    "publish-next-key": publish_next_key,
    "swap-keys": swap_keys,
    "forget-previous-key": forget_previous_key,
    "publish-next-proof-keys": publish_next_proof_keys,
    "swap-proof-keys": swap_proof_keys,
    "forget-previous-proof-keys": forget_previous_proof_keys,
}


def new_password() -> str:
    """Return a password of characters that need no quoting."""
    return secrets.token_hex(24)


def new_replica_set_key() -> str:
    """Return a key with which the members of a replica set authenticate."""
    return base64.b64encode(secrets.token_bytes(512)).decode("ascii")


def new_ec_key() -> str:
    """Return a private EC key in PEM format."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def public_key_of(path: Path) -> str:
    """Return the public key of a private key in PEM format."""
    key = load_pem_private_key(path.read_bytes(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def new_signing_key() -> str:
    """Return an RSA key in PEM format."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


if __name__ == "__main__":
    main()
