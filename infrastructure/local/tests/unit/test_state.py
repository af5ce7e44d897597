import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

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
