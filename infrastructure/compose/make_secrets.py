"""Makes the secrets that are missing, each readable by the one container that needs it.

Run at every start by the service `secrets` of both compose files, as root in the image of
authentication-ms (for its `cryptography`), with the volume of secrets as its argument:

    python make_secrets.py /secrets

What exists stays as it is, so secrets of your own can be put in its place beforehand.
"""

import base64
import os
import secrets
import sys
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


def main(folder: Path) -> None:
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
        # Under another name first: a secret that is half written would stay.
        draft = path.with_suffix(".draft")
        draft.write_text(value(), encoding="ascii")
        draft.rename(path)
        print(f"made {path.relative_to(path.parents[1])}")
    path.chmod(0o400)
    os.chown(path, owner, owner)
    return path


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
    main(Path(sys.argv[1]))
