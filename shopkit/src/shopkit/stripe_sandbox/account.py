"""An account at Stripe: what its API does, and what its customers and banks do."""

import random
from typing import Literal

from shopkit.stripe_sandbox import objects
from shopkit.stripe_sandbox.errors import ApiError, MissingError
from shopkit.stripe_sandbox.objects import Object
from shopkit.stripe_sandbox.parameters import (
    CreateRefund,
    CreateSession,
    ListEvents,
)
from shopkit.stripe_sandbox.store import Store
from shopkit.stripe_sandbox.switches import Refunds, Switches, Webhooks

MINIMUM_CENTS, MAXIMUM_CENTS = 50, 99_999_999
MINIMUM_SECONDS, MAXIMUM_SECONDS = 30 * 60, 24 * 60 * 60
_SWITCHES = "switches"
_OPEN_DISPUTE = "needs_response"


class Account:
    """The objects of an account.

    Args:
        store: The stored objects.
        page_url: The address with which the pages of Checkout begin.
    """

    def __init__(self, store: Store, page_url: str) -> None:
        self._store = store
        self._page_url = page_url

    @property
    def switches(self) -> Switches:
        """How the sandbox behaves."""
        stored = self._store.get(_SWITCHES, _SWITCHES)
        return Switches.model_validate(stored["values"]) if stored else Switches()

    def set_switches(self, switches: Switches) -> None:
        """Change how the sandbox behaves."""
        values = switches.model_dump(mode="json")
        self._store.put(_SWITCHES, {"id": _SWITCHES, "values": values})

    def create_session(self, wanted: CreateSession) -> Object:
        """Create a page on which a customer pays."""
        id_ = self._store.new_id("cs_test")
        new = objects.session(id_, wanted, f"{self._page_url}/pay/{id_}", self._now)
        if new["amount_total"] < MINIMUM_CENTS:
            raise ApiError(400, "The total is too small.", code="amount_too_small")
        if new["amount_total"] > MAXIMUM_CENTS:
            raise ApiError(400, "The total is too large.", code="amount_too_large")
        seconds = wanted.expires_at - self._store.clock()
        if not MINIMUM_SECONDS <= seconds <= MAXIMUM_SECONDS:
            message = "`expires_at` must be 30 minutes to 24 hours from now."
            raise ApiError(400, message, parameter="expires_at")
        metadata = wanted.payment_intent_data.metadata
        self._store.put("intent_metadata", {"id": f"{id_}_intent", "metadata": metadata})
        return self._store.put("session", new)

    def session(self, id_: str, *, expand: bool = False) -> Object:
        """Return a session, with its payment if it is expanded."""
        self.expire_sessions()
        return self._expanded(self._require("session", id_), expand=expand)

    def sessions_of(self, payment_intent: str, *, expand: bool) -> list[Object]:
        """Return the sessions of a payment."""
        found = self._store.find("session", payment_intent=payment_intent)
        return [self._expanded(session, expand=expand) for session in found]

    def expire_session(self, id_: str) -> Object:
        """Close a page."""
        session = self.session(id_)
        if session["status"] != "open":
            raise ApiError(400, f"A session that is {session['status']} cannot be expired.")
        return self._expire(session)

    def expire_sessions(self) -> None:
        """Close the pages whose time has come."""
        for session in self._store.find("session", status="open"):
            if session["expires_at"] <= self._store.clock():
                self._expire(session)

    def pay(self, id_: str, *, status: Literal["succeeded", "processing"]) -> Object:
        """Pay on a page, or leave the payment undecided."""
        session = self.session(id_)
        if session["status"] != "open":
            raise ApiError(400, f"The session is {session['status']}.")
        stored = self._require("intent_metadata", f"{id_}_intent")
        intent = objects.payment_intent(
            self._store.new_id("pi"), session, stored["metadata"], status, self._now
        )
        self._store.put("payment_intent", intent)
        session |= {
            "status": "complete",
            "payment_intent": intent["id"],
            "payment_status": "paid" if status == "succeeded" else "unpaid",
            "url": None,
        }
        self._store.put("session", session)
        self._report("checkout.session.completed", session)
        return session

    def settle_session(self, id_: str, *, paid: bool) -> Object:
        """Decide an undecided payment."""
        session = self.session(id_)
        intent = self._require("payment_intent", session["payment_intent"] or "none")
        if intent["status"] != "processing":
            raise ApiError(400, f"The payment is {intent['status']}.")
        if paid:
            intent |= {
                "status": "succeeded",
                "amount_received": intent["amount"],
                "latest_charge": intent["id"].replace("pi_", "ch_"),
            }
            session["payment_status"] = "paid"
        else:
            intent["status"] = "requires_payment_method"
        self._store.put("payment_intent", intent)
        self._store.put("session", session)
        outcome = "succeeded" if paid else "failed"
        self._report(f"checkout.session.async_payment_{outcome}", session)
        return session

    def create_refund(self, wanted: CreateRefund) -> Object:
        """Pay a part of a payment back."""
        intent = self._require("payment_intent", wanted.payment_intent)
        if intent["status"] != "succeeded":
            raise ApiError(400, "The payment has no charge.", code="charge_not_captured")
        if self._store.find("dispute", payment_intent=intent["id"], status=_OPEN_DISPUTE):
            raise ApiError(400, "The charge is disputed.", code="charge_disputed")
        left = intent["amount"] - self._refunded(intent)
        if not left:
            raise ApiError(400, "It was paid back.", code="charge_already_refunded")
        if wanted.amount > left:
            raise ApiError(400, f"At most {left} can be paid back.", parameter="amount")
        status = "succeeded" if self.switches.refunds is Refunds.SUCCEED else "pending"
        id_ = self._store.new_id("re")
        refund = objects.refund(id_, wanted, intent, status, self._now)
        self._store.put("refund", refund)
        self._report("refund.created", refund)
        self._report("charge.refunded", self._charge(intent))
        if self.switches.refunds is Refunds.FAIL:
            return self.settle_refund(id_, paid=False)
        return refund

    def settle_refund(self, id_: str, *, paid: bool) -> Object:
        """Decide a refund. One that has succeeded can still fail at the customer's bank."""
        refund = self._require("refund", id_)
        refund["status"] = "succeeded" if paid else "failed"
        if not paid:
            refund["failure_reason"] = "unknown"
        self._store.put("refund", refund)
        self._report("refund.updated" if paid else "refund.failed", refund)
        return refund

    def of_payment(self, kind: str, payment_intent: str) -> list[Object]:
        """Return the refunds or disputes of a payment, newest first."""
        return self._store.find(kind, payment_intent=payment_intent)

    def all_of(self, kind: str) -> list[Object]:
        """Return all objects of a kind, newest first."""
        return self._store.find(kind)

    def open_dispute(self, payment_intent: str) -> Object:
        """Let the holder of the card dispute a payment."""
        intent = self._require("payment_intent", payment_intent)
        dispute = objects.dispute(self._store.new_id("du"), intent, self._now)
        self._store.put("dispute", dispute)
        self._report("charge.dispute.created", dispute)
        return dispute

    def close_dispute(self, id_: str, *, won: bool) -> Object:
        """Let the bank decide a dispute."""
        dispute = self._require("dispute", id_)
        dispute["status"] = "won" if won else "lost"
        self._store.put("dispute", dispute)
        self._report("charge.dispute.closed", dispute)
        return dispute

    def events(self, wanted: ListEvents) -> list[Object]:
        """Return events, newest first."""
        found = [
            event
            for event in self._store.find("event")
            if event["created"] >= wanted.created.gte
            and (not wanted.types or event["type"] in wanted.types)
        ]
        if wanted.starting_after is None:
            return found
        ids = [event["id"] for event in found]
        return found[ids.index(wanted.starting_after) + 1 :] if wanted.starting_after in ids else []

    def event(self, id_: str) -> Object:
        """Return an event."""
        return self._require("event", id_)

    @property
    def _now(self) -> int:
        return int(self._store.clock())

    def _require(self, kind: str, id_: str) -> Object:
        found = self._store.get(kind, id_)
        if found is None:
            raise MissingError(kind, id_)
        return found

    def _expanded(self, session: Object, *, expand: bool) -> Object:
        id_ = session["payment_intent"]
        return (
            session | {"payment_intent": self._require("payment_intent", id_)}
            if (expand and id_)
            else session
        )

    def _expire(self, session: Object) -> Object:
        session |= {"status": "expired", "url": None}
        self._store.put("session", session)
        self._report("checkout.session.expired", session)
        return session

    def _refunded(self, intent: Object) -> int:
        refunds = self._store.find("refund", payment_intent=intent["id"])
        return sum(refund["amount"] for refund in refunds if refund["status"] != "failed")

    def _charge(self, intent: Object) -> Object:
        disputes = self._store.find("dispute", payment_intent=intent["id"])
        return objects.charge(intent, self._refunded(intent), disputed=bool(disputes))

    def _report(self, type_: str, subject: Object) -> None:
        """Create an event, and deliver it as the switches say."""
        event = objects.event(self._store.new_id("evt"), type_, subject, self._now)
        self._store.put("event", event)
        switches, now = self.switches, self._store.clock()
        if switches.webhooks is Webhooks.LOSE:
            return
        if switches.webhooks is Webhooks.DELAY:
            now += switches.delay_seconds
        if switches.webhooks is Webhooks.REORDER:
            now += random.uniform(0, switches.delay_seconds)  # noqa: S311 - it keeps no secret.
        self._store.deliver(event, now)
        if switches.webhooks is Webhooks.DUPLICATE:
            self._store.deliver(event, now)
