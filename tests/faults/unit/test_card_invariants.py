"""The invariants of card payments find what they are made for, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.faults.card_invariants import (
    Provider,
    is_unfinished,
    kept_money,
    overdue,
    wrong_receipts,
    wrong_sums,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
RECEIPT = {"reference": "pi_1", "amount_cents": 1_000}
PAYMENT = {"id": "pi_1", "amount": 1_000, "status": "succeeded", "metadata": {"order_id": "1"}}


def order(status: str = "ACCEPTED", state: str = "PAID", **more: Any) -> dict[str, Any]:
    payment = {"state": state, "receipts": [RECEIPT], **more.pop("payment", {})}
    return {"_id": "1", "status": status, "cost_cents": 1_000, "payment": payment, **more}


def refund(amount_cents: int, kind: str = "CANCELLED", **more: Any) -> dict[str, Any]:
    return {"amount_cents": amount_cents, "kind": kind, "paid_at": NOW, **more}


def at_provider(amount: int, status: str = "succeeded") -> dict[str, Any]:
    return {"payment_intent": "pi_1", "amount": amount, "status": status}


PAID = Provider(payments=[PAYMENT])


class TestSums:
    def test_a_paid_order_is_right(self) -> None:
        assert wrong_sums([order()], PAID) == []

    def test_allowances_and_lost_disputes_are_right(self) -> None:
        allowance = order(payment={"refunds": [refund(100, "ALLOWANCE")]})
        provider = Provider([PAYMENT], refunds=[at_provider(100)])
        assert wrong_sums([allowance], provider) == []
        lost = order(payment={"refunds": [refund(1_000, "DISPUTE")]})
        provider = Provider([PAYMENT], disputes=[at_provider(1_000, "lost")])
        assert wrong_sums([lost], provider) == []

    def test_an_unpaid_order_is_right(self) -> None:
        assert wrong_sums([order(state="DUE", payment={"receipts": []})], Provider()) == []

    @pytest.mark.parametrize(
        ("wrong", "provider", "findings"),
        [
            (order(), Provider(), 1),
            (order("CANCELLED"), PAID, 1),
            (order(payment={"receipts": [RECEIPT, RECEIPT]}), PAID, 2),
            (order(), Provider([PAYMENT], refunds=[at_provider(1)]), 1),
            (order(cost_cents=1_001), PAID, 1),
        ],
    )
    def test_other_sums_are_found(
        self, wrong: dict[str, Any], provider: Provider, findings: int
    ) -> None:
        assert len(wrong_sums([wrong], provider)) == findings


class TestKeptMoney:
    def test_finds_the_money_of_a_cancelled_order(self) -> None:
        assert kept_money([order("CANCELLED")], PAID) == [
            "order 1: 1000 cents of a CANCELLED order"
        ]
        assert kept_money([order()], PAID) == []
        refunded = Provider([PAYMENT], refunds=[at_provider(1_000)])
        assert kept_money([order("CANCELLED")], refunded) == []
        pending = Provider([PAYMENT], refunds=[at_provider(1_000, "pending")])
        assert len(kept_money([order("CANCELLED")], pending)) == 1

    def test_an_open_dispute_is_exempt(self) -> None:
        disputed = Provider([PAYMENT], disputes=[at_provider(1_000, "needs_response")])
        assert kept_money([order("CANCELLED")], disputed) == []


class TestReceipts:
    def test_each_payment_is_booked_once(self) -> None:
        assert wrong_receipts([order()], PAID) == []
        twice = order(payment={"receipts": [RECEIPT, RECEIPT]})
        assert len(wrong_receipts([twice], PAID)) == 1
        assert len(wrong_receipts([order()], Provider())) == 1
        assert len(wrong_receipts([order(payment={"receipts": []})], PAID)) == 1

    def test_an_unpaid_order_stays_in_the_shop(self) -> None:
        unpaid = order(fulfilment={"state": "COLLECTED"}, payment={"receipts": []})
        assert wrong_receipts([unpaid], Provider()) == ["order 1: unpaid, but COLLECTED"]
        assert wrong_receipts([order(fulfilment={"state": "COLLECTED"})], PAID) == []


class TestDeadlines:
    def test_finds_an_unpaid_order_after_a_minute(self) -> None:
        due = order(state="DUE", payment={"due_at": NOW})
        assert overdue([due], NOW + timedelta(seconds=60)) == []
        found = overdue([due], NOW + timedelta(seconds=61))
        assert found == ["order 1: due since 12:00:00"]
        assert overdue([due | {"status": "CANCELLED"}], NOW + timedelta(days=1)) == []

    @pytest.mark.parametrize(
        ("unfinished", "expected"),
        [
            (order(), False),
            (order(state="PROCESSING"), True),
            (order(state="DUE", payment={"due_at": NOW}), True),
            (order(state="DUE", payment={"due_at": NOW + timedelta(hours=1)}), False),
            (order(payment={"refunds": [refund(1, receipt_id="r", paid_at=None)]}), True),
            (order(payment={"refunds": [refund(1, receipt_id="r")]}), False),
            (
                order(payment={"refunds": [refund(1, receipt_id="r", paid_at=None, failed=True)]}),
                False,
            ),
        ],
    )
    def test_knows_what_the_shop_still_has_to_do(
        self, unfinished: dict[str, Any], expected: bool
    ) -> None:
        assert is_unfinished(unfinished, NOW + timedelta(seconds=1)) == expected
