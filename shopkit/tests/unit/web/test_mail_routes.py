from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from shopkit.mail.mails import Mails
from shopkit.mail.service import MailService
from shopkit.proofs import GATEWAY, ProofVerifier
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import Database
from shopkit.storage.unit_of_work import Mail
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.apps import client_of
from shopkit.testing.proofs import GATEWAY_KEY, caller_headers
from shopkit.web import app as shop_app
from shopkit.web import problems
from shopkit.web.mail_routes import TABLE, mail_router

MAIL = Mail("welcome/1", "welcome", "ann@shop.com", {"number": 1})
PATH = f"/api/admin/mails/orders/{MAIL.id}"
ADMIN = caller_headers("boss@shop.com", "admin")


@pytest.fixture
def mails(database: Database, clock: FakeClock) -> Mails:
    return Mails(database, clock)


@pytest.fixture
async def client(
    database: Database, mails: Mails, clock: FakeClock
) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    app.state.proofs = ProofVerifier("orders-ms", {GATEWAY: GATEWAY_KEY.public})
    app.state.services = SimpleNamespace(
        clock=clock,
        mails=MailService(
            transactions=FakeTransactions(),
            mails=mails,
            trail=AuditTrail(database),
            clock=clock,
        ),
    )
    app.include_router(mail_router("orders"))
    problems.install(app, {**shop_app.COMMON_PROBLEMS, **TABLE})
    async with client_of(app) as client:
        yield client


async def park(mails: Mails) -> None:
    await mails.add([MAIL], session=None)
    await mails.lease()
    await mails.park(MAIL.id, "550 no such user")


def body(**changes: Any) -> dict[str, Any]:
    return {
        "id": MAIL.id,
        "template": "welcome",
        "recipient": "ann@shop.com",
        "status": "parked",
        "created_at": "2026-05-04T12:00:00Z",
        "attempts": 1,
        "reason": "550 no such user",
        "changed_at": "2026-05-04T12:00:00Z",
    } | changes


async def test_lists_parked_mails_without_their_content(
    client: httpx2.AsyncClient, mails: Mails
) -> None:
    # Given
    await park(mails)
    await mails.add([Mail("welcome/2", "welcome", "ben@shop.com")], session=None)
    # When
    response = await client.get("/api/admin/mails/orders?status=parked", headers=ADMIN)
    # Then
    assert response.json() == {"mails": [body()], "next_cursor": None}
    assert (await client.get(PATH, headers=ADMIN)).json() == body()


async def test_a_parked_mail_is_sent_again_and_the_change_is_audited(
    client: httpx2.AsyncClient, mails: Mails, database: Database
) -> None:
    # Given
    await park(mails)
    # When
    response = await client.post(f"{PATH}/send", headers=ADMIN)
    second = await client.post(f"{PATH}/send", headers=ADMIN)
    # Then
    assert response.json() == body(status="waiting", attempts=0, changed_at=None)
    assert (second.status_code, second.json()["type"]) == (409, "/problems/mail-not-parked")
    [entry] = await database["audit"].find().to_list()
    assert (entry["action"], entry["subject"]) == ("mail: send again", MAIL.id)
    assert (entry["before"], entry["after"]) == ({"status": "parked"}, {"status": "waiting"})


async def test_a_parked_mail_is_discarded_with_a_reason(
    client: httpx2.AsyncClient, mails: Mails, database: Database
) -> None:
    # Given
    await park(mails)
    # When
    response = await client.post(f"{PATH}/discard", headers=ADMIN, json={"reason": "left us"})
    # Then
    assert response.json() == body(status="discarded")
    [entry] = await database["audit"].find().to_list()
    assert entry["action"] == "mail: discard"
    assert entry["after"] == {"status": "discarded", "detail": "left us"}


async def test_an_unknown_mail_is_not_found(client: httpx2.AsyncClient) -> None:
    for method, path in (("GET", PATH), ("POST", f"{PATH}/send")):
        response = await client.request(method, path, headers=ADMIN)
        assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize(("role", "status"), [("visitor", 401), ("user", 403)])
async def test_only_admins_see_mails(client: httpx2.AsyncClient, role: str, status: int) -> None:
    headers = caller_headers("" if role == "visitor" else "ann@shop.com", role)

    assert (await client.get("/api/admin/mails/orders", headers=headers)).status_code == status
