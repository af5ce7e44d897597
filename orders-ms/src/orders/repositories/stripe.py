"""The provider Stripe: the only module that knows its API."""

import json
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
import stripe
import structlog
from prometheus_client import Counter

from orders.errors import InvalidEventError, ProviderRefusedError, ProviderUnavailableError
from orders.models.cards import (
    CaptureState,
    CardAttempt,
    CardSession,
    Dispute,
    DisputeState,
    ProviderEvent,
    ProviderRefund,
    RefundOutcome,
    SessionState,
)
from orders.repositories.card_provider import RefundOrder

API_VERSION = "2026-08-26.dahlia"
"""The version of the API whose answers this module reads."""
TIMEOUT = aiohttp.ClientTimeout(total=10)
TOLERANCE_SECONDS = 300
"""How old a signature may be."""
SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
PAYMENT_EVENTS = frozenset(
    {
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
EVENTS = SESSION_EVENTS | PAYMENT_EVENTS
"""The events that the shop needs."""

_SESSION_STATES = {
    "open": SessionState.OPEN,
    "complete": SessionState.COMPLETE,
    "expired": SessionState.EXPIRED,
}
_REFUND_OUTCOMES = {
    "succeeded": RefundOutcome.SUCCEEDED,
    "failed": RefundOutcome.FAILED,
    "canceled": RefundOutcome.FAILED,
}
_DISPUTE_STATES = {
    "lost": DisputeState.LOST,
    "won": DisputeState.WON,
    "warning_closed": DisputeState.WON,
    "prevented": DisputeState.WON,
}
_KEY_IN_USE, _TOO_MANY, _NOT_FOUND, _SERVER_ERROR = 409, 429, 404, 500
_NOT_AUTHORIZED = frozenset({401, 403})

FAILURES = Counter(
    "payment_provider_failures_total", "Requests that the payment provider did not answer."
)

Answer = dict[str, Any]

log = structlog.get_logger(__name__)


class Stripe:
    """Stripe Checkout.

    Args:
        key: The secret key, or a restricted one.
        webhook_secrets: The secrets with which events are signed, two while one replaces the other.
        base_url: Another address of the API than Stripe's, for the sandbox.
    """

    def __init__(self, key: str, webhook_secrets: Sequence[str], base_url: str = "") -> None:
        self._http = stripe.AIOHTTPClient(timeout=TIMEOUT)
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base_url} if base_url else {},
            # The loops of the shop retry.
            max_network_retries=0,
            http_client=self._http,
        )
        self._secrets = tuple(webhook_secrets)
        self.live = "_live_" in key

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def create_session(self, attempt: CardAttempt) -> CardSession:
        """Create the page for an attempt to pay. A repeated call returns the same page."""
        answer = await _ask(
            self._client.v1.checkout.sessions.create_async(
                dict(attempt.parameters),  # type: ignore[arg-type]
                {"idempotency_key": attempt.key},
            )
        )
        return _session(answer)

    async def expire_session(self, session_id: str) -> None:
        """Close a page, so that nobody can pay on it. Nothing happens if it is closed."""
        try:
            await _ask(self._client.v1.checkout.sessions.expire_async(session_id))
        except ProviderRefusedError as error:
            # It was completed or has expired meanwhile, which the next look at it shows.
            log.info("session is closed already", session_id=session_id, code=error.code)

    async def find_session(self, session_id: str) -> CardSession | None:
        """Return what Stripe knows about a session, its refunds and disputes included."""
        try:
            answer = await _ask(
                self._client.v1.checkout.sessions.retrieve_async(
                    session_id, {"expand": ["payment_intent"]}
                )
            )
        except ProviderRefusedError as error:
            if error.code == "resource_missing":
                return None
            raise
        return await self._with_refunds(answer)

    async def find_session_of(self, payment_intent: str) -> CardSession | None:
        """Return the session that a payment belongs to."""
        answer = await _ask(
            self._client.v1.checkout.sessions.list_async(
                {
                    "payment_intent": payment_intent,
                    "limit": 1,
                    "expand": ["data.payment_intent"],
                }
            )
        )
        return await self._with_refunds(answer["data"][0]) if answer["data"] else None

    async def refund(self, order: RefundOrder) -> None:
        """Pay a part of a payment back."""
        request = self._client.v1.refunds.create_async(
            {
                "payment_intent": order.payment_intent,
                "amount": order.amount_cents,
                "metadata": {"order_id": order.order_id, "refund_id": order.refund_id},
            },
            {"idempotency_key": order.key},
        )
        try:
            await _ask(request)
        except ProviderRefusedError as error:
            if error.code == "charge_disputed":
                # It is possible again if the dispute is won.
                raise ProviderUnavailableError(error.code) from error
            raise

    async def events_since(self, since: datetime) -> AsyncIterator[ProviderEvent]:
        """Return the events that the shop needs since a time, newest first.

        Stripe keeps events for 30 days.
        """
        parameters: dict[str, Any] = {
            "types": sorted(EVENTS),
            "created": {"gte": int(since.timestamp())},
            "limit": 100,
        }
        while True:
            answer = await _ask(self._client.v1.events.list_async(parameters))  # type: ignore[arg-type]
            for event in answer["data"]:
                yield _event(event)
            if not answer["has_more"]:
                return
            parameters["starting_after"] = answer["data"][-1]["id"]

    def read_event(self, body: bytes, signature: str) -> ProviderEvent | None:
        """Return an event that Stripe has sent, None if the shop does not need it.

        Raises:
            InvalidEventError: It is not signed by Stripe, or too old.
        """
        for secret in self._secrets:
            try:
                stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
                event = json.loads(body)
                return _event(event) if event["type"] in EVENTS else None
            except (stripe.SignatureVerificationError, ValueError, LookupError, TypeError):
                continue
        raise InvalidEventError

    async def _with_refunds(self, answer: Answer) -> CardSession:
        intent = answer["payment_intent"]
        if not intent or intent["status"] not in {"succeeded", "processing"}:
            return _session(answer)
        of_payment = {"payment_intent": intent["id"], "limit": 100}
        refunds = await _ask(self._client.v1.refunds.list_async(of_payment))  # type: ignore[arg-type]
        disputes = await _ask(self._client.v1.disputes.list_async(of_payment))  # type: ignore[arg-type]
        return _session(answer, refunds["data"], disputes["data"])


