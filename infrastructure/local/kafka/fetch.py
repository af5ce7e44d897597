"""Fetches Kafka's files by the locked digests; run by the Python that has jgo.

`jgo sync` would fetch a Java of its own to sort the files into modules, which is of no use here.
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
    """Fill the folder with exactly the locked files."""
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
    """Return the path of one file in the user's cache, downloaded again where it is damaged."""
    path = resolve(context, locked)
    if digest(path) != locked["sha256"]:
        path.unlink()
        path = resolve(context, locked)
    if digest(path) != locked["sha256"]:
        sys.exit(f"{path} is not the file that {LOCK.name} names.")
    return path


def resolve(context: MavenContext, locked: dict[str, Any]) -> Path:
    """Return a file of the user's cache, downloaded where it is missing."""
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
