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


class RefundKind(StrEnum):
    """Why money has to be paid back."""

    CANCELLED = "CANCELLED"
    CLOSED_LINES = "CLOSED_LINES"
    OVERPAID = "OVERPAID"
    ALLOWANCE = "ALLOWANCE"


class Receipt(NamedTuple):
    """Money that was received."""

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
    """

    id: str
    kind: RefundKind
    amount_cents: int
    reason: str
    requested_at: datetime
    paid_at: datetime | None = None


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
    """

    method: PaymentMethod = PaymentMethod.ON_COLLECTION
    state: PaymentState = PaymentState.NONE
    due_at: datetime | None = None
    act_at: datetime | None = None
    receipts: tuple[Receipt, ...] = ()
    refunds: tuple[Refund, ...] = ()

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
        """What was paid back as an allowance."""
        return sum(
            refund.amount_cents for refund in self.refunds if refund.kind is RefundKind.ALLOWANCE
        )

    def open_cents(self, payable_cents: int) -> int:
        """Return what is missing, given what the customer has to pay."""
        return max(0, payable_cents - self.allowance_cents - self.kept_cents)

    def due(self, now: datetime, terms: "PaymentTerms") -> Self:
        """Return the payment as due from now on."""
        period = terms.period(self.method)
        if period is None:
            return replace(self, state=PaymentState.DUE)
        due_at = now + period
        remind_at = due_at - terms.reminder
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
        return replace(self, refunds=(*self.refunds, refund))

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
class PaymentTerms:
    """What the shop offers.

    Attributes:
        collection: Whether customers can collect orders in the shop, and pay there.
        bank_account: The account for transfers, None if they are not offered.
        collection_period: How long an order waits for its collection, None for as long as it takes.
        transfer_period: How long an order waits for a transfer.
        reminder: How long before the deadline the customer is reminded.
        currency: The currency, as ISO 4217 abbreviates it.
    """

    collection: bool = True
    bank_account: BankAccount | None = None
    collection_period: timedelta | None = timedelta(days=14)
    transfer_period: timedelta = timedelta(days=7)
    reminder: timedelta = timedelta(days=2)
    currency: str = "EUR"

    def offers(self, method: PaymentMethod) -> bool:
        """Return whether a payment method is offered."""
        return self.bank_account is not None if method is PaymentMethod.TRANSFER else True

    def period(self, method: PaymentMethod) -> timedelta | None:
        """Return how long an order waits for its payment, None for as long as it takes."""
        if method is PaymentMethod.TRANSFER:
            return self.transfer_period
        return self.collection_period

    def methods_for(self, *, collection: bool) -> list[PaymentMethod]:
        """Return the payment methods of a collection, or of a delivery to an address."""
        candidates = (
            [PaymentMethod.ON_COLLECTION, PaymentMethod.TRANSFER]
            if collection
            else [PaymentMethod.TRANSFER]
        )
        return [method for method in candidates if self.offers(method)]
