"""What a bank transfer for an order must contain, also as a QR code that banks' apps read."""

from decimal import Decimal
from io import BytesIO
from typing import NamedTuple

import segno.helpers

from orders.errors import TransferNotDueError
from orders.models.order import Order
from orders.models.payment import BankAccount, PaymentMethod, PaymentTerms

MAX_QR_CENTS = 99_999_999_999
"""The largest amount of a code, which is always in euros."""


class Transfer(NamedTuple):
    """A transfer to the account of the shop."""

    account: BankAccount
    amount_cents: int
    reference: str


def transfer_of(order: Order, terms: PaymentTerms) -> Transfer | None:
    """Return the transfer that is due for an order, None if there is none."""
    if order.payment.method is not PaymentMethod.TRANSFER or terms.bank_account is None:
        return None
    if not order.open_cents:
        return None
    return Transfer(terms.bank_account, order.open_cents, order.number)


def qr_code(order: Order, terms: PaymentTerms) -> bytes:
    """Return the EPC QR code of the transfer as an SVG image.

    Raises:
        TransferNotDueError: No transfer is due, or the code cannot express it.
    """
    transfer = transfer_of(order, terms)
    if transfer is None or terms.currency != "EUR" or transfer.amount_cents > MAX_QR_CENTS:
        raise TransferNotDueError(order.id)
    code = segno.helpers.make_epc_qr(
        name=transfer.account.holder,
        iban=transfer.account.iban,
        bic=transfer.account.bic or None,
        amount=Decimal(transfer.amount_cents) / 100,
        text=transfer.reference,
        encoding="utf-8",
    )
    image = BytesIO()
    code.save(image, kind="svg", xmldecl=False, omitsize=True)
    return image.getvalue()
