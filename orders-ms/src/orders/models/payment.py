"""The payment of an order: what is due, what was received, and what has to be paid back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

from orders.errors import RefundTooLargeError


class PaymentMethod(StrEnum):
    """How an order is paid."""

    ON_COLLECTION = "ON_COLLECTION"
    TRANSFER = "TRANSFER"
    CARD = "CARD"


class PaymentState(StrEnum):
    """Where a payment stands.

    NONE: Nothing has to be paid, or not yet. DUE: Money is missing. PROCESSING: A provider has not
    decided yet. PAID: Money was received, and nothing more is due. REFUNDED: All of it was paid
    back.
    """

    NONE = "NONE"
    DUE = "DUE"
    PROCESSING = "PROCESSING"
    PAID = "PAID"
    REFUNDED = "REFUNDED"


class ReceiptMethod(StrEnum):
    """How money was received."""

    TRANSFER = "TRANSFER"
    CASH = "CASH"
    CARD = "CARD"


class RefundKind(StrEnum):
    """Why money has to be paid back."""

    CANCELLED = "CANCELLED"
    CLOSED_LINES = "CLOSED_LINES"
    OVERPAID = "OVERPAID"
    ALLOWANCE = "ALLOWANCE"
    DISPUTE = "DISPUTE"


_FORGONE = frozenset({RefundKind.ALLOWANCE, RefundKind.DISPUTE})
"""The refunds that lower what the customer has to pay."""


class Receipt(NamedTuple):
    """Money that was received. The reference of a card payment is its id at the provider."""

    id: str
    amount_cents: int
    method: ReceiptMethod
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that has to be paid back.

    Attributes:
        paid_at: When it was paid back, None if it was not yet.
        receipt_id: The card payment that the provider pays back, None if an admin pays.
        failed: Whether the provider could not pay it, so that an admin has to.
    """

    id: str
    kind: RefundKind
    amount_cents: int
    reason: str
    requested_at: datetime
    paid_at: datetime | None = None
    receipt_id: str | None = None
    failed: bool = False

    @property
    def waits_for_provider(self) -> bool:
        """Whether the provider has to pay it."""
        return self.receipt_id is not None and not self.failed and self.paid_at is None

    @property
    def waits_for_admin(self) -> bool:
        """Whether an admin has to pay it."""
        return self.paid_at is None and not self.waits_for_provider


