"""Downloads Kafka's files and checks their locked digests. It needs the package jgo.

`jgo sync` is not used, because it would download another Java to sort the files into modules.
"""

import hashlib
import shutil
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jgo.maven import MavenContext  # type: ignore[import-not-found, unused-ignore]

LOCK = Path(__file__).with_name("jgo.lock.toml")
TIMEOUT_SECONDS = 60
CONNECTIONS = 4


def main(folder: Path) -> None:
    """Replace the folder's content with the locked files."""
    locked = tomllib.loads(LOCK.read_text())["dependencies"]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    context = MavenContext(timeout=TIMEOUT_SECONDS)
    line_end = "\r" if sys.stdout.isatty() else "\n"
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        paths = pool.map(lambda dependency: fetch(context, dependency), locked)
        for number, path in enumerate(paths, start=1):
            shutil.copyfile(path, folder / path.name)
            if line_end == "\r" or number % 15 == 0:
                print(f"  {number} of {len(locked)} files", end=line_end, flush=True)


def fetch(context: MavenContext, locked: dict[str, Any]) -> Path:
    """Return the path of a file in the user's cache; download it again if it is damaged."""
    path = resolve(context, locked)
    if digest(path) != locked["sha256"]:
        path.unlink()
        path = resolve(context, locked)
    if digest(path) != locked["sha256"]:
        sys.exit(f"{path} does not have the digest in {LOCK.name}.")
    return path


def resolve(context: MavenContext, locked: dict[str, Any]) -> Path:
    """Return the path of a file in the user's cache; download it if it is missing."""
    project = context.project(locked["groupId"], locked["artifactId"])
    return Path(project.at_version(locked["version"]).artifact().resolve())


def digest(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (OSError, RuntimeError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
