"""What follows for an order from what the provider knows. `services/test_cards` has the rest."""

from dataclasses import replace
from datetime import timedelta

from orders.models import transitions
from orders.models.card_outcomes import apply_session
from orders.models.cards import (
    CHECK_INTERVAL,
    SOON,
    CaptureState,
    CardAttempt,
    CardSession,
    Dispute,
    DisputeState,
    ProviderRefund,
    RefundOutcome,
    SessionState,
    concerns_provider,
    is_payable,
)
from orders.models.order import HistoryEntry, Line, Order, TimelineEntry
from orders.models.payment import (
    Payment,
    PaymentMethod,
    PaymentState,
    PaymentTerms,
    Receipt,
    ReceiptMethod,
    Refund,
    RefundKind,
)
from orders.models.transitions import SHOP, Act
from shopkit.contract.events import OrderStatus
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

ACT = Act(SHOP, NOON + timedelta(hours=1), an_id(99))
TERMS = PaymentTerms()
RECEIPT = Receipt(an_id(1), 2_000, ReceiptMethod.CARD, "pi_1", NOON)
PAID = Payment(PaymentMethod.CARD, PaymentState.PAID, receipts=(RECEIPT,))
DUE = Payment(PaymentMethod.CARD, PaymentState.DUE, due_at=NOON + timedelta(hours=1))
ATTEMPT = CardAttempt(
    key=f"{an_id(9)}-1",
    order_id=an_id(9),
    number=1,
    amount_cents=2_000,
    currency="EUR",
    live=False,
    parameters={},
    created_at=NOON,
)
SESSION = CardSession(
    id="cs_1",
    key=ATTEMPT.key,
    state=SessionState.COMPLETE,
    capture=CaptureState.PAID,
    amount_cents=2_000,
    currency="EUR",
    live=False,
    payment_intent="pi_1",
)
LOST = replace(SESSION, disputes=(Dispute("du_1", 2_000, DisputeState.LOST),))


def an_order(payment: Payment = PAID) -> Order:
    """Return an accepted order of 20.00."""
    return Order(
        id=an_id(9),
        email="ann@shop.com",
        lines=(Line(an_id(7), "Chair", 1_000, 2),),
        history=(HistoryEntry(OrderStatus.PENDING, NOON), HistoryEntry(OrderStatus.ACCEPTED, NOON)),
        trace_context=TRACE_CONTEXT,
        number="7K3Q9ZDM",
        payment=payment,
    )


def apply(order: Order, session: CardSession) -> Order:
    return apply_session(order, ATTEMPT, session, ACT, TERMS)


def test_what_is_known_changes_nothing() -> None:
    order = an_order()
    assert apply(order, SESSION) is order
    unpaid = an_order(DUE)
    assert apply(unpaid, replace(SESSION, capture=CaptureState.UNPAID)) is unpaid
    for capture in (CaptureState.PROCESSING, CaptureState.FAILED):
        assert apply(order, replace(SESSION, capture=capture)) is order


def test_live_money_for_a_test_attempt_is_reported_once() -> None:
    order = apply(an_order(DUE), replace(SESSION, live=True))
    assert order.problem == "Card payment pi_1 of 20.00 EUR (live) was not asked for."
    assert order.payment == DUE
    assert apply(order, replace(SESSION, live=True)) is order


def test_a_second_problem_is_added_to_the_first() -> None:
    order = apply(an_order(), replace(SESSION, live=True))
    by_hand = ProviderRefund("re_1", "", 100, RefundOutcome.SUCCEEDED)
    both = apply(replace(order, version=0), replace(SESSION, refunds=(by_hand,)))
    assert both.problem == (
        "Card payment pi_1 of 20.00 EUR (live) was not asked for. "
        "Refund re_1 of 1.00 was not requested by the shop."
    )


def test_a_lost_dispute_ends_the_refunds_of_its_payment() -> None:
    # Given
    cancelled = transitions.cancel(an_order(), replace(ACT, by="ann@shop.com"))
    [refund] = cancelled.payment.refunds
    assert (refund.receipt_id, refund.waits_for_provider) == (RECEIPT.id, True)
    # When
    after = apply(cancelled, LOST)
    # Then
    assert after.payment.refunds == (replace(refund, failed=True),)
    assert after.problem == "Dispute du_1 of 20.00 was lost."
    assert after.version > cancelled.version
    assert apply(after, LOST) is after


