import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from orders.errors import ConflictingOutcomeError, NotCancellableError
from orders.models.order import TRANSITIONS, HistoryEntry, Line, Order
from shopkit.contract.events import (
    LineReason,
    OrderCancel,
    OrderCreate,
    OrderStatus,
    OrderStatusUpdate,
)
from shopkit.testing.deliveries import NOON, TRACE_CONTEXT, an_id

PENDING, ACCEPTED, REJECTED, CANCELLED = OrderStatus
LATER = NOON + timedelta(minutes=1)
AT_LAST = NOON + timedelta(minutes=2)

LINES = (Line(an_id(1), "spoon", 599, 2), Line(an_id(2), "fork", 1, 3))

WAYS: dict[OrderStatus, Sequence[OrderStatus]] = {
    PENDING: [PENDING],
    ACCEPTED: [PENDING, ACCEPTED],
    REJECTED: [PENDING, REJECTED],
    CANCELLED: [PENDING, CANCELLED],
}


def order(status: OrderStatus = PENDING, **changes: Any) -> Order:
    times = (NOON, LATER, AT_LAST)
    history = tuple(HistoryEntry(step, at) for step, at in zip(WAYS[status], times, strict=False))
    plain = Order(
        id=an_id(9), email="aaa@aaa.com", lines=LINES, history=history, trace_context=TRACE_CONTEXT
    )
    return replace(plain, **changes)


def told(status: OrderStatus, **more: Any) -> OrderStatusUpdate:
    return OrderStatusUpdate.model_validate({"order_id": an_id(9), "status": status, **more})


def moved(before: Order, status: OrderStatus, at: datetime, **changes: Any) -> Order:
    history = (*before.history, HistoryEntry(status, at))
    return replace(before, history=history, version=before.version + 1, **changes)


class TestTransitionsTable:
    def test_final_statuses_have_no_transitions(self) -> None:
        assert {
            PENDING: {ACCEPTED, REJECTED, CANCELLED},
            ACCEPTED: {CANCELLED},
            REJECTED: set(),
            CANCELLED: set(),
        } == TRANSITIONS


class TestOrder:
    def test_has_the_last_status_of_its_history(self) -> None:
        accepted = order(ACCEPTED)
        assert accepted.status is ACCEPTED
        assert (accepted.created_at, accepted.changed_at) == (NOON, LATER)

    def test_costs_the_total_of_its_lines(self) -> None:
        assert order().cost_cents == 1_201

    @pytest.mark.parametrize(
        ("status", "confirmed", "unanswered"),
        [
            (PENDING, False, True),
            (ACCEPTED, False, False),
            (REJECTED, False, False),
            (CANCELLED, False, True),
            (CANCELLED, True, False),
        ],
    )
    def test_awaits_a_decision_or_a_confirmation(
        self, status: OrderStatus, confirmed: bool, unanswered: bool
    ) -> None:
        assert order(status, cancel_confirmed=confirmed).awaits_answer is unanswered


class TestAsPlaced:
    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_returns_the_order_as_it_was_placed_whatever_happened_since(
        self, status: OrderStatus
    ) -> None:
        # Given
        became = order(
            status,
            reason="Some items were unavailable.",
            lines=tuple(replace(line, reason="None left.") for line in LINES),
            cancel_confirmed=True,
        )
        # When / Then
        assert became.as_placed() == order()


class TestCancelled:
    @pytest.mark.parametrize("status", [PENDING, ACCEPTED])
    def test_cancels_a_pending_or_accepted_order(self, status: OrderStatus) -> None:
        before = order(status)
        assert before.cancelled(AT_LAST) == moved(before, CANCELLED, AT_LAST)

    @pytest.mark.parametrize(
        ("status", "text"),
        [
            (REJECTED, "The order is rejected and cannot be cancelled."),
            (CANCELLED, "The order is cancelled and cannot be cancelled."),
        ],
    )
    def test_refuses_an_order_with_a_final_status(self, status: OrderStatus, text: str) -> None:
        with pytest.raises(NotCancellableError) as raised:
            order(status).cancelled(AT_LAST)
        assert (str(raised.value), raised.value.order_id) == (text, an_id(9))


NOTHING, CONTRARY = "nothing changes", "a conflicting outcome"
TABLE: dict[tuple[OrderStatus, OrderStatus], OrderStatus | str] = {
    (PENDING, ACCEPTED): ACCEPTED,
    (PENDING, REJECTED): REJECTED,
    (PENDING, CANCELLED): CANCELLED,
    (ACCEPTED, ACCEPTED): NOTHING,
    (ACCEPTED, REJECTED): CONTRARY,
    (ACCEPTED, CANCELLED): CANCELLED,
    (REJECTED, ACCEPTED): CONTRARY,
    (REJECTED, REJECTED): NOTHING,
    (REJECTED, CANCELLED): CONTRARY,
    (CANCELLED, ACCEPTED): NOTHING,
    (CANCELLED, REJECTED): NOTHING,
}