async def _ask(request: Awaitable[stripe.StripeObject]) -> Answer:
    try:
        return (await request).to_dict()
    except (stripe.APIConnectionError, aiohttp.ClientError, TimeoutError) as error:
        FAILURES.inc()
        raise ProviderUnavailableError(type(error).__name__) from error
    except stripe.StripeError as error:
        translated = _translated(error)
        if isinstance(translated, ProviderUnavailableError):
            FAILURES.inc()
        raise translated from error


def _translated(error: stripe.StripeError) -> Exception:
    status, code = error.http_status or _SERVER_ERROR, str(error.code or type(error).__name__)
    if status in _NOT_AUTHORIZED:
        log.error("the payment provider refuses the key", status=status, code=code)
        return ProviderUnavailableError(code)
    if status in {_KEY_IN_USE, _TOO_MANY}:
        return ProviderUnavailableError(code)
    if status >= _SERVER_ERROR:
        return ProviderUnavailableError(f"HTTP {status}", is_repeated=True)
    return ProviderRefusedError(code)


def _session(
    answer: Answer, refunds: Sequence[Answer] = (), disputes: Sequence[Answer] = ()
) -> CardSession:
    state = _SESSION_STATES[answer["status"]]
    intent = answer.get("payment_intent")
    return CardSession(
        id=answer["id"],
        key=(answer.get("metadata") or {}).get("attempt", ""),
        state=state,
        capture=_capture(answer, state),
        amount_cents=answer["amount_total"],
        currency=answer["currency"].upper(),
        live=answer["livemode"],
        url=answer.get("url") or "",
        payment_intent=intent["id"] if isinstance(intent, Mapping) else intent or "",
        refunds=tuple(_refund(refund) for refund in refunds),
        disputes=tuple(
            Dispute(
                dispute["id"],
                dispute["amount"],
                _DISPUTE_STATES.get(dispute["status"], DisputeState.OPEN),
            )
            for dispute in disputes
        ),
    )


def _capture(answer: Answer, state: SessionState) -> CaptureState:
    if answer["payment_status"] == "paid":
        return CaptureState.PAID
    if state is not SessionState.COMPLETE:
        return CaptureState.UNPAID
    # `completed` does not mean paid: some payments are decided later.
    intent = answer.get("payment_intent")
    if isinstance(intent, Mapping) and intent["status"] in {"requires_payment_method", "canceled"}:
        return CaptureState.FAILED
    return CaptureState.PROCESSING


def _refund(answer: Answer) -> ProviderRefund:
    return ProviderRefund(
        id=answer["id"],
        refund_id=(answer.get("metadata") or {}).get("refund_id", ""),
        amount_cents=answer["amount"],
        outcome=_REFUND_OUTCOMES.get(answer["status"], RefundOutcome.PENDING),
    )


def _event(event: Mapping[str, Any]) -> ProviderEvent:
    subject = event["data"]["object"]
    is_session = event["type"] in SESSION_EVENTS
    return ProviderEvent(
        id=event["id"],
        type=event["type"],
        created_at=datetime.fromtimestamp(event["created"], UTC),
        live=event["livemode"],
        session_id=subject["id"] if is_session else "",
        payment_intent="" if is_session else subject.get("payment_intent") or "",
    )
