import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from stack.state import State


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestSecrets:
    def test_are_made_once_and_for_this_user_alone(self, state: State) -> None:
        first, again = state.password("orders-db"), state.password("orders-db")

        assert first == again
        assert first != state.password("products-db")
        assert mode(state.secret_file("orders-db")) == 0o600
        assert mode(state.folder) == 0o700

    def test_signing_key_is_rsa_of_2048_bits(self, state: State) -> None:
        file = state.signing_key_file()

        key = load_pem_private_key(file.read_bytes(), password=None)
        assert isinstance(key, RSAPrivateKey)
        assert key.key_size == 2048
        assert mode(file) == 0o600
        assert state.signing_key_file().read_bytes() == file.read_bytes()


class TestSocket:
    def test_fits_however_deep_the_folder_is(self, tmp_path: Path) -> None:
        deep = State(tmp_path / ("d" * 100) / ("e" * 100))
        deep.prepare()

        deep.new_socket()

        # The supervisor first binds the same name with its process id behind it.
        assert len(str(deep.socket())) < 90
        assert mode(deep.socket().parent) == 0o700
        deep.forget_socket()
        assert not deep.socket().exists()
