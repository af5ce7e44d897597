import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shopkit.clock import utc_now
from shopkit.proofs import ProofSigner, ProofVerifier
from stack.state import State


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestPassword:
    def test_is_created_once_and_readable_by_this_user_only(self, state: State) -> None:
        first, second = state.password("orders-db"), state.password("orders-db")

        assert first == second
        assert first != state.password("products-db")
        assert mode(state.secret_file("orders-db")) == 0o600
        assert mode(state.folder) == 0o700


class TestSigningKeyFile:
    def test_has_an_rsa_key_of_2048_bits(self, state: State) -> None:
        file = state.signing_key_file()

        key = load_pem_private_key(file.read_bytes(), password=None)
        assert isinstance(key, RSAPrivateKey)
        assert key.key_size == 2048
        assert mode(file) == 0o600
        assert state.signing_key_file().read_bytes() == file.read_bytes()


class TestProofKeys:
    def test_are_created_once_and_belong_together(self, state: State) -> None:
        # When
        public = [state.public_keys_file("gateway").read_text("utf-8") for _ in range(2)]
        private = [state.proof_key_file("gateway").read_text("utf-8") for _ in range(2)]
        # Then
        assert public[0] == public[1]
        assert private[0] == private[1] != state.proof_key_file("orders").read_text("utf-8")
        assert mode(state.proof_key_file("gateway")) == 0o600
        proof = ProofSigner("gateway-ms", private[0]).prove_service("orders-ms")
        verifier = ProofVerifier("orders-ms", {"gateway-ms": public[0]})
        verifier.verify_service(proof, "gateway-ms", utc_now)


class TestSocket:
    def test_has_a_short_path_in_a_deep_folder(self, tmp_path: Path) -> None:
        # Given
        deep = State(tmp_path / ("d" * 100) / ("e" * 100))
        deep.prepare()

        # When
        deep.new_socket()

        # Then: there is space for the process id that the supervisor appends at first.
        assert len(str(deep.socket())) < 90
        assert mode(deep.socket().parent) == 0o700
        deep.forget_socket()
        assert not deep.socket().exists()