def test_a_lost_dispute_lowers_what_is_to_be_paid() -> None:
    after = apply(an_order(), LOST)
    [lost] = after.payment.refunds
    assert (lost.kind, lost.paid_at) == (RefundKind.DISPUTE, ACT.at)
    assert (after.payment.state, after.open_cents) == (PaymentState.REFUNDED, 0)
    assert apply(after, LOST) is after


def test_a_refund_that_no_single_card_payment_covers_waits_for_an_admin() -> None:
    transfer = Receipt(an_id(2), 500, ReceiptMethod.TRANSFER, "", NOON)
    card = RECEIPT._replace(amount_cents=1_500)
    cancelled = transitions.cancel(an_order(replace(PAID, receipts=(transfer, card))), ACT)
    [refund] = cancelled.payment.refunds
    assert (refund.amount_cents, refund.receipt_id) == (2_000, None)
    assert refund.waits_for_admin
    assert not concerns_provider(replace(cancelled, history=an_order().history))


def test_a_failed_refund_makes_room_for_another() -> None:
    failed = Refund(an_id(3), RefundKind.ALLOWANCE, 2_000, "", NOON, None, RECEIPT.id, failed=True)
    payment = replace(PAID, refunds=(failed,))
    assert payment.kept_cents == 0
    second = RECEIPT._replace(id=an_id(4))
    more = replace(payment, receipts=(RECEIPT, second))
    [_, refund] = more.requested(Refund(an_id(5), RefundKind.OVERPAID, 2_000, "", NOON)).refunds
    assert refund.receipt_id == an_id(4)


def test_the_provider_hears_of_cancellations_and_refunds() -> None:
    assert not concerns_provider(an_order())
    assert not concerns_provider(an_order(replace(PAID, method=PaymentMethod.TRANSFER)))
    assert concerns_provider(transitions.cancel(an_order(DUE), ACT))
    assert concerns_provider(transitions.request_refund(an_order(), ACT, 1, "Scratched"))


def test_an_attempt_is_looked_at_soon_if_something_is_left_to_do() -> None:
    page = replace(SESSION, state=SessionState.OPEN, capture=CaptureState.UNPAID, payment_intent="")
    due, now = an_order(DUE), NOON
    assert ATTEMPT.seen(page, due, now).check_at == now + CHECK_INTERVAL
    cancelled = transitions.cancel(due, ACT)
    assert ATTEMPT.seen(page, cancelled, now).check_at == now + SOON
    refunded = transitions.cancel(an_order(), ACT)
    assert ATTEMPT.seen(SESSION, refunded, now).check_at == now + SOON
    [refund] = refunded.payment.refunds
    known = ProviderRefund("re_1", refund.id, refund.amount_cents, RefundOutcome.PENDING)
    pending = ATTEMPT.seen(replace(SESSION, refunds=(known,)), refunded, now)
    assert pending.check_at == now + CHECK_INTERVAL
    done = ATTEMPT.seen(SESSION, an_order(), now)
    assert (done.open, done.check_at, done.payment_intent) == (False, None, "pi_1")


def test_an_order_is_payable_until_its_deadline() -> None:
    order = an_order(DUE)
    assert is_payable(order, NOON)
    assert not is_payable(order, NOON + timedelta(hours=1))
    assert not is_payable(an_order(), NOON)
    assert not is_payable(an_order(replace(DUE, method=PaymentMethod.TRANSFER)), NOON)


def test_what_the_shop_does_is_logged_in_a_full_timeline() -> None:
    entry = TimelineEntry(NOON, "admin@aaa.com", "note", "")
    full = replace(an_order(DUE), timeline=(entry,) * transitions.TIMELINE_LIMIT)
    after = apply(full, SESSION)
    assert after.payment.state is PaymentState.PAID
    assert len(after.timeline) == transitions.TIMELINE_LIMIT + 1
