from dataclasses import replace
from io import BytesIO

import pytest
import segno

from orders.errors import TransferNotDueError
from orders.models.order import HistoryEntry, Line, Order
from orders.models.payment import BankAccount, Payment, PaymentMethod, PaymentState, PaymentTerms
from orders.models.transfer import Transfer, qr_code, transfer_of
from shopkit.contract.events import OrderStatus
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

ACCOUNT = BankAccount("DE02120300000000202051", "Kiosk Müller", "BYLADEM1001")
TERMS = PaymentTerms(bank_account=ACCOUNT)
ORDER = Order(
    id=an_id(7),
    email="ann@shop.com",
    lines=(Line(an_id(2), "Chair", 1_005, 2),),
    history=(HistoryEntry(OrderStatus.PENDING, NOON), HistoryEntry(OrderStatus.ACCEPTED, NOON)),
    trace_context=TRACE_CONTEXT,
    number="7K3Q9ZDM",
    payment=Payment(PaymentMethod.TRANSFER, PaymentState.DUE),
)


def test_a_transfer_names_the_open_amount_and_the_number() -> None:
    assert transfer_of(ORDER, TERMS) == Transfer(ACCOUNT, 2_010, "7K3Q9ZDM")


@pytest.mark.parametrize(
    ("order", "terms"),
    [
        (replace(ORDER, payment=Payment(PaymentMethod.TRANSFER)), TERMS),
        (replace(ORDER, payment=Payment(state=PaymentState.DUE)), TERMS),
        (ORDER, PaymentTerms()),
        (ORDER, replace(TERMS, currency="USD")),
        (replace(ORDER, lines=(Line(an_id(2), "Yacht", 10**8, 1_000),)), TERMS),
    ],
    ids=["nothing is due", "it is paid on collection", "no account", "not in euros", "too much"],
)
def test_there_is_no_code_without_a_transfer_in_euros(order: Order, terms: PaymentTerms) -> None:
    with pytest.raises(TransferNotDueError):
        qr_code(order, terms)


def test_the_code_contains_what_the_european_payments_council_prescribes() -> None:
    # Given: EPC069-12, version 2, UTF-8, with error correction of level M
    text = (
        "BCD\n002\n1\nSCT\nBYLADEM1001\nKiosk Müller\nDE02120300000000202051\nEUR20.1\n\n\n7K3Q9ZDM"
    )
    expected = BytesIO()
    segno.make_qr(text, error="m", boost_error=False, encoding="utf-8").save(
        expected, kind="svg", xmldecl=False, omitsize=True
    )
    # Then
    assert qr_code(ORDER, TERMS) == expected.getvalue()
