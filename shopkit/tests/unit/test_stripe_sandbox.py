"""The sandbox of Stripe: what it refuses, its pages, its webhooks and its switches."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from shopkit.stripe_sandbox import app as sandbox_app
from shopkit.stripe_sandbox.account import Account
from shopkit.stripe_sandbox.app import create_app
from shopkit.stripe_sandbox.pages import CONFIRMED, DECLINED, HANGS, PAYS
from shopkit.stripe_sandbox.store import Store
from shopkit.stripe_sandbox.switches import Switches
from shopkit.stripe_sandbox.switches import Webhooks as Switch
from shopkit.stripe_sandbox.webhooks import MAX_TRIES, Webhooks, sender, signature
from shopkit.testing import FakeClock
from shopkit.testing.apps import client_of
from shopkit.testing.deliveries import NOON

KEY = "sk_test_unit"
JsonObject = dict[str, Any]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def store(clock: FakeClock) -> Iterator[Store]:
    store = Store(":memory:", lambda: clock().timestamp())
    yield store
    store.close()


@pytest.fixture
def account(store: Store) -> Account:
    return Account(store, "http://sandbox")


@pytest.fixture
async def client(store: Store, account: Account) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(create_app(store, account, KEY)) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        yield client


def fields(clock: FakeClock, **changes: str) -> dict[str, str]:
    return {
        "mode": "payment",
        "payment_method_types[0]": "card",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "1000",
        "line_items[0][price_data][product_data][name]": "Order 1",
        "line_items[0][quantity]": "1",
        "adaptive_pricing[enabled]": "false",
        "client_reference_id": "order-1",
        "metadata[attempt]": "order-1-1",
        "success_url": "https://shop.example/orders/1",
        "cancel_url": "https://shop.example/orders/1?back",
        "expires_at": str(int(clock.now.timestamp()) + 3_600),
    } | changes


async def post(
    client: httpx2.AsyncClient, path: str, values: dict[str, str], key: str = ""
) -> httpx2.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if key:
        headers["Idempotency-Key"] = key
    return await client.post(path, content=urlencode(values), headers=headers)


async def a_session(client: httpx2.AsyncClient, clock: FakeClock) -> JsonObject:
    response = await post(client, "/v1/checkout/sessions", fields(clock))
    assert response.status_code == 200, response.text
    session: JsonObject = response.json()
    return session


async def a_payment(client: httpx2.AsyncClient, clock: FakeClock) -> str:
    session = await a_session(client, clock)
    paid = (await client.post(f"/sandbox/sessions/{session['id']}/pay")).json()
    payment: str = paid["payment_intent"]
    return payment


class TestStrictness:
    @pytest.mark.parametrize(
        ("changes", "code", "parameter"),
        [
            ({"note": "x"}, "parameter_unknown", "note"),
            ({"line_items[0][note]": "x"}, "parameter_unknown", "line_items[0][note]"),
            ({"expires_at": "soon"}, "parameter_invalid", "expires_at"),
            ({"line_items[0][price_data][unit_amount]": "49"}, "amount_too_small", None),
            ({"line_items[0][price_data][unit_amount]": "100000000"}, "amount_too_large", None),
        ],
    )
    async def test_refuses_wrong_parameters(
        self,
        client: httpx2.AsyncClient,
        account: Account,
        clock: FakeClock,
        changes: dict[str, str],
        code: str,
        parameter: str | None,
    ) -> None:
        response = await post(client, "/v1/checkout/sessions", fields(clock, **changes))
        assert response.status_code == 400
        error = response.json()["error"]
        assert (error["code"], error.get("param")) == (code, parameter)
        assert account.all_of("session") == []

    @pytest.mark.parametrize(("seconds", "status"), [(1_799, 400), (1_800, 200), (86_401, 400)])
    async def test_bounds_the_expiry(
        self, client: httpx2.AsyncClient, clock: FakeClock, seconds: int, status: int
    ) -> None:
        expires_at = str(int(clock.now.timestamp()) + seconds)
        values = fields(clock, expires_at=expires_at)
        response = await post(client, "/v1/checkout/sessions", values)
        assert response.status_code == status

    async def test_requires_the_key(self, client: httpx2.AsyncClient) -> None:
        headers = {"Authorization": "Bearer other"}
        assert (await client.get("/v1/events", headers=headers)).status_code == 401

    async def test_refuses_to_pay_back_more_than_is_left(
        self, client: httpx2.AsyncClient, clock: FakeClock
    ) -> None:
        payment = await a_payment(client, clock)
        first = {"payment_intent": payment, "amount": "700"}
        assert (await post(client, "/v1/refunds", first)).status_code == 200
        assert (await post(client, "/v1/refunds", first)).status_code == 400
        rest = {"payment_intent": payment, "amount": "300"}
        assert (await post(client, "/v1/refunds", rest)).status_code == 200
        refused = await post(client, "/v1/refunds", rest)
        assert refused.json()["error"]["code"] == "charge_already_refunded"

    async def test_a_failed_refund_can_be_tried_again(
        self, client: httpx2.AsyncClient, clock: FakeClock
    ) -> None:
        payment = await a_payment(client, clock)
        whole = {"payment_intent": payment, "amount": "1000"}
        await client.put("/sandbox/switches", json={"refunds": "fail"})
        assert (await post(client, "/v1/refunds", whole)).json()["status"] == "failed"
        await client.put("/sandbox/switches", json={})
        assert (await post(client, "/v1/refunds", whole)).json()["status"] == "succeeded"


class TestIdempotency:
    async def test_repeats_the_answer_for_a_day(
        self, client: httpx2.AsyncClient, account: Account, clock: FakeClock
    ) -> None:
        values = fields(clock)
        first = await post(client, "/v1/checkout/sessions", values, "key")
        again = await post(client, "/v1/checkout/sessions", values, "key")
        assert again.json() == first.json()
        assert len(account.all_of("session")) == 1
        clock.advance(days=1)
        later = await post(client, "/v1/checkout/sessions", fields(clock), "key")
        assert later.json()["id"] != first.json()["id"]

    async def test_refuses_another_request_with_the_key(
        self, client: httpx2.AsyncClient, clock: FakeClock
    ) -> None:
        await post(client, "/v1/checkout/sessions", fields(clock), "key")
        other = await post(client, "/v1/checkout/sessions", fields(clock, mode="x"), "key")
        assert other.status_code == 400
        assert other.json()["error"]["type"] == "idempotency_error"

    async def test_repeats_an_error_after_the_work_was_done(
        self, client: httpx2.AsyncClient, account: Account, clock: FakeClock
    ) -> None:
        await client.put("/sandbox/switches", json={"api": "fail_after_work"})
        values = fields(clock)
        assert (await post(client, "/v1/checkout/sessions", values, "key")).status_code == 500
        await client.put("/sandbox/switches", json={})
        assert (await post(client, "/v1/checkout/sessions", values, "key")).status_code == 500
        assert len(account.all_of("session")) == 1

    async def test_does_not_repeat_a_refusal(
        self, client: httpx2.AsyncClient, clock: FakeClock
    ) -> None:
        wrong = fields(clock, mode="x")
        assert (await post(client, "/v1/checkout/sessions", wrong, "key")).status_code == 400
        right = await post(client, "/v1/checkout/sessions", fields(clock), "key")
        assert right.status_code == 200


class TestApi:
    async def test_fails_without_doing_anything(
        self, client: httpx2.AsyncClient, account: Account, clock: FakeClock
    ) -> None:
        await client.put("/sandbox/switches", json={"api": "fail"})
        response = await post(client, "/v1/checkout/sessions", fields(clock))
        assert response.status_code == 500
        assert account.all_of("session") == []

    async def test_hangs(self, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sandbox_app, "HANG_SECONDS", 3_600)
        await client.put("/sandbox/switches", json={"api": "hang"})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.get("/v1/events")

    async def test_a_page_expires_at_its_time(
        self, client: httpx2.AsyncClient, account: Account, clock: FakeClock
    ) -> None:
        session = await a_session(client, clock)
        clock.advance(hours=1)
        account.expire_sessions()
        assert account.session(session["id"])["status"] == "expired"
        [event] = account.all_of("event")
        assert event["type"] == "checkout.session.expired"
        response = await post(client, f"/v1/checkout/sessions/{session['id']}/expire", {})
        assert response.status_code == 400

    def test_survives_its_end(self, tmp_path: Path) -> None:
        for _ in range(2):
            store = Store(tmp_path / "stripe.db")
            account = Account(store, "http://sandbox")
            account.set_switches(Switches(delay_seconds=account.switches.delay_seconds + 1))
            store.close()
        store = Store(tmp_path / "stripe.db")
        assert Account(store, "http://sandbox").switches.delay_seconds == 7
        store.close()


class TestPages:
    async def pay(
        self, client: httpx2.AsyncClient, session: JsonObject, **form: str
    ) -> httpx2.Response:
        return await post(client, f"/pay/{session['id']}", form)

    async def test_a_card_pays_and_leads_back(
        self, client: httpx2.AsyncClient, account: Account, clock: FakeClock
    ) -> None:
        session = await a_session(client, clock)
        page = await client.get(f"/pay/{session['id']}")
        assert "Pay 10.00 EUR" in page.text
        response = await self.pay(client, session, card=PAYS)
        assert response.status_code == 303
        assert response.headers["Location"] == "https://shop.example/orders/1"
        assert account.session(session["id"])["payment_status"] == "paid"
        assert "This page is complete." in (await client.get(f"/pay/{session['id']}")).text
        assert (await self.pay(client, session, card=PAYS)).status_code == 400

    async def test_a_declined_card_can_be_replaced(
        self, client: httpx2.AsyncClient, account: Account, clock: FakeClock
    ) -> None:
        session = await a_session(client, clock)
        for card in (DECLINED, "1234"):
            assert "declined" in (await self.pay(client, session, card=card)).text
        assert account.session(session["id"])["status"] == "open"
        assert (await self.pay(client, session, card=PAYS)).status_code == 303

    async def test_a_confirmation_can_be_given_or_refused(
        self, client: httpx2.AsyncClient, account: Account, clock: FakeClock
    ) -> None:
        session = await a_session(client, clock)
        assert "confirm the payment" in (await self.pay(client, session, card=CONFIRMED)).text
        refused = await self.pay(client, session, card=CONFIRMED, confirmed="no")
        assert "declined" in refused.text
        assert account.session(session["id"])["status"] == "open"
        confirmed = await self.pay(client, session, card=CONFIRMED, confirmed="yes")
        assert confirmed.status_code == 303

    @pytest.mark.parametrize(("outcome", "status"), [("succeed", "paid"), ("fail", "unpaid")])
    async def test_an_undecided_payment_ends_later(
        self, client: httpx2.AsyncClient, clock: FakeClock, outcome: str, status: str
    ) -> None:
        session = await a_session(client, clock)
        await self.pay(client, session, card=HANGS)
        settle = f"/sandbox/sessions/{session['id']}/settle"
        settled = await client.post(settle, json={"outcome": outcome})
        assert settled.json()["payment_status"] == status
        assert (await client.post(settle, json={"outcome": outcome})).status_code == 400
        types = [event["type"] for event in (await client.get("/sandbox/event")).json()]
        ending = "succeeded" if outcome == "succeed" else "failed"
        assert types == [
            f"checkout.session.async_payment_{ending}",
            "checkout.session.completed",
        ]


class Shop:
    """Receives webhooks, and accepts them or not."""

    def __init__(self) -> None:
        self.accepts = True
        self.received: list[tuple[JsonObject, str]] = []

    def send(self, body: bytes, signed: str) -> bool:
        self.received.append((json.loads(body), signed))
        return self.accepts


class TestWebhooks:
    @pytest.fixture
    def shop(self) -> Shop:
        return Shop()

    @pytest.fixture
    def webhooks(self, store: Store, account: Account, shop: Shop) -> Webhooks:
        return Webhooks(store, account, "whsec", shop.send)

    async def deliver(self, webhooks: Webhooks, store: Store) -> None:
        for delivery in store.due_deliveries():
            await webhooks.deliver(delivery)

    async def test_delivers_a_signed_event_once(
        self,
        client: httpx2.AsyncClient,
        clock: FakeClock,
        store: Store,
        webhooks: Webhooks,
        shop: Shop,
    ) -> None:
        await a_payment(client, clock)
        for _ in range(2):
            await self.deliver(webhooks, store)
        [(event, signed)] = shop.received
        assert event["type"] == "checkout.session.completed"
        body = json.dumps(event).encode()
        assert signed == signature(body, "whsec", int(clock.now.timestamp()))

    async def test_tries_again_with_growing_pauses(
        self,
        client: httpx2.AsyncClient,
        clock: FakeClock,
        store: Store,
        webhooks: Webhooks,
        shop: Shop,
    ) -> None:
        shop.accepts = False
        await a_payment(client, clock)
        await self.deliver(webhooks, store)
        clock.advance(seconds=0.9)
        await self.deliver(webhooks, store)
        assert len(shop.received) == 1
        for _ in range(2 * MAX_TRIES):
            clock.advance(seconds=61)
            await self.deliver(webhooks, store)
        assert len(shop.received) == MAX_TRIES + 1

    @pytest.mark.parametrize(
        ("switch", "at_once", "later"),
        [(Switch.LOSE, 0, 0), (Switch.DUPLICATE, 2, 2), (Switch.DELAY, 0, 1)],
    )
    async def test_the_switches_lose_duplicate_and_delay(
        self,
        client: httpx2.AsyncClient,
        clock: FakeClock,
        store: Store,
        account: Account,
        webhooks: Webhooks,
        shop: Shop,
        switch: Switch,
        at_once: int,
        later: int,
    ) -> None:
        account.set_switches(Switches(webhooks=switch, delay_seconds=5))
        await a_payment(client, clock)
        await self.deliver(webhooks, store)
        assert len(shop.received) == at_once
        clock.advance(seconds=5)
        await self.deliver(webhooks, store)
        assert len(shop.received) == later

    async def test_reordered_events_all_arrive(
        self,
        client: httpx2.AsyncClient,
        clock: FakeClock,
        store: Store,
        account: Account,
        webhooks: Webhooks,
        shop: Shop,
    ) -> None:
        account.set_switches(Switches(webhooks=Switch.REORDER, delay_seconds=5))
        for _ in range(20):
            await a_payment(client, clock)
        clock.advance(seconds=5)
        await self.deliver(webhooks, store)
        order = [event["id"] for event, _ in shop.received]
        created = [event["id"] for event in reversed(account.all_of("event"))]
        assert sorted(order) == sorted(created)
        assert order != created

    def test_a_shop_that_is_down_does_not_accept(self) -> None:
        assert not sender("http://127.0.0.1:1")(b"{}", "t=1,v1=0")
