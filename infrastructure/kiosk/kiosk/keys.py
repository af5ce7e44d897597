"""The steps of a key rotation (docs/operations/key-rotation.md), where keys are files or secrets.

In Docker Compose, only the container `secrets` can write keys, so make_secrets.py has the same
steps.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kiosk.errors import KioskError
from kiosk.processes import output

PROVERS = ("gateway", "orders")
"""The services that prove that they call others."""
SIGNING, PREVIOUS = "signing-key", "previous-key"


class KeyStore(Protocol):
    """Where keys are kept."""

    def read(self, name: str) -> str:
        """Return a key, or an empty text."""

    def write(self, name: str, text: str) -> None:
        """Replace a key. An empty text removes it."""


class KeyFolder:
    """The keys of the native stack.

    Args:
        folder: The folder with its secrets.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str:
        """Return a key, or an empty text."""
        file = self._file(name)
        return file.read_text(encoding="ascii") if file.exists() else ""

    def write(self, name: str, text: str) -> None:
        """Replace a key. An empty text removes it."""
        file = self._file(name)
        if not text:
            file.unlink(missing_ok=True)
            return
        draft = file.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(text, encoding="ascii")
        draft.replace(file)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.pem"


class ClusterKeys:
    """The keys of a cluster, in its secrets.

    Args:
        kubectl: The command line of kubectl with the namespace.
    """

    def __init__(self, kubectl: Sequence[str]) -> None:
        self._kubectl = kubectl

    def read(self, name: str) -> str:
        """Return a key, or an empty text."""
        secret, entry = _place_of(name)
        found = json.loads(output([*self._kubectl, "get", "secret", secret, "--output", "json"]))
        return base64.b64decode(found["data"].get(entry, "")).decode("ascii").strip()

    def write(self, name: str, text: str) -> None:
        """Replace a key. An empty text leaves an empty line, which services read as no key."""
        secret, entry = _place_of(name)
        encoded = base64.b64encode(f"{text}\n".encode("ascii")).decode("ascii")
        patch = json.dumps({"data": {entry: encoded}})
        arguments = ["patch", "secret", secret, "--type", "merge", "--patch-file", "/dev/stdin"]
        output([*self._kubectl, *arguments], patch)


def _place_of(name: str) -> tuple[str, str]:
    """Return the secret with a key, and the name of its entry."""
    if name in {SIGNING, PREVIOUS}:
        return "authentication-ms", name
    service, _, kind = name.partition("-")
    if kind == "public-keys":
        return "proof-keys", f"{service}-keys"
    return f"{service}-ms-proof-key", kind


def perform(step: str, keys: KeyStore) -> None:
    """Perform a step.

    Raises:
        KioskError: The step before was not performed.
    """
    _STEPS[step](keys)


def _publish_next_key(keys: KeyStore) -> None:
    keys.write(PREVIOUS, _new_signing_key())


def _swap_keys(keys: KeyStore) -> None:
    _swap(keys, SIGNING, PREVIOUS)


def _forget_previous_key(keys: KeyStore) -> None:
    keys.write(PREVIOUS, "")


def _publish_next_proof_keys(keys: KeyStore) -> None:
    for service in PROVERS:
        current, following = keys.read(f"{service}-proof-key"), _new_ec_key()
        keys.write(f"{service}-other-proof-key", following)
        keys.write(f"{service}-public-keys", _public(current) + _public(following))


def _swap_proof_keys(keys: KeyStore) -> None:
    for service in PROVERS:
        _swap(keys, f"{service}-proof-key", f"{service}-other-proof-key")


def _forget_previous_proof_keys(keys: KeyStore) -> None:
    for service in PROVERS:
        keys.write(f"{service}-other-proof-key", "")
        keys.write(f"{service}-public-keys", _public(keys.read(f"{service}-proof-key")))


_STEPS: Mapping[str, Callable[[KeyStore], None]] = {
    "publish-next-key": _publish_next_key,
    "swap-keys": _swap_keys,
    "forget-previous-key": _forget_previous_key,
    "publish-next-proof-keys": _publish_next_proof_keys,
    "swap-proof-keys": _swap_proof_keys,
    "forget-previous-proof-keys": _forget_previous_proof_keys,
}


def _swap(keys: KeyStore, first: str, second: str) -> None:
    texts = keys.read(first), keys.read(second)
    if not all(texts):
        raise KioskError(f"There is no {second} to swap. Publish the next key first.")
    keys.write(first, texts[1])
    keys.write(second, texts[0])


def _new_signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def _new_ec_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")


def _public(private: str) -> str:
    key = load_pem_private_key(private.encode("ascii"), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
