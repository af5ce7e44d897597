"""The objects of the API as Stripe answers them."""

from typing import Any

from shopkit.stripe_sandbox.parameters import CreateRefund, CreateSession

API_VERSION = "2026-08-26.dahlia"

Object = dict[str, Any]


def session(id_: str, wanted: CreateSession, url: str, now: int) -> Object:
    """Return a new session of Checkout."""
    total = sum(item.quantity * item.price_data.unit_amount for item in wanted.line_items)
    return {
        "id": id_,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": wanted.adaptive_pricing.enabled},
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": wanted.cancel_url,
        "client_reference_id": wanted.client_reference_id,
        "created": now,
        "currency": wanted.line_items[0].price_data.currency,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "expires_at": wanted.expires_at,
        "livemode": False,
        "metadata": wanted.metadata,
        "mode": wanted.mode,
        "payment_intent": None,
        "payment_method_types": wanted.payment_method_types,
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "success_url": wanted.success_url,
        "ui_mode": "hosted_page",
        "url": url,
    }


def payment_intent(id_: str, of: Object, metadata: Object, status: str, now: int) -> Object:
    """Return the payment of a session."""
    paid = status == "succeeded"
    return {
        "id": id_,
        "object": "payment_intent",
        "amount": of["amount_total"],
        "amount_received": of["amount_total"] if paid else 0,
        "capture_method": "automatic_async",
        "created": now,
        "currency": of["currency"],
        "latest_charge": id_.replace("pi_", "ch_") if paid else None,
        "livemode": False,
        "metadata": metadata,
        "payment_method_types": ["card"],
        "status": status,
    }


def refund(id_: str, wanted: CreateRefund, intent: Object, status: str, now: int) -> Object:
    """Return a new refund."""
    return {
        "id": id_,
        "object": "refund",
        "amount": wanted.amount,
        "charge": intent["latest_charge"],
        "created": now,
        "currency": intent["currency"],
        "metadata": wanted.metadata,
        "payment_intent": intent["id"],
        "reason": None,
        "status": status,
    }


def charge(intent: Object, refunded: int, *, disputed: bool) -> Object:
    """Return the charge of a payment."""
    return {
        "id": intent["latest_charge"],
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": refunded,
        "billing_details": {
            "address": None,
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "captured": True,
        "created": intent["created"],
        "currency": intent["currency"],
        "disputed": disputed,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": True,
        "payment_intent": intent["id"],
        "refunded": refunded == intent["amount"],
        "status": "succeeded",
    }


def dispute(id_: str, intent: Object, now: int) -> Object:
    """Return a new dispute about a payment."""
    return {
        "id": id_,
        "object": "dispute",
        "amount": intent["amount"],
        "balance_transactions": [],
        "charge": intent["latest_charge"],
        "created": now,
        "currency": intent["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + 7 * 24 * 60 * 60,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent["id"],
        "reason": "fraudulent",
        "status": "needs_response",
    }


_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def event(id_: str, type_: str, subject: Object, now: int) -> Object:
    """Return a new event."""
    return {
        "id": id_,
        "object": "event",
        "api_version": API_VERSION,
        "created": now,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
    }


def page(objects: list[Object], url: str, limit: int) -> Object:
    """Return a list of objects, at most so many."""
    return {
        "object": "list",
        "data": objects[:limit],
        "has_more": len(objects) > limit,
        "url": url,
    }
