from dataclasses import replace

import pytest

from orders.errors import (
    AmbiguousNameError,
    DeliveryRefusedError,
    DeliveryUnavailableError,
    FeeChangedError,
    InsufficientStockError,
    LinesRefusedError,
    NoDeliveryError,
    PaymentUnavailableError,
    PriceChangedError,
    QuantityLimitError,
    UnknownProductsError,
)
from orders.models.delivery import Contact, DeliveryMethod, FeeStep, OrderDelivery
from orders.models.order import Line
from orders.models.payment import BankAccount, PaymentMethod, PaymentTerms
from orders.models.placement import (
    ProductCatalogue,
    RequestedDetails,
    RequestedLine,
    RequestedOrder,
)
from shopkit.addresses import Address
from shopkit.testing.deliveries import an_id, state
from shopkit.testing.proofs import identity_of


def by_id(number: int, quantity: int = 1, price: int | None = None) -> RequestedLine:
    return RequestedLine(quantity=quantity, product_id=an_id(number), price_cents=price)


def by_name(name: str, quantity: int = 1) -> RequestedLine:
    return RequestedLine(quantity=quantity, name=name)


def wanted(*lines: RequestedLine) -> RequestedOrder:
    return RequestedOrder(identity_of("aaa@aaa.com"), lines)


SHELF = ProductCatalogue(
    [
        state(1, name="spoon", price_cents=599, quantity=10),
        state(2, name="fork", price_cents=250, quantity=0),
        state(3, name="knife", archived=True),
        state(4, name="twin", quantity=5),
        state(5, name="twin", quantity=6),
        state(6, name="nail", price_cents=1, quantity=1_000_000),
        state(7, name="\u1e97est"),
        state(8, name="straße"),
        state(9, name="strasse"),
        state(10, name="οδος"),
    ]
)


def refusal(*lines: RequestedLine) -> LinesRefusedError:
    with pytest.raises(LinesRefusedError) as raised:
        SHELF.lines_for(wanted(*lines))
    return raised.value


