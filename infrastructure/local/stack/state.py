"""The state folder of one stack: the paths of its files, and its secrets."""

import base64
import secrets
import shutil
import tempfile
import threading
import uuid
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

_creating = threading.Lock()
FOLDERS = ("data", "logs", "nginx", "pids", "programs", "secrets", "starts")


class State:
    """Returns the paths of a state folder, and creates secrets when they are first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Create the folders, readable by this user only."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FOLDERS:
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)

    def log(self, program: str) -> Path:
        """Return the path of a program's log."""
        return self.folder / "logs" / f"{program}.log"

    def data(self, program: str) -> Path:
        """Return a server's data folder."""
        return self.folder / "data" / program

    def mails(self) -> Path:
        """Return the folder of the mails that the shop has sent."""
        return self.data("mail")

    def secret_file(self, name: str) -> Path:
        """Return the path of a secret, which may not exist yet."""
        return self.folder / "secrets" / name

    def password(self, name: str) -> str:
        """Return a password, which the first call creates."""
        return self._create_once(name, secrets.token_urlsafe(24)).read_text(encoding="utf-8")

    def key_file(self, name: str) -> Path:
        """Return the path of the key with which a replica set's members authenticate."""
        key = base64.b64encode(secrets.token_bytes(96)).decode()
        return self._create_once(name, key)

    def cluster_id(self) -> str:
        """Return the id of the Kafka cluster."""
        new = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        return self._create_once("kafka-cluster-id", new).read_text(encoding="utf-8")

    def signing_key_file(self) -> Path:
        """Return the path of the private key that signs access tokens."""
        file = self.secret_file("signing-key.pem")
        if not file.exists():
            self.write_secret(file.name, _new_signing_key())
        return file

    def proof_key_file(self, service: str) -> Path:
        """Return the path of the private key with which a service proves that it calls."""
        file = self.secret_file(f"{service}-proof-key.pem")
        with _creating:
            if not file.exists():
                self.write_secret(file.name, _new_proof_key())
        return file

    def public_keys_file(self, service: str) -> Path:
        """Return the path of the public keys that verify the proofs of a service."""
        private = self.proof_key_file(service).read_bytes()
        return self._create_once(f"{service}-public-keys.pem", _public_key_of(private))

    def forget_starts(self, program: str) -> None:
        """Forget when a program was started, so that it does not count as a crash loop."""
        (self.folder / "starts" / program).unlink(missing_ok=True)

    def socket(self) -> Path:
        """Return the path of the supervisor's socket. Nothing listens there before it starts."""
        record = self._socket_record()
        return Path(record.read_text(encoding="utf-8")) if record.exists() else record

    def new_socket(self) -> None:
        """Create the folder of the supervisor's socket.

        It is a temporary folder, because the path of a socket has at most 107 bytes and a state
        folder may have a longer one.
        """
        socket = Path(tempfile.mkdtemp(prefix="stack-")) / "supervisor"
        self._socket_record().write_text(str(socket), encoding="utf-8")

    def forget_socket(self) -> None:
        """Delete the folder of the supervisor's socket."""
        record = self._socket_record()
        if record.exists():
            shutil.rmtree(self.socket().parent, ignore_errors=True)
            record.unlink()

    def _socket_record(self) -> Path:
        return self.folder / "supervisor.socket"

    def write_secret(self, name: str, text: str) -> Path:
        """Write a file atomically, readable by this user only."""
        file = self.secret_file(name)
        new = file.with_name(f".{name}.new")
        new.touch(mode=0o600)
        new.write_text(text, encoding="utf-8")
        return new.replace(file)

    def _create_once(self, name: str, new: str) -> Path:
        file = self.secret_file(name)
        # The members of a database start at the same time.
        with _creating:
            return file if file.exists() else self.write_secret(name, new)


def _new_proof_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public_key_of(private: bytes) -> str:
    public = serialization.load_pem_private_key(private, None).public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def _new_signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
