"""The downloads of the first start, behind a proxy that signs with its own authority.

A server on this machine stands in for the registries. The test needs no Internet.
"""

import datetime as dt
import hashlib
import io
import json
import ssl
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from stack import tools
from stack.settings import REPOSITORY

LOCAL = REPOSITORY / ".local"
RUN = """
import sys
sys.path.insert(0, sys.argv[1])
import bootstrap
bootstrap.trust_system_certificates()
bootstrap.run(sys.argv[2:])
"""
MAVEN = """
import sys
from pathlib import Path
from jgo.maven import MavenContext
context = MavenContext(remote_repos={"local": sys.argv[1]}, repo_cache=Path(sys.argv[2]))
print(context.project("org.example", "probe").at_version("1.0").artifact().resolve())
"""


def wheel() -> bytes:
    """Return the smallest Python package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("probe.py", "")
        info = "probe-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        tags = "Root-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\n{tags}")
        names = ("probe.py", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD")
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return buffer.getvalue()


JAR = b"a library"
FILES = {
    "/simple/probe/": b'<a href="/probe-1.0-py3-none-any.whl">probe-1.0-py3-none-any.whl</a>',
    "/probe-1.0-py3-none-any.whl": wheel(),
    "/probe": json.dumps(
        {
            "name": "probe",
            "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": {"name": "probe", "version": "1.0.0", "dist": {}}},
        }
    ).encode(),
    "/org/example/probe/1.0/probe-1.0.jar": JAR,
    "/org/example/probe/1.0/probe-1.0.jar.sha1": hashlib.sha1(JAR).hexdigest().encode(),
}


class Registry(BaseHTTPRequestHandler):
    """Serves a package to uv, pip, npm and Maven."""

    def do_GET(self) -> None:
        content = FILES.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header(
            "Content-Type", "text/html" if "simple" in self.path else "application/json"
        )
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content or b"")

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Log nothing."""


def certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, issuer_key: ec.EllipticCurvePrivateKey
) -> bytes:
    """Return a certificate for an authority, or for a server at 127.0.0.1, in PEM."""
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    return signed.public_bytes(Encoding.PEM)


def authority(folder: Path) -> Path:
    """Create an authority and the certificate of a server, and return the authority's file."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem = server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    folder.mkdir()
    (folder / "server.pem").write_bytes(
        pem + certificate("server", server_key, "authority", authority_key)
    )
    bundle = folder / "ca.crt"
    bundle.write_bytes(certificate("authority", authority_key, "authority", authority_key))
    return bundle


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority(tmp_path_factory.mktemp("trusted") / "authority")


class Server(ThreadingHTTPServer):
    def handle_error(self, *_arguments: object) -> None:
        """Log nothing: clients refuse the certificate."""


@pytest.fixture(scope="module")
def url(trusted: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted.with_name("server.pem"))
    server = Server(("127.0.0.1", 0), Registry)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def command(manager: str, url: str, folder: Path) -> list[str]:
    """Return the command with which a package manager downloads the package."""
    python = str(LOCAL / "venv" / "bin" / "python")
    uv = [str(LOCAL / "venv" / "bin" / "uv"), "pip", "install", "--no-cache", "--python", python]
    pip = [python, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--retries", "0"]
    npm = [str(tools.node()), str(tools.npm()), "view", "probe", "version", "--registry", url]
    commands = {
        "uv": [*uv, "--target", str(folder), "probe"],
        "pip": [*pip, "--dest", str(folder), "probe"],
        "npm": [*npm, "--cache", str(folder), "--fetch-retries", "0"],
        "maven": [str(LOCAL / "servers" / "bin" / "python"), "-c", MAVEN, url, str(folder)],
    }
    return commands[manager]


@pytest.mark.parametrize("manager", ["uv", "pip", "npm", "maven"])
class TestDownloads:
    def download(
        self, manager: str, url: str, bundle: Path, folder: Path
    ) -> subprocess.CompletedProcess[str]:
        bootstrap = str(REPOSITORY / "infrastructure" / "local")
        return subprocess.run(
            [sys.executable, "-c", RUN, bootstrap, *command(manager, url, folder / "packages")],
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(folder),
                "UV_HTTP_RETRIES": "0",
                "UV_DEFAULT_INDEX": f"{url}/simple",
                "PIP_INDEX_URL": f"{url}/simple",
                "SSL_CERT_FILE": str(bundle),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def test_trust_the_proxys_authority(
        self, manager: str, url: str, trusted: Path, tmp_path: Path
    ) -> None:
        downloaded = self.download(manager, url, trusted, tmp_path)
        assert downloaded.returncode == 0, downloaded.stdout + downloaded.stderr

    def test_refuse_another_authority(self, manager: str, url: str, tmp_path: Path) -> None:
        other = authority(tmp_path / "other")
        refused = self.download(manager, url, other, tmp_path)
        assert refused.returncode != 0
        assert "ertificate" in refused.stdout + refused.stderr
