from dataclasses import replace

import pytest

from orders.models.mails import SAMPLES, SHIPPED, mail_about
from orders.models.order import HistoryEntry, Line, Order
from orders.models.payment import PaymentTerms
from shopkit.contract.events import OrderStatus
from shopkit.mail.templates import Templates
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

ORDER = Order(
    id=an_id(7),
    email="ann@shop.com",
    account_id=an_id(1),
    lines=(Line(an_id(2), "Chair", 1_000, 2),),
    history=(HistoryEntry(OrderStatus.PENDING, NOON), HistoryEntry(OrderStatus.ACCEPTED, NOON)),
    trace_context=TRACE_CONTEXT,
)


TERMS = PaymentTerms()


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates("orders", shop_address="https://shop.example", currency="EUR")


def test_every_template_has_sample_data(templates: Templates) -> None:
    assert sorted(templates.names) == sorted(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_template_is_complete_in_both_parts(templates: Templates, name: str) -> None:
    rendered = templates.render(name, SAMPLES[name])

    address = "https://shop.example/orders/64b0c0ffee64b0c0ffee64b0"
    for part in (rendered.text, rendered.html):
        assert address in part
        assert "Cutlery" in part
        assert name == SHIPPED or "1,264.40 EUR" in part
    if name != SHIPPED:
        assert "Kitchen chair <oak>" in rendered.text
        assert "Kitchen chair &lt;oak&gt;" in rendered.html
    assert "7K3Q9ZDM" in rendered.subject
    assert "None" not in rendered.text


def test_a_rejection_says_why() -> None:
    rendered = Templates("orders", shop_address="", currency="EUR").render(
        "order-rejected", SAMPLES["order-rejected"]
    )

    assert rendered.text.count("Only 1 left.") == 2
    assert "There is not enough stock." in rendered.text


def test_the_contact_is_the_address_of_the_order() -> None:
    assert mail_about(ORDER, TERMS).recipient == "ann@shop.com"
    assert mail_about(ORDER, TERMS).data["total_cents"] == 2_000


def test_the_address_of_an_old_order_is_corrected() -> None:
    old = replace(ORDER, email="Ã¤nn@shop.com", account_id=None)

    assert mail_about(old, TERMS).recipient == "änn@shop.com"
