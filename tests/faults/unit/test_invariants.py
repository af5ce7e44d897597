"""Each invariant accepts a good history and detects bad ones."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from tests.faults import invariants
from tests.faults.history import History, OrderAttempt, View
from tests.faults.invariants import Data, Initial, ReceivedMail
from tests.faults.tail import KafkaMessage

from shopkit.contract.events import ORDERS_TOPIC, PRODUCTS_TOPIC
from shopkit.storage.idempotency import key_id
from shopkit.storage.unit_of_work import Mail

PRODUCT, ORDER, OTHER = (
    ObjectId(b"product-----"),
    ObjectId(b"order-------"),
    ObjectId(b"other-------"),
)
EMAIL, KEY = "aaa@aaa.com", "a-key"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Initial()


def product(quantity: int = 7, version: int = 3, **fields: Any) -> dict[str, Any]:
    return {
        "_id": PRODUCT,
        "name": "cutlery",
        "price_cents": 100,
        "quantity": quantity,
        "archived": False,
        "details_version": 1,
        "stock_version": version - 1,
        **fields,
    }


def projected(quantity: int = 7, version: int = 3) -> dict[str, Any]:
    row = product(quantity, version)
    return {key: row[key] for key in ("_id", "name", "price_cents", "quantity", "archived")} | {
        "version": version
    }


def order(*statuses: str, id_: ObjectId = ORDER, quantity: int = 3) -> dict[str, Any]:
    return {
        "_id": id_,
        "status": statuses[-1],
        "history": [{"status": status} for status in statuses],
        "products": [{"product_id": PRODUCT, "quantity": quantity}],
    }


def decision(status: str, id_: ObjectId = ORDER, **fields: Any) -> dict[str, Any]:
    return {
        "_id": id_,
        "status": status,
        "lines": [{"product_id": PRODUCT, "quantity": 3}],
        "reason": None,
        "line_reasons": [],
        "decided_at": NOW,
        **fields,
    }


def rejection(**fields: Any) -> dict[str, Any]:
    reasons = [{"product_id": PRODUCT, "reason": "None left."}]
    return decision("REJECTED", **{"line_reasons": reasons, **fields})


def stock_row(
    version: int, quantity: int, *, seconds: float = 0, archived: bool = False
) -> dict[str, Any]:
    state = {
        "id": str(PRODUCT),
        "version": version,
        "quantity": quantity,
        "archived": archived,
    }
    return {
        "_id": f"ProductUpdate/{version}",
        "topic": PRODUCTS_TOPIC,
        "time": NOW + timedelta(seconds=seconds),
        "value": json.dumps({"product": state}).encode(),
    }


def order_row(value: bytes = b"{}") -> dict[str, Any]:
    return {"_id": "OrderCreate/1", "topic": ORDERS_TOPIC, "value": value, "time": NOW}


def message(event_id: str = "OrderCreate/1", value: bytes = b"{}") -> KafkaMessage:
    return KafkaMessage(ORDERS_TOPIC, b"key", value, (("ce_id", event_id.encode()),))


def audit(before: int | None, after: int) -> dict[str, Any]:
    return {
        "subject": str(PRODUCT),
        "before": None if before is None else {"quantity": before},
        "after": {"quantity": after},
    }


class TestC1:
    def test_accepts_stock_that_was_sold_and_changed_by_hand(self) -> None:
        sold_three_and_added_two = invariants.balance(
            [product(9)], [decision("ACCEPTED")], [audit(10, 12)]
        )

        assert invariants.unbalanced({PRODUCT: 10}, sold_three_and_added_two) == []

    def test_accepts_a_product_that_an_admin_added(self) -> None:
        added = invariants.balance([product(5)], [], [audit(None, 5)])

        assert invariants.unbalanced({}, added) == []

    @pytest.mark.parametrize("left", [6, 8])
    def test_detects_stock_that_was_taken_twice_or_not_at_all(self, left: int) -> None:
        current = invariants.balance([product(left)], [decision("ACCEPTED")], [])

        findings = invariants.unbalanced({PRODUCT: 10}, current)

        assert findings == [f"product {PRODUCT}: {left + 3} instead of 10"]

    def test_detects_a_product_that_disappeared(self) -> None:
        assert invariants.unbalanced({PRODUCT: 10}, {}) == [f"product {PRODUCT}: 0 instead of 10"]

    def test_accepts_no_stock(self) -> None:
        assert invariants.negative_stock([product(0)], [stock_row(2, 0)]) == []

    def test_detects_stock_below_zero_in_a_document_and_in_an_event(self) -> None:
        findings = invariants.negative_stock([product(-1)], [stock_row(2, -2), order_row()])

        assert findings == [f"product {PRODUCT}: -1", "event ProductUpdate/2: -2"]


class TestC2:
    def test_accepts_one_order_for_each_request(self) -> None:
        history = History([attempt({str(ORDER)}), attempt(set(), key="refused", refused=True)])
        data = Data(orders=[order("PENDING")], keys=[stored_key()])

        assert invariants.wrong_keys(data, history, NOTHING) == []

    def test_accepts_an_order_whose_response_was_lost(self) -> None:
        history = History([attempt(set(), unanswered=True)])
        data = Data(orders=[order("PENDING")], keys=[stored_key()])

        assert invariants.wrong_keys(data, history, NOTHING) == []

    def test_accepts_orders_that_existed_before(self) -> None:
        data = Data(orders=[order("PENDING")])

        assert invariants.wrong_keys(data, History(), Initial({}, {ORDER})) == []

    def test_detects_an_order_that_was_lost(self) -> None:
        history = History([attempt({str(ORDER)})])

        assert invariants.wrong_keys(Data(), history, NOTHING) == [
            f"key {KEY}: returned {{'{ORDER}'}}, stored None"
        ]

    def test_detects_two_orders_for_one_key(self) -> None:
        history = History([attempt({str(ORDER)})])
        orders = [order("PENDING"), order("PENDING", id_=OTHER)]
        data = Data(orders=orders, keys=[stored_key()])

        assert invariants.wrong_keys(data, history, NOTHING) == [
            f"order {OTHER}: it and its key are not both stored"
        ]

    def test_detects_a_refused_order_that_was_stored(self) -> None:
        history = History([attempt(set(), refused=True)])
        data = Data(orders=[order("PENDING")], keys=[stored_key()])

        assert invariants.wrong_keys(data, history, NOTHING) == [
            f"key {KEY}: refused, but {ORDER} is stored"
        ]

    def test_accepts_an_earlier_status_in_a_response(self) -> None:
        data = Data(orders=[order("PENDING", "ACCEPTED")])

        assert invariants.vanished_states(data, {(str(ORDER), "PENDING")}) == []

    def test_detects_a_response_that_was_rolled_back(self) -> None:
        data = Data(orders=[order("PENDING", "REJECTED")])
        seen = {(str(ORDER), "ACCEPTED"), (str(OTHER), "PENDING")}

        assert invariants.vanished_states(data, seen) == [
            f"order {ORDER}: a response showed ACCEPTED, which is not stored",
            f"order {OTHER}: a response showed PENDING, which is not stored",
        ]


def attempt(ids: set[str], key: str = KEY, **fields: bool) -> OrderAttempt:
    return OrderAttempt(key, EMAIL, ids, **fields)


def stored_key() -> dict[str, Any]:
    return {"_id": key_id(EMAIL, KEY), "result": str(ORDER)}


class TestC3:
    def test_accepts_orders_on_which_both_services_agree(self) -> None:
        data = Data(
            orders=[
                order("PENDING", "ACCEPTED", "CANCELLED"),
                order("PENDING", "REJECTED", id_=OTHER),
            ],
            decisions=[decision("CANCELLED"), decision("REJECTED", OTHER)],
        )

        assert invariants.wrong_statuses(data, NOTHING) == []

    @pytest.mark.parametrize("decided", ["REJECTED", None])
    def test_detects_an_order_that_the_services_disagree_on(self, decided: str | None) -> None:
        decisions = [decision(decided)] if decided else []
        data = Data(orders=[order("PENDING", "ACCEPTED")], decisions=decisions)

        assert invariants.wrong_statuses(data, NOTHING) == [
            f"order {ORDER}: ACCEPTED in orders-db, {decided} in products-db"
        ]

    def test_detects_a_decision_about_no_order(self) -> None:
        data = Data(decisions=[decision("ACCEPTED")])

        assert invariants.wrong_statuses(data, NOTHING) == [f"order {ORDER}: only in products-db"]

    def test_detects_an_order_that_left_a_final_status(self) -> None:
        data = Data(
            orders=[order("PENDING", "REJECTED", "ACCEPTED")], decisions=[decision("ACCEPTED")]
        )

        assert invariants.wrong_statuses(data, NOTHING) == [
            f"order {ORDER}: PENDING, REJECTED, ACCEPTED; now ACCEPTED"
        ]


class TestC4:
    def test_accepts_accepted_orders_that_took_their_stock(self) -> None:
        data = Data(products=[product(7)], orders=[order("PENDING", "ACCEPTED")])

        assert invariants.wrong_totals(data, Initial({PRODUCT: 10})) == []

    @pytest.mark.parametrize(("status", "left"), [("ACCEPTED", 10), ("CANCELLED", 13)])
    def test_detects_stock_that_was_not_taken_or_returned_twice(
        self, status: str, left: int
    ) -> None:
        data = Data(products=[product(left)], orders=[order("PENDING", status)])

        assert invariants.wrong_totals(data, Initial({PRODUCT: 10})) == [
            f"product {PRODUCT}: 13 instead of 10"
        ]


class TestC5:
    def test_accepts_a_rejection_when_the_stock_was_short(self) -> None:
        rows = [stock_row(1, 10, seconds=-20), stock_row(2, 2, seconds=-10)]

        assert invariants.wrong_decisions(Data(decisions=[rejection()], rows=rows), NOTHING) == []

    def test_accepts_a_rejection_that_may_have_seen_too_little(self) -> None:
        rows = [stock_row(1, 2, seconds=-10), stock_row(2, 10, seconds=0.5)]

        assert invariants.wrong_decisions(Data(decisions=[rejection()], rows=rows), NOTHING) == []

    def test_accepts_a_rejection_of_an_archived_product(self) -> None:
        data = Data(decisions=[rejection()], rows=[stock_row(1, 10, seconds=-10, archived=True)])

        assert invariants.wrong_decisions(data, NOTHING) == []

    def test_detects_a_rejection_when_there_was_enough(self) -> None:
        data = Data(decisions=[rejection()], rows=[stock_row(1, 10, seconds=-10)])

        assert invariants.wrong_decisions(data, NOTHING) == [
            f"order {ORDER}: there was enough of {PRODUCT}"
        ]

    def test_detects_a_rejection_without_a_line_that_was_short(self) -> None:
        unread = rejection(line_reasons=[], reason="The order could not be read.")

        assert invariants.wrong_decisions(Data(decisions=[unread]), NOTHING) == [
            f"order {ORDER}: rejected without a reason: The order could not be read."
        ]

    def test_ignores_decisions_that_existed_before(self) -> None:
        data = Data(decisions=[rejection(line_reasons=[])])

        assert invariants.wrong_decisions(data, Initial({}, {ORDER})) == []

    def test_accepts_an_order_that_was_decided_just_before_its_product_was_archived(self) -> None:
        rows = [stock_row(1, 10, seconds=-10), stock_row(2, 7, seconds=0.5, archived=True)]

        data = Data(decisions=[decision("ACCEPTED")], rows=rows)
        assert invariants.wrong_decisions(data, NOTHING) == []

    def test_detects_an_accepted_order_for_an_archived_product(self) -> None:
        rows = [stock_row(1, 10, seconds=-20), stock_row(2, 10, seconds=-10, archived=True)]
        data = Data(decisions=[decision("ACCEPTED")], rows=rows)

        assert invariants.wrong_decisions(data, NOTHING) == [
            f"order {ORDER}: accepted, but {PRODUCT} was archived"
        ]


class TestC6:
    def test_accepts_versions_that_grow(self) -> None:
        before, after = {("product", PRODUCT): 3}, {("product", PRODUCT): 3, ("product", OTHER): 1}

        assert invariants.falling_versions(before, after) == []

    def test_detects_a_version_that_fell(self) -> None:
        place = ("projection", PRODUCT)

        assert invariants.falling_versions({place: 3}, {place: 2}) == [
            f"projection {PRODUCT}: version 2 after 3"
        ]

    def test_accepts_an_event_that_was_sent_twice(self) -> None:
        data = Data(rows=[order_row()], messages=[message(), message()])

        assert invariants.changed_events(data) == []

    def test_detects_an_event_with_two_values(self) -> None:
        data = Data(rows=[order_row()], messages=[message(value=b"other")])

        assert invariants.changed_events(data) == ["event OrderCreate/1: two values"]


class TestC7:
    def test_accepts_an_equal_projection(self) -> None:
        data = Data(products=[product()], projection=[projected()])

        assert invariants.differing_products(data) == []

    @pytest.mark.parametrize("projection", [[], [projected(quantity=6)], [projected(version=2)]])
    def test_detects_a_missing_or_different_product(self, projection: list[dict[str, Any]]) -> None:
        data = Data(products=[product()], projection=projection)

        assert invariants.differing_products(data) == [
            f"product {PRODUCT}: it differs in the projection"
        ]


class TestC8:
    def test_accepts_rows_that_are_in_kafka(self) -> None:
        data = Data(rows=[order_row()], messages=[message(), message(invariants.POISON)])

        assert invariants.unmatched_events(data) == []

    def test_detects_a_row_that_was_not_sent(self) -> None:
        findings = invariants.unmatched_events(Data(rows=[order_row()]))

        assert findings == ["event OrderCreate/1: in no topic"]

    def test_detects_an_event_whose_transaction_was_rolled_back(self) -> None:
        findings = invariants.unmatched_events(Data(messages=[message()]))

        assert findings == ["event OrderCreate/1: in no outbox"]


class TestC9:
    def test_accepts_a_recovery_in_time(self) -> None:
        assert invariants.slow_recovery(4.9, 5) == []

    def test_detects_a_slow_recovery(self) -> None:
        assert invariants.slow_recovery(5.1, 5) == ["an order took 5.1 s, not 5 s"]

    def test_detects_that_nothing_recovered(self) -> None:
        assert invariants.slow_recovery(None, 5) == [
            "no order was settled within 5 s after the fault"
        ]


class TestC10:
    def test_accepts_one_dead_letter_for_each_poison(self) -> None:
        data = Data(dead_letters=[{"_id": "a"}])

        assert invariants.wrong_dead_letters(data, {"a"}) == []

    @pytest.mark.parametrize("count", [0, 2])
    def test_detects_poison_that_was_stored_never_or_twice(self, count: int) -> None:
        data = Data(dead_letters=[{"_id": "a"}] * count)

        assert invariants.wrong_dead_letters(data, {"a"}) == [
            f"dead letter a: stored {count} times"
        ]

    def test_detects_a_good_event_that_was_set_aside(self) -> None:
        letter = {"_id": "b", "topic": ORDERS_TOPIC, "offset": 3, "reason": "TypeError"}

        assert invariants.wrong_dead_letters(Data(dead_letters=[letter]), set()) == [
            f"{ORDERS_TOPIC} at 3: TypeError"
        ]

    def test_accepts_orders_that_take_as_long_as_before(self) -> None:
        assert invariants.slowed_orders([0.1, 0.1, 0.2], [0.1, 0.5, 0.6]) == []

    def test_detects_orders_that_wait_for_poison(self) -> None:
        assert invariants.slowed_orders([0.1, 0.1, 0.2], [0.1, 2.0, 3.0]) == [
            "orders took 2.00 s instead of 0.10 s"
        ]


class TestC11:
    def test_accepts_a_view_that_reached_the_last_statuses(self) -> None:
        history = followed(("PENDING", "ACCEPTED", "ACCEPTED"))

        assert invariants.wrong_views(Data(orders=[order("PENDING", "ACCEPTED")]), history) == []

    def test_accepts_a_view_that_skips_a_status(self) -> None:
        data = Data(orders=[order("PENDING", "ACCEPTED", "CANCELLED")])

        assert invariants.wrong_views(data, followed(("PENDING", "CANCELLED"))) == []

    def test_accepts_that_a_snapshot_leaves_out_old_orders(self) -> None:
        history = followed(("PENDING",))
        history.views[0].replace({}, attempts=1)

        assert invariants.wrong_views(Data(orders=[order("PENDING", "ACCEPTED")]), history) == []

    def test_detects_a_gap_at_the_end(self) -> None:
        data = Data(orders=[order("PENDING", "ACCEPTED")])

        assert invariants.wrong_views(data, followed(("PENDING",))) == [
            f"stream of {EMAIL}: {ORDER} is ACCEPTED, but it shows PENDING"
        ]

    def test_detects_an_order_that_is_missing(self) -> None:
        data = Data(orders=[order("PENDING", "ACCEPTED")])

        assert invariants.wrong_views(data, followed(())) == [
            f"stream of {EMAIL}: {ORDER} is ACCEPTED, but it shows None"
        ]

    def test_detects_a_step_back(self) -> None:
        data = Data(orders=[order("PENDING", "ACCEPTED")])

        assert invariants.wrong_views(data, followed(("ACCEPTED", "PENDING", "ACCEPTED"))) == [
            f"stream of {EMAIL}: {ORDER} went back to PENDING"
        ]

    def test_detects_a_status_that_was_rolled_back(self) -> None:
        data = Data(orders=[order("PENDING", "ACCEPTED")])

        assert invariants.wrong_views(data, followed(("REJECTED", "ACCEPTED"))) == [
            f"stream of {EMAIL}: {ORDER} REJECTED, which is not stored"
        ]


def followed(statuses: tuple[str, ...]) -> History:
    """Return the history of a shopper with one order, whose stream showed these statuses."""
    view = View(EMAIL)
    for status in statuses:
        view.update(str(ORDER), status)
    return History([attempt({str(ORDER)})], views=[view])


class TestC16:
    CAUSE = f"order/{ORDER}/ACCEPTED"
    MAIL_ID = Mail(CAUSE, "", "").id
    RECEIVED = ReceivedMail(MAIL_ID, "aaa@aaa.com\nWe have accepted your order")

    def data(self, status: str | None, *received: ReceivedMail) -> Data:
        mails = [{"_id": self.MAIL_ID, "status": status}] if status else []
        return Data(orders=[order("PENDING", "ACCEPTED")], mails=mails, received=received)

    @pytest.mark.parametrize("status", ["waiting", "parked"])
    def test_accepts_a_mail_that_is_not_sent_yet(self, status: str) -> None:
        assert invariants.wrong_mails(self.data(status), NOTHING) == []

    def test_accepts_a_mail_that_arrived_twice_with_one_id(self) -> None:
        data = self.data("sent", self.RECEIVED, self.RECEIVED)

        assert invariants.wrong_mails(data, NOTHING) == []

    def test_ignores_orders_that_existed_before(self) -> None:
        assert invariants.wrong_mails(self.data(None), Initial(order_ids={ORDER})) == []

    @pytest.mark.parametrize("status", [None, "expired", "discarded"])
    def test_detects_a_mail_that_is_missing(self, status: str | None) -> None:
        assert invariants.wrong_mails(self.data(status), NOTHING) == [
            f"order {ORDER} ACCEPTED: its mail is {status}"
        ]

    def test_detects_a_mail_that_was_not_received(self) -> None:
        assert invariants.wrong_mails(self.data("sent"), NOTHING) == [
            f"order {ORDER} ACCEPTED: its mail is sent, but was not received"
        ]

    def test_detects_a_mail_that_no_change_asked_for(self) -> None:
        data = self.data("sent", self.RECEIVED, ReceivedMail("other", "another mail"))

        assert invariants.wrong_mails(data, NOTHING) == ["mail other: no change asked for it"]

    def test_detects_a_mail_that_arrived_with_two_ids(self) -> None:
        data = self.data("sent", self.RECEIVED, self.RECEIVED._replace(mail_id="other"))

        assert invariants.wrong_mails(data, NOTHING) == [
            "mail other: no change asked for it",
            f"mails {', '.join(sorted(['other', self.MAIL_ID]))}: the same mail with different ids",
        ]
