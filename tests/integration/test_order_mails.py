"""The mails about orders, with real databases, a real broker and a real SMTP server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from tests.integration.shop import Place, Shop, eventually

from orders.settings import OrdersSettings
from shopkit.mail_catcher import text_of
from shopkit.testing.deliveries import NOON
from shopkit.testing.proofs import identity_of
from shopkit.testing.smtp import SmtpServer, smtp_server


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpServer]:
    async with smtp_server() as server:
        yield server


@pytest.fixture
def orders_settings(orders_settings: OrdersSettings, smtp: SmtpServer) -> OrdersSettings:
    mail = {
        "mail": "on",
        "mail_sender": "Kiosk <mail@kiosk.example>",
        "public_url": "https://shop.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": smtp.port,
        "smtp_security": "none",
    }
    return OrdersSettings(**orders_settings.model_dump() | mail)


async def received(smtp: SmtpServer, count: int) -> list[str]:
    async def all_received() -> bool:
        return len(smtp.received) >= count

    await eventually(all_received, condition_name=f"{count} mails are received")
    return sorted(str(mail["Subject"]) for mail in smtp.received)


async def test_each_outcome_is_mailed_once_even_if_its_event_arrives_again(
    shop: Shop, place: Place, running: AsyncExitStack, smtp: SmtpServer
) -> None:
    # Given
    await shop.know(await shop.add(1, 2))
    accepted, rejected = await place({1: 2}), await place({1: 2})
    await shop.run_products(running)
    services = await shop.run_orders(running)
    await shop.settled()
    # When
    await services.orders.cancel(accepted.id, identity_of(accepted.email))
    await shop.settled()
    again = {"$set": {"unsent": True, "leased_until": NOON}, "$unset": {"expire_at": ""}}
    await shop.products_db["outbox"].update_many({}, again)
    await shop.settled()
    # Then
    assert await received(smtp, 3) == [
        f"We could not accept your order {rejected.number}",
        f"We have accepted your order {accepted.number}",
        f"Your order {accepted.number} is cancelled",
    ]
    [refusal] = [mail for mail in smtp.received if "could not" in mail["Subject"]]
    assert "- 2 x product 1: 2.00 EUR\n  " in text_of(refusal)
    assert f"https://shop.example/orders/{rejected.id}" in text_of(refusal)
    assert await shop.orders_db["mails"].count_documents({}) == 3


async def test_an_order_is_settled_while_the_smtp_server_is_down_and_mailed_later(
    shop: Shop, place: Place, running: AsyncExitStack, smtp: SmtpServer
) -> None:
    # Given
    await smtp.stop()
    await shop.know(await shop.add(1, 2))
    order = await place({1: 2})
    # When
    await shop.run_products(running)
    await shop.run_orders(running)
    await shop.settled()

    async def failed_once() -> bool:
        return await shop.orders_db["mails"].find_one({"attempts": {"$gte": 1}}) is not None

    await eventually(failed_once, condition_name="an attempt fails")
    await smtp.start()
    # Then
    assert await shop.statuses() == {"ACCEPTED": 1}
    assert await received(smtp, 1) == [f"We have accepted your order {order.number}"]
