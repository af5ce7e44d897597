"""Payments by card against the sandbox of Stripe: payments, deadlines, refunds and disputes."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from orders.dependencies import Services, build
from orders.errors import (
    OrderNotFoundError,
    OrderStateError,
    ProviderRefusedError,
    ProviderUnavailableError,
    RefundNotFoundError,
)
from orders.models.cards import CardAttempt, CardSession, ProviderEvent
from orders.models.order import Order
from orders.models.payment import (
    CardTerms,
    PaymentMethod,
    PaymentState,
    PaymentTerms,
    ReceiptMethod,
    RefundKind,
)
from orders.models.placement import RequestedDetails, RequestedLine, RequestedOrder
from orders.models.views import OrderView, views_of
from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.orders import OrderRepository
from orders.repositories.provider_events import ProviderEventRepository
from orders.repositories.stripe import Stripe
from orders.services.desk import DeskRequest, ReceivedPayment
from shopkit.contract.events import OrderStatus, OrderStatusUpdate
from shopkit.identity import Role
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.mongo import Database
from shopkit.stripe_sandbox.objects import Object
from shopkit.stripe_sandbox.parameters import CreateRefund
from shopkit.stripe_sandbox.switches import Api, Refunds, Switches
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import NOON, an_id, delivery, state
from shopkit.testing.proofs import identity_of
from shopkit.testing.sandboxes import RunningSandbox

Know = Callable[..., Awaitable[None]]

OWNER = identity_of("aaa@aaa.com")
OTHER = identity_of("bbb@bbb.com")
ADMIN = identity_of("admin@aaa.com", Role.ADMIN)
PRICE = 1_000


def count_stuck() -> float:
    return REGISTRY.get_sample_value("card_payments_long_processing_total") or 0.0


@pytest.fixture(autouse=True)
def _leases(monkeypatch: pytest.MonkeyPatch) -> None:
    async def acquire(_leases: JobLeases, _job: str, _duration: timedelta) -> bool:
        return True

    monkeypatch.setattr(JobLeases, "acquire", acquire)


@pytest.fixture
def terms(terms: PaymentTerms) -> PaymentTerms:
    return replace(terms, cards=CardTerms())


@pytest.fixture
def services(
    database: Database,
    transactions: FakeTransactions,
    clock: FakeClock,
    terms: PaymentTerms,
    stripe: Stripe,
) -> Services:
    return build(
        database,
        transactions,
        clock,
        terms=terms,
        provider=stripe,
        shop_address="https://shop.example",
    )


class Shop:
    """A shop that takes cards, and what happens to its orders."""

    def __init__(
        self,
        services: Services,
        sandbox: RunningSandbox,
        database: Database,
        clock: FakeClock,
        transactions: FakeTransactions,
    ) -> None:
        self.services = services
        self.account = sandbox.account
        self.attempts = CardAttemptRepository(database, clock)
        self.orders = OrderRepository(database, clock)
        self.events = ProviderEventRepository(database, clock)
        self.clock = clock
        self.transactions = transactions

    async def accepted(self, method: PaymentMethod = PaymentMethod.CARD) -> Order:
        """Return an order of one product that was accepted now."""
        lines = (RequestedLine(quantity=1, product_id=an_id(1)),)
        details = RequestedDetails(payment=method)
        placed = await self.services.intake.place(RequestedOrder(OWNER, lines, None, details))
        await self.settle(placed.order.id, OrderStatus.ACCEPTED)
        self.transactions.mails.clear()
        self.transactions.published.clear()
        return await self.order(placed.order.id)

    async def settle(self, order_id: str, status: OrderStatus) -> None:
        outcome = OrderStatusUpdate.model_validate({"order_id": order_id, "status": status})
        await self.services.orders.settle([delivery(outcome)])

    async def order(self, order_id: str) -> Order:
        return await self.services.orders.get(order_id, OWNER)

    async def pay(self, order_id: str) -> str:
        """Return the id of the session in which the owner pays."""
        url = await self.services.cards.payments.pay(order_id, OWNER)
        return url.rpartition("/")[2]

    async def paid(self) -> Order:
        """Return an order that was paid by card."""
        order = await self.accepted()
        self.account.pay(await self.pay(order.id), status="succeeded")
        await self.catch_up()
        self.transactions.mails.clear()
        return await self.order(order.id)

    async def catch_up(self) -> None:
        """Read the provider's events, and apply them."""
        await self.services.cards.events.catch_up()
        await self.services.cards.events.apply_pending()

    async def check(self, **later: float) -> None:
        """Let the loops compare cards with the provider, as often as they want to."""
        assert self.services.cards.checks
        self.clock.advance(**(later or {"seconds": 3}))
        for _ in range(3):
            await self.services.cards.checks.check()
            self.clock.advance(seconds=3)

    def refunds(self) -> list[Object]:
        return self.account.all_of("refund")

    def sessions(self) -> list[str]:
        return [session["status"] for session in self.account.all_of("session")]

    def templates(self) -> list[str]:
        return [mail.template for mail in self.transactions.mails]

    def refund_request(self, order: Order) -> DeskRequest:
        return DeskRequest(order.id, ADMIN, None, "")


