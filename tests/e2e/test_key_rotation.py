"""Rotation of the signing key while people are signed in, in the steps of the operations guide."""

import base64
import json
import time
from pathlib import Path

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.e2e.shop import wait_for

from gateway.auth.keys import UNKNOWN_KEY_SECONDS
from shopkit.identity import Identity, Role
from shopkit.proofs import ProofSigner, proof_header
from shopkit.testing.proofs import ProofKey
from stack import Stack

ACCOUNT = {"email": "aaa@aaa.com", "password": "aaa@aaa.com"}


def new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def restart_with(stack: Stack, signing: str, previous: str | None) -> None:
    """Restart authentication-ms with a key that signs, and one that is only published."""
    environment = stack.environment("authentication")
    Path(environment["SIGNING_KEY_FILE"]).write_text(signing, encoding="utf-8")
    previous_file = Path(environment["PREVIOUS_KEY_FILE"])
    previous_file.unlink(missing_ok=True)
    if previous:
        previous_file.write_text(previous, encoding="utf-8")
    stack.stop("authentication")
    stack.start("authentication")


def token_of_unknown_key() -> str:
    header = json.dumps({"alg": "RS256", "kid": "unknown"}).encode()
    return f"{base64.urlsafe_b64encode(header).decode().rstrip('=')}.e30.AA"


def key_id(token: str) -> str:
    encoded = token.split(".", maxsplit=1)[0]
    header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    return str(header["kid"])


def post_for_tokens(shop: httpx2.Client, path: str, body: dict[str, str]) -> dict[str, str]:
    response = shop.post(path, json=body)
    assert response.status_code == 200, response.text
    tokens: dict[str, str] = response.json()
    return tokens


def status_of_me(shop: httpx2.Client, token: str) -> int:
    return shop.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code


def wait_until_refused(shop: httpx2.Client, token: str) -> None:
    """Wait until the gateway refuses a token, because it has fetched the keys again.

    A token with an unknown key makes it fetch them, but at most every 10 s.
    """

    def is_refused() -> bool:
        assert status_of_me(shop, token_of_unknown_key()) == 401
        return status_of_me(shop, token) == 401

    wait_for(is_refused)


def write_keys(stack: Stack, service: str, variable: str, *texts: str) -> None:
    file = Path(stack.environment(service)[variable])
    file.write_text("".join(texts), encoding="utf-8")


def restart(stack: Stack, *services: str) -> None:
    for service in services:
        stack.stop(service)
        stack.start(service)


def test_replaces_the_keys_of_proofs_without_a_failed_request(
    stack: Stack, shop: httpx2.Client
) -> None:
    def read_orders() -> list[int]:
        return [shop.get(path, headers=headers).status_code for path in ("/api/me", "/api/orders")]

    # Given
    token = post_for_tokens(shop, "/api/login", ACCOUNT)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    environment = stack.environment("orders")
    old_public = Path(environment["GATEWAY_KEYS_FILE"]).read_text("utf-8")
    old_private = Path(stack.environment("gateway")["PROOF_KEY_FILE"]).read_text("utf-8")
    new = ProofKey.generate()
    verifiers = ("authentication", "orders")
    try:
        # When: the new key is accepted before it signs. One service after another restarts.
        write_keys(stack, "orders", "GATEWAY_KEYS_FILE", old_public, new.public)
        for service in verifiers:
            restart(stack, service)
            assert read_orders() == [200, 200]
        # When: the gateway signs with the new key.
        write_keys(stack, "gateway", "PROOF_KEY_FILE", new.private)
        restart(stack, "gateway")
        assert read_orders() == [200, 200]
        # When: the old key is no longer accepted.
        write_keys(stack, "orders", "GATEWAY_KEYS_FILE", new.public)
        for service in verifiers:
            restart(stack, service)
            assert read_orders() == [200, 200]
        # Then: proofs of the old key are refused.
        caller = Identity(account_id="5" * 24, email="aaa@aaa.com", role=Role.USER)
        statuses = []
        for private in (new.private, old_private):
            proof = ProofSigner("gateway-ms", private).prove_caller(caller, "orders-ms")
            url = f"http://127.0.0.1:{environment['PORT']}/api/orders"
            statuses.append(httpx2.get(url, headers=dict([proof_header(proof)])).status_code)
        assert statuses == [200, 401]
    finally:
        write_keys(stack, "gateway", "PROOF_KEY_FILE", old_private)
        write_keys(stack, "orders", "GATEWAY_KEYS_FILE", old_public)
        restart(stack, *verifiers, "gateway")


def test_keeps_everyone_signed_in_and_ends_old_tokens_with_the_old_key(
    stack: Stack, shop: httpx2.Client
) -> None:
    # Given
    first = Path(stack.environment("authentication")["SIGNING_KEY_FILE"]).read_text("utf-8")
    second = new_key()
    session = post_for_tokens(shop, "/api/login", ACCOUNT)
    old = session["access_token"]
    # When: the next key is published before it signs.
    restart_with(stack, first, previous=second)
    # A gateway that has just fetched the keys does not fetch them again for this long.
    time.sleep(UNKNOWN_KEY_SECONDS)
    restart_with(stack, second, previous=first)
    # Then: the session continues, with tokens of the new key, and old tokens are still valid.
    session = post_for_tokens(shop, "/api/refresh", {"refresh_token": session["refresh_token"]})
    renewed = session["access_token"]
    new = post_for_tokens(shop, "/api/login", ACCOUNT)["access_token"]
    assert key_id(renewed) == key_id(new) != key_id(old)
    assert [status_of_me(shop, token) for token in (renewed, new, old)] == [200] * 3
    published = shop.get("/api/.well-known/jwks.json").json()["keys"]
    assert [key["kid"] for key in published] == [key_id(renewed), key_id(old)]
    # When: the old key is no longer published.
    restart_with(stack, second, previous=None)
    # Then: only its tokens are refused.
    wait_until_refused(shop, old)
    assert [status_of_me(shop, token) for token in (renewed, new)] == [200] * 2
    post_for_tokens(shop, "/api/refresh", {"refresh_token": session["refresh_token"]})
