"""Creates the missing secrets, each readable only by the container that needs it.

The service `secrets` of both compose files runs this at every start, as root in the image of
authentication-ms (which has `cryptography`). Its argument is the volume of the secrets:

    python make_secrets.py /secrets

Existing secrets are not changed, so you can store your own values before the first start.

A second argument is a step of the rotation of the signing key. Restart authentication-ms after each
step, because it reads the keys when it starts (docs/operations/key-rotation.md):

    python make_secrets.py /secrets publish-next-key     publish a new key as previous-key
    python make_secrets.py /secrets swap-keys            sign with the new key
    python make_secrets.py /secrets forget-previous-key  remove the old key
"""

import argparse
import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

MONGODB = 999
"""The user of the official mongo image."""
USERS = {"authentication": 10001, "products": 10002, "orders": 10003}
"""The users of the images of the services."""
WEB = 101
"""The user of nginx. Vite's server only reads the nonce, which every page contains anyway."""


def main() -> None:
    """Create the missing secrets, and take the step of the rotation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("step", nargs="?", choices=STEPS)
    arguments = parser.parse_args()
    create_all(arguments.folder)
    if arguments.step:
        STEPS[arguments.step](arguments.folder / "authentication")


def create_all(folder: Path) -> None:
    """Create every missing secret."""
    folder.chmod(0o755)
    for service in USERS:
        create_for_database(folder, service)
    create(folder / "authentication" / "signing-key", USERS["authentication"], signing_key)
    nonce = create(folder / "web" / "csp-nonce", WEB, token)
    nonce.chmod(0o444)


def create_for_database(folder: Path, service: str) -> None:
    """Create the secrets of a database, and the connection URL of its service."""
    database = folder / f"{service}-db"
    create(database / "key", MONGODB, membership_key)
    create(database / "root-password", MONGODB, token)
    password = create(database / "service-password", MONGODB, token).read_text(encoding="ascii")
    url = (
        f"mongodb://{service}:{quote(password)}@{service}-db:27017/shop"
        f"?authSource=shop&replicaSet={service}-db"
    )
    create(folder / service / "mongo-url", USERS[service], lambda: url)


def create(path: Path, owner: int, value: Callable[[], str]) -> Path:
    """Write a secret if it is missing, readable only by its owner."""
    path.parent.mkdir(mode=0o755, exist_ok=True)
    if not path.exists():
        write(path, owner, value())
    path.chmod(0o400)
    os.chown(path, owner, owner)
    return path


def write(path: Path, owner: int, value: str) -> None:
    """Replace a secret atomically."""
    draft = path.with_suffix(".draft")
    draft.write_text(value, encoding="ascii")
    draft.chmod(0o400)
    os.chown(draft, owner, owner)
    draft.rename(path)
    print(f"wrote {path.relative_to(path.parents[1])}")


def publish_next_key(folder: Path) -> None:
    """Publish a new key before it signs."""
    write(folder / "previous-key", USERS["authentication"], signing_key())


def swap_keys(folder: Path) -> None:
    """Sign with the other key, and only publish the one that has signed."""
    keys = [folder / name for name in ("signing-key", "previous-key")]
    texts = [key.read_text(encoding="ascii") for key in keys]
    for key, text in zip(keys, reversed(texts), strict=True):
        write(key, USERS["authentication"], text)


def forget_previous_key(folder: Path) -> None:
    """Stop publishing the old key."""
    (folder / "previous-key").unlink(missing_ok=True)


STEPS = {
    "publish-next-key": publish_next_key,
    "swap-keys": swap_keys,
    "forget-previous-key": forget_previous_key,
}


def token() -> str:
    """Return a password that needs no quoting."""
    return secrets.token_hex(24)


def membership_key() -> str:
    """Return the key with which the members of a replica set authenticate each other."""
    return base64.b64encode(secrets.token_bytes(512)).decode("ascii")


def signing_key() -> str:
    """Return a new RSA key (PEM)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


if __name__ == "__main__":
    main()
