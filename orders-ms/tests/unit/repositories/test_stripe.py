"""The class for Stripe against the sandbox, and both against Stripe's published OpenAPI document.

Every request of the class and every answer of the sandbox matches the document's schemas, which
`stripe_api/extract.py` has cut out of it.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
import stripe as library

from orders.errors import InvalidEventError, ProviderRefusedError, ProviderUnavailableError
from orders.models.cards import (
    CaptureState,
    CardAttempt,
    CardSession,
    Dispute,
    DisputeState,
    RefundOutcome,
    SessionState,
)
from orders.repositories.card_provider import RefundOrder
from orders.repositories.stripe import API_VERSION, EVENTS, Stripe
from shopkit.stripe_sandbox.parameters import parse
from shopkit.stripe_sandbox.switches import Api, Refunds, Switches
from shopkit.stripe_sandbox.webhooks import signature
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON, an_id
from shopkit.testing.sandboxes import KEY, RunningSandbox

DOCUMENT = json.loads((Path(__file__).parent / "stripe_api" / "schemas.json").read_text("utf-8"))
SUBJECTS = {"checkout": "checkout.session", "refund": "refund", "charge": "charge"}


@dataclass(frozen=True)
class Exchange:
    """A request to the API, and its answer."""

    method: str
    path: str
    text: str
    headers: Mapping[str, str]
    status: int
    answer: Any


@pytest.fixture
def exchanges(monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    """What the library sends and receives."""
    recorded: list[Exchange] = []
    request = library.AIOHTTPClient.request_async

    async def record(
        client: Any, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> Any:
        content, status, answered = await request(client, method, url, headers, post_data)
        parts = urlsplit(url)
        text = post_data if method == "post" else parts.query
        recorded.append(
            Exchange(method.upper(), parts.path, text or "", headers, status, json.loads(content))
        )
        return content, status, answered

    monkeypatch.setattr(library.AIOHTTPClient, "request_async", record)
    return recorded


def validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**schema, "$defs": DOCUMENT["$defs"]})


def require_object(answer: Any, name: str) -> None:
    validator({"$ref": f"#/$defs/{name}"}).validate(answer)


def require_answer(exchange: Exchange) -> None:
    """Check an answer: an error, a list, or an object."""
    if exchange.status >= 400:
        require_object(exchange.answer, "error")
    elif exchange.answer["object"] == "list":
        assert exchange.answer.keys() == {"object", "data", "has_more", "url"}
        for item in exchange.answer["data"]:
            require_object(item, item["object"])
    else:
        require_object(exchange.answer, exchange.answer["object"])


def require_request(exchange: Exchange) -> None:
    """Check a request, whose numbers are texts in the form."""
    path = exchange.path
    if path.startswith("/v1/checkout/sessions/"):
        path = "/v1/checkout/sessions/{session}" + path.partition("/expire")[1]
    schema = DOCUMENT["requests"][f"{exchange.method} {path}"]
    validator(schema).validate(typed(parse(exchange.text), schema))
    assert exchange.headers["Stripe-Version"] == API_VERSION == DOCUMENT["version"]


def typed(value: Any, schema: Any) -> Any:
    """Return the values of a form with the types that a schema wants."""
    options = schema.get("anyOf", [schema])
    if isinstance(value, dict):
        schema = next(option for option in options if option.get("type") == "object")
        known = schema.get("properties", {})
        return {name: typed(item, known.get(name, {})) for name, item in value.items()}
    if isinstance(value, list):
        schema = next(option for option in options if option.get("type") == "array")
        return [typed(item, schema["items"]) for item in value]
    types = {option.get("type") for option in options}
    if "integer" in types and value.isdecimal():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if "boolean" in types else value


def an_attempt(**changes: Any) -> CardAttempt:
    metadata = {"order_id": an_id(9), "attempt": f"{an_id(9)}-1"}
    price = {"currency": "eur", "unit_amount": 1_250, "product_data": {"name": "Order 7K3Q9ZDM"}}
    parameters = {
        "mode": "payment",
        "payment_method_types": ["card"],
        "line_items": [{"price_data": price, "quantity": 1}],
        "adaptive_pricing": {"enabled": False},
        "client_reference_id": an_id(9),
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "success_url": "https://shop.example/orders/1",
        "cancel_url": "https://shop.example/orders/1",
        "expires_at": int((NOON + timedelta(minutes=60)).timestamp()),
    }
    return CardAttempt(
        key=f"{an_id(9)}-1",
        order_id=an_id(9),
        number=1,
        amount_cents=1_250,
        currency="EUR",
        live=False,
        parameters=parameters | changes,
        created_at=NOON,
    )


async def paid(stripe: Stripe, sandbox: RunningSandbox) -> CardSession:
    session = await stripe.create_session(an_attempt())
    sandbox.account.pay(session.id, status="succeeded")
    found = await stripe.find_session(session.id)
    assert found
    return found


def refund_of(session: CardSession, amount_cents: int = 500, key: str = "r-0") -> RefundOrder:
    return RefundOrder(key, an_id(5), an_id(9), session.payment_intent, amount_cents)


class TestHonesty:
    async def test_every_request_and_answer_matches_the_document(
        self, stripe: Stripe, sandbox: RunningSandbox, exchanges: list[Exchange]
    ) -> None:
        # Given everything that the shop does, and every answer of the sandbox.
        session = await paid(stripe, sandbox)
        await stripe.find_session_of(session.payment_intent)
        await stripe.refund(refund_of(session))
        sandbox.account.set_switches(Switches(refunds=Refunds.FAIL))
        await stripe.refund(refund_of(session, key="r-1"))
        dispute = sandbox.account.open_dispute(session.payment_intent)
        await stripe.find_session(session.id)
        with pytest.raises(ProviderUnavailableError):
            await stripe.refund(refund_of(session, key="r-2"))
        sandbox.account.close_dispute(dispute["id"], won=False)
        second = await stripe.create_session(replace(an_attempt(), key="second"))
        sandbox.account.pay(second.id, status="processing")
        await stripe.find_session(second.id)
        sandbox.account.settle_session(second.id, paid=False)
        await stripe.find_session(second.id)
        third = await stripe.create_session(replace(an_attempt(), key="third"))
        await stripe.expire_session(third.id)
        await stripe.expire_session(third.id)
        assert await stripe.find_session("cs_unknown") is None
        sandbox.account.set_switches(Switches(api=Api.FAIL))
        with pytest.raises(ProviderUnavailableError):
            await stripe.find_session(session.id)
        sandbox.account.set_switches(Switches())
        events = [event async for event in stripe.events_since(NOON)]
        # Then
        for exchange in exchanges:
            require_request(exchange)
            require_answer(exchange)
        assert {exchange.status for exchange in exchanges} == {200, 400, 404, 500}
        assert len({(exchange.method, exchange.path.count("/")) for exchange in exchanges}) > 4
        assert {event.type for event in events} <= EVENTS
        assert len(events) == 11

    async def test_every_event_matches_the_document(
        self, stripe: Stripe, sandbox: RunningSandbox
    ) -> None:
        session = await paid(stripe, sandbox)
        await stripe.refund(refund_of(session))
        sandbox.account.close_dispute(
            sandbox.account.open_dispute(session.payment_intent)["id"], won=True
        )
        events = sandbox.account.all_of("event")
        assert len(events) == 5
        for event in events:
            require_object(event, "event")
            subject = event["data"]["object"]
            require_object(subject, subject["object"])

    def test_the_document_refuses_what_it_does_not_know(self) -> None:
        schema = validator(DOCUMENT["requests"]["POST /v1/refunds"])
        assert schema.is_valid({"payment_intent": "pi_1", "amount": 1})
        assert not schema.is_valid({"payment_intent": "pi_1", "amount": 1, "note": "x"})
        assert not schema.is_valid({"payment_intent": "pi_1", "amount": "x"})
        refund = validator({"$ref": "#/$defs/refund"})
        values = {"id": "re", "object": "refund", "amount": 1, "created": 1, "currency": "eur"}
        assert refund.is_valid(values)
        assert not refund.is_valid(values | {"paid": True})


class TestSessions:
    async def test_a_repeated_request_gets_the_same_page(
        self, stripe: Stripe, sandbox: RunningSandbox
    ) -> None:
        first = await stripe.create_session(an_attempt())
        assert await stripe.create_session(an_attempt()) == first
        assert first.url == f"{sandbox.url}/pay/{first.id}"
        assert (first.key, first.state) == (f"{an_id(9)}-1", SessionState.OPEN)
        assert (first.amount_cents, first.currency, first.live) == (1_250, "EUR", False)

    async def test_reports_a_payment_with_its_refunds_and_disputes(
        self, stripe: Stripe, sandbox: RunningSandbox
    ) -> None:
        session = await paid(stripe, sandbox)
        await stripe.refund(refund_of(session))
        dispute = sandbox.account.open_dispute(session.payment_intent)
        found = await stripe.find_session_of(session.payment_intent)
        assert found
        assert (found.id, found.state, found.capture) == (
            session.id,
            SessionState.COMPLETE,
            CaptureState.PAID,
        )
        [refund] = found.refunds
        assert refund[1:] == (an_id(5), 500, RefundOutcome.SUCCEEDED)
        assert found.disputes == (Dispute(dispute["id"], 1_250, DisputeState.OPEN),)

    async def test_unknown_ones_are_none(self, stripe: Stripe) -> None:
        assert await stripe.find_session("cs_unknown") is None
        assert await stripe.find_session_of("pi_unknown") is None

    @pytest.mark.parametrize("minutes", [29, 24 * 60 + 1])
    async def test_the_page_is_open_for_half_an_hour_to_a_day(
        self, stripe: Stripe, minutes: int
    ) -> None:
        expires_at = int((NOON + timedelta(minutes=minutes)).timestamp())
        with pytest.raises(ProviderRefusedError):
            await stripe.create_session(an_attempt(expires_at=expires_at))


class TestErrors:
    async def test_no_answer_leaves_the_key_as_it_is(self) -> None:
        unreachable = Stripe(KEY, ["whsec"], "http://127.0.0.1:1")
        with pytest.raises(ProviderUnavailableError) as raised:
            await unreachable.create_session(an_attempt())
        assert not raised.value.is_repeated
        await unreachable.close()

    async def test_an_error_belongs_to_the_key(
        self, stripe: Stripe, sandbox: RunningSandbox
    ) -> None:
        sandbox.account.set_switches(Switches(api=Api.FAIL_AFTER_WORK))
        with pytest.raises(ProviderUnavailableError) as raised:
            await stripe.create_session(an_attempt())
        assert raised.value.is_repeated
        sandbox.account.set_switches(Switches())
        with pytest.raises(ProviderUnavailableError):
            await stripe.create_session(an_attempt())
        await stripe.create_session(replace(an_attempt(), key="other"))

    async def test_a_wrong_key_can_be_corrected(self, sandbox: RunningSandbox) -> None:
        stripe = Stripe("sk_test_wrong", ["whsec"], sandbox.url)
        with pytest.raises(ProviderUnavailableError) as raised:
            await stripe.create_session(an_attempt())
        assert not raised.value.is_repeated
        await stripe.close()

    async def test_a_wrong_request_is_refused(self, stripe: Stripe) -> None:
        with pytest.raises(ProviderRefusedError) as raised:
            await stripe.create_session(an_attempt(note="x"))
        assert raised.value.code == "parameter_unknown"


class TestRefunds:
    async def test_more_than_is_left_is_refused(
        self, stripe: Stripe, sandbox: RunningSandbox
    ) -> None:
        session = await paid(stripe, sandbox)
        with pytest.raises(ProviderRefusedError):
            await stripe.refund(refund_of(session, 1_251))

    async def test_a_disputed_payment_can_be_paid_back_later(
        self, stripe: Stripe, sandbox: RunningSandbox
    ) -> None:
        session = await paid(stripe, sandbox)
        dispute = sandbox.account.open_dispute(session.payment_intent)
        with pytest.raises(ProviderUnavailableError) as raised:
            await stripe.refund(refund_of(session))
        assert not raised.value.is_repeated
        sandbox.account.close_dispute(dispute["id"], won=True)
        await stripe.refund(refund_of(session))
        assert len(sandbox.account.all_of("refund")) == 1


class TestEvents:
    async def test_lists_all_pages_newest_first(
        self, stripe: Stripe, sandbox: RunningSandbox, clock: FakeClock
    ) -> None:
        for number in range(101):
            session = await stripe.create_session(replace(an_attempt(), key=str(number)))
            sandbox.account.expire_session(session.id)
        events = [event async for event in stripe.events_since(NOON)]
        assert len({event.id for event in events}) == 101
        clock.advance(seconds=1)
        assert [event async for event in stripe.events_since(clock.now)] == []

    @pytest.mark.parametrize("secret", ["whsec_old", "whsec_new"])
    async def test_reads_an_event_with_either_secret(
        self, stripe: Stripe, sandbox: RunningSandbox, secret: str
    ) -> None:
        session = await paid(stripe, sandbox)
        body = json.dumps(sandbox.account.all_of("event")[0]).encode()
        event = stripe.read_event(body, signature(body, secret, int(time.time())))
        assert event
        assert (event.type, event.session_id) == ("checkout.session.completed", session.id)
        assert event.created_at == NOON

    async def test_ignores_events_that_the_shop_does_not_need(self, stripe: Stripe) -> None:
        body = b'{"object": "event", "id": "evt_1", "type": "customer.created"}'
        assert stripe.read_event(body, signature(body, "whsec_new", int(time.time()))) is None

    @pytest.mark.parametrize(
        ("body", "secret", "age_seconds"),
        [
            (b"{}", "whsec_other", 0),
            (b"{}", "whsec_new", 301),
            (b"{}", "whsec_new", 0),
            (b"\xff", "whsec_new", 0),
            (b"no json", "whsec_new", 0),
        ],
    )
    async def test_refuses_forged_old_and_broken_ones(
        self, stripe: Stripe, body: bytes, secret: str, age_seconds: int
    ) -> None:
        signed = signature(body, secret, int(time.time()) - age_seconds)
        with pytest.raises(InvalidEventError):
            stripe.read_event(body, signed)

    @pytest.mark.parametrize("header", ["", "t=1", "v1=a", "t=x,v1=a", "t=1,v1=é"])
    async def test_refuses_odd_signatures(self, stripe: Stripe, header: str) -> None:
        with pytest.raises(InvalidEventError):
            stripe.read_event(b"{}", header)
