"""The release: a digest of the code that runs, which tells releases and their replicas apart."""

import hashlib
from importlib.resources import files
from pathlib import Path

_LENGTH = 16


def digest_of(*packages: str) -> str:
    """Return a digest of the source of packages, 16 hexadecimal digits.

    Replicas of one release have the same digest, and so does a release after a restart.
    """
    digest = hashlib.sha256()
    for package in packages:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            digest.update(f"{package}/{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_LENGTH]
