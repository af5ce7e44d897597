"""What follows for an order from what the provider of card payments knows about it."""

import hashlib
from dataclasses import replace

from orders.errors import RefundTooLargeError
from orders.models import transitions
from orders.models.cards import (
    CaptureState,
    CardAttempt,
    CardSession,
    Dispute,
    DisputeState,
    ProviderRefund,
    RefundOutcome,
)
from orders.models.order import Order
from orders.models.payment import PaymentTerms, Receipt, ReceiptMethod, Refund, RefundKind
from orders.models.transitions import Act, OrderAction


def apply_session(
    order: Order, attempt: CardAttempt, session: CardSession, act: Act, terms: PaymentTerms
) -> Order:
    """Return the order after what the provider knows. It is the same order if nothing is new."""
    if session.capture is CaptureState.PAID and not _is_as_requested(attempt, session):
        kind = "live" if session.live else "test"
        paid = f"{session.amount_cents / 100:.2f} {session.currency} ({kind})"
        problem = f"Card payment {session.payment_intent} of {paid} was not asked for."
        return transitions.report(order, act, problem)
    order = _with_capture(order, session, act, terms)
    for refund in session.refunds:
        order = _with_refund(order, refund, act)
    return _with_disputes(order, session, act)


def _is_as_requested(attempt: CardAttempt, session: CardSession) -> bool:
    found = (session.amount_cents, session.currency, session.live)
    return found == (attempt.amount_cents, attempt.currency, attempt.live)


def _with_capture(order: Order, session: CardSession, act: Act, terms: PaymentTerms) -> Order:
    if session.capture is CaptureState.PAID:
        if order.payment.card_receipt(session.payment_intent):
            return order
        receipt = Receipt(
            act.id, session.amount_cents, ReceiptMethod.CARD, session.payment_intent, act.at
        )
        return transitions.record_payment(order, act, receipt)
    if session.capture is CaptureState.PROCESSING:
        is_new = transitions.is_allowed(order, OrderAction.PROCESS)
        return transitions.process(order, act) if is_new else order
    if session.capture is CaptureState.FAILED:
        is_new = transitions.is_allowed(order, OrderAction.PAYMENT_FAILED)
        return transitions.fail_payment(order, act, terms) if is_new else order
    return order


def _with_refund(order: Order, refund: ProviderRefund, act: Act) -> Order:
    stored = next((own for own in order.payment.refunds if own.id == refund.refund_id), None)
    if stored is None or stored.amount_cents != refund.amount_cents:
        amount = f"{refund.amount_cents / 100:.2f}"
        problem = f"Refund {refund.id} of {amount} was not requested by the shop."
        return transitions.report(order, act, problem)
    if refund.outcome is RefundOutcome.SUCCEEDED and stored.paid_at is None:
        return transitions.paid_out(order, act, stored, refund.id)
    if refund.outcome is RefundOutcome.SUCCEEDED and _was_paid_otherwise(order, refund):
        return transitions.report(order, act, f"Refund {refund.id} was paid a second time.")
    if refund.outcome is RefundOutcome.FAILED and not stored.failed:
        return fail_refund(order, act, stored.id, refund.id)
    return order


def _was_paid_otherwise(order: Order, refund: ProviderRefund) -> bool:
    """Return whether a refund was paid out, and not by this one at the provider."""
    return not any(
        entry.action == OrderAction.PAYOUT and entry.detail.endswith(refund.id)
        for entry in order.timeline
    )


def fail_refund(order: Order, act: Act, refund_id: str, reference: str) -> Order:
    """Return the order after the provider could not pay a refund, which an admin has to solve."""
    failed = replace(order, payment=order.payment.refund_failed(refund_id))
    problem = f"The provider could not pay the refund {refund_id} ({reference})."
    return transitions.report(failed, act, problem)


def _with_disputes(order: Order, session: CardSession, act: Act) -> Order:
    for dispute in session.disputes:
        if dispute.state is DisputeState.LOST:
            order = _with_lost_dispute(order, session, dispute, act)
    disputed = any(dispute.state is DisputeState.OPEN for dispute in session.disputes)
    if disputed is order.payment.disputed or not session.disputes:
        return order
    ids = ", ".join(dispute.id for dispute in session.disputes)
    return transitions.dispute(order, act, disputed=disputed, detail=ids)


def _with_lost_dispute(order: Order, session: CardSession, dispute: Dispute, act: Act) -> Order:
    # The id follows from the dispute, so that it is booked once.
    id_ = hashlib.sha256(dispute.id.encode()).hexdigest()[:24]
    problem = f"Dispute {dispute.id} of {dispute.amount_cents / 100:.2f} was lost."
    if any(refund.id == id_ for refund in order.payment.refunds):
        return order
    lost = Refund(id_, RefundKind.DISPUTE, dispute.amount_cents, dispute.id, act.at)
    try:
        order = transitions.lose_dispute(order, act, lost)
    except RefundTooLargeError:
        # It was to be paid back anyway. The provider refuses those refunds from now on.
        receipt = order.payment.card_receipt(session.payment_intent)
        for refund in order.payment.refunds:
            if receipt and refund.receipt_id == receipt.id and refund.waits_for_provider:
                order = replace(order, payment=order.payment.refund_failed(refund.id))
    return transitions.report(order, act, problem)