@dataclass(frozen=True, slots=True)
class Payment:
    """The payment of an order.

    Attributes:
        method: How the order is paid.
        state: Where the payment stands.
        due_at: Until when it has to be paid, None unless it is DUE and has a deadline.
        act_at: When the loop of the deadlines has to look at the order: to remind, then to cancel.
        receipts: What was received.
        refunds: What has to be paid back, or was.
        disputed: Whether the holder of the card disputes a payment.
    """

    method: PaymentMethod = PaymentMethod.ON_COLLECTION
    state: PaymentState = PaymentState.NONE
    due_at: datetime | None = None
    act_at: datetime | None = None
    receipts: tuple[Receipt, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputed: bool = False

    @property
    def captured_cents(self) -> int:
        """What was received."""
        return sum(receipt.amount_cents for receipt in self.receipts)

    @property
    def refund_requested_cents(self) -> int:
        """What has to be paid back, or was."""
        return sum(refund.amount_cents for refund in self.refunds)

    @property
    def refunded_cents(self) -> int:
        """What was paid back."""
        return sum(refund.amount_cents for refund in self.refunds if refund.paid_at)

    @property
    def kept_cents(self) -> int:
        """What was received and does not have to be paid back."""
        return self.captured_cents - self.refund_requested_cents

    @property
    def allowance_cents(self) -> int:
        """What the customer does not have to pay: allowances and lost disputes."""
        return sum(refund.amount_cents for refund in self.refunds if refund.kind in _FORGONE)

    def open_cents(self, payable_cents: int) -> int:
        """Return what is missing, given what the customer has to pay."""
        return max(0, payable_cents - self.allowance_cents - self.kept_cents)

    def due(self, now: datetime, terms: "PaymentTerms") -> Self:
        """Return the payment as due from now on."""
        period = terms.period(self.method)
        if period is None:
            return replace(self, state=PaymentState.DUE)
        due_at = now + period
        remind_at = due_at - terms.reminder_of(self.method)
        return replace(
            self,
            state=PaymentState.DUE,
            due_at=due_at,
            act_at=remind_at if remind_at > now else due_at + GRACE,
        )

    def reminded(self) -> Self:
        """Return the payment after the reminder."""
        assert self.due_at  # noqa: S101 - only payments with a deadline have reminders.
        return replace(self, act_at=self.due_at + GRACE)

    def received(self, receipt: Receipt) -> Self:
        """Return the payment with money that was received."""
        return replace(self, receipts=(*self.receipts, receipt))

    def requested(self, refund: Refund) -> Self:
        """Return the payment with a refund that has to be paid.

        Raises:
            RefundTooLargeError: The refund exceeds what was received and not requested yet.
        """
        if refund.amount_cents > self.kept_cents:
            raise RefundTooLargeError(self.kept_cents)
        card = self._card_for(refund.amount_cents)
        return replace(self, refunds=(*self.refunds, replace(refund, receipt_id=card)))

    def _card_for(self, amount_cents: int) -> str | None:
        """Return the last card payment of which so much can be paid back, if there is one."""
        for receipt in reversed(self.receipts):
            left = receipt.amount_cents - sum(
                refund.amount_cents
                for refund in self.refunds
                if refund.receipt_id == receipt.id and not refund.failed
            )
            if receipt.method is ReceiptMethod.CARD and left >= amount_cents:
                return receipt.id
        return None

    def card_receipt(self, reference: str) -> Receipt | None:
        """Return the card payment with an id at the provider."""
        for receipt in self.receipts:
            if receipt.method is ReceiptMethod.CARD and receipt.reference == reference:
                return receipt
        return None

    def refund_failed(self, refund_id: str) -> Self:
        """Return the payment after the provider could not pay a refund."""
        refunds = tuple(
            replace(refund, paid_at=None, failed=True) if refund.id == refund_id else refund
            for refund in self.refunds
        )
        state = PaymentState.PAID if self.state is PaymentState.REFUNDED else self.state
        return replace(self, refunds=refunds, state=state)

    def paid_out(self, refund_id: str, now: datetime) -> Self:
        """Return the payment after a refund was paid out."""
        refunds = tuple(
            replace(refund, paid_at=now) if refund.id == refund_id else refund
            for refund in self.refunds
        )
        after = replace(self, refunds=refunds)
        if after.refunded_cents == after.captured_cents:
            return replace(after, state=PaymentState.REFUNDED)
        return after

    def settled(self, payable_cents: int, kind: RefundKind, refund_id: str, now: datetime) -> Self:
        """Return the payment with the state, and the refund, that follow from what has to be paid.

        Args:
            payable_cents: What the customer has to pay now, 0 for a cancelled order.
            kind: Why money has to be paid back, if there is too much.
            refund_id: The id of a refund for this.
            now: The time.
        """
        excess = self.kept_cents - max(0, payable_cents - self.allowance_cents)
        payment = self
        if excess > 0:
            payment = self.requested(Refund(refund_id, kind, excess, "", now))
        state = payment.state_for(payable_cents)
        if state is PaymentState.DUE:
            return replace(payment, state=state)
        return replace(payment, state=state, due_at=None, act_at=None)

    def state_for(self, payable_cents: int) -> PaymentState:
        """Return the state that follows from what has to be paid."""
        if self.open_cents(payable_cents):
            return PaymentState.DUE
        if not self.captured_cents:
            return PaymentState.NONE
        return (
            PaymentState.REFUNDED
            if self.refunded_cents == self.captured_cents
            else PaymentState.PAID
        )


UNPAID = Payment()
GRACE = timedelta(seconds=30)
"""How much later than due an order is cancelled, because clocks differ by seconds."""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """The account of the shop that receives transfers."""

    iban: str
    holder: str
    bic: str = ""


@dataclass(frozen=True, slots=True)
class CardTerms:
    """What the shop offers for cards.

    Attributes:
        minimum_cents: The smallest amount that the provider accepts.
        maximum_cents: The largest one.
        period: How long an order waits for its payment.
        reminder: How long before the deadline the customer is reminded.
    """

    minimum_cents: int = 50
    maximum_cents: int = 99_999_999
    period: timedelta = timedelta(minutes=60)
    reminder: timedelta = timedelta(minutes=30)

    def accepts(self, total_cents: int) -> bool:
        """Return whether an order with a total can be paid by card. Nothing is due for 0."""
        return not total_cents or self.minimum_cents <= total_cents <= self.maximum_cents


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """What the shop offers.

    Attributes:
        collection: Whether customers can collect orders in the shop, and pay there.
        bank_account: The account for transfers, None if they are not offered.
        collection_period: How long an order waits for its collection, None for as long as it takes.
        transfer_period: How long an order waits for a transfer.
        reminder: How long before the deadline the customer is reminded.
        currency: The currency, as ISO 4217 abbreviates it.
        cards: What is offered for cards, None if they are not.
    """

    collection: bool = True
    bank_account: BankAccount | None = None
    collection_period: timedelta | None = timedelta(days=14)
    transfer_period: timedelta = timedelta(days=7)
    reminder: timedelta = timedelta(days=2)
    currency: str = "EUR"
    cards: CardTerms | None = None

    def period(self, method: PaymentMethod) -> timedelta | None:
        """Return how long an order waits for its payment, None for as long as it takes."""
        if method is PaymentMethod.CARD:
            return (self.cards or CardTerms()).period
        if method is PaymentMethod.TRANSFER:
            return self.transfer_period
        return self.collection_period

    def reminder_of(self, method: PaymentMethod) -> timedelta:
        """Return how long before the deadline the customer is reminded."""
        if method is PaymentMethod.CARD:
            return (self.cards or CardTerms()).reminder
        return self.reminder

    def methods_for(self, total_cents: int, *, collection: bool) -> list[PaymentMethod]:
        """Return the payment methods of a collection, or of a delivery to an address."""
        offered = {
            PaymentMethod.ON_COLLECTION: collection,
            PaymentMethod.TRANSFER: self.bank_account is not None,
            PaymentMethod.CARD: self.cards is not None and self.cards.accepts(total_cents),
        }
        return [method for method, is_offered in offered.items() if is_offered]
