from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from products.consumers.orders import orders_table
from products.dependencies import Services
from products.models.product import Product
from shopkit.contract.events import OrderCancel, OrderCreate
from shopkit.messaging.dead_letters import Record
from shopkit.messaging.envelope import BrokenRuleError, UndecodableError
from shopkit.storage.mongo import Database
from shopkit.testing import FakeTransactions
from shopkit.testing.deliveries import TRACE_CONTEXT, an_id, cancelled, placed
from shopkit.tracing import context
from shopkit.tracing.context import TraceContext

AddProduct = Callable[..., Awaitable[Product]]


def record(key: bytes | None) -> Record:
    return Record("shop.orders", 0, 7, key, b"{", ())


class TestOrdersTable:
    async def test_decides_orders_and_applies_cancellations(
        self, services: Services, add: AddProduct, transactions: FakeTransactions
    ) -> None:
        # Given
        await add(1, quantity=5)
        table = orders_table(services.decisions)
        # When
        await table[OrderCreate].apply([placed(10, {1: 2})])
        await table[OrderCancel].apply([cancelled(10)])
        # Then
        assert [kind.__name__ for kind in table] == ["OrderCreate", "OrderCancel"]
        assert [id_.rsplit("/", 1)[-1] for id_ in transactions.published_ids] == [
            "ACCEPTED",
            "3",
            "CANCELLED",
            "4",
        ]

    async def test_rejects_an_unreadable_order_by_its_key(
        self, services: Services, transactions: FakeTransactions
    ) -> None:
        # Given
        answer = orders_table(services.decisions)[OrderCreate].answer
        assert answer is not None
        # When / Then
        assert await answer(record(an_id(10).encode()), BrokenRuleError("unreadable")) is True
        assert transactions.published_ids == [f"OrderStatusUpdate/{an_id(10)}/REJECTED"]

    async def test_rejects_an_unreadable_order_under_its_own_request(
        self, services: Services, transactions: FakeTransactions
    ) -> None:
        # Given
        answer = orders_table(services.decisions)[OrderCreate].answer
        assert answer is not None
        context.activate(TraceContext("another-request", "another-trace"))
        traceparent = TRACE_CONTEXT.traceparent.encode()
        sent = (("ce_requestid", b"request-1"), ("ce_traceparent", traceparent))
        # When
        await answer(replace(record(an_id(10).encode()), headers=sent), UndecodableError())
        await answer(record(an_id(11).encode()), UndecodableError())
        # Then
        contexts = [item.message.trace_context for item in transactions.published]
        assert contexts == [TRACE_CONTEXT, TraceContext("", "")]

    @pytest.mark.parametrize("key", [None, b"", b"x", b"\xff" * 24, an_id(10).encode() + b"\n"])
    async def test_an_unreadable_order_without_a_key_becomes_a_dead_letter(
        self,
        services: Services,
        database: Database,
        transactions: FakeTransactions,
        key: bytes | None,
    ) -> None:
        # Given
        answer = orders_table(services.decisions)[OrderCreate].answer
        assert answer is not None
        # When / Then
        assert await answer(record(key), BrokenRuleError("unreadable")) is False
        assert transactions.published == []
        assert await database["orders"].count_documents({}) == 0

    def test_an_unreadable_cancellation_becomes_a_dead_letter(self, services: Services) -> None:
        assert orders_table(services.decisions)[OrderCancel].answer is None