@pytest.fixture
async def shop(
    services: Services,
    sandbox: RunningSandbox,
    database: Database,
    clock: FakeClock,
    transactions: FakeTransactions,
    know: Know,
) -> Shop:
    await know(state(1, quantity=1_000, price_cents=PRICE))
    shop = Shop(services, sandbox, database, clock, transactions)
    # As a running shop does, it has asked for events before.
    await shop.catch_up()
    return shop


class TestPay:
    async def test_stores_the_attempt_and_returns_the_page(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        assert order.payment.due_at == NOON + timedelta(minutes=60)
        # When
        session_id = await shop.pay(order.id)
        # Then
        session = shop.account.session(session_id)
        assert session["client_reference_id"] == order.id
        assert (session["amount_total"], session["currency"]) == (PRICE, "eur")
        assert session["success_url"] == f"https://shop.example/orders/{order.id}"
        assert session["expires_at"] == (NOON + timedelta(minutes=60)).timestamp()
        attempt = await shop.attempts.find(f"{order.id}-1")
        assert attempt
        assert (attempt.session_id, attempt.open) == (session_id, True)
        assert (await shop.order(order.id)).payment.state is PaymentState.DUE

    async def test_a_late_page_is_open_for_35_minutes(self, shop: Shop) -> None:
        order = await shop.accepted()
        shop.clock.advance(minutes=59)
        session = shop.account.session(await shop.pay(order.id))
        assert session["expires_at"] == (NOON + timedelta(minutes=59 + 35)).timestamp()

    async def test_returns_the_open_page_again(self, shop: Shop) -> None:
        order = await shop.accepted()
        assert await shop.pay(order.id) == await shop.pay(order.id)
        assert shop.sessions() == ["open"]

    async def test_starts_another_attempt_after_a_page_has_expired(self, shop: Shop) -> None:
        order = await shop.accepted()
        first = await shop.pay(order.id)
        shop.account.expire_session(first)
        second = await shop.pay(order.id)
        assert second != first
        attempts = [await shop.attempts.find(f"{order.id}-{number}") for number in (1, 2)]
        assert [attempt and attempt.open for attempt in attempts] == [False, True]

    async def test_recognizes_a_payment_before_its_event_arrives(self, shop: Shop) -> None:
        order = await shop.accepted()
        shop.account.pay(await shop.pay(order.id), status="succeeded")
        with pytest.raises(OrderStateError, match="No payment by card is due"):
            await shop.pay(order.id)
        assert (await shop.order(order.id)).payment.state is PaymentState.PAID

    async def test_only_the_owner_can_pay(self, shop: Shop) -> None:
        order = await shop.accepted()
        for caller in (OTHER, ADMIN):
            with pytest.raises(OrderNotFoundError):
                await shop.services.cards.payments.pay(order.id, caller)
        assert shop.sessions() == []

    @pytest.mark.parametrize("method", [PaymentMethod.ON_COLLECTION, PaymentMethod.TRANSFER])
    async def test_other_methods_have_no_page(self, shop: Shop, method: PaymentMethod) -> None:
        order = await shop.accepted(method)
        with pytest.raises(OrderStateError):
            await shop.pay(order.id)
        assert shop.sessions() == []

    async def test_an_overdue_or_cancelled_order_has_no_page(self, shop: Shop) -> None:
        cancelled, overdue = await shop.accepted(), await shop.accepted()
        await shop.services.orders.cancel(cancelled.id, OWNER)
        shop.clock.advance(minutes=60)
        for order in (cancelled, overdue):
            with pytest.raises(OrderStateError):
                await shop.pay(order.id)
        assert shop.sessions() == []

    async def test_a_shop_without_cards_refuses(
        self,
        shop: Shop,
        database: Database,
        clock: FakeClock,
        transactions: FakeTransactions,
        terms: PaymentTerms,
    ) -> None:
        order = await shop.accepted()
        without = build(database, transactions, clock, terms=replace(terms, cards=None))
        with pytest.raises(OrderStateError, match="takes no cards"):
            await without.cards.payments.pay(order.id, OWNER)

    async def test_an_error_of_the_provider_leaves_the_order_due(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        shop.account.set_switches(Switches(api=Api.FAIL_AFTER_WORK))
        # When
        with pytest.raises(ProviderUnavailableError):
            await shop.pay(order.id)
        # Then
        assert (await shop.order(order.id)).payment.state is PaymentState.DUE
        # The provider repeats the error for the key, so the next attempt has another one.
        shop.account.set_switches(Switches())
        shop.account.pay(await shop.pay(order.id), status="succeeded")
        await shop.catch_up()
        assert (await shop.order(order.id)).payment.captured_cents == PRICE

    async def test_a_page_that_is_refused_leaves_the_order_due(
        self, shop: Shop, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = await shop.accepted()

        async def refuse(_attempt: CardAttempt) -> None:
            raise ProviderRefusedError("account_invalid")

        monkeypatch.setattr(stripe, "create_session", refuse)
        with pytest.raises(ProviderUnavailableError):
            await shop.pay(order.id)
        monkeypatch.undo()
        assert (await shop.order(order.id)).payment.state is PaymentState.DUE
        assert await shop.pay(order.id)

    async def test_a_cancellation_while_the_page_is_created_closes_it(
        self, shop: Shop, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        order = await shop.accepted()
        create = stripe.create_session

        async def create_late(attempt: CardAttempt) -> CardSession:
            session = await create(attempt)
            await shop.services.orders.cancel(order.id, OWNER)
            return session

        monkeypatch.setattr(stripe, "create_session", create_late)
        # When
        with pytest.raises(OrderStateError):
            await shop.pay(order.id)
        await shop.check()
        # Then
        assert shop.sessions() == ["expired"]

    async def test_a_session_that_the_provider_has_lost_is_replaced(
        self, shop: Shop, database: Database
    ) -> None:
        order = await shop.accepted()
        await shop.pay(order.id)
        await database["card_attempts"].update_one({}, {"$set": {"session_id": "cs_lost"}})
        assert await shop.pay(order.id)
        attempt = await shop.attempts.find(f"{order.id}-1")
        assert attempt
        assert not attempt.open

    async def test_an_unanswered_request_is_repeated_with_its_key(
        self, shop: Shop, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        order = await shop.accepted()
        create = stripe.create_session

        async def lose(attempt: CardAttempt) -> None:
            await create(attempt)
            raise ProviderUnavailableError("timeout")

        monkeypatch.setattr(stripe, "create_session", lose)
        with pytest.raises(ProviderUnavailableError):
            await shop.pay(order.id)
        # When
        monkeypatch.undo()
        await shop.pay(order.id)
        # Then
        assert shop.sessions() == ["open"]


class TestEvents:
    async def test_a_payment_is_applied_once(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        session_id = await shop.pay(order.id)
        shop.account.pay(session_id, status="succeeded")
        # When
        for number in range(3):
            other = f"evt_{number}", "checkout.session.async_payment_succeeded"
            await shop.events.add([ProviderEvent(*other, NOON, False, session_id)])
            await shop.catch_up()
            await shop.check(seconds=70)
        # Then
        after = await shop.order(order.id)
        assert (after.payment.state, after.payment.captured_cents) == (PaymentState.PAID, PRICE)
        [receipt] = after.payment.receipts
        assert receipt.method is ReceiptMethod.CARD
        assert after.payment.due_at is None
        assert shop.templates() == ["payment-received"]
        assert shop.refunds() == []
        attempt = await shop.attempts.find(f"{order.id}-1")
        assert attempt
        assert (attempt.open, attempt.check_at) == (False, None)

    async def test_the_loop_finds_a_payment_without_events(self, shop: Shop) -> None:
        order = await shop.accepted()
        shop.account.pay(await shop.pay(order.id), status="succeeded")
        await shop.check(seconds=60)
        assert (await shop.order(order.id)).payment.state is PaymentState.PAID

    async def test_an_undecided_payment_is_processing(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        session_id = await shop.pay(order.id)
        shop.account.pay(session_id, status="processing")
        await shop.catch_up()
        undecided = await shop.order(order.id)
        assert (undecided.payment.state, undecided.payment.act_at) == (
            PaymentState.PROCESSING,
            None,
        )
        # When
        shop.clock.advance(days=2)
        await shop.services.deadlines.act()
        shop.account.settle_session(session_id, paid=True)
        await shop.catch_up()
        # Then
        assert (await shop.order(order.id)).payment.state is PaymentState.PAID

    async def test_a_payment_that_is_undecided_for_a_day_is_counted(self, shop: Shop) -> None:
        order = await shop.accepted()
        shop.account.pay(await shop.pay(order.id), status="processing")
        await shop.check(hours=24)
        before = count_stuck()
        await shop.check(minutes=1)
        assert count_stuck() > before
        assert (await shop.order(order.id)).payment.state is PaymentState.PROCESSING

    async def test_a_failed_payment_is_due_again(self, shop: Shop) -> None:
        order = await shop.accepted()
        session_id = await shop.pay(order.id)
        shop.account.pay(session_id, status="processing")
        await shop.catch_up()
        shop.clock.advance(minutes=90)
        shop.account.settle_session(session_id, paid=False)
        await shop.catch_up()
        after = await shop.order(order.id)
        assert after.payment.state is PaymentState.DUE
        assert after.payment.due_at == shop.clock.now + timedelta(minutes=60)
        assert await shop.pay(order.id) != session_id

    async def test_an_event_of_another_shop_is_set_aside(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        attempt_key = f"{order.id}-1"
        session_id = await shop.pay(order.id)
        strange = ProviderEvent("evt_1", "checkout.session.completed", NOON, False, "cs_unknown")
        live = ProviderEvent("evt_2", "checkout.session.completed", NOON, True, session_id)
        # When
        await shop.events.add([strange, live])
        await shop.services.cards.events.apply_pending()
        # Then
        parked = {event.id: reason for event, reason in await shop.events.find_parked()}
        assert parked == {
            "evt_1": "The provider knows no session for it.",
            "evt_2": "It concerns the other mode (live or test).",
        }
        attempt = await shop.attempts.find(attempt_key)
        assert attempt
        assert attempt.open

    async def test_another_amount_is_parked(self, shop: Shop, database: Database) -> None:
        # Given
        order = await shop.accepted()
        session_id = await shop.pay(order.id)
        await database["card_attempts"].update_one({}, {"$set": {"amount_cents": PRICE + 1}})
        shop.account.pay(session_id, status="succeeded")
        # When
        await shop.catch_up()
        await shop.check(seconds=70)
        # Then
        after = await shop.order(order.id)
        assert (after.payment.state, after.payment.receipts) == (PaymentState.DUE, ())
        assert after.problem
        assert after.problem.endswith("of 10.00 EUR (test) was not asked for.")
        assert OrderView.PROBLEMS in views_of(after)
        assert [entry.action for entry in after.timeline] == ["problem"]

    async def test_a_dead_provider_delays_events(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        shop.account.pay(await shop.pay(order.id), status="succeeded")
        await shop.services.cards.events.catch_up()
        shop.account.set_switches(Switches(api=Api.FAIL))
        # When
        with pytest.raises(ProviderUnavailableError):
            await shop.services.cards.events.apply_pending()
        # Then
        assert (await shop.order(order.id)).payment.state is PaymentState.DUE
        shop.account.set_switches(Switches())
        shop.clock.advance(seconds=20)
        await shop.services.cards.events.apply_pending()
        assert (await shop.order(order.id)).payment.state is PaymentState.PAID


class TestDeadline:
    async def test_reminds_half_an_hour_before(self, shop: Shop) -> None:
        order = await shop.accepted()
        shop.clock.advance(minutes=30)
        await shop.services.deadlines.act()
        [mail] = shop.transactions.mails
        assert (mail.template, mail.data["pay_by_card"]) == ("payment-reminder", True)
        assert (await shop.order(order.id)).status is OrderStatus.ACCEPTED

    async def test_cancels_an_order_without_a_page(self, shop: Shop) -> None:
        order = await shop.accepted()
        shop.clock.advance(minutes=60, seconds=30)
        await shop.services.deadlines.act()
        assert (await shop.order(order.id)).status is OrderStatus.CANCELLED

    async def test_closes_the_page_and_cancels(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        await shop.pay(order.id)
        shop.clock.advance(minutes=60, seconds=30)
        # When
        await shop.services.deadlines.act()
        assert (await shop.order(order.id)).status is OrderStatus.ACCEPTED
        await shop.check()
        # Then
        after = await shop.order(order.id)
        assert (after.status, after.reason) == (
            OrderStatus.CANCELLED,
            "The order was not paid in time.",
        )
        assert shop.sessions() == ["expired"]
        assert shop.templates() == ["order-cancelled"]
        assert shop.transactions.published_ids == [f"OrderCancel/{order.id}"]

    async def test_a_payment_at_the_deadline_counts(self, shop: Shop) -> None:
        order = await shop.accepted()
        session_id = await shop.pay(order.id)
        shop.clock.advance(minutes=59, seconds=59)
        shop.account.pay(session_id, status="succeeded")
        shop.clock.advance(seconds=31)
        await shop.services.deadlines.act()
        await shop.check()
        after = await shop.order(order.id)
        assert (after.status, after.payment.state) == (OrderStatus.ACCEPTED, PaymentState.PAID)

    async def test_an_earlier_page_does_not_cancel_while_a_later_one_is_open(
        self, shop: Shop
    ) -> None:
        # Given
        order = await shop.accepted()
        first = shop.account.session(await shop.pay(order.id))
        shop.account.expire_session(first["id"])
        second = await shop.pay(order.id)
        shop.account.pay(second, status="succeeded")
        event = ProviderEvent("evt_1", "checkout.session.expired", NOON, False, first["id"])
        # When
        shop.clock.advance(minutes=60, seconds=1)
        await shop.events.add([event])
        await shop.services.cards.events.apply_pending()
        assert (await shop.order(order.id)).status is OrderStatus.ACCEPTED
        await shop.check()
        # Then
        after = await shop.order(order.id)
        assert (after.status, after.payment.state) == (OrderStatus.ACCEPTED, PaymentState.PAID)

    async def test_a_refused_page_is_closed_and_another_one_begins(
        self, shop: Shop, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given a request that was never answered, and is too old to be repeated.
        order = await shop.accepted()

        async def fail(_attempt: CardAttempt) -> None:
            raise ProviderUnavailableError("timeout")

        monkeypatch.setattr(stripe, "create_session", fail)
        with pytest.raises(ProviderUnavailableError):
            await shop.pay(order.id)
        monkeypatch.undo()
        shop.clock.advance(minutes=40)
        # When
        await shop.check()
        # Then
        attempt = await shop.attempts.find(f"{order.id}-1")
        assert attempt
        assert (attempt.open, attempt.session_id) == (False, "")
        assert await shop.pay(order.id)
        assert shop.sessions() == ["open"]

    async def test_a_page_that_failed_does_not_delay_the_cancellation(self, shop: Shop) -> None:
        order = await shop.accepted()
        shop.account.set_switches(Switches(api=Api.FAIL_AFTER_WORK))
        with pytest.raises(ProviderUnavailableError):
            await shop.pay(order.id)
        shop.account.set_switches(Switches())
        shop.clock.advance(minutes=61)
        await shop.services.deadlines.act()
        assert (await shop.order(order.id)).status is OrderStatus.CANCELLED

    async def test_a_dead_provider_delays_the_cancellation_by_ten_minutes(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        await shop.pay(order.id)
        shop.account.set_switches(Switches(api=Api.FAIL))
        shop.clock.now = NOON + timedelta(minutes=60, seconds=30)
        await shop.services.deadlines.act()
        with pytest.raises(ProviderUnavailableError):
            await shop.check()
        shop.clock.now = NOON + timedelta(minutes=70, seconds=-1)
        await shop.services.deadlines.act()
        assert (await shop.order(order.id)).status is OrderStatus.ACCEPTED
        # When
        shop.clock.advance(seconds=1)
        await shop.services.deadlines.act()
        # Then
        assert (await shop.order(order.id)).status is OrderStatus.CANCELLED
        # The page is closed once the provider answers.
        shop.account.set_switches(Switches())
        await shop.check(seconds=20)
        assert shop.sessions() == ["expired"]


class TestCancel:
    async def test_closes_the_page_after_the_commit(self, shop: Shop) -> None:
        order = await shop.accepted()
        await shop.pay(order.id)
        shop.account.set_switches(Switches(api=Api.FAIL))
        await shop.services.orders.cancel(order.id, OWNER)
        assert shop.sessions() == ["open"]
        shop.account.set_switches(Switches())
        await shop.check()
        assert shop.sessions() == ["expired"]

    async def test_money_after_the_cancellation_is_paid_back(self, shop: Shop) -> None:
        # Given
        order = await shop.accepted()
        session_id = await shop.pay(order.id)
        await shop.services.orders.cancel(order.id, OWNER)
        shop.account.pay(session_id, status="succeeded")
        shop.transactions.mails.clear()
        # When
        await shop.check()
        # Then
        after = await shop.order(order.id)
        assert (after.status, after.payment.state) == (
            OrderStatus.CANCELLED,
            PaymentState.REFUNDED,
        )
        [refund] = shop.refunds()
        assert (refund["amount"], refund["metadata"]) == (
            PRICE,
            {"order_id": order.id, "refund_id": after.payment.refunds[0].id},
        )
        assert shop.templates() == ["payment-refunded"]
        assert views_of(after) == []

    async def test_a_second_payment_is_paid_back(self, shop: Shop) -> None:
        # Given a payment in each of two pages, the first of which had seemed to be closed.
        order = await shop.accepted()
        first = await shop.pay(order.id)
        attempt = await shop.attempts.find(f"{order.id}-1")
        assert attempt
        await shop.attempts.update(replace(attempt, open=False))
        second = await shop.pay(order.id)
        for session_id in (first, second):
            shop.account.pay(session_id, status="succeeded")
        # When
        await shop.catch_up()
        await shop.check()
        # Then
        after = await shop.order(order.id)
        assert after.payment.state is PaymentState.PAID
        assert after.payment.captured_cents - after.payment.refunded_cents == PRICE
        [refund] = after.payment.refunds
        assert (refund.kind, refund.amount_cents) == (RefundKind.OVERPAID, PRICE)
        assert len(shop.refunds()) == 1


class TestRefunds:
    async def test_an_allowance_goes_back_to_the_card(self, shop: Shop) -> None:
        # Given
        order = await shop.paid()
        # When
        recorded = await shop.services.desk.request_refund(
            shop.refund_request(order), 300, "Scratched"
        )
        assert OrderView.TO_REFUND not in views_of(recorded.order)
        await shop.check()
        # Then
        after = await shop.order(order.id)
        assert (after.payment.refunded_cents, after.payment.state) == (300, PaymentState.PAID)
        [refund] = shop.refunds()
        assert (refund["amount"], refund["payment_intent"]) == (
            300,
            order.payment.receipts[0].reference,
        )
        assert shop.templates() == ["payment-refunded"]

    async def test_an_admin_cannot_pay_out_what_the_provider_pays(self, shop: Shop) -> None:
        order = await shop.paid()
        request = shop.refund_request(order)
        recorded = await shop.services.desk.request_refund(request, 300, "Scratched")
        refund = recorded.order.payment.refunds[0]
        with pytest.raises(RefundNotFoundError):
            await shop.services.desk.pay_out(request, refund.id, "")

    async def test_work_that_was_answered_with_an_error_is_not_repeated(self, shop: Shop) -> None:
        # Given
        order = await shop.paid()
        await shop.services.desk.request_refund(shop.refund_request(order), 300, "Scratched")
        shop.account.set_switches(Switches(api=Api.FAIL_AFTER_WORK))
        with pytest.raises(ProviderUnavailableError):
            await shop.check()
        # When
        shop.account.set_switches(Switches())
        await shop.check(seconds=20)
        # Then
        assert [refund["amount"] for refund in shop.refunds()] == [300]
        assert (await shop.order(order.id)).payment.refunded_cents == 300

    async def test_a_repeated_error_gets_another_key(self, shop: Shop) -> None:
        order = await shop.paid()
        await shop.services.desk.request_refund(shop.refund_request(order), 300, "Scratched")
        attempt = await shop.attempts.find(f"{order.id}-1")
        assert attempt
        shop.account.set_switches(Switches(api=Api.FAIL_AFTER_WORK, refunds=Refunds.FAIL))
        with pytest.raises(ProviderUnavailableError):
            await shop.check()
        tried = await shop.attempts.find(f"{order.id}-1")
        assert tried
        assert tried.refund_tries == attempt.refund_tries + 1

    async def test_a_pending_refund_follows_the_provider(self, shop: Shop) -> None:
        # Given
        order = await shop.paid()
        shop.account.set_switches(Switches(refunds=Refunds.PENDING))
        await shop.services.orders.cancel(order.id, OWNER)
        await shop.check()
        shop.transactions.mails.clear()
        assert (await shop.order(order.id)).payment.state is PaymentState.PAID
        # When
        [refund] = shop.refunds()
        shop.account.settle_refund(refund["id"], paid=True)
        await shop.catch_up()
        # Then
        assert (await shop.order(order.id)).payment.state is PaymentState.REFUNDED
        assert len(shop.refunds()) == 1
        assert shop.templates() == ["payment-refunded"]

    async def test_a_failed_refund_becomes_a_task_for_a_person(self, shop: Shop) -> None:
        # Given
        order = await shop.paid()
        await shop.services.orders.cancel(order.id, OWNER)
        await shop.check()
        [refund] = shop.refunds()
        assert (await shop.order(order.id)).payment.state is PaymentState.REFUNDED
        # When
        shop.account.settle_refund(refund["id"], paid=False)
        for _ in range(2):
            await shop.catch_up()
            await shop.check(seconds=70)
        # Then
        after = await shop.order(order.id)
        own = after.payment.refunds[0]
        assert (own.failed, own.paid_at, after.payment.state) == (True, None, PaymentState.PAID)
        assert after.problem == (
            f"The provider could not pay the refund {own.id} ({refund['id']})."
        )
        assert views_of(after) == [OrderView.TO_REFUND, OrderView.PROBLEMS]
        assert len(shop.refunds()) == 1
        paid = await shop.services.desk.pay_out(shop.refund_request(order), own.id, "by transfer")
        assert paid.order.payment.state is PaymentState.REFUNDED

    async def test_a_refund_that_the_shop_did_not_request_is_parked(self, shop: Shop) -> None:
        order = await shop.paid()
        payment_intent = order.payment.receipts[0].reference
        by_hand = shop.account.create_refund(
            CreateRefund(payment_intent=payment_intent, amount=100)
        )
        await shop.catch_up()
        after = await shop.order(order.id)
        assert after.problem == f"Refund {by_hand['id']} of 1.00 was not requested by the shop."
        assert after.payment.refunds == ()

    async def test_a_refund_that_the_provider_refuses_becomes_a_task_for_a_person(
        self, shop: Shop
    ) -> None:
        # Given a payment that someone has paid back in the provider's dashboard.
        order = await shop.paid()
        shop.account.create_refund(
            CreateRefund(payment_intent=order.payment.receipts[0].reference, amount=PRICE)
        )
        # When
        await shop.services.desk.request_refund(shop.refund_request(order), 300, "Scratched")
        await shop.check()
        # Then
        after = await shop.order(order.id)
        [own] = after.payment.refunds
        assert (own.failed, own.paid_at) == (True, None)
        assert after.problem
        assert after.problem.endswith(
            f"The provider could not pay the refund {own.id} (charge_already_refunded)."
        )
        assert len(shop.refunds()) == 1

    async def test_a_refund_that_was_paid_twice_is_parked(self, shop: Shop) -> None:
        order = await shop.paid()
        await shop.services.desk.request_refund(shop.refund_request(order), 300, "Scratched")
        await shop.check()
        own = (await shop.order(order.id)).payment.refunds[0]
        again = shop.account.create_refund(
            CreateRefund(
                payment_intent=order.payment.receipts[0].reference,
                amount=300,
                metadata={"refund_id": own.id},
            )
        )
        await shop.catch_up()
        after = await shop.order(order.id)
        assert after.problem == f"Refund {again['id']} was paid a second time."
        assert after.payment.refunded_cents == 300

    async def test_transfers_stay_tasks_of_the_desk(self, shop: Shop) -> None:
        order = await shop.accepted(PaymentMethod.TRANSFER)
        request = shop.refund_request(order)
        received = ReceivedPayment(PRICE, ReceiptMethod.TRANSFER, "")
        await shop.services.desk.record_payment(request, received)
        await shop.services.orders.cancel(order.id, OWNER)
        await shop.check()
        after = await shop.order(order.id)
        assert shop.refunds() == []
        assert views_of(after) == [OrderView.TO_REFUND]
        refund_id = after.payment.refunds[0].id
        paid = await shop.services.desk.pay_out(request, refund_id, "")
        assert paid.order.payment.state is PaymentState.REFUNDED


class TestDisputes:
    async def test_a_dispute_holds_refunds_until_it_is_won(self, shop: Shop) -> None:
        # Given
        order = await shop.paid()
        dispute = shop.account.open_dispute(order.payment.receipts[0].reference)
        await shop.catch_up()
        disputed = await shop.order(order.id)
        assert disputed.payment.disputed
        with pytest.raises(OrderStateError):
            await shop.services.desk.request_refund(shop.refund_request(order), 300, "Scratched")
        await shop.services.orders.cancel(order.id, OWNER)
        await shop.check()
        assert shop.refunds() == []
        # When
        shop.account.close_dispute(dispute["id"], won=True)
        await shop.catch_up()
        await shop.check()
        # Then
        after = await shop.order(order.id)
        assert not after.payment.disputed
        assert after.payment.state is PaymentState.REFUNDED
        assert [refund["amount"] for refund in shop.refunds()] == [PRICE]

    async def test_a_lost_dispute_is_booked_once(self, shop: Shop) -> None:
        order = await shop.paid()
        dispute = shop.account.open_dispute(order.payment.receipts[0].reference)
        shop.account.close_dispute(dispute["id"], won=False)
        for _ in range(2):
            await shop.catch_up()
            await shop.check(seconds=70)
        after = await shop.order(order.id)
        [lost] = after.payment.refunds
        assert (lost.kind, lost.amount_cents) == (RefundKind.DISPUTE, PRICE)
        assert (after.payment.state, after.open_cents) == (PaymentState.REFUNDED, 0)
        assert after.problem == f"Dispute {dispute['id']} of 10.00 was lost."
        assert shop.refunds() == []
