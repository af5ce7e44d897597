import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kiosk.errors import KioskError
from kiosk.keys import ClusterKeys, KeyFolder, perform
from stack.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "stack")
    state.prepare()
    state.signing_key_file()
    for service in ("gateway", "orders"):
        state.public_keys_file(service)
    return state


@pytest.fixture
def keys(state: State) -> KeyFolder:
    return KeyFolder(state.folder / "secrets")


class TestSigningKey:
    def test_publishes_the_next_key_then_signs_with_it_then_forgets_the_old_one(
        self, keys: KeyFolder
    ) -> None:
        old = keys.read("signing-key")
        perform("publish-next-key", keys)
        following = keys.read("previous-key")
        assert keys.read("signing-key") == old != following
        perform("swap-keys", keys)
        assert [keys.read("signing-key"), keys.read("previous-key")] == [following, old]
        perform("forget-previous-key", keys)
        assert [keys.read("signing-key"), keys.read("previous-key")] == [following, ""]

    def test_does_not_swap_before_the_next_key_is_published(self, keys: KeyFolder) -> None:
        old = keys.read("signing-key")
        with pytest.raises(KioskError, match="Publish the next key first"):
            perform("swap-keys", keys)
        assert [keys.read("signing-key"), keys.read("previous-key")] == [old, ""]

    def test_keeps_keys_readable_by_their_owner_only(self, keys: KeyFolder, state: State) -> None:
        perform("publish-next-key", keys)
        assert state.secret_file("previous-key.pem").stat().st_mode & 0o777 == 0o600


class TestProofKeys:
    def test_verifiers_know_each_key_before_it_signs(self, keys: KeyFolder) -> None:
        old = {name: keys.read(f"{name}-proof-key") for name in ("gateway", "orders")}
        old_public = {name: keys.read(f"{name}-public-keys") for name in old}
        perform("publish-next-proof-keys", keys)
        for name, private in old.items():
            assert keys.read(f"{name}-proof-key") == private
            first, second = keys.read(f"{name}-public-keys").split("\n-----BEGIN", 1)
            assert first.strip() == old_public[name].strip()
            load_pem_public_key(f"-----BEGIN{second}".encode())
        perform("swap-proof-keys", keys)
        perform("forget-previous-proof-keys", keys)
        for name, private in old.items():
            assert keys.read(f"{name}-proof-key") != private
            assert keys.read(f"{name}-other-proof-key") == ""
            assert old_public[name].strip() not in keys.read(f"{name}-public-keys")


KUBECTL = """#!/usr/bin/env python3
import json, pathlib, sys
verb, _, secret = sys.argv[3:6]
file = pathlib.Path(__file__).with_name(secret)
data = json.loads(file.read_text()) if file.exists() else {}
if verb == "patch":
    data |= json.load(open(sys.argv[-1]))["data"]
    file.write_text(json.dumps(data))
print(json.dumps({"data": data}))
"""


class TestClusterKeys:
    @pytest.fixture
    def cluster(self, tmp_path: Path) -> ClusterKeys:
        kubectl = tmp_path / "kubectl"
        kubectl.write_text(KUBECTL, encoding="utf-8")
        kubectl.chmod(0o755)
        return ClusterKeys([str(kubectl), "--namespace", "kiosk"])

    @pytest.mark.parametrize(
        ("name", "secret", "entry"),
        [
            ("signing-key", "authentication-ms", "signing-key"),
            ("previous-key", "authentication-ms", "previous-key"),
            ("gateway-proof-key", "gateway-ms-proof-key", "proof-key"),
            ("orders-other-proof-key", "orders-ms-proof-key", "other-proof-key"),
            ("orders-public-keys", "proof-keys", "orders-keys"),
        ],
    )
    def test_keeps_each_key_where_the_services_read_it(
        self, cluster: ClusterKeys, tmp_path: Path, name: str, secret: str, entry: str
    ) -> None:
        assert cluster.read(name) == ""
        cluster.write(name, "A key")
        assert list(json.loads((tmp_path / secret).read_text("utf-8"))) == [entry]
        assert cluster.read(name) == "A key"
        cluster.write(name, "")
        assert cluster.read(name) == ""