class TestLinesFor:
    def test_uses_the_products_name_and_price(self) -> None:
        assert SHELF.lines_for(wanted(by_name("spoon", 2), by_id(6, 3))) == (
            Line(an_id(1), "spoon", 599, 2),
            Line(an_id(6), "nail", 1, 3),
        )

    def test_sums_lines_of_one_product_by_id_and_by_name(self) -> None:
        lines = SHELF.lines_for(wanted(by_id(1, 2), by_id(6), by_name("spoon", 3)))
        assert lines == (Line(an_id(1), "spoon", 599, 5), Line(an_id(6), "nail", 1, 1))

    @pytest.mark.parametrize(
        ("name", "number"),
        [
            ("T\u0308est".lower(), 7),
            ("\u1e97est", 7),
            ("οδοσ", 10),
            ("\uff53poon", 1),
            ("straße", 8),
            ("strasse", 9),
        ],
    )
    def test_finds_a_product_by_any_spelling_of_its_name(self, name: str, number: int) -> None:
        lines = SHELF.lines_for(wanted(by_name(name)))
        assert [line.product_id for line in lines] == [an_id(number)]

    def test_refuses_a_spelling_of_two_names_that_is_neither(self) -> None:
        assert isinstance(refusal(by_name("\uff53trasse")), AmbiguousNameError)

    def test_the_id_takes_precedence_over_the_name(self) -> None:
        line = RequestedLine(quantity=1, product_id=an_id(1), name="nail")
        assert SHELF.lines_for(wanted(line)) == (Line(an_id(1), "spoon", 599, 1),)

    def test_accepts_the_whole_stock(self) -> None:
        assert SHELF.lines_for(wanted(by_id(1, 10)))[0].quantity == 10

    def test_accepts_the_limit(self) -> None:
        assert SHELF.lines_for(wanted(by_id(6, 400), by_id(6, 600)))[0].quantity == 1_000

    def test_accepts_a_product_with_an_ambiguous_name_by_its_id(self) -> None:
        assert SHELF.lines_for(wanted(by_id(5)))[0].product_id == an_id(5)

    def test_archived_products_do_not_make_a_name_ambiguous(self) -> None:
        shelf = ProductCatalogue([state(1, name="cup", archived=True), state(2, name="cup")])
        assert shelf.lines_for(wanted(by_name("cup")))[0].product_id == an_id(2)

    def test_accepts_the_price_that_the_shopper_saw(self) -> None:
        assert SHELF.lines_for(wanted(by_id(1, price=599)))[0].price_cents == 599

    def test_names_the_lines_with_unknown_and_archived_products(self) -> None:
        error = refusal(by_id(1), by_id(77), by_name("no such"), by_name("knife"), by_id(3))
        assert type(error) is UnknownProductsError
        assert str(error) == "Some products are not for sale."
        assert error.field_errors() == [
            (f"products.{index}", "This product is not for sale.") for index in (1, 2, 3, 4)
        ]

    def test_does_not_match_names_as_patterns(self) -> None:
        assert type(refusal(by_name("spo.n"))) is UnknownProductsError

    def test_refuses_a_name_that_two_products_have(self) -> None:
        error = refusal(by_id(1), by_name("twin"))
        assert type(error) is AmbiguousNameError
        assert str(error) == "Two products share a requested name. Use product ids instead."
        assert error.field_errors() == [("products.1", "Two products have this name.")]

    def test_refuses_lines_of_a_product_that_exceed_the_limit_together(self) -> None:
        error = refusal(by_id(6, 1_000), by_id(1), by_name("nail", 1))
        assert type(error) is QuantityLimitError
        assert str(error) == "An order can contain at most 1,000 units of a product."
        assert error.field_errors() == [
            ("products.0", "You ordered 1,001 units."),
            ("products.2", "You ordered 1,001 units."),
        ]

    def test_refuses_a_price_other_than_the_one_that_the_shopper_saw(self) -> None:
        error = refusal(by_id(6, price=1), by_id(1, price=598))
        assert type(error) is PriceChangedError
        assert str(error) == "Some prices have changed."
        assert error.field_errors() == [("products.1", "The price is now 5.99.")]

    def test_checks_a_price_of_zero(self) -> None:
        assert type(refusal(by_id(1, price=0))) is PriceChangedError

    def test_refuses_lines_of_a_product_that_exceed_the_stock_together(self) -> None:
        error = refusal(by_id(6), by_id(1, 6), by_id(2), by_name("spoon", 5))
        assert type(error) is InsufficientStockError
        assert str(error) == "There is not enough stock."
        assert error.field_errors() == [
            ("products.1", "Only 10 left."),
            ("products.2", "None left."),
            ("products.3", "Only 10 left."),
        ]

    @pytest.mark.parametrize(
        ("lines", "kind"),
        [
            ([by_id(77), by_name("twin")], UnknownProductsError),
            ([by_name("twin"), by_id(6, 1_001)], AmbiguousNameError),
            ([by_id(6, 1_001), by_id(1, price=1)], QuantityLimitError),
            ([by_id(1, price=1), by_id(2)], PriceChangedError),
        ],
    )
    def test_reports_one_kind_of_error_at_a_time_most_serious_first(
        self, lines: list[RequestedLine], kind: type[LinesRefusedError]
    ) -> None:
        assert type(refusal(*lines)) is kind


class TestFingerprint:
    def test_is_the_same_for_the_same_lines_of_any_caller(self) -> None:
        requested = RequestedOrder(identity_of("aaa@aaa.com"), (by_id(1, 2),), "key")
        other = RequestedOrder(identity_of("bbb@bbb.com"), (by_id(1, 2),), None)
        assert requested.fingerprint == other.fingerprint

    @pytest.mark.parametrize(
        "lines",
        [
            [by_id(1, 3)],
            [by_id(2, 2)],
            [by_id(1, 2, price=599)],
            [by_name("spoon", 2)],
            [by_id(1, 1), by_id(1, 1)],
            [],
        ],
    )
    def test_differs_for_other_lines(self, lines: list[RequestedLine]) -> None:
        assert wanted(*lines).fingerprint != wanted(by_id(1, 2)).fingerprint


