"""The signing key changes while people are signed in, as docs/operations.md tells."""

import base64
import json
import time
from pathlib import Path

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.auth.keys import UNKNOWN_KEY_SECONDS
from stack import Stack


def new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def started_with(stack: Stack, signing: str, published: str | None) -> None:
    """Have authentication-ms start again with these keys."""
    environment = stack.environment("authentication")
    Path(environment["SIGNING_KEY_FILE"]).write_text(signing, encoding="utf-8")
    previous = Path(environment["PREVIOUS_KEY_FILE"])
    previous.unlink(missing_ok=True)
    if published:
        previous.write_text(published, encoding="utf-8")
    stack.stop("authentication")
    stack.start("authentication")


def header(**claims: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def kid(token: str) -> str:
    encoded = token.split(".", maxsplit=1)[0]
    decoded = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    found: str = json.loads(decoded)["kid"]
    return found


def tokens(shop: httpx2.Client, path: str, **body: str) -> dict[str, str]:
    answer = shop.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def status_of_me(shop: httpx2.Client, token: str) -> int:
    return shop.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code


def refused(shop: httpx2.Client, token: str, seconds: float = 30) -> bool:
    """Return whether a token is refused, once the gateway has asked for the keys again.

    It does so for a token whose key it does not know, but at most once in 10 s.
    """
    deadline = time.monotonic() + seconds
    unknown = f"{header(alg='RS256', kid='unknown')}.e30.AA"
    while time.monotonic() < deadline:
        assert status_of_me(shop, unknown) == 401
        if status_of_me(shop, token) == 401:
            return True
        time.sleep(0.5)
    return False


def test_nobody_is_signed_out_and_old_tokens_end_with_the_old_key(
    stack: Stack, shop: httpx2.Client
) -> None:
    first = Path(stack.environment("authentication")["SIGNING_KEY_FILE"]).read_text("utf-8")
    second = new_key()
    # Given someone who signed in before
    account = {"email": "aaa@aaa.com", "password": "aaa@aaa.com"}
    session = tokens(shop, "/api/login", **account)
    old = session["access_token"]
    # When the key to come is published, and a gateway that asked just before may ask again
    started_with(stack, first, published=second)
    time.sleep(UNKNOWN_KEY_SECONDS)
    # And it begins to sign, while the one before is still published
    started_with(stack, second, published=first)
    # Then new tokens are of the new key, and all are good: the session goes on
    session = tokens(shop, "/api/refresh", refresh_token=session["refresh_token"])
    renewed = session["access_token"]
    another = tokens(shop, "/api/login", **account)["access_token"]
    assert kid(renewed) == kid(another) != kid(old)
    assert [status_of_me(shop, token) for token in (renewed, another, old)] == [200] * 3
    published = shop.get("/api/.well-known/jwks.json").json()["keys"]
    assert [key["kid"] for key in published] == [kid(renewed), kid(old)]
    # When the one before is taken away
    started_with(stack, second, published=None)
    # Then its tokens are refused, and no others
    assert refused(shop, old)
    assert [status_of_me(shop, token) for token in (renewed, another)] == [200] * 2
    tokens(shop, "/api/refresh", refresh_token=session["refresh_token"])