class TestWithOutcome:
    def test_the_table_covers_every_status_and_outcome(self) -> None:
        told_of = [ACCEPTED, REJECTED, CANCELLED]
        every = set(itertools.product(OrderStatus, told_of))
        assert every == {*TABLE, (CANCELLED, CANCELLED)}

    @pytest.mark.parametrize(
        ("before", "outcome", "becomes"), [(*pair, becomes) for pair, becomes in TABLE.items()]
    )
    def test_follows_the_table_of_transitions(
        self, before: OrderStatus, outcome: OrderStatus, becomes: OrderStatus | str
    ) -> None:
        if becomes == CONTRARY:
            with pytest.raises(
                ConflictingOutcomeError,
                match=f"Order {an_id(9)} is {before}, but the event says {outcome}",
            ):
                order(before).with_outcome(told(outcome), AT_LAST)
        elif becomes == NOTHING:
            assert order(before).with_outcome(told(outcome), AT_LAST) is None
        else:
            expected = moved(order(before), outcome, AT_LAST, cancel_confirmed=outcome is CANCELLED)
            assert order(before).with_outcome(told(outcome), AT_LAST) == expected

    def test_confirms_a_cancellation_once(self) -> None:
        # Given
        cancelled = order(CANCELLED)
        # When
        confirmed = cancelled.with_outcome(told(CANCELLED), AT_LAST)
        # Then
        assert confirmed == replace(cancelled, cancel_confirmed=True, version=cancelled.version + 1)
        assert confirmed is not None
        assert confirmed.with_outcome(told(CANCELLED), AT_LAST) is None

    def test_stores_the_reason_of_each_line_of_a_rejected_order(self) -> None:
        # Given
        outcome = told(
            REJECTED,
            reason="Some items were unavailable.",
            lines=[LineReason(product_id=an_id(2), reason="Only 1 left.")],
        )
        # When
        rejected = order().with_outcome(outcome, LATER)
        # Then
        assert rejected is not None
        assert rejected.reason == "Some items were unavailable."
        assert [line.reason for line in rejected.lines] == [None, "Only 1 left."]


class TestMessages:
    def test_the_message_contains_the_order_as_it_was_placed(self) -> None:
        # When
        message = order(ACCEPTED).create_message()
        # Then
        assert message.id == f"OrderCreate/{an_id(9)}"
        assert (message.topic, message.key) == ("shop.orders", an_id(9))
        assert (message.source, message.time, message.trace_context) == (
            "orders-ms",
            NOON,
            TRACE_CONTEXT,
        )
        event = OrderCreate.model_validate_json(message.value)
        assert [line.model_dump() for line in event.order.lines] == [
            {"product_id": an_id(1), "name": "spoon", "price_cents": 599, "quantity": 2},
            {"product_id": an_id(2), "name": "fork", "price_cents": 1, "quantity": 3},
        ]

    @pytest.mark.parametrize("status", list(OrderStatus))
    def test_the_message_is_the_same_whatever_happened_since(self, status: OrderStatus) -> None:
        became = order(
            status, lines=tuple(replace(line, reason="None left.") for line in LINES), reason="no"
        )
        assert became.create_message() == order().create_message()

    def test_the_cancellation_has_the_time_at_which_it_happened(self) -> None:
        # When
        message = order(CANCELLED).cancel_message()
        # Then
        assert message.id == f"OrderCancel/{an_id(9)}"
        assert message.time == LATER
        assert OrderCancel.model_validate_json(message.value).order_id == an_id(9)

    def test_all_messages_have_the_partition_of_the_first_product(self) -> None:
        messages = (order().create_message(), order(CANCELLED).cancel_message())
        assert {message.partition_key for message in messages} == {an_id(1)}
        assert {message.key for message in messages} == {an_id(9)}

    def test_the_cancellation_is_the_same_after_its_confirmation(self) -> None:
        confirmed = order(CANCELLED, cancel_confirmed=True)
        assert confirmed.cancel_message() == order(CANCELLED).cancel_message()

    @pytest.mark.parametrize(
        ("status", "confirmed", "latest"),
        [
            (PENDING, False, "OrderCreate"),
            (ACCEPTED, False, "OrderCreate"),
            (REJECTED, False, "OrderCreate"),
            (CANCELLED, False, "OrderCancel"),
            (CANCELLED, True, "OrderCancel"),
        ],
    )
    def test_the_latest_message_depends_on_the_status(
        self, status: OrderStatus, confirmed: bool, latest: str
    ) -> None:
        assert order(status, cancel_confirmed=confirmed).latest_message().type == latest
