"""Makes the secrets that are missing, each readable by the one container that needs it.

Run at every start by the service `secrets` of both compose files, as root in the image of
authentication-ms (for its `cryptography`), with the volume of secrets as its argument:

    python make_secrets.py /secrets

What exists stays as it is, so secrets of your own can be put in its place beforehand. A second
argument is a step by which the key that signs access tokens changes; authentication-ms, which reads
both keys when it starts, has to be started again after each (docs/operations.md):

    python make_secrets.py /secrets publish-next-key     as previous-key, which is published too
    python make_secrets.py /secrets swap-keys            so that the next one signs
    python make_secrets.py /secrets forget-previous-key
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
"""The user of the official image of mongo."""
USERS = {"authentication": 10001, "products": 10002, "orders": 10003}
"""The users of the services' own images."""
WEB = 101
"""nginx's user; Vite's server only gets the nonce, which every page shows anyway."""


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("step", nargs="?", choices=STEPS)
    given = parser.parse_args()
    make_all(given.folder)
    if given.step:
        STEPS[given.step](given.folder / "authentication")


def make_all(folder: Path) -> None:
    """Make what is missing."""
    folder.chmod(0o755)
    for service in USERS:
        make_for_database(folder, service)
    make(folder / "authentication" / "signing-key", USERS["authentication"], signing_key)
    nonce = make(folder / "web" / "csp-nonce", WEB, token)
    nonce.chmod(0o444)


def make_for_database(folder: Path, service: str) -> None:
    """Make a database's secrets, and its service's address of it."""
    database = folder / f"{service}-db"
    make(database / "key", MONGODB, key_of_members)
    make(database / "root-password", MONGODB, token)
    password = make(database / "service-password", MONGODB, token).read_text(encoding="ascii")
    address = (
        f"mongodb://{service}:{quote(password)}@{service}-db:27017/shop"
        f"?authSource=shop&replicaSet={service}-db"
    )
    make(folder / service / "mongo-url", USERS[service], lambda: address)


def make(path: Path, owner: int, value: Callable[[], str]) -> Path:
    """Write a secret where there is none, and let its owner alone read it."""
    path.parent.mkdir(mode=0o755, exist_ok=True)
    if not path.exists():
        write(path, owner, value())
    path.chmod(0o400)
    os.chown(path, owner, owner)
    return path


def write(path: Path, owner: int, value: str) -> None:
    """Write a secret in place of what is there, whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(value, encoding="ascii")
    draft.chmod(0o400)
    os.chown(draft, owner, owner)
    draft.rename(path)
    print(f"made {path.relative_to(path.parents[1])}")


def publish_next_key(folder: Path) -> None:
    """Have a new key published, before it signs."""
    write(folder / "previous-key", USERS["authentication"], signing_key())


def swap_keys(folder: Path) -> None:
    """Have the other key sign, and the one that has signed be published only."""
    keys = [folder / name for name in ("signing-key", "previous-key")]
    texts = [key.read_text(encoding="ascii") for key in keys]
    for key, text in zip(keys, reversed(texts), strict=True):
        write(key, USERS["authentication"], text)


def forget_previous_key(folder: Path) -> None:
    """Have only the key published that signs."""
    (folder / "previous-key").unlink(missing_ok=True)


STEPS = {
    "publish-next-key": publish_next_key,
    "swap-keys": swap_keys,
    "forget-previous-key": forget_previous_key,
}


def token() -> str:
    """Return a password that needs no quoting anywhere."""
    return secrets.token_hex(24)


def key_of_members() -> str:
    """Return what the members of a replica set know each other by."""
    return base64.b64encode(secrets.token_bytes(512)).decode("ascii")


def signing_key() -> str:
    """Return a new RSA key (PEM)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


if __name__ == "__main__":
    main()
