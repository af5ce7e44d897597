from datetime import timedelta

import pytest

from products.models.decision import (
    Decision,
    DecisionLine,
    Stock,
    cancel_unseen,
    reject_unreadable,
    returned_stock,
)
from shopkit.contract.events import LineReason, OrderStatus, OrderStatusUpdate, ProductState
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id, placed, state


def product(number: int, quantity: int, *, archived: bool = False) -> ProductState:
    return state(number, quantity=quantity, archived=archived)


def shelf(*products: ProductState) -> Stock:
    return Stock({product.id: product for product in products})


class TestDecide:
    def test_takes_the_stock_of_every_line_of_an_accepted_order(self) -> None:
        # Given
        stock = shelf(product(1, 5), product(2, 3))
        # When
        stub = stock.decide(placed(9, {1: 2, 2: 3}).event.order, NOON, TRACE_CONTEXT)
        # Then
        assert stub.status is OrderStatus.ACCEPTED
        assert stub.lines == (DecisionLine(an_id(1), 2), DecisionLine(an_id(2), 3))
        assert (stub.reason, stub.line_reasons) == (None, ())
        assert stock.taken() == {an_id(1): 2, an_id(2): 3}

    def test_takes_nothing_if_one_line_is_short(self) -> None:
        # Given
        stock = shelf(product(1, 5), product(2, 3))
        # When
        stub = stock.decide(placed(9, {1: 2, 2: 4}).event.order, NOON, TRACE_CONTEXT)
        # Then
        assert stub.status is OrderStatus.REJECTED
        assert stub.reason == "Some items were unavailable."
        assert stub.line_reasons == (LineReason(product_id=an_id(2), reason="Only 3 left."),)
        assert stock.taken() == {}

    def test_decides_each_order_on_what_earlier_orders_left(self) -> None:
        # Given
        stock = shelf(product(1, 3))
        # When
        stubs = [
            stock.decide(placed(number, {1: count}).event.order, NOON, TRACE_CONTEXT)
            for number, count in ((1, 2), (2, 2), (3, 1), (4, 1))
        ]
        # Then
        assert [stub.status for stub in stubs] == ["ACCEPTED", "REJECTED", "ACCEPTED", "REJECTED"]
        assert stubs[3].line_reasons[0].reason == "None left."
        assert stock.taken() == {an_id(1): 3}

    def test_sums_lines_of_one_product(self) -> None:
        # Given
        stock = shelf(product(1, 3))
        order = placed(9, {1: 2}).event.order
        # When
        stub = stock.decide(
            order.model_copy(update={"lines": order.lines * 2}), NOON, TRACE_CONTEXT
        )
        # Then
        assert stub.status is OrderStatus.REJECTED
        assert stub.lines == (DecisionLine(an_id(1), 4),)

    @pytest.mark.parametrize("known", [[], [product(1, 5, archived=True)]])
    def test_rejects_products_that_are_not_for_sale(self, known: list[ProductState]) -> None:
        # Given
        stock = shelf(*known)
        # When
        stub = stock.decide(placed(9, {1: 1}).event.order, NOON, TRACE_CONTEXT)
        # Then
        assert stub.line_reasons == (
            LineReason(product_id=an_id(1), reason="It is no longer for sale."),
        )

    def test_ignores_prices(self) -> None:
        # Given
        stock = shelf(product(1, 5).model_copy(update={"price_cents": 999_999}))
        # When
        stub = stock.decide(placed(9, {1: 1}).event.order, NOON, TRACE_CONTEXT)
        # Then
        assert stub.status is OrderStatus.ACCEPTED


class TestAnswer:
    def stub(self) -> Decision:
        return shelf(product(1, 1)).decide(placed(9, {1: 2}).event.order, NOON, TRACE_CONTEXT)

    def test_contains_the_outcome_and_the_reasons(self) -> None:
        # When
        message = self.stub().answer()
        # Then
        assert message.id == f"OrderStatusUpdate/{an_id(9)}/REJECTED"
        assert message.topic == "shop.order-status"
        assert message.key == an_id(9)
        assert message.time == NOON
        assert message.trace_context == TRACE_CONTEXT
        assert OrderStatusUpdate.model_validate_json(message.value) == OrderStatusUpdate(
            order_id=an_id(9),
            status=OrderStatus.REJECTED,
            reason="Some items were unavailable.",
            lines=(LineReason(product_id=an_id(1), reason="Only 1 left."),),
        )

    def test_is_the_same_each_time(self) -> None:
        assert self.stub().answer() == self.stub().answer()

    def test_contains_no_reason_after_a_cancellation(self) -> None:
        # Given
        later = NOON + timedelta(minutes=1)
        # When
        message = self.stub().cancelled(later).answer()
        # Then
        assert message.id == f"OrderStatusUpdate/{an_id(9)}/CANCELLED"
        assert message.time == later
        assert OrderStatusUpdate.model_validate_json(message.value).reason is None


class TestWithoutLines:
    def test_a_cancellation_before_its_order_has_no_lines(self) -> None:
        stub = cancel_unseen(an_id(9), NOON, TRACE_CONTEXT)
        assert (stub.status, stub.lines) == (OrderStatus.CANCELLED, ())

    def test_rejects_an_unreadable_order_with_a_reason(self) -> None:
        stub = reject_unreadable(an_id(9), NOON, TRACE_CONTEXT)
        assert (stub.status, stub.reason) == (OrderStatus.REJECTED, "The order could not be read.")


class TestReturnedStock:
    def test_sums_the_lines_of_accepted_orders(self) -> None:
        # Given
        stock = shelf(product(1, 10))
        first, other, short = (
            stock.decide(placed(number, {1: count}).event.order, NOON, TRACE_CONTEXT)
            for number, count in ((1, 4), (2, 5), (3, 2))
        )
        # When
        back = returned_stock([first, other, short, cancel_unseen(an_id(4), NOON, TRACE_CONTEXT)])
        # Then
        assert back == {an_id(1): 9}
