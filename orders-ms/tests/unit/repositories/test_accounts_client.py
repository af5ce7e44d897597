import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from orders.repositories.accounts_client import AccountsClient
from shopkit.proofs import ProofSigner, ProofVerifier
from shopkit.testing.deliveries import NOON
from shopkit.testing.proofs import ORDERS_KEY

SIGNER = ProofSigner("orders-ms", ORDERS_KEY.private)
VERIFIER = ProofVerifier("authentication-ms", {"orders-ms": ORDERS_KEY.public})
ACCOUNTS = {"müller@exämple.com": "a" * 24}


async def find(answer: web.Response, *emails: str) -> tuple[dict[str, str], list[object]]:
    """Return what the client finds, and the bodies of its requests."""
    received: list[object] = []

    async def handle(request: web.Request) -> web.Response:
        proof = request.headers["Authorization"].removeprefix("Bearer ")
        VERIFIER.verify_service(proof, "orders-ms", lambda: NOON)
        received.append(await request.json())
        return answer

    app = web.Application()
    app.router.add_post("/internal/accounts", handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/"))
        found = await AccountsClient(session, url, SIGNER).find_ids(emails)
    return found, received


async def test_finds_accounts_and_proves_that_orders_ms_calls() -> None:
    found, received = await find(
        web.json_response({"accounts": ACCOUNTS}), "müller@exämple.com", "nobody@shop.com"
    )
    assert found == ACCOUNTS
    assert received == [{"emails": ["müller@exämple.com", "nobody@shop.com"]}]


@pytest.mark.parametrize("status", [401, 404, 503])
async def test_fails_if_authentication_refuses_or_is_unavailable(status: int) -> None:
    with pytest.raises(aiohttp.ClientResponseError) as failed:
        await find(web.Response(status=status), "a@b.com")
    assert failed.value.status == status