class TestFingerprintOfDetails:
    LINES = (by_id(1, 2, 599), by_name("café", 3))

    def test_of_lines_alone_is_as_in_the_first_release(self) -> None:
        stored = "1da157d339dd57ea2d57a1d3bd2b501f3911c751c5466ef628088c762c38f768"
        assert wanted(*self.LINES).fingerprint == stored

    def test_differs_for_each_detail(self) -> None:
        details = [
            RequestedDetails(note="Hello"),
            RequestedDetails(payment=PaymentMethod.TRANSFER),
            RequestedDetails(contact=Contact("Ann")),
            RequestedDetails(contact=Contact(phone="Ann")),
            RequestedDetails(fee_cents=0),
            RequestedDetails("parcel", 0, BERLIN, PaymentMethod.TRANSFER),
            RequestedDetails("parcel", 0, replace(BERLIN, city="Bonn"), PaymentMethod.TRANSFER),
        ]
        found = {
            RequestedOrder(identity_of("aaa@aaa.com"), self.LINES, details=detail).fingerprint
            for detail in details
        }
        assert len(found | {wanted(*self.LINES).fingerprint}) == len(details) + 1


BERLIN = Address("Ann", "", ("Unter den Linden 1",), "10117", "Berlin", "", "DE", "")
PARCEL = DeliveryMethod(
    "parcel", "Parcel", ("DE", "FR"), (FeeStep(0, 490), FeeStep(5_000, 290)), 10_000, 3
)
TERMS = PaymentTerms(bank_account=BankAccount("DE02120300000000202051", "Kiosk"))
SENT = RequestedDetails("parcel", None, BERLIN, PaymentMethod.TRANSFER)


class TestDelivery:
    @pytest.mark.parametrize(
        ("value", "fee"), [(0, 490), (4_999, 490), (5_000, 290), (9_999, 290), (10_000, 0)]
    )
    def test_the_fee_depends_on_the_value_of_the_lines(self, value: int, fee: int) -> None:
        assert SENT.delivery(value, {"parcel": PARCEL}, TERMS) == OrderDelivery(
            "parcel", "Parcel", fee, 3, BERLIN
        )

    def test_accepts_the_fee_that_the_shopper_saw(self) -> None:
        seen = replace(SENT, fee_cents=490)
        assert seen.delivery(0, {"parcel": PARCEL}, TERMS).fee_cents == 490

    @pytest.mark.parametrize(
        ("details", "terms", "error", "field", "message"),
        [
            (
                replace(SENT, fee_cents=489),
                TERMS,
                FeeChangedError,
                "delivery.fee",
                "The fee is now 4.90.",
            ),
            (
                replace(SENT, address=replace(BERLIN, country="US")),
                TERMS,
                NoDeliveryError,
                "delivery.address.country",
                "We do not deliver to this country.",
            ),
            (
                replace(SENT, method_id="gone"),
                TERMS,
                DeliveryUnavailableError,
                "delivery.method",
                "This delivery method is not offered for this country.",
            ),
            (
                SENT,
                PaymentTerms(),
                PaymentUnavailableError,
                "payment.method",
                "This payment method is not offered.",
            ),
            (
                RequestedDetails(),
                replace(TERMS, collection=False),
                DeliveryUnavailableError,
                "delivery.method",
                "Orders cannot be collected in the shop.",
            ),
        ],
    )
    def test_refuses_what_the_shop_does_not_offer(
        self,
        details: RequestedDetails,
        terms: PaymentTerms,
        error: type[DeliveryRefusedError],
        field: str,
        message: str,
    ) -> None:
        with pytest.raises(error) as raised:
            details.delivery(0, {"parcel": PARCEL}, terms)
        assert raised.value.field_errors() == [(field, message)]
